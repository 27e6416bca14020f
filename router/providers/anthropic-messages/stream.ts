// Streamed Messages answers → parts, one event at a time. Pure; events it does not know pass through for clients of this wire.
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts, type AnswerEvent } from '../../../core/model-answer.ts'
import type { OutgoingCall, StreamPart, StreamReader } from '../adapter.ts'
import { objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { errorInAnswer } from './classify.ts'
import { blockCharacters, finishOf, refusalText } from './parse.ts'
import { mergedUsage, messagesUsage, servedTier } from './usage.ts'

/** What one event came to. */
type Seen = { readonly kind: StreamPart['kind']; readonly characters?: number; readonly events?: readonly AnswerEvent[] }
const NOTHING: Seen = { kind: 'start' }

/** See `Adapter.stream`. */
export function messagesStreamReader(_call: OutgoingCall, _target: Target, translate: boolean): StreamReader {
  let responseId: string | undefined
  let servedModel: string | undefined
  let finishReason: string | undefined
  let usage: JsonObject | undefined
  let ended = false
  /** Our number of each tool call, by the number of its block. */
  const calls = new Map<unknown, { readonly index: number; readonly input: JsonObject | undefined; streamed: boolean }>()

  const events: Readonly<Record<string, (data: JsonObject) => Seen>> = {
    message_start: (data) => {
      const message = objectAt(data, 'message')
      responseId = textAt(message, 'id')
      servedModel = textAt(message, 'model')
      usage = mergedUsage(usage, message?.['usage'])
      return NOTHING
    },
    content_block_start: (data) => {
      const block = objectAt(data, 'content_block')
      const characters = blockCharacters(block)
      const type = textAt(block, 'type')
      if (type === 'tool_use') {
        const index = calls.size
        const input = objectAt(block, 'input')
        calls.set(data['index'], { index, input, streamed: false })
        return { kind: 'output', characters, events: [{ kind: 'tool_call', index, id: textAt(block, 'id') ?? '', name: textAt(block, 'name') ?? '' }] }
      }
      // Hidden reasoning shows a client nothing, no more than a signature does.
      if (type === 'redacted_thinking') return { kind: 'start', events: [{ kind: 'reasoning_seal', seal: { wire: 'anthropic-messages', value: textAt(block, 'data') ?? '' }, redacted: true }] }
      if (type === 'text' || type === 'thinking') return characters === 0 ? NOTHING : { kind: 'output', characters, events: written(type, textAt(block, type) ?? '') }
      // A server tool's call, output for clients of this wire; its result follows on its own.
      return characters === 0 ? NOTHING : { kind: 'output', characters }
    },
    content_block_delta: (data) => {
      const delta = objectAt(data, 'delta')
      const type = textAt(delta, 'type')
      if (type === 'text_delta') return said('text', textAt(delta, 'text'))
      if (type === 'thinking_delta') return said('thinking', textAt(delta, 'thinking'))
      if (type === 'input_json_delta') {
        const json = textAt(delta, 'partial_json') ?? ''
        const call = calls.get(data['index'])
        if (json === '') return NOTHING
        if (call !== undefined) call.streamed = true
        return { kind: 'output', characters: json.length, ...(call === undefined ? {} : { events: [{ kind: 'tool_arguments', index: call.index, json }] }) }
      }
      // A signature closes its thinking and is no output by itself: until something else comes, failing over is invisible.
      const signature = type === 'signature_delta' ? textAt(delta, 'signature') : undefined
      return signature === undefined || signature === '' ? NOTHING : { kind: 'start', events: [{ kind: 'reasoning_seal', seal: { wire: 'anthropic-messages', value: signature }, redacted: false }] }
    },
    content_block_stop: (data) => {
      const call = calls.get(data['index'])
      // A call whose arguments came with its start, or that has none.
      if (call === undefined || call.streamed) return NOTHING
      call.streamed = true
      return { kind: 'start', events: [{ kind: 'tool_arguments', index: call.index, json: JSON.stringify(call.input ?? {}) }] }
    },
    message_delta: (data) => {
      usage = mergedUsage(usage, data['usage'])
      const delta = objectAt(data, 'delta')
      const reason = textAt(delta, 'stop_reason')
      // An answer ends once; a server that says so twice only repeats its usage.
      if (reason === undefined || finishReason !== undefined) return { kind: 'usage' }
      finishReason = reason
      const refusal = refusalText(delta?.['stop_details'])
      const finish = finishOf(reason)
      const sequence = textAt(delta, 'stop_sequence')
      const refused: readonly AnswerEvent[] = refusal === undefined ? [] : [{ kind: 'refusal', text: refusal }]
      const ending: readonly AnswerEvent[] = finish === undefined ? [] : [{ kind: 'finish', finish, ...(sequence === undefined ? {} : { stopSequence: sequence }) }]
      return { kind: 'finish', characters: refusal?.length ?? 0, events: [...refused, ...ending] }
    },
    message_stop: () => {
      ended = true
      return { kind: 'end' }
    },
    error: (data) => {
      throw errorInAnswer(data)
    },
  }

  return {
    read(event, data) {
      const json = parseObject(data)
      if (json === undefined) throw new WeighbridgeError('provider_malformed', `An event of ${data.length} characters in the provider's stream is not a JSON object.`)
      // The type is in the data; the event's name only repeats it, and some servers leave it out.
      const type = textAt(json, 'type') ?? event ?? (objectAt(json, 'error') === undefined ? '' : 'error')
      const seen = Object.hasOwn(events, type) ? (events[type]?.(json) ?? NOTHING) : NOTHING
      return { kind: seen.kind, event, data, json, events: translate ? (seen.events ?? []) : [], characters: seen.characters ?? 0 }
    },
    // The stop reason comes with the final usage: a message_stop that went missing takes nothing from the answer.
    complete: () => ended || finishReason !== undefined,
    facts: () => answerFacts({ responseId, servedModel, finishReason, finish: finishOf(finishReason), serviceTier: servedTier(usage), usage: messagesUsage(usage) }),
  }
}

function said(type: 'text' | 'thinking', text: string | undefined): Seen {
  return text === undefined || text === '' ? NOTHING : { kind: 'output', characters: text.length, events: written(type, text) }
}

function written(type: 'text' | 'thinking', text: string): readonly AnswerEvent[] {
  return [{ kind: type === 'text' ? 'text' : 'reasoning', text }]
}
