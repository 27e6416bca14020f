// The database's side of the signals, as proposed: a view over the fingerprints on call spans, which finds what no single router
// process saw (the two calls of a conversation came through different ones). Text only; view.test.ts holds it to the corpus.
//
// Units and meaning are those of `signals`; `value` of an edit is estimated from sketches (an upper bound of the share of words
// that changed). A fact that a router has told already is left out, so the view may be united with `signals`.

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

const CALLS = `
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
  FROM (${CALLS}) WHERE status != 'Error' AND error_code = ''`

/** One call that sends an answer back beside one that may have given it. `by_text`: known by its text alone, its history was rewritten. */
function candidates(on: string, byText: 0 | 1): string {
  return `
      SELECT
        e.trace_id AS trace_id, e.span_id AS span_id, l.trace_id AS by_trace_id, l.span_id AS by_span_id, l.started_at AS at, e.is_simulated AS is_simulated,
        l.back_tools AS back_tools, ${byText} AS by_text, e.ended_at AS ended_at, l.back_answer = e.answer AS is_same,
        ${similarity('e.answer_sketch', 'l.back_sketch')} AS jaccard,
        if(e.question = '' OR l.question = '', 0, ${questionSimilarity('e.question', 'l.question')}) AS same_question
      FROM (SELECT * FROM (${CALLS}) WHERE back_prompt != '') AS l
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
      *, prompt AS own_prompt,
      lagInFrame(trace_id) OVER w AS earlier_trace, lagInFrame(span_id) OVER w AS earlier_span, lagInFrame(prompt) OVER w AS earlier_prompt,
      lagInFrame(question) OVER w AS earlier_question, lagInFrame(status) OVER w AS earlier_status, lagInFrame(error_code) OVER w AS earlier_error,
      lagInFrame(answer) OVER w AS earlier_answer, lagInFrame(ended_at) OVER w AS earlier_end,
      lagInFrame(started_at) OVER w AS earlier_start, max(ended_at) OVER (PARTITION BY fingerprint_key, is_simulated, ${column} ORDER BY started_at, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS all_ended,
      lagInFrame(ended_at, 2) OVER w AS end_before_that,
      row_number() OVER w AS number,
      dateDiff('millisecond', earlier_end, started_at) AS gap_ms
    FROM (${CALLS})
    WINDOW w AS (PARTITION BY fingerprint_key, is_simulated, ${column} ORDER BY started_at, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
}

/** Whether the earlier call ran alone and gave an answer, or was stopped inside it (then its sketch says that there was text). */
const ANSWERED = `number > 1 AND NOT by_sdk AND all_ended <= started_at AND (number = 2 OR end_before_that <= earlier_start)
      AND earlier_status != 'Error' AND (earlier_error = '' OR (earlier_error = 'client_closed' AND earlier_answer != ''))`
/** A known answer stands in the history, so that nobody else has this conversation. */
const GROUNDED = `(fingerprint_key, back_prompt) IN (SELECT fingerprint_key, prompt FROM (${CALLS}))`

const REPEATED = `
  SELECT 'retry' AS kind, 'same_prefix' AS basis, earlier_trace AS trace_id, earlier_span AS span_id, trace_id AS by_trace_id, span_id AS by_span_id, started_at AS at, is_simulated,
    CAST(NULL, 'Nullable(Float64)') AS value, multiIf(back_prompt != '', 0.95, is_named, 0.85, 0.7) AS confidence
  FROM (${before('prompt')})
  WHERE ${ANSWERED} AND gap_ms >= 400 AND gap_ms <= if(is_named OR ${GROUNDED}, 1800000, 180000) AND (is_named OR ${GROUNDED} OR number <= 4)`

const REPHRASED = `
  SELECT 'rephrase' AS kind, 'replaced' AS basis, earlier_trace AS trace_id, earlier_span AS span_id, trace_id AS by_trace_id, span_id AS by_span_id, started_at AS at, is_simulated,
    CAST(2 * jaccard / (1 + jaccard), 'Nullable(Float64)') AS value, 0.7 AS confidence
  FROM (SELECT *, ${questionSimilarity('earlier_question', 'question')} AS jaccard FROM (${before('prefix')}))
  WHERE ${ANSWERED} AND own_prompt != earlier_prompt AND question != '' AND earlier_question != '' AND gap_ms BETWEEN 1500 AND 1800000
    -- Above that it is the next item of a template, unless the conversation is certain.
    AND multiIf(${GROUNDED}, jaccard >= 0.1, is_named, jaccard BETWEEN 0.3 AND 0.7, false)`

/** The SELECT of `fingerprint_signals`. */
export const FINGERPRINT_SIGNALS = `SELECT found.* FROM (
  SELECT kind, basis, trace_id, span_id, by_trace_id, by_span_id, at, is_simulated, value, confidence FROM (${SENT_BACK})
  UNION ALL
  SELECT kind, basis, trace_id, span_id, by_trace_id, by_span_id, at, is_simulated, value, confidence FROM (${REPEATED})
  UNION ALL
  SELECT kind, basis, trace_id, span_id, by_trace_id, by_span_id, at, is_simulated, value, confidence FROM (${REPHRASED})
) AS found
LEFT ANTI JOIN (SELECT toString(kind) AS kind, trace_id, span_id FROM signals WHERE at >= ${WINDOW}) AS told
  ON told.kind = found.kind AND told.trace_id = found.trace_id AND told.span_id = found.span_id`
