// What a foreign span cost: a library that calls a provider by itself names provider and model in its own way and states no price.
// In: our price book. Out: dollars with the price's version, or nothing where either is unknown.
import { priceOfModel } from '../../core/config.ts'
import type { ConfigFile } from '../../core/config-schema.ts'
import { costOf, type PriceBook, type TargetPrice } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'

/** Tokens as a span states them; totals include cache reads and writes. */
export type ForeignUsage = { readonly provider: string; readonly model: string; readonly atMs: number; readonly inputTotal: number | undefined; readonly cacheRead: number | undefined; readonly cacheWrite: number | undefined; readonly outputTotal: number | undefined }
export type ForeignCost = { readonly usd: number; readonly version: string }

/**
 * How telemetry spells providers → how price data do. From the OpenTelemetry registry (`gen_ai.provider.name`, semantic conventions
 * 1.41), OpenInference's `llm.provider` and `llm.system`, and the ids of the Vercel AI SDK (`openai.chat`, `google.generative-ai`).
 */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/^(?:azure|az)\b/, 'azure'],
  [/^openai\b/, 'openai'],
  [/^anthropic\b/, 'anthropic'],
  [/^(?:gcp|google|vertex|gemini)/, 'google'],
  [/^(?:aws|amazon|bedrock)/, 'aws'],
  [/^mistral/, 'mistral'],
  [/^(?:x_?ai|x-ai|xai)\b/, 'x-ai'],
  [/^moonshot/, 'moonshotai'],
  [/^(?:deepseek|groq|cohere|perplexity|openrouter|cerebras|fireworks|together|novita)/, ''],
]

/** A provider's name in price data. */
export function priceProvider(name: string): string {
  const lower = name.toLowerCase()
  const found = SPELLINGS.find(([spelling]) => spelling.test(lower))
  return found === undefined || found[1] === '' ? (/^[a-z0-9-]+/.exec(lower)?.[0] ?? lower) : found[1]
}

/** Remembered look-ups; names come from strangers, so they are bounded. */
const MOST_REMEMBERED = 2_000

/** Prices foreign spans under the prices in force at their own time. `settings`: overrides and discounts of the configuration. */
export function foreignPrices(book: PriceBook, settings: () => ConfigFile['prices']): (usage: ForeignUsage) => ForeignCost | undefined {
  let remembered = new Map<string, TargetPrice | undefined>()
  let from = settings()
  return ({ provider, model, atMs, inputTotal, cacheRead, cacheWrite, outputTotal }) => {
    const current = settings()
    if (current !== from || remembered.size > MOST_REMEMBERED) {
      remembered = new Map()
      from = current
    }
    const key = `${provider}\n${model}`
    if (!remembered.has(key)) remembered.set(key, priceOfModel(current, { name: priceProvider(provider), baseUrl: '' }, model, book))
    const price = remembered.get(key)
    const usd = costOf(usageOf({ inputTotal, cacheRead, cacheWrite, outputTotal }), price, { nowMs: atMs, serviceTier: undefined })
    return usd === undefined || price === undefined ? undefined : { usd, version: price.version }
  }
}
