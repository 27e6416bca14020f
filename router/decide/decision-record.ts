// The decision as the call span carries it: small, replayable, no content.
import type { Considered, Plan } from './plan.ts'

/** `weighbridge.decision`, version 1. Amounts are USD; `null`: unknown or none. */
export type DecisionRecord = {
  readonly v: 1
  readonly task: string
  readonly task_source: string
  readonly candidates: readonly { readonly target: string; readonly weight: number; readonly est_usd: number | null; readonly est_per_1k: number | null; readonly ceiling: number | null }[]
  readonly exclusions: readonly { readonly target: string; readonly reason: string; readonly detail: string }[]
  readonly drawn: string | null
  readonly propensity: number | null
  readonly reason: string | null
  readonly route_version: number
  readonly weights_source: 'table' | 'config' | 'pinned'
}

/** Records the first choice of a call. */
export function decisionRecord(plan: Plan, first: Considered): DecisionRecord {
  return {
    v: 1,
    task: plan.task.name,
    task_source: plan.taskSource,
    candidates: plan.candidates.map((candidate) => ({
      target: candidate.target.name,
      weight: candidate.weight,
      est_usd: candidate.estimate.usd ?? null,
      est_per_1k: candidate.estimate.per1kUsd ?? null,
      ceiling: candidate.ceiling ?? null,
    })),
    exclusions: [...first.exclusions, ...plan.noted].map(({ target, reason, detail }) => ({ target, reason, detail })),
    drawn: first.choice?.candidate.target.name ?? null,
    propensity: first.choice?.propensity ?? null,
    reason: first.choice?.reason ?? null,
    route_version: plan.routeVersion,
    weights_source: plan.weightsSource,
  }
}
