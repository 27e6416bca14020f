// Takes an answer on its way to the client, whole or in pieces, and keeps what it can be known by again. No text is held.
import type { AnswerEvent } from '../../core/model-answer.ts'
import { TextReader, type TextSketch } from './text-reader.ts'

export class AnswerReader {
  readonly #text: TextReader
  #calls = 0
  #hadOutput = false

  /** `seed`: the installation's; `salt`: the call's own. `prefill`: the beginning of the answer that the client wrote itself, and will send back with the rest. */
  constructor(salt: number, seed: number, prefill: readonly string[], withSketch: boolean) {
    this.#text = new TextReader(seed, salt, withSketch)
    for (const piece of prefill) this.#text.take(piece)
  }

  /** Text that the client gets, refusals included. */
  text(piece: string): void {
    if (piece === '') return
    this.#hadOutput = true
    this.#text.take(piece)
  }

  /** A tool that the answer calls. */
  toolCall(): void {
    this.#hadOutput = true
    this.#calls += 1
  }

  /** One event of a stream in the common form. Reasoning is no part of what a client sends back. */
  event(event: AnswerEvent): void {
    if (event.kind === 'text' || event.kind === 'refusal') this.text(event.text)
    else if (event.kind === 'tool_call') this.toolCall()
    else if (event.kind === 'reasoning') this.#hadOutput = true
  }

  end(): { readonly sketch: TextSketch; readonly calls: number; readonly hadOutput: boolean; readonly grams: (scope: number) => string | undefined } {
    return { sketch: this.#text.end(), calls: this.#calls, hadOutput: this.#hadOutput, grams: (scope) => this.#text.grams(scope) }
  }
}
