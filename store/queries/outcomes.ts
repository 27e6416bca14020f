// How the answers of a window turned out, by calls: what is summed up by hour and minute (collector/rollup), united with raw rows and what
// was said of them for hours that no build with outcomes holds. Windows are those of traffic.ts. The figures of an hour that is over
// follow late signals within minutes (docs/collector.md); raw hours know them at once. Text only.
import { negative } from './follow-ups.ts'
import { BELOW_AN_HOUR, PAGE_WINDOW, united } from './traffic.ts'

/** What calls are told apart by. */
type Key = 'task' | 'target' | 'effort'

/** What is summed over calls of which anything was said, as it is read from raw rows: the meaning that collector/migrate gave the columns of that name. */
const OUTCOMES = {
  observed: 'countIf(r.is_observed)',
  retried: 'countIf(r.is_retried)',
  edited: 'countIf(r.is_edited)',
  accepted: 'countIf(r.is_accepted)',
  observed_usd: 'ifNull(sumIf(r.usd, r.is_observed), toDecimal128(0, 12))',
  observed_unpriced: 'countIf(r.is_observed AND r.usd IS NULL)',
  ratings: 'count(r.stars)',
  ratings_sum: 'ifNull(sum(r.stars), 0)',
} as const

type Outcome = keyof typeof OUTCOMES
/** `calls`: all of them, followed up or not. */
export type OutcomeColumn = Key | 'calls' | Outcome

const isOutcome = (column: OutcomeColumn): column is Outcome => Object.hasOwn(OUTCOMES, column)
const isKey = (column: OutcomeColumn): column is Key => column !== 'calls' && !isOutcome(column)

/** What was said of calls: signals but for named scores, and corrections of what they cost. None is older than its call by more than clocks differ. */
const said = (from: string): string => `(
      SELECT trace_id, span_id, at, toString(kind) AS kind, value, CAST(NULL, 'Nullable(Decimal(18, 12))') AS change_usd
      FROM signals
      WHERE kind != 'score' AND trace_id != '' AND is_simulated = {simulated:Bool} AND at >= ${from} - INTERVAL 1 DAY
      UNION ALL
      SELECT trace_id, parent_span_id, started_at, 'correction', NULL, call_cost_usd
      FROM spans
      WHERE role = 'correction' AND parent_span_id != '' AND is_simulated = {simulated:Bool} AND started_at >= ${from} - INTERVAL 1 DAY
    )`

function parts(columns: readonly OutcomeColumn[], where: string, minutesOnly: string): string {
  const side = `role = 'call' AND is_simulated = {simulated:Bool} AND ${where}`
  const keys = columns.filter(isKey)
  const grouped = (of: (key: Key) => string): string => ['slot', ...keys.map(of)].join(', ')
  const list = columns.map((column) => (column === 'calls' ? 'spans AS calls' : column))
  // Calls are counted where that is asked for; those of which anything was said are looked at: a few in a hundred, the rest is never carried along.
  const counted = (isRaw: (time: string) => string): string => `SELECT toStartOfMinute(c.started_at) AS slot, ${columns.map((column) => (isKey(column) ? `c.${column} AS ${column}` : column === 'calls' ? 'count() AS calls' : `0 AS ${column}`)).join(', ')}
  FROM spans AS c
  WHERE ${side} AND ${isRaw('c.started_at')}
  GROUP BY ${grouped((key) => `c.${key}`)}
  UNION ALL
  `
  return united('outcomes', list, side, PAGE_WINDOW, minutesOnly, (isRaw, from) => `${columns.includes('calls') ? counted(isRaw) : ''}SELECT r.slot AS slot, ${columns.map((column) => (isKey(column) ? `r.its_${column} AS ${column}` : column === 'calls' ? '0 AS calls' : `${OUTCOMES[column]} AS ${column}`)).join(', ')}
  FROM (
    SELECT
      ${['any(toStartOfMinute(c.started_at)) AS slot', ...keys.map((key) => `any(c.${key}) AS its_${key}`)].join(', ')},
      countIf(s.kind != 'correction') > 0 AS is_observed,
      countIf(s.kind IN ('retry', 'rephrase')) > 0 AS is_retried,
      countIf(s.kind = 'edit') > 0 AS is_edited,
      is_observed AND any(c.status) != 'Error' AND countIf(${negative('s.')} AND s.at <= addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE) = 0 AS is_accepted,
      coalesce(argMaxIf(s.value, s.at, s.kind = 'feedback' AND s.span_id != ''), argMaxIf(s.value, s.at, s.kind = 'feedback' AND s.span_id = '')) AS stars,
      any(c.call_cost_usd) AS first_usd,
      sum(s.change_usd) AS delta_usd,
      if(delta_usd IS NULL, first_usd, ifNull(first_usd, 0) + delta_usd) AS usd
    FROM spans AS c
    INNER JOIN ${said(from)} AS s ON s.trace_id = c.trace_id
    WHERE ${side} AND ${isRaw('c.started_at')}
      AND (s.span_id = '' OR s.span_id = c.span_id) AND s.at >= c.started_at - INTERVAL 1 DAY
    GROUP BY c.trace_id, c.span_id
  ) AS r
  GROUP BY ${grouped((key) => `r.its_${key}`)}`)
}

/** The common table expression `outcomes` with these columns of the calls of a window (and `slot`, their time), on one side; `where`: further conditions on what the sums are told apart by. */
export function outcomesOf(columns: readonly OutcomeColumn[], where: string): string {
  return parts(columns, where, '')
}

/** The same for buckets of `bucket_s` seconds: out of the minutes alone where a bucket is shorter than an hour. */
export function outcomeBuckets(columns: readonly OutcomeColumn[], where: string): string {
  return parts(columns, where, BELOW_AN_HOUR)
}
