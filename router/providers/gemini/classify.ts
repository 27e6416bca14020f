// What Gemini's error answers mean: HTTP status, google.rpc status, error details and message → one of our codes. One table, read
// from the top; the catalogue in core/errors.ts then says what to do about each code.
import { WeighbridgeError, type ErrorCode } from '../../../core/errors.ts'
import type { Refusal, ShownError } from '../adapter.ts'
import { amountAt, isObject, listAt, objectAt, textAt, type JsonObject } from '../json.ts'
import { retryAfter } from '../retry-after.ts'

/** What an error says of itself. */
type Fault = {
  readonly http: number | undefined
  readonly status: string
  readonly message: string
  /** `reason` of its ErrorInfo. */
  readonly reason: string
  /** `quotaId`s of its QuotaFailure. */
  readonly quotas: readonly string[]
  readonly retryDelayMs: number | undefined
}

type Rule = { readonly http?: readonly number[]; readonly status?: string; readonly reason?: RegExp; readonly quota?: RegExp; readonly message?: RegExp; readonly means: ErrorCode }

/** A sentence of the API's own: what stands in quotes may be the client's, and must not rest the key of all. */
function ownWords(words: string): RegExp {
  return new RegExp(`^[^"'\`]*(?:${words})`)
}

/** Sources: google.rpc codes, the API's pages on rate limits and troubleshooting (2026-11), error bodies as users report them. */
const RULES: readonly Rule[] = [
  // A wrong key is an INVALID_ARGUMENT with status 400 here.
  { reason: /^API_KEY_|^CONSUMER_|^SERVICE_DISABLED$|^ACCESS_TOKEN_|^CREDENTIALS_MISSING$/, means: 'provider_credential' },
  { message: ownWords('api key (?:not valid|not found|expired)|pass a valid api key'), means: 'provider_credential' },
  { reason: /^BILLING_|^RATE_LIMIT_EXCEEDED_BILLING/, means: 'provider_quota_exhausted' },
  // A day's quota comes back at midnight Pacific time; so does nothing before that. A minute's is a rate.
  { status: 'RESOURCE_EXHAUSTED', quota: /PerDay/i, means: 'provider_quota_exhausted' },
  { status: 'RESOURCE_EXHAUSTED', quota: /PerMinute|PerSecond/i, means: 'provider_rate_limited' },
  { status: 'RESOURCE_EXHAUSTED', message: /prepayment credits|credits are depleted|spend(ing)? (cap|limit)|billing/, means: 'provider_quota_exhausted' },
  { status: 'RESOURCE_EXHAUSTED', message: /overloaded|capacity/, means: 'provider_overloaded' },
  { status: 'RESOURCE_EXHAUSTED', means: 'provider_rate_limited' },
  { http: [429], means: 'provider_rate_limited' },
  { status: 'UNAVAILABLE', means: 'provider_overloaded' },
  { http: [503], means: 'provider_overloaded' },
  // Too long for this model, in tokens or in bytes: one with more room may take it.
  { http: [400, 413], message: /token count.*exceeds|exceeds the maximum number of tokens|payload size exceeds|context (length|window)/, means: 'provider_context_length' },
  { http: [413], means: 'provider_context_length' },
  // The account may not use it from here, or not without billing: another provider may do.
  { status: 'FAILED_PRECONDITION', message: ownWords('location is not supported|billing|free tier'), means: 'provider_credential' },
  { status: 'UNAUTHENTICATED', means: 'provider_credential' },
  { status: 'PERMISSION_DENIED', means: 'provider_credential' },
  { http: [401, 402, 403], means: 'provider_credential' },
  { status: 'NOT_FOUND', means: 'provider_not_found' },
  { http: [404], means: 'provider_not_found' },
  { status: 'ABORTED', means: 'provider_server_error' },
  { status: 'CANCELLED', means: 'provider_server_error' },
  { status: 'DEADLINE_EXCEEDED', means: 'provider_server_error' },
  { http: [408, 409, 499], means: 'provider_server_error' },
]

/** See `Adapter.classify`. Unlisted 4xx are the request's fault; 5xx and redirects are the provider's. */
export function classifyGenerateError(status: number, headers: Readonly<Record<string, string>>, bodyText: string, nowMs: number): Refusal {
  const error = errorObject(parsed(bodyText))
  const fault = faultOf(error, status, nowMs)
  const means = meaning(fault)
  const name = nameOf(fault)
  const retryAfterMs = fault.retryDelayMs ?? retryAfter(headers, nowMs)
  const details = { status, ...(name === undefined ? {} : { provider_code: name }) }
  return {
    error: new WeighbridgeError(means, `The provider answered HTTP ${status}${name === undefined ? '' : ` (${name})`}.`, { details, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }),
    shown: shown(means, error),
  }
}

/** An error inside a stream that began with 200, or an error body answered with it: it names its own status. */
export function errorInAnswer(body: JsonObject): WeighbridgeError {
  const fault = faultOf(errorObject(body), undefined, 0)
  const name = nameOf(fault)
  const details = name === undefined ? {} : { provider_code: name }
  const known = fault.http !== undefined || fault.status !== ''
  return new WeighbridgeError(known ? meaning(fault) : 'provider_stream_error', `The provider reported an error inside its answer${name === undefined ? '' : ` (${name})`}.`, { details, ...(fault.retryDelayMs === undefined ? {} : { retryAfterMs: fault.retryDelayMs }) })
}

function meaning(fault: Fault): ErrorCode {
  const rule = RULES.find(
    (one) =>
      (one.http === undefined || (fault.http !== undefined && one.http.includes(fault.http))) &&
      (one.status === undefined || one.status === fault.status) &&
      (one.reason === undefined || one.reason.test(fault.reason)) &&
      (one.quota === undefined || fault.quotas.some((quota) => one.quota?.test(quota))) &&
      (one.message === undefined || one.message.test(fault.message)),
  )
  if (rule !== undefined) return rule.means
  return fault.http !== undefined && fault.http >= 400 && fault.http < 500 ? 'provider_bad_request' : 'provider_server_error'
}

/** The error of a body; a stream without `alt=sse` and some proxies answer it in a list. */
function errorObject(body: unknown): JsonObject | undefined {
  const first: unknown = Array.isArray(body) ? body[0] : body
  return objectAt(first, 'error')
}

function faultOf(error: JsonObject | undefined, status: number | undefined, nowMs: number): Fault {
  const details = listAt(error, 'details').filter((detail): detail is JsonObject => isObject(detail))
  const ofType = (type: string): readonly JsonObject[] => details.filter((detail) => textAt(detail, '@type')?.endsWith(`.${type}`))
  const delay = textAt(ofType('RetryInfo')[0], 'retryDelay')
  return {
    http: status ?? amountAt(error, 'code'),
    status: textAt(error, 'status') ?? '',
    message: textAt(error, 'message')?.toLowerCase() ?? '',
    reason: textAt(ofType('ErrorInfo')[0], 'reason') ?? '',
    quotas: ofType('QuotaFailure').flatMap((failure) => listAt(failure, 'violations').flatMap((violation) => textAt(violation, 'quotaId') ?? [])),
    retryDelayMs: delay === undefined ? undefined : retryAfter({ 'retry-after': delay }, nowMs),
  }
}

/** The most exact name the provider gives: its reason, else its status. Never its message, which may quote the prompt. */
function nameOf(fault: Fault): string | undefined {
  return [fault.reason, fault.status].find((name) => /^[A-Za-z0-9_.-]{1,64}$/.test(name))
}

/** What a provider says about our key or our account may quote it, and is not the client's business. */
function shown(means: ErrorCode, error: JsonObject | undefined): ShownError | undefined {
  if (error === undefined || means === 'provider_credential' || means === 'provider_quota_exhausted') return undefined
  const message = textAt(error, 'message')
  const code = textAt(error, 'status')
  return { ...(message === undefined ? {} : { message }), ...(code === undefined ? {} : { code }) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
