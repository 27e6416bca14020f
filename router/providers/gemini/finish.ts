// Why Gemini stopped → what it means for an answer: an ending in our words, or a fault of the provider. Pure tables.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { FinishReason } from '../../../core/model-answer.ts'

/** @google/genai 3.1, FinishReason; `fault`: what came is no answer, and asking again or elsewhere may bring one. */
const FINISH: Readonly<Record<string, FinishReason | 'fault'>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  // A limit of one request: only the client can go on, with the token that its own wire does not carry.
  CONTINUATION: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
  // Google's page on troubleshooting: the query or the answer may violate the terms of service.
  OTHER: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  MALFORMED_FUNCTION_CALL: 'fault',
  UNEXPECTED_TOOL_CALL: 'fault',
  TOO_MANY_TOOL_CALLS: 'fault',
  MALFORMED_RESPONSE: 'fault',
  FINISH_REASON_UNSPECIFIED: 'fault',
  NO_IMAGE: 'fault',
  IMAGE_OTHER: 'fault',
}

/**
 * Why an answer ended; `called`: it holds function calls, for which there is no reason of its own. A reason that is not known yet
 * counts as cut by the provider: it was not STOP. Throws `provider_server_error` for a fault.
 */
export function finishOf(reason: string, called: boolean): FinishReason {
  const finish = Object.hasOwn(FINISH, reason) ? FINISH[reason] : 'content_filter'
  if (finish === 'fault') throw new WeighbridgeError('provider_server_error', `The model's answer was unusable (${/^[A-Z_]{1,64}$/.test(reason) ? reason : 'unnamed'}).`, { details: { provider_code: reason.slice(0, 64) } })
  return finish === 'stop' && called ? 'tool_calls' : (finish ?? 'content_filter')
}
