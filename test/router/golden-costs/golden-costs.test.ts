import { describe, expect, it } from 'vitest'
import type { TargetPrice } from '../../../core/prices.ts'
import { attemptCost } from '../../../router/execute/cost.ts'
import { modelRequest } from '../../../core/model-request.ts'
import { ADAPTERS } from '../../../router/providers/adapters.ts'
import { genaiPriceBook } from '../../../store/prices/genai.ts'
import { answerBody } from './answers.ts'
import { GOLDEN_CASES, type GoldenCase } from './cases.ts'
import { PRICES, type PricedModel } from './prices.ts'
import { PLACES, targetAt, type PlaceName } from './providers.ts'
import { GOLDEN_STREAMS, type GoldenStream } from './streams.ts'

const DEFAULT_WHEN = '2026-11-23T20:00:00Z'

/** `1000*2.5 + 500*15` → 10000. */
function sumOf(working: string): number {
  return working.split(' + ').reduce((sum, term) => sum + term.split('*').reduce((product, factor) => product * Number(factor), 1), 0)
}

function costOfCase(golden: GoldenCase): ReturnType<typeof attemptCost> {
  const target = targetAt(golden.at, golden.model)
  const { facts, characters } = ADAPTERS[target.provider.api].parse(answerBody(target.provider.api, golden.model, golden.usage, golden.serviceTier), target)
  const seen = { usage: facts.usage, billable: true, characters, inputTokens: 1 }
  return attemptCost(seen, target.price, { nowMs: Date.parse(golden.when ?? DEFAULT_WHEN), serviceTier: facts.serviceTier })
}

describe('golden costs', () => {
  it('are at least forty, over all wires and dialects', () => {
    expect(GOLDEN_CASES.length).toBeGreaterThanOrEqual(40)
    expect(new Set(GOLDEN_CASES.map((golden) => golden.at))).toEqual(new Set(Object.keys(PLACES)))
    expect(new Set(GOLDEN_CASES.map((golden) => golden.name)).size).toBe(GOLDEN_CASES.length)
  })

  it.each(GOLDEN_CASES)('$at: $name', (golden) => {
    expect(Math.abs(sumOf(golden.working) / 1e6 + (golden.fees ?? 0) - golden.usd)).toBeLessThan(1e-12)
    const cost = costOfCase(golden)
    expect(cost.source).toBe(golden.source ?? 'priced')
    expect(Math.abs((cost.usd ?? Number.NaN) - golden.usd)).toBeLessThan(1e-9)
    if (golden.pricedUsd === undefined) expect(cost.pricedUsd).toBeUndefined()
    else expect(Math.abs((cost.pricedUsd ?? Number.NaN) - golden.pricedUsd)).toBeLessThan(1e-9)
  })
})

function costOfStream(golden: GoldenStream): ReturnType<typeof attemptCost> {
  const target = targetAt(golden.at, golden.model)
  const { api } = target.provider
  const call = { wire: api, native: { model: golden.model, stream: true }, request: () => modelRequest({ messages: [] }), stream: true, effort: undefined, requestId: 'r' }
  const reader = ADAPTERS[api].stream(call, target, false)
  for (const [event, data] of golden.events) reader.read(event, typeof data === 'string' ? data : JSON.stringify(data))
  expect(reader.complete()).toBe(true)
  const facts = reader.facts()
  return attemptCost({ usage: facts.usage, billable: true, characters: 2, inputTokens: 1 }, target.price, { nowMs: Date.parse(DEFAULT_WHEN), serviceTier: facts.serviceTier })
}

describe('golden costs of streams', () => {
  it.each(GOLDEN_STREAMS)('$name', (golden) => {
    expect(Math.abs(sumOf(golden.working) / 1e6 - golden.usd)).toBeLessThan(1e-12)
    const cost = costOfStream(golden)
    expect(cost.source).toBe('priced')
    expect(Math.abs((cost.usd ?? Number.NaN) - golden.usd)).toBeLessThan(1e-9)
  })
})

const BOOKED: readonly (readonly [PlaceName, PricedModel])[] = [
  ['openai', 'gpt-5.4'],
  ['openai', 'gpt-5.5'],
  ['openai', 'gpt-5.6-sol'],
  ['anthropic', 'claude-opus-4-7'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-2.5-flash'],
  ['gemini', 'gemini-3.1-pro-preview'],
  ['gemini', 'gemini-2.5-flash-image'],
  ['moonshot', 'kimi-k2.6'],
  ['deepseek', 'deepseek-v4-pro'],
  ['xai', 'grok-4.6'],
  ['groq', 'openai/gpt-oss-120b'],
  ['mistral', 'mistral-medium-3.5'],
]

describe('the packaged prices', () => {
  it.each(BOOKED)('of %s/%s are those written down by hand', (place, model) => {
    const found = genaiPriceBook({ at: new Date(DEFAULT_WHEN) }).find({ name: place, baseUrl: PLACES[place].baseUrl }, model)
    expect(comparable(found)).toEqual(comparable(PRICES[model]))
  })
})

function comparable(price: TargetPrice | undefined): unknown {
  if (price === undefined) return undefined
  return { tiers: price.tiers, perRequest: price.perRequest, perWebSearch: price.perWebSearch, serviceTiers: price.serviceTiers, marks: price.marks }
}
