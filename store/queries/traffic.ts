// Traffic of a window: what is summed up by hour and minute (collector/rollup), united with raw rows of the hours that are not. Whole hours
// inside the window come from the hours, its edges from the minutes; so a window begins and ends at whole minutes: see `wholeMinutes`.
// Minutes are kept for some days only: an older edge is read from raw rows, as long as those are kept. The views `traffic_by_hour` and `traffic_by_minute` say
// the same of all time; here every part is told the window, so that it plans and reads no more than that. Text only.

/** A half-open window [from, to) as SQL. */
export type TrafficWindow = { readonly from: string; readonly to: string }

/** What page queries take. */
export const PAGE_WINDOW: TrafficWindow = { from: '{from:DateTime64(3)}', to: '{to:DateTime64(3)}' }

/** What rows of the sums are told apart by. */
const DIMENSIONS = ['role', 'purpose', 'task', 'target', 'provider', 'model', 'effort', 'key_id', 'error_code'] as const

/** What is summed, as it is read from raw rows named `s`: the meaning that collector/migrate gave the columns of that name. */
const MEASURES = {
  spans: 'count()',
  failed: "countIf(s.status = 'Error')",
  failovers: "countIf(s.role = 'call' AND s.attempts > 1)",
  attempts: 'sum(s.attempts)',
  unpriced: "countIf(s.role = 'call' AND s.call_cost_usd IS NULL OR s.role != 'call' AND s.cost_source = 'unpriced')",
  cost_usd: 'ifNull(sum(s.cost_usd), toDecimal128(0, 12))',
  call_cost_usd: 'ifNull(sum(s.call_cost_usd), toDecimal128(0, 12))',
  wasted_usd: 'ifNull(sum(s.call_wasted_usd), toDecimal128(0, 12))',
  counted: 'countIf(s.input_tokens IS NOT NULL AND s.output_tokens IS NOT NULL)',
  input_tokens: 'ifNull(sum(s.input_tokens), 0)',
  cache_read_tokens: 'ifNull(sum(s.cache_read_tokens), 0)',
  cache_write_tokens: 'ifNull(sum(s.cache_write_tokens), 0)',
  output_tokens: 'ifNull(sum(s.output_tokens), 0)',
  reasoning_tokens: 'ifNull(sum(s.reasoning_tokens), 0)',
  duration: "quantilesTDigestStateIf(0.5, 0.9, 0.95, 0.99)(toFloat32(s.duration_ns / 1e6), s.status != 'Error' AND s.role != 'correction')",
  ttft: "quantilesTDigestStateIf(0.5, 0.9, 0.95, 0.99)(toFloat32(ifNull(s.ttft_ms, 0)), s.ttft_ms IS NOT NULL AND s.status != 'Error')",
} as const

type Measure = keyof typeof MEASURES
export type TrafficColumn = (typeof DIMENSIONS)[number] | Measure

const isMeasure = (column: TrafficColumn): column is Measure => Object.hasOwn(MEASURES, column)

/** The first whole minute or hour from a time on. */
const nextMinute = (time: string): string => `toStartOfMinute(toTimeZone(${time} + INTERVAL 59999 MILLISECOND, 'UTC'))`
const nextHour = (time: string): string => `toStartOfHour(toTimeZone(${time} + INTERVAL 3599999 MILLISECOND, 'UTC'))`
const hourOf = (time: string): string => `toStartOfHour(toTimeZone(${time}, 'UTC'))`

/** Which build holds of an hour: for traffic any, for outcomes one that says how answers turned out. Of equal versions everybody takes the same. */
const NEWEST = '(version, build = 0, build)'
const HOLDS = { traffic: `argMax(build, ${NEWEST})`, outcomes: `argMax(if(has_outcomes, build, 0), ${NEWEST})` } as const

// One reading of the builds for all parts: a build that appears in between would else be counted twice or not at all. Which build holds
// of each hour, the hours that one holds of, and the first hour that none does: raw rows are read from there on. And how far back minutes go.
const held = (what: keyof typeof HOLDS, { from, to }: TrafficWindow): string => `(
    SELECT (groupArrayIf(build_held, build_held != 0), groupArrayIf(hour, build_held != 0), if(count() = 0, toDateTime(0, 'UTC'), least(ifNull(minIf(toNullable(hour), build_held = 0), max(hour) + INTERVAL 1 HOUR), max(hour) + INTERVAL 1 HOUR)))
    FROM (SELECT hour, ${HOLDS[what]} AS build_held FROM rollup_builds WHERE hour >= ${hourOf(from)} AND hour < ${to} GROUP BY hour)
  ) AS ${what}_held, (SELECT toStartOfDay(min(at)) + INTERVAL 1 DAY FROM rollup_minutes) AS ${what}_minutes_since`

/** What the sums are united with: rows whose time meets a condition (given how it is named), none of them before `from`. */
type RawRows = (isRaw: (time: string) => string, from: string) => string

/**
 * The common table expression `traffic` or `outcomes`: the listed columns of the window's sums, united with raw rows. `minutesOnly`: a
 * condition under which only minutes are read; empty: never.
 */
export function united(what: keyof typeof HOLDS, list: readonly string[], side: string, window: TrafficWindow, minutesOnly: string, raw: RawRows): string {
  const { from, to } = window
  const isHeld = `build IN (SELECT arrayJoin(tupleElement(${what}_held, 1)))`
  const hoursHeld = `(SELECT arrayJoin(tupleElement(${what}_held, 2)))`
  const rawFrom = `tupleElement(${what}_held, 3)`
  // Sums by minute are all there from then on: of the oldest day that has any, some may have left already.
  const minutesSince = `${what}_minutes_since`
  const isEdge = (time: string): string => `(${minutesOnly === '' ? '' : `${minutesOnly} OR `}${time} < ${nextHour(from)} OR ${time} >= ${hourOf(to)})`
  const isRaw = (time: string): string => `${time} >= ${nextMinute(from)} AND ${time} < ${nextMinute(to)}
    AND (${time} >= ${rawFrom} AND toStartOfHour(${time}) NOT IN ${hoursHeld} OR ${time} < ${minutesSince} AND ${isEdge(time)} AND toStartOfHour(${time}) IN ${hoursHeld})`
  return `${held(what, window)}, ${what} AS (
  SELECT at AS slot, ${list.join(', ')} FROM rollup_hours
  WHERE ${minutesOnly === '' ? '' : `NOT ${minutesOnly} AND `}${side} AND at >= ${nextHour(from)} AND at < ${hourOf(to)} AND ${isHeld}
  UNION ALL
  SELECT at AS slot, ${list.join(', ')} FROM rollup_minutes
  WHERE ${side} AND at >= ${from} AND at < ${to} AND at >= ${minutesSince} AND ${isEdge('at')} AND ${isHeld}
  UNION ALL
  ${raw(isRaw, `if(${nextMinute(from)} < ${minutesSince}, ${nextMinute(from)}, greatest(${nextMinute(from)}, ${rawFrom}))`)}
)`
}

function parts(columns: readonly TrafficColumn[], where: string, window: TrafficWindow, minutesOnly: string): string {
  const side = `is_simulated = {simulated:Bool} AND ${where}`
  const keys = columns.filter((column) => !isMeasure(column))
  const read = columns.map((column) => (isMeasure(column) ? `${MEASURES[column]} AS ${column}` : `s.${column} AS ${column}`))
  return united('traffic', columns, side, window, minutesOnly, (isRaw) => `SELECT toStartOfMinute(s.started_at) AS slot, ${read.join(', ')}
  FROM spans AS s
  WHERE role IN ('call', 'attempt', 'correction') AND ${side}
    AND ${isRaw('started_at')}
  GROUP BY ${['slot', ...keys.map((key) => `s.${key}`)].join(', ')}`)
}

/** The common table expression `traffic` with these columns of the window's rows (and `slot`, their time), on one side; `where`: further conditions on the dimensions. */
export function trafficOf(columns: readonly TrafficColumn[], where: string, window: TrafficWindow = PAGE_WINDOW): string {
  return parts(columns, where, window, '')
}

/** Whether buckets are shorter than an hour. */
export const BELOW_AN_HOUR = '({bucket_s:UInt32} < 3600)'

/** The same for buckets of `bucket_s` seconds: out of the minutes alone where a bucket is shorter than an hour. */
export function trafficBuckets(columns: readonly TrafficColumn[], where: string): string {
  return parts(columns, where, PAGE_WINDOW, BELOW_AN_HOUR)
}

/** The bucket of a row of `traffic` or `outcomes`. */
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
