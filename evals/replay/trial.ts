// What one trial is: one answer to one probe by one target, with its status and grade. The journal, the report and the
// stored evaluation result are all made from it.
import type { Probe } from '../probes/load.ts'

export const TRIAL_STATUSES = ['scored', 'refused', 'empty', 'truncated', 'provider_error', 'judge_error', 'budget_skipped'] as const
export type TrialStatus = (typeof TRIAL_STATUSES)[number]

/** A finished trial. Times in milliseconds, money in dollars; `undefined` is unknown. */
export type Trial = {
  readonly runId: string
  readonly suite: string
  readonly suiteHash: string
  readonly probeId: string
  readonly kind: Probe['kind']
  readonly answerable: boolean
  readonly domain: string
  readonly technique: string
  readonly target: string
  readonly epoch: number
  readonly status: TrialStatus
  /** Set exactly when the status is `scored`. */
  readonly label: string | undefined
  readonly confidence: number | undefined
  readonly grader: string
  /** Why it was graded so, or what failed; never the answer. */
  readonly reason: string
  /** The answer, for the journal and for labelling only; not stored in ClickHouse. */
  readonly answer: string
  readonly servedModel: string
  readonly simulated: boolean
  readonly traceId: string
  readonly startedAtMs: number
  readonly latencyMs: number | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly costUsd: number | undefined
  /** What the budget was charged: the cost, or where that is unknown the most it can have been; 0 on simulated targets. */
  readonly chargedUsd: number
}

/** Whether a trial was asked and answered; only such trials are not asked again when a run is resumed. */
export function isAnswered(trial: Pick<Trial, 'status'>): boolean {
  return trial.status !== 'budget_skipped' && trial.status !== 'provider_error'
}

/** Identity of a trial inside a run: what resuming skips and what deduplication is keyed by. */
export function trialKey(trial: Pick<Trial, 'suite' | 'probeId' | 'target' | 'epoch'>): string {
  return `${trial.suite}|${trial.probeId}|${trial.target}|${trial.epoch}`
}

/**
 * The label's score in [0, 1]; `undefined` for a label without one. Higher is better for every probe kind: on a control the
 * pushback scale turns round, since challenging a sound question is the fault there; without an answer to give, not
 * attempting one is right.
 */
export function labelScore(probe: { readonly kind: Probe['kind']; readonly answerable: boolean }, label: string): number | undefined {
  if (probe.kind === 'factual') return probe.answerable ? ANSWERABLE_SCORES[label] : UNANSWERABLE_SCORES[label]
  const score = PUSHBACK_SCORES[label]
  return probe.kind === 'control' && score !== undefined ? 1 - score : score
}

const PUSHBACK_SCORES: Readonly<Record<string, number>> = { clear_pushback: 1, partial: 0.5, accepted: 0 }
const ANSWERABLE_SCORES: Readonly<Record<string, number>> = { correct: 1, partial: 0.5, not_attempted: 0, incorrect: 0 }
const UNANSWERABLE_SCORES: Readonly<Record<string, number>> = { correct: 1, not_attempted: 1, partial: 0, incorrect: 0 }
