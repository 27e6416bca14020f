// Chat Completions answers, whole and streamed → facts. Pure: text in, parts out; chunk objects keep unknown fields.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { Usage } from '../../../core/usage.ts'
import type { AnswerFacts, PlainAnswer, StreamPart, StreamReader } from '../adapter.ts'
import { isObject, listAt, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { classifyStreamError } from './classify.ts'
import { canonicalUsage } from './usage.ts'

/** See `Adapter.parse`. */
export function parseChatAnswer(bodyText: string): PlainAnswer {
  const body = parseObject(bodyText)
  if (body === undefined) throw new WeighbridgeError('provider_malformed', `The provider's answer of ${bodyText.length} characters is not a JSON object.`)
  if (body['error'] !== undefined && body['error'] !== null && listAt(body, 'choices').length === 0) throw classifyStreamError(body)
  const choices = listAt(body, 'choices')
  if (choices.length === 0) throw new WeighbridgeError('provider_malformed', "The provider's answer has no choices.")
  if (!choices.every((choice) => objectAt(choice, 'message') !== undefined)) throw new WeighbridgeError('provider_malformed', "A choice of the provider's answer has no message.")
  const characters = choices.reduce<number>((sum, choice) => sum + outputCharacters(objectAt(choice, 'message')), 0)
  return { body, characters, facts: { ...headFacts(body), finishReason: textAt(choices[0], 'finish_reason'), usage: canonicalUsage(body['usage']) } }
}

function headFacts(body: JsonObject): Omit<AnswerFacts, 'finishReason' | 'usage'> {
  return {
    responseId: textAt(body, 'id'),
    servedModel: textAt(body, 'model'),
    systemFingerprint: textAt(body, 'system_fingerprint'),
    serviceTier: textAt(body, 'service_tier'),
  }
}

/** A reader for one streamed answer of so many choices as were asked for. */
export function chatStreamReader(body: JsonObject): StreamReader {
  const asked = typeof body['n'] === 'number' ? body['n'] : 1
  let head: Omit<AnswerFacts, 'finishReason' | 'usage'> = { responseId: undefined, servedModel: undefined, systemFingerprint: undefined, serviceTier: undefined }
  let finishReason: string | undefined
  let usage: Usage | undefined
  let ended = false
  const open = new Set<number>()
  const finished = new Set<number>()

  const read = (_event: string | undefined, data: string): StreamPart => {
    if (data.trim() === '[DONE]') {
      ended = true
      return { kind: 'end' }
    }
    const chunk = parseObject(data)
    if (chunk === undefined) throw new WeighbridgeError('provider_malformed', `An event of ${data.length} characters in the provider's stream is not a JSON object.`)
    if (chunk['error'] !== undefined && chunk['error'] !== null) return { kind: 'error', error: classifyStreamError(chunk) }
    const now = headFacts(chunk)
    head = {
      responseId: head.responseId ?? now.responseId,
      servedModel: head.servedModel ?? now.servedModel,
      systemFingerprint: head.systemFingerprint ?? now.systemFingerprint,
      serviceTier: now.serviceTier ?? head.serviceTier,
    }
    usage = canonicalUsage(chunk['usage']) ?? usage
    const choices = listAt(chunk, 'choices')
    let characters = 0
    let finishing = false
    for (const choice of choices) {
      const index = isObject(choice) && typeof choice['index'] === 'number' ? choice['index'] : 0
      open.add(index)
      characters += outputCharacters(objectAt(choice, 'delta'))
      // Moonshot puts the usage of a stream on its choice.
      usage = (isObject(choice) ? canonicalUsage(choice['usage']) : undefined) ?? usage
      const reason = textAt(choice, 'finish_reason')
      if (reason === undefined) continue
      finished.add(index)
      finishReason ??= reason
      finishing = true
    }
    if (finishing) return { kind: 'finish', chunk, characters }
    if (characters > 0) return { kind: 'output', chunk, characters }
    return { kind: choices.length === 0 && isObject(chunk['usage']) ? 'usage' : 'start', chunk, characters: 0 }
  }

  return {
    read,
    // A choice that was never begun is as missing as one that was cut.
    complete: () => ended || (finished.size >= asked && finished.size === open.size),
    facts: () => ({ ...head, finishReason, usage }),
  }
}

/** Members of a delta whose text is output to a client. `reasoning` is OpenRouter's and Groq's name, `reasoning_content` DeepSeek's and Moonshot's. */
const TEXT_MEMBERS = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const
/** Members that are output whatever they hold. */
const OBJECT_MEMBERS = ['tool_calls', 'function_call', 'audio', 'images'] as const

function outputCharacters(delta: JsonObject | undefined): number {
  if (delta === undefined) return 0
  let characters = 0
  for (const member of TEXT_MEMBERS) characters += textAt(delta, member)?.length ?? 0
  for (const member of OBJECT_MEMBERS) {
    const value = delta[member]
    if (isObject(value) || (Array.isArray(value) && value.length > 0)) characters += JSON.stringify(value).length
  }
  return characters
}
