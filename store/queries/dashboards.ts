// Series of traffic and latency, and the lists behind the dashboards' variables.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { bucketParams, FILTER, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'
import { quantileOf, TRAFFIC_BUCKET, trafficBuckets, trafficOf } from './traffic.ts'

/** Cost per call by task in buckets. */
export const costPerCallByTask = defineQuery({
  name: 'cost_per_call_by_task',
  meaning: 'Mean USD per call (all attempts of the call) per bucket and task, over calls whose cost is known; NULL when none is.',
  params: bucketParams,
  row: z.object({ at: instant, task: z.string(), cost_per_call_usd: numberOrNull }),
  // A correction that gives an unpriced call its first price makes it a known one; the sums do not tell those from others, but corrections are few.
  sql: `WITH ${trafficBuckets(['role', 'task', 'spans', 'unpriced', 'call_cost_usd'], `role IN ('call', 'correction') AND purpose = 'production' AND ${FILTER}`)}
SELECT
  bucket AS at,
  task,
  sum(priced) AS known,
  if(known = 0, NULL, toFloat64(sum(usd)) / known) AS cost_per_call_usd
FROM (
  SELECT ${TRAFFIC_BUCKET} AS bucket, task, toInt64(sumIf(spans, role = 'call')) - toInt64(sumIf(unpriced, role = 'call')) AS priced, sum(call_cost_usd) AS usd
  FROM traffic
  GROUP BY bucket, task
  UNION ALL
  SELECT toStartOfInterval(started_at, toIntervalSecond({bucket_s:UInt32})) AS bucket, task, toInt64(count()) AS priced, toDecimal128(0, 12) AS usd
  FROM spans
  WHERE role = 'correction' AND cost_source = 'unpriced' AND call_cost_usd IS NOT NULL AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND ${FILTER}
  GROUP BY bucket, task
)
GROUP BY at, task
ORDER BY at, task`,
})

/** Latency by target in buckets. */
export const latencyOverTime = defineQuery({
  name: 'latency_over_time',
  meaning: 'Of successful production attempts per bucket and target: p50, p95 and p99 of their whole length, p50 and p95 of the time to first token, in ms (t-digests; NULL without any); buckets without attempts are absent.',
  params: bucketParams,
  row: z.object({ at: instant, target: z.string(), p50_ms: numberOrNull, p95_ms: numberOrNull, p99_ms: numberOrNull, ttft_p50_ms: numberOrNull, ttft_p95_ms: numberOrNull }),
  sql: `WITH ${trafficBuckets(['target', 'spans', 'failed', 'duration', 'ttft'], `role = 'attempt' AND purpose = 'production' AND ${FILTER}`)}
SELECT
  ${TRAFFIC_BUCKET} AS at,
  target,
  ${quantileOf('duration', 0.5)} AS p50_ms,
  ${quantileOf('duration', 0.95)} AS p95_ms,
  ${quantileOf('duration', 0.99)} AS p99_ms,
  ${quantileOf('ttft', 0.5)} AS ttft_p50_ms,
  ${quantileOf('ttft', 0.95)} AS ttft_p95_ms
FROM traffic
GROUP BY at, target
HAVING sum(spans) > sum(failed)
ORDER BY at, target`,
})

/** Calls and failovers in buckets. */
export const callsOverTime = defineQuery({
  name: 'calls_over_time',
  meaning: 'Production calls, calls that failed over and calls that failed, per bucket.',
  params: bucketParams,
  row: z.object({ at: instant, calls: number, failovers: number, failed: number }),
  sql: `WITH ${trafficBuckets(['spans', 'failovers', 'failed'], `role = 'call' AND purpose = 'production' AND ${FILTER}`)}
SELECT
  ${TRAFFIC_BUCKET} AS at,
  sum(spans) AS calls,
  sum(traffic.failovers) AS failovers,
  sum(traffic.failed) AS failed
FROM traffic
GROUP BY at
ORDER BY at`,
})

/** Targets seen in the window. */
export const targetsSeen = defineQuery({
  name: 'targets_seen',
  meaning: 'Names of the targets that were tried in the window.',
  params: windowParams,
  row: z.object({ target: z.string() }),
  sql: `WITH ${trafficOf(['target'], "role = 'attempt'")}
SELECT DISTINCT target FROM traffic
ORDER BY target`,
})

/** Tasks seen in the window. */
export const tasksSeen = defineQuery({
  name: 'tasks_seen',
  meaning: 'Names of the tasks that calls had in the window.',
  params: windowParams,
  row: z.object({ task: z.string() }),
  sql: `WITH ${trafficOf(['task'], "role = 'call'")}
SELECT DISTINCT task FROM traffic
ORDER BY task`,
})

/** Keys seen in the window. */
export const keysSeen = defineQuery({
  name: 'keys_seen',
  meaning: 'Ids of the keys that calls were made with in the window; calls without one are left out.',
  params: windowParams,
  row: z.object({ key_id: z.string() }),
  sql: `WITH ${trafficOf(['key_id'], "role = 'call' AND key_id != ''")}
SELECT DISTINCT key_id FROM traffic
ORDER BY key_id`,
})
