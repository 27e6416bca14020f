// Traffic from the sums by minute and hour (views traffic_by_minute, traffic_by_hour): for windows in which reading raw spans takes
// too long. Sums and counts are exact; quantiles come from t-digests. A window counts whole minutes or whole hours.
import { z } from 'zod'
import { defineQuery, type Query } from './define.ts'
import { COSTED, FILTER, filterParams, instant, number, numberOrNull } from './fragments.ts'

export type TrafficGrain = 'minute' | 'hour'

const GRAINS = { minute: { view: 'traffic_by_minute', floor: 'toStartOfMinute' }, hour: { view: 'traffic_by_hour', floor: 'toStartOfHour' } } as const

/** Windows longer than this are read by the hour: sums by minute are kept for 14 days. */
export const MINUTES_UP_TO_MS = 2 * 86_400_000

/** The grain for a window whose buckets are `bucketS` long. */
export function trafficGrain(windowMs: number, bucketS = 3600): TrafficGrain {
  return bucketS % 3600 === 0 || windowMs > MINUTES_UP_TO_MS ? 'hour' : 'minute'
}

const measures = {
  calls: number,
  failed_calls: number,
  failovers: number,
  attempts: number,
  failed_attempts: number,
  spend_usd: number,
  wasted_usd: number,
  unpriced: number,
  input_tokens: number,
  output_tokens: number,
  cache_read_tokens: number,
  p50_ms: numberOrNull,
  p95_ms: numberOrNull,
  p99_ms: numberOrNull,
  ttft_p50_ms: numberOrNull,
}

const MEANING =
  'calls under the target that answered, failed calls, calls that failed over; attempts and failed ones; USD of priced attempts and of wasted ones; attempts whose cost is unknown; tokens; p50/p95/p99 duration and p50 time to first token of successful attempts in ms (t-digest; NULL without any)'

const quantile = (state: string, level: 1 | 2 | 3 | 4): string => `if(isNaN(${state}[${level}]), NULL, ${state}[${level}])`

const MEASURES_SQL = `sumIf(spans, role = 'call') AS calls,
  sumIf(failed, role = 'call') AS failed_calls,
  sumIf(failovers, role = 'call') AS failovers,
  sumIf(spans, role = 'attempt') AS attempts,
  sumIf(failed, role = 'attempt') AS failed_attempts,
  toFloat64(sumIf(cost_usd, role IN (${COSTED}))) AS spend_usd,
  toFloat64(sumIf(wasted_usd, role IN ('call', 'correction'))) AS wasted_usd,
  toInt64(sumIf(unpriced, role = 'attempt')) - toInt64(sumIf(unpriced, role = 'correction')) AS unpriced,
  sumIf(input_tokens, role = 'attempt') AS input_tokens,
  sumIf(output_tokens, role = 'attempt') AS output_tokens,
  sumIf(cache_read_tokens, role = 'attempt') AS cache_read_tokens,
  quantilesTDigestMergeIf(0.5, 0.9, 0.95, 0.99)(duration, role = 'attempt') AS durations,
  quantilesTDigestMergeIf(0.5, 0.9, 0.95, 0.99)(ttft, role = 'attempt') AS ttfts,
  ${quantile('durations', 1)} AS p50_ms,
  ${quantile('durations', 3)} AS p95_ms,
  ${quantile('durations', 4)} AS p99_ms,
  ${quantile('ttfts', 1)} AS ttft_p50_ms`

function source(grain: TrafficGrain): string {
  const { view, floor } = GRAINS[grain]
  return `FROM ${view} AS traffic
WHERE role IN ('call', ${COSTED}) AND purpose = 'production' AND is_simulated = {simulated:Bool}
  AND traffic.at >= ${floor}({from:DateTime64(3)}) AND traffic.at < {to:DateTime64(3)}
  AND ${FILTER}`
}

const overTimeParams = filterParams.extend({ bucket_s: z.number().int().positive() })
const overTimeRow = z.object({ at: instant, target: z.string(), ...measures })

function overTime(grain: TrafficGrain): Query<typeof overTimeParams, typeof overTimeRow> {
  return defineQuery({
    name: `traffic_over_time_by_${grain}`,
    meaning: `Per bucket of \`bucket_s\` seconds (whole ${grain}s) and target, production: ${MEANING}. Buckets without traffic are absent.`,
    params: overTimeParams,
    row: overTimeRow,
    sql: `SELECT
  toStartOfInterval(traffic.at, toIntervalSecond({bucket_s:UInt32})) AS at,
  target,
  ${MEASURES_SQL}
${source(grain)}
GROUP BY at, target
ORDER BY at, target`,
  })
}

const byTaskRow = z.object({ task: z.string(), target: z.string(), ...measures })

function byTask(grain: TrafficGrain): Query<typeof filterParams, typeof byTaskRow> {
  return defineQuery({
    name: `traffic_by_task_and_target_by_${grain}`,
    meaning: `Per task and target, production, over whole ${grain}s: ${MEANING}.`,
    params: filterParams,
    row: byTaskRow,
    sql: `SELECT
  task,
  target,
  ${MEASURES_SQL}
${source(grain)}
GROUP BY task, target
ORDER BY task, spend_usd DESC, target`,
  })
}

/** Traffic in buckets, from the sums of a grain. */
export const trafficOverTime = { minute: overTime('minute'), hour: overTime('hour') } as const

/** Traffic of a window by task and target, from the sums of a grain. */
export const trafficByTaskAndTarget = { minute: byTask('minute'), hour: byTask('hour') } as const
