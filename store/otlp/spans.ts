// Finished spans that no tracer recorded → the bytes of an OTLP/JSON ExportTraceServiceRequest: corrections of what was stored
// earlier. Pure; a call's own spans have their serialiser in the OpenTelemetry SDK.
import { keyValues, type LogRecord } from './logs.ts'

/** One span; times as text of nanoseconds since the Unix epoch. */
export type SpanRecord = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly startNs: string
  readonly failed: boolean
  readonly attributes: LogRecord['attributes']
}

const INTERNAL = 1
const ERROR = 2

/** The request that carries the spans of one sender. They have no length: each ends when it starts. */
export function encodeSpans(resource: LogRecord['attributes'], records: readonly SpanRecord[]): Uint8Array {
  const spans = records.map(({ traceId, spanId, parentSpanId, name, startNs, failed, attributes }) => ({
    traceId,
    spanId,
    parentSpanId,
    name,
    kind: INTERNAL,
    startTimeUnixNano: startNs,
    endTimeUnixNano: startNs,
    attributes: keyValues(attributes),
    ...(failed ? { status: { code: ERROR } } : {}),
  }))
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope: { name: 'weighbridge' }, spans }] }] }))
}
