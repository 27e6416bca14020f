// Deltas of the first choice → events of the common form. Reasoning is sealed when something else follows it. Pure but for the
// state of one answer.
import type { AnswerEvent, FinishReason } from '../../../core/model-answer.ts'
import { listAt, objectAt, textAt, type JsonObject } from '../json.ts'
import { logprobsIn } from './head.ts'
import { stopSequence } from './parse.ts'
import { contentText, reasoningIn, reasoningParts } from './reasoning.ts'
import { ToolCalls } from './tool-calls.ts'

export class ChatTranslation {
  readonly #calls: ToolCalls
  /** Reasoning since the last seal. */
  #reasoning = ''
  #details: JsonObject[] = []
  #ended = false

  constructor(idOf: (index: number) => string) {
    this.#calls = new ToolCalls(idOf)
  }

  /** `ending`: the choice ends with this delta, for a reason that may be unknown; `undefined` while it goes on. Throws `provider_malformed`. */
  take(choice: JsonObject, delta: JsonObject | undefined, ending: { readonly finish: FinishReason | undefined } | undefined): AnswerEvent[] {
    const events: AnswerEvent[] = []
    if (delta !== undefined) this.#delta(choice, delta, events)
    if (ending === undefined || this.#ended) return events
    events.push(...this.end())
    const sequence = stopSequence(choice)
    if (ending.finish !== undefined) events.push({ kind: 'finish', finish: ending.finish, ...(sequence === undefined ? {} : { stopSequence: sequence }) })
    return events
  }

  #delta(choice: JsonObject, delta: JsonObject, events: AnswerEvent[]): void {
    const { text: reasoning, details } = reasoningIn(delta)
    if (reasoning !== '') events.push({ kind: 'reasoning', text: reasoning })
    this.#reasoning += reasoning
    this.#details.push(...details)
    const text = contentText(delta['content'])
    const refusal = textAt(delta, 'refusal') ?? ''
    const legacy = objectAt(delta, 'function_call')
    const calls = [...this.#calls.take(listAt(delta, 'tool_calls')), ...(legacy === undefined ? [] : this.#calls.takeLegacy(legacy))]
    const logprobs = logprobsIn(choice)
    if (text === '' && refusal === '' && calls.length === 0 && logprobs === undefined) return
    events.push(...this.#sealed())
    if (text !== '' || logprobs !== undefined) events.push({ kind: 'text', text, ...(logprobs === undefined ? {} : { logprobs }) })
    if (refusal !== '') events.push({ kind: 'refusal', text: refusal })
    events.push(...calls)
  }

  #sealed(): AnswerEvent[] {
    if (this.#reasoning === '' && this.#details.length === 0) return []
    const parts = reasoningParts(this.#reasoning, this.#details)
    this.#reasoning = ''
    this.#details = []
    return parts.flatMap((part) => (part.seal === undefined ? [] : [{ kind: 'reasoning_seal' as const, seal: part.seal, redacted: part.redacted === true }]))
  }

  /** What is still open when the answer ends. */
  end(): AnswerEvent[] {
    if (this.#ended) return []
    this.#ended = true
    return [...this.#sealed(), ...this.#calls.end()]
  }
}
