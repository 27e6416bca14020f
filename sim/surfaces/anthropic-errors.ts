// Errors as Anthropic writes them: { type: error, error: { type, message, details }, request_id }. One row per kind; types and
// error codes from @anthropic-ai/sdk 1.12.
import type { SimError, SimErrorKind, WrittenError } from './surface.ts'

type Row = { readonly status: number; readonly type: string; readonly message: string; readonly errorCode?: string }

const request = 'invalid_request_error'

const ROWS: Record<SimErrorKind, Row> = {
  rate_limit: { status: 429, type: 'rate_limit_error', message: "This request would exceed your organization's rate limit of 50 requests per minute." },
  quota: { status: 400, type: request, message: 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.' },
  spend_limit: { status: 429, type: 'rate_limit_error', message: 'Your organization has reached its enforced spend limit.', errorCode: 'enforced_spend_limit_reached' },
  overloaded: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  server: { status: 500, type: 'api_error', message: 'Internal server error' },
  bad_gateway: { status: 502, type: 'api_error', message: 'Bad gateway' },
  gateway_timeout: { status: 504, type: 'timeout_error', message: 'Request timed out' },
  unauthorized: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
  payment: { status: 402, type: 'billing_error', message: 'There is an issue with your billing or payment information.' },
  forbidden: { status: 403, type: 'permission_error', message: 'Your API key does not have permission to use the specified resource.' },
  unknown_model: { status: 404, type: 'not_found_error', message: 'model: MODEL' },
  request_timeout: { status: 408, type: 'timeout_error', message: 'Timed out reading the request' },
  conflict: { status: 409, type: request, message: 'Conflict' },
  too_large: { status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size' },
  unprocessable: { status: 422, type: request, message: 'The request could not be followed' },
  bad_request: { status: 400, type: request, message: 'temperature: this model does not support it' },
  context_length: { status: 400, type: request, message: 'prompt is too long: 1100000 tokens > 1000000 maximum' },
  content_filter: { status: 400, type: request, message: 'Output blocked by content filtering policy' },
  bad_seal: { status: 400, type: request, message: 'Invalid `signature` in `thinking` block' },
  unknown_path: { status: 404, type: 'not_found_error', message: 'Not Found' },
  method: { status: 405, type: request, message: 'Method Not Allowed' },
  simulation: { status: 400, type: request, message: 'The simulated provider cannot do this.' },
}

/** The error object; `requestId` is set by the server's header alone, as older versions of the API did. */
export function anthropicErrorObject(error: SimError, model: string): Record<string, unknown> {
  const row = ROWS[error.kind]
  const message = error.message ?? row.message.replace('MODEL', model.slice(0, 100))
  const at = error.param === undefined || error.param === '' || error.kind === 'context_length' ? '' : `${error.param}: `
  return { type: 'error', error: { type: row.type, message: `${at}${message}`, ...(row.errorCode === undefined ? {} : { details: { error_code: row.errorCode } }) } }
}

/** The whole answer that an error is. */
export function anthropicError(error: SimError, model: string): WrittenError {
  return { status: ROWS[error.kind].status, headers: { ...waitHeaders(error), ...error.headers }, body: JSON.stringify(anthropicErrorObject(error, model)) }
}

function waitHeaders({ kind, retryAfterMs }: SimError): Record<string, string> {
  if (retryAfterMs === undefined) return {}
  const wait = { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
  return kind === 'rate_limit' ? { ...wait, 'anthropic-ratelimit-requests-limit': '50', 'anthropic-ratelimit-requests-remaining': '0' } : wait
}
