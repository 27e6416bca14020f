// Stored attempts → corrections of their costs, at the prices that were in force when they were made. Pure: what is read and
// sent is the command's business. A correction holds differences, so that sums over the stored rows stay right.
import type { CostSource } from './attributes.ts'
import { contentHash } from './hash.ts'
import { jsonOf } from './json.ts'
import { costOf, knowsServiceTier, type TargetPrice } from './prices.ts'
import { usageOf } from './usage.ts'

/** One stored attempt at the cost that counts now. Numbers are `null` where the provider did not say. */
export type StoredAttempt = {
  readonly trace_id: string
  readonly span_id: string
  /** The call's span. */
  readonly parent_span_id: string
  /** Nanoseconds since the Unix epoch, as text. */
  readonly started_ns: string
  readonly provider: string
  readonly model: string
  readonly status: string
  readonly finish_reason: string
  /** Empty: it did not fail. */
  readonly error_code: string
  readonly service_tier: string
  readonly input_tokens: number | null
  readonly cache_read_tokens: number | null
  readonly cache_write_tokens: number | null
  readonly output_tokens: number | null
  /** JSON text of the provider's usage object; empty when none was kept. */
  readonly usage_raw: string
  readonly cost_usd: number | null
  readonly cost_source: string
}

/** What changes of one attempt; the call's figures stand on one correction of the call, and only when its cost is known then. */
export type Correction<A extends StoredAttempt> = {
  readonly attempt: A
  /** 16 hex digits, the same for the same correction. */
  readonly id: string
  readonly newUsd: number
  readonly deltaUsd: number
  readonly replaces: CostSource
  readonly version: string
  readonly callDeltaUsd: number | undefined
  readonly callWastedDeltaUsd: number | undefined
}

/** Differences below this are rounding of the stored twelve decimals. */
const LEAST_USD = 1e-11

/**
 * The corrections of one call: every attempt with tokens whose source is one of `sources` and whose price now says something
 * else. Left alone: what a provider reported, and an answer that was cut before its end, which its tokens do not describe (what a
 * stream says of them at its beginning is not what it came to).
 */
export function correctionsOf<A extends StoredAttempt>(attempts: readonly A[], sources: ReadonlySet<string>, priceOf: (attempt: A) => TargetPrice | undefined): Correction<A>[] {
  const found = attempts.flatMap((attempt): Omit<Correction<A>, 'callDeltaUsd' | 'callWastedDeltaUsd'>[] => {
    const replaces = sources.has(attempt.cost_source) ? sourceOf(attempt.cost_source) : undefined
    if (replaces === undefined || wasCut(attempt)) return []
    if (replaces === 'estimated' && (attempt.status === 'Error' || attempt.finish_reason === '')) return []
    const price = priceOf(attempt)
    const at = { nowMs: Number(BigInt(attempt.started_ns) / 1_000_000n), serviceTier: attempt.service_tier }
    if (price === undefined || !knowsServiceTier(price, at)) return []
    const newUsd = costOf(usageOfStored(attempt), price, at)
    if (newUsd === undefined) return []
    const deltaUsd = newUsd - (attempt.cost_usd ?? 0)
    // An unknown cost that turns out to be 0 is worth saying; a known one that stays is not.
    if (attempt.cost_usd !== null && Math.abs(deltaUsd) < LEAST_USD) return []
    const id = contentHash([attempt.trace_id, attempt.span_id, attempt.cost_usd, newUsd, price.version])
    return [{ attempt, id, newUsd, deltaUsd, replaces, version: price.version }]
  })
  const after = new Map(found.map((correction) => [correction.attempt.span_id, correction.newUsd]))
  const all = callDelta(attempts, after)
  const wasted = callDelta(attempts.filter((attempt) => attempt.status === 'Error'), after)
  // On one that replaces an unknown cost, if any: readers count by it the calls whose cost became known. The last one, since
  // that is the attempt that answered, whose target is the call's own.
  const bearer = Math.max(0, found.findLastIndex((correction) => correction.replaces === 'unpriced'))
  return found.map((correction, index) => ({ ...correction, callDeltaUsd: index === bearer ? all : undefined, callWastedDeltaUsd: index === bearer ? wasted : undefined }))
}

/** Whether it failed, or its client left, before it said why it ended. */
function wasCut(attempt: StoredAttempt): boolean {
  return attempt.finish_reason === '' && (attempt.error_code !== '' || attempt.status === 'Error')
}

/** How much a sum over attempts changes, an unknown sum counting as 0; `undefined` while it stays unknown. */
function callDelta(attempts: readonly StoredAttempt[], after: ReadonlyMap<string, number>): number | undefined {
  const sum = (costs: readonly (number | null)[]): number | undefined => costs.reduce<number | undefined>((total, cost) => (total === undefined || cost === null ? undefined : total + cost), 0)
  const now = sum(attempts.map((attempt) => after.get(attempt.span_id) ?? attempt.cost_usd))
  return now === undefined ? undefined : now - (sum(attempts.map((attempt) => attempt.cost_usd)) ?? 0)
}

function usageOfStored(attempt: StoredAttempt): ReturnType<typeof usageOf> {
  const raw = jsonOf(attempt.usage_raw)
  return usageOf({
    inputTotal: attempt.input_tokens ?? undefined,
    cacheRead: attempt.cache_read_tokens ?? undefined,
    cacheWrite: attempt.cache_write_tokens ?? undefined,
    cacheWrite1h: oneHourWrites(raw),
    outputTotal: attempt.output_tokens ?? undefined,
    raw,
  })
}

/** The only billed class that has no column of its own (Anthropic's cache_creation, over iterations where it states them). */
function oneHourWrites(raw: unknown): number | undefined {
  if (!isObject(raw)) return undefined
  const iterations = (Array.isArray(raw['iterations']) ? raw['iterations'] : []).filter((one) => isObject(one))
  const own = iterations.some((one) => one['type'] === 'fallback_message') ? [] : iterations.filter((one) => (one['type'] === 'compaction' || one['type'] === 'message') && isObject(one['cache_creation']))
  const tokens = (own.length > 0 ? own : [raw]).flatMap(({ cache_creation: split }) => {
    const count = isObject(split) ? split['ephemeral_1h_input_tokens'] : undefined
    return typeof count === 'number' ? [count] : []
  })
  return tokens.length === 0 ? undefined : tokens.reduce((sum, count) => sum + count, 0)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function sourceOf(text: string): CostSource | undefined {
  return text === 'unpriced' || text === 'estimated' || text === 'priced' || text === 'backfilled' ? text : undefined
}
