// A response object as the API answers it whole, and as terminal events carry it: what it says about itself, how it ended, and its
// output in the common form. Pure.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerFacts, AnswerPart, FinishReason, TokenLogprob } from '../../../core/model-answer.ts'
import type { ReasoningPart, Seal } from '../../../core/model-request.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../json.ts'
import { plainLogprob } from '../openai-chat/head.ts'
import type { UsageRules } from '../openai-chat/usage.ts'
import { errorInside } from '../openai-errors.ts'
import { responseUsage } from './usage.ts'

/** What parts the texts of two messages in a row, which the common form would join. */
export const BETWEEN_MESSAGES = '\n\n'
/** What parts the pieces of a reasoning summary, as surfaces read it back. */
export const BETWEEN_SUMMARIES = '\n\n'

/** How incomplete responses ended (openai 7.57, `IncompleteDetails`). `steered`: the client itself changed course. */
const INCOMPLETE: Readonly<Record<string, FinishReason>> = { max_output_tokens: 'length', content_filter: 'content_filter', max_messages: 'pause', steered: 'stop' }

/** Throws what a response means that is none: failed or cancelled. */
export function refuseFailed(response: JsonObject): void {
  const status = textAt(response, 'status')
  if (status === 'failed' || (isObject(response['error']) && status !== 'completed' && status !== 'incomplete')) throw errorInside(response)
  if (status === 'cancelled') throw new WeighbridgeError('provider_stream_error', 'The provider cancelled its response.', { details: { provider_code: 'cancelled' } })
}

/** As the provider spelled it: the reason it is incomplete, else its status. */
export function finishReasonOf(response: JsonObject): string | undefined {
  return textAt(objectAt(response, 'incomplete_details'), 'reason') ?? textAt(response, 'status')
}

/** `undefined` while it is not at its end, or for a reason that is not known. */
export function finishOf(response: JsonObject): FinishReason | undefined {
  const status = textAt(response, 'status')
  if (status === 'incomplete') {
    const reason = textAt(objectAt(response, 'incomplete_details'), 'reason') ?? ''
    return Object.hasOwn(INCOMPLETE, reason) ? INCOMPLETE[reason] : undefined
  }
  if (status !== 'completed') return undefined
  const items = listAt(response, 'output')
  if (items.some((item) => textAt(item, 'type') === 'function_call')) return 'tool_calls'
  return items.some((item) => listAt(item, 'content').some((part) => textAt(part, 'type') === 'refusal')) ? 'refusal' : 'stop'
}

/** Facts of a response object. */
export function factsOf(response: JsonObject, rules: UsageRules): AnswerFacts {
  return {
    responseId: textAt(response, 'id'),
    servedModel: textAt(response, 'model'),
    finishReason: finishReasonOf(response),
    finish: finishOf(response),
    systemFingerprint: undefined,
    serviceTier: textAt(response, 'service_tier'),
    usage: responseUsage(response['usage'], rules),
  }
}

/** The output that clients of other surfaces can be given: messages, calls of functions and reasoning, in their order. */
export function partsOf(response: JsonObject): AnswerPart[] {
  const parts: AnswerPart[] = []
  for (const item of listAt(response, 'output')) {
    switch (textAt(item, 'type')) {
      case 'message':
        addMessage(item, parts)
        break
      case 'function_call':
        parts.push({ kind: 'tool_call', id: textAt(item, 'call_id') ?? textAt(item, 'id') ?? '', name: textAt(item, 'name') ?? '', argumentsJson: argumentsOf(item) })
        break
      case 'reasoning':
        parts.push(...reasoningOf(item))
        break
      // Hosted tools cannot have been asked for from another surface; their items are counted and kept in `native`.
      default:
    }
  }
  return parts
}

function addMessage(item: unknown, parts: AnswerPart[]): void {
  const texts = listAt(item, 'content').flatMap((part) => (textAt(part, 'type') === 'output_text' ? [textAt(part, 'text') ?? ''] : []))
  const text = texts.join('')
  const last = parts.at(-1)
  if (text !== '') {
    if (last?.kind === 'text') parts[parts.length - 1] = { kind: 'text', text: last.text + BETWEEN_MESSAGES + text }
    else parts.push({ kind: 'text', text })
  }
  const refusal = listAt(item, 'content').flatMap((part) => (textAt(part, 'type') === 'refusal' ? [textAt(part, 'refusal') ?? ''] : [])).join('')
  if (refusal !== '') parts.push({ kind: 'refusal', text: refusal })
}

/** A call without arguments is one with the empty object. */
export function argumentsOf(item: unknown): string {
  const text = textAt(item, 'arguments') ?? ''
  return text.trim() === '' ? '{}' : text
}

/** The text of a reasoning item: what open models thought, else the summary. */
export function reasoningText(item: unknown): string {
  const shown = listAt(item, 'content').length > 0 ? listAt(item, 'content') : listAt(item, 'summary')
  return shown.map((part) => textAt(part, 'text') ?? '').join(BETWEEN_SUMMARIES)
}

/** The encrypted reasoning of an item. */
export function sealOf(item: unknown): Seal | undefined {
  const value = textAt(item, 'encrypted_content') ?? ''
  return value === '' ? undefined : { wire: 'openai-responses', value }
}

function reasoningOf(item: unknown): ReasoningPart[] {
  const text = reasoningText(item)
  const seal = sealOf(item)
  if (seal === undefined) return text === '' ? [] : [{ kind: 'reasoning', text }]
  return [{ kind: 'reasoning', text, seal, ...(text === '' ? { redacted: true } : {}) }]
}

/** Log probabilities of a text part or delta. */
export function logprobsIn(holder: unknown): TokenLogprob[] | undefined {
  const list = listAt(holder, 'logprobs').flatMap((entry) => {
    const one = plainLogprob(entry)
    return one === undefined ? [] : [{ ...one, top: listAt(entry, 'top_logprobs').flatMap((top) => plainLogprob(top) ?? []) }]
  })
  return list.length === 0 ? undefined : list
}

/** Log probabilities of all text of a response. */
export function logprobsOf(response: JsonObject): TokenLogprob[] | undefined {
  const all = listAt(response, 'output').flatMap((item) => listAt(item, 'content').flatMap((part) => logprobsIn(part) ?? []))
  return all.length === 0 ? undefined : all
}

/** Characters of output in a whole response: texts and arguments; an item of another kind counts as the JSON it is. */
export function charactersOf(response: JsonObject): number {
  let characters = 0
  for (const item of listAt(response, 'output')) {
    const type = textAt(item, 'type')
    if (type === 'message') for (const part of listAt(item, 'content')) characters += (textAt(part, 'text') ?? textAt(part, 'refusal') ?? '').length
    else if (type === 'function_call') characters += (textAt(item, 'name') ?? '').length + (textAt(item, 'arguments') ?? '').length
    else if (type === 'reasoning') characters += reasoningText(item).length
    else if (isObject(item)) characters += JSON.stringify(item).length
  }
  return characters
}
