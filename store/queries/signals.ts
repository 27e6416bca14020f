// Signals that only the database can see: follow-ups that went through another router or over a restart, and feedback about calls
// that the router it came to did not know.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag, number, numberOrNull } from './fragments.ts'

const text = z.string()
/** Most rows of one answer; what is left comes with the next turn. */
const MOST = 10_000

/** One row per follow-up that no router has told. */
export const crossSignals = defineQuery({
  name: 'cross_signals',
  meaning: 'Follow-ups of the last two days found by fingerprints on call spans, without those that a router told itself: the call they are about, the call that showed them, and as in `signals` their kind, value and confidence.',
  params: z.object({}),
  row: z.object({ kind: text, basis: text, trace_id: text, span_id: text, by_trace_id: text, by_span_id: text, at_ms: number, is_simulated: flag, value: numberOrNull, confidence: number }),
  sql: `SELECT kind, basis, trace_id, span_id, by_trace_id, by_span_id, toUnixTimestamp64Milli(toDateTime64(at, 3)) AS at_ms, is_simulated, value, confidence
FROM fingerprint_signals
ORDER BY at
LIMIT ${MOST}`,
})

/** One row per piece of feedback whose call has been found since. */
export const matchedFeedback = defineQuery({
  name: 'matched_feedback',
  meaning: 'Feedback of the last 30 days that named a call by a response or request id which the router did not know, with the trace that the id belongs to; without what was matched before.',
  params: z.object({}),
  row: z.object({ signal_id: text, kind: text, value: numberOrNull, attributes: z.record(text, text), at_ms: number, trace_id: text, is_simulated: flag }),
  sql: `WITH waiting AS (
  SELECT signal_id, kind, value, attributes, at, attributes['weighbridge.about'] AS about, attributes['weighbridge.key'] AS key_id
  FROM signals
  WHERE trace_id = '' AND at >= now() - INTERVAL 30 DAY
    AND signal_id NOT IN (SELECT attributes['weighbridge.signal.matches'] FROM signals WHERE at >= now() - INTERVAL 31 DAY AND attributes['weighbridge.signal.matches'] != '')
)
SELECT w.signal_id AS signal_id, w.kind AS kind, w.value AS value, w.attributes AS attributes, toUnixTimestamp64Milli(toDateTime64(w.at, 3)) AS at_ms, c.trace_id AS trace_id, c.is_simulated AS is_simulated
FROM waiting AS w
INNER JOIN (
  SELECT id, key_id, argMax(trace_id, started_at) AS trace_id, argMax(is_simulated, started_at) AS is_simulated
  FROM (
    SELECT trace_id, is_simulated, started_at, toString(key_id) AS key_id, response_id AS id FROM spans WHERE role = 'attempt' AND started_at >= now() - INTERVAL 31 DAY AND response_id IN (SELECT about FROM waiting)
    UNION ALL
    SELECT trace_id, is_simulated, started_at, toString(key_id) AS key_id, request_id AS id FROM spans WHERE role = 'call' AND started_at >= now() - INTERVAL 31 DAY AND request_id IN (SELECT about FROM waiting)
  )
  GROUP BY id, key_id
) AS c ON c.id = w.about AND c.key_id = w.key_id
LIMIT ${MOST}`,
})
