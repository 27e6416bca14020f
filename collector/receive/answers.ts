// What a sender is told, in the encoding it spoke: an export response, or a google.rpc.Status with an HTTP status. Pure.
// OTLP clients try again only after 429, 502, 503 and 504; whatever may pass must never be answered with a plain 500.
import { asWeighbridgeError } from '../../core/errors.ts'
import type { ErrorCode } from '../../core/errors.ts'
import type { OtlpEncoding, OtlpSignal } from '../decode/decode-request.ts'
import { exportResponse, rpcStatus } from '../decode/otlp-protobuf.ts'

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array | string }

const CONTENT_TYPE = { json: 'application/json', protobuf: 'application/x-protobuf' } as const satisfies Record<OtlpEncoding, string>
const REJECTED_FIELD = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' } as const satisfies Record<OtlpSignal, string>

/** google.rpc.Code by our HTTP status (googleapis, google/rpc/code.proto). */
const RPC_CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 8, 415: 3, 429: 8, 503: 14 }

/** 200, with a partial success when some items were refused for good. */
export function accepted(signal: OtlpSignal, encoding: OtlpEncoding, rejected: number, reason: string): Answer {
  const headers = { 'content-type': CONTENT_TYPE[encoding] }
  if (encoding === 'protobuf') return { status: 200, headers, body: exportResponse(rejected, reason) }
  return { status: 200, headers, body: JSON.stringify(rejected === 0 ? {} : { partialSuccess: { [REJECTED_FIELD[signal]]: String(rejected), errorMessage: reason } }) }
}

/** Codes that end a request for good, with the status a sender gets; everything else may pass and is answered 503. */
const FINAL: Partial<Record<ErrorCode, number>> = {
  otlp_undecodable: 400,
  bad_request: 400,
  key_missing: 401,
  key_invalid: 401,
  forbidden_origin: 403,
  route_not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
}

/** The answer to a request that failed. `retryAfterSeconds` goes with statuses that ask to come again. */
export function refused(thrown: unknown, encoding: OtlpEncoding, retryAfterSeconds: number): Answer {
  const error = asWeighbridgeError(thrown)
  const status = FINAL[error.code] ?? (error.details?.['pressure'] === true ? 429 : 503)
  const text = `${error.code}: ${error.message} ${error.remedy}`
  const code = RPC_CODES[status] ?? 2
  return {
    status,
    headers: {
      'content-type': CONTENT_TYPE[encoding],
      ...(status === 429 || status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {}),
      ...(status === 405 ? { allow: 'POST' } : {}),
    },
    body: encoding === 'protobuf' ? rpcStatus(code, text) : JSON.stringify({ code, message: text }),
  }
}
