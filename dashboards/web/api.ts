// What the pages and their server say to each other: the ranges, the JSON of /api/ui and the JSON of /admin/routes as the
// pages read it. Types and constants only; both sides import it.
import type { z } from 'zod'
import type { hallucinationByTarget, pushbackByTarget } from '../../store/queries/quality.ts'
import type { recentCalls, spendOverTime, spendTotals, taskTargets } from '../../store/queries/overview.ts'
import type { routeWeights } from '../../store/queries/routes.ts'
import type { traceSpans } from '../../store/queries/traces.ts'

/** Time ranges a page can show: length, width of a chart bucket, and how often an open page asks again. */
export const RANGES = {
  '15m': { seconds: 900, bucketS: 30, refreshS: 5, label: '15 minutes' },
  '1h': { seconds: 3_600, bucketS: 60, refreshS: 5, label: 'hour' },
  '24h': { seconds: 86_400, bucketS: 1_800, refreshS: 5, label: '24 hours' },
  '7d': { seconds: 604_800, bucketS: 10_800, refreshS: 15, label: '7 days' },
  '30d': { seconds: 2_592_000, bucketS: 43_200, refreshS: 30, label: '30 days' },
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

export const ONLY = ['all', 'failovers', 'errors'] as const
export type Only = (typeof ONLY)[number]

export function isRange(value: string | null): value is Range {
  return value !== null && Object.hasOwn(RANGES, value)
}

export function isOnly(value: string | null): value is Only {
  return ONLY.some((only) => only === value)
}

type RowOf<Q extends { row: z.ZodObject }> = z.output<Q['row']>
export type Totals = RowOf<typeof spendTotals>
export type SpendPoint = RowOf<typeof spendOverTime>
export type TaskTarget = RowOf<typeof taskTargets>
export type Pushback = RowOf<typeof pushbackByTarget>
export type Hallucination = RowOf<typeof hallucinationByTarget>
export type RecentCall = RowOf<typeof recentCalls>
export type WeightRow = RowOf<typeof routeWeights>
export type Span = RowOf<typeof traceSpans>

/** GET /api/ui/overview?range=&simulated=&only= */
export type Overview = {
  readonly simulated: boolean
  readonly range: Range
  /** Window shown, milliseconds since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly bucketS: number
  /** Whether each side holds any call of the last 30 days; for the switch, never mixed into figures. */
  readonly has: { readonly simulated: boolean; readonly real: boolean }
  readonly totals: Totals
  readonly spend: readonly SpendPoint[]
  readonly taskTargets: readonly TaskTarget[]
  readonly pushback: readonly Pushback[]
  readonly hallucination: readonly Hallucination[]
  readonly calls: readonly RecentCall[]
  /** Published weights as stored, used when the admin route does not answer. */
  readonly weights: readonly WeightRow[]
  /** Targets seen in the last 30 days, sorted: a target's place here is its colour on every page. */
  readonly targets: readonly string[]
}

/** GET /api/ui/trace/:id */
export type TraceAnswer = { readonly trace_id: string; readonly simulated: boolean; readonly spans: readonly Span[]; readonly targets: readonly string[] }

/** GET /api/ui/find?id= */
export type FindAnswer = { readonly trace_ids: readonly string[] }

/** Body of every failed answer. */
export type ApiError = { readonly error: { readonly code: string; readonly message: string; readonly remedy?: string } }

/** A number with its 95% interval; `n` where a count stands behind it. */
export type Interval = { readonly value: number; readonly low: number; readonly high: number; readonly n?: number }
export type Shares = Readonly<Record<string, number>>

/** Evidence behind a target's weight in a task; members are absent or null when unknown. */
export type Evidence = {
  readonly quality?: Interval | null
  readonly cost_per_call_usd?: Interval | null
  readonly latency_p95_ms?: number | null
  readonly error_rate?: Interval | null
  readonly hallucination_rate?: Interval | null
  readonly pushback_rate?: Interval | null
  readonly p_best?: number | null
  readonly evals?: number
  readonly calls?: number
}

/** GET /admin/routes */
export type RoutesAnswer = {
  readonly current: { readonly version: number; readonly created_at: string; readonly author: string; readonly rule: string } | null
  readonly tasks: readonly {
    readonly task: string
    readonly source: 'table' | 'config'
    readonly note: string | null
    readonly weights: Shares
    readonly configured: Shares
    readonly excluded: Readonly<Record<string, string>>
    readonly simulated: boolean
    readonly evidence: Readonly<Record<string, Evidence>>
  }[]
}

export type RouteVersion = {
  readonly version: number
  readonly parent: number
  readonly hash: string
  readonly published_at: string
  readonly action: string
  readonly rule: string
  readonly author: string
  readonly simulated: boolean
  readonly tasks: Readonly<Record<string, Shares>>
}

/** GET /admin/routes/history, newest first */
export type HistoryAnswer = { readonly versions: readonly RouteVersion[] }

export type TaskRecommendation = {
  readonly task: string
  readonly verdict: 'move' | 'hold' | 'insufficient_evidence'
  readonly headline: string
  readonly rule: string
  readonly reasons: readonly string[]
  readonly before: Shares
  readonly after: Shares
  readonly gain: Interval | null
  readonly p_gain: number | null
  readonly saved_per_1k_usd: Interval | null
  readonly quality_change: Interval | null
  readonly evals: number
  readonly calls: number
  readonly value_per_answer_usd: number
  readonly value_is_assumed: boolean
  readonly flips_at_value_usd: number | null
  readonly targets: readonly (Evidence & { readonly target: string; readonly before: number; readonly after: number })[]
}

export type Recommendation = {
  readonly id: string
  readonly created_at: string
  readonly expires_at: string
  readonly parent: number
  readonly simulated: boolean
  readonly tasks: readonly TaskRecommendation[]
}

/** GET /admin/routes/recommendation, POST /admin/routes/recommend */
export type RecommendationAnswer = { readonly recommendation: Recommendation | null }
/** POST /admin/routes/apply and /admin/routes/rollback */
export type PublishedAnswer = { readonly version: number }

/** The decision a call span carries as JSON. */
export type Decision = {
  readonly v: number
  readonly task: string
  readonly task_source: string
  readonly candidates: readonly { readonly target: string; readonly weight: number; readonly est_usd: number | null; readonly est_per_1k: number | null; readonly ceiling: number | null }[]
  readonly exclusions: readonly { readonly target: string; readonly reason: string; readonly detail: string }[]
  readonly drawn: string
  readonly propensity: number | null
  readonly reason: string
  readonly route_version: number
  readonly weights_source: string
}
