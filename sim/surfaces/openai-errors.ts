// Errors as OpenAI and the many that imitate it write them: { error: { message, type, param, code } }. One row per kind.
// Codes from the openai npm package 7.57 and the provider's error guide (2026-11).
import type { SimError, SimErrorKind, WrittenError } from './surface.ts'

type Row = { readonly status: number; readonly type: string; readonly code: string | null; readonly message: string; readonly param?: string }

const request = 'invalid_request_error'

const ROWS: Record<SimErrorKind, Row> = {
  rate_limit: { status: 429, type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached for MODEL on requests per min. Please try again later.' },
  quota: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota, please check your plan and billing details.' },
  spend_limit: { status: 429, type: 'insufficient_quota', code: 'project_spend_limit_exceeded', message: 'The project has reached its enforced spend limit.' },
  overloaded: { status: 503, type: 'server_error', code: 'server_overloaded', message: 'The server is overloaded, please try again later.' },
  server: { status: 500, type: 'server_error', code: null, message: 'The server had an error while processing your request.' },
  bad_gateway: { status: 502, type: 'server_error', code: 'bad_gateway', message: 'Bad gateway.' },
  gateway_timeout: { status: 504, type: 'server_error', code: 'gateway_timeout', message: 'The upstream server did not answer in time.' },
  unauthorized: { status: 401, type: request, code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  payment: { status: 402, type: 'unknown_error', code: 'invalid_request_error', message: 'Insufficient Balance' },
  forbidden: { status: 403, type: request, code: 'unsupported_country_region_territory', message: 'Country, region, or territory not supported' },
  unknown_model: { status: 404, type: request, code: 'model_not_found', message: 'The model `MODEL` does not exist or you do not have access to it.' },
  request_timeout: { status: 408, type: 'server_error', code: 'request_timeout', message: 'Timed out reading the request.' },
  conflict: { status: 409, type: request, code: 'conflict', message: 'Another request changed the resource.' },
  too_large: { status: 413, type: request, code: 'request_too_large', message: 'The request body is too large.' },
  unprocessable: { status: 422, type: request, code: 'unprocessable_entity', message: 'The request was well formed but could not be followed.' },
  bad_request: { status: 400, type: request, code: 'unsupported_value', message: "Unsupported value: 'temperature' does not support 0.3 with this model.", param: 'temperature' },
  context_length: { status: 400, type: request, code: 'context_length_exceeded', message: "This model's maximum context length was exceeded by the messages.", param: 'messages' },
  content_filter: { status: 400, type: request, code: 'content_policy_violation', message: 'Your request was rejected as a result of our safety system.' },
  bad_seal: { status: 400, type: request, code: 'invalid_encrypted_content', message: 'The encrypted content could not be verified.' },
  unknown_path: { status: 404, type: request, code: 'unknown_url', message: 'Invalid URL' },
  method: { status: 405, type: request, code: 'method_not_supported', message: 'Not allowed on this path.' },
  simulation: { status: 400, type: request, code: 'simulation', message: 'The simulated provider cannot do this.' },
}

/** The error object, without the braces around it. */
export function openaiErrorObject(error: SimError, model: string): { message: string; type: string; param: string | null; code: string | null } {
  const row = ROWS[error.kind]
  // A sentence of its own comes with its own member and code, or with none.
  const own = error.message !== undefined
  return {
    message: error.message ?? row.message.replace('MODEL', model.slice(0, 100)),
    type: row.type,
    param: error.param !== undefined && error.param !== '' ? error.param : own ? null : (row.param ?? null),
    code: error.code ?? (own && error.kind === 'bad_request' ? null : row.code),
  }
}

/** The whole answer that an error is. */
export function openaiError(error: SimError, model: string): WrittenError {
  return { status: ROWS[error.kind].status, headers: { ...waitHeaders(error), ...error.headers }, body: JSON.stringify({ error: openaiErrorObject(error, model) }) }
}

function waitHeaders({ kind, retryAfterMs }: SimError): Record<string, string> {
  if (retryAfterMs === undefined) return {}
  const wait = { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) }
  return kind === 'rate_limit' ? { ...wait, 'x-ratelimit-limit-requests': '500', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': `${retryAfterMs}ms` } : wait
}
