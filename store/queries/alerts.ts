// What alert rules ask: one number per subject, above a threshold when a person should look. Each is one row (or one per subject) also
// on empty tables, so that silence never looks like trouble. Real calls only where a query has a side.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { COSTED, inWindow, number, windowParams } from './fragments.ts'

const text = z.string()

/** Dollars an hour below which no spike is worth a word. */
const LEAST_SPIKE_USD = 1
/** Hours of history that a spike is measured against, and the fewest. */
const HISTORY_HOURS = 168
const FEWEST_HOURS = 24

/** The last hour's spend against the usual. */
export const costSpike = defineQuery({
  name: 'cost_spike',
  meaning: `USD of the last hour before \`to\` (all purposes) as a multiple of the mean hour of the ${HISTORY_HOURS} hours before it; 0 below ${LEAST_SPIKE_USD} USD or with fewer than ${FEWEST_HOURS} hours since the first traffic.`,
  params: windowParams.omit({ from: true }),
  row: z.object({ spike: number, hour_usd: number, usual_usd: number }),
  sql: `WITH sums AS (
  SELECT
    toFloat64(sumIf(cost_usd, at >= {to:DateTime64(3)} - INTERVAL 1 HOUR)) AS hour_usd,
    toFloat64(sumIf(cost_usd, at < {to:DateTime64(3)} - INTERVAL 1 HOUR)) AS before_usd,
    if(count() = 0, 0, dateDiff('hour', min(at), toDateTime({to:DateTime64(3)}, 'UTC')) - 1) AS hours
  FROM traffic_by_minute
  WHERE role IN (${COSTED}) AND is_simulated = {simulated:Bool} AND at < {to:DateTime64(3)} AND at >= {to:DateTime64(3)} - INTERVAL ${HISTORY_HOURS + 1} HOUR
)
SELECT
  before_usd / greatest(1, hours) AS usual_usd,
  if(hour_usd < ${LEAST_SPIKE_USD} OR hours < ${FEWEST_HOURS} OR usual_usd = 0, 0, hour_usd / usual_usd) AS spike,
  hour_usd
FROM sums`,
})

/** How much of the traffic had to go elsewhere. */
export const failoverSurge = defineQuery({
  name: 'failover_surge',
  meaning: 'Lower end of the 95% Wilson interval of the share of production calls in the window that took more than one attempt or failed (0..1), so that a few calls never alarm; 0 without calls.',
  params: windowParams,
  row: z.object({ share_low: number, calls: number, failed_over: number }),
  sql: `SELECT
  sum(spans) AS calls,
  sum(greatest(failovers, failed)) AS failed_over,
  if(calls = 0, 0, greatest(0, (failed_over / calls + 3.841459 / (2 * calls) - 1.959964 * sqrt(failed_over / calls * (1 - least(1, failed_over / calls)) / calls + 3.841459 / (4 * calls * calls))) / (1 + 3.841459 / calls))) AS share_low
FROM traffic_by_minute
WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('at')}`,
})

/** Attempts without a price. */
export const unpricedRecently = defineQuery({
  name: 'unpriced_recently',
  meaning: 'Attempts of all purposes in the window whose cost is unknown and has not been corrected since.',
  params: windowParams,
  row: z.object({ unpriced: number }),
  sql: `SELECT greatest(0, toInt64(sumIf(unpriced, role = 'attempt')) - toInt64(sumIf(unpriced, role = 'correction'))) AS unpriced
FROM traffic_by_minute
WHERE role IN (${COSTED}) AND is_simulated = {simulated:Bool} AND ${inWindow('at')}`,
})

/** How late spans are. */
export const ingestLagNow = defineQuery({
  name: 'ingest_lag_now',
  meaning: 'Seconds by which the database is behind: the larger of the p95 of what spans that were stored in the window took from their end, and, while some router described itself in the window, the age of the newest description beyond its 15 seconds. 0 when nothing was stored.',
  params: windowParams.omit({ simulated: true }),
  row: z.object({ lag_s: number, spans: number }),
  sql: `WITH
  (
    SELECT (count(), quantileTDigest(0.95)(greatest(0, dateDiff('millisecond', addNanoseconds(started_at, duration_ns), ingested_at)) / 1000))
    FROM spans
    WHERE role IN ('call', 'attempt') AND ${inWindow('ingested_at')} AND started_at >= {from:DateTime64(3)} - INTERVAL 1 DAY
  ) AS stored,
  (SELECT (count(), max(at)) FROM router_states WHERE ${inWindow('at')}) AS said
SELECT
  stored.1 AS spans,
  toFloat64(greatest(
    if(stored.1 = 0, 0, stored.2),
    if(said.1 = 0, 0, greatest(0, dateDiff('millisecond', said.2, {to:DateTime64(3)}) / 1000 - 15))
  )) AS lag_s`,
})

/** How full spools are. */
export const spoolFilling = defineQuery({
  name: 'spool_filling',
  meaning: 'Per router that described itself in the window: the newest share of its spool that is full (0..1), and 1 where batches were dropped at the bound during the window.',
  params: windowParams.omit({ simulated: true }),
  row: z.object({ router: text, share: number }),
  sql: `SELECT router, greatest(argMax(spool_bytes / greatest(1, spool_max_bytes), at), max(spool_dropped) > min(spool_dropped)) AS share
FROM router_states
WHERE ${inWindow('at')}
GROUP BY router
ORDER BY router`,
})
