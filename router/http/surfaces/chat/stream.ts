// A stream in Chat Completions form. A provider's own chunks go out as their bytes came unless the client did not ask for what
// is in them; an answer of another wire is written as chunks. `[DONE]` waits for `end`, so that a client that has it has
// everything. One writer per stream.
import type { WeighbridgeError } from '../../../../core/errors.ts'
import type { AnswerEvent, AnswerFacts } from '../../../../core/model-answer.ts'
import type { Seal } from '../../../../core/model-request.ts'
import type { ShownError, StreamPart } from '../../../providers/adapter.ts'
import { isObject, listAt, objectAt, type JsonObject } from '../../../providers/json.ts'
import { prefixedId } from '../ids.ts'
import { jsonEvent, rawEvent } from '../sse.ts'
import type { AnswerContext, SurfaceWriter } from '../surface.ts'
import { openaiErrorBody } from './errors.ts'
import { callExtras, reasoningDetail } from './reasoning.ts'
import { chatFacts, chatFinish, chatLogprob, chatUsage, speaksFunctions } from './write.ts'

const DONE = 'data: [DONE]\n\n'
const USAGE_NULL = ',"usage":null'

export class ChatWriter implements SurfaceWriter {
  readonly #context: AnswerContext
  readonly #wantsUsage: boolean
  readonly #legacy: boolean
  /** Whether a chunk with usage went out. */
  #usageSent = false
  /** Whether the provider speaks this wire, so that the chunks and the last of them are its own. */
  #isOwn = false
  #roleSent = false
  #finishSent = false
  #refusalSent = false
  #calls = 0
  #details = 0
  /** Reasoning since the last seal, which is repeated beside it. */
  #reasoning = ''

  constructor(context: AnswerContext) {
    this.#context = context
    this.#wantsUsage = objectAt(context.asked.native, 'stream_options')?.['include_usage'] === true
    this.#legacy = speaksFunctions(context)
  }

  own(part: StreamPart): string {
    const { json, data } = part
    this.#isOwn = true
    if (json === undefined) return ''
    if (typeof json['model'] === 'string') {
      if (!('usage' in json)) return rawEvent(undefined, data)
      if (this.#wantsUsage) {
        if (isObject(json['usage'])) this.#usageSent = true
        return rawEvent(undefined, data)
      }
      // OpenAI writes `"usage":null` into every chunk when asked for usage, as we always ask: cut out of the text where that is safe.
      if (json['usage'] === null) {
        const at = data.indexOf(USAGE_NULL)
        // Inside a string the quotes would be escaped, so this is a member; it must be the only one of its name.
        if (at !== -1 && data.indexOf('"usage"') === at + 1 && data.lastIndexOf('"usage"') === at + 1) return rawEvent(undefined, data.slice(0, at) + data.slice(at + USAGE_NULL.length))
      }
    }
    return this.#rewritten(json)
  }

  /** A chunk that needs a change: our model name, or no usage. */
  #rewritten(json: JsonObject): string {
    const named = typeof json['model'] === 'string' ? json : { ...json, model: this.#context.model }
    if (!('usage' in named)) return jsonEvent(undefined, named)
    const { usage, ...rest } = named
    if (this.#wantsUsage) {
      if (isObject(usage)) this.#usageSent = true
      return jsonEvent(undefined, named)
    }
    return isObject(usage) && listAt(rest, 'choices').length === 0 ? '' : jsonEvent(undefined, rest)
  }

  translated(part: StreamPart): string {
    let out = ''
    for (const event of part.events) out += this.#event(event)
    return out
  }

  #event(event: AnswerEvent): string {
    // A seal belongs to the reasoning right before it.
    if (event.kind !== 'reasoning' && event.kind !== 'reasoning_seal') this.#reasoning = ''
    switch (event.kind) {
      case 'text':
        return this.#delta({ content: event.text }, event.logprobs === undefined ? undefined : { content: event.logprobs.map(chatLogprob), refusal: null })
      case 'refusal':
        this.#refusalSent = true
        return this.#delta({ refusal: event.text })
      case 'reasoning':
        this.#reasoning += event.text
        return this.#delta({ reasoning_content: event.text })
      case 'reasoning_seal':
        return this.#seal(event.seal, event.redacted)
      case 'tool_call': {
        this.#calls += 1
        if (this.#legacy) return event.index === 0 ? this.#delta({ function_call: { name: event.name, arguments: '' } }) : ''
        return this.#delta({ tool_calls: [{ index: event.index, id: event.id, type: 'function', function: { name: event.name, arguments: '' }, ...callExtras(event.seal) }] })
      }
      case 'tool_arguments':
        if (this.#legacy) return event.index === 0 ? this.#delta({ function_call: { arguments: event.json } }) : ''
        return this.#delta({ tool_calls: [{ index: event.index, function: { arguments: event.json } }] })
      case 'finish':
        return this.#finish(chatFinish(event.finish, this.#legacy, this.#refusalSent))
    }
  }

  #seal(seal: Seal, redacted: boolean): string {
    const detail = reasoningDetail({ text: redacted ? '' : this.#reasoning, seal, redacted }, this.#details)
    this.#details += 1
    this.#reasoning = ''
    return this.#delta({ reasoning_details: [detail] })
  }

  #delta(delta: JsonObject, logprobs?: JsonObject): string {
    const whole = this.#roleSent ? delta : { role: 'assistant', ...('content' in delta ? {} : { content: null }), ...delta }
    this.#roleSent = true
    return this.#chunk([{ index: 0, delta: whole, logprobs: logprobs ?? null, finish_reason: null }])
  }

  #finish(reason: string): string {
    if (this.#finishSent) return ''
    const opening = this.#roleSent ? '' : this.#delta({})
    this.#finishSent = true
    return opening + this.#chunk([{ index: 0, delta: {}, logprobs: null, finish_reason: reason }])
  }

  #chunk(choices: readonly JsonObject[], more: JsonObject = {}): string {
    const { id, createdS, model } = this.#context
    const usage = this.#wantsUsage && more['usage'] === undefined ? { usage: null } : {}
    return jsonEvent(undefined, { id: prefixedId('chatcmpl-', id), object: 'chat.completion.chunk', created: createdS, model, choices, ...usage, ...more })
  }

  end(facts: AnswerFacts): string {
    let out = ''
    if (!this.#isOwn) out += this.#finish(chatFinish(facts.finish ?? (this.#calls > 0 ? 'tool_calls' : 'stop'), this.#legacy, this.#refusalSent))
    const usage = this.#wantsUsage && !this.#usageSent ? chatUsage(facts.usage) : undefined
    if (usage !== undefined) out += this.#chunk([], { usage, ...chatFacts(facts) })
    return out + DONE
  }

  fail(error: WeighbridgeError, shown: ShownError | undefined): string {
    return jsonEvent(undefined, openaiErrorBody(error, shown, this.#context.requestId ?? ''))
  }
}
