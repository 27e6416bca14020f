// Errors in Anthropic's shape. Pure.
import type { WeighbridgeError } from '../../../../core/errors.ts'
import type { ShownError } from '../../../providers/adapter.ts'
import type { JsonObject } from '../../../providers/json.ts'
import { ourSide } from '../chat/errors.ts'

/** Anthropic's error types by HTTP status (its API documentation, "Errors", 2026-11; @anthropic-ai/sdk 1.12, ErrorType). */
const TYPE_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}
const TYPES = new Set(['invalid_request_error', 'api_error', ...Object.values(TYPE_BY_STATUS)])

/** The type that goes with an error's status. */
export function messagesErrorType(error: WeighbridgeError): string {
  const { httpStatus } = error.answer
  return TYPE_BY_STATUS[httpStatus] ?? (httpStatus >= 500 ? 'api_error' : 'invalid_request_error')
}

/** `{ type: 'error', error: { type, message }, request_id }`, with our side of it beside. A provider's own type is shown where it is one of Anthropic's. */
export function messagesErrorBody(error: WeighbridgeError, shown: ShownError | undefined, requestId: string): JsonObject {
  const theirs = shown?.type !== undefined && TYPES.has(shown.type) ? shown.type : undefined
  return {
    type: 'error',
    error: { type: theirs ?? messagesErrorType(error), message: shown?.message ?? `${error.message} ${error.remedy}`, weighbridge: ourSide(error, '') },
    request_id: requestId === '' ? null : requestId,
  }
}
