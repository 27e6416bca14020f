// What Anthropic's error answers mean: status, error type, error code and message → one of our codes. One table, read from the
// top; the catalogue in core/errors.ts then says what to do about each code.
import { WeighbridgeError, type ErrorCode } from '../../../core/errors.ts'
import type { Refusal, ShownError } from '../adapter.ts'
import { objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { retryAfter } from '../retry-after.ts'

type Rule = {
  readonly status?: readonly number[]
  /** `error.type`. */
  readonly type?: string
  /** `error.details.error_code`: stable, unlike the message. */
  readonly code?: RegExp
  /** Only where the API has no code for it. */
  readonly message?: RegExp
  readonly means: ErrorCode
}

/**
 * A sentence of the API's own: an error about the request may quote a client's words (`Tool '…' not found`, `…: Extra inputs are
 * not permitted`), and those must not make one client's request rest the key of all.
 */
function ownWords(words: string): RegExp {
  return new RegExp(`^(?!.*: )[^"'\`]*(?:${words})`, 's')
}

/** Source: @anthropic-ai/sdk 1.12 (shared.ts and the @throws of messages.create), the API's page on errors, WIRE §3. */
const RULES: readonly Rule[] = [
  // Money. The last one has no code: a 400 that says so in words.
  { code: /spend_limit_reached$/, means: 'provider_quota_exhausted' },
  { code: /billing_unavailable$|not_billable$|billing_not_authorized$/, means: 'provider_quota_exhausted' },
  { type: 'billing_error', means: 'provider_quota_exhausted' },
  { status: [402], means: 'provider_quota_exhausted' },
  { status: [400, 403], message: ownWords('credit balance is too low|reached your specified api usage limits'), means: 'provider_quota_exhausted' },
  // Everyone's capacity, as a status or inside a stream.
  { type: 'overloaded_error', means: 'provider_overloaded' },
  { status: [529], means: 'provider_overloaded' },
  { type: 'rate_limit_error', means: 'provider_rate_limited' },
  { status: [429], means: 'provider_rate_limited' },
  // The account behind the key: another key or another provider may do.
  { code: /^organization_on_hold$|^cmek_key_(disabled|network_blocked)$|^claude_code_key_creator_not_member$|^sandbox_egress_restricted$/, means: 'provider_credential' },
  { status: [400, 403], message: ownWords('organization (?:has been|is) disabled'), means: 'provider_credential' },
  { status: [401, 403], means: 'provider_credential' },
  { type: 'authentication_error', means: 'provider_credential' },
  { type: 'permission_error', means: 'provider_credential' },
  // Too long for this model, in tokens or in bytes: one with more room may take it.
  { status: [400], message: /prompt is too long|exceeds? (the )?(context|maximum context)|context (window|limit)/, means: 'provider_context_length' },
  { status: [413], means: 'provider_context_length' },
  { type: 'request_too_large', means: 'provider_context_length' },
  // The provider's filter, which answers as if the request were at fault.
  { status: [400], message: /content filtering policy|content policy/, means: 'provider_refused' },
  { status: [404], means: 'provider_not_found' },
  { type: 'not_found_error', means: 'provider_not_found' },
  // Threads and the like: two requests at once.
  { status: [408, 409], means: 'provider_server_error' },
  { type: 'timeout_error', means: 'provider_server_error' },
  { type: 'api_error', means: 'provider_server_error' },
  { type: 'invalid_request_error', means: 'provider_bad_request' },
]

/** See `Adapter.classify`. Unlisted 4xx are the request's fault; 5xx and redirects are the provider's. */
export function classifyMessagesError(status: number, headers: Readonly<Record<string, string>>, bodyText: string, nowMs: number): Refusal {
  const error = objectAt(parseObject(bodyText), 'error')
  const means = meaning(status, error) ?? (status >= 400 && status < 500 ? 'provider_bad_request' : 'provider_server_error')
  const name = nameOf(error)
  const requestId = identifier(headers['request-id'])
  const details = { status, ...(name === undefined ? {} : { provider_code: name }), ...(requestId === undefined ? {} : { provider_request_id: requestId }) }
  const retryAfterMs = retryAfter(headers, nowMs) ?? (status === 429 ? limitReset(headers, nowMs) : undefined)
  return {
    error: new WeighbridgeError(means, `The provider answered HTTP ${status}${name === undefined ? '' : ` (${name})`}.`, { details, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }),
    shown: shown(means, error),
  }
}

/** An error event of a stream that began with 200, or an error body answered with it. */
export function errorInAnswer(body: JsonObject): WeighbridgeError {
  const error = objectAt(body, 'error')
  const name = nameOf(error)
  const details = name === undefined ? {} : { provider_code: name }
  return new WeighbridgeError(meaning(undefined, error) ?? 'provider_stream_error', `The provider reported an error inside its answer${name === undefined ? '' : ` (${name})`}.`, { details })
}

function meaning(status: number | undefined, error: JsonObject | undefined): ErrorCode | undefined {
  const type = textAt(error, 'type')
  const code = textAt(objectAt(error, 'details'), 'error_code')
  const message = textAt(error, 'message')?.toLowerCase() ?? ''
  // Inside a stream there is no status; the type stands for it.
  const asStatus = status ?? (type === 'invalid_request_error' ? 400 : undefined)
  return RULES.find(
    (rule) =>
      (rule.status === undefined || (asStatus !== undefined && rule.status.includes(asStatus))) &&
      (rule.type === undefined || rule.type === type) &&
      (rule.code === undefined || (code !== undefined && rule.code.test(code))) &&
      (rule.message === undefined || rule.message.test(message)) &&
      // A client error of a type we know only by its status is not the provider's 5xx.
      (rule.type !== 'invalid_request_error' || asStatus === undefined || asStatus < 500),
  )?.means
}

/** The most exact name the provider gives: its code, else its type. Never its message, which may quote the prompt. */
function nameOf(error: JsonObject | undefined): string | undefined {
  return identifier(textAt(objectAt(error, 'details'), 'error_code')) ?? identifier(textAt(error, 'type'))
}

function identifier(text: string | undefined): string | undefined {
  return text !== undefined && /^[A-Za-z0-9_.-]{1,128}$/.test(text) ? text : undefined
}

/** What a provider says about our key or our account may quote it, and is not the client's business. */
function shown(means: ErrorCode, error: JsonObject | undefined): ShownError | undefined {
  if (error === undefined || means === 'provider_credential' || means === 'provider_quota_exhausted') return undefined
  const message = textAt(error, 'message')
  const type = textAt(error, 'type')
  const code = textAt(objectAt(error, 'details'), 'error_code')
  return { ...(message === undefined ? {} : { message }), ...(type === undefined ? {} : { type }), ...(code === undefined ? {} : { code }) }
}

const LIMIT = /^anthropic-(?:priority-)?ratelimit-(.+)-remaining$/

/**
 * Milliseconds until every limit that is used up is whole again (`anthropic-ratelimit-*-remaining` 0, `-reset` an RFC 3339 time);
 * `undefined` when no header says so. Used where `retry-after` is missing.
 */
function limitReset(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const waits = Object.entries(headers).flatMap(([name, value]) => {
    if (!LIMIT.test(name) || Number(value) !== 0) return []
    return retryAfter({ 'retry-after': headers[name.replace(/-remaining$/, '-reset')] ?? '' }, nowMs) ?? []
  })
  return waits.length === 0 ? undefined : Math.max(...waits)
}
