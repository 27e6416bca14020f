// What an error of an OpenAI-like API means: status, names, sentence and headers → one of our codes. One table for Chat
// Completions, its dialects and Responses, read from the top; core/errors.ts then says what to do about each code. A provider's
// sentence goes to the client whose request it is about (`shown`), never into our message: it may quote the prompt or a key.
import { WeighbridgeError, type ErrorCode } from '../../core/errors.ts'
import type { Refusal, ShownError } from './adapter.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from './json.ts'
import { limitReset, retryAfter } from './retry-after.ts'

type Rule = {
  /** HTTP statuses it is for; `any`: also errors inside a stream, which have none. */
  readonly statuses: readonly number[] | 'any'
  /** Looked for in the error's code, type and inner codes. */
  readonly names?: RegExp
  /** Looked for in the error's sentence, in small letters; either is enough. */
  readonly phrases?: RegExp
  readonly code: ErrorCode
}

/** Sources: WIRE §3; openai 7.57 (`AgentError` codes for the spend limits); the providers' error pages as named, 2026-11. */
const RULES: readonly Rule[] = [
  {
    statuses: 'any',
    names: /insufficient_(?:user_)?quota|insufficient_balance|insufficient_credits|exceeded_current_quota|billing_hard_limit|billing_not_active|spend_limit|credit_balance|arrearage|freetieronly/,
    // DeepSeek 402, Moonshot and OpenAI 429, OpenRouter 402, xAI 403, Qwen 400.
    phrases: /insufficient balance|exceeded your current quota|insufficient credits|requires more credits|used all available credits|credit balance is too low|account is in good standing/,
    code: 'provider_quota_exhausted',
  },
  {
    statuses: [400, 403, 422, 451],
    names: /content_filter|content_policy|contentfilter|responsibleaipolicy|data_?inspection_?failed|moderation/,
    // OpenAI, OpenRouter, Azure, DeepSeek, xAI, Moonshot, Qwen. About the request: one user's must not cool the target for all.
    phrases: /flagged|content[_ ](?:policy|filter|management)|content exists risk|violates? (?:our )?usage (?:guidelines|polic)|considered high risk|inappropriate content/,
    code: 'provider_refused',
  },
  {
    statuses: [400, 413, 422, 500],
    names: /context_length_exceeded|context_window|exceed_context_size/,
    // OpenAI, vLLM and most; xAI ("maximum prompt length is"); Qwen ("range of input length should be"); llama.cpp.
    phrases: /maximum context length|context (?:length|window|size)|too many tokens|(?:input|prompt) (?:is )?too long|maximum prompt length|range of input length|(?:content|input)[^.]{0,40}string too long/,
    code: 'provider_context_length',
  },
  // Groq: a request above the tokens per minute of its tier can never pass there.
  { statuses: [413], names: /rate_limit_exceeded|tokens/, code: 'provider_context_length' },
  { statuses: [400, 403, 404], names: /model_not_found|model_not_exist|model_not_supported|deploymentnotfound/, phrases: /model not exist|not a valid model id|model .{0,128}does not exist/, code: 'provider_not_found' },
  // xAI and Google answer a wrong key with 400.
  { statuses: [400], names: /invalid_api_key|api_key_invalid/, phrases: /(?:incorrect|invalid) api key|api key not valid/, code: 'provider_credential' },
  {
    statuses: [429, 498, 500, 502, 503, 504, 529],
    names: /overloaded|server_busy|slow_down|resource_unavailable|capacity_exceeded|nocapacity/,
    phrases: /overloaded|server is busy|capacity (?:exceeded|is full)|at capacity|no capacity/,
    code: 'provider_overloaded',
  },
  // Groq's flex tier without room; Anthropic's own status, passed on by gateways.
  { statuses: [498, 529], code: 'provider_overloaded' },
  { statuses: [429], code: 'provider_rate_limited' },
  { statuses: [401, 402, 403], code: 'provider_credential' },
  { statuses: [404], code: 'provider_not_found' },
  { statuses: [408, 409, 425], code: 'provider_server_error' },
]

/** Names of errors inside a stream or a 200, which come without a status. */
const UNSTATUSED: readonly Rule[] = [
  { statuses: 'any', names: /rate_limit/, code: 'provider_rate_limited' },
  { statuses: 'any', names: /overloaded|server_busy|slow_down|capacity_exceeded/, code: 'provider_overloaded' },
  // With the codes of openai 7.57, `ResponseError`: what its policies stopped, and images it could not read.
  { statuses: 'any', names: /content_filter|content_policy|data_?inspection_?failed|responsibleaipolicy|(?:bio|cyber)_policy|policy_violation|invalid_prompt/, phrases: /prompt was flagged|content exists risk/, code: 'provider_refused' },
  { statuses: 'any', names: /image|base64/, code: 'provider_bad_request' },
  { statuses: 'any', names: /context_length_exceeded|exceed_context_size/, phrases: /maximum context length/, code: 'provider_context_length' },
]

/** Longest sentence that is searched. */
const MAX_SEARCHED = 4_000

/** See `Adapter.classify`. Unlisted 4xx are the request's fault; 5xx and redirects are the provider's. */
export function classifyOpenAIError(status: number, headers: Readonly<Record<string, string>>, bodyText: string, nowMs: number): Refusal {
  const found = errorObject(parsed(bodyText))
  const code = ruleFor(RULES, status, found)?.code ?? (status >= 400 && status < 500 ? 'provider_bad_request' : 'provider_server_error')
  const retryAfterMs = retryAfter(headers, nowMs) ?? (status === 429 ? limitReset(headers, nowMs) : undefined)
  const name = providerCode(found)
  const options = { details: { status, ...(name === undefined ? {} : { provider_code: name }) } }
  const message = `The provider answered HTTP ${status}${name === undefined ? '' : ` (${name})`}.`
  return { error: new WeighbridgeError(code, message, retryAfterMs === undefined ? options : { ...options, retryAfterMs }), shown: shownFor(code, found) }
}

/** An error object inside an event of a stream, or in a body answered with status 200. */
export function errorInside(payload: JsonObject): WeighbridgeError {
  const found = errorObject(payload)
  const status = statusOf(found)
  const quota = ruleFor(RULES.slice(0, 1), 0, found)
  const rule = quota ?? (status === undefined ? ruleFor(UNSTATUSED, 0, found) : ruleFor(RULES, status, found))
  const fallback: ErrorCode = status === undefined ? 'provider_stream_error' : status < 500 ? 'provider_bad_request' : 'provider_server_error'
  const name = providerCode(found)
  const details = { ...(status === undefined ? {} : { status }), ...(name === undefined ? {} : { provider_code: name }) }
  return new WeighbridgeError(rule?.code ?? fallback, `The provider reported an error inside its answer${name === undefined ? '' : ` (${name})`}.`, { details })
}

/** Whether a body or an event carries an error. */
export function hasError(payload: JsonObject): boolean {
  const { error } = payload
  return isObject(error) || (typeof error === 'string' && error !== '')
}

function ruleFor(rules: readonly Rule[], status: number, found: JsonObject | undefined): Rule | undefined {
  const { names, sentence } = words(found)
  return rules.find((rule) => {
    if (rule.statuses !== 'any' && !rule.statuses.includes(status)) return false
    if (rule.names === undefined && rule.phrases === undefined) return true
    if (rule.names?.test(names) === true) return true
    return rule.phrases?.test(aboutAccount(rule.code) && !ACCOUNT_STATUSES.has(status) ? beforeQuotes(sentence) : sentence) === true
  })
}

/** Statuses that are about the account and never about a member of the request. */
const ACCOUNT_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 429])

function aboutAccount(code: ErrorCode): boolean {
  return code === 'provider_quota_exhausted' || code === 'provider_credential'
}

/** The provider's own words: what follows a quote or a colon may be the client's, and a client must not be able to take a key out for all. */
function beforeQuotes(sentence: string): string {
  return sentence.split(/["'`\u201c\u2018]|: /, 1)[0] ?? ''
}

function words(found: JsonObject | undefined): { readonly names: string; readonly sentence: string } {
  if (found === undefined) return { names: '', sentence: '' }
  const inner = objectAt(found, 'innererror') ?? objectAt(found, 'inner_error')
  const names = [scalarAt(found, 'code'), scalarAt(found, 'type'), scalarAt(found, 'status'), scalarAt(inner, 'code')].join(' ')
  // OpenRouter repeats what the provider behind it said.
  const upstream = textAt(objectAt(found, 'metadata'), 'raw') ?? ''
  return { names: names.slice(0, 512).toLowerCase(), sentence: `${textAt(found, 'message') ?? ''} ${upstream}`.slice(0, MAX_SEARCHED).toLowerCase() }
}

/** The error of a body, whatever its form; its members are not checked. */
function errorObject(value: unknown): JsonObject | undefined {
  // Google's OpenAI-compatible endpoint answers a list of one.
  const body = Array.isArray(value) ? (value as readonly unknown[])[0] : value
  if (!isObject(body)) return undefined
  const nested = objectAt(body, 'error') ?? objectAt(objectAt(body, 'response'), 'error')
  if (nested !== undefined) return nested
  // Bare (vLLM, Azure's gateway, Mistral), as a text beside a code (xAI), or as FastAPI's list of faults.
  const inner = objectAt(body, 'message')
  const fault = listAt(inner ?? body, 'detail')[0]
  const text = textAt(body, 'error') ?? textAt(body, 'message') ?? textAt(body, 'detail') ?? textAt(fault, 'msg')
  if (text === undefined && scalarAt(body, 'code') === undefined) return undefined
  const param = listAt(fault, 'loc').filter((step) => typeof step === 'string' || typeof step === 'number').join('.')
  return { message: text, type: body['type'], code: body['code'] ?? body['statusCode'], param: body['param'] ?? (param === '' ? undefined : param) }
}

/** A status that stands in the error itself: OpenRouter's numeric `code`, Groq's `status_code`. */
function statusOf(found: JsonObject | undefined): number | undefined {
  for (const member of ['status_code', 'code', 'status', 'http_status']) {
    const value = Number(found?.[member])
    if (Number.isInteger(value) && value >= 400 && value <= 599) return value
  }
  return undefined
}

function shownFor(code: ErrorCode, found: JsonObject | undefined): ShownError | undefined {
  // What a provider says about our key or our account may quote it, and is not the client's business.
  if (found === undefined || code === 'provider_credential' || code === 'provider_quota_exhausted') return undefined
  const message = textAt(found, 'message')
  const [type, name, param] = [scalarAt(found, 'type'), scalarAt(found, 'code'), scalarAt(found, 'param')]
  return { ...(message === undefined ? {} : { message }), ...(type === undefined ? {} : { type }), ...(name === undefined ? {} : { code: name }), ...(param === undefined ? {} : { param }) }
}

/** Only identifiers go into our messages and spans: a provider's sentence may quote the prompt. */
function providerCode(found: JsonObject | undefined): string | undefined {
  return [scalarAt(found, 'code'), scalarAt(found, 'type')].find((name) => name !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(name))
}

function scalarAt(value: unknown, member: string): string | undefined {
  const found = isObject(value) ? value[member] : undefined
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
