// The evidence of one candidate → what is believed about it: quality, dollars per call, failed attempts. In: gathered
// evidence. Out: means with their uncertainty (EVIDENCE §3.1–3.4). It must not compare candidates; that is weights.ts.
import type { BasisSample, ProductionRow, TaskEvidence } from './evidence.ts'
import { costBeliefs, type CostBelief } from './cost.ts'
import { latencyOf, type Latency } from './latency.ts'
import type { Elsewhere } from './prior.ts'
import { meanOf, type Share } from './samples.ts'
import type { LearningRules } from './rules.ts'

/** A normal belief; sd > 0. */
export type Belief = { readonly mean: number; readonly sd: number }

/** What is believed about one candidate of a task. */
export type Posterior = {
  readonly target: string
  readonly evidenceKey: string
  /** `undefined`: nothing was ever graded or observed. */
  readonly quality: Belief | undefined
  /** What it was combined from; `undefined`: nothing of that kind. */
  readonly parts: { readonly evals: Estimate | undefined; readonly production: Estimate | undefined; readonly prior: Estimate | undefined }
  /** The same without the prior; what a move must also hold under. */
  readonly qualityWithoutPrior: Belief | undefined
  /** `undefined`: unpriced, or no call to price. */
  readonly cost: CostBelief | undefined
  /** Beta over the share of failed attempts. */
  readonly errors: { readonly a: number; readonly b: number; readonly attempts: number }
  /** Whole answers in ms; `undefined` below 20 of them. */
  readonly latency: Latency | undefined
  /** To the first token of streamed answers in ms; `undefined` below 20 of them. */
  readonly firstToken: Latency | undefined
  readonly hallucination: Share | undefined
  readonly pushback: Share | undefined
  /** Effective questions: each at most once, scaled by how much its suite informs the task. */
  readonly items: number
  readonly trials: number
  readonly calls: number
  readonly observed: number
  /** Suites of the task that this target was not graded on. */
  readonly missing: readonly string[]
  /** Question → how much it pulls the evals' estimate; see `Sample.influence`. */
  readonly influence: ReadonlyMap<string, number>
  /** Share of the quality's precision that comes from evals, 0..1: only their errors are shared with other targets. */
  readonly evalsShare: number
}

/** Smallest variance of one prior item, so that a prior near 0 or 1 is no certainty. */
const MIN_ITEM_VARIANCE = 0.05

/** The posteriors of all candidates of a task, in the order of the evidence. */
export function posteriorsOf(evidence: TaskEvidence, rules: LearningRules): Posterior[] {
  const mix = suiteMix(evidence)
  const measured = evidence.candidates.map((candidate) => ({ candidate, evals: pooled(candidate.samples, mix), proxy: productionProxy(candidate.production) }))
  // b_t: how much kinder the production proxy is than the evals, over the targets that have both.
  const both = measured.flatMap(({ evals, proxy }) => (evals === undefined || proxy === undefined ? [] : [proxy.mean - evals.mean]))
  const offset = average(both)
  const grand = average(measured.flatMap(({ evals }) => evals?.mean ?? []))
  const costs = costBeliefs(evidence, rules)
  return measured.map(({ candidate, evals, proxy }, at) => {
    // With a single target the offset is that target's own gap: the proxy then says nothing.
    const production = proxy === undefined || offset === undefined || both.length < 2 ? undefined : { mean: proxy.mean - offset, variance: proxy.variance + rules.productionTau ** 2 }
    const prior = priorOf(candidate.elsewhere, grand, rules)
    const row = candidate.production
    const hasEvidence = evals !== undefined || production !== undefined
    const belief = combineQuality(evals, production, prior)
    return {
      target: candidate.target.name,
      evidenceKey: candidate.target.evidenceKey,
      quality: hasEvidence ? belief : undefined,
      parts: { evals: evals === undefined ? undefined : { mean: evals.mean, variance: evals.variance }, production, prior },
      qualityWithoutPrior: hasEvidence ? combineQuality(evals, production, undefined) : undefined,
      cost: costs[at],
      errors: errorBelief(row, rules),
      latency: row === undefined ? undefined : latencyOf(row.latency_ms, row.answered),
      firstToken: row === undefined ? undefined : latencyOf(row.ttft_ms, row.streamed),
      hallucination: largest(candidate.samples.flatMap((sample) => sample.hallucination ?? [])),
      pushback: largest(candidate.samples.flatMap((sample) => sample.pushback ?? [])),
      items: candidate.samples.reduce((sum, sample) => sum + sample.basis.informs * sample.items, 0),
      trials: candidate.samples.reduce((sum, sample) => sum + sample.trials, 0),
      calls: row?.calls ?? 0,
      observed: row?.observed ?? 0,
      missing: candidate.missing,
      influence: evals?.influence ?? NO_INFLUENCE,
      evalsShare: evals === undefined || belief === undefined ? 0 : belief.sd ** 2 / evals.variance,
    }
  })
}

/** A mean with the variance of its error. */
export type Estimate = { readonly mean: number; readonly variance: number }

const NO_INFLUENCE: ReadonlyMap<string, number> = new Map()

/**
 * The prior of one target: the mean of the task's targets, moved by how far this one stood from its peers elsewhere. It is
 * worth `priorItems` right-or-wrong items, and more, up to `priorMostItems`, where enough other suites agree on that distance.
 */
export function priorOf(elsewhere: Elsewhere | undefined, grand: number | undefined, rules: LearningRules): Estimate | undefined {
  if (grand === undefined) return undefined
  const mean = Math.min(1, Math.max(0, grand + (elsewhere?.deviation ?? 0)))
  const itemVariance = Math.max(MIN_ITEM_VARIANCE, mean * (1 - mean))
  const between = elsewhere?.variance
  const items = between === undefined ? rules.priorItems : Math.min(rules.priorMostItems, Math.max(rules.priorItems, itemVariance / between))
  return { mean, variance: itemVariance / items }
}

/**
 * Precision-weighted mean of evals, production and prior; sd = (L_e + L_p + L_0)^−½. Production may lower quality but not
 * raise it above the evals' 95% interval.
 */
export function combineQuality(evals: Estimate | undefined, production: Estimate | undefined, prior: Estimate | undefined): Belief | undefined {
  const parts: Estimate[] = []
  if (evals !== undefined) parts.push(evals)
  if (production !== undefined) {
    const ceiling = evals === undefined ? (prior?.mean ?? 1) : evals.mean + 1.96 * Math.sqrt(evals.variance)
    parts.push({ mean: Math.max(0, Math.min(production.mean, ceiling, 1)), variance: production.variance })
  }
  if (prior !== undefined) parts.push(prior)
  if (parts.length === 0) return undefined
  let precision = 0
  let weighted = 0
  for (const part of parts) {
    precision += 1 / part.variance
    weighted += part.mean / part.variance
  }
  return { mean: weighted / precision, sd: 1 / Math.sqrt(precision) }
}

/**
 * The share of each suite in e, the same for every candidate: by precision averaged over the candidates and scaled by
 * `informs`. With each target's own precision, a target would be judged mostly by the suite it does best or worst on.
 */
function suiteMix(evidence: TaskEvidence): ReadonlyMap<string, number> {
  return new Map(
    evidence.bases.map((basis) => {
      const variances = evidence.candidates.flatMap((candidate) => candidate.samples.filter((sample) => sample.basis.id === basis.id).map((sample) => sample.variance))
      return [basis.id, basis.informs / Math.max(average(variances) ?? Number.POSITIVE_INFINITY, 1e-9)]
    }),
  )
}

/** Separate samples, pooled as such: Σ w·e / Σ w with variance Σ w²·v/informs / (Σ w)², for a suite's effective n is informs·n. */
function pooled(samples: readonly BasisSample[], mix: ReadonlyMap<string, number>): (Estimate & { readonly influence: ReadonlyMap<string, number> }) | undefined {
  let weights = 0
  let mean = 0
  let variance = 0
  for (const sample of samples) {
    const weight = mix.get(sample.basis.id) ?? 0
    weights += weight
    mean += weight * sample.e
    variance += weight ** 2 * (sample.variance / sample.basis.informs)
  }
  if (weights <= 0) return undefined
  const influence = new Map<string, number>()
  for (const sample of samples) {
    const weight = mix.get(sample.basis.id) ?? 0
    for (const [probe, pull] of sample.influence) influence.set(`${sample.basis.id}|${probe}`, (weight * pull) / weights)
  }
  return { mean: mean / weights, variance: variance / weights ** 2, influence }
}

/** Mean of the production proxy y with s²/n, n the effective number of observed calls: fewer as they age and as their propensities differ. */
function productionProxy(row: ProductionRow | undefined): Estimate | undefined {
  if (row === undefined || row.w_observed <= 0) return undefined
  const mean = row.w_y / row.w_observed
  const spread = Math.max(0, row.w_y2 / row.w_observed - mean ** 2)
  const n = row.n_observed
  // The same floor as for probes: two imagined calls, one at 0 and one at 1, as two points of mass around the mean.
  const floor = meanOf([
    { value: Math.min(1, mean + Math.sqrt(spread)), weight: n / 2 },
    { value: Math.max(0, mean - Math.sqrt(spread)), weight: n / 2 },
  ])
  return floor === undefined ? undefined : { mean, variance: floor.variance }
}

function errorBelief(row: ProductionRow | undefined, rules: LearningRules): Posterior['errors'] {
  const { rate, attempts } = rules.errorPrior
  const failed = row?.w_failures ?? 0
  const tried = row?.w_attempts ?? 0
  return { a: rate * attempts + failed, b: (1 - rate) * attempts + Math.max(0, tried - failed), attempts: row?.attempts ?? 0 }
}

function largest(shares: readonly Share[]): Share | undefined {
  return [...shares].sort((a, b) => b.items - a.items)[0]
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
