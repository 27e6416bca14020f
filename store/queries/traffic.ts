// Traffic of a window out of the sums by hour and minute (views traffic_by_hour, traffic_by_minute), which unite what is summed up with
// raw rows of hours that are open. Whole hours inside the window come from the hours, its edges from the minutes; so a window begins
// and ends at whole minutes: see `wholeMinutes`. Minutes are kept for 14 days: an older edge is lost, hours are kept for 400. Text only.

const FROM = '{from:DateTime64(3)}'
const TO = '{to:DateTime64(3)}'
/** The first whole hour in the window, and the hour it ends in. */
const FIRST_HOUR = `toStartOfHour(toTimeZone(${FROM} + INTERVAL 3599999 MILLISECOND, 'UTC'))`
const LAST_HOUR = `toStartOfHour(toTimeZone(${TO}, 'UTC'))`

/** The common table expression `traffic` with these columns of the window's rows (and `slot`, their time), on one side; `where`: further conditions on the dimensions. */
export function trafficOf(columns: string, where: string): string {
  const side = `is_simulated = {simulated:Bool} AND ${where}`
  return `traffic AS (
  SELECT at AS slot, ${columns} FROM traffic_by_hour
  WHERE ${side} AND at >= ${FIRST_HOUR} AND at < ${LAST_HOUR}
  UNION ALL
  SELECT at AS slot, ${columns} FROM traffic_by_minute
  WHERE ${side} AND at >= ${FROM} AND at < ${TO} AND (at < ${FIRST_HOUR} OR at >= ${LAST_HOUR})
)`
}

/** The same for buckets of `bucket_s` seconds: out of the minutes alone where a bucket is shorter than an hour. */
export function trafficBuckets(columns: string, where: string): string {
  const side = `is_simulated = {simulated:Bool} AND ${where}`
  return `traffic AS (
  SELECT at AS slot, ${columns} FROM traffic_by_hour
  WHERE {bucket_s:UInt32} >= 3600 AND ${side} AND at >= ${FIRST_HOUR} AND at < ${LAST_HOUR}
  UNION ALL
  SELECT at AS slot, ${columns} FROM traffic_by_minute
  WHERE ${side} AND at >= ${FROM} AND at < ${TO} AND ({bucket_s:UInt32} < 3600 OR at < ${FIRST_HOUR} OR at >= ${LAST_HOUR})
)`
}

/** The bucket of a row of `traffic`. */
export const TRAFFIC_BUCKET = 'toStartOfInterval(slot, toIntervalSecond({bucket_s:UInt32}))'

const MINUTE_MS = 60_000

/** A window that sums and raw rows agree on: both ends at whole minutes, the end rounded up. */
export function wholeMinutes(fromMs: number, toMs: number): { readonly from: Date; readonly to: Date } {
  return { from: new Date(Math.floor(fromMs / MINUTE_MS) * MINUTE_MS), to: new Date(Math.ceil(toMs / MINUTE_MS) * MINUTE_MS) }
}

/** Attempts whose cost is still unknown, over rows of both roles: a correction of an unknown cost takes one away. */
export const UNPRICED = "(toInt64(sumIf(unpriced, role = 'attempt')) - toInt64(sumIf(unpriced, role = 'correction')))"

/** One of the merged quantiles (.5, .9, .95, .99) of `duration` or `ttft`, in milliseconds; NULL without any. t-digests: within a few thousandths in rank. */
export function quantileOf(sketch: 'duration' | 'ttft', level: 0.5 | 0.9 | 0.95 | 0.99): string {
  const place = [0.5, 0.9, 0.95, 0.99].indexOf(level) + 1
  const merged = `quantilesTDigestMerge(0.5, 0.9, 0.95, 0.99)(${sketch})[${place}]`
  return `if(isNaN(${merged}), NULL, toFloat64(${merged}))`
}
