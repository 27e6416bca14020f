// Streamed Gemini answers → parts, one chunk at a time. Pure. The wire has no terminal event: an answer is whole when every
// candidate it began has said why it ended, and a body that ends before that was cut.
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts, type AnswerEvent, type FinishReason } from '../../../core/model-answer.ts'
import type { OutgoingCall, StreamReader } from '../adapter.ts'
import { amountAt, isObject, listAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { errorInAnswer } from './classify.ts'
import { candidateCharacters, candidateEvents, endingOf, hasOutput } from './parse.ts'
import { geminiUsage, mergedUsage } from './usage.ts'

/** See `Adapter.stream`. */
export function generateStreamReader(_call: OutgoingCall, _target: Target, translate: boolean): StreamReader {
  let responseId: string | undefined
  let servedModel: string | undefined
  let finishReason: string | undefined
  let finish: FinishReason | undefined
  let usage: JsonObject | undefined
  let calls = 0
  const open = new Set<number>()
  const finished = new Set<number>()

  return {
    read(event, data) {
      const json = parseObject(data)
      if (json === undefined) throw new WeighbridgeError('provider_malformed', `An event of ${data.length} characters in the provider's stream is not a JSON object.`)
      if (isObject(json['error'])) throw errorInAnswer(json)
      responseId ??= textAt(json, 'responseId')
      servedModel ??= textAt(json, 'modelVersion')
      usage = mergedUsage(usage, json['usageMetadata'])
      // What follows the finish reason is no part of the answer; only the usage may still come.
      const ending = endingOf(json)
      if (finishReason !== undefined && finished.size === open.size) return { kind: 'usage', event, data, json, events: [], characters: 0 }
      const candidates = listAt(json, 'candidates')
      let characters = 0
      let output = false
      for (const candidate of candidates) {
        const index = amountAt(candidate, 'index') ?? 0
        open.add(index)
        characters += candidateCharacters(candidate)
        output ||= hasOutput(candidate)
        if (textAt(candidate, 'finishReason') !== undefined) finished.add(index)
      }
      // Also without translation: a call found earlier makes the ending one of tool calls.
      const said = candidateEvents(json, responseId, calls)
      calls = said.calls
      const events: AnswerEvent[] = translate ? [...said.events] : []
      if (ending !== undefined && finishReason === undefined) {
        finishReason = ending.reason
        finish = ending.finish === 'stop' && calls > 0 ? 'tool_calls' : ending.finish
        if (translate) events.push({ kind: 'finish', finish })
      }
      const ends = candidates.some((candidate) => textAt(candidate, 'finishReason') !== undefined) || (ending !== undefined && candidates.length === 0)
      const kind = ends ? 'finish' : output ? 'output' : candidates.length === 0 && isObject(json['usageMetadata']) ? 'usage' : 'start'
      return { kind, event, data, json, events, characters }
    },
    complete: () => finishReason !== undefined && finished.size === open.size,
    facts: () => answerFacts({ responseId, servedModel, finishReason, finish, serviceTier: textAt(usage, 'serviceTier'), usage: geminiUsage(usage) }),
  }
}
