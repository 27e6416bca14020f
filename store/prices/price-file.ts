// Price lists that a user brings: our own format (YAML or JSON, strict) or the data of genai-prices as published. Text in, a
// checked list out; a list in, a price book out. Pure; reading and keeping are read-prices.ts and kept-prices.ts.
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { matchingKey } from '../../core/config.ts'
import { pricesSchema } from '../../core/config-schema.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import { entriesFault, priceOfEntries } from '../../core/price-entries.ts'
import type { PriceBook } from '../../core/prices.ts'
import { schemaFaults } from '../../core/schema-faults.ts'
import { findModel, findProvider, genaiData, type GenaiProvider } from './genai-format.ts'
import { priceOfModelData } from './genai-rates.ts'

/** Longest text that is looked at, in UTF-16 units; the published data set has 1.5 million. */
export const LONGEST_TEXT = 32 * 1024 * 1024
/** Longest YAML; the parser takes a second for this much. JSON may be longer. */
const LONGEST_YAML = 2 * 1024 * 1024
const MOST_FAULTS_SHOWN = 5

const modelKey = z.string().min(3).max(385).regex(/^[^/\s]+\/\S+$/, 'must be provider/model, the provider as configured or by its host name')

/** Our own format. */
export const priceFileSchema = z.strictObject({
  format: z.literal('weighbridge-prices').describe('Says what this file is'),
  version: z.string().min(1).max(64).regex(/^[\w.:+-]+$/, 'must be letters, digits and _ . : + -').describe('Stored with every cost, e.g. the date of the list'),
  prices: z.record(modelKey, pricesSchema).describe('provider/model → price; a model that ends in * matches every continuation'),
  context_windows: z.record(modelKey, z.number().int().positive()).default({}).describe('provider/model → most tokens of input and output together'),
})

/** A checked list. `hash` is of its content. */
export type PriceList =
  | { readonly kind: 'own'; readonly version: string; readonly hash: string; readonly content: z.infer<typeof priceFileSchema> }
  | { readonly kind: 'genai-prices'; readonly version: string; readonly hash: string; readonly content: readonly GenaiProvider[] }

/** Reads a price list. Throws `prices_invalid` naming the places at fault. */
export function parsePriceList(text: string): PriceList {
  if (text.length > LONGEST_TEXT) throw new WeighbridgeError('prices_invalid', `The price list is longer than ${LONGEST_TEXT} characters`)
  return checkPriceList(parseText(text))
}

/** Checks a parsed price list. Throws `prices_invalid`. */
export function checkPriceList(value: unknown): PriceList {
  if (Array.isArray(value)) {
    const content = checked(genaiData, value)
    const hash = contentHash(content)
    return { kind: 'genai-prices', version: `genai-prices#${hash.slice(0, 8)}`, hash, content }
  }
  const content = checked(priceFileSchema, value)
  for (const [key, written] of Object.entries(content.prices)) {
    const wrong = entriesFault(written)
    if (wrong !== undefined) throw new WeighbridgeError('prices_invalid', `The price list is at fault at prices.${key}: ${wrong}`)
  }
  const hash = contentHash(content)
  return { kind: 'own', version: content.version, hash, content }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (text.length > LONGEST_YAML) throw new WeighbridgeError('prices_invalid', `The price list is no JSON, and longer than the ${LONGEST_YAML} characters that YAML may have`)
  }
  try {
    return parseYaml(text, { maxAliasCount: 100, logLevel: 'error' })
  } catch (cause) {
    throw new WeighbridgeError('prices_invalid', `The price list is neither JSON nor YAML: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)}`, { cause })
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = schemaFaults(parsed.error)
  const shown = faults.slice(0, MOST_FAULTS_SHOWN)
  throw new WeighbridgeError('prices_invalid', `The price list has ${faults.length} fault(s): ${shown.join('; ')}${faults.length > shown.length ? '; …' : ''}`)
}

/** The prices of a list; `nowMs` says when they are in force. Models that the list does not know are `undefined`. */
export function listPriceBook(list: PriceList, nowMs: () => number): PriceBook {
  if (list.kind === 'own') {
    const { prices, context_windows: windows, version } = list.content
    const keyIn = (table: Readonly<Record<string, unknown>>, hint: { readonly name: string; readonly baseUrl: string }, model: string): string | undefined => matchingKey(table, hint.name, model) ?? matchingKey(table, hostOf(hint.baseUrl), model)
    return {
      nowMs,
      find(hint, model) {
        const key = keyIn(prices, hint, model)
        const written = key === undefined ? undefined : prices[key]
        return written === undefined ? undefined : priceOfEntries(written, `file:${version}`, nowMs())
      },
      contextWindow(hint, model) {
        const key = keyIn(windows, hint, model)
        return key === undefined ? undefined : windows[key]
      },
    }
  }
  const { content: providers } = list
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  const modelOf = (hint: { readonly name: string; readonly baseUrl: string }, name: string): { provider: GenaiProvider; model: ReturnType<typeof findModel> } | undefined => {
    const provider = findProvider(providers, hint)
    return provider === undefined ? undefined : { provider, model: findModel(provider, name, (id) => byId.get(id)) }
  }
  return {
    nowMs,
    find(hint, name) {
      const found = modelOf(hint, name)
      if (found?.model === undefined) return undefined
      return priceOfModelData(found.model, { provider: found.provider.id, baseUrl: hint.baseUrl, version: `file:${list.version}`, nowMs: nowMs() })
    },
    contextWindow: (hint, name) => modelOf(hint, name)?.model?.context_window ?? undefined,
  }
}

/** The first book that knows a model prices it. */
export function layered(books: readonly [PriceBook, ...PriceBook[]]): PriceBook {
  const [{ nowMs }] = books
  const first = <T>(ask: (book: PriceBook) => T | undefined): T | undefined => {
    for (const book of books) {
      const answer = ask(book)
      if (answer !== undefined) return answer
    }
    return undefined
  }
  return {
    ...(nowMs === undefined ? {} : { nowMs }),
    find: (hint, model) => first((book) => book.find(hint, model)),
    contextWindow: (hint, model) => first((book) => book.contextWindow?.(hint, model)),
  }
}

function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).hostname : ''
}
