// Answers of ours: JSON bodies, texts, and errors in the shape of the surface they happened on. Every answer carries the request id.
import type { ServerResponse } from 'node:http'
import { asWeighbridgeError, type WeighbridgeError } from '../../core/errors.ts'
import type { ShownError } from '../providers/adapter.ts'
import { openaiErrorBody } from './surfaces/chat/errors.ts'
import type { Surface } from './surfaces/surface.ts'

export const REQUEST_ID = 'x-request-id'

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  sendText(response, status, 'application/json', JSON.stringify(body), headers)
}

export function sendText(response: ServerResponse, status: number, type: string, text: string, headers: Readonly<Record<string, string>> = {}): void {
  const bytes = Buffer.from(text)
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers })
  response.end(bytes)
}

/** Headers that tell an SDK when, and whether, to try again. */
export function retryHeaders(error: WeighbridgeError): Record<string, string> {
  if (error.retryAfterMs === undefined) return {}
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))), 'retry-after-ms': String(Math.ceil(error.retryAfterMs)) }
}

/**
 * Answers a failed request; when the head is already out, the connection is cut instead, so that nothing looks complete.
 * `shown`: a provider's own error, for the client whose request it is about. `status` replaces the catalogue's. `surface`:
 * whose shape the body has; OpenAI's without one.
 */
export function sendError(response: ServerResponse, thrown: unknown, headers: Readonly<Record<string, string>> = {}, shown?: ShownError, status?: number, surface?: Pick<Surface, 'errorBody'>): void {
  const error = asWeighbridgeError(thrown)
  if (response.headersSent) return void response.destroy()
  const requestId = String(response.getHeader(REQUEST_ID) ?? '')
  const body = (surface?.errorBody ?? openaiErrorBody)(error, shown, requestId)
  sendJson(response, status ?? error.answer.httpStatus, body, { 'x-weighbridge-error': error.code, ...retryHeaders(error), ...headers })
}
