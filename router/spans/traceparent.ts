// The client's `traceparent` header → the remote parent of the call span (W3C Trace Context level 2, §3.2).
import { TraceFlags, type SpanContext } from '@opentelemetry/api'

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The parent, or `undefined` for a missing or invalid header: the call then starts its own trace. */
export function parseTraceparent(header: string | undefined): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = FORM.exec(header?.trim() ?? '') ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  const versionForbids = version === 'ff' || (version === '00' && more !== undefined)
  if (versionForbids || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true }
}
