// A request's messages → turns with running hashes: what was asked so far, up to every turn. Nothing here outlives the call;
// the texts are referred to, not copied. The operator's instructions stand apart: they may change from call to call.
import type { Message, RequestPart } from '../../core/model-request.ts'
import { digest, mix } from './hashing.ts'
import type { ReadText } from './text-reader.ts'
import type { Turns } from './signal.ts'

/** Characters of a part that are hashed whole; of a longer one its two ends and its length. */
const MOST_OF_A_PART = 131_072
/** Once so many characters have been hashed, later parts count by their ends: bounds the work on bodies of many megabytes. */
const MOST_IN_ALL = 2_097_152
const END_CHARACTERS = 512
/** Characters of the instructions that are compared. */
const MOST_OF_SYSTEM = 4_096

export type TurnRole = 'user' | 'assistant' | 'tool'

/** Messages of one role in a row. */
export type Turn = {
  readonly role: TurnRole
  /** Its text parts, refusals included, in order. */
  readonly texts: string[]
  /** Names of the tools it calls, in order; of an assistant's turn. */
  readonly calls: string[]
  /** Hash of everything before it: what had been asked when this turn was made. */
  readonly before: number
  /** Hash of everything up to its end. */
  upTo: number
  /** Its text as it was first read for this call, so that it is not read again. */
  read?: ReadText
}

export type Conversation = {
  readonly turns: readonly Turn[]
  /** Hash of everything that is asked: up to the last turn that is not the assistant's. */
  readonly asked: number
  /** Hash of what stands before the last turn; with it, calls that differ in their last turn only find each other. */
  readonly history: number
  /** The last turn that is not a prefilled answer. */
  readonly last: Turn | undefined
  /** The last turn of the user, wherever it stands. */
  readonly question: Turn | undefined
  /** The beginning of the answer where the client wrote it itself. */
  readonly prefill: readonly string[]
  /** Texts of the operator's instructions, the first few thousand characters. */
  readonly system: readonly string[]
  /** Hash of what tells one program's calls from another's: tools and format by name. */
  readonly shape: number
}

/** Reads a request. `scope` is where all its hashes start from. */
export function readConversation(request: Turns, scope: number): Conversation {
  const reading = new Reading(scope)
  for (const message of request.messages) reading.take(message)
  const { turns, system } = reading
  const lastAsked = turns.findLastIndex((turn) => turn.role !== 'assistant')
  const last = turns[lastAsked]
  return {
    turns,
    asked: last?.upTo ?? scope,
    history: last?.before ?? scope,
    last,
    question: turns.findLast((turn) => turn.role === 'user'),
    prefill: lastAsked < turns.length - 1 ? (turns.at(-1)?.texts ?? []) : [],
    system,
    shape: shapeOf(request),
  }
}

class Reading {
  readonly turns: Turn[] = []
  readonly system: string[] = []
  #running: number
  #hashed = 0
  #systemLength = 0

  constructor(scope: number) {
    this.#running = scope
  }

  take(message: Message): void {
    if (message.role === 'system' || message.role === 'developer') return this.#instruct(message.parts)
    const turn = this.#turn(message.role)
    for (const part of message.parts) this.#part(part, turn)
    turn.upTo = this.#running
  }

  #turn(role: TurnRole): Turn {
    const last = this.turns.at(-1)
    if (last?.role === role) return last
    const turn: Turn = { role, texts: [], calls: [], before: this.#running, upTo: this.#running }
    this.#running = mix(this.#running, ROLE_NUMBERS[role])
    this.turns.push(turn)
    return turn
  }

  /** `turn`: where its texts and calls are noted; a tool result's own are only hashed. */
  #part(part: RequestPart, turn: Turn | undefined): void {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        if (part.text === '') return
        turn?.texts.push(part.text)
        return this.#hash(part.text)
      case 'tool_call':
        turn?.calls.push(part.name)
        return this.#hash(`${part.name} ${part.argumentsJson}`)
      case 'tool_result':
        for (const inner of part.parts) this.#part(inner, undefined)
        return
      case 'image':
      case 'file':
        return this.#hash(part.source.kind === 'url' ? part.source.url : part.source.kind === 'data' ? part.source.base64 : part.source.id, true)
      case 'audio':
        return this.#hash(part.base64, true)
      // Hidden in the answer, sealed on its way back: not part of what was said.
      case 'reasoning':
        return
    }
  }

  #hash(text: string, byEnds = false): void {
    const most = byEnds || this.#hashed > MOST_IN_ALL ? 2 * END_CHARACTERS : MOST_OF_A_PART
    const short = text.length <= most ? text : `${text.slice(0, most / 2)}${text.slice(-most / 2)}${text.length}`
    this.#hashed += short.length
    this.#running = mix(this.#running, digest(short))
  }

  #instruct(parts: readonly RequestPart[]): void {
    for (const part of parts) {
      if (part.kind !== 'text' || this.#systemLength >= MOST_OF_SYSTEM) continue
      const text = part.text.slice(0, MOST_OF_SYSTEM - this.#systemLength)
      this.#systemLength += text.length
      this.system.push(text)
    }
  }
}

const ROLE_NUMBERS = { user: 1, assistant: 2, tool: 3 } as const

function shapeOf({ tools, format }: Turns): number {
  if ((tools === undefined || tools.length === 0) && format === undefined) return 0
  const names = (tools ?? []).map((tool) => tool.name).join(' ')
  return digest(`${names} ${format?.kind ?? ''} ${format?.kind === 'json_schema' ? format.name : ''}`)
}
