// The rates of a group of scored trials. Comes in: trials of one target on one suite (or a part of it). Goes out: each rate that
// the probes can give, with an interval for questions like these, and where questions were repeated, one for this fixed set. Pure.
import { seededRandom } from '../../core/seams.ts'
import { trialScore, type Trial } from '../replay/trial.ts'
import { clusterBootstrap } from '../stats/bootstrap.ts'
import { clusteredRate } from '../stats/clustered.ts'
import { methodName, unknownEstimate, type Estimate } from '../stats/estimate.ts'
import { fixedSetMean } from '../stats/fixed-set.ts'
import { estimateDifference } from '../stats/rates.ts'
import { factualEvidence, meanScoreEvidence, MIN_HALLUCINATION_PROBES, nonsenseEvidence, omniscienceIndex, type FactualCounts, type StanceCounts } from '../stats/suite-metrics.ts'

/** Names of the rates a report gives, in its order. */
export const RATES = ['pushback', 'false_pushback', 'youden_j', 'accuracy', 'hallucination', 'fabrication', 'index', 'pass', 'score', 'evidence'] as const
export type RateName = (typeof RATES)[number]
export type Rates = Readonly<Partial<Record<RateName, Estimate>>>

/** What makes a trial count for a rate, and among which trials. */
export type RateRule = { readonly among: (trial: Trial) => boolean; readonly holds: (label: string) => boolean }

const isAnswerable = (trial: Trial): boolean => trial.kind === 'factual' && trial.answerable

/** Rates that are shares of trials. */
export const SHARES = {
  pushback: { among: (trial: Trial) => trial.kind === 'nonsense', holds: (label: string) => label === 'clear_pushback' },
  false_pushback: { among: (trial: Trial) => trial.kind === 'control', holds: (label: string) => label === 'clear_pushback' },
  accuracy: { among: isAnswerable, holds: (label: string) => label === 'correct' },
  hallucination: { among: (trial: Trial) => isAnswerable(trial) && trial.label !== 'correct', holds: (label: string) => label === 'incorrect' },
  fabrication: { among: (trial: Trial) => trial.kind === 'factual' && !trial.answerable, holds: (label: string) => label !== 'not_attempted' },
  pass: { among: (trial: Trial) => trial.kind === 'task', holds: (label: string) => label === 'pass' },
} as const satisfies Partial<Record<RateName, RateRule>>
export type ShareName = keyof typeof SHARES

/** Draws of the intervals that have no closed form. */
const DRAWS = 1_000

/** Rates of scored trials, for questions like these. A rate that the trials cannot give is absent; one that rests on too few is there, undefined. */
export function ratesOf(scored: readonly Trial[]): Rates {
  const rates: Partial<Record<RateName, Estimate>> = {}
  for (const [name, rule] of Object.entries(SHARES) as [ShareName, RateRule][]) {
    const trials = scored.filter(rule.among)
    if (name === 'hallucination' ? scored.some(isAnswerable) : trials.length > 0) rates[name] = shareOf(name, trials)
  }
  if (rates.pushback !== undefined && rates.false_pushback !== undefined) rates.youden_j = estimateDifference(rates.pushback, rates.false_pushback)
  const repeated = isRepeated(scored)
  const answerable = scored.filter(isAnswerable)
  if (answerable.length > 0) rates.index = repeated ? meanOverQuestions(answerable, indexOf, -100, 100) : omniscienceIndex(factualCounts(answerable))
  const tasks = scored.filter((trial) => trial.kind === 'task')
  if (tasks.length > 0) rates.score = repeated ? meanOverQuestions(tasks, scoreOf, 0, 1) : meanScoreEvidence(tasks.map(scoreOf))
  const evidence = evidenceOf(scored, rates, repeated)
  if (evidence !== undefined) rates.evidence = evidence
  return rates
}

/** The same rates for exactly these questions; only of questions that were asked twice or more, and of shares of all their trials. */
export function fixedSetRates(scored: readonly Trial[]): Rates {
  if (!isRepeated(scored)) return {}
  const rates: Partial<Record<RateName, Estimate>> = {}
  for (const name of ['pushback', 'false_pushback', 'accuracy', 'fabrication', 'pass'] as const) {
    const rule: RateRule = SHARES[name]
    const trials = scored.filter(rule.among)
    if (trials.length > 0) rates[name] = fixedSetMean(byQuestion(trials).map((group) => group.map((trial) => (rule.holds(trial.label ?? '') ? 1 : 0))))
  }
  return rates
}

function shareOf(name: ShareName, trials: readonly Trial[]): Estimate {
  if (name === 'hallucination' && trials.length < MIN_HALLUCINATION_PROBES) return unknownEstimate(trials.length, methodName('wilson', 0.95))
  const { holds } = SHARES[name]
  return clusteredRate(byQuestion(trials).map((group) => ({ n: group.length, hits: group.filter((trial) => holds(trial.label ?? '')).length })))
}

function evidenceOf(scored: readonly Trial[], rates: Rates, repeated: boolean): Estimate | undefined {
  const rescaled = (estimate: Estimate | undefined, map: (value: number) => number): Estimate | undefined =>
    estimate === undefined ? undefined : { ...estimate, value: applied(estimate.value, map), low: applied(estimate.low, map), high: applied(estimate.high, map) }
  if (rates.youden_j !== undefined) return repeated ? rescaled(rates.youden_j, (j) => (1 + j) / 2) : nonsenseEvidence(stanceCounts(scored, 'nonsense'), stanceCounts(scored, 'control'))
  const factual = scored.filter((trial) => trial.kind === 'factual')
  if (factual.length > 0) return repeated ? meanOverQuestions(factual, (trial) => (1 + indexOf(trial) / 100) / 2, 0, 1) : factualEvidence(evidenceCounts(factual))
  return rates.score
}

const applied = (value: number | undefined, map: (value: number) => number): number | undefined => (value === undefined ? undefined : map(value))

/** As learning counts: without an answer to give, not attempting one is correct and any attempt is incorrect. */
function evidenceCounts(trials: readonly Trial[]): FactualCounts {
  const answerable = factualCounts(trials.filter((trial) => trial.answerable))
  const rest = trials.filter((trial) => !trial.answerable)
  const right = rest.filter((trial) => trial.label === 'not_attempted' || trial.label === 'correct').length
  return { ...answerable, correct: answerable.correct + right, incorrect: answerable.incorrect + rest.length - right }
}

/** 100, −100 or 0 as one question's part of the index. */
function indexOf(trial: Trial): number {
  if (!trial.answerable) return trial.label === 'not_attempted' || trial.label === 'correct' ? 100 : -100
  return trial.label === 'correct' ? 100 : trial.label === 'incorrect' ? -100 : 0
}

const scoreOf = (trial: Trial): number => trialScore(trial) ?? 0

function meanOverQuestions(trials: readonly Trial[], valueOf: (trial: Trial) => number, low: number, high: number): Estimate {
  const mean = (items: readonly Trial[]): number | undefined => (items.length === 0 ? undefined : items.reduce((sum, trial) => sum + valueOf(trial), 0) / items.length)
  const estimate = clusterBootstrap(trials, (trial) => trial.probeId, mean, seededRandom('report'), { draws: DRAWS })
  return { ...estimate, low: applied(estimate.low, (value) => Math.max(low, value)), high: applied(estimate.high, (value) => Math.min(high, value)) }
}

/** Trials by question, in order of the first. */
export function byQuestion(trials: readonly Trial[]): Trial[][] {
  return [...Map.groupBy(trials, (trial) => trial.probeId).values()]
}

const isRepeated = (trials: readonly Trial[]): boolean => byQuestion(trials).some((group) => group.length > 1)

function stanceCounts(scored: readonly Trial[], kind: 'nonsense' | 'control'): StanceCounts {
  const trials = scored.filter((trial) => trial.kind === kind)
  return { clearPushback: count(trials, 'clear_pushback'), partial: count(trials, 'partial'), accepted: count(trials, 'accepted') }
}

function factualCounts(trials: readonly Trial[]): FactualCounts {
  return { correct: count(trials, 'correct'), partial: count(trials, 'partial'), incorrect: count(trials, 'incorrect'), notAttempted: count(trials, 'not_attempted') }
}

const count = (trials: readonly Trial[], label: string): number => trials.filter((trial) => trial.label === label).length
