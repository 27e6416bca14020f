// What can be limited: dollars, tokens and requests, each in a minute, an hour, a day, a month, or in all. One schema of a list of
// limits, used for budgets and keys alike, and where each window begins and ends. Pure.
import { z } from 'zod'

export const MEASURES = ['usd', 'tokens', 'requests'] as const
export type Measure = (typeof MEASURES)[number]
/** `total`: as long as what it is about is known. */
export const WINDOWS = ['minute', 'hour', 'day', 'month', 'total'] as const
export type Window = (typeof WINDOWS)[number]

/** At most so many dollars, tokens or requests in each window. */
export type Limit = { readonly measure: Measure; readonly window: Window; readonly most: number }

const usd = z.number().nonnegative().finite().max(1e9)
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)

/** Any limits, by name: a measure alone is in all, with `_per_` a window it is in each of them. */
export const limitsSchema = z.strictObject({
  usd: usd.optional().describe('Dollars in all'),
  usd_per_minute: usd.optional().describe('Dollars a minute'),
  usd_per_hour: usd.optional().describe('Dollars an hour'),
  usd_per_day: usd.optional().describe('Dollars a day (UTC)'),
  usd_per_month: usd.optional().describe('Dollars a calendar month (UTC)'),
  tokens: count.optional().describe('Tokens in all, input and output together'),
  tokens_per_minute: count.optional().describe('Tokens a minute'),
  tokens_per_hour: count.optional().describe('Tokens an hour'),
  tokens_per_day: count.optional().describe('Tokens a day (UTC)'),
  tokens_per_month: count.optional().describe('Tokens a calendar month (UTC)'),
  requests: count.optional().describe('Calls in all'),
  requests_per_minute: count.optional().describe('Calls a minute'),
  requests_per_hour: count.optional().describe('Calls an hour'),
  requests_per_day: count.optional().describe('Calls a day (UTC)'),
  requests_per_month: count.optional().describe('Calls a calendar month (UTC)'),
})
export type LimitsFile = z.infer<typeof limitsSchema>

/** Limits of a trace or a session, whose calls are steps. */
export const agentLimitsSchema = limitsSchema.omit({ requests: true }).extend({ steps: count.optional().describe('Calls in all') })
export type AgentLimitsFile = z.infer<typeof agentLimitsSchema>

/** The name of a limit as it stands in the configuration, e.g. `usd_per_day`. */
export function limitName({ measure, window }: Pick<Limit, 'measure' | 'window'>): string {
  return window === 'total' ? measure : `${measure}_per_${window}`
}

const BY_NAME: ReadonlyMap<string, { readonly measure: Measure; readonly window: Window }> = new Map(
  MEASURES.flatMap((measure) => WINDOWS.map((window) => [limitName({ measure, window }), { measure, window }] as const)),
)
/** Every name a limit can have. */
export const LIMIT_NAMES: readonly string[] = [...BY_NAME.keys()]

/** The limits that a section states; `steps` are requests in all. */
export function limitsOf(file: LimitsFile | AgentLimitsFile): Limit[] {
  return Object.entries(file).flatMap(([name, most]) => {
    const known = BY_NAME.get(name === 'steps' ? 'requests' : name)
    return known === undefined || most === undefined ? [] : [{ ...known, most }]
  })
}

/** The general limits, each replaced where the special ones say another figure for the same measure and window. */
export function replacedBy(general: readonly Limit[], special: readonly Limit[]): readonly Limit[] {
  if (special.length === 0) return general
  return [...general.filter((limit) => !special.some((other) => isSame(limit, other))), ...special]
}

/** All limits of both; of two for the same measure and window the smaller. */
export function smallerOf(one: readonly Limit[], other: readonly Limit[]): readonly Limit[] {
  const narrowed = one.map((limit) => ({ ...limit, most: Math.min(limit.most, ...other.filter((its) => isSame(limit, its)).map((its) => its.most)) }))
  return [...narrowed, ...other.filter((limit) => !one.some((its) => isSame(limit, its)))]
}

function isSame(a: Limit, b: Limit): boolean {
  return a.measure === b.measure && a.window === b.window
}

/** When a window begins and ends, in milliseconds since the Unix epoch; `total` has neither. */
export type WindowSpan = { readonly startMs: number; readonly endMs: number }

const LENGTH_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
const ALL_TIME: WindowSpan = { startMs: 0, endMs: Infinity }

/** The window that a moment lies in: minutes, hours, days and months of the calendar in UTC, so that every process sees the same ones. */
export function windowAt(window: Window, nowMs: number): WindowSpan {
  if (window === 'total') return ALL_TIME
  if (window === 'month') {
    const date = new Date(nowMs)
    return { startMs: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1), endMs: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) }
  }
  const lengthMs = LENGTH_MS[window]
  const startMs = Math.floor(nowMs / lengthMs) * lengthMs
  return { startMs, endMs: startMs + lengthMs }
}
