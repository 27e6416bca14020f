// Anthropic's usage objects → canonical usage. Pure; a detail that is not stated stays undefined.
import type { Usage } from '../../../core/usage.ts'
import { amountAt, isObject, listAt, objectAt, textAt, type JsonObject } from '../json.ts'

/**
 * `input_tokens` leaves out cache reads and writes, so they are added; a detail that is null was not stated. With server-side
 * compaction (beta) the top members leave its tokens out, and the sum over `iterations` is what is billed; an advisor's are at
 * another model's price and stay out, and after a server-side fallback the top members already are the served answer's.
 * Web searches (`server_tool_use.web_search_requests`) are billed by the request and stand in `raw`. `undefined`: no object.
 */
export function messagesUsage(raw: unknown): Usage | undefined {
  if (!isObject(raw)) return undefined
  const iterations = listAt(raw, 'iterations').filter((one) => isObject(one))
  const own = iterations.filter((one) => ['compaction', 'message'].includes(textAt(one, 'type') ?? ''))
  const billed = own.length > 0 && !iterations.some((one) => textAt(one, 'type') === 'fallback_message') ? own : [raw]
  const uncached = total(billed, 'input_tokens')
  const cacheRead = total(billed, 'cache_read_input_tokens') ?? amountAt(raw, 'cache_read_input_tokens')
  const split = billed.some((one) => objectAt(one, 'cache_creation') !== undefined) ? billed : [raw]
  const written = split.map((one) => objectAt(one, 'cache_creation'))
  const written5m = total(written, 'ephemeral_5m_input_tokens')
  const written1h = total(written, 'ephemeral_1h_input_tokens')
  const bySplit = written5m === undefined && written1h === undefined ? undefined : (written5m ?? 0) + (written1h ?? 0)
  const cacheWrite = total(billed, 'cache_creation_input_tokens') ?? amountAt(raw, 'cache_creation_input_tokens') ?? bySplit
  return {
    inputTotal: uncached === undefined ? undefined : uncached + (cacheRead ?? 0) + (cacheWrite ?? 0),
    cacheRead,
    cacheWrite,
    cacheWrite1h: written1h,
    outputTotal: total(billed, 'output_tokens'),
    reasoning: amountAt(objectAt(raw, 'output_tokens_details'), 'thinking_tokens'),
    reportedCostUsd: undefined,
    raw,
  }
}

function total(objects: readonly unknown[], member: string): number | undefined {
  const amounts = objects.map((one) => amountAt(one, member)).filter((amount) => amount !== undefined)
  return amounts.length === 0 ? undefined : amounts.reduce((sum, amount) => sum + amount, 0)
}

/**
 * A stream's usage so far with what an event says now: `message_start` is a snapshot, `message_delta` is cumulative, and null
 * means not said again. So a stated member replaces the earlier one; nothing is ever added up.
 */
export function mergedUsage(known: JsonObject | undefined, now: unknown): JsonObject | undefined {
  if (!isObject(now)) return known
  // `fromEntries` defines own members, so one named __proto__ stays a member.
  return { ...known, ...Object.fromEntries(Object.entries(now).filter(([, value]) => value !== null && value !== undefined)) }
}

/**
 * What set the price: fast mode has prices of its own, else the tier that served.
 */
export function servedTier(usage: unknown): string | undefined {
  return textAt(usage, 'speed') === 'fast' ? 'fast' : textAt(usage, 'service_tier')
}
