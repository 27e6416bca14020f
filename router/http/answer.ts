// Answers of ours: JSON bodies, texts, and errors in the shape of the surface they happened on. Every answer carries the request id.
import type { ServerResponse } from 'node:http'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { ShownError } from '../providers/adapter.ts'
import { openaiErrorBody } from './surfaces/chat/errors.ts'
import type { Surface } from './surfaces/surface.ts'

export const REQUEST_ID = 'x-request-id'

/** How long a client may take to read what waits for it. */
export const READ_OUT_MS = 60_000

/** Cuts the connection of a client that does not read the rest of its answer, so that the rest does not stay in memory for ever. */
export function closeUnlessRead(response: ServerResponse, withinMs = READ_OUT_MS): void {
  // Nothing is left here where all of it went to the system's own buffers.
  if (response.writableFinished || response.writableLength === 0) return
  const timer = setTimeout(() => response.destroy(), withinMs).unref()
  response.once('close', () => clearTimeout(timer))
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  sendText(response, status, 'application/json', JSON.stringify(body), headers)
}

export function sendText(response: ServerResponse, status: number, type: string, text: string, headers: Readonly<Record<string, string>> = {}): void {
  const bytes = Buffer.from(text)
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers })
  response.end(bytes)
  closeUnlessRead(response)
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
  const known = asWeighbridgeError(thrown)
  // What failed inside was not written for clients: its message may tell of this machine. The log has it, by the request id.
  const error = known.code === 'internal' ? new WeighbridgeError('internal', 'The router failed inside.') : known
  if (response.headersSent) return void response.destroy()
  const requestId = String(response.getHeader(REQUEST_ID) ?? '')
  const body = (surface?.errorBody ?? openaiErrorBody)(error, shown, requestId)
  sendJson(response, status ?? error.answer.httpStatus, body, { 'x-weighbridge-error': error.code, ...retryHeaders(error), ...headers })
}
