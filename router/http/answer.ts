// Answers of ours: JSON bodies and OpenAI-shaped errors. Every answer carries the request id.
import type { ServerResponse } from 'node:http'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { textAt, type JsonObject } from '../providers/json.ts'

export const REQUEST_ID = 'x-request-id'

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  sendText(response, status, 'application/json', JSON.stringify(body), headers)
}

export function sendText(response: ServerResponse, status: number, type: string, text: string, headers: Readonly<Record<string, string>> = {}): void {
  const bytes = Buffer.from(text)
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers })
  response.end(bytes)
}

/**
 * The error object of an OpenAI-shaped body. `shown` is a provider's own error object: its message, type, param and code
 * reach the client whose request it is about, beside our code and remedy.
 */
export function errorBody(error: WeighbridgeError, shown: JsonObject | undefined): { error: JsonObject } {
  const param = shown?.['param'] ?? error.details?.['param'] ?? null
  return {
    error: {
      message: textAt(shown, 'message') ?? `${error.message} ${error.remedy}`,
      type: textAt(shown, 'type') ?? error.answer.type,
      param,
      code: textAt(shown, 'code') ?? error.code,
      weighbridge: { code: error.code, message: error.message, remedy: error.remedy, ...(error.details === undefined ? {} : { details: error.details }) },
    },
  }
}

/** Headers that tell an SDK when, and whether, to try again. */
export function retryHeaders(error: WeighbridgeError): Record<string, string> {
  if (error.retryAfterMs === undefined) return {}
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))), 'retry-after-ms': String(Math.ceil(error.retryAfterMs)) }
}

/** Answers a failed request; when the head is already out, the connection is cut instead, so that nothing looks complete. */
export function sendError(response: ServerResponse, thrown: unknown, headers: Readonly<Record<string, string>> = {}, shown?: JsonObject, status?: number): void {
  const error = asWeighbridgeError(thrown)
  if (response.headersSent) return void response.destroy()
  sendJson(response, status ?? error.answer.httpStatus, errorBody(error, shown), { 'x-weighbridge-error': error.code, ...retryHeaders(error), ...headers })
}
