// A stream in Messages form. A provider's own events go out as their bytes came; an answer of another wire is written as blocks
// that start, grow and stop. The terminal event waits for `end`, so that a client that has it has everything. One writer per stream.
import type { WeighbridgeError } from '../../../../core/errors.ts'
import type { AnswerFacts, FinishReason } from '../../../../core/model-answer.ts'
import type { ShownError, StreamPart } from '../../../providers/adapter.ts'
import { textAt, type JsonObject } from '../../../providers/json.ts'
import { BlockSequence, type BlockOpening, type BlockWriter, type ReasoningEnd } from '../blocks.ts'
import { jsonEvent, rawEvent } from '../sse.ts'
import type { AnswerContext, SurfaceWriter } from '../surface.ts'
import { messagesErrorBody } from './errors.ts'
import { ThinkingBlocks, thinkingOfBody, type Thinking } from './thinking.ts'
import { messageObject, messagesUsage, sealBlock, stopOf } from './write.ts'

const STOP = jsonEvent('message_stop', { type: 'message_stop' })

export class MessagesWriter implements SurfaceWriter {
  readonly #context: AnswerContext
  readonly #blocks: BlockSequence
  #isOwn = false
  #begun = false
  #finish: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | undefined
  #refused = false
  #called = false
  /** The terminal event of a provider's own stream, held back. */
  #terminal: string | undefined

  constructor(context: AnswerContext) {
    this.#context = context
    this.#blocks = new BlockSequence(new BlockEvents(thinkingOfBody(context.asked.native)))
  }

  own(part: StreamPart): string {
    if (part.json === undefined) return ''
    this.#isOwn = true
    // The official client skips events without a name; the data says it too.
    const text = rawEvent(part.event ?? textAt(part.json, 'type'), part.data)
    if (part.kind !== 'end') return text
    this.#terminal ??= text
    return ''
  }

  translated(part: StreamPart): string {
    let out = ''
    for (const event of part.events) {
      out += this.#begin()
      if (event.kind === 'finish') this.#finish = { reason: event.finish, stopSequence: event.stopSequence }
      this.#refused ||= event.kind === 'refusal'
      this.#called ||= event.kind === 'tool_call'
      out += this.#blocks.take(event)
    }
    return out
  }

  #begin(): string {
    if (this.#begun) return ''
    this.#begun = true
    const message = messageObject(this.#context, [], undefined, { stop_reason: null, stop_sequence: null, stop_details: null })
    return jsonEvent('message_start', { type: 'message_start', message })
  }

  end(facts: AnswerFacts): string {
    if (this.#isOwn) return this.#terminal ?? STOP
    const rest = this.#begin() + this.#blocks.flush()
    const delta = { container: null, ...stopOf(this.#finish?.reason ?? facts.finish, this.#finish?.stopSequence, this.#refused, this.#called) }
    // Cumulative members, where null means that nothing is said.
    const usage = { cache_creation_input_tokens: null, cache_read_input_tokens: null, server_tool_use: null, ...messagesUsage(facts.usage, this.#context, false) }
    return rest + jsonEvent('message_delta', { type: 'message_delta', delta, usage }) + STOP
  }

  fail(error: WeighbridgeError, shown: ShownError | undefined): string {
    return jsonEvent('error', messagesErrorBody(error, shown, this.#context.requestId ?? ''))
  }
}

/** Writes blocks as events, numbered in the order they start. */
class BlockEvents implements BlockWriter {
  readonly #thinking: ThinkingBlocks
  #next = 0
  #index = 0
  /** Whether a thinking block has started: whether it will be redacted is known at its end only. */
  #isThinking = false

  constructor(thinking: Thinking) {
    this.#thinking = new ThinkingBlocks(thinking)
  }

  open(block: BlockOpening): string {
    switch (block.kind) {
      case 'tool_call': {
        const seal = sealBlock(block)
        const before = [...this.#thinking.beforeCall(), ...(seal === undefined ? [] : [seal])].map((one) => this.#start(one) + this.#stop())
        return before.join('') + this.#start({ type: 'tool_use', id: block.id, name: block.name, input: {}, caller: { type: 'direct' } })
      }
      case 'reasoning':
        return ''
      case 'text':
      case 'refusal':
        return this.#start({ type: 'text', text: '', citations: null })
    }
  }

  piece(block: BlockOpening, text: string): string {
    switch (block.kind) {
      case 'tool_call':
        return this.#delta({ type: 'input_json_delta', partial_json: text })
      case 'reasoning':
        return this.#thinking.thinking === 'shown' ? this.#startThinking() + this.#delta({ type: 'thinking_delta', thinking: text }) : ''
      case 'text':
      case 'refusal':
        return this.#delta({ type: 'text_delta', text })
    }
  }

  close(block: BlockOpening, text: string, end: ReasoningEnd): string {
    if (block.kind !== 'reasoning') return this.#stop()
    const made = this.#thinking.closed(text, end)
    if (made === undefined) return ''
    if (made['type'] !== 'thinking') return this.#start(made) + this.#stop()
    const out = this.#startThinking() + this.#delta({ type: 'signature_delta', signature: made['signature'] }) + this.#stop()
    this.#isThinking = false
    return out
  }

  #startThinking(): string {
    if (this.#isThinking) return ''
    this.#isThinking = true
    return this.#start({ type: 'thinking', thinking: '', signature: '' })
  }

  #start(content_block: JsonObject): string {
    this.#index = this.#next
    this.#next += 1
    return jsonEvent('content_block_start', { type: 'content_block_start', index: this.#index, content_block })
  }

  #delta(delta: JsonObject): string {
    return jsonEvent('content_block_delta', { type: 'content_block_delta', index: this.#index, delta })
  }

  #stop(): string {
    return jsonEvent('content_block_stop', { type: 'content_block_stop', index: this.#index })
  }
}
