// A stream in Responses form. A provider's own events go out as their bytes came; an answer of another wire is written as the
// full typed sequence. The terminal event waits for `end`, so that a client that has it has everything. One writer per stream.
import type { WeighbridgeError } from '../../../../core/errors.ts'
import type { AnswerFacts, FinishReason } from '../../../../core/model-answer.ts'
import type { ShownError, StreamPart } from '../../../providers/adapter.ts'
import { amountAt, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { BlockSequence } from '../blocks.ts'
import { responseId } from '../ids.ts'
import { jsonEvent, rawEvent } from '../sse.ts'
import type { AnswerContext, SurfaceWriter } from '../surface.ts'
import { responseErrorCode } from './errors.ts'
import { ResponseOutput } from './output.ts'
import { keepAnswer } from './references.ts'
import { ending, responseObject } from './write.ts'

export class ResponsesWriter implements SurfaceWriter {
  readonly #context: AnswerContext
  readonly #output: ResponseOutput
  readonly #blocks: BlockSequence
  #begun = false
  #finish: FinishReason | undefined
  /** The terminal event of a provider's own stream, held back. */
  #terminal: string | undefined
  /** The provider's own response object as it last stood, and the last sequence number, for a failure after it. */
  #ownResponse: JsonObject | undefined
  #ownSequence: number | undefined

  constructor(context: AnswerContext) {
    this.#context = context
    this.#output = new ResponseOutput(context.id)
    this.#blocks = new BlockSequence(this.#output)
  }

  own(part: StreamPart): string {
    const { json } = part
    // `[DONE]` is not of this API, though some providers end with it.
    if (json === undefined) return ''
    this.#ownResponse = objectAt(json, 'response') ?? this.#ownResponse
    this.#ownSequence = amountAt(json, 'sequence_number') ?? this.#ownSequence
    const text = rawEvent(part.event ?? textAt(json, 'type'), part.data)
    if (part.kind !== 'end') return text
    this.#terminal ??= text
    return ''
  }

  translated(part: StreamPart): string {
    let out = ''
    for (const event of part.events) {
      out += this.#begin()
      if (event.kind === 'finish') this.#finish = event.finish
      out += this.#blocks.take(event)
    }
    return out
  }

  #begin(): string {
    if (this.#begun) return ''
    this.#begun = true
    const response = responseObject(this.#context, { status: 'in_progress', reason: undefined, error: undefined }, [], undefined)
    return this.#output.event('response.created', { response }) + this.#output.event('response.in_progress', { response })
  }

  end(facts: AnswerFacts): string {
    if (this.#ownResponse !== undefined) return this.#terminal ?? ''
    let out = this.#begin() + this.#blocks.flush()
    const end = ending(this.#finish ?? facts.finish, this.#output.items)
    keepAnswer(this.#context, responseId(this.#context.id), this.#output.items)
    out += this.#output.event(end.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: responseObject(this.#context, end, this.#output.items, facts) })
    return out
  }

  fail(error: WeighbridgeError, shown: ShownError | undefined): string {
    const code = shown?.code ?? error.code
    const message = shown?.message ?? `${error.message} ${error.remedy}`
    const event = { code, message, param: shown?.param ?? null }
    const failure = { code: responseErrorCode(error), message }
    if (this.#ownResponse === undefined) {
      const response = responseObject(this.#context, { status: 'failed', reason: undefined, error: failure }, this.#output.items, undefined)
      return this.#begin() + this.#output.event('error', event) + this.#output.event('response.failed', { response })
    }
    const next = (this.#ownSequence ?? -1) + 1
    const response = { ...this.#ownResponse, status: 'failed', error: failure }
    return jsonEvent('error', { type: 'error', ...event, sequence_number: next }) + jsonEvent('response.failed', { type: 'response.failed', response, sequence_number: next + 1 })
  }
}
