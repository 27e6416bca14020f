// The JSON of the admin routes as the pages read it. Types only. Members that a router may not have yet, or may not know, are optional
// or null, and the pages say so instead of leaving a hole.
import type { Interval } from './scope.ts'

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

/** A challenger that gets a share of a task's traffic while it is watched. */
export type Canary = { readonly version?: number; readonly share: number; readonly weights?: Shares; readonly since?: string }

export type RouteTask = {
  readonly task: string
  readonly source: 'table' | 'config'
  readonly note: string | null
  readonly weights: Shares
  readonly configured: Shares
  readonly excluded: Readonly<Record<string, string>>
  readonly simulated: boolean
  readonly evidence: Readonly<Record<string, Evidence>>
  readonly canary?: Canary | null
  readonly frozen?: { readonly until: string; readonly reason: string; readonly author: string } | null
  readonly mode?: string
}

/** GET /admin/routes */
export type RoutesAnswer = {
  readonly current: { readonly version: number; readonly created_at: string; readonly author: string; readonly rule: string } | null
  readonly tasks: readonly RouteTask[]
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

/** What a set of weights is expected to do per call. */
export type Expected = { readonly quality: Interval | null; readonly cost_per_1k_usd: Interval | null; readonly latency_p95_ms: number | null; readonly error_rate: number | null }

export type Contradiction = { readonly suite: string; readonly probe: string; readonly question: string | null; readonly riser: Answered; readonly faller: Answered }
type Answered = { readonly target: string; readonly score: number; readonly answer: string | null }

export type TargetAdvice = Evidence & { readonly target: string; readonly before: number; readonly after: number; readonly held?: string | null }

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
  readonly expected?: { readonly before: Expected; readonly after: Expected } | null
  readonly contradicting?: readonly Contradiction[]
  readonly left?: readonly string[]
  readonly targets: readonly TargetAdvice[]
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

/** Dollars and shares with their interval. */
type Spread = { readonly value: number; readonly low: number; readonly high: number }

/** GET /admin/routes/whatif?from=&to=&since_days=: one's own calls under another target, at the prices in force. */
export type WhatIfAnswer = {
  readonly from: string
  readonly to: string
  readonly simulated: boolean
  readonly since: string
  readonly calls: number
  readonly sampled: number
  readonly charged_usd: number | null
  readonly now_usd: number
  readonly then_usd: Spread
  readonly change: Spread
  /** What the difference is made of, in dollars; they add up to it. */
  readonly causes: Readonly<Record<'list_price' | 'verbosity' | 'cache' | 'retries', number>>
  readonly buckets: readonly { readonly bucket: string; readonly calls: number; readonly now_usd: number; readonly then_usd: Spread; readonly change: Spread }[]
  readonly ceilings: readonly { readonly chain: string; readonly target: string; readonly ceiling: number; readonly over_now: number; readonly over_then: number }[]
}

/** GET /admin/routes/events, newest first: what the learner found and did. */
export type LearningEventsAnswer = { readonly events: readonly { readonly at: string; readonly kind: string | null; readonly task: string | null; readonly target: string | null; readonly version: number | null; readonly message: string | null; readonly simulated: boolean | null }[] }
