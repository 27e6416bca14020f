// A whole Chat Completions answer → facts, and its first choice in the common form where it must be translated. Pure.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerPart, ModelAnswer } from '../../../core/model-answer.ts'
import type { PlainAnswer } from '../adapter.ts'
import { listAt, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { errorInside, hasError } from '../openai-errors.ts'
import { finishOf, refuseBroken } from './finish.ts'
import { choiceObject, headOf, logprobsIn, outputCharacters, usageIn } from './head.ts'
import { contentText, reasoningIn, reasoningParts } from './reasoning.ts'
import { callIds } from './call-ids.ts'
import { ToolCalls } from './tool-calls.ts'
import { OPENAI_USAGE, type UsageRules } from './usage.ts'

/** See `Adapter.parse`. */
export function parseChatAnswer(bodyText: string, rules: UsageRules = OPENAI_USAGE): PlainAnswer {
  const body = parseObject(bodyText)
  if (body === undefined) throw new WeighbridgeError('provider_malformed', `The provider's answer of ${bodyText.length} characters is not a JSON object.`)
  const choices = listAt(body, 'choices').map(choiceObject)
  const failed = choices.find(hasError)
  if (failed !== undefined) throw errorInside(failed)
  if (hasError(body) && choices.length === 0) throw errorInside(body)
  const [first] = choices
  if (first === undefined) throw new WeighbridgeError('provider_malformed', "The provider's answer has no choices.")
  let characters = 0
  for (const choice of choices) {
    const message = objectAt(choice, 'message')
    if (message === undefined) throw new WeighbridgeError('provider_malformed', "A choice of the provider's answer has no message.")
    refuseBroken(textAt(choice, 'finish_reason'))
    characters += outputCharacters(message)
  }
  const head = headOf(body)
  const message = objectAt(first, 'message') ?? {}
  const finishReason = textAt(first, 'finish_reason')
  const finish = finishOf(finishReason, { hasCalls: listAt(message, 'tool_calls').length > 0, hasRefusal: (textAt(message, 'refusal') ?? '') !== '' })
  return {
    native: body,
    characters,
    facts: { ...head, finishReason, finish, usage: usageIn(body, first, rules) },
    answer: () => ({ parts: partsOf(message, body), finish, stopSequence: stopSequence(first), logprobs: logprobsIn(first) }),
  }
}

function partsOf(message: JsonObject, body: JsonObject): AnswerPart[] {
  const { text, details } = reasoningIn(message)
  const content = contentText(message['content'])
  const refusal = textAt(message, 'refusal') ?? ''
  const calls = new ToolCalls(callIds(body))
  const legacy = objectAt(message, 'function_call')
  calls.take(listAt(message, 'tool_calls'))
  if (legacy !== undefined && calls.count === 0) calls.takeLegacy(legacy)
  calls.end()
  return [
    ...reasoningParts(text, details),
    ...(content === '' ? [] : [{ kind: 'text' as const, text: content }]),
    ...(refusal === '' ? [] : [{ kind: 'refusal' as const, text: refusal }]),
    ...calls.parts(),
  ]
}

/** vLLM says which stop sequence ended the answer (a number is a token's). */
export function stopSequence(choice: JsonObject): ModelAnswer['stopSequence'] {
  return textAt(choice, 'stop_reason')
}
