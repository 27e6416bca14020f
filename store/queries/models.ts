// The figures of `model_metrics` for one side of the divide: what each target does at each task.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { number, numberOrNull } from './fragments.ts'

const text = z.string()

/** One row per target and task over the last 30 days. */
export const modelMetrics = defineQuery({
  name: 'model_metrics',
  meaning:
    'Per target and task over the last 30 days, production calls: counts, dollars per call, share of failed attempts, latency in ms, retry rate; beside them the newest eval rates with 95% Wilson intervals. NULL is unknown.',
  params: z.object({ simulated: z.boolean() }),
  row: z.object({
    target: text,
    task: text,
    calls: number,
    attempts: number,
    unpriced_attempts: number,
    error_rate: numberOrNull,
    avg_cost_usd: numberOrNull,
    observed_calls: number,
    cost_per_accepted_usd: numberOrNull,
    retry_rate: numberOrNull,
    edit_rate: numberOrNull,
    latency_p50_ms: numberOrNull,
    latency_p95_ms: numberOrNull,
    evals: number,
    accuracy: numberOrNull,
    hallucination_rate: numberOrNull,
    hallucination_low: numberOrNull,
    hallucination_high: numberOrNull,
    pushback_rate: numberOrNull,
    pushback_low: numberOrNull,
    pushback_high: numberOrNull,
    hallucination_proxy: text,
  }),
  sql: `SELECT
  target, task, calls, attempts, unpriced_attempts, error_rate, avg_cost_usd, observed_calls, cost_per_accepted_usd, retry_rate, edit_rate,
  latency_p50_ms, latency_p95_ms, evals, accuracy, hallucination_rate, hallucination_low, hallucination_high,
  pushback_rate, pushback_low, pushback_high, hallucination_proxy
FROM model_metrics
WHERE is_simulated = {simulated:Bool}
ORDER BY target, calls DESC, task`,
})
