// What a call to a target is worth: U = q − cost/κ − η·max(0, p95/SLO − 1) − ρ·error, in answers (1 = one right answer).
// In: posteriors. Out: seeded draws of U with the q and cost they came from, and U at the means.
import { seededRandom } from '../../core/seams.ts'
import { drawBeta, drawNormal } from './draws.ts'
import { cholesky, correlate, qualityCorrelation } from './correlation.ts'
import type { Posterior } from './posterior.ts'
import type { LearningRules } from './rules.ts'

/** What one task makes of quality, dollars and time. */
export type Worth = {
  /** κ: dollars one right answer is worth, > 0. */
  readonly valuePerAnswerUsd: number
  readonly latencySloMs: number
}

/** Draws of one target; all arrays have `rules.draws` members. */
export type UtilityDraws = { readonly utility: Float64Array; readonly quality: Float64Array; readonly costUsd: Float64Array }

/** A posterior that U is defined for. */
export type Valued = Posterior & { readonly quality: NonNullable<Posterior['quality']>; readonly cost: NonNullable<Posterior['cost']> }

/** Whether quality and cost are both known, so that U is. */
export function isValued(posterior: Posterior): posterior is Valued {
  return posterior.quality !== undefined && posterior.cost !== undefined
}

/** U at the means, with another belief about quality if given. */
export function utilityOf(posterior: Valued, worth: Worth, rules: LearningRules, quality: number = posterior.quality.mean): number {
  return quality - posterior.cost.meanUsd / worth.valuePerAnswerUsd - fixedLoss(posterior, worth, rules) - rules.errorPenalty * errorMean(posterior)
}

/** U at the means, term by term: quality less cost, latency and errors is the utility. */
export type Terms = { readonly quality: number; readonly cost: number; readonly latency: number; readonly errors: number; readonly utility: number }

export function termsOf(posterior: Valued, worth: Worth, rules: LearningRules): Terms {
  return {
    quality: posterior.quality.mean,
    cost: posterior.cost.meanUsd / worth.valuePerAnswerUsd,
    latency: fixedLoss(posterior, worth, rules),
    errors: rules.errorPenalty * errorMean(posterior),
    utility: utilityOf(posterior, worth, rules),
  }
}

/** U without its cost term: the part that does not depend on what an answer is worth. */
export function utilityBeforeCost(posterior: Valued, worth: Worth, rules: LearningRules): number {
  return utilityOf(posterior, worth, rules) + posterior.cost.meanUsd / worth.valuePerAnswerUsd
}

/**
 * Draws of U for targets that are compared: q normal within [0, 1] and correlated as far as the targets answered the same
 * questions, cost log-normal around its mean, errors Beta; latency as it is. Each target draws from a seed of its own, so that
 * neither the order of the config nor the day changes what is drawn.
 */
export function drawUtilities(posteriors: readonly Valued[], worth: Worth, rules: LearningRules, seed: string): Map<string, UtilityDraws> {
  const sorted = [...posteriors].sort((a, b) => (a.target < b.target ? -1 : 1))
  const normals = correlate(sorted.map((posterior) => normalsOf(`${seed}|${posterior.evidenceKey}|q`, rules.draws)), cholesky(sorted.map((a) => sorted.map((b) => (a === b ? 1 : qualityCorrelation(a, b))))))
  return new Map(sorted.map((posterior, at) => [posterior.target, drawUtility(posterior, normals[at] ?? new Float64Array(rules.draws), worth, rules, seed)]))
}

function normalsOf(seed: string, count: number): Float64Array {
  const random = seededRandom(seed)
  return Float64Array.from({ length: count }, () => drawNormal(random))
}

function drawUtility(posterior: Valued, normals: Float64Array, worth: Worth, rules: LearningRules, seed: string): UtilityDraws {
  const random = seededRandom(`${seed}|${posterior.evidenceKey}`)
  const loss = fixedLoss(posterior, worth, rules)
  const { logSd, meanUsd } = posterior.cost
  const utility = new Float64Array(rules.draws)
  const quality = new Float64Array(rules.draws)
  const costUsd = new Float64Array(rules.draws)
  for (let i = 0; i < rules.draws; i += 1) {
    const q = Math.min(1, Math.max(0, posterior.quality.mean + posterior.quality.sd * (normals[i] ?? 0)))
    // −½σ² keeps the mean of the draws at the mean cost.
    const cost = meanUsd * Math.exp(logSd * drawNormal(random) - logSd ** 2 / 2)
    quality[i] = q
    costUsd[i] = cost
    utility[i] = q - cost / worth.valuePerAnswerUsd - loss - rules.errorPenalty * drawBeta(posterior.errors.a, posterior.errors.b, random)
  }
  return { utility, quality, costUsd }
}

function fixedLoss(posterior: Posterior, worth: Worth, rules: LearningRules): number {
  return posterior.latency === undefined ? 0 : rules.latencyPenalty * Math.max(0, posterior.latency.p95.value / worth.latencySloMs - 1)
}

/** Posterior mean of the share of failed attempts. */
export function errorMean(posterior: Posterior): number {
  return posterior.errors.a / (posterior.errors.a + posterior.errors.b)
}

/**
 * The value per answer nearest to κ (by ratio) at which another target would lead, `undefined` when none would at any
 * value. Each U is a line in 1/κ, so the leader can only change where two lines cross: κ* = Δcost / ΔU before cost.
 */
export function flipValue(leader: Valued, others: readonly Valued[], worth: Worth, rules: LearningRules): number | undefined {
  const crossings = others.flatMap((other) => {
    const cost = other.cost.meanUsd - leader.cost.meanUsd
    const gain = utilityBeforeCost(other, worth, rules) - utilityBeforeCost(leader, worth, rules)
    const at = cost / gain
    return Number.isFinite(at) && at > 0 ? [at] : []
  })
  const distance = (value: number): number => Math.abs(Math.log(value / worth.valuePerAnswerUsd))
  return crossings.sort((a, b) => distance(a) - distance(b))[0]
}
