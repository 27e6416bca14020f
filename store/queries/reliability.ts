// Whether answers come, how fast, and what stands in the way: errors by class, targets that cool or are drained, spools, and how long
// spans take to be stored. Attempts are of production and one side; routers have no side.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { bucketParams, FILTER, filterParams, instant, inWindow, number, numberOrNull, shareSql, wilsonSql, windowParams } from './fragments.ts'
import { TRAFFIC_BUCKET, trafficBuckets, trafficOf } from './traffic.ts'

const text = z.string()
const bucketsOnly = windowParams.omit({ simulated: true }).extend({ bucket_s: z.number().int().positive() })

/** Failed attempts by error code. */
export const errorsOverTime = defineQuery({
  name: 'errors_over_time',
  meaning: 'Failed production attempts per bucket and error code; a client that hangs up is no failure.',
  params: bucketParams,
  row: z.object({ at: instant, error_code: text, attempts: number }),
  sql: `WITH ${trafficBuckets(['error_code', 'failed'], `role = 'attempt' AND purpose = 'production' AND ${FILTER}`)}
SELECT ${TRAFFIC_BUCKET} AS at, error_code, sum(failed) AS attempts
FROM traffic
GROUP BY at, error_code
HAVING attempts > 0
ORDER BY at, error_code`,
})

/** Failure rate by target. */
export const errorRates = defineQuery({
  name: 'error_rates',
  meaning: 'Per target: production attempts, failed ones, their share (0..1) with its 95% Wilson interval (NULL without attempts), and the most frequent error code.',
  params: filterParams,
  row: z.object({ target: text, attempts: number, failed: number, error_rate: numberOrNull, error_low: numberOrNull, error_high: numberOrNull, top_error: text }),
  sql: `WITH ${trafficOf(['target', 'error_code', 'spans', 'failed'], `role = 'attempt' AND purpose = 'production' AND ${FILTER}`)}, by_code AS (
  SELECT target, error_code, sum(spans) AS spans, sum(failed) AS failed FROM traffic GROUP BY target, error_code
)
SELECT
  target,
  sum(spans) AS attempts,
  sum(by_code.failed) AS failed,
  ${shareSql('failed', 'attempts')} AS error_rate,
  ${wilsonSql('failed', 'attempts', 'low')} AS error_low,
  ${wilsonSql('failed', 'attempts', 'high')} AS error_high,
  argMaxIf(error_code, by_code.failed, by_code.failed > 0) AS top_error
FROM by_code
GROUP BY target
ORDER BY error_rate DESC NULLS LAST, target`,
})

/** How long spans take from their end until they are stored. */
export const ingestLagOverTime = defineQuery({
  name: 'ingest_lag_over_time',
  meaning: 'Per bucket of their end: seconds from the end of a call or attempt until the collector had it, median, p95 and most, over both sides; buckets without spans are absent. Clocks of router and collector may differ by some.',
  params: bucketsOnly,
  row: z.object({ at: instant, spans: number, p50_s: number, p95_s: number, most_s: number }),
  sql: `SELECT
  toStartOfInterval(addNanoseconds(started_at, duration_ns), toIntervalSecond({bucket_s:UInt32})) AS at,
  count() AS spans,
  quantilesTDigest(0.5, 0.95)(greatest(0, dateDiff('millisecond', addNanoseconds(started_at, duration_ns), ingested_at)) / 1000) AS lags,
  toFloat64(lags[1]) AS p50_s,
  toFloat64(lags[2]) AS p95_s,
  max(greatest(0, dateDiff('millisecond', addNanoseconds(started_at, duration_ns), ingested_at)) / 1000) AS most_s
FROM spans
WHERE role IN ('call', 'attempt') AND ${inWindow('started_at')}
GROUP BY at
ORDER BY at`,
})

/** How each target stood. */
export const targetStates = defineQuery({
  name: 'target_states',
  meaning: 'Per bucket and target, over all routers: the worst state it was in (0 ok, 1 half open, 2 limited, 3 cooling, 4 drained) and why, from what routers say of themselves every 15 seconds.',
  params: bucketsOnly.extend({ targets: z.array(text) }),
  row: z.object({ at: instant, target: text, state: number, why: text }),
  sql: `SELECT
  toStartOfInterval(slot, toIntervalSecond({bucket_s:UInt32})) AS at,
  target,
  max(transform(said, ['ok', 'half_open', 'limited', 'cooling', 'drained'], [0, 1, 2, 3, 4], 0)) AS state,
  argMax(why_said, transform(said, ['ok', 'half_open', 'limited', 'cooling', 'drained'], [0, 1, 2, 3, 4], 0)) AS why
FROM (
  SELECT router_states.at AS slot, target, toString(said) AS said, toString(why_said) AS why_said
  FROM router_states
  ARRAY JOIN targets AS target, target_states AS said, target_codes AS why_said
  WHERE ${inWindow('router_states.at')}
)
WHERE empty({targets:Array(String)}) OR has({targets:Array(String)}, target)
GROUP BY at, target
ORDER BY at, target`,
})

/** What waits on routers' disks. */
export const spoolsOverTime = defineQuery({
  name: 'spools_over_time',
  meaning: 'Per bucket and router: most bytes of spans that waited on its disk, their share of its bound (0..1), and the age of the oldest in seconds (NULL when nothing waited); most attempts under way; span batches dropped since it started.',
  params: bucketsOnly,
  row: z.object({ at: instant, router: text, spool_bytes: number, spool_share: number, oldest_s: numberOrNull, in_flight: number, dropped: number }),
  sql: `SELECT
  toStartOfInterval(slot, toIntervalSecond({bucket_s:UInt32})) AS at,
  router,
  max(bytes) AS spool_bytes,
  max(bytes / bound) AS spool_share,
  max(oldest_ms) / 1000 AS oldest_s,
  max(under_way) AS in_flight,
  max(lost) AS dropped
FROM (
  SELECT router_states.at AS slot, router, router_states.spool_bytes AS bytes, greatest(1, spool_max_bytes) AS bound, spool_oldest_ms AS oldest_ms, router_states.in_flight AS under_way, spool_dropped AS lost
  FROM router_states
  WHERE ${inWindow('router_states.at')}
)
GROUP BY at, router
ORDER BY at, router`,
})

/** How each router stands now. */
export const routersNow = defineQuery({
  name: 'routers_now',
  meaning: 'Per router that described itself in the window: when it last did, its route table version, attempts under way, bytes that wait with their share of the bound (0..1) and the age of the oldest in seconds, batches dropped since it started, and the targets that are not ok with why.',
  params: windowParams.omit({ simulated: true }),
  row: z.object({ router: text, last_at: instant, route_version: number, ready: z.coerce.boolean(), in_flight: number, spool_bytes: number, spool_share: number, oldest_s: numberOrNull, dropped: number, out: z.array(text) }),
  sql: `SELECT
  router,
  max(said.at) AS last_at,
  argMax(said.route_version, said.at) AS route_version,
  argMax(said.ready, said.at) AS ready,
  argMax(said.in_flight, said.at) AS in_flight,
  argMax(said.spool_bytes, said.at) AS spool_bytes,
  argMax(said.spool_bytes / greatest(1, said.spool_max_bytes), said.at) AS spool_share,
  argMax(tuple(said.spool_oldest_ms), said.at).1 / 1000 AS oldest_s,
  argMax(said.spool_dropped, said.at) AS dropped,
  argMax(arrayFilter(line -> line != '', arrayMap((target, state, code) -> if(state = 'ok', '', concat(target, ' ', state, if(code = '', '', concat(': ', code)))), said.targets, said.target_states, said.target_codes)), said.at) AS out
FROM router_states AS said
WHERE ${inWindow('said.at')}
GROUP BY router
ORDER BY router`,
})
