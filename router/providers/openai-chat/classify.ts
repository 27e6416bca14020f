// What an OpenAI-compatible provider's error answer means: status, error code and headers → one of our codes. One table,
// read from the top; the catalogue in core/errors.ts then says what to do about each code.
import { WeighbridgeError, type ErrorCode } from '../../../core/errors.ts'
import type { Refusal } from '../adapter.ts'
import { isObject, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'

type Rule = { readonly statuses: readonly number[] | 'any'; readonly words?: RegExp; readonly code: ErrorCode }

const QUOTA = /insufficient_quota|billing_(hard_limit|not_active)|spend_limit|credit_balance|exceeded_current_quota/
const CONTEXT = /context_length_exceeded|context_window|maximum context length|string_above_max_length|too many tokens/
const FLAGGED = /moderation|flagged|content[_ ]policy|content[_ ]filter|safety/
const OVERLOADED = /overloaded|engine_overloaded|server_busy/

/** Rules in order; `words` is looked for in the error's code, type and message. Source: WIRE §3 and the official SDKs' error tables. */
const RULES: readonly Rule[] = [
  { statuses: [429], words: QUOTA, code: 'provider_quota_exhausted' },
  { statuses: [429, 503], words: OVERLOADED, code: 'provider_overloaded' },
  { statuses: [529], code: 'provider_overloaded' },
  { statuses: [429], code: 'provider_rate_limited' },
  // A flagged prompt is about the request: one user's must not cool the target for all.
  { statuses: [403], words: FLAGGED, code: 'provider_bad_request' },
  { statuses: [401, 402, 403], code: 'provider_credential' },
  { statuses: [400, 413, 422], words: CONTEXT, code: 'provider_context_length' },
  { statuses: [404], code: 'provider_not_found' },
  { statuses: [408, 409], code: 'provider_server_error' },
  { statuses: [400, 405, 413, 415, 422], code: 'provider_bad_request' },
]

/** See `Adapter.classify`. Unlisted 4xx are the request's fault; 5xx and redirects are the provider's. */
export function classifyChatError(status: number, headers: Readonly<Record<string, string>>, bodyText: string, nowMs: number): Refusal {
  const body = parseObject(bodyText)
  const error = errorObject(body)
  const words = [textAt(error, 'code'), textAt(error, 'type'), textAt(error, 'message')].join(' ').toLowerCase()
  const rule = RULES.find((r) => (r.statuses === 'any' || r.statuses.includes(status)) && (r.words === undefined || r.words.test(words)))
  const code = rule?.code ?? (status >= 400 && status < 500 ? 'provider_bad_request' : 'provider_server_error')
  const retryAfterMs = retryAfter(headers, nowMs)
  const providerCode = shortName(textAt(error, 'code')) ?? shortName(textAt(error, 'type'))
  const options = { details: { status, ...(providerCode === undefined ? {} : { provider_code: providerCode }) } }
  return {
    error: new WeighbridgeError(code, `The provider answered HTTP ${status}${providerCode === undefined ? '' : ` (${providerCode})`}.`, retryAfterMs === undefined ? options : { ...options, retryAfterMs }),
    // What a provider says about our key or our account may quote it, and is not the client's business.
    shown: code === 'provider_credential' || code === 'provider_quota_exhausted' ? undefined : error,
  }
}

/** An error object inside an event of a stream, or in a body answered with status 200. */
export function classifyStreamError(payload: JsonObject): WeighbridgeError {
  const error = errorObject(payload)
  const name = shortName(textAt(error, 'code')) ?? shortName(textAt(error, 'type'))
  const details = name === undefined ? {} : { provider_code: name }
  return new WeighbridgeError('provider_stream_error', `The provider reported an error inside its answer${name === undefined ? '' : ` (${name})`}.`, { details })
}

function errorObject(body: JsonObject | undefined): JsonObject | undefined {
  const error = objectAt(body, 'error')
  if (error !== undefined) return error
  // Some servers (vLLM, Ollama, gateways) answer the error bare or as a text.
  const text = textAt(body, 'error') ?? textAt(body, 'message') ?? textAt(body, 'detail')
  return text === undefined || !isObject(body) ? undefined : { message: text, type: textAt(body, 'type') ?? null, code: textAt(body, 'code') ?? null }
}

// Only identifiers go into our messages and spans: a provider's sentence may quote the prompt.
function shortName(text: string | undefined): string | undefined {
  return text !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(text) ? text : undefined
}

/** Milliseconds from `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110 §10.2.3); `undefined` without either. */
export function retryAfter(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const exact = Number(headers['retry-after-ms'])
  if (headers['retry-after-ms'] !== undefined && Number.isFinite(exact) && exact >= 0) return exact
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
