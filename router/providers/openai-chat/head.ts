// What a Chat Completions body or chunk says about itself besides its choices, and how much output a choice holds. Pure.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerFacts, TokenLogprob } from '../../../core/model-answer.ts'
import type { Usage } from '../../../core/usage.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../json.ts'
import { contentText, reasoningIn } from './reasoning.ts'
import { canonicalUsage, type UsageRules } from './usage.ts'

export type Head = Pick<AnswerFacts, 'responseId' | 'servedModel' | 'systemFingerprint' | 'serviceTier'>

export const NO_HEAD: Head = { responseId: undefined, servedModel: undefined, systemFingerprint: undefined, serviceTier: undefined }

/** Names of a body or chunk; empty texts are none. */
export function headOf(body: JsonObject): Head {
  return { responseId: named(body, 'id'), servedModel: named(body, 'model'), systemFingerprint: named(body, 'system_fingerprint'), serviceTier: named(body, 'service_tier') }
}

/** Usage of a body or chunk: its own, Groq's `x_groq.usage`, or (Moonshot) that of its choice. */
export function usageIn(body: JsonObject, choice: unknown, rules: UsageRules): Usage | undefined {
  return canonicalUsage(body['usage'], rules) ?? canonicalUsage(objectAt(body, 'x_groq')?.['usage'], rules) ?? (isObject(choice) ? canonicalUsage(choice['usage'], rules) : undefined)
}

/** Members that are output whatever they hold, with no text of their own to count. */
const OTHER_OUTPUT = ['function_call', 'audio', 'images'] as const

/** Characters of output in a message or delta. */
export function outputCharacters(holder: JsonObject | undefined): number {
  if (holder === undefined) return 0
  const content = holder['content']
  let characters = typeof content === 'string' ? content.length : contentText(content).length
  // The usual chunk has nothing else; members are looked for only where there are more than role and content.
  for (const member in holder) if (member !== 'content' && member !== 'role') return characters + otherCharacters(holder)
  if (Array.isArray(content)) characters += reasoningIn(holder).text.length
  return characters
}

function otherCharacters(holder: JsonObject): number {
  let characters = reasoningIn(holder).text.length + (textAt(holder, 'refusal')?.length ?? 0)
  for (const detail of listAt(holder, 'reasoning_details')) characters += textAt(detail, 'data')?.length ?? 0
  for (const call of listAt(holder, 'tool_calls')) characters += callCharacters(call)
  for (const member of OTHER_OUTPUT) {
    const value = holder[member]
    if (isObject(value) || (Array.isArray(value) && value.length > 0)) characters += JSON.stringify(value).length
  }
  return characters
}

/** At least 1: a call that has only begun is output already. */
function callCharacters(call: unknown): number {
  const called = objectAt(call, 'function')
  return called === undefined ? (isObject(call) ? JSON.stringify(call).length : 0) : Math.max(1, (textAt(called, 'name')?.length ?? 0) + (textAt(called, 'arguments')?.length ?? 0))
}

/** Log probabilities of a choice's text. */
export function logprobsIn(choice: JsonObject | undefined): TokenLogprob[] | undefined {
  const logprobs = objectAt(choice, 'logprobs')
  const list = listAt(logprobs, 'content').flatMap((entry) => {
    const one = plainLogprob(entry)
    return one === undefined ? [] : [{ ...one, top: listAt(entry, 'top_logprobs').flatMap((top) => plainLogprob(top) ?? []) }]
  })
  return list.length === 0 ? undefined : list
}

/** One log probability without its alternatives; Responses has the same members. */
export function plainLogprob(entry: unknown): Omit<TokenLogprob, 'top'> | undefined {
  const token = textAt(entry, 'token')
  const logprob = isObject(entry) ? entry['logprob'] : undefined
  if (token === undefined || typeof logprob !== 'number') return undefined
  const bytes = isObject(entry) ? entry['bytes'] : undefined
  return { token, logprob, bytes: Array.isArray(bytes) && bytes.every((byte) => typeof byte === 'number') ? bytes : null }
}

/** The choice as an object. Throws `provider_malformed`. */
export function choiceObject(choice: unknown): JsonObject {
  if (!isObject(choice)) throw new WeighbridgeError('provider_malformed', "A choice of the provider's answer is not an object.")
  return choice
}

function named(body: JsonObject, member: string): string | undefined {
  const text = textAt(body, member)
  return text === '' ? undefined : text
}
