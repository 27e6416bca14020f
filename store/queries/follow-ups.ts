// What was said of calls afterwards, as SQL over a window: signals gathered per call, and whether a call was accepted. The same
// meaning as in the view `calls`, but bounded in time: a signal is never older than the call it is about. Text only.
import { shareSql, wilsonSql } from './fragments.ts'

/** Signals that count against an answer; feedback below one half does, on scales of 0..1 and −1..1 alike. */
export const negative = (of = ''): string => `(${of}kind IN ('retry', 'rephrase', 'edit', 'abandoned') OR (${of}kind = 'feedback' AND ${of}value < 0.5))`

/** Signals per call as named: those of a span (`span_id != ''`), or of a trace as a whole (`span_id = ''`). */
function gathered(condition: string): string {
  return `(
  SELECT
    trace_id, span_id,
    count() AS signals,
    countIf(kind IN ('retry', 'rephrase')) AS retries,
    countIf(kind = 'edit') AS edits,
    argMaxIf(value, at, kind = 'feedback') AS rating,
    countIf(${negative()}) AS negatives,
    minIf(at, ${negative()}) AS first_negative_at
  FROM signals
  WHERE ${condition} AND trace_id != '' AND kind != 'score' AND is_simulated = {simulated:Bool} AND at >= {from:DateTime64(3)}
  GROUP BY trace_id, span_id
)`
}

/** Joins the signals to call spans named `c`, as `own` and `whole`. */
export const SIGNALS_JOINED = `LEFT JOIN ${gathered("span_id != ''")} AS own ON own.trace_id = c.trace_id AND own.span_id = c.span_id
LEFT JOIN ${gathered("span_id = ''")} AS whole ON whole.trace_id = c.trace_id`

/** Facts of a call under `SIGNALS_JOINED`, by name. */
export const FOLLOWED = {
  observed: '(own.signals + whole.signals > 0)',
  retried: '(own.retries + whole.retries > 0)',
  edited: '(own.edits + whole.edits > 0)',
  rating: 'coalesce(own.rating, whole.rating)',
  /** Completed, followed up, and nothing held against it within 30 minutes of its end; NULL when nothing was observed. */
  accepted: `if(own.signals + whole.signals = 0, NULL,
    c.status != 'Error'
    AND (own.negatives = 0 OR own.first_negative_at > addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE)
    AND (whole.negatives = 0 OR whole.first_negative_at > addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE))`,
} as const

/** Joins what corrections changed to call spans named `c`, as `k`. */
export const CORRECTIONS_JOINED = `LEFT JOIN (
  SELECT trace_id, parent_span_id, sum(call_cost_usd) AS delta_usd, sum(call_wasted_usd) AS wasted_delta_usd
  FROM spans
  WHERE role = 'correction' AND is_simulated = {simulated:Bool} AND started_at >= {from:DateTime64(3)} AND started_at < {to:DateTime64(3)} + INTERVAL 1 HOUR
  GROUP BY trace_id, parent_span_id
) AS k ON k.trace_id = c.trace_id AND k.parent_span_id = c.span_id`

/** Dollars of a call under `CORRECTIONS_JOINED`: NULL when unknown. */
export const CALL_COST = 'if(k.delta_usd IS NULL, c.call_cost_usd, ifNull(c.call_cost_usd, 0) + k.delta_usd)'
export const CALL_WASTED = 'if(k.wasted_delta_usd IS NULL, c.call_wasted_usd, ifNull(c.call_wasted_usd, 0) + k.wasted_delta_usd)'

/** A share with its interval as three columns: `NAME_rate`, `NAME_low`, `NAME_high`, each NULL when n is 0. */
export function rateColumns(name: string, k: string, n: string): string {
  return `${shareSql(k, n)} AS ${name}_rate,
  ${wilsonSql(k, n, 'low')} AS ${name}_low,
  ${wilsonSql(k, n, 'high')} AS ${name}_high`
}
