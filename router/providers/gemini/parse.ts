// Gemini's answers, whole and by chunk → the common form and facts. Pure: a chunk of a stream is an answer of its own shape, so
// both readers share the reading of one candidate.
import type { Target } from '../../../core/config.ts'
import { contentHash } from '../../../core/hash.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts, type AnswerEvent, type AnswerPart, type FinishReason, type TokenLogprob } from '../../../core/model-answer.ts'
import type { PlainAnswer } from '../adapter.ts'
import { amountAt, isObject, listAt, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { errorInAnswer } from './classify.ts'
import { finishOf } from './finish.ts'
import { geminiUsage } from './usage.ts'

/** See `Adapter.parse`. */
export function parseGenerateAnswer(bodyText: string, _target: Target): PlainAnswer {
  const body = parseObject(bodyText)
  if (body === undefined) throw new WeighbridgeError('provider_malformed', `The provider's answer of ${bodyText.length} characters is not a JSON object.`)
  if (isObject(body['error'])) throw errorInAnswer(body)
  const ending = endingOf(body)
  if (ending === undefined) throw new WeighbridgeError('provider_malformed', "The provider's answer has no candidate with a finishReason.")
  const responseId = textAt(body, 'responseId')
  const usage = body['usageMetadata']
  return {
    native: body,
    facts: answerFacts({ responseId, servedModel: textAt(body, 'modelVersion'), finishReason: ending.reason, finish: ending.finish, serviceTier: textAt(usage, 'serviceTier'), usage: geminiUsage(usage) }),
    answer: () => ({ parts: answerParts(candidateEvents(body, responseId, 0).events), finish: ending.finish, stopSequence: undefined, logprobs: candidateLogprobs(firstCandidate(body)) }),
    characters: listAt(body, 'candidates').reduce<number>((sum, candidate) => sum + candidateCharacters(candidate), 0),
  }
}

/** The ending a body states: a candidate's, or a blocked prompt's, which is an answer of no words. Throws as `finishOf` does. */
export function endingOf(body: JsonObject): { readonly reason: string; readonly finish: FinishReason } | undefined {
  const candidate = firstCandidate(body)
  const reason = textAt(candidate, 'finishReason')
  if (reason !== undefined) return { reason, finish: finishOf(reason, partsOf(candidate).some((part) => objectAt(part, 'functionCall') !== undefined)) }
  const blocked = textAt(objectAt(body, 'promptFeedback'), 'blockReason')
  return blocked === undefined ? undefined : { reason: blocked, finish: 'content_filter' }
}

/** The candidate that the common form holds: number 0, or one without a number. */
export function firstCandidate(body: JsonObject): JsonObject | undefined {
  return listAt(body, 'candidates').find((one): one is JsonObject => isObject(one) && (amountAt(one, 'index') ?? 0) === 0)
}

function partsOf(candidate: JsonObject | undefined): readonly unknown[] {
  return listAt(objectAt(candidate, 'content'), 'parts')
}

/**
 * What the first candidate of a body or chunk says. `calls`: function calls that came before it, by which new ones are numbered.
 * Executed code, its results and pictures have no place in the common form; grounding and citations stay with the native body.
 */
export function candidateEvents(body: JsonObject, responseId: string | undefined, calls: number): { readonly events: readonly AnswerEvent[]; readonly calls: number } {
  const candidate = firstCandidate(body)
  let logprobs = candidateLogprobs(candidate)
  let index = calls
  const events = partsOf(candidate).flatMap((part): readonly AnswerEvent[] => {
    const signature = textAt(part, 'thoughtSignature')
    const seal = signature === undefined || signature === '' ? undefined : ({ wire: 'gemini', value: signature } as const)
    const call = objectAt(part, 'functionCall')
    const name = textAt(call, 'name')
    if (call !== undefined && name !== undefined) {
      const args = objectAt(call, 'args') ?? {}
      const id = textAt(call, 'id') ?? callId(responseId, index, name, args)
      const opened = { kind: 'tool_call', index, id, name, ...(seal === undefined ? {} : { seal }) } as const
      index += 1
      return [opened, { kind: 'tool_arguments', index: opened.index, json: JSON.stringify(args) }]
    }
    const text = textAt(part, 'text') ?? ''
    if (isObject(part) && part['thought'] === true) return [...(text === '' ? [] : [{ kind: 'reasoning', text } as const]), ...(seal === undefined ? [] : [{ kind: 'reasoning_seal', seal, redacted: false } as const])]
    // A signature on plain text is a help to the model that it does not insist on, and no surface could carry it back.
    if (text === '') return []
    const said: AnswerEvent = { kind: 'text', text, ...(logprobs === undefined ? {} : { logprobs }) }
    logprobs = undefined
    return [said]
  })
  return { events, calls: index }
}

/** An id for a call that came without one: the same whenever the same answer is read, and another in every answer. */
function callId(responseId: string | undefined, index: number, name: string, args: JsonObject): string {
  return `call_${contentHash([responseId, index, name, args])}`
}

/** Events of one whole answer as parts. */
function answerParts(events: readonly AnswerEvent[]): readonly AnswerPart[] {
  const parts: AnswerPart[] = []
  for (const event of events) {
    const last = parts.at(-1)
    if (event.kind === 'text') {
      if (last?.kind === 'text') parts[parts.length - 1] = { kind: 'text', text: last.text + event.text }
      else parts.push({ kind: 'text', text: event.text })
    } else if (event.kind === 'reasoning') {
      if (last?.kind === 'reasoning' && last.seal === undefined) parts[parts.length - 1] = { ...last, text: last.text + event.text }
      else parts.push({ kind: 'reasoning', text: event.text })
    } else if (event.kind === 'reasoning_seal') {
      if (last?.kind === 'reasoning' && last.seal === undefined) parts[parts.length - 1] = { ...last, seal: event.seal }
      else parts.push({ kind: 'reasoning', text: '', seal: event.seal })
    } else if (event.kind === 'tool_call') {
      parts.push({ kind: 'tool_call', id: event.id, name: event.name, argumentsJson: '', ...(event.seal === undefined ? {} : { seal: event.seal }) })
    } else if (event.kind === 'tool_arguments' && last?.kind === 'tool_call') {
      parts[parts.length - 1] = { ...last, argumentsJson: last.argumentsJson + event.json }
    }
  }
  return parts
}

/** Characters of output in a candidate. */
export function candidateCharacters(candidate: unknown): number {
  if (!isObject(candidate)) return 0
  return partsOf(candidate).reduce<number>((sum, part) => {
    const call = objectAt(part, 'functionCall')
    const code = textAt(objectAt(part, 'executableCode'), 'code')
    return sum + (textAt(part, 'text')?.length ?? 0) + (code?.length ?? 0) + (call === undefined ? 0 : JSON.stringify(call['args'] ?? {}).length + (textAt(call, 'name')?.length ?? 0))
  }, 0)
}

/** Whether a candidate holds something a client wants, text or not. */
export function hasOutput(candidate: unknown): boolean {
  return isObject(candidate) && partsOf(candidate).some((part) => isObject(part) && Object.keys(part).some((member) => OUTPUT.has(member)) && textAt(part, 'text') !== '')
}

const OUTPUT: ReadonlySet<string> = new Set(['text', 'functionCall', 'executableCode', 'codeExecutionResult', 'inlineData', 'fileData', 'toolCall', 'toolResponse'])

/** `logprobsResult` in OpenAI's members; `bytes` is not stated here. */
function candidateLogprobs(candidate: JsonObject | undefined): readonly TokenLogprob[] | undefined {
  const result = objectAt(candidate, 'logprobsResult')
  if (result === undefined) return undefined
  const top = listAt(result, 'topCandidates')
  return listAt(result, 'chosenCandidates').map((chosen, index) => ({ ...logprob(chosen), top: listAt(top[index], 'candidates').map((one) => logprob(one)) }))
}

function logprob(candidate: unknown): { readonly token: string; readonly logprob: number; readonly bytes: null } {
  const value = isObject(candidate) ? candidate['logProbability'] : undefined
  // OpenAI writes -9999 for a token too unlikely to have a value.
  return { token: textAt(candidate, 'token') ?? '', logprob: typeof value === 'number' && Number.isFinite(value) ? value : -9999, bytes: null }
}

/** See `Adapter.countTokens`. */
export function parseTokenCount(bodyText: string): number {
  const count = amountAt(parseObject(bodyText), 'totalTokens')
  if (count === undefined) throw new WeighbridgeError('provider_malformed', "The provider's token count has no totalTokens.")
  return count
}
