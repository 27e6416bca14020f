// Signals that no single router process saw: the two calls of a conversation came through different ones, or one of them restarted.
// A view over the fingerprints on call spans finds them; `calls` learns how much of an edited answer survived, and takes named
// scores for no follow-up. Texts are literal on purpose: a released step never changes.
//
// Units and meaning of the view are those of `signals`; the `value` of an edit is estimated from sketches (an upper bound of the share
// of words that changed).
import { createView, replaceView, type Migration } from '../define.ts'

/** Days looked back; a follow-up of an older call is no signal. */
const WINDOW = 'now() - INTERVAL 2 DAY'

/** Equal bytes of two sketches of 64 hex digits, less those that are equal by chance: the estimated Jaccard similarity. */
function similarity(a: string, b: string): string {
  return `greatest(0, (arrayCount(i -> substring(${a}, 2 * i + 1, 2) = substring(${b}, 2 * i + 1, 2), range(32)) / 32 - 1 / 256) / (1 - 1 / 256))`
}

/** Of questions: as their least alike blocks. One block against two is compared with the better of them. */
function questionSimilarity(a: string, b: string): string {
  const first = similarity(a, b)
  return `multiIf(length(${a}) != length(${b}), 0.8 * greatest(${first}, ${similarity(`substring(${a}, -64)`, `substring(${b}, -64)`)}), length(${a}) = 64, ${first}, least(${first}, ${similarity(`substring(${a}, 65)`, `substring(${b}, 65)`)}))`
}

const PRINTED_CALLS = `
  SELECT
    trace_id, span_id, started_at, addNanoseconds(started_at, duration_ns) AS ended_at, status, error_code, is_simulated,
    prompt_fingerprint AS prompt,
    attributes['weighbridge.fingerprint.key'] AS fingerprint_key,
    attributes['weighbridge.prefix.fingerprint'] AS prefix,
    attributes['weighbridge.question.sketch'] AS question,
    attributes['weighbridge.answer.fingerprint'] AS answer,
    attributes['weighbridge.answer.sketch'] AS answer_sketch,
    attributes['weighbridge.sent_back.prompt'] AS back_prompt,
    attributes['weighbridge.sent_back.answer'] AS back_answer,
    attributes['weighbridge.sent_back.sketch'] AS back_sketch,
    attributes['weighbridge.sent_back.tools'] = 'true' AS back_tools,
    attributes['weighbridge.sdk.retry'] != '' AS by_sdk,
    session_id != '' OR user_id != '' AS is_named
  FROM spans
  WHERE role = 'call' AND purpose = 'production' AND prompt_fingerprint != '' AND started_at >= ${WINDOW}`

/** Calls that gave an answer, to be joined to those that send one back. */
const ANSWERS = `SELECT trace_id, span_id, ended_at, is_simulated, fingerprint_key, prompt, question, answer, answer_sketch, count() OVER (PARTITION BY fingerprint_key, answer) AS of_this_text
  FROM (${PRINTED_CALLS}) WHERE status != 'Error' AND error_code = ''`

/** One call that sends an answer back beside one that may have given it. `by_text`: known by its text alone, its history was rewritten. */
function candidates(on: string, byText: 0 | 1): string {
  return `
      SELECT
        e.trace_id AS trace_id, e.span_id AS span_id, l.trace_id AS by_trace_id, l.span_id AS by_span_id, l.started_at AS at, e.is_simulated AS is_simulated,
        l.back_tools AS back_tools, ${byText} AS by_text, e.ended_at AS ended_at, l.back_answer = e.answer AS is_same,
        ${similarity('e.answer_sketch', 'l.back_sketch')} AS jaccard,
        if(e.question = '' OR l.question = '', 0, ${questionSimilarity('e.question', 'l.question')}) AS same_question
      FROM (SELECT * FROM (${PRINTED_CALLS}) WHERE back_prompt != '') AS l
      INNER JOIN (${ANSWERS}) AS e ON ${on} AND e.fingerprint_key = l.fingerprint_key AND e.is_simulated = l.is_simulated
      WHERE e.ended_at <= l.started_at AND (l.back_tools OR e.answer != '')${byText === 1 ? ' AND e.of_this_text < 4 AND NOT l.back_tools' : ''}`
}

/** An answer that came back: of the calls that may have given it, the one it is, else the one it is most like. */
const SENT_BACK = `
  SELECT
    multiIf(back_tools, 'accepted', same_question >= 0.75, 'rephrase', is_same, 'accepted', 'edit') AS kind,
    multiIf(back_tools, 'tool_results', same_question >= 0.75, 'asked_again', is_same, 'sent_back', 'changed') AS basis,
    trace_id, span_id, by_trace_id, by_span_id, at, is_simulated,
    multiIf(kind = 'edit', 1 - 2 * jaccard / (1 + jaccard), kind = 'rephrase', same_question, NULL) AS value,
    multiIf(back_tools, 0.6, kind != 'accepted', 0.75, by_text = 1, 0.85, 0.95) AS confidence
  FROM (
    SELECT * FROM (${candidates('e.prompt = l.back_prompt', 0)} UNION ALL ${candidates('e.answer = l.back_answer', 1)})
    ORDER BY is_same DESC, by_text, jaccard DESC, ended_at
    LIMIT 1 BY by_trace_id, by_span_id
  )
  WHERE back_tools OR is_same OR jaccard >= 0.08
  -- The answer stands in every later request of its conversation: the first to send it back tells of it.
  ORDER BY at
  LIMIT 1 BY trace_id, span_id`

/** The call before with the same value of a column, when nothing ran beside it and it had been answered. */
function before(column: string): string {
  return `
    SELECT
      *, prompt AS own_prompt, trace_id AS own_trace, span_id AS own_span,
      lagInFrame(trace_id) OVER w AS earlier_trace, lagInFrame(span_id) OVER w AS earlier_span, lagInFrame(prompt) OVER w AS earlier_prompt,
      lagInFrame(question) OVER w AS earlier_question, lagInFrame(status) OVER w AS earlier_status, lagInFrame(error_code) OVER w AS earlier_error,
      lagInFrame(answer) OVER w AS earlier_answer, lagInFrame(ended_at) OVER w AS earlier_end,
      lagInFrame(started_at) OVER w AS earlier_start, max(ended_at) OVER (PARTITION BY fingerprint_key, is_simulated, ${column} ORDER BY started_at, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS all_ended,
      lagInFrame(ended_at, 2) OVER w AS end_before_that,
      row_number() OVER w AS number,
      dateDiff('millisecond', earlier_end, started_at) AS gap_ms
    FROM (${PRINTED_CALLS})
    WINDOW w AS (PARTITION BY fingerprint_key, is_simulated, ${column} ORDER BY started_at, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
}

/** Whether the earlier call ran alone and gave an answer, or was stopped inside it (then its sketch says that there was text). */
const ANSWERED = `number > 1 AND NOT by_sdk AND all_ended <= started_at AND (number = 2 OR end_before_that <= earlier_start)
      AND earlier_status != 'Error' AND (earlier_error = '' OR (earlier_error = 'client_closed' AND earlier_answer != ''))`
/** A known answer stands in the history, so that nobody else has this conversation. */
const GROUNDED = `(fingerprint_key, back_prompt) IN (SELECT fingerprint_key, prompt FROM (${PRINTED_CALLS}))`

const REPEATED = `
  SELECT 'retry' AS kind, 'same_prefix' AS basis, earlier_trace AS trace_id, earlier_span AS span_id, own_trace AS by_trace_id, own_span AS by_span_id, started_at AS at, is_simulated,
    CAST(NULL, 'Nullable(Float64)') AS value, multiIf(back_prompt != '', 0.95, is_named, 0.85, 0.7) AS confidence
  FROM (${before('prompt')})
  WHERE ${ANSWERED} AND gap_ms >= 400 AND gap_ms <= if(is_named OR ${GROUNDED}, 1800000, 180000) AND (is_named OR ${GROUNDED} OR number <= 4)`

const REPHRASED = `
  SELECT 'rephrase' AS kind, 'replaced' AS basis, earlier_trace AS trace_id, earlier_span AS span_id, own_trace AS by_trace_id, own_span AS by_span_id, started_at AS at, is_simulated,
    CAST(2 * jaccard / (1 + jaccard), 'Nullable(Float64)') AS value, 0.7 AS confidence
  FROM (SELECT *, ${questionSimilarity('earlier_question', 'question')} AS jaccard FROM (${before('prefix')}))
  WHERE ${ANSWERED} AND own_prompt != earlier_prompt AND question != '' AND earlier_question != '' AND gap_ms BETWEEN 1500 AND 1800000
    -- Above that it is the next item of a template, unless the conversation is certain.
    AND multiIf(${GROUNDED}, jaccard >= 0.1, is_named, jaccard BETWEEN 0.3 AND 0.7, false)`

/** What no single router process saw; a fact that one has told already is left out. */
const FINGERPRINT_SIGNALS = `SELECT found.* FROM (
  SELECT kind, basis, trace_id, span_id, by_trace_id, by_span_id, at, is_simulated, value, confidence FROM (${SENT_BACK})
  UNION ALL
  SELECT kind, basis, trace_id, span_id, by_trace_id, by_span_id, at, is_simulated, value, confidence FROM (${REPEATED})
  UNION ALL
  SELECT kind, basis, trace_id, span_id, by_trace_id, by_span_id, at, is_simulated, value, confidence FROM (${REPHRASED})
) AS found
LEFT ANTI JOIN (SELECT toString(kind) AS kind, trace_id, span_id FROM signals WHERE at >= ${WINDOW}) AS told
  ON told.kind = found.kind AND told.trace_id = found.trace_id AND told.span_id = found.span_id`

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
    minIf(toFloat64OrNull(attributes['weighbridge.signal.survival']), kind = 'edit') AS edit_survival,
    argMaxIf(value, at, kind = 'feedback') AS feedback,
    countIf(${NEGATIVE}) AS negatives,
    minIf(at, ${NEGATIVE}) AS first_negative_at
  FROM signals
  WHERE ${condition} AND kind != 'score'
  GROUP BY trace_id, span_id, is_simulated
)`
}

/** As in step 3, with the share of an edited answer that is still there. */
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
  coalesce(own.edit_survival, whole.edit_survival) AS edit_survival,
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

export const signals: Migration = {
  number: 4,
  name: 'signals',
  statements: () => [createView('fingerprint_signals', FINGERPRINT_SIGNALS), replaceView('calls', CALLS)],
}
