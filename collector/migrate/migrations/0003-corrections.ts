// Costs that were corrected after the fact: a correction is a span of its own (role `correction`) with the difference in
// dollars, so that sums stay sums; these views show each attempt and each call once, at its corrected cost.
import { replaceView, type Migration } from '../define.ts'

const COLUMNS = `
  s.trace_id AS trace_id, s.span_id AS span_id, s.parent_span_id AS parent_span_id, s.started_at AS started_at, s.duration_ns / 1e6 AS duration_ms, s.ttft_ms AS ttft_ms,
  s.task AS task, s.task_source AS task_source, s.provider AS provider, s.target AS target, s.model AS model, s.effort AS effort, s.model_requested AS model_requested, s.surface AS surface, s.attempt AS attempt,
  s.status AS status, s.error_code AS error_code, s.http_status AS http_status, s.finish_reason AS finish_reason, s.stream AS stream, s.response_id AS response_id, s.request_id AS request_id,
  s.served_model AS served_model, s.system_fingerprint AS system_fingerprint, s.service_tier AS service_tier,
  s.input_tokens AS input_tokens, s.cache_read_tokens AS cache_read_tokens, s.cache_write_tokens AS cache_write_tokens, s.output_tokens AS output_tokens, s.reasoning_tokens AS reasoning_tokens`

const MORE_COLUMNS = `
  s.route_version AS route_version, s.propensity AS propensity, s.reason AS reason,
  s.session_id AS session_id, s.user_id AS user_id, s.key_id AS key_id, s.tags AS tags, s.purpose AS purpose, s.is_simulated AS is_simulated`

// Matching attempts with corrections reads two ids of every row (ten times the cost of a sum over 1.5 million attempts), so
// it is left out of the plan where nothing was ever corrected: the condition is a constant by the time the plan is made.
const CORRECTED = "(SELECT count() FROM spans WHERE role = 'correction')"

const MODEL_CALLS = `SELECT ${COLUMNS},
  s.cost_usd AS cost_usd, s.cost_source AS cost_source, s.price_version AS price_version,${MORE_COLUMNS}
FROM spans AS s
WHERE s.role = 'attempt' AND ${CORRECTED} = 0
UNION ALL
SELECT ${COLUMNS},
  if(c.corrections = 0, s.cost_usd, ifNull(s.cost_usd, 0) + c.delta_usd) AS cost_usd,
  if(c.corrections = 0, s.cost_source, 'backfilled') AS cost_source,
  if(c.corrections = 0, s.price_version, c.newest_version) AS price_version,${MORE_COLUMNS}
FROM spans AS s
LEFT JOIN (
  SELECT trace_id, attributes['weighbridge.corrects'] AS corrected_id, count() AS corrections, sum(ifNull(cost_usd, 0)) AS delta_usd, argMax(price_version, ingested_at) AS newest_version
  FROM spans
  WHERE role = 'correction'
  GROUP BY trace_id, corrected_id
) AS c ON c.trace_id = s.trace_id AND c.corrected_id = s.span_id
WHERE s.role = 'attempt' AND ${CORRECTED} > 0`

const NEGATIVE = `(kind IN ('retry', 'rephrase', 'edit', 'abandoned') OR (kind = 'feedback' AND value < 0.5))`

/** Signals per call as named, before they meet the calls. */
function signalsWhere(condition: string): string {
  return `(
  SELECT
    trace_id, span_id, is_simulated,
    count() AS signals,
    argMax(kind, at) AS last_kind,
    max(at) AS last_at,
    countIf(kind IN ('retry', 'rephrase')) AS retries,
    countIf(kind = 'edit') AS edits,
    maxIf(value, kind = 'edit') AS edit_distance,
    argMaxIf(value, at, kind = 'feedback') AS feedback,
    countIf(${NEGATIVE}) AS negatives,
    minIf(at, ${NEGATIVE}) AS first_negative_at
  FROM signals
  WHERE ${condition}
  GROUP BY trace_id, span_id, is_simulated
)`
}

/** As in step 2, with the corrections of a call's attempts added to what it cost. */
const CALLS = `SELECT
  c.trace_id AS trace_id, c.span_id AS span_id, c.started_at AS started_at, c.duration_ns / 1e6 AS duration_ms, c.ttft_ms AS ttft_ms,
  c.task AS task, c.task_source AS task_source, c.provider AS provider, c.target AS target, c.model AS model, c.effort AS effort,
  c.model_requested AS model_requested, c.surface AS surface, c.attempts AS attempts,
  c.status AS status, c.error_code AS error_code, c.http_status AS http_status, c.finish_reason AS finish_reason, c.stream AS stream,
  c.response_id AS response_id, c.request_id AS request_id, c.served_model AS served_model,
  c.input_tokens AS input_tokens, c.cache_read_tokens AS cache_read_tokens, c.cache_write_tokens AS cache_write_tokens,
  c.output_tokens AS output_tokens, c.reasoning_tokens AS reasoning_tokens,
  if(k.delta_usd IS NULL, c.call_cost_usd, ifNull(c.call_cost_usd, 0) + k.delta_usd) AS cost_usd,
  if(k.wasted_delta_usd IS NULL, c.call_wasted_usd, ifNull(c.call_wasted_usd, 0) + k.wasted_delta_usd) AS wasted_usd,
  c.route_version AS route_version, c.propensity AS propensity, c.reason AS reason, c.decision AS decision,
  c.session_id AS session_id, c.user_id AS user_id, c.key_id AS key_id, c.tags AS tags, c.purpose AS purpose, c.is_simulated AS is_simulated,
  own.signals + whole.signals AS signals,
  if(own.last_at >= whole.last_at, own.last_kind, whole.last_kind) AS last_signal,
  if(signals = 0, NULL, greatest(own.last_at, whole.last_at)) AS last_signal_at,
  toBool(own.retries + whole.retries > 0) AS retried,
  toBool(own.edits + whole.edits > 0) AS edited,
  coalesce(own.edit_distance, whole.edit_distance) AS edit_distance,
  coalesce(own.feedback, whole.feedback) AS feedback,
  toBool(signals > 0) AS observed,
  CAST(if(signals = 0, NULL,
    c.status != 'Error'
    AND (own.negatives = 0 OR own.first_negative_at > addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE)
    AND (whole.negatives = 0 OR whole.first_negative_at > addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE)
  ), 'Nullable(Bool)') AS accepted
FROM spans AS c
LEFT JOIN ${signalsWhere("span_id != ''")} AS own ON own.trace_id = c.trace_id AND own.span_id = c.span_id AND own.is_simulated = c.is_simulated
LEFT JOIN ${signalsWhere("span_id = ''")} AS whole ON whole.trace_id = c.trace_id AND whole.is_simulated = c.is_simulated
LEFT JOIN (
  SELECT trace_id, parent_span_id, sum(call_cost_usd) AS delta_usd, sum(call_wasted_usd) AS wasted_delta_usd
  FROM spans
  WHERE role = 'correction'
  GROUP BY trace_id, parent_span_id
) AS k ON k.trace_id = c.trace_id AND k.parent_span_id = c.span_id
WHERE c.role = 'call'`

export const corrections: Migration = {
  number: 3,
  name: 'corrections',
  statements: (form) => [replaceView('model_calls', MODEL_CALLS, form), replaceView('calls', CALLS, form)],
}
