// One trace with all its spans, and finding a trace by any id a person may hold.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const text = z.string()
const textMap = z.record(z.string(), z.string())

const spanRow = z.object({
  span_id: text,
  parent_span_id: text,
  name: text,
  kind: text,
  service: text,
  started_ns: text,
  duration_ms: number,
  status: text,
  status_message: text,
  role: text,
  task: text,
  task_source: text,
  provider: text,
  target: text,
  model: text,
  effort: text,
  model_requested: text,
  surface: text,
  attempt: number,
  attempts: number,
  error_code: text,
  http_status: number,
  finish_reason: text,
  stream: flag,
  response_id: text,
  request_id: text,
  served_model: text,
  system_fingerprint: text,
  service_tier: text,
  input_tokens: numberOrNull,
  cache_read_tokens: numberOrNull,
  cache_write_tokens: numberOrNull,
  output_tokens: numberOrNull,
  reasoning_tokens: numberOrNull,
  cost_usd: numberOrNull,
  cost_source: text,
  price_version: text,
  cache_saved_usd: numberOrNull,
  call_cost_usd: numberOrNull,
  call_wasted_usd: numberOrNull,
  ttft_ms: numberOrNull,
  route_version: number,
  propensity: numberOrNull,
  reason: text,
  decision: text,
  session_id: text,
  user_id: text,
  key_id: text,
  tags: textMap,
  purpose: text,
  is_simulated: flag,
  attributes: textMap,
  resource: textMap,
})

// Corrections lie in the trace that they are about: one reading finds them with the rest, and windows over its few rows add them up.
const CORRECTED_ATTEMPT = "(PARTITION BY if(role = 'correction', attributes['weighbridge.corrects'], span_id))"
const CORRECTED_CALL = "(PARTITION BY if(role = 'correction', parent_span_id, span_id))"
const corrected = (column: string, delta: string): string => `toFloat64(if(${delta} IS NULL, ${column}, ifNull(${column}, 0) + ${delta}))`

/** Spans as a reader wants them, with what corrections changed; `also` narrows them. */
function spansSql(also: string, limit: string): string {
  return `SELECT
  span_id, parent_span_id, name, kind, service,
  toString(toUnixTimestamp64Nano(started_at)) AS started_ns,
  duration_ns / 1e6 AS duration_ms,
  status, status_message, role, task, task_source, provider, target, model, effort, model_requested, surface,
  attempt, attempts, error_code, http_status, finish_reason, stream, response_id, request_id, served_model,
  system_fingerprint, service_tier, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
  ${corrected('stored.cost_usd', "if(role = 'attempt', attempt_delta, NULL)")} AS cost_usd,
  if(role = 'attempt' AND attempt_delta IS NOT NULL, 'backfilled', stored.cost_source) AS cost_source,
  if(role = 'attempt' AND attempt_delta IS NOT NULL, new_version, stored.price_version) AS price_version,
  ${corrected('stored.call_cost_usd', "if(role = 'call', call_delta, NULL)")} AS call_cost_usd,
  ${corrected('stored.call_wasted_usd', "if(role = 'call', wasted_delta, NULL)")} AS call_wasted_usd,
  toFloat64(cache_saved_usd) AS cache_saved_usd,
  ttft_ms, route_version, propensity, reason, decision, session_id, user_id, key_id, tags, purpose, is_simulated,
  attributes, resource
FROM (
  SELECT *,
    sumIf(cost_usd, role = 'correction') OVER ${CORRECTED_ATTEMPT} AS attempt_delta,
    argMaxIf(price_version, ingested_at, role = 'correction') OVER ${CORRECTED_ATTEMPT} AS new_version,
    sumIf(call_cost_usd, role = 'correction') OVER ${CORRECTED_CALL} AS call_delta,
    sumIf(call_wasted_usd, role = 'correction') OVER ${CORRECTED_CALL} AS wasted_delta
  FROM spans
  WHERE trace_id = {trace_id:String} AND ${inWindow('started_at')} AND (is_simulated = {simulated:Bool} OR role NOT IN ('call', 'attempt'))
) AS stored
WHERE role != 'correction'${also}
ORDER BY started_at, role = 'attempt', attempt
LIMIT ${limit}`
}

/** All spans of one trace, on one side of the simulated/real divide. */
export const traceSpans = defineQuery({
  name: 'trace_spans',
  meaning:
    "Every span of a trace in order of start, at most `limit`: the router's calls and attempts of one side of the divide, and the client's own spans around them. Times in nanoseconds since the epoch (text) and ms; dollars NULL when unpriced, tokens NULL when the provider did not say.",
  params: windowParams.extend({ trace_id: z.string(), limit: z.number().int().min(1).max(20_000).default(2_000) }),
  row: spanRow,
  sql: spansSql('', '{limit:UInt32}'),
})

/** One call of a trace, as a page tells it. */
export const callSpans = defineQuery({
  name: 'call_spans',
  meaning: 'One call of a trace with its attempts, in the columns of `trace_spans`; an attempt whose call never arrived stands alone.',
  params: windowParams.extend({ trace_id: z.string(), span_id: z.string() }),
  row: spanRow,
  sql: spansSql("\n  AND (span_id = {span_id:String} OR (parent_span_id = {span_id:String} AND role = 'attempt'))", '500'),
})

/** The traces that an id belongs to. */
export const findTrace = defineQuery({
  name: 'find_trace',
  meaning: 'Traces whose trace id, response id or request id is the given one, newest first, at most five.',
  params: windowParams.extend({ id: z.string() }),
  row: z.object({ trace_id: text, matched: z.enum(['trace', 'response', 'request']) }),
  sql: `SELECT
  trace_id,
  multiIf(any(trace_id = {id:String}), 'trace', any(response_id = {id:String}), 'response', 'request') AS matched
FROM spans
WHERE role IN ('call', 'attempt') AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND (trace_id = {id:String} OR response_id = {id:String} OR request_id = {id:String})
GROUP BY trace_id
ORDER BY max(started_at) DESC
LIMIT 5`,
})

/** One trace in the columns of Grafana's trace panel. */
export const tracePanel = defineQuery({
  name: 'trace_panel',
  meaning:
    "Every span of the trace that an id belongs to (trace, response or request id; of several the newest), on either side, in the columns of Grafana's trace panel (Grafana documentation, \"Trace integration\"): times in ms, attributes as keys and values, and as events of a span its own and its first real output. Not bound in time: bloom filters find the id.",
  params: z.object({ id: text }),
  row: z.object({ traceID: text, spanID: text, parentSpanID: text, serviceName: text, operationName: text, startTime: number, duration: number, statusCode: number, kind: text }),
  sql: `WITH found AS (
  SELECT argMax(trace_id, started_at) AS id
  FROM spans
  WHERE {id:String} != '' AND (trace_id = {id:String} OR response_id = {id:String} OR request_id = {id:String})
)
SELECT
  TraceId AS traceID,
  SpanId AS spanID,
  ParentSpanId AS parentSpanID,
  ServiceName AS serviceName,
  if(SpanAttributes['weighbridge.target'] = '', SpanName, concat(SpanName, ' · ', SpanAttributes['weighbridge.target'])) AS operationName,
  toUnixTimestamp64Nano(Timestamp) / 1e6 AS startTime,
  Duration / 1e6 AS duration,
  multiIf(StatusCode = 'Error', 2, StatusCode = 'Ok', 1, 0) AS statusCode,
  StatusMessage AS statusMessage,
  lower(SpanKind) AS kind,
  arrayMap(key -> map('key', key, 'value', SpanAttributes[key]), mapKeys(SpanAttributes)) AS tags,
  arrayMap(key -> map('key', key, 'value', ResourceAttributes[key]), mapKeys(ResourceAttributes)) AS serviceTags,
  arrayConcat(
    if(SpanAttributes['weighbridge.ttft_ms'] = '', [], [CAST(('first output', toString(startTime + toFloat64OrZero(SpanAttributes['weighbridge.ttft_ms'])), [map('key', 'event', 'value', 'first output')]), 'Tuple(name String, timestamp String, fields Array(Map(String, String)))')]),
    arrayMap((name, at, fields) -> CAST((name, toString(toUnixTimestamp64Milli(at)), arrayMap(key -> map('key', key, 'value', fields[key]), mapKeys(fields))), 'Tuple(name String, timestamp String, fields Array(Map(String, String)))'), \`Events.Name\`, \`Events.Timestamp\`, \`Events.Attributes\`)
  ) AS logs
FROM otel_traces
WHERE TraceId IN (SELECT id FROM found WHERE id != '')
ORDER BY startTime
LIMIT 10000`,
})
