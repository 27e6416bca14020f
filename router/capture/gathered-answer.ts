// A streamed answer put together again from its events, in the common form.
import type { AnswerEvent, AnswerPart, FinishReason, ModelAnswer } from '../../core/model-answer.ts'

type Growing = { kind: 'text' | 'reasoning' | 'refusal'; text: string } | { kind: 'tool_call'; index: number; id: string; name: string; argumentsJson: string }

/** Beyond so many characters the rest of a stream is not kept: far more than any capture.max_bytes shows. */
const MOST_CHARACTERS = 20_000_000

export class GatheredAnswer {
  readonly #parts: Growing[] = []
  #finish: FinishReason | undefined
  #stopSequence: string | undefined
  #characters = 0

  take(event: AnswerEvent): void {
    switch (event.kind) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        return this.#text(event.kind, event.text)
      case 'tool_call':
        return void this.#parts.push({ kind: 'tool_call', index: event.index, id: event.id, name: event.name, argumentsJson: '' })
      case 'tool_arguments': {
        const call = this.#parts.findLast((part) => part.kind === 'tool_call' && part.index === event.index)
        if (call?.kind === 'tool_call' && this.#room(event.json)) call.argumentsJson += event.json
        return
      }
      case 'finish':
        this.#finish = event.finish
        this.#stopSequence = event.stopSequence
        return
      case 'reasoning_seal':
        // A seal is for the provider alone; nobody reads it.
        return
    }
  }

  /** `undefined` when nothing came. */
  answer(): ModelAnswer | undefined {
    if (this.#parts.length === 0 && this.#finish === undefined) return undefined
    const parts: AnswerPart[] = this.#parts.map((part) => (part.kind === 'tool_call' ? { kind: part.kind, id: part.id, name: part.name, argumentsJson: part.argumentsJson } : { kind: part.kind, text: part.text }))
    return { parts, finish: this.#finish, stopSequence: this.#stopSequence, logprobs: undefined }
  }

  #text(kind: 'text' | 'reasoning' | 'refusal', text: string): void {
    if (!this.#room(text)) return
    const last = this.#parts.at(-1)
    if (last?.kind === kind) last.text += text
    else this.#parts.push({ kind, text })
  }

  #room(text: string): boolean {
    this.#characters += text.length
    return this.#characters <= MOST_CHARACTERS
  }
}
