// The evidence of one candidate → what is believed about it: quality, dollars per call, failed attempts. In: gathered
// evidence. Out: means with their uncertainty (EVIDENCE §3.1–3.4). It must not compare candidates; that is weights.ts.
import { costOf, type TargetPrice } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import type { BasisSample, CandidateEvidence, ProductionRow, TaskEvidence } from './evidence.ts'
import { meanOf, type Share } from './samples.ts'
import type { LearningRules } from './rules.ts'

/** A normal belief; sd > 0. */
export type Belief = { readonly mean: number; readonly sd: number }

/** Dollars per call: their level, and the standard deviation of its logarithm. */
export type CostBelief = {
  readonly meanUsd: number
  readonly logSd: number
  /** Priced calls (or trials) behind it. */
  readonly n: number
  /** production: calls of this task; tokens: the task's token counts at this target's price; evals: its trials. */
  readonly source: 'production' | 'tokens' | 'evals'
}

/** What is believed about one candidate of a task. */
export type Posterior = {
  readonly target: string
  readonly evidenceKey: string
  /** `undefined`: nothing was ever graded or observed. */
  readonly quality: Belief | undefined
  /** The same without the prior; what a move must also hold under. */
  readonly qualityWithoutPrior: Belief | undefined
  /** `undefined`: unpriced, or no call to price. */
  readonly cost: CostBelief | undefined
  /** Beta over the share of failed attempts. */
  readonly errors: { readonly a: number; readonly b: number; readonly attempts: number }
  /** p95 of whole answers in ms; `undefined` below 20 answers. */
  readonly latencyP95Ms: number | undefined
  readonly hallucination: Share | undefined
  readonly pushback: Share | undefined
  /** Effective questions: each at most once, scaled by how much its suite informs the task. */
  readonly items: number
  readonly trials: number
  readonly calls: number
  readonly observed: number
  /** Suites of the task that this target was not graded on. */
  readonly missing: readonly string[]
}

/** Answers below which a p95 is one or no observation. */
const MIN_ANSWERS_FOR_P95 = 20
/** Standard deviation of a log cost that no data has measured yet: a factor of e either way. */
const UNKNOWN_LOG_SD = 1
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
    const prior = candidate.elsewhere ?? grand
    const row = candidate.production
    const hasEvidence = evals !== undefined || production !== undefined
    return {
      target: candidate.target.name,
      evidenceKey: candidate.target.evidenceKey,
      quality: hasEvidence ? combineQuality(evals, production, prior, rules.priorItems) : undefined,
      qualityWithoutPrior: hasEvidence ? combineQuality(evals, production, undefined, 0) : undefined,
      cost: costs[at],
      errors: errorBelief(row, rules),
      latencyP95Ms: row === undefined || row.answered < MIN_ANSWERS_FOR_P95 ? undefined : (row.latency_p95_ms ?? undefined),
      hallucination: largest(candidate.samples.flatMap((sample) => sample.hallucination ?? [])),
      pushback: largest(candidate.samples.flatMap((sample) => sample.pushback ?? [])),
      items: candidate.samples.reduce((sum, sample) => sum + sample.basis.informs * sample.items, 0),
      trials: candidate.samples.reduce((sum, sample) => sum + sample.trials, 0),
      calls: row?.calls ?? 0,
      observed: row?.observed ?? 0,
      missing: candidate.missing,
    }
  })
}

type Estimate = { readonly mean: number; readonly variance: number }

/**
 * Precision-weighted mean of evals, production and prior; sd = (L_e + L_p + L_0)^−½. Production may lower quality but not
 * raise it above the evals' 95% interval. The prior's precision is that of `priorItems` right-or-wrong items at its mean.
 */
export function combineQuality(evals: Estimate | undefined, production: Estimate | undefined, prior: number | undefined, priorItems: number): Belief | undefined {
  const parts: Estimate[] = []
  if (evals !== undefined) parts.push(evals)
  if (production !== undefined) {
    const ceiling = evals === undefined ? (prior ?? 1) : evals.mean + 1.96 * Math.sqrt(evals.variance)
    parts.push({ mean: Math.max(0, Math.min(production.mean, ceiling, 1)), variance: production.variance })
  }
  if (prior !== undefined && priorItems > 0) parts.push({ mean: prior, variance: Math.max(MIN_ITEM_VARIANCE, prior * (1 - prior)) / priorItems })
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
function pooled(samples: readonly BasisSample[], mix: ReadonlyMap<string, number>): Estimate | undefined {
  let weights = 0
  let mean = 0
  let variance = 0
  for (const sample of samples) {
    const weight = mix.get(sample.basis.id) ?? 0
    weights += weight
    mean += weight * sample.e
    variance += weight ** 2 * (sample.variance / sample.basis.informs)
  }
  return weights > 0 ? { mean: mean / weights, variance: variance / weights ** 2 } : undefined
}

/** Mean of the production proxy y with s²/n, n the effective number of observed calls (Kish) of age-weighted rows. */
function productionProxy(row: ProductionRow | undefined): Estimate | undefined {
  if (row === undefined || row.w_observed <= 0) return undefined
  const mean = row.w_y / row.w_observed
  const spread = Math.max(0, row.w_y2 / row.w_observed - mean ** 2)
  // The sum of weights, not Kish's count: evidence must lose weight as it ages, not only as its ages differ.
  const n = row.w_observed
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

type LogCost = { readonly log: number; readonly variance: number; readonly itemVariance: number; readonly n: number; readonly levelUsd: number }

/** Dollars per call for each candidate, shrunk in logarithms toward the task's own tokens at the target's price now. */
function costBeliefs(evidence: TaskEvidence, rules: LearningRules): (CostBelief | undefined)[] {
  const tokens = taskTokens(evidence.candidates)
  const seen = evidence.candidates.map((candidate) => observedCost(candidate.production, candidate.target.price))
  const spread = average(seen.flatMap((cost) => (cost === undefined || cost.n < 2 ? [] : [cost.itemVariance]))) ?? UNKNOWN_LOG_SD ** 2
  return evidence.candidates.map((candidate, at) => {
    const { price } = candidate.target
    const expected = tokens === undefined ? undefined : costOf(tokensAsUsage(tokens), price)
    const cost = seen[at]
    if (cost !== undefined) {
      if (cost.levelUsd === 0) return { meanUsd: 0, logSd: 0, n: cost.n, source: 'production' }
      if (expected === undefined || expected <= 0) return { meanUsd: cost.levelUsd, logSd: Math.sqrt(Math.max(cost.variance, spread / Math.max(1, cost.n))), n: cost.n, source: 'production' }
      // Never less spread than the task's pooled one for so few calls: two equal costs are not certainty.
      const own = 1 / Math.max(cost.variance, spread / (cost.n + rules.priorItems))
      const prior = rules.priorItems / Math.max(spread, UNKNOWN_LOG_SD ** 2)
      const log = (own * Math.log(cost.levelUsd) + prior * Math.log(expected)) / (own + prior)
      return { meanUsd: Math.exp(log), logSd: 1 / Math.sqrt(own + prior), n: cost.n, source: 'production' }
    }
    if (expected !== undefined) return { meanUsd: expected, logSd: expected === 0 ? 0 : UNKNOWN_LOG_SD / Math.sqrt(rules.priorItems), n: 0, source: 'tokens' }
    return trialCost(candidate, rules)
  })
}

/**
 * The level is the age-weighted mean of dollars per call, free calls included; its log-variance that of the mean log cost
 * of the calls that cost something, plus that of their share: ln E[c] = ln P(c > 0) + mean ln c + ln of Duan's (1983)
 * smearing factor, and the first and last cancel into the plain mean until something is shrunk. Dollars are at the
 * price in force now: the tokens by class, repriced, over what they were charged then.
 */
function observedCost(row: ProductionRow | undefined, price: TargetPrice | undefined): LogCost | undefined {
  if (row === undefined || row.w_priced <= 0) return undefined
  const then = row.w_cost / row.w_priced
  const level = then * repricing(row, price)
  if (row.w_positive <= 0) return { log: 0, variance: 0, itemVariance: 0, n: row.priced_calls, levelUsd: level }
  const log = row.w_log_cost / row.w_positive
  const itemVariance = Math.max(0, row.w_log_cost2 / row.w_positive - log ** 2)
  const share = Math.min(1, row.w_positive / row.w_priced)
  return { log, itemVariance, variance: itemVariance / row.w_positive + (1 - share) / (share * row.w_priced), n: row.priced_calls, levelUsd: level }
}

function repricing(row: ProductionRow, price: TargetPrice | undefined): number {
  if (row.w_counted_attempts <= 0 || row.w_counted_cost <= 0) return 1
  const perAttempt = (sum: number): number => sum / row.w_counted_attempts
  const now = costOf(
    tokensAsUsage({ input: perAttempt(row.w_input), output: perAttempt(row.w_output), cacheRead: perAttempt(row.w_cache_read), cacheWrite: perAttempt(row.w_cache_write) }),
    price,
  )
  return now === undefined ? 1 : (now * row.w_counted_attempts) / row.w_counted_cost
}

type Tokens = { readonly input: number; readonly output: number; readonly cacheRead: number; readonly cacheWrite: number }

/** Mean tokens of a call of this task over all its targets; the best guess for a target without traffic of its own. */
function taskTokens(candidates: readonly CandidateEvidence[]): Tokens | undefined {
  const rows = candidates.flatMap((candidate) => candidate.production ?? [])
  const calls = rows.reduce((sum, row) => sum + row.w_counted, 0)
  if (calls <= 0) return undefined
  const per = (pick: (row: ProductionRow) => number): number => rows.reduce((sum, row) => sum + pick(row), 0) / calls
  return { input: per((row) => row.w_input), output: per((row) => row.w_output), cacheRead: 0, cacheWrite: 0 }
}

function trialCost(candidate: CandidateEvidence, rules: LearningRules): CostBelief | undefined {
  const { priced, costUsd, counted, inputTokens, outputTokens } = candidate.trialCosts
  const logSd = UNKNOWN_LOG_SD / Math.sqrt(rules.priorItems)
  const now = counted === 0 ? undefined : costOf(tokensAsUsage({ input: inputTokens / counted, output: outputTokens / counted, cacheRead: 0, cacheWrite: 0 }), candidate.target.price)
  if (now !== undefined) return { meanUsd: now, logSd: now === 0 ? 0 : logSd, n: counted, source: 'evals' }
  return priced === 0 ? undefined : { meanUsd: costUsd / priced, logSd: costUsd === 0 ? 0 : logSd, n: priced, source: 'evals' }
}

function tokensAsUsage(tokens: Tokens): Parameters<typeof costOf>[0] {
  return usageOf({ inputTotal: tokens.input, outputTotal: tokens.output, cacheRead: tokens.cacheRead, cacheWrite: tokens.cacheWrite })
}

function largest(shares: readonly Share[]): Share | undefined {
  return [...shares].sort((a, b) => b.items - a.items)[0]
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
