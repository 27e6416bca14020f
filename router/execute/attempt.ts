// One attempt: a request at one target, from its bytes going out to a whole answer or to the parts of a stream. It records
// what was seen as it goes, so that a failure can be priced; it never retries.
import { createParser } from 'eventsource-parser'
import type { Dispatcher } from 'undici'
import type { Target } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { AnswerFacts } from '../../core/model-answer.ts'
import type { Clock } from '../../core/seams.ts'
import type { Adapter, ProviderRequest, ShownError, StreamPart, StreamReader } from '../providers/adapter.ts'
import { Exchange } from './exchange.ts'

/**
 * A plain answer arrives as a whole, so its first byte comes when a stream's last would: it gets this many times
 * first_token_ms (and never more than total_ms).
 */
export const PLAIN_FIRST_BYTE_FACTOR = 6
/** Longest event of a stream, in characters. */
const MAX_EVENT_CHARACTERS = 8 * 1024 * 1024
/** Longest error body that is read to be understood. */
const MAX_ERROR_BYTES = 64 * 1024
/** Our simulated providers mark every answer with it. */
const SIMULATED_HEADER = 'x-weighbridge-simulated'
/** Headers in which providers name a request: OpenAI and most others; Anthropic; Cloudflare in front of any. */
const PROVIDER_ID_HEADERS = ['x-request-id', 'request-id', 'cf-ray'] as const
const PROVIDER_ID_FORM = /^[\x21-\x7e]{1,128}$/

export type AttemptOptions = {
  readonly adapter: Adapter
  readonly target: Target
  readonly request: ProviderRequest
  readonly stream: boolean
  readonly dispatcher: Dispatcher
  readonly maxResponseBytes: number
  /** Milliseconds left to the whole call until its first output. */
  readonly callMs: number
  readonly clock: Clock
}

/** What an attempt has seen so far. */
export type Observed = {
  readonly startedMs: number
  status: number | undefined
  /** Milliseconds to the first real output; for a plain answer, to its whole. */
  ttftMs: number | undefined
  characters: number
  facts: AnswerFacts | undefined
  /** The provider's own error, to show to the client only. */
  shown: ShownError | undefined
  /** The provider's own id of the request. */
  providerRequestId: string | undefined
  /** Whether the answer says it is simulated although the provider is not configured so. */
  claimsSimulated: boolean
}

/** Takes a part of a stream; a promise makes the provider wait for it, a throw ends the attempt. */
export type Consumer = (part: StreamPart, reader: StreamReader) => Promise<void> | undefined

/** Sends the request at its construction. */
export class Attempt {
  readonly observed: Observed
  readonly #options: AttemptOptions
  readonly #exchange: Exchange

  constructor(options: AttemptOptions) {
    this.#options = options
    const { target, request, clock } = options
    const { connectMs, firstTokenMs, idleMs, totalMs } = target.provider.timeouts
    const firstOutputMs = options.stream ? firstTokenMs : Math.min(totalMs, firstTokenMs * PLAIN_FIRST_BYTE_FACTOR)
    this.observed = { startedMs: clock.monotonicMs(), status: undefined, ttftMs: undefined, characters: 0, facts: undefined, shown: undefined, providerRequestId: undefined, claimsSimulated: false }
    const deadlines = { connectMs, firstOutputMs, idleMs, totalMs, callMs: options.callMs }
    this.#exchange = new Exchange(options.dispatcher, pathAt(target.provider.baseUrl, request.path), request, deadlines, options.maxResponseBytes)
  }

  /** Whether the provider may bill what was seen. */
  billable(): boolean {
    return this.#exchange.started() && (this.observed.status === undefined || this.observed.status < 300)
  }

  abort(failure: WeighbridgeError): void {
    this.#exchange.abort(failure)
  }

  /** The whole answer as the provider sent it, once it has a status of 2xx. Throws what went wrong. */
  async whole(): Promise<Buffer> {
    const headers = await this.#answered()
    if (headers['content-type']?.includes('html') === true) throw new WeighbridgeError('provider_malformed', 'The provider answered with an HTML page.')
    this.#exchange.outputSeen()
    return readAll(this.#exchange, Infinity)
  }

  /** Notes what a whole answer says; its first output is all of it. */
  answered(facts: AnswerFacts, characters: number): void {
    this.observed.ttftMs = this.#options.clock.monotonicMs() - this.observed.startedMs
    this.observed.facts = facts
    this.observed.characters = characters
  }

  /** Feeds a stream's parts to `consume` in order, at its pace. Settles after a complete answer; rejects with what went wrong otherwise. */
  async stream(reader: StreamReader, consume: Consumer): Promise<void> {
    const headers = await this.#answered()
    const type = headers['content-type'] ?? ''
    if (!type.includes('event-stream')) {
      // A server that answers an error with 200 and JSON says more than its content type does.
      this.#exchange.hurry()
      if (type.includes('json')) this.#options.adapter.parse((await readAll(this.#exchange, MAX_ERROR_BYTES)).toString(), this.#options.target)
      throw new WeighbridgeError('provider_malformed', `The provider answered a stream request with content-type "${type.slice(0, 64)}".`)
    }
    try {
      await this.#feed(reader, consume)
    } finally {
      this.observed.facts = reader.facts()
    }
  }

  async #feed(reader: StreamReader, consume: Consumer): Promise<void> {
    const { observed } = this
    const exchange = this.#exchange
    const ready: StreamPart[] = []
    let broken: WeighbridgeError | undefined
    const parser = createParser({
      maxBufferSize: MAX_EVENT_CHARACTERS,
      onEvent: (event) => void ready.push(reader.read(event.event, event.data)),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') broken = new WeighbridgeError('provider_body_too_large', `An event of the provider's stream is longer than ${MAX_EVENT_CHARACTERS} characters.`)
      },
    })
    const decoder = new TextDecoder()
    for (;;) {
      let bytes: Buffer | undefined
      let ending: WeighbridgeError | undefined
      try {
        bytes = await exchange.next()
      } catch (error) {
        ending = asWeighbridgeError(error)
      }
      try {
        if (bytes !== undefined) parser.feed(decoder.decode(bytes, { stream: true }))
      } catch (error) {
        // What was read before the fault still goes out first.
        broken = asWeighbridgeError(error)
      }
      for (const part of ready) {
        observed.characters += part.characters
        if (part.kind === 'output' || part.kind === 'finish') {
          observed.ttftMs ??= this.#options.clock.monotonicMs() - observed.startedMs
          exchange.outputSeen()
        }
        if (part.kind === 'end') exchange.finish()
        const taken = consume(part, reader)
        if (taken !== undefined) await taken
        if (part.kind === 'end') return
      }
      ready.length = 0
      if (broken !== undefined) {
        exchange.abort(broken)
        throw broken
      }
      if (bytes !== undefined) {
        if (observed.ttftMs !== undefined && reader.complete()) exchange.onlyTailMissing()
        continue
      }
      // A whole answer stays whole: a missing terminal event or a hang-up after its end takes nothing from it.
      if (reader.complete() && ending?.code !== 'client_closed') {
        if (ending === undefined) return
        exchange.abort(ending)
        return
      }
      throw ending ?? new WeighbridgeError('provider_stream_cut', "The provider's stream ended without a terminal event.")
    }
  }

  /** The headers of an answer of 2xx. Throws what any other means. */
  async #answered(): Promise<Readonly<Record<string, string>>> {
    const { adapter, target, clock } = this.#options
    const { status, headers } = await this.#exchange.head()
    this.observed.status = status
    this.observed.providerRequestId = providerRequestId(headers)
    if (headers[SIMULATED_HEADER] !== undefined && !target.provider.simulated) this.observed.claimsSimulated = true
    if (status >= 200 && status < 300) {
      const encoding = headers['content-encoding'] ?? 'identity'
      if (encoding === 'identity' || encoding === '') return headers
      throw new WeighbridgeError('provider_malformed', `The provider answered with content-encoding "${encoding.slice(0, 32)}", which was not asked for.`)
    }
    // The status alone says enough when the error's body hangs or breaks; little time is spent on it.
    this.#exchange.hurry()
    const body = await readAll(this.#exchange, MAX_ERROR_BYTES).catch(() => undefined)
    const refusal = adapter.classify(status, headers, body?.toString() ?? '', clock.nowMs())
    this.observed.shown = refusal.shown
    this.#exchange.abort(refusal.error)
    throw refusal.error
  }
}

function pathAt(baseUrl: string, path: string): string {
  // Providers' addresses end without a slash (core/config.ts), so what follows the host is the prefix.
  const slash = baseUrl.indexOf('/', baseUrl.indexOf('//') + 2)
  return slash === -1 ? path : baseUrl.slice(slash) + path
}

function providerRequestId(headers: Readonly<Record<string, string>>): string | undefined {
  for (const name of PROVIDER_ID_HEADERS) {
    const id = headers[name]
    if (id !== undefined && PROVIDER_ID_FORM.test(id)) return id
  }
  return undefined
}

async function readAll(exchange: Exchange, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for (;;) {
    const chunk = await exchange.next()
    if (chunk === undefined) return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    exchange.outputSeen()
    bytes += chunk.length
    chunks.push(chunk)
    if (bytes > maxBytes) return Buffer.concat(chunks).subarray(0, maxBytes)
  }
}
