// What the overview shows about money and traffic: totals, spend over time, task by target, recent calls.
// Production calls only, one side of the simulated/real divide at a time; dollars are US dollars.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { bucketParams, COSTED, FILTER, filterParams, flag, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'
import { outcomesOf } from './outcomes.ts'
import { quantileOf, TRAFFIC_BUCKET, trafficBuckets, trafficOf, UNPRICED } from './traffic.ts'

/** Which sides of the divide hold calls; the only query that looks at both, and it counts them apart. */
export const dataSeen = defineQuery({
  name: 'data_seen',
  meaning: 'Calls stored in the window, simulated and real counted apart; decides which switch positions have anything to show; with the time of the first call on each side (1970 without one).',
  params: windowParams.omit({ simulated: true }),
  row: z.object({ simulated_calls: number, real_calls: number, first_simulated: instant, first_real: instant }),
  sql: `SELECT
  countIf(is_simulated) AS simulated_calls,
  countIf(NOT is_simulated) AS real_calls,
  minIf(started_at, is_simulated) AS first_simulated,
  minIf(started_at, NOT is_simulated) AS first_real
FROM spans
WHERE role = 'call' AND ${inWindow('started_at')}`,
})

/** Headline figures of a window. */
export const spendTotals = defineQuery({
  name: 'spend_totals',
  meaning:
    'Spend (USD over priced attempts, failed ones included), calls, failovers (calls that took more than one attempt), failed calls, wasted spend (USD of attempts whose output the client did not get), calls with an unpriced attempt, cost per call (NULL without calls), and the USD that eval and judge calls cost beside. With a target filter a call counts under the target that answered it.',
  params: filterParams,
  row: z.object({
    spend_usd: number,
    calls: number,
    failovers: number,
    failed_calls: number,
    error_rate: numberOrNull,
    wasted_usd: number,
    unpriced_calls: number,
    cost_per_call_usd: numberOrNull,
    eval_usd: number,
    input_tokens: number,
    output_tokens: number,
  }),
  sql: `WITH ${trafficOf(['role', 'purpose', 'spans', 'failed', 'failovers', 'cost_usd', 'wasted_usd', 'input_tokens', 'output_tokens'], FILTER)}
SELECT
  toFloat64(sumIf(cost_usd, role != 'call' AND purpose = 'production')) AS spend_usd,
  sumIf(spans, role = 'call' AND purpose = 'production') AS calls,
  sumIf(failovers, role = 'call' AND purpose = 'production') AS failovers,
  sumIf(failed, role = 'call' AND purpose = 'production') AS failed_calls,
  if(calls = 0, NULL, failed_calls / calls) AS error_rate,
  toFloat64(sumIf(wasted_usd, role != 'attempt' AND purpose = 'production')) AS wasted_usd,
  (
    SELECT toUInt64(uniqExactIf((trace_id, parent_span_id), role = 'attempt') - uniqExactIf((trace_id, parent_span_id), role = 'correction' AND call_cost_usd IS NOT NULL))
    FROM spans
    WHERE role IN (${COSTED}) AND purpose = 'production' AND cost_source = 'unpriced' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
      AND ${FILTER}
  ) AS unpriced_calls,
  if(calls = 0, NULL, spend_usd / calls) AS cost_per_call_usd,
  toFloat64(sumIf(cost_usd, role != 'call' AND purpose != 'production')) AS eval_usd,
  sumIf(input_tokens, role = 'attempt' AND purpose = 'production') AS input_tokens,
  sumIf(output_tokens, role = 'attempt' AND purpose = 'production') AS output_tokens
FROM traffic`,
})

/** What spend can be split by: name → column of the sums. */
const SPLITS = { task: 'task', target: 'target', provider: 'provider', key: 'key_id', effort: 'effort' } as const
export type SpendSplit = keyof typeof SPLITS

/** Spend in buckets, split by one dimension; its value stands in `name`. */
export function spendOverTimeBy(split: SpendSplit) {
  const column = SPLITS[split]
  return defineQuery({
    name: `spend_over_time_by_${split}`,
    meaning: `USD of production attempts (failed ones included), attempts, and unpriced attempts, per bucket of \`bucket_s\` seconds and ${split}; buckets without attempts are absent. An empty name: none was given.`,
    params: bucketParams,
    row: z.object({ at: instant, name: z.string(), spend_usd: number, attempts: number, unpriced: number }),
    sql: spendSql(column, 'name'),
  })
}

function spendSql(column: (typeof SPLITS)[SpendSplit], name: string): string {
  return `WITH ${trafficBuckets(['role', column, 'spans', 'cost_usd', 'unpriced'], `role IN (${COSTED}) AND purpose = 'production' AND ${FILTER}`)}
SELECT
  ${TRAFFIC_BUCKET} AS at,
  ${column} AS ${name},
  toFloat64(sum(cost_usd)) AS spend_usd,
  sumIf(spans, role = 'attempt') AS attempts,
  ${UNPRICED} AS unpriced
FROM traffic
GROUP BY at, ${column}
ORDER BY at, ${column}`
}

/** Spend by target in buckets. */
export const spendOverTime = defineQuery({
  name: 'spend_over_time',
  meaning: 'USD, attempts and unpriced attempts per bucket of `bucket_s` seconds and target; buckets without attempts are absent.',
  params: bucketParams,
  row: z.object({ at: instant, target: z.string(), spend_usd: number, attempts: number, unpriced: number }),
  sql: spendSql('target', 'target'),
})

/** Task by target: what was asked of it, what it cost, how fast it was. */
export const taskTargets = defineQuery({
  name: 'task_targets',
  meaning:
    'Per task and target: attempts, failed attempts, USD in all and per attempt (NULL when nothing was priced), mean input and output tokens (NULL when unknown), p50/p95 duration and p50 time to first token in ms over successful attempts (t-digests), and calls that the target answered and the user then retried or rephrased.',
  params: filterParams,
  row: z.object({
    task: z.string(),
    target: z.string(),
    attempts: number,
    failed: number,
    spend_usd: number,
    cost_per_attempt_usd: numberOrNull,
    input_tokens: numberOrNull,
    output_tokens: numberOrNull,
    p50_ms: numberOrNull,
    p95_ms: numberOrNull,
    ttft_p50_ms: numberOrNull,
    retried: number,
  }),
  sql: `WITH ${trafficOf(['role', 'task', 'target', 'spans', 'failed', 'cost_usd', 'unpriced', 'counted', 'input_tokens', 'output_tokens', 'duration', 'ttft'], `role IN (${COSTED}) AND purpose = 'production' AND ${FILTER}`)}, ${outcomesOf(['task', 'target', 'retried'], `purpose = 'production' AND ${FILTER}`)}, asked_again AS (
  SELECT task, target, sum(outcomes.retried) AS retried
  FROM outcomes
  GROUP BY task, target
)
SELECT
  traffic.task AS task,
  traffic.target AS target,
  sumIf(spans, role = 'attempt') AS attempts,
  sumIf(failed, role = 'attempt') AS failed,
  toFloat64(sum(cost_usd)) AS spend_usd,
  attempts - ${UNPRICED} AS priced,
  if(priced = 0, NULL, spend_usd / priced) AS cost_per_attempt_usd,
  if(sum(counted) = 0, NULL, sum(traffic.input_tokens) / sum(counted)) AS input_tokens,
  if(sum(counted) = 0, NULL, sum(traffic.output_tokens) / sum(counted)) AS output_tokens,
  ${quantileOf('duration', 0.5)} AS p50_ms,
  ${quantileOf('duration', 0.95)} AS p95_ms,
  ${quantileOf('ttft', 0.5)} AS ttft_p50_ms,
  any(asked_again.retried) AS retried
FROM traffic
LEFT JOIN asked_again ON asked_again.task = traffic.task AND asked_again.target = traffic.target
GROUP BY traffic.task, traffic.target
ORDER BY task, spend_usd DESC, target`,
})

/** The newest calls with the path each took. */
export const recentCalls = defineQuery({
  name: 'recent_calls',
  meaning:
    'The newest calls: final target, status, attempts, USD of all attempts (NULL when unpriced) and of the wasted ones, duration and time to first token in ms, and the path: target and error code of every attempt in order. `only` narrows to failovers or errors, `keys` to calls by keys (empty: all), `error` to calls with this code on them or on an attempt, `least_usd` and `least_ms` to calls that cost or took at least so much.',
  params: filterParams.extend({
    only: z.enum(['all', 'failovers', 'errors']),
    limit: z.number().int().min(1).max(500),
    keys: z.array(z.string()).default([]),
    error: z.string().default(''),
    least_usd: z.number().min(0).default(0),
    least_ms: z.number().min(0).default(0),
  }),
  row: z.object({
    started_at: instant,
    trace_id: z.string(),
    span_id: z.string(),
    task: z.string(),
    target: z.string(),
    key_id: z.string(),
    status: z.string(),
    error_code: z.string(),
    attempts: number,
    failed_over: flag,
    reason: z.string(),
    stream: flag,
    cost_usd: numberOrNull,
    wasted_usd: numberOrNull,
    duration_ms: number,
    ttft_ms: numberOrNull,
    route_version: number,
    path_targets: z.array(z.string()),
    path_errors: z.array(z.string()),
  }),
  sql: `WITH newest AS (
  SELECT started_at, trace_id, span_id, task, target, key_id, status, error_code, attempts, reason, stream,
    call_cost_usd, call_wasted_usd, duration_ns, ttft_ms, route_version
  FROM spans
  WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND ${FILTER}
    AND ({only:String} = 'all' OR ({only:String} = 'failovers' AND attempts > 1) OR ({only:String} = 'errors' AND status = 'Error'))
    AND (empty({keys:Array(String)}) OR has({keys:Array(String)}, key_id))
    AND ({least_usd:Float64} <= 0 OR toFloat64(call_cost_usd) >= {least_usd:Float64}) AND duration_ns >= {least_ms:Float64} * 1e6
    AND ({error:String} = '' OR error_code = {error:String} OR trace_id IN (
      SELECT trace_id FROM spans WHERE role = 'attempt' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')} AND error_code = {error:String}
    ))
  ORDER BY started_at DESC
  LIMIT {limit:UInt32}
), paths AS (
  SELECT trace_id, parent_span_id, arraySort(groupArray((attempt, toString(target), toString(error_code)))) AS steps
  FROM spans
  WHERE role = 'attempt' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND trace_id IN (SELECT trace_id FROM newest)
  GROUP BY trace_id, parent_span_id
), corrected AS (
  SELECT trace_id, parent_span_id, sum(call_cost_usd) AS delta_usd, sum(call_wasted_usd) AS wasted_delta_usd
  FROM spans
  WHERE role = 'correction' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND trace_id IN (SELECT trace_id FROM newest)
  GROUP BY trace_id, parent_span_id
)
SELECT
  newest.started_at AS started_at,
  newest.trace_id AS trace_id,
  newest.span_id AS span_id,
  task, target, key_id, status, error_code, attempts,
  attempts > 1 AS failed_over,
  reason, stream,
  toFloat64(if(delta_usd IS NULL, call_cost_usd, ifNull(call_cost_usd, 0) + delta_usd)) AS cost_usd,
  toFloat64(if(wasted_delta_usd IS NULL, call_wasted_usd, ifNull(call_wasted_usd, 0) + wasted_delta_usd)) AS wasted_usd,
  duration_ns / 1e6 AS duration_ms,
  ttft_ms, route_version,
  arrayMap(step -> step.2, steps) AS path_targets,
  arrayMap(step -> step.3, steps) AS path_errors
FROM newest
LEFT JOIN paths ON paths.trace_id = newest.trace_id AND paths.parent_span_id = newest.span_id
LEFT JOIN corrected ON corrected.trace_id = newest.trace_id AND corrected.parent_span_id = newest.span_id
ORDER BY started_at DESC`,
})
