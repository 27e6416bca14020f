// OTLP protobuf bytes → a message tree and how to read its leaves, and our answers as protobuf. The schema holds the messages
// and fields we read, by the public field numbers of opentelemetry-proto 1.x and google.rpc.Status; others are skipped.
import protobuf from 'protobufjs/light.js'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Leaves } from './otlp-walk.ts'

const one = (id: number, type: string): { id: number; type: string } => ({ id, type })
const many = (id: number, type: string): { id: number; type: string; rule: string } => ({ id, type, rule: 'repeated' })
const message = <F>(fields: F): { fields: F } => ({ fields })

const SCHEMA = protobuf.Root.fromJSON({
  nested: {
    AnyValue: {
      oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'] } },
      fields: {
        stringValue: one(1, 'string'),
        boolValue: one(2, 'bool'),
        intValue: one(3, 'int64'),
        doubleValue: one(4, 'double'),
        arrayValue: one(5, 'ArrayValue'),
        kvlistValue: one(6, 'KeyValueList'),
        bytesValue: one(7, 'bytes'),
      },
    },
    ArrayValue: message({ values: many(1, 'AnyValue') }),
    KeyValueList: message({ values: many(1, 'KeyValue') }),
    KeyValue: message({ key: one(1, 'string'), value: one(2, 'AnyValue') }),
    Scope: message({ name: one(1, 'string'), version: one(2, 'string') }),
    Resource: message({ attributes: many(1, 'KeyValue') }),
    Status: message({ message: one(2, 'string'), code: one(3, 'int32') }),
    Event: message({ timeUnixNano: one(1, 'fixed64'), name: one(2, 'string'), attributes: many(3, 'KeyValue') }),
    Link: message({ traceId: one(1, 'bytes'), spanId: one(2, 'bytes'), traceState: one(3, 'string'), attributes: many(4, 'KeyValue') }),
    Span: message({
      traceId: one(1, 'bytes'),
      spanId: one(2, 'bytes'),
      traceState: one(3, 'string'),
      parentSpanId: one(4, 'bytes'),
      name: one(5, 'string'),
      kind: one(6, 'int32'),
      startTimeUnixNano: one(7, 'fixed64'),
      endTimeUnixNano: one(8, 'fixed64'),
      attributes: many(9, 'KeyValue'),
      events: many(11, 'Event'),
      links: many(13, 'Link'),
      status: one(15, 'Status'),
    }),
    ScopeSpans: message({ scope: one(1, 'Scope'), spans: many(2, 'Span') }),
    ResourceSpans: message({ resource: one(1, 'Resource'), scopeSpans: many(2, 'ScopeSpans') }),
    TraceRequest: message({ resourceSpans: many(1, 'ResourceSpans') }),
    LogRecord: message({
      timeUnixNano: one(1, 'fixed64'),
      severityNumber: one(2, 'int32'),
      severityText: one(3, 'string'),
      body: one(5, 'AnyValue'),
      attributes: many(6, 'KeyValue'),
      flags: one(8, 'fixed32'),
      traceId: one(9, 'bytes'),
      spanId: one(10, 'bytes'),
      observedTimeUnixNano: one(11, 'fixed64'),
      eventName: one(12, 'string'),
    }),
    ScopeLogs: message({ scope: one(1, 'Scope'), logRecords: many(2, 'LogRecord') }),
    ResourceLogs: message({ resource: one(1, 'Resource'), scopeLogs: many(2, 'ScopeLogs') }),
    LogsRequest: message({ resourceLogs: many(1, 'ResourceLogs') }),
    Metric: message({ name: one(1, 'string') }),
    ScopeMetrics: message({ scope: one(1, 'Scope'), metrics: many(2, 'Metric') }),
    ResourceMetrics: message({ resource: one(1, 'Resource'), scopeMetrics: many(2, 'ScopeMetrics') }),
    MetricsRequest: message({ resourceMetrics: many(1, 'ResourceMetrics') }),
    // The answers of the three services have one shape: a count of what was refused, and why.
    PartialSuccess: message({ rejected: one(1, 'int64'), errorMessage: one(2, 'string') }),
    ExportResponse: message({ partialSuccess: one(1, 'PartialSuccess') }),
    RpcStatus: message({ code: one(1, 'int32'), message: one(2, 'string') }),
  },
})

const REQUESTS = { traces: SCHEMA.lookupType('TraceRequest'), logs: SCHEMA.lookupType('LogsRequest'), metrics: SCHEMA.lookupType('MetricsRequest') } as const
const EXPORT_RESPONSE = SCHEMA.lookupType('ExportResponse')
const RPC_STATUS = SCHEMA.lookupType('RpcStatus')

type Halves = { readonly low: number; readonly high: number }
function halves(value: unknown): Halves | undefined {
  return typeof value === 'object' && value !== null && 'low' in value && 'high' in value && typeof value.low === 'number' && typeof value.high === 'number' ? { low: value.low, high: value.high } : undefined
}

/** How protobuf writes the leaves. */
export const protobufLeaves: Leaves = {
  id(value, bytes) {
    if (!(value instanceof Uint8Array) || value.length === 0) return ''
    return value.length === bytes ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex') : undefined
  },
  uint64(value) {
    const parts = halves(value)
    if (parts === undefined) return typeof value === 'number' && value >= 0 ? BigInt(value) : 0n
    return (BigInt(parts.high >>> 0) << 32n) | BigInt(parts.low >>> 0)
  },
  int64(value) {
    const parts = halves(value)
    if (parts === undefined) return typeof value === 'number' ? value : undefined
    // Counts and durations fit the lower half.
    if (parts.high === 0) return parts.low >>> 0
    return (BigInt(parts.high | 0) << 32n) | BigInt(parts.low >>> 0)
  },
  double: (value) => (typeof value === 'number' ? value : undefined),
  base64: (value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : ''),
}

/** Parses the request body of a signal. Throws `otlp_undecodable`. */
export function parseProtobuf(signal: 'traces' | 'logs' | 'metrics', body: Uint8Array): unknown {
  try {
    return REQUESTS[signal].decode(body)
  } catch (cause) {
    throw new WeighbridgeError('otlp_undecodable', 'The body is not an OTLP protobuf message.', { cause })
  }
}

const PARTS = { Resource: SCHEMA.lookupType('Resource'), Scope: SCHEMA.lookupType('Scope'), Status: SCHEMA.lookupType('Status'), Event: SCHEMA.lookupType('Event'), Link: SCHEMA.lookupType('Link'), AnyValue: SCHEMA.lookupType('AnyValue') } as const
/** A message within a request. */
export type Part = keyof typeof PARTS

/** Parses one. Throws `otlp_undecodable`. */
export function parsePart(part: Part, bytes: Uint8Array): unknown {
  try {
    return PARTS[part].decode(bytes)
  } catch (cause) {
    throw new WeighbridgeError('otlp_undecodable', 'The body is not an OTLP protobuf message.', { cause })
  }
}

/** An ExportServiceResponse; empty when nothing was rejected. */
export function exportResponse(rejected: number, reason: string): Uint8Array {
  return rejected === 0 ? new Uint8Array(0) : EXPORT_RESPONSE.encode(EXPORT_RESPONSE.create({ partialSuccess: { rejected, errorMessage: reason } })).finish()
}

/** A google.rpc.Status. */
export function rpcStatus(code: number, text: string): Uint8Array {
  return RPC_STATUS.encode(RPC_STATUS.create({ code, message: text })).finish()
}
