// A streamed Chat Completions answer → parts, facts and (asked to translate) events of the common form. Pure but for the state of
// one answer. Terminal: a finish reason for every choice that was asked for, or `[DONE]`.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerEvent, AnswerFacts } from '../../../core/model-answer.ts'
import type { Usage } from '../../../core/usage.ts'
import type { StreamPart, StreamReader } from '../adapter.ts'
import { listAt, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { errorInside, hasError } from '../openai-errors.ts'
import { callIds } from './call-ids.ts'
import { finishOf, refuseBroken } from './finish.ts'
import { choiceObject, headOf, NO_HEAD, outputCharacters, usageIn, type Head } from './head.ts'
import { ChatTranslation } from './translation.ts'
import { OPENAI_USAGE, type UsageRules } from './usage.ts'

export type ChatStreamOptions = {
  /** Choices that were asked for. */
  readonly choices: number
  readonly translate: boolean
  readonly usage?: UsageRules
}

const NO_EVENTS: readonly AnswerEvent[] = []

/** Reads one stream. */
export class ChatStreamReader implements StreamReader {
  readonly #options: ChatStreamOptions
  #head: Head = NO_HEAD
  #finishReason: string | undefined
  #usage: Usage | undefined
  #ended = false
  #hasCalls = false
  #hasRefusal = false
  readonly #open = new Set<number>()
  readonly #finished = new Set<number>()
  #translation: ChatTranslation | undefined

  constructor(options: ChatStreamOptions) {
    this.#options = options
  }

  read(event: string | undefined, data: string): StreamPart {
    const trimmed = data.trim()
    if (trimmed === '[DONE]') return this.#done(event, data)
    // After the end nothing counts any more; an empty event never did.
    if (this.#ended || trimmed === '') return { kind: 'start', event, data, json: undefined, events: NO_EVENTS, characters: 0 }
    const chunk = parseObject(data)
    if (chunk === undefined) throw new WeighbridgeError('provider_malformed', `An event of ${data.length} characters in the provider's stream is not a JSON object.`)
    if (hasError(chunk) || event === 'error') throw errorInside(chunk)
    return this.#chunk(event, data, chunk)
  }

  #chunk(event: string | undefined, data: string, chunk: JsonObject): StreamPart {
    this.#noteHead(chunk)
    const choices = listAt(chunk, 'choices')
    this.#usage = usageIn(chunk, choices[0], this.#options.usage ?? OPENAI_USAGE) ?? this.#usage
    let characters = 0
    let isFinishing = false
    let events = NO_EVENTS
    for (const entry of choices) {
      const choice = choiceObject(entry)
      if (hasError(choice)) throw errorInside(choice)
      const index = typeof choice['index'] === 'number' ? choice['index'] : 0
      this.#open.add(index)
      // Some servers end with a whole message where a delta belongs.
      const delta = objectAt(choice, 'delta') ?? objectAt(choice, 'message')
      characters += outputCharacters(delta)
      const reason = textAt(choice, 'finish_reason')
      refuseBroken(reason)
      const isFirstEnd = reason !== undefined && reason !== '' && !this.#finished.has(index)
      if (index === 0 && delta !== undefined) this.#noteDelta(delta)
      if (isFirstEnd) {
        this.#finished.add(index)
        if (index === 0 || this.#finishReason === undefined) this.#finishReason = reason
        isFinishing = true
      }
      if (this.#options.translate && index === 0) {
        this.#translation ??= new ChatTranslation(callIds({ id: this.#head.responseId, created: chunk['created'] }))
        events = this.#translation.take(choice, delta, isFirstEnd ? { finish: this.facts().finish } : undefined)
      }
    }
    const isUsage = characters === 0 && choices.length === 0 && this.#usage !== undefined && 'usage' in chunk
    return { kind: isFinishing ? 'finish' : characters > 0 ? 'output' : isUsage ? 'usage' : 'start', event, data, json: chunk, events, characters }
  }

  #done(event: string | undefined, data: string): StreamPart {
    if (this.#open.size === 0) throw new WeighbridgeError('provider_malformed', "The provider's stream ended without an answer.")
    const events = this.#ended ? NO_EVENTS : (this.#translation?.end() ?? NO_EVENTS)
    this.#ended = true
    return { kind: 'end', event, data, json: undefined, events, characters: 0 }
  }

  #noteHead(chunk: JsonObject): void {
    if (this.#head === NO_HEAD) {
      this.#head = headOf(chunk)
      return
    }
    const { responseId, servedModel, systemFingerprint, serviceTier } = this.#head
    const tier = chunk['service_tier']
    // The tier is settled last; names stand in every chunk and are read once.
    if ((typeof tier === 'string' && tier !== '' && tier !== serviceTier) || responseId === undefined || servedModel === undefined || systemFingerprint === undefined) {
      const now = headOf(chunk)
      this.#head = { responseId: responseId ?? now.responseId, servedModel: servedModel ?? now.servedModel, systemFingerprint: systemFingerprint ?? now.systemFingerprint, serviceTier: now.serviceTier ?? serviceTier }
    }
  }

  #noteDelta(delta: JsonObject): void {
    if (!this.#hasCalls) this.#hasCalls = listAt(delta, 'tool_calls').length > 0
    if (!this.#hasRefusal) this.#hasRefusal = (textAt(delta, 'refusal') ?? '') !== ''
  }

  // A choice that was never begun is as missing as one that was cut.
  complete(): boolean {
    return this.#ended || (this.#finished.size >= this.#options.choices && this.#finished.size === this.#open.size)
  }

  facts(): AnswerFacts {
    const finish = finishOf(this.#finishReason, { hasCalls: this.#hasCalls, hasRefusal: this.#hasRefusal })
    return { ...this.#head, finishReason: this.#finishReason, finish, usage: this.#usage }
  }
}
