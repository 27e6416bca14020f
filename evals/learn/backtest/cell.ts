// One model at one task in a replay: what was graded of it and what its calls cost, aged night by night as the evidence query
// ages them. In: observations. Out: a sample and a production row of the learner's own shapes.
import type { CandidateEvidence, ProductionRow } from '../evidence.ts'
import { estimateSample, type EvalRow, type Sample } from '../samples.ts'
import type { Observation } from './policy.ts'

export interface Cell {
  take(observation: Observation): void
  /** What is known of its quality; what is from before the night `since` counts `discount` times. */
  sample(now: number, since: number | undefined, discount: number): Sample | undefined
  /** `undefined` without calls. */
  production(task: string, evidenceKey: string, now: number): ProductionRow | undefined
  trialCosts(): CandidateEvidence['trialCosts']
  /** Its price changed: what it cost so far is worth that much more. */
  reprice(factor: number): void
}

type Graded = { readonly night: number; readonly score: number }
const aged = (nights: number, halfLifeDays: number): number => 2 ** (-nights / halfLifeDays)

export function createCell(halfLifeDays: { readonly evals: number; readonly production: number }): Cell {
  const questions = new Map<string, Graded[]>()
  const probes = { count: 0, usd: 0 }
  // Sums over calls, aged to `night`.
  const calls = { night: 0, count: 0, weight: 0, positive: 0, cost: 0, log: 0, log2: 0 }

  const count = ({ night, costUsd }: Observation): void => {
    const factor = aged(night - calls.night, halfLifeDays.production)
    const log = costUsd > 0 ? Math.log(costUsd) : 0
    calls.weight = calls.weight * factor + 1
    calls.positive = calls.positive * factor + (costUsd > 0 ? 1 : 0)
    calls.cost = calls.cost * factor + costUsd
    calls.log = calls.log * factor + log
    calls.log2 = calls.log2 * factor + log ** 2
    calls.night = night
    calls.count += 1
  }

  return {
    take(observation) {
      const { promptId, night, score, isProbe, costUsd } = observation
      if (isProbe) {
        probes.count += 1
        probes.usd += costUsd
      } else count(observation)
      if (score === undefined) return
      const graded = questions.get(promptId)
      if (graded === undefined) questions.set(promptId, [{ night, score }])
      else graded.push({ night, score })
    },
    sample(now, since, discount) {
      const rows = [...questions].map(([probe_id, graded]): EvalRow => {
        let scored = 0
        let sum = 0
        for (const { night, score } of graded) {
          const weight = aged(now - night, halfLifeDays.evals) * (since !== undefined && night < since ? discount : 1)
          scored += weight
          sum += weight * score
        }
        return { ...NO_ROW, probe_id, w_score: sum, w_scored: scored, trials: graded.length }
      })
      return estimateSample('score', rows)
    },
    production(task, evidenceKey, now) {
      if (calls.count === 0) return undefined
      const factor = aged(now - calls.night, halfLifeDays.production)
      const [weight, positive] = [calls.weight * factor, calls.positive * factor]
      return {
        ...NO_PRODUCTION, task, evidence_key: evidenceKey, calls: calls.count, attempts: calls.count, w_attempts: weight, learnable: calls.count, answered: calls.count,
        priced_calls: calls.count, n_priced: weight, w_priced: weight, w_cost: calls.cost * factor,
        n_positive: positive, w_positive: positive, w_log_cost: calls.log * factor, w_log_cost2: calls.log2 * factor,
      }
    },
    trialCosts: () => ({ priced: probes.count, costUsd: probes.usd, counted: 0, inputTokens: 0, outputTokens: 0 }),
    reprice(factor) {
      probes.usd *= factor
      calls.cost *= factor
      if (factor <= 0) {
        Object.assign(calls, { positive: 0, log: 0, log2: 0 })
        return
      }
      const shift = Math.log(factor)
      calls.log2 += 2 * shift * calls.log + shift ** 2 * calls.positive
      calls.log += shift * calls.positive
    },
  }
}

const NO_ROW: EvalRow = {
  suite: '', suite_hash: '', grader: 'recorded', evidence_key: '', probe_id: '', probe_kind: 'task', answerable: true,
  w_clear_pushback: 0, w_partial: 0, w_accepted: 0, w_correct: 0, w_incorrect: 0, w_not_attempted: 0, w_score: 0, w_scored: 0,
  trials: 0, unscored: 0, self_family: 0, days: [], priced: 0, usd: 0, counted: 0, tokens_in: 0, tokens_out: 0, last_at: 0,
}

const NO_PRODUCTION: ProductionRow = {
  task: '', evidence_key: '', calls: 0, attempts: 0, failures: 0, w_attempts: 0, w_failures: 0, learnable: 0, unpriced_calls: 0,
  priced_calls: 0, n_priced: 0, w_priced: 0, w_cost: 0, n_positive: 0, w_positive: 0, w_log_cost: 0, w_log_cost2: 0,
  w_counted: 0, w_counted_attempts: 0, w_counted_cost: 0, w_input: 0, w_cache_read: 0, w_cache_write: 0, w_output: 0,
  latency_ms: [], ttft_ms: [], answered: 0, streamed: 0, observed: 0, retried: 0, edited: 0, n_observed: 0, w_observed: 0, w_y: 0, w_y2: 0,
  recent_calls: 0, recent_usd: 0, recent_days: 0, last_at: 0,
}
