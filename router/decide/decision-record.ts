// The decision as the call span carries it: small, replayable, no content.
import type { Considered, Plan } from './plan.ts'

/** `weighbridge.decision`, version 1. Amounts are USD; `null`: unknown or none. */
export type DecisionRecord = {
  readonly v: 1
  readonly task: string
  readonly task_source: string
  /** What the rules said of a call that names no task; `null`: they were not asked. Names of rules and cues, no words of the prompt. */
  readonly rules: { readonly task: string | null; readonly confidence: number; readonly because: readonly string[] } | null
  readonly candidates: readonly { readonly target: string; readonly weight: number; readonly est_usd: number | null; readonly est_per_1k: number | null; readonly ceiling: number | null }[]
  readonly exclusions: readonly { readonly target: string; readonly reason: string; readonly detail: string }[]
  /** Where the conversation was answered before and whether it stays; `null`: it begins here. */
  readonly home: { readonly target: string; readonly how: string; readonly in_tool_loop: boolean; readonly saved_usd: number } | null
  /** Share of this draw that tries targets out. */
  readonly exploration: number
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
    rules: plan.verdict === undefined ? null : { task: plan.verdict.task ?? null, confidence: round(plan.verdict.confidence), because: plan.verdict.because },
    candidates: plan.candidates.map((candidate) => ({
      target: candidate.target.name,
      weight: candidate.weight,
      est_usd: candidate.estimate.usd ?? null,
      est_per_1k: candidate.estimate.per1kUsd ?? null,
      ceiling: candidate.ceiling ?? null,
    })),
    exclusions: [...first.exclusions, ...plan.noted].map(({ target, reason, detail }) => ({ target, reason, detail })),
    home: first.stay === undefined ? null : { target: first.stay.target, how: first.stay.how, in_tool_loop: first.stay.inToolLoop, saved_usd: first.stay.savedUsd },
    exploration: plan.exploration,
    drawn: first.choice?.candidate.target.name ?? null,
    propensity: first.choice?.propensity ?? null,
    reason: first.choice?.reason ?? null,
    route_version: plan.routeVersion,
    weights_source: plan.weightsSource,
  }
}

/** Four decimals: a probability that people read. */
function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
