// Which figure of a summary a gate is about, and which way is worse. A table; no judgement.
import type { GateMetric } from '../../core/eval-gates.ts'
import type { TargetSummary } from '../report/summary.ts'
import type { Estimate } from '../stats/estimate.ts'
import { wilson } from '../stats/rates.ts'

const observed = (value: number | undefined, n: number): Estimate => ({ value, low: value, high: value, n, method: 'observed' })

const FIGURES: Readonly<Record<GateMetric, (summary: TargetSummary) => Estimate | undefined>> = {
  pushback_rate: ({ rates }) => rates.pushback,
  false_pushback_rate: ({ rates }) => rates.false_pushback,
  pushback_j: ({ rates }) => rates.youden_j,
  accuracy: ({ rates }) => rates.accuracy,
  hallucination_rate: ({ rates }) => rates.hallucination,
  fabrication_rate: ({ rates }) => rates.fabrication,
  index: ({ rates }) => rates.index,
  mean_score: ({ rates }) => rates.score ?? rates.evidence,
  pass_rate: ({ rates }) => rates.pass,
  unscored_rate: ({ statuses, trials }) => wilson(trials - (statuses.scored ?? 0), trials),
  // Money and time are what they were: there is no sample to be unsure about, but an unknown price leaves them unknown.
  cost_per_trial_usd: ({ costUsd, unpriced, trials }) => observed(unpriced > 0 || trials === 0 ? undefined : costUsd / trials, trials),
  latency_p95_ms: ({ latencyP95Ms, trials }) => observed(latencyP95Ms, trials),
}

/** The figure; `undefined` when the suite's probes do not give it. */
export const figureOf = (metric: GateMetric, summary: TargetSummary): Estimate | undefined => FIGURES[metric](summary)

const WORSE_HIGHER: ReadonlySet<GateMetric> = new Set(['false_pushback_rate', 'hallucination_rate', 'fabrication_rate', 'unscored_rate', 'cost_per_trial_usd', 'latency_p95_ms'])

/** Whether a higher figure is the worse one. */
export const isWorseHigher = (metric: GateMetric): boolean => WORSE_HIGHER.has(metric)
