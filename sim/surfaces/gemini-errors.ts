// Errors as Gemini writes them: google.rpc.Status in JSON, { error: { code, message, status, details } }. One row per kind;
// detail types from google.rpc (error_details.proto) as @google/genai 3.1 and its users see them.
import type { SimError, SimErrorKind, WrittenError } from './surface.ts'

type Row = { readonly code: number; readonly status: string; readonly message: string; readonly details?: readonly Record<string, unknown>[] }

const RPC = 'type.googleapis.com/google.rpc.'
const quotaFailure = (quotaId: string): Record<string, unknown> => ({
  '@type': `${RPC}QuotaFailure`,
  violations: [{ quotaMetric: 'generativelanguage.googleapis.com/generate_content_paid_tier_requests', quotaId }],
})

const ROWS: Record<SimErrorKind, Row> = {
  rate_limit: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota, please check your plan and billing details.', details: [quotaFailure('GenerateRequestsPerMinutePerProjectPerModel')] },
  quota: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota, please check your plan and billing details.', details: [quotaFailure('GenerateRequestsPerDayPerProjectPerModel')] },
  spend_limit: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Your project has exceeded its spending cap.', details: [quotaFailure('SpendPerMonthPerProject')] },
  overloaded: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  server: { code: 500, status: 'INTERNAL', message: 'An internal error has occurred. Please retry.' },
  bad_gateway: { code: 502, status: 'UNAVAILABLE', message: 'Bad gateway.' },
  gateway_timeout: { code: 504, status: 'DEADLINE_EXCEEDED', message: 'Deadline expired before operation could complete.' },
  // A wrong key is a bad argument here, not a 401.
  unauthorized: { code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid. Please pass a valid API key.', details: [{ '@type': `${RPC}ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com' }] },
  payment: { code: 400, status: 'FAILED_PRECONDITION', message: 'Gemini API free tier is not available in your country. Please enable billing on your project.' },
  forbidden: { code: 403, status: 'PERMISSION_DENIED', message: 'The caller does not have permission.' },
  unknown_model: { code: 404, status: 'NOT_FOUND', message: 'models/MODEL is not found for API version v1beta, or is not supported for generateContent.' },
  request_timeout: { code: 408, status: 'CANCELLED', message: 'Timed out reading the request.' },
  conflict: { code: 409, status: 'ABORTED', message: 'The operation was aborted.' },
  too_large: { code: 413, status: 'INVALID_ARGUMENT', message: 'Request payload size exceeds the limit.' },
  unprocessable: { code: 422, status: 'INVALID_ARGUMENT', message: 'The request could not be followed.' },
  bad_request: { code: 400, status: 'INVALID_ARGUMENT', message: 'Unable to submit request because temperature is not supported.' },
  context_length: { code: 400, status: 'INVALID_ARGUMENT', message: 'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).' },
  content_filter: { code: 400, status: 'INVALID_ARGUMENT', message: 'The request was blocked by our safety system.' },
  bad_seal: { code: 400, status: 'INVALID_ARGUMENT', message: 'Thought signature is not valid.' },
  unknown_path: { code: 404, status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  method: { code: 405, status: 'UNIMPLEMENTED', message: 'The method is not supported on this path.' },
  simulation: { code: 400, status: 'INVALID_ARGUMENT', message: 'The simulated provider cannot do this.' },
}

/** The error object with its status. */
export function geminiErrorObject(error: SimError, model: string): { error: Record<string, unknown> } {
  const row = ROWS[error.kind]
  const wait = error.retryAfterMs === undefined ? [] : [{ '@type': `${RPC}RetryInfo`, retryDelay: `${error.retryAfterMs / 1000}s` }]
  const details = [...(row.details ?? []), ...wait]
  return { error: { code: row.code, message: error.message ?? row.message.replace('MODEL', model.slice(0, 100)), status: row.status, ...(details.length === 0 ? {} : { details }) } }
}

/** The whole answer that an error is. Google names the time to wait in the body only. */
export function geminiError(error: SimError, model: string): WrittenError {
  return { status: ROWS[error.kind].code, headers: { ...error.headers }, body: JSON.stringify(geminiErrorObject(error, model)) }
}
