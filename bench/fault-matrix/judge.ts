// Reads what a client was sent as its wire says it must be read, leaving nothing to goodwill: how much text came, whether the
// answer says it is whole, and whether an error was told. Pure; knows nothing of the router or the sim.
import { createParser } from 'eventsource-parser'
import type { Wire } from '../../core/model-request.ts'

/** What some bytes say. `text` is every piece of visible text in order. */
export type Judgement = {
  readonly text: string
  /** Arguments of tool calls, in order. */
  readonly calls: readonly string[]
  /** What the wire marks as declining. */
  readonly refusal: string
  /** Why the answer says it ended, as the wire spells it; `undefined`: it does not say. */
  readonly finish: string | undefined
  /** What a Response calls its state. */
  readonly status: string | undefined
  /** The terminal event came; a whole body, or a wire without such an event: a finish reason. */
  readonly ended: boolean
  /** The terminal event came (or the wire has none and a finish reason came); a whole body: it is an answer and says why it ended. */
  readonly complete: boolean
  /** An error told in the wire's own form. */
  readonly error: string | undefined
  /** Why the bytes are not of the wire; `undefined` when they are. */
  readonly malformed: string | undefined
}

type Json = Readonly<Record<string, unknown>>
type Notes = { status: string | undefined; text: string; refusal: string; calls: Map<string, string>; finish: string | undefined; terminal: boolean; error: string | undefined; malformed: string | undefined; restated: string | undefined }

/** Judges a whole body. */
export function judgeWhole(wire: Wire, body: string): Judgement {
  const notes = fresh()
  const json = parsed(body)
  if (json === undefined) notes.malformed = body === '' ? 'no body' : 'not JSON'
  else if (isObject(json['error']) || json['type'] === 'error') notes.error = errorText(json)
  else WHOLE[wire](json, notes)
  const whole = notes.malformed === undefined && notes.error === undefined
  return { ...summary(notes), ended: whole, complete: whole && notes.finish !== undefined }
}

/** Judges an event stream. */
export function judgeStream(wire: Wire, body: string): Judgement {
  const notes = fresh()
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (wire === 'openai-chat' && data === '[DONE]') {
        notes.terminal = true
        return
      }
      const json = parsed(data)
      if (json === undefined) notes.malformed ??= 'an event that is not JSON'
      else if (isObject(json['error']) && wire !== 'openai-responses') notes.error ??= errorText(json)
      else STREAM[wire](json, event, notes)
    },
  })
  parser.feed(body)
  if (body !== '' && !/(\n\n|\r\n\r\n|\r\r)$/.test(body)) notes.malformed ??= 'the last event is cut'
  if (notes.restated !== undefined && notes.restated !== notes.text) notes.malformed ??= 'the final answer is not the streamed one'
  const ended = wire === 'gemini' ? notes.finish !== undefined : notes.terminal
  return { ...summary(notes), ended, complete: ended && notes.finish !== undefined && notes.error === undefined && notes.malformed === undefined }
}

const fresh = (): Notes => ({ status: undefined, text: '', refusal: '', calls: new Map(), finish: undefined, terminal: false, error: undefined, malformed: undefined, restated: undefined })
const summary = ({ status, text, refusal, calls, finish, error, malformed }: Notes): Omit<Judgement, 'complete' | 'ended'> => ({ status, text, refusal, calls: [...calls.values()], finish, error, malformed })

const WHOLE: Record<Wire, (json: Json, notes: Notes) => void> = {
  'openai-chat'(json, notes) {
    const [choice] = objects(json['choices'])
    const message = choice?.['message']
    if (choice === undefined || !isObject(message)) notes.malformed = 'no choices'
    else {
      notes.text = text(message['content'])
      notes.refusal = text(message['refusal'])
      for (const [i, call] of objects(message['tool_calls']).entries()) notes.calls.set(String(i), isObject(call['function']) ? text(call['function']['arguments']) : '')
      notes.finish = name(choice['finish_reason'])
    }
  },
  'openai-responses'(json, notes) {
    if (json['object'] !== 'response') notes.malformed = 'no response'
    else readResponse(json, notes)
  },
  'anthropic-messages'(json, notes) {
    if (json['type'] !== 'message') notes.malformed = 'no message'
    for (const [i, block] of objects(json['content']).entries()) {
      if (block['type'] === 'text') notes.text += text(block['text'])
      if (block['type'] === 'tool_use') notes.calls.set(String(i), JSON.stringify(block['input']))
    }
    notes.finish = name(json['stop_reason'])
  },
  gemini: readGemini,
}

function readResponse(json: Json, notes: Notes): void {
  for (const [i, item] of objects(json['output']).entries()) {
    if (item['type'] === 'message') {
      notes.text += objects(item['content']).map((part) => text(part['text'])).join('')
      notes.refusal += objects(item['content']).map((part) => text(part['refusal'])).join('')
    }
    if (item['type'] === 'function_call') notes.calls.set(String(i), text(item['arguments']))
  }
  const status = name(json['status'])
  notes.status = status
  if (status === 'failed') notes.error = errorText(json)
  notes.finish = status === 'completed' || status === 'incomplete' ? status : undefined
}

function readGemini(json: Json, notes: Notes): void {
  const [candidate] = objects(json['candidates'])
  if (candidate === undefined) {
    if (isObject(json['promptFeedback'])) notes.finish = 'blocked'
    return
  }
  const parts = isObject(candidate['content']) ? objects(candidate['content']['parts']) : []
  for (const part of parts) {
    if (part['thought'] !== true) notes.text += text(part['text'])
    if (isObject(part['functionCall'])) notes.calls.set(String(notes.calls.size), JSON.stringify(part['functionCall']['args']))
  }
  notes.finish = name(candidate['finishReason']) ?? notes.finish
}

const STREAM: Record<Wire, (json: Json, event: string | undefined, notes: Notes) => void> = {
  'openai-chat'(json, _event, notes) {
    for (const choice of objects(json['choices'])) {
      const delta = isObject(choice['delta']) ? choice['delta'] : {}
      notes.text += text(delta['content'])
      notes.refusal += text(delta['refusal'])
      for (const call of objects(delta['tool_calls'])) add(notes, String(call['index']), isObject(call['function']) ? text(call['function']['arguments']) : '')
      notes.finish = name(choice['finish_reason']) ?? notes.finish
    }
  },
  'openai-responses'(json, event, notes) {
    const type = text(json['type'])
    if (event !== undefined && event !== type) notes.malformed ??= `event ${event} holds ${type}`
    if (type === 'response.output_text.delta') notes.text += text(json['delta'])
    if (type === 'response.refusal.delta') notes.refusal += text(json['delta'])
    if (type === 'response.function_call_arguments.delta') add(notes, text(json['item_id']), text(json['delta']))
    if (type === 'error') notes.error ??= text(json['message']) || errorText(json)
    if (!/^response\.(completed|incomplete|failed)$/.test(type) || !isObject(json['response'])) return
    const final = fresh()
    readResponse(json['response'], final)
    notes.terminal = true
    notes.finish = final.finish
    notes.error ??= final.error
    if (type !== 'response.failed') notes.restated = final.text
  },
  'anthropic-messages'(json, event, notes) {
    const type = text(json['type'])
    if (event !== undefined && event !== type) notes.malformed ??= `event ${event} holds ${type}`
    const delta = isObject(json['delta']) ? json['delta'] : {}
    if (type === 'content_block_delta' && delta['type'] === 'text_delta') notes.text += text(delta['text'])
    if (type === 'content_block_delta' && delta['type'] === 'input_json_delta') add(notes, String(json['index']), text(delta['partial_json']))
    if (type === 'message_delta') notes.finish = name(delta['stop_reason']) ?? notes.finish
    if (type === 'message_stop') notes.terminal = true
  },
  gemini: (json, _event, notes) => readGemini(json, notes),
}

function add(notes: Notes, key: string, piece: string): void {
  notes.calls.set(key, (notes.calls.get(key) ?? '') + piece)
}

function errorText(json: Json): string {
  const error = isObject(json['error']) ? json['error'] : json
  return [text(error['type']), text(error['status']), text(error['code']), text(error['message'])].filter((word) => word !== '').join(' ') || 'an error'
}

function parsed(body: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(body)
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const name = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
