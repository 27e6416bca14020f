// Events of a Responses stream → events of the common form. Text comes in deltas; what a server says only at the end of an item
// (`…done`) is made up for, so that nothing is lost and nothing comes twice. Pure but for the state of one answer.
import type { AnswerEvent } from '../../../core/model-answer.ts'
import { amountAt, isObject, listAt, objectAt, textAt, type JsonObject } from '../json.ts'
import { BETWEEN_MESSAGES, BETWEEN_SUMMARIES, finishOf, logprobsIn, reasoningText, sealOf } from './response.ts'

/** One output item of the answer. */
type Item = {
  /** Number of the call, when it is one. */
  call: number | undefined
  /** Characters of arguments or reasoning that came. */
  sent: number
  /** The same by content part. */
  readonly parts: Map<number, number>
  isDone: boolean
}

export class ResponsesTranslation {
  readonly #items = new Map<number, Item>()
  #calls = 0
  /** The item whose text was the last event. */
  #textOf: number | undefined

  take(type: string, json: JsonObject): AnswerEvent[] {
    const at = amountAt(json, 'output_index') ?? 0
    const part = amountAt(json, 'content_index') ?? 0
    const delta = textAt(json, 'delta') ?? ''
    switch (type) {
      case 'response.output_item.added':
        return this.#open(at, objectAt(json, 'item'))
      case 'response.output_text.delta':
        return this.#text(at, part, delta, json)
      case 'response.output_text.done':
        return this.#text(at, part, this.#rest(at, part, textAt(json, 'text')), undefined)
      case 'response.refusal.delta':
        return this.#refusal(at, part, delta)
      case 'response.refusal.done':
        return this.#refusal(at, part, this.#rest(at, part, textAt(json, 'refusal')))
      case 'response.function_call_arguments.delta':
        return this.#arguments(at, delta)
      case 'response.reasoning_summary_part.added':
        return (amountAt(json, 'summary_index') ?? 0) > 0 && this.#item(at).sent > 0 ? this.#reasoning(at, BETWEEN_SUMMARIES) : []
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#reasoning(at, delta)
      case 'response.output_item.done':
        return this.#done(at, objectAt(json, 'item'))
      case 'response.completed':
      case 'response.incomplete':
        return this.#end(objectAt(json, 'response') ?? {})
      default:
        return []
    }
  }

  #item(at: number): Item {
    let item = this.#items.get(at)
    if (item === undefined) {
      item = { call: undefined, sent: 0, parts: new Map(), isDone: false }
      this.#items.set(at, item)
    }
    return item
  }

  #open(at: number, added: JsonObject | undefined): AnswerEvent[] {
    const item = this.#item(at)
    if (textAt(added, 'type') !== 'function_call' || item.call !== undefined) return []
    item.call = this.#calls
    this.#calls += 1
    this.#textOf = undefined
    return [{ kind: 'tool_call', index: item.call, id: textAt(added, 'call_id') ?? textAt(added, 'id') ?? '', name: textAt(added, 'name') ?? '' }, ...this.#arguments(at, textAt(added, 'arguments') ?? '')]
  }

  #text(at: number, part: number, text: string, json: JsonObject | undefined): AnswerEvent[] {
    const logprobs = json === undefined ? undefined : logprobsIn(json)
    if (text === '' && logprobs === undefined) return []
    const { parts } = this.#item(at)
    parts.set(part, (parts.get(part) ?? 0) + text.length)
    const joined = this.#textOf !== undefined && this.#textOf !== at ? BETWEEN_MESSAGES + text : text
    this.#textOf = at
    return [{ kind: 'text', text: joined, ...(logprobs === undefined ? {} : { logprobs }) }]
  }

  #refusal(at: number, part: number, text: string): AnswerEvent[] {
    if (text === '') return []
    const { parts } = this.#item(at)
    parts.set(part, (parts.get(part) ?? 0) + text.length)
    this.#textOf = undefined
    return [{ kind: 'refusal', text }]
  }

  #arguments(at: number, json: string): AnswerEvent[] {
    const item = this.#item(at)
    if (json === '' || item.call === undefined) return []
    item.sent += json.length
    return [{ kind: 'tool_arguments', index: item.call, json }]
  }

  #reasoning(at: number, text: string): AnswerEvent[] {
    if (text === '') return []
    this.#item(at).sent += text.length
    this.#textOf = undefined
    return [{ kind: 'reasoning', text }]
  }

  /** What of a whole text did not come in deltas. */
  #rest(at: number, part: number, whole: string | undefined): string {
    return (whole ?? '').slice(this.#item(at).parts.get(part) ?? 0)
  }

  #done(at: number, done: JsonObject | undefined): AnswerEvent[] {
    const item = this.#item(at)
    if (item.isDone) return []
    item.isDone = true
    switch (textAt(done, 'type')) {
      case 'function_call': {
        const opened = this.#open(at, { ...done, arguments: '' })
        const rest = (textAt(done, 'arguments') ?? '').slice(item.sent)
        // A call without arguments is one with the empty object.
        return [...opened, ...this.#arguments(at, item.sent + rest.length === 0 ? '{}' : rest)]
      }
      case 'message':
        return listAt(done, 'content').flatMap((content, part) =>
          textAt(content, 'type') === 'refusal' ? this.#refusal(at, part, this.#rest(at, part, textAt(content, 'refusal'))) : this.#text(at, part, this.#rest(at, part, textAt(content, 'text')), undefined),
        )
      case 'reasoning': {
        const text = this.#reasoning(at, reasoningText(done).slice(item.sent))
        const seal = sealOf(done)
        if (seal !== undefined) this.#textOf = undefined
        return [...text, ...(seal === undefined ? [] : [{ kind: 'reasoning_seal' as const, seal, redacted: item.sent === 0 }])]
      }
      default:
        return []
    }
  }

  #end(response: JsonObject): AnswerEvent[] {
    const late = listAt(response, 'output').flatMap((item, at) => (isObject(item) ? this.#done(at, item) : []))
    const finish = finishOf(response)
    return [...late, ...(finish === undefined ? [] : [{ kind: 'finish' as const, finish }])]
  }
}
