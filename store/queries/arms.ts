// Two sets of weights on live calls: what the calls drawn by either were worth. One side of the divide, one task.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { PRODUCTION_PROXY, followedSince, number, windowParams, inWindow } from './fragments.ts'

export const armUtilities = defineQuery({
  name: 'arm_utilities',
  meaning:
    'Per arm (newer: calls labelled with one of `newer`; older: with one of `older`), over production calls of the task that were drawn by weight, the first of each session: calls, failed ones, and over priced ones mean and variance of r = −failed − USD/value − latency penalty·max(0, duration/SLO − 1) − error penalty·(took more than one attempt), and mean USD; over answered ones whose follow-up was observed, mean and variance of y = 1 − min(1, .5·retry + .3·(1 − edit survival) + .2·feedback below one half). Variances are of one call.',
  params: windowParams.extend({
    task: z.string(),
    newer: z.array(z.number().int().min(0)),
    older: z.array(z.number().int().min(0)),
    value_usd: z.number().positive(),
    slo_ms: z.number().positive(),
    latency_penalty: z.number().min(0),
    error_penalty: z.number().min(0),
  }),
  row: z.object({ arm: z.enum(['newer', 'older']), calls: number, failed: number, priced: number, rest_mean: number, rest_variance: number, usd_mean: number, observed: number, y_mean: number, y_variance: number }),
  sql: `WITH drawn AS (
  SELECT
    trace_id, span_id, if(has({newer:Array(UInt32)}, route_version), 'newer', 'older') AS arm,
    status = 'Error' AS has_failed, toFloat64(call_cost_usd) AS cost, duration_ns / 1e6 AS duration_ms, attempts,
    session_id = '' OR started_at = min(started_at) OVER (PARTITION BY session_id) AS is_first
  FROM spans
  WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND task = {task:String} AND ${inWindow('started_at')}
    AND reason IN ('weighted', 'explore') AND error_code != 'client_closed'
    AND (has({newer:Array(UInt32)}, route_version) OR has({older:Array(UInt32)}, route_version))
), followed AS (
${followedSince('{from:DateTime64(3)}')}
), valued AS (
  SELECT
    arm, has_failed, cost,
    - has_failed - cost / {value_usd:Float64} - {latency_penalty:Float64} * greatest(0, duration_ms / {slo_ms:Float64} - 1) - {error_penalty:Float64} * (attempts > 1) AS rest,
    NOT has_failed AND (of_call.about != '' OR of_trace.about != '') AS seen,
    ${PRODUCTION_PROXY} AS y
  FROM drawn
  LEFT JOIN followed AS of_call ON of_call.about = concat(drawn.trace_id, drawn.span_id)
  LEFT JOIN followed AS of_trace ON of_trace.about = drawn.trace_id
  WHERE is_first
)
SELECT
  arm,
  count() AS calls,
  countIf(has_failed) AS failed,
  countIf(cost IS NOT NULL) AS priced,
  if(priced = 0, 0, avgIf(ifNull(rest, 0), cost IS NOT NULL)) AS rest_mean,
  if(priced < 2, 0, varSampIf(ifNull(rest, 0), cost IS NOT NULL)) AS rest_variance,
  if(priced = 0, 0, avgIf(ifNull(cost, 0), cost IS NOT NULL)) AS usd_mean,
  countIf(seen) AS observed,
  if(observed = 0, 0, avgIf(y, seen)) AS y_mean,
  if(observed < 2, 0, varSampIf(y, seen)) AS y_variance
FROM valued
GROUP BY arm
ORDER BY arm`,
})
