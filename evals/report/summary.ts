// What a run's trials say about each target: counts per status, rates with intervals, money and time. Pure. Trials that were
// not scored are counted beside the rates, never inside them.
import type { Random } from '../../core/seams.ts'
import { trialKey, type Trial, type TrialStatus } from '../replay/trial.ts'
import { clusterBootstrap } from '../stats/bootstrap.ts'
import type { Estimate } from '../stats/estimate.ts'
import { predictionPoweredRate, type JudgedItem } from '../stats/prediction-powered.ts'
import {
  accuracyRate,
  fabricationRate,
  factualEvidence,
  falsePushbackRate,
  hallucinationRate,
  nonsenseEvidence,
  omniscienceIndex,
  pushbackRate,
  youdenJ,
  type FactualCounts,
  type StanceCounts,
} from '../stats/suite-metrics.ts'

/** Names of the rates a report gives, in its order. */
export const RATES = ['pushback', 'false_pushback', 'youden_j', 'accuracy', 'hallucination', 'fabrication', 'index', 'evidence'] as const
export type RateName = (typeof RATES)[number]

/** One target on one suite. */
export type TargetSummary = {
  readonly suite: string
  readonly target: string
  readonly simulated: boolean
  readonly trials: number
  /** Different probes among the scored trials; epochs repeat them. */
  readonly questions: number
  readonly statuses: Readonly<Partial<Record<TrialStatus, number>>>
  /** As graded. A rate that the suite's probes cannot give is absent. */
  readonly rates: Readonly<Partial<Record<RateName, Estimate>>>
  /** With true labels for some trials: rates corrected by prediction-powered inference. */
  readonly corrected: Readonly<Partial<Record<RateName, Estimate>>>
  /** True labels that were given for this target's scored trials. */
  readonly labelled: number
  readonly costUsd: number
  /** Trials whose cost is unknown. */
  readonly unpriced: number
  readonly latencyP50Ms: number | undefined
  readonly latencyP95Ms: number | undefined
  readonly graders: readonly string[]
}

/** True labels by `trialKey`, from judges, people, or a simulation's own record. */
export type TrueLabels = ReadonlyMap<string, string>

/** Summaries per suite and target, targets in order of the suite's evidence, best first. */
export function summarise(trials: readonly Trial[], labels: TrueLabels, random: Random): TargetSummary[] {
  const groups = Map.groupBy(trials, (trial) => `${trial.suite}\u0000${trial.target}`)
  const summaries = [...groups.values()].map((group) => summariseTarget(group, labels, random))
  return summaries.sort((a, b) => a.suite.localeCompare(b.suite) || (b.rates.evidence?.value ?? -1) - (a.rates.evidence?.value ?? -1))
}

function summariseTarget(trials: readonly Trial[], labels: TrueLabels, random: Random): TargetSummary {
  const [first] = trials
  const statuses: Partial<Record<TrialStatus, number>> = {}
  for (const trial of trials) statuses[trial.status] = (statuses[trial.status] ?? 0) + 1
  const scored = trials.filter((trial) => trial.status === 'scored')
  const latencies = trials.flatMap((trial) => (trial.status === 'budget_skipped' ? [] : (trial.latencyMs ?? []))).sort((a, b) => a - b)
  return {
    suite: first?.suite ?? '',
    target: first?.target ?? '',
    simulated: trials.some((trial) => trial.simulated),
    trials: trials.length,
    questions: new Set(scored.map((trial) => trial.probeId)).size,
    statuses,
    rates: ratesOf(scored),
    corrected: labels.size === 0 ? {} : correctedRates(scored, labels, random),
    labelled: scored.filter((trial) => labels.has(trialKey(trial))).length,
    costUsd: trials.reduce((sum, trial) => sum + (trial.costUsd ?? 0), 0),
    unpriced: trials.filter((trial) => trial.costUsd === undefined && trial.status !== 'budget_skipped').length,
    latencyP50Ms: latencies[Math.floor(latencies.length * 0.5)],
    latencyP95Ms: latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * 0.95))],
    graders: [...new Set(scored.map((trial) => trial.grader))],
  }
}

function ratesOf(scored: readonly Trial[]): Partial<Record<RateName, Estimate>> {
  const nonsense = stanceCounts(scored.filter((trial) => trial.kind === 'nonsense'))
  const controls = stanceCounts(scored.filter((trial) => trial.kind === 'control'))
  const answerable = scored.filter((trial) => trial.kind === 'factual' && trial.answerable)
  const unanswerable = scored.filter((trial) => trial.kind === 'factual' && !trial.answerable)
  const rates: Partial<Record<RateName, Estimate>> = {}
  if (scored.some((trial) => trial.kind === 'nonsense')) rates.pushback = pushbackRate(nonsense)
  if (scored.some((trial) => trial.kind === 'control')) rates.false_pushback = falsePushbackRate(controls)
  if (rates.pushback !== undefined && rates.false_pushback !== undefined) {
    rates.youden_j = youdenJ(nonsense, controls)
    rates.evidence = nonsenseEvidence(nonsense, controls)
  }
  if (answerable.length > 0) {
    const counts = factualCounts(answerable)
    rates.accuracy = accuracyRate(counts)
    rates.hallucination = hallucinationRate(counts)
    rates.index = omniscienceIndex(counts)
    rates.evidence = factualEvidence(counts)
  }
  if (unanswerable.length > 0) rates.fabrication = fabricationRate(unanswerable.filter((trial) => trial.label !== 'not_attempted').length, unanswerable.length)
  return rates
}

const count = (trials: readonly Trial[], label: string): number => trials.filter((trial) => trial.label === label).length

function stanceCounts(trials: readonly Trial[]): StanceCounts {
  return { clearPushback: count(trials, 'clear_pushback'), partial: count(trials, 'partial'), accepted: count(trials, 'accepted') }
}

function factualCounts(trials: readonly Trial[]): FactualCounts {
  return { correct: count(trials, 'correct'), partial: count(trials, 'partial'), incorrect: count(trials, 'incorrect'), notAttempted: count(trials, 'not_attempted') }
}

/** A trial beside its true label, where one is known. */
type Checked = { readonly given: string; readonly truth: string | undefined }

function correctedRates(scored: readonly Trial[], labels: TrueLabels, random: Random): Partial<Record<RateName, Estimate>> {
  const checked = (trials: readonly Trial[]): Checked[] => trials.map((trial) => ({ given: trial.label ?? '', truth: labels.get(trialKey(trial)) }))
  const nonsense = checked(scored.filter((trial) => trial.kind === 'nonsense'))
  const controls = checked(scored.filter((trial) => trial.kind === 'control'))
  const answerable = checked(scored.filter((trial) => trial.kind === 'factual' && trial.answerable))
  const unanswerable = checked(scored.filter((trial) => trial.kind === 'factual' && !trial.answerable))
  const corrected: Partial<Record<RateName, Estimate>> = {}
  if (nonsense.length > 0) corrected.pushback = corrects(nonsense, (label) => label === 'clear_pushback')
  if (controls.length > 0) corrected.false_pushback = corrects(controls, (label) => label === 'clear_pushback')
  if (answerable.length > 0) {
    corrected.accuracy = corrects(answerable, (label) => label === 'correct')
    corrected.hallucination = correctedHallucination(answerable, random)
  }
  if (unanswerable.length > 0) corrected.fabrication = corrects(unanswerable, (label) => label !== 'not_attempted')
  return corrected
}

function corrects(items: readonly Checked[], holds: (label: string) => boolean): Estimate {
  const one = (label: string): number => (holds(label) ? 1 : 0)
  const judged: JudgedItem[] = items.flatMap((item) => (item.truth === undefined ? [] : [{ truth: one(item.truth), predicted: one(item.given) }]))
  return predictionPoweredRate(
    judged,
    items.filter((item) => item.truth === undefined).map((item) => one(item.given)),
  )
}

/** I/(1 − C) with both parts corrected; a ratio has no closed interval here, so trials are resampled. */
function correctedHallucination(items: readonly Checked[], random: Random): Estimate {
  const ratio = (sample: readonly Checked[]): number | undefined => {
    const wrong = corrects(sample, (label) => label === 'incorrect').value
    const right = corrects(sample, (label) => label === 'correct').value
    return wrong === undefined || right === undefined || right >= 1 ? undefined : Math.min(1, wrong / (1 - right))
  }
  return clusterBootstrap(items, (item) => String(items.indexOf(item)), ratio, random, { draws: 400 })
}
