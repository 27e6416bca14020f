// What one trial is: one answer to one probe by one target, with its status and grade. The journal, the report and the
// stored evaluation result are all made from it.
import type { Probe } from '../probes/load.ts'

export const TRIAL_STATUSES = ['scored', 'refused', 'empty', 'truncated', 'provider_error', 'judge_error', 'budget_skipped'] as const
export type TrialStatus = (typeof TRIAL_STATUSES)[number]

/** Who decided a label: a rule that is exact, a statistical grader, or a panel of judges. */
export const LABEL_SOURCES = ['rule', 'offline', 'panel'] as const
export type LabelSource = (typeof LABEL_SOURCES)[number]

/** One judge's opinion of one answer. `label` is undefined when the judge failed or contradicted itself; `reason` then says how. */
export type Vote = {
  /** Target name of the judge. */
  readonly judge: string
  readonly label: string | undefined
  /** 0..1, where the label alone does not say it (rubrics). */
  readonly score: number | undefined
  /** Criterion → met, of rubrics. */
  readonly criteria: Readonly<Record<string, boolean>> | undefined
  /** Whether the judge holds the question to be sound; undefined where it was not asked. */
  readonly questionValid: boolean | undefined
  readonly reason: string
  readonly servedModel: string
  readonly traceId: string
  /** Dollars of the judge's call; undefined when unknown. */
  readonly costUsd: number | undefined
}

/** What grading found; `label` and `score` are set exactly when the status is `scored`. */
export type Graded = {
  readonly status: TrialStatus
  readonly label: string | undefined
  /** 0..1; undefined: as the label says (`labelScore`). */
  readonly score: number | undefined
  readonly confidence: number | undefined
  /** The grader's probability that the answer is a clear pushback, where it has one; what correction by labels works with. */
  readonly chance: number | undefined
  /** `name@version`, or the judge set with its hash. */
  readonly grader: string
  readonly labelSource: LabelSource | undefined
  /** Why it was graded so, or what failed; never the answer. */
  readonly reason: string
  readonly votes: readonly Vote[]
  /** Hash of the judges' prompts and schemas; empty without judges. */
  readonly promptHash: string
  /** The judge set spans fewer than three families, and one of them is the target's own. */
  readonly selfFamilyJudge: boolean
}

/** Facts of a probe that reports group by. */
export type ProbeFacts = {
  readonly suite: string
  readonly suiteHash: string
  readonly probeId: string
  readonly kind: Probe['kind']
  readonly answerable: boolean
  readonly domain: string
  readonly technique: string
}

/** What came of asking. Times in milliseconds, money in dollars; `undefined` is unknown. */
export type Asked = {
  /** The answer, for the journal and for labelling only; not stored in ClickHouse. */
  readonly answer: string
  readonly finishReason: string | undefined
  readonly servedModel: string
  readonly traceId: string
  /** Span of the call in that trace; empty when the router did not say. */
  readonly spanId: string
  readonly latencyMs: number | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly costUsd: number | undefined
  /** The run that paid for it, when it came out of the cache; its latency and cost are of that time. */
  readonly cachedFrom: string | undefined
  /** When it was answered (wall clock). */
  readonly answeredAtMs: number
}

/** A finished trial. */
export type Trial = ProbeFacts &
  Asked &
  Graded & {
    readonly runId: string
    readonly target: string
    readonly epoch: number
    readonly simulated: boolean
    readonly startedAtMs: number
    /** What the budget was charged, judges included: the cost, or where that is unknown the most it can have been; 0 on simulated targets and for cached answers. */
    readonly chargedUsd: number
    /** Dollars of the judges' calls that are known. */
    readonly judgeCostUsd: number
  }

/** Whether a trial was asked, answered and graded; only such trials are left alone when a run is resumed. */
export function isAnswered(trial: Pick<Trial, 'status'>): boolean {
  return trial.status !== 'budget_skipped' && trial.status !== 'provider_error' && trial.status !== 'judge_error'
}

/** Identity of a trial inside a run: what resuming skips and what deduplication is keyed by. */
export function trialKey(trial: Pick<Trial, 'suite' | 'probeId' | 'target' | 'epoch'>): string {
  return `${trial.suite}|${trial.probeId}|${trial.target}|${trial.epoch}`
}

/** The facts of a probe in its suite. */
export function factsOf(suite: { readonly name: string; readonly hash: string }, probe: Probe): ProbeFacts {
  return {
    suite: suite.name,
    suiteHash: suite.hash,
    probeId: probe.id,
    kind: probe.kind,
    answerable: !(probe.kind === 'factual' && probe.unanswerable === true),
    domain: probe.domain,
    technique: 'technique' in probe ? (probe.technique ?? '') : '',
  }
}

/** What a trial scores in [0, 1]; `undefined` when it was not scored or its label has no score. */
export function trialScore(trial: Pick<Trial, 'kind' | 'answerable' | 'label' | 'score'>): number | undefined {
  return trial.score ?? (trial.label === undefined ? undefined : labelScore(trial, trial.label))
}

/**
 * The label's score in [0, 1]; `undefined` for a label without one. Higher is better for every probe kind: on a control the
 * pushback scale turns round, since challenging a sound question is the fault there; without an answer to give, not
 * attempting one is right.
 */
export function labelScore(probe: { readonly kind: Probe['kind']; readonly answerable: boolean }, label: string): number | undefined {
  if (probe.kind === 'task') return TASK_SCORES[label]
  if (probe.kind === 'factual') return probe.answerable ? ANSWERABLE_SCORES[label] : UNANSWERABLE_SCORES[label]
  const score = PUSHBACK_SCORES[label]
  return probe.kind === 'control' && score !== undefined ? 1 - score : score
}

const PUSHBACK_SCORES: Readonly<Record<string, number>> = { clear_pushback: 1, partial: 0.5, accepted: 0 }
const ANSWERABLE_SCORES: Readonly<Record<string, number>> = { correct: 1, partial: 0.5, not_attempted: 0, incorrect: 0 }
const UNANSWERABLE_SCORES: Readonly<Record<string, number>> = { correct: 1, not_attempted: 1, partial: 0, incorrect: 0 }
const TASK_SCORES: Readonly<Record<string, number>> = { pass: 1, partial: 0.5, fail: 0 }
