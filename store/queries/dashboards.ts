// Series that only the Grafana dashboard draws, and the lists behind its variables.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { FILTER, filterParams, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const bucketParams = filterParams.extend({ bucket_s: z.number().int().positive() })

/** Cost per call by task in buckets. */
export const costPerCallByTask = defineQuery({
  name: 'cost_per_call_by_task',
  meaning: 'Mean USD per call (all attempts of the call) per bucket and task, over calls whose cost is known; NULL when none is.',
  params: bucketParams,
  row: z.object({ at: instant, task: z.string(), cost_per_call_usd: numberOrNull }),
  sql: `SELECT
  toStartOfInterval(started_at, toIntervalSecond({bucket_s:UInt32})) AS at,
  task,
  countIf(role = 'call' AND call_cost_usd IS NOT NULL) + countIf(role = 'correction' AND cost_source = 'unpriced' AND call_cost_usd IS NOT NULL) AS known,
  if(known = 0, NULL, toFloat64(sum(call_cost_usd)) / known) AS cost_per_call_usd
FROM spans
WHERE role IN ('call', 'correction') AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND ${FILTER}
GROUP BY at, task
ORDER BY at, task`,
})

/** Latency by target in buckets. */
export const latencyOverTime = defineQuery({
  name: 'latency_over_time',
  meaning: 'p95 duration in ms of successful attempts per bucket and target; buckets without any are absent.',
  params: bucketParams,
  row: z.object({ at: instant, target: z.string(), p95_ms: number }),
  sql: `SELECT
  toStartOfInterval(started_at, toIntervalSecond({bucket_s:UInt32})) AS at,
  target,
  quantileExact(0.95)(duration_ns) / 1e6 AS p95_ms
FROM spans
WHERE role = 'attempt' AND status != 'Error' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND ${FILTER}
GROUP BY at, target
ORDER BY at, target`,
})

/** Calls and failovers in buckets. */
export const callsOverTime = defineQuery({
  name: 'calls_over_time',
  meaning: 'Calls, calls that failed over and calls that failed, per bucket.',
  params: bucketParams,
  row: z.object({ at: instant, calls: number, failovers: number, failed: number }),
  sql: `SELECT
  toStartOfInterval(started_at, toIntervalSecond({bucket_s:UInt32})) AS at,
  count() AS calls,
  countIf(attempts > 1) AS failovers,
  countIf(status = 'Error') AS failed
FROM spans
WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND ${FILTER}
GROUP BY at
ORDER BY at`,
})

/** Targets seen in the window. */
export const targetsSeen = defineQuery({
  name: 'targets_seen',
  meaning: 'Names of the targets that were tried in the window.',
  params: windowParams,
  row: z.object({ target: z.string() }),
  sql: `SELECT DISTINCT target FROM spans
WHERE role = 'attempt' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
ORDER BY target`,
})

/** Tasks seen in the window. */
export const tasksSeen = defineQuery({
  name: 'tasks_seen',
  meaning: 'Names of the tasks that calls had in the window.',
  params: windowParams,
  row: z.object({ task: z.string() }),
  sql: `SELECT DISTINCT task FROM spans
WHERE role = 'call' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
ORDER BY task`,
})
