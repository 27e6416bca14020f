// Everything a report says of a run, once, before anybody writes it down: summaries, parts, agreement of the grader with labels,
// the comparison with a baseline, gates, and what went wrong beside the answers. Comes in: a run's record. Goes out: data. Pure.
import type { Gate } from '../../core/eval-gates.ts'
import { seededRandom } from '../../core/seams.ts'
import { checkGates, gateOutcome, type GateOutcome, type GateResult } from '../gates/gates.ts'
import { accuracy, clusteredKappa, confusion, type Agreement, type Confusion, type LabelPair } from '../grade/confusion.ts'
import { selfBias, widenedBy, type BiasRow } from '../grade/panel/self-bias.ts'
import type { LostCall, RunHead } from '../replay/journal-events.ts'
import type { Repeated } from '../replay/repeats.ts'
import { labelScore, trialKey, trialScore, type Trial } from '../replay/trial.ts'
import { saturationWarning } from '../probes/saturation.ts'
import { detectableDifference } from '../stats/power.ts'
import type { Estimate } from '../stats/estimate.ts'
import { compareRuns, type Comparison, type CompareOptions } from './compare.ts'
import type { TrueLabels } from './labels.ts'
import { breakDown, summarise, type Cell, type TargetSummary } from './summary.ts'

/** Seed of the report's resampling, so that one run always gives one report. */
const REPORT_SEED = 1

/** How the grader agrees with labels on one kind of probe. */
export type GraderAgreement = { readonly kind: string; readonly matrix: Confusion; readonly accuracy: Agreement; readonly kappa: Agreement }

/** Facts about a suite as a whole. */
export type SuiteNote = {
  readonly suite: string
  readonly questions: number
  /** Smallest difference between two targets that these questions show with 80% power; undefined without questions. */
  readonly sees: number | undefined
  /** A sentence when every target is right on nearly all of it. */
  readonly saturation: string | undefined
}

export type Report = {
  readonly runId: string
  readonly head: RunHead | undefined
  readonly summaries: readonly TargetSummary[]
  readonly byDomain: readonly Cell[]
  readonly byTechnique: readonly Cell[]
  readonly suites: readonly SuiteNote[]
  readonly agreement: readonly GraderAgreement[]
  /** Of panels that judge their own family: how much they favour it, and the evidence that follows. */
  readonly selfFamily: readonly { readonly target: string; readonly suite: string; readonly bias: Estimate; readonly evidence: Estimate | undefined }[]
  /** Questions whose key judges dispute, with how many of their votes do. */
  readonly disputed: readonly { readonly suite: string; readonly probeId: string; readonly votes: number; readonly of: number }[]
  readonly comparison: Comparison | undefined
  readonly gates: readonly GateResult[]
  readonly outcome: GateOutcome
  readonly lost: readonly LostCall[]
  /** Targets that were to be asked again because they changed: answers beyond those of others, and as many as there would be. */
  readonly repeated: readonly Omit<Repeated, 'left'>[]
  readonly chargedUsd: number
  /** The budget was reached: nothing here is evidence. */
  readonly capped: boolean
}

export type ReportInput = {
  readonly runId: string
  readonly head: RunHead | undefined
  readonly trials: readonly Trial[]
  readonly labels: TrueLabels
  readonly gates: readonly Gate[]
  readonly baseline: { readonly trials: readonly Trial[]; readonly options: CompareOptions } | undefined
  readonly lost: readonly LostCall[]
  readonly chargedUsd: number
}

/** Works out the report. The same input gives the same report. */
export function makeReport(input: ReportInput): Report {
  const { trials, labels } = input
  const summaries = summarise(trials, labels, seededRandom(REPORT_SEED))
  const gates = checkGates({ gates: input.gates, summaries, trials, baseline: input.baseline?.trials })
  const capped = trials.some((trial) => trial.status === 'budget_skipped')
  return {
    runId: input.runId,
    head: input.head,
    summaries,
    byDomain: breakDown(trials, 'domain'),
    byTechnique: breakDown(trials, 'technique'),
    suites: suiteNotes(summaries),
    agreement: agreementWith(trials, labels),
    selfFamily: ownFamily(summaries, trials, labels),
    disputed: disputedProbes(trials),
    comparison: input.baseline === undefined ? undefined : compareRuns(trials, input.baseline.trials, seededRandom(REPORT_SEED), input.baseline.options),
    gates,
    // What was asked before the money was gone is no fair sample: it neither passes nor fails.
    outcome: capped ? 'inconclusive' : gateOutcome(gates),
    lost: input.lost,
    repeated: repeatedOf(input.head, trials),
    chargedUsd: input.chargedUsd,
    capped,
  }
}

function repeatedOf(head: RunHead | undefined, trials: readonly Trial[]): Report['repeated'] {
  return (head?.repeats ?? []).map((repeat) => {
    const own = trials.filter(({ target }) => target === repeat.target)
    const first = own.filter(({ epoch }) => epoch < (head?.epochs ?? 1)).length
    return { ...repeat, asked: own.length - first, of: first * (repeat.times - 1) }
  })
}

function suiteNotes(summaries: readonly TargetSummary[]): SuiteNote[] {
  return [...Map.groupBy(summaries, (summary) => summary.suite)].map(([suite, group]) => {
    // Repeating a question says more about its answer, not about other questions: power counts questions.
    const questions = Math.min(...group.map((summary) => summary.questions))
    const scores = group.map((summary) => {
      const scored = summary.statuses.scored ?? 0
      return { target: summary.target, scored, right: scored * (summary.rates.evidence?.value ?? 0) }
    })
    return { suite, questions, sees: detectableDifference(questions), saturation: saturationWarning(suite, scores) }
  })
}

const kindOf = (trial: Trial): string => (trial.kind === 'factual' && !trial.answerable ? 'unanswerable' : trial.kind)

function agreementWith(trials: readonly Trial[], labels: TrueLabels): GraderAgreement[] {
  const labelled = trials.filter((trial) => trial.status === 'scored' && labels.has(trialKey(trial)))
  return [...Map.groupBy(labelled, kindOf)].map(([kind, group]) => {
    const pairs = group.map((trial): LabelPair & { cluster: string } => ({ truth: labels.get(trialKey(trial)) ?? '', given: trial.label ?? '', cluster: trial.probeId }))
    const matrix = confusion(pairs)
    return { kind, matrix, accuracy: accuracy(matrix), kappa: clusteredKappa(pairs, seededRandom(REPORT_SEED)) }
  })
}

function ownFamily(summaries: readonly TargetSummary[], trials: readonly Trial[], labels: TrueLabels): Report['selfFamily'] {
  return summaries.filter((summary) => summary.selfFamilyJudge).map(({ target, suite, rates }) => {
    const rows = trials.flatMap((trial): BiasRow[] => {
      const truth = labels.get(trialKey(trial))
      const judged = trialScore(trial)
      const labelled = truth === undefined ? undefined : labelScore(trial, truth)
      return trial.suite !== suite || judged === undefined || labelled === undefined ? [] : [{ own: trial.selfFamilyJudge, judged, labelled }]
    })
    const bias = selfBias(rows)
    return { target, suite, bias, evidence: rates.evidence === undefined ? undefined : widenedBy(rates.evidence, bias) }
  })
}

function disputedProbes(trials: readonly Trial[]): Report['disputed'] {
  const disputes = (trial: Trial): number => trial.votes.filter((vote) => vote.questionValid !== undefined && vote.label === undefined).length
  return [...Map.groupBy(trials.filter((trial) => trial.votes.length > 0), (trial) => `${trial.suite}\u0000${trial.probeId}`)]
    .map(([key, group]) => {
      const [suite = '', probeId = ''] = key.split('\u0000')
      return { suite, probeId, votes: group.reduce((sum, trial) => sum + disputes(trial), 0), of: group.reduce((sum, trial) => sum + trial.votes.length, 0) }
    })
    .filter(({ votes, of }) => votes * 3 > of)
    .sort((a, b) => b.votes / b.of - a.votes / a.of)
}
