// A streamed Responses answer → parts, facts and (asked to translate) events of the common form. Pure but for the state of one
// answer. Terminal: response.completed or response.incomplete; nothing is waited for after it.
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts, type AnswerEvent, type AnswerFacts } from '../../../core/model-answer.ts'
import type { StreamPart, StreamReader } from '../adapter.ts'
import { amountAt, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { OPENAI_USAGE, type UsageRules } from '../openai-chat/usage.ts'
import { errorInside, hasError } from '../openai-errors.ts'
import { charactersOf, factsOf, refuseFailed } from './response.ts'
import { ResponsesTranslation } from './translation.ts'

export type ResponsesStreamOptions = { readonly translate: boolean; readonly usage?: UsageRules }

const NO_EVENTS: readonly AnswerEvent[] = []
/** Terminal events of whole answers. */
const ENDS: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete'])
/** Items whose beginning shows a client nothing yet. */
const QUIET_ITEMS: ReadonlySet<string> = new Set(['message', 'reasoning'])

/** Reads one stream. */
export class ResponsesStreamReader implements StreamReader {
  readonly #usage: UsageRules
  readonly #translation: ResponsesTranslation | undefined
  #response: JsonObject = {}
  #ended = false
  /** Items of which output was counted already. */
  readonly #counted = new Set<number>()

  constructor(options: ResponsesStreamOptions) {
    this.#usage = options.usage ?? OPENAI_USAGE
    this.#translation = options.translate ? new ResponsesTranslation() : undefined
  }

  read(event: string | undefined, data: string): StreamPart {
    const trimmed = data.trim()
    // Gateways add Chat's `[DONE]`; it says nothing here.
    if (trimmed === '' || trimmed === '[DONE]' || this.#ended) return { kind: 'start', event, data, json: undefined, events: NO_EVENTS, characters: 0 }
    const json = parseObject(data)
    if (json === undefined) throw new WeighbridgeError('provider_malformed', `An event of ${data.length} characters in the provider's stream is not a JSON object.`)
    const type = textAt(json, 'type') ?? event ?? ''
    // The event `error` holds its code and message bare, or (as the API really sends it) in `error`.
    if (type === 'error' || (hasError(json) && !type.startsWith('response.'))) throw errorInside(json)
    const response = objectAt(json, 'response')
    if (response !== undefined) {
      refuseFailed(response)
      this.#response = response
    }
    if (type === 'response.failed' || type === 'response.cancelled') throw errorInside(response ?? json)
    return this.#part(event, data, json, type)
  }

  #part(event: string | undefined, data: string, json: JsonObject, type: string): StreamPart {
    const ends = ENDS.has(type)
    if (ends && objectAt(json, 'response') === undefined) throw new WeighbridgeError('provider_malformed', `The event ${type} of the provider's stream has no response.`)
    if (ends) this.#ended = true
    const events = this.#translation?.take(type, json) ?? NO_EVENTS
    const characters = this.#characters(type, json)
    return { kind: ends ? 'end' : characters > 0 ? 'output' : 'start', event, data, json, events, characters }
  }

  /** Whatever the item, new output comes in `delta`; what a server never streamed counts when its item is done. */
  #characters(type: string, json: JsonObject): number {
    const at = amountAt(json, 'output_index') ?? 0
    const isDone = type === 'response.output_item.done'
    if (isDone && this.#counted.has(at)) return 0
    const characters = isDone ? charactersOf({ output: [json['item']] }) : (textAt(json, 'delta')?.length ?? beginningOf(type, json))
    if (characters > 0) this.#counted.add(at)
    return characters
  }

  complete(): boolean {
    return this.#ended
  }

  facts(): AnswerFacts {
    const known = factsOf(this.#response, this.#usage)
    // Until its end a response says it is in progress, which is no way to have ended.
    return this.#ended ? known : answerFacts({ ...known, finishReason: undefined, finish: undefined })
  }
}

/** A call or a hosted tool's item is output as soon as it begins. */
function beginningOf(type: string, json: JsonObject): number {
  if (type === 'response.output_item.added') {
    const item = objectAt(json, 'item')
    return QUIET_ITEMS.has(textAt(item, 'type') ?? 'message') ? 0 : Math.max(1, (textAt(item, 'name') ?? '').length)
  }
  return type === 'response.image_generation_call.partial_image' ? Math.max(1, (textAt(json, 'partial_image_b64') ?? '').length) : 0
}
