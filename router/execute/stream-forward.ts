// A stream's way to the client: parts are held back until real output arrives (until then failing over is invisible), then
// passed on in order, at the client's pace. Keeps the text where it is to be checked afterwards.
import { WeighbridgeError } from '../../core/errors.ts'
import type { StreamPart, StreamReader } from '../providers/adapter.ts'
import type { AnswerSink, AnswerWatch, Committed } from './dependencies.ts'
import { MAX_CHECKED_CHARACTERS } from './schema-check.ts'

/** Most start-up parts that are held; official streams have fewer than ten. */
const MOST_HELD = 1_024

export type ForwardOptions = {
  readonly keepText: boolean
  /** Sees every event that reaches the client; `undefined`: nobody does. */
  readonly watch: AnswerWatch | undefined
  readonly onCommit: () => void
  /** May throw to keep the call from being bound; `undefined`: nothing is looked at. */
  readonly beforeCommit: ((part: StreamPart, reader: StreamReader) => void) | undefined
}

export class StreamForward {
  committed = false
  readonly #sink: AnswerSink
  readonly #binding: Committed
  readonly #options: ForwardOptions
  #held: StreamPart[] = []
  #text = ''
  /** Whether what was kept is all of an answer that is text and nothing else. */
  #isText = true

  constructor(sink: AnswerSink, binding: Committed, options: ForwardOptions) {
    this.#sink = sink
    this.#binding = binding
    this.#options = options
  }

  take(part: StreamPart, reader: StreamReader): Promise<void> | undefined {
    if (this.#options.keepText) this.#keep(part)
    if (this.committed) {
      this.#show(part)
      return this.#sink.part(part)
    }
    this.#held.push(part)
    if (this.#held.length > MOST_HELD) throw new WeighbridgeError('provider_malformed', `The provider's stream began with more than ${MOST_HELD} events without output.`)
    // A terminal event may be all there is: an answer that is empty on purpose says how it finished.
    const commits = part.kind === 'output' || part.kind === 'finish' || (part.kind === 'end' && reader.facts().finish !== undefined)
    if (!commits) return undefined
    this.#options.beforeCommit?.(part, reader)
    this.committed = true
    this.#options.onCommit()
    this.#sink.begin(this.#binding)
    const held = this.#held
    this.#held = []
    for (const one of held) this.#show(one)
    return this.#passOn(held, 0)
  }

  /** The text of the whole answer; `undefined` where it called tools, refused, or was too long to keep. */
  text(): string | undefined {
    return this.#isText ? this.#text : undefined
  }

  /** Passes parts on without a promise for each: only a full client makes one. */
  #passOn(parts: readonly StreamPart[], from: number): Promise<void> | undefined {
    for (let index = from; index < parts.length; index += 1) {
      const part = parts[index]
      const taken = part === undefined ? undefined : this.#sink.part(part)
      if (taken !== undefined) return taken.then(() => this.#passOn(parts, index + 1))
    }
    return undefined
  }

  #show(part: StreamPart): void {
    const { watch } = this.#options
    if (watch !== undefined) for (const event of part.events) watch.take(event)
  }

  #keep(part: StreamPart): void {
    if (!this.#isText) return
    for (const event of part.events) {
      if (event.kind === 'text') this.#text += event.text
      else if (event.kind === 'tool_call' || event.kind === 'refusal') this.#isText = false
    }
    if (this.#text.length > MAX_CHECKED_CHARACTERS) this.#isText = false
    if (!this.#isText) this.#text = ''
  }
}
