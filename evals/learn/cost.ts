// What a call to a target costs, failed attempts and retries included. In: what production and trials measured, and prices. Out: a
// level in dollars with the spread of its logarithm, at the price in force now; `undefined` is unpriced, never 0.
import { costOf, type TargetPrice } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import type { CandidateEvidence, ProductionRow, TaskEvidence } from './evidence.ts'
import type { LearningRules } from './rules.ts'

/** Dollars per call: their level, and the standard deviation of its logarithm. */
export type CostBelief = {
  readonly meanUsd: number
  readonly logSd: number
  /** Priced calls (or trials) behind it. */
  readonly n: number
  /** production: calls of this task; tokens: the task's token counts at this target's price; evals: its trials. */
  readonly source: 'production' | 'tokens' | 'evals'
}

/** Standard deviation of a log cost that no data has measured yet: a factor of e either way. */
const UNKNOWN_LOG_SD = 1

type LogCost = { readonly log: number; readonly variance: number; readonly itemVariance: number; readonly n: number; readonly levelUsd: number }

/** Dollars per call for each candidate, shrunk in logarithms toward the task's own tokens at the target's price now. */
export function costBeliefs(evidence: TaskEvidence, rules: LearningRules): (CostBelief | undefined)[] {
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
  return { log, itemVariance, variance: itemVariance / row.n_positive + (1 - share) / (share * row.n_priced), n: row.priced_calls, levelUsd: level }
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

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
