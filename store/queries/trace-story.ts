// What belongs to a trace beside its spans: what was said of its calls and what they said of others, and whether their text was kept.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag, instant, numberOrNull } from './fragments.ts'

const text = z.string()
const traceParams = z.object({ trace_id: text })

/** Signals about a trace's calls, and those that its calls showed about earlier ones. */
export const traceSignals = defineQuery({
  name: 'trace_signals',
  meaning: 'Signals whose call belongs to the trace (`about`: true), and those that a call of the trace showed about an earlier one (`about`: false), oldest first, at most 200: kind, what it rests on, strength, confidence and surviving share of an edited answer (0..1; NULL when not said), and with feedback the name of its score and its comment.',
  params: traceParams,
  row: z.object({ about: flag, at: instant, kind: text, basis: text, trace_id: text, span_id: text, by_trace_id: text, value: numberOrNull, confidence: numberOrNull, survival: numberOrNull, score: text, comment: text }),
  sql: `SELECT
  trace_id = {trace_id:String} AS about, at, kind, attributes['weighbridge.signal.basis'] AS basis, trace_id, span_id, by_trace_id, value,
  toFloat64OrNull(attributes['weighbridge.signal.confidence']) AS confidence, toFloat64OrNull(attributes['weighbridge.signal.survival']) AS survival,
  attributes['weighbridge.score.name'] AS score, attributes['weighbridge.feedback.comment'] AS comment
FROM (
  -- One reading each: the first is led by the table's order, the second by a bloom filter.
  SELECT at, kind, trace_id, span_id, by_trace_id, value, attributes FROM signals WHERE trace_id = {trace_id:String}
  UNION ALL
  SELECT at, kind, trace_id, span_id, by_trace_id, value, attributes FROM signals WHERE by_trace_id = {trace_id:String} AND trace_id != {trace_id:String}
)
ORDER BY at, kind
LIMIT 200`,
})

/** Which texts of a trace were kept. */
export const traceKept = defineQuery({
  name: 'trace_kept',
  meaning: 'Prompts and answers of the trace that capture kept: of which call, in what form (`metadata`: only the shape) and whether it is still there. The text itself is not readable by the reading account.',
  params: traceParams,
  row: z.object({ span_id: text, kind: text, form: text, is_there: flag }),
  sql: `SELECT span_id, kind, any(form) AS form, max(is_there) AS is_there
FROM content_kept
WHERE trace_id = {trace_id:String}
GROUP BY span_id, kind
ORDER BY span_id, kind`,
})
