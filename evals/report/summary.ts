// What a run's trials say about each target: counts per status, rates with intervals, money and time; per suite, and inside a
// suite per domain and technique. Pure. Trials that were not scored are counted beside the rates, never inside them.
import type { Random } from '../../core/seams.ts'
import { trialKey, type Trial, type TrialStatus } from '../replay/trial.ts'
import { correctedRates } from './corrected.ts'
import type { TrueLabels } from './labels.ts'
import { fixedSetRates, ratesOf, type Rates } from './rates.ts'

/** One target on one suite, or on a part of it. */
export type Cell = {
  readonly suite: string
  readonly target: string
  readonly simulated: boolean
  /** What part of the suite: a domain's or technique's name; empty: all of it. */
  readonly part: string
  readonly trials: number
  /** Different probes among the scored trials; epochs repeat them. */
  readonly questions: number
  readonly statuses: Readonly<Partial<Record<TrialStatus, number>>>
  /** As graded, for questions like these. A rate that the probes cannot give is absent. */
  readonly rates: Rates
  /** As graded, for exactly this set; only of repeated questions. */
  readonly fixedSet: Rates
  readonly costUsd: number
  readonly judgeCostUsd: number
  /** Trials whose cost is unknown. */
  readonly unpriced: number
  /** Answers that came out of earlier runs. */
  readonly cached: number
  readonly latencyP50Ms: number | undefined
  readonly latencyP95Ms: number | undefined
  readonly outputTokens: number | undefined
  readonly graders: readonly string[]
  /** The judges span fewer than three families, and one is the target's own. */
  readonly selfFamilyJudge: boolean
}

/** One target on one suite, with what labels add. */
export type TargetSummary = Cell & {
  /** With true labels for some trials: rates corrected by prediction-powered inference. */
  readonly corrected: Rates
  /** True labels that were given for this target's scored trials. */
  readonly labelled: number
}

/** Summaries per suite and target, targets in order of the suite's evidence, best first. */
export function summarise(trials: readonly Trial[], labels: TrueLabels, random: Random): TargetSummary[] {
  const summaries = groups(trials, () => '').map(({ cell, scored }): TargetSummary => ({
    ...cell,
    corrected: correctedRates(scored, labels, random),
    labelled: scored.filter((trial) => labels.has(trialKey(trial))).length,
  }))
  return summaries.sort((a, b) => a.suite.localeCompare(b.suite) || (b.rates.evidence?.value ?? -1) - (a.rates.evidence?.value ?? -1) || a.target.localeCompare(b.target))
}

/** Parts that a suite is broken down by. */
export const PARTS = ['domain', 'technique'] as const
export type PartName = (typeof PARTS)[number]

/** Cells per suite, part and target, in alphabetical order; trials without the part (a control without a technique) are left out. */
export function breakDown(trials: readonly Trial[], by: PartName): Cell[] {
  return groups(
    trials.filter((trial) => trial[by] !== ''),
    (trial) => trial[by],
  )
    .map(({ cell }) => cell)
    .sort((a, b) => a.suite.localeCompare(b.suite) || a.part.localeCompare(b.part) || a.target.localeCompare(b.target))
}

function groups(trials: readonly Trial[], partOf: (trial: Trial) => string): { readonly cell: Cell; readonly scored: readonly Trial[] }[] {
  return [...Map.groupBy(trials, (trial) => [trial.suite, partOf(trial), trial.target].join('\u0000')).values()].map((group) => cellOf(group, partOf))
}

function cellOf(trials: readonly Trial[], partOf: (trial: Trial) => string): { readonly cell: Cell; readonly scored: readonly Trial[] } {
  const [first] = trials
  const statuses: Partial<Record<TrialStatus, number>> = {}
  for (const trial of trials) statuses[trial.status] = (statuses[trial.status] ?? 0) + 1
  const scored = trials.filter((trial) => trial.status === 'scored')
  const latencies = trials.flatMap((trial) => trial.latencyMs ?? []).sort((a, b) => a - b)
  const lengths = trials.flatMap((trial) => trial.outputTokens ?? [])
  const cell: Cell = {
    suite: first?.suite ?? '',
    target: first?.target ?? '',
    part: first === undefined ? '' : partOf(first),
    simulated: trials.some((trial) => trial.simulated),
    trials: trials.length,
    questions: new Set(scored.map((trial) => trial.probeId)).size,
    statuses,
    rates: ratesOf(scored),
    fixedSet: fixedSetRates(scored),
    costUsd: sum(trials.map((trial) => trial.costUsd ?? 0)),
    judgeCostUsd: sum(trials.map((trial) => trial.judgeCostUsd)),
    unpriced: trials.filter((trial) => trial.costUsd === undefined && trial.traceId !== '').length,
    cached: trials.filter((trial) => trial.cachedFrom !== undefined).length,
    latencyP50Ms: latencies[Math.floor(latencies.length * 0.5)],
    latencyP95Ms: latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * 0.95))],
    outputTokens: lengths.length === 0 ? undefined : sum(lengths) / lengths.length,
    graders: [...new Set(scored.map((trial) => trial.grader))].sort(),
    selfFamilyJudge: scored.some((trial) => trial.selfFamilyJudge),
  }
  return { cell, scored }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
