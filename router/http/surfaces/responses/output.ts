// Output items of a Responses answer, built block by block together with the events that announce them (openai-node 7.57,
// ResponseStreamEvent). The whole answer is what the same blocks leave behind. A value of one answer.
import type { TokenLogprob } from '../../../../core/model-answer.ts'
import type { JsonObject } from '../../../providers/json.ts'
import type { BlockOpening, BlockWriter, ReasoningEnd } from '../blocks.ts'
import { itemId } from '../ids.ts'
import { writeSeal } from '../seals.ts'
import { jsonEvent } from '../sse.ts'

type Item = { readonly id: string; readonly place: number }

/** Writes blocks as output items and keeps them. */
export class ResponseOutput implements BlockWriter {
  /** Items that are done, in order. */
  readonly items: JsonObject[] = []
  readonly #answerId: string
  #sequence = 0
  #item: Item | undefined
  #logprobs: JsonObject[] = []

  constructor(answerId: string) {
    this.#answerId = answerId
  }

  /** One event with the next sequence number. */
  event(type: string, members: JsonObject): string {
    const sequence_number = this.#sequence
    this.#sequence += 1
    return jsonEvent(type, { type, ...members, sequence_number })
  }

  open(block: BlockOpening): string {
    switch (block.kind) {
      case 'tool_call': {
        // A call has no member for a seal, but clients bring reasoning items back with the calls after them.
        const sealed = block.seal === undefined ? '' : this.#sealItem(writeSeal(block.seal, { callId: block.id }))
        return sealed + this.#added('fc_', (id) => ({ type: 'function_call', id, call_id: block.id, name: block.name, arguments: '', status: 'in_progress' }))
      }
      case 'reasoning':
        return this.#added('rs_', (id) => ({ type: 'reasoning', id, summary: [], status: 'in_progress' }))
      case 'text':
      case 'refusal': {
        this.#logprobs = []
        const added = this.#added('msg_', (id) => ({ type: 'message', id, role: 'assistant', status: 'in_progress', content: [] }))
        const part = block.kind === 'text' ? { type: 'output_text', text: '', annotations: [], logprobs: [] } : { type: 'refusal', refusal: '' }
        return added + this.event('response.content_part.added', { ...this.#at(), content_index: 0, part })
      }
    }
  }

  piece(block: BlockOpening, text: string, logprobs: readonly TokenLogprob[] | undefined): string {
    switch (block.kind) {
      case 'text': {
        const written = (logprobs ?? []).map(responsesLogprob)
        this.#logprobs.push(...written)
        return this.event('response.output_text.delta', { ...this.#at(), content_index: 0, delta: text, logprobs: written })
      }
      case 'refusal':
        return this.event('response.refusal.delta', { ...this.#at(), content_index: 0, delta: text })
      case 'reasoning': {
        // The summary's part is announced with its first text: sealed reasoning without any has no summary.
        return this.#openSummary() + this.event('response.reasoning_summary_text.delta', { ...this.#at(), summary_index: 0, delta: text })
      }
      case 'tool_call':
        return this.event('response.function_call_arguments.delta', { ...this.#at(), delta: text })
    }
  }

  #summaryOpen = false
  #openSummary(): string {
    if (this.#summaryOpen) return ''
    this.#summaryOpen = true
    return this.event('response.reasoning_summary_part.added', { ...this.#at(), summary_index: 0, part: { type: 'summary_text', text: '' } })
  }

  close(block: BlockOpening, text: string, end: ReasoningEnd): string {
    const id = this.#item?.id ?? ''
    switch (block.kind) {
      case 'text': {
        const part = { type: 'output_text', text, annotations: [], logprobs: this.#logprobs }
        const done = this.event('response.output_text.done', { ...this.#at(), content_index: 0, text, logprobs: this.#logprobs })
        return done + this.#closeMessage(id, part)
      }
      case 'refusal':
        return this.event('response.refusal.done', { ...this.#at(), content_index: 0, refusal: text }) + this.#closeMessage(id, { type: 'refusal', refusal: text })
      case 'tool_call': {
        const done = this.event('response.function_call_arguments.done', { ...this.#at(), name: block.name, arguments: text })
        return done + this.#done({ type: 'function_call', id, call_id: block.id, name: block.name, arguments: text, status: 'completed' })
      }
      case 'reasoning': {
        const part = { type: 'summary_text', text }
        let out = ''
        if (this.#summaryOpen) {
          out += this.event('response.reasoning_summary_text.done', { ...this.#at(), summary_index: 0, text })
          out += this.event('response.reasoning_summary_part.done', { ...this.#at(), summary_index: 0, part })
        }
        const item = { type: 'reasoning', id, summary: this.#summaryOpen ? [part] : [], encrypted_content: writeSeal(end.seal, { redacted: end.redacted }), status: 'completed' }
        this.#summaryOpen = false
        return out + this.#done(item)
      }
    }
  }

  #sealItem(encrypted_content: string): string {
    const added = this.#added('rs_', (id) => ({ type: 'reasoning', id, summary: [], status: 'in_progress' }))
    return added + this.#done({ type: 'reasoning', id: this.#item?.id ?? '', summary: [], encrypted_content, status: 'completed' })
  }

  #closeMessage(id: string, part: JsonObject): string {
    return this.event('response.content_part.done', { ...this.#at(), content_index: 0, part }) + this.#done({ type: 'message', id, role: 'assistant', status: 'completed', content: [part] })
  }

  #added(prefix: string, item: (id: string) => JsonObject): string {
    const place = this.items.length
    this.#item = { id: itemId(prefix, this.#answerId, place), place }
    return this.event('response.output_item.added', { output_index: place, item: item(this.#item.id) })
  }

  #done(item: JsonObject): string {
    const out = this.event('response.output_item.done', { output_index: this.#item?.place ?? this.items.length, item })
    this.items.push(item)
    this.#item = undefined
    return out
  }

  #at(): JsonObject {
    return { item_id: this.#item?.id ?? '', output_index: this.#item?.place ?? 0 }
  }
}

function responsesLogprob(logprob: TokenLogprob): JsonObject {
  const { token, bytes, top } = logprob
  return { token, logprob: logprob.logprob, bytes: bytes ?? [], top_logprobs: top.map((one) => ({ token: one.token, logprob: one.logprob, bytes: one.bytes ?? [] })) }
}
