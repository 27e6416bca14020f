// A stream of answer events → blocks that open, grow and close one after the other, as Messages and Responses want them.
// Pieces of parallel tool calls may come interleaved; a client that adds up blocks in order would mix them, so a call waits
// while the one before it is not whole. A value of one stream.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerEvent, ModelAnswer, TokenLogprob } from '../../../core/model-answer.ts'
import type { Seal } from '../../../core/model-request.ts'

/** How a block begins. */
export type BlockOpening = { readonly kind: 'text' | 'refusal' | 'reasoning' } | { readonly kind: 'tool_call'; readonly id: string; readonly name: string; readonly seal: Seal | undefined }

/** What a closed reasoning block ends with. */
export type ReasoningEnd = { readonly seal: Seal | undefined; readonly redacted: boolean }

/** Writes blocks. Each function answers the bytes to send. */
export interface BlockWriter {
  open(block: BlockOpening): string
  piece(block: BlockOpening, text: string, logprobs: readonly TokenLogprob[] | undefined): string
  close(block: BlockOpening, text: string, end: ReasoningEnd): string
}

type Held = { readonly block: Extract<BlockOpening, { kind: 'tool_call' }>; text: string }
const UNSEALED: ReasoningEnd = { seal: undefined, redacted: false }

/** Puts events into the order of blocks. */
export class BlockSequence {
  readonly #writer: BlockWriter
  #live: { readonly block: BlockOpening; readonly index: number | undefined; text: string } | undefined
  /** Calls that wait, by their index, in the order they came. */
  readonly #held = new Map<number, Held>()

  constructor(writer: BlockWriter) {
    this.#writer = writer
  }

  /** Everything but `finish`, which closes what is open. */
  take(event: AnswerEvent): string {
    switch (event.kind) {
      case 'text':
      case 'refusal':
      case 'reasoning':
        return this.#grow(event.kind, event.text, event.kind === 'text' ? event.logprobs : undefined)
      case 'reasoning_seal': {
        const end = { seal: event.seal, redacted: event.redacted }
        const isOpen = this.#live?.block.kind === 'reasoning' && !event.redacted
        return (isOpen ? '' : this.flush() + this.#open({ kind: 'reasoning' }, undefined)) + this.#close(end)
      }
      case 'tool_call': {
        const block = { kind: 'tool_call' as const, id: event.id, name: event.name, seal: event.seal }
        const waits = this.#held.size > 0 || (this.#live?.block.kind === 'tool_call' && !isWhole(this.#live.text))
        if (!waits) return this.flush() + this.#open(block, event.index)
        this.#held.set(event.index, { block, text: '' })
        return ''
      }
      case 'tool_arguments': {
        if (this.#live?.index === event.index) return this.#piece(event.json, undefined)
        const held = this.#held.get(event.index)
        if (held !== undefined) held.text += event.json
        // After a call was whole there may be space. More than that would be cut from it, and the call would look complete.
        else if (event.json.trim() !== '') throw new WeighbridgeError('provider_malformed', 'The provider went on with the arguments of a tool call after other output.')
        return ''
      }
      case 'finish':
        return this.flush()
    }
  }

  /** Closes what is open, then writes the calls that waited. */
  flush(): string {
    let out = this.#close(UNSEALED)
    const waiting = [...this.#held]
    this.#held.clear()
    for (const [index, { block, text }] of waiting) {
      out += this.#open(block, index)
      if (text !== '') out += this.#piece(text, undefined)
      out += this.#close(UNSEALED)
    }
    return out
  }

  #grow(kind: 'text' | 'refusal' | 'reasoning', text: string, logprobs: readonly TokenLogprob[] | undefined): string {
    const opening = this.#live?.block.kind === kind ? '' : this.flush() + this.#open({ kind }, undefined)
    return opening + this.#piece(text, logprobs)
  }

  #open(block: BlockOpening, index: number | undefined): string {
    this.#live = { block, index, text: '' }
    return this.#writer.open(block)
  }

  #piece(text: string, logprobs: readonly TokenLogprob[] | undefined): string {
    if (this.#live === undefined) return ''
    this.#live.text += text
    return this.#writer.piece(this.#live.block, text, logprobs)
  }

  #close(end: ReasoningEnd): string {
    const live = this.#live
    this.#live = undefined
    return live === undefined ? '' : this.#writer.close(live.block, live.text, end)
  }
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

/** A whole answer as the events that would have streamed it, so that both are written by the same code. */
export function eventsOf(answer: ModelAnswer): AnswerEvent[] {
  const events: AnswerEvent[] = []
  let calls = 0
  let logprobs = answer.logprobs
  for (const part of answer.parts) {
    if (part.kind === 'text') {
      events.push({ kind: 'text', text: part.text, ...(logprobs === undefined ? {} : { logprobs }) })
      logprobs = undefined
    } else if (part.kind === 'refusal') events.push({ kind: 'refusal', text: part.text })
    else if (part.kind === 'tool_call') {
      events.push({ kind: 'tool_call', index: calls, id: part.id, name: part.name, ...(part.seal === undefined ? {} : { seal: part.seal }) })
      if (part.argumentsJson !== '') events.push({ kind: 'tool_arguments', index: calls, json: part.argumentsJson })
      calls += 1
    } else {
      if (part.text !== '' || part.seal === undefined) events.push({ kind: 'reasoning', text: part.text })
      if (part.seal !== undefined) events.push({ kind: 'reasoning_seal', seal: part.seal, redacted: part.redacted === true })
    }
  }
  return events
}
