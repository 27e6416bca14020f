// What every page is about, between pages and server: the ranges, and the frame that a scope comes to. Types and constants only.

/** Time ranges a page can show: length, width of a chart bucket, and how often an open page asks again. */
export const RANGES = {
  '15m': { seconds: 900, bucketS: 60, refreshS: 5, label: '15 minutes' },
  '1h': { seconds: 3_600, bucketS: 60, refreshS: 5, label: 'hour' },
  '24h': { seconds: 86_400, bucketS: 1_800, refreshS: 10, label: '24 hours' },
  '7d': { seconds: 604_800, bucketS: 10_800, refreshS: 30, label: '7 days' },
  '30d': { seconds: 2_592_000, bucketS: 43_200, refreshS: 60, label: '30 days' },
} as const
export type Range = keyof typeof RANGES
/** The longest range a page chooses by itself. */
export const DEFAULT_RANGE = '24h' satisfies Range

/** Probes run nightly, not by the minute: quality is read over at least this many days, whatever the range. */
export const QUALITY_DAYS = 30
/** A trace is looked for this many days back. */
export const TRACE_DAYS = 90
/** Below this many trials a rate is shown as too few to state. */
export const TOO_FEW = 20

export function isRange(value: string | null): value is Range {
  return value !== null && Object.hasOwn(RANGES, value)
}

/** What a scope came to when it was asked for. */
export type Frame = {
  readonly simulated: boolean
  /** `null`: a fixed window. */
  readonly range: Range | null
  /** Half-open window, milliseconds since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly bucketS: number
  /** What it is narrowed to; empty: all. */
  readonly tasks: readonly string[]
  readonly targets: readonly string[]
}

/** GET /api/ui/names?…: what there is to choose from. */
export type NamesAnswer = {
  readonly frame: Frame
  /** Whether each side holds any call of the last 30 days; for the switch, never mixed into figures. */
  readonly has: { readonly simulated: boolean; readonly real: boolean }
  /** Targets and tasks of the last 30 days, sorted: a target's place here is its colour on every page. */
  readonly targets: readonly string[]
  readonly tasks: readonly string[]
}

/** Body of every failed answer. */
export type ApiError = { readonly error: { readonly code: string; readonly message: string; readonly remedy?: string } }

/** A number with its 95% interval; `n` where a count stands behind it. */
export type Interval = { readonly value: number; readonly low: number; readonly high: number; readonly n?: number }
