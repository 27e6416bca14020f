// A trace as a page shows it: its outline, which may be thousands of spans long and must stay light; one span as it was stored; and the
// calls at the other end of what was said of it.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const text = z.string()
const traceParams = windowParams.extend({ trace_id: text })

/** Most spans of an outline; one more is asked for, so that a page can say that it is cut. */
export const MOST_OUTLINED = 20_000

/** The spans of a trace with no more than a waterfall shows. */
export const traceOutline = defineQuery({
  name: 'trace_outline',
  meaning: `The spans of a trace in order of start, ${MOST_OUTLINED} and one more at most, calls and attempts of one side of the divide: what a waterfall shows of each. Starts in nanoseconds since the epoch (text), lengths in ms; dollars of attempts as they count now, NULL when unpriced.`,
  params: traceParams,
  row: z.object({
    span_id: text,
    parent_span_id: text,
    name: text,
    service: text,
    role: text,
    started_ns: text,
    duration_ms: number,
    status: text,
    error_code: text,
    task: text,
    target: text,
    surface: text,
    attempt: number,
    attempts: number,
    reason: text,
    ttft_ms: numberOrNull,
    cost_usd: numberOrNull,
  }),
  sql: `WITH changed AS (
  SELECT attributes['weighbridge.corrects'] AS corrected_id, sum(cost_usd) AS delta
  FROM spans
  WHERE role = 'correction' AND trace_id = {trace_id:String} AND ${inWindow('started_at')}
  GROUP BY corrected_id
)
SELECT
  span_id, parent_span_id, name, service, role,
  toString(toUnixTimestamp64Nano(started_at)) AS started_ns,
  duration_ns / 1e6 AS duration_ms,
  status, error_code, task, target, surface, attempt, attempts, reason, ttft_ms,
  toFloat64(if(delta IS NULL, spans.cost_usd, ifNull(spans.cost_usd, 0) + delta)) AS cost_usd
FROM spans
LEFT JOIN changed ON changed.corrected_id = spans.span_id AND spans.role = 'attempt'
WHERE trace_id = {trace_id:String} AND ${inWindow('started_at')} AND role != 'correction'
  AND (is_simulated = {simulated:Bool} OR role NOT IN ('call', 'attempt'))
ORDER BY started_at, role = 'attempt', attempt
LIMIT ${MOST_OUTLINED + 1}`,
})

/** One span as it was stored. */
export const storedSpan = defineQuery({
  name: 'stored_span',
  meaning: 'One span with every stored column, as one line of JSON; nothing that was kept of prompt or answer is in it.',
  params: traceParams.extend({ span_id: text }),
  row: z.object({ span: text }),
  sql: `SELECT formatRowNoNewline('JSONEachRow', *) AS span
FROM spans
WHERE trace_id = {trace_id:String} AND span_id = {span_id:String} AND ${inWindow('started_at')}
  AND (is_simulated = {simulated:Bool} OR role NOT IN ('call', 'attempt'))
LIMIT 1`,
})

/** The calls that signals link to. */
export const linkedCalls = defineQuery({
  name: 'linked_calls',
  meaning: 'The calls of some traces: when they began, their task, target and status, their length in ms and dollars of all attempts (NULL when unknown). At most 500.',
  params: windowParams.extend({ traces: z.array(text).max(400) }),
  row: z.object({ trace_id: text, span_id: text, started_at: instant, task: text, target: text, status: text, attempts: number, duration_ms: number, cost_usd: numberOrNull, stream: flag }),
  sql: `SELECT trace_id, span_id, spans.started_at AS started_at, task, target, status, attempts, duration_ns / 1e6 AS duration_ms, toFloat64(call_cost_usd) AS cost_usd, stream
FROM spans
WHERE trace_id IN {traces:Array(String)} AND role = 'call' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
ORDER BY started_at
LIMIT 500`,
})
