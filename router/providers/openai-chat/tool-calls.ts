// Tool calls of Chat Completions, whole or in pieces, with what servers leave out: ids, indexes, types, even the text form of
// arguments. Pieces come in, calls in the common form's events come out. Pure but for the state of one answer.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerEvent } from '../../../core/model-answer.ts'
import type { Seal, ToolCallPart } from '../../../core/model-request.ts'
import { amountAt, isObject, objectAt, textAt, type JsonObject } from '../json.ts'

/** Most calls of one answer: an index is a number a stranger wrote. */
const MOST_CALLS = 1024

type Call = { readonly index: number; readonly key: number | undefined; givenId: string | undefined; name: string; seal: Seal | undefined; isOpen: boolean; text: string }

/** Gathers the calls of one answer. */
export class ToolCalls {
  readonly #calls: Call[] = []
  /** Makes ids where the provider gave none: unique in a conversation, the same whole and streamed. */
  readonly #idOf: (index: number) => string

  constructor(idOf: (index: number) => string) {
    this.#idOf = idOf
  }

  get count(): number {
    return this.#calls.length
  }

  /** Pieces of one delta (or all calls of a message) as events. Throws `provider_malformed`. */
  take(list: readonly unknown[]): AnswerEvent[] {
    return list.flatMap((entry) => (isObject(entry) ? this.#piece(entry) : []))
  }

  /** The retired `function_call`, which is one call without an id. */
  takeLegacy(called: JsonObject): AnswerEvent[] {
    return this.#piece({ index: 0, function: called })
  }

  #piece(entry: JsonObject): AnswerEvent[] {
    // A custom tool's input is free text; it cannot have been asked for through the common form, but must not vanish.
    const called = objectAt(entry, 'function') ?? objectAt(entry, 'custom') ?? {}
    const name = textAt(called, 'name') ?? ''
    const call = this.#callOf(entry, name)
    call.givenId ??= nonEmpty(textAt(entry, 'id'))
    call.seal ??= sealIn(entry)
    // Some servers repeat the name in every piece, so it is taken once and never joined.
    if (call.name === '') call.name = name
    const piece = argumentsText(called['arguments'] ?? called['input'])
    call.text += piece
    if (call.isOpen) return piece === '' ? [] : [{ kind: 'tool_arguments', index: call.index, json: piece }]
    if (call.name === '') return []
    call.isOpen = true
    return [this.#opening(call), ...(call.text === '' ? [] : [{ kind: 'tool_arguments' as const, index: call.index, json: call.text }])]
  }

  #opening(call: Call): AnswerEvent {
    const { index, name, seal } = call
    return { kind: 'tool_call', index, id: call.givenId ?? this.#idOf(index), name, ...(seal === undefined ? {} : { seal }) }
  }

  /** The call a piece belongs to: by index; where that is missing or always 0, a new id with a name begins a new call. */
  #callOf(entry: JsonObject, name: string): Call {
    const key = amountAt(entry, 'index')
    const id = nonEmpty(textAt(entry, 'id'))
    const last = this.#calls.at(-1)
    const same = key === undefined ? (id === undefined ? last : this.#calls.find((call) => call.givenId === id)) : this.#calls.findLast((call) => call.key === key)
    const isAnother = same !== undefined && name !== '' && ((id !== undefined && same.givenId !== undefined && id !== same.givenId) || (key === undefined && id === undefined && isWhole(same.text)))
    if (same !== undefined && !isAnother) return same
    if (this.#calls.length >= MOST_CALLS) throw new WeighbridgeError('provider_malformed', `The provider's answer has more than ${MOST_CALLS} tool calls.`)
    const call: Call = { index: this.#calls.length, key, givenId: id, name: '', seal: undefined, isOpen: false, text: '' }
    this.#calls.push(call)
    return call
  }

  /**
   * What is still to say when the answer ends: a call without arguments gets the empty object, which is what it means. Throws
   * `provider_malformed` for a call that was never named.
   */
  end(): AnswerEvent[] {
    return this.#calls.flatMap((call) => {
      if (!call.isOpen) throw new WeighbridgeError('provider_malformed', "A tool call of the provider's answer has no name.")
      if (call.text.trim() !== '') return []
      call.text = '{}'
      return [{ kind: 'tool_arguments' as const, index: call.index, json: '{}' }]
    })
  }

  /** All calls of a whole answer. */
  parts(): ToolCallPart[] {
    return this.#calls.map((call) => ({ kind: 'tool_call', id: call.givenId ?? this.#idOf(call.index), name: call.name, argumentsJson: call.text, ...(call.seal === undefined ? {} : { seal: call.seal }) }))
  }
}

/** Gemini's thought signature, as Google's OpenAI-compatible endpoint and gateways before it carry it. */
function sealIn(entry: JsonObject): Seal | undefined {
  const extra = objectAt(entry, 'extra_content')
  return textAt(objectAt(extra, 'google'), 'thought_signature') === undefined ? undefined : { wire: 'openai-chat', value: JSON.stringify(extra) }
}

/** Arguments are a JSON text; some servers write the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value
  return isObject(value) ? JSON.stringify(value) : ''
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
