// Whole answers as Chat Completions bodies: a provider's own text with as little done to it as possible, or an answer of
// another wire written anew. Pure.
import type { AnswerFacts, FinishReason, ModelAnswer, TokenLogprob } from '../../../../core/model-answer.ts'
import type { Usage } from '../../../../core/usage.ts'
import { textAt, type JsonObject } from '../../../providers/json.ts'
import { gatherParts } from '../gather.ts'
import { prefixedId } from '../ids.ts'
import type { AnswerContext } from '../surface.ts'
import { callExtras, reasoningDetail } from './reasoning.ts'

/** The provider's own bytes, unless it left out which model answered. */
export function ownChat(text: string, native: JsonObject, context: AnswerContext): string {
  return textAt(native, 'model') === undefined ? JSON.stringify({ ...native, model: context.model }) : text
}

/** Our finish reasons in Chat's words. A paused tool loop has none. A model's own refusal ends with `stop` there and says so in `refusal`; see `chatFinish`. */
export const CHAT_FINISH: Readonly<Record<FinishReason, string>> = { stop: 'stop', length: 'length', tool_calls: 'tool_calls', content_filter: 'content_filter', refusal: 'stop', pause: 'stop' }

/** Whether the client speaks the retired form of tools, `functions`, and so expects `function_call` back. */
export function speaksFunctions(context: AnswerContext): boolean {
  const { native } = context.asked
  return Array.isArray(native['functions']) && !Array.isArray(native['tools'])
}

/** `toldRefusal`: the answer holds a refusal's text. Without it only the finish reason can say that the answer is not what was asked for. */
export function chatFinish(finish: FinishReason, legacy: boolean, toldRefusal: boolean): string {
  if (finish === 'refusal' && !toldRefusal) return 'content_filter'
  return legacy && finish === 'tool_calls' ? 'function_call' : CHAT_FINISH[finish]
}

/** A `chat.completion` object. `usage` is left out where the provider did not tell both sums. */
export function translatedChat(answer: ModelAnswer, facts: AnswerFacts, context: AnswerContext): string {
  const legacy = speaksFunctions(context)
  const { text, refusal, reasoning, details, calls } = gatherParts(answer.parts)
  const called = calls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: call.argumentsJson }, ...callExtras(call.seal) }))
  const message: JsonObject = { role: 'assistant', content: text ?? null, refusal: refusal ?? null }
  if (reasoning !== undefined) message['reasoning_content'] = reasoning
  if (details.length > 0) message['reasoning_details'] = details.map((part, index) => reasoningDetail(part, index))
  if (legacy && calls[0] !== undefined) message['function_call'] = { name: calls[0].name, arguments: calls[0].argumentsJson }
  else if (called.length > 0) message['tool_calls'] = called
  // An answer always has a reason to have ended; where the provider gave none, what it holds says it.
  const finish = chatFinish(answer.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop'), legacy, refusal !== undefined)
  const usage = chatUsage(facts.usage)
  return JSON.stringify({
    id: prefixedId('chatcmpl-', context.id),
    object: 'chat.completion',
    created: context.createdS,
    model: facts.servedModel ?? context.model,
    choices: [{ index: 0, message, logprobs: answer.logprobs === undefined ? null : { content: answer.logprobs.map(chatLogprob), refusal: null }, finish_reason: finish }],
    ...(usage === undefined ? {} : { usage }),
    ...chatFacts(facts),
  })
}

/** Service tier and fingerprint, where the provider said them. */
export function chatFacts(facts: AnswerFacts): JsonObject {
  return {
    ...(facts.serviceTier === undefined ? {} : { service_tier: facts.serviceTier }),
    ...(facts.systemFingerprint === undefined ? {} : { system_fingerprint: facts.systemFingerprint }),
  }
}

/** Usage in Chat's members; `undefined` where a sum that they demand is unknown. Unknown details are left out. */
export function chatUsage(usage: Usage | undefined): JsonObject | undefined {
  if (usage?.inputTotal === undefined || usage.outputTotal === undefined) return undefined
  const read = { ...(usage.cacheRead === undefined ? {} : { cached_tokens: usage.cacheRead }), ...(usage.cacheWrite === undefined ? {} : { cache_write_tokens: usage.cacheWrite }) }
  return {
    prompt_tokens: usage.inputTotal,
    completion_tokens: usage.outputTotal,
    total_tokens: usage.inputTotal + usage.outputTotal,
    ...(Object.keys(read).length === 0 ? {} : { prompt_tokens_details: read }),
    ...(usage.reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: usage.reasoning } }),
  }
}

export function chatLogprob(logprob: TokenLogprob): JsonObject {
  const { token, bytes, top } = logprob
  return { token, logprob: logprob.logprob, bytes, top_logprobs: top.map((one) => ({ token: one.token, logprob: one.logprob, bytes: one.bytes })) }
}
