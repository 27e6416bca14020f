// Why a choice ended, from the many spellings of OpenAI-compatible servers to our words. Pure.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { FinishReason } from '../../../core/model-answer.ts'

/** OpenAI's own words first, then those of other servers; an unlisted word says nothing. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  // Text Generation Inference and Together, LM Studio, gateways in front of Anthropic and Gemini.
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  end_turn: 'stop',
  completed: 'stop',
  complete: 'stop',
  tool_use: 'tool_calls',
  tool_call: 'tool_calls',
  max_tokens: 'length',
  // Mistral: the model's window rather than the request's limit.
  model_length: 'length',
  content_filtered: 'content_filter',
  safety: 'content_filter',
  sensitive: 'content_filter',
  refusal: 'refusal',
  pause_turn: 'pause',
}

/**
 * Words that say the answer is not whole. DeepSeek's `insufficient_system_resource` ("interrupted due to insufficient resource of
 * the inference system"), OpenRouter's and Mistral's `error`, vLLM's `abort`.
 */
const FAILURES = { insufficient_system_resource: 'provider_overloaded', error: 'provider_stream_error', abort: 'provider_stream_error', network_error: 'provider_stream_error' } as const

/** What else of a choice says how it ended. */
export type FinishContext = { readonly hasCalls: boolean; readonly hasRefusal: boolean }

/**
 * Our word for a finish reason; `undefined` for none, and for one that is not known. Many servers end tool calls with `stop`:
 * whoever must run them looks at the reason, so the calls decide. A refusal ends with `stop` too.
 */
export function finishOf(reason: string | undefined, context: FinishContext): FinishReason | undefined {
  const found = reason === undefined || !Object.hasOwn(REASONS, reason.toLowerCase()) ? undefined : REASONS[reason.toLowerCase()]
  if (found === 'stop' && context.hasCalls) return 'tool_calls'
  if (found === 'stop' && context.hasRefusal) return 'refusal'
  return found
}

/** Throws what a finish reason means that is none: the provider broke off. */
export function refuseBroken(reason: string | undefined): void {
  if (reason === undefined || !Object.hasOwn(FAILURES, reason)) return
  const code = FAILURES[reason as keyof typeof FAILURES]
  throw new WeighbridgeError(code, `The provider broke its answer off (finish reason ${reason}).`, { details: { provider_code: reason } })
}
