// Errors of the Responses API: bodies are OpenAI's; a response object that failed has a closed list of codes. Pure.
import type { WeighbridgeError } from '../../../../core/errors.ts'

/** The code of `response.error` (openai-node 7.57, ResponseError): whose fault it was, in its three general words. */
export function responseErrorCode(error: WeighbridgeError): 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt' {
  if (error.answer.type === 'rate_limit_error') return 'rate_limit_exceeded'
  return error.answer.type === 'invalid_request_error' ? 'invalid_prompt' : 'server_error'
}
