// One attempt: a call at one target, from the adapter's request to a whole answer or to the parts of a stream. It records
// what was seen as it goes, so that a failure can be priced; it never retries.
import { createParser } from 'eventsource-parser'
import type { Dispatcher } from 'undici'
import type { Target } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { Adapter, AnswerFacts, OutgoingCall, PlainAnswer, StreamPart } from '../providers/adapter.ts'
import type { JsonObject } from '../providers/json.ts'
import { openExchange, type Exchange } from './exchange.ts'

/**
 * A plain answer arrives as a whole, so its first byte comes when a stream's last would: it gets this many times
 * first_token_ms (and never more than total_ms).
 */
export const PLAIN_FIRST_BYTE_FACTOR = 6
/** Longest event of a stream, in characters. */
const MAX_EVENT_CHARACTERS = 8 * 1024 * 1024
/** Longest error body that is read to be understood. */
const MAX_ERROR_BYTES = 64 * 1024

export type AttemptOptions = {
  readonly adapter: Adapter
  readonly target: Target
  readonly call: OutgoingCall
  readonly dispatcher: Dispatcher
  readonly maxResponseBytes: number
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
  /** The provider's own error object, to show to the client only. */
  shown: JsonObject | undefined
  /** Whether the answer says it is simulated although the provider is not configured so. */
  claimsSimulated: boolean
}

/** Our simulated providers mark every answer with it. */
const SIMULATED_HEADER = 'x-weighbridge-simulated'

export interface Attempt {
  readonly observed: Observed
  /** Whether the provider may bill what was seen. */
  billable(): boolean
  /** The whole answer and its text as the provider sent it. Throws what went wrong. */
  plain(): Promise<{ readonly answer: PlainAnswer; readonly text: string }>
  /** The parts of a stream; ends only after a complete answer, throws what went wrong otherwise. */
  parts(): AsyncGenerator<StreamPart, void, void>
  abort(failure: WeighbridgeError): void
}

/** Sends the request at once. */
export function startAttempt(options: AttemptOptions): Attempt {
  const { adapter, target, call, clock } = options
  const { provider } = target
  const request = adapter.build(call, target)
  const { connectMs, firstTokenMs, idleMs, totalMs } = provider.timeouts
  const firstOutputMs = call.stream ? firstTokenMs : Math.min(totalMs, firstTokenMs * PLAIN_FIRST_BYTE_FACTOR)
  const path = `${new URL(provider.baseUrl).pathname.replace(/\/$/, '')}${request.path}`
  const exchange = openExchange(options.dispatcher, path, request, { connectMs, firstOutputMs, idleMs, totalMs }, options.maxResponseBytes)
  const observed: Observed = { startedMs: clock.monotonicMs(), status: undefined, ttftMs: undefined, characters: 0, facts: undefined, shown: undefined, claimsSimulated: false }

  const answered = async (): Promise<Readonly<Record<string, string>>> => {
    const { status, headers } = await exchange.head()
    observed.status = status
    if (headers[SIMULATED_HEADER] !== undefined && !target.provider.simulated) observed.claimsSimulated = true
    if (status >= 200 && status < 300) return headers
    const body = await readAll(exchange, MAX_ERROR_BYTES).catch(() => '')
    const refusal = adapter.classify(status, headers, body, clock.nowMs())
    observed.shown = refusal.shown
    exchange.abort(refusal.error)
    throw refusal.error
  }

  async function* parts(): AsyncGenerator<StreamPart, void, void> {
    const headers = await answered()
    const type = headers['content-type'] ?? ''
    if (!type.includes('event-stream')) {
      // A server that answers an error with 200 and JSON says more than its content type does.
      if (type.includes('json')) adapter.parse(await readAll(exchange, MAX_ERROR_BYTES))
      throw new WeighbridgeError('provider_malformed', `The provider answered a stream request with content-type "${type.slice(0, 64)}".`)
    }
    const reader = adapter.stream(call.body)
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
    let ending: WeighbridgeError | undefined
    for (;;) {
      let bytes: Buffer | undefined
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
      observed.facts = reader.facts()
      for (const part of ready.splice(0)) {
        if (part.kind === 'end') {
          exchange.finish()
          yield part
          return
        }
        if (part.kind === 'error') {
          exchange.abort(part.error)
          throw part.error
        }
        observed.characters += part.characters
        if (part.kind === 'output' || part.kind === 'finish') {
          observed.ttftMs ??= clock.monotonicMs() - observed.startedMs
          exchange.outputSeen()
        }
        yield part
      }
      if (broken !== undefined) {
        exchange.abort(broken)
        throw broken
      }
      if (bytes !== undefined) continue
      // After the finish reason the answer is whole: a missing [DONE] or a hang-up takes nothing from it.
      if (reader.complete() && ending?.code !== 'client_closed') {
        yield { kind: 'end' }
        return
      }
      throw ending ?? new WeighbridgeError('provider_stream_cut', "The provider's stream ended without a terminal event.")
    }
  }

  return {
    observed,
    billable: () => exchange.started() && (observed.status === undefined || observed.status < 300),
    async plain() {
      const headers = await answered()
      exchange.outputSeen()
      const text = await readAll(exchange, options.maxResponseBytes)
      const type = headers['content-type'] ?? ''
      if (type.includes('html')) throw new WeighbridgeError('provider_malformed', 'The provider answered with an HTML page.')
      const answer = adapter.parse(text)
      observed.ttftMs = clock.monotonicMs() - observed.startedMs
      observed.facts = answer.facts
      observed.characters = answer.characters
      return { answer, text }
    },
    parts,
    abort: (failure) => exchange.abort(failure),
  }
}

async function readAll(exchange: Exchange, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for (;;) {
    const chunk = await exchange.next()
    if (chunk === undefined) return Buffer.concat(chunks).toString()
    exchange.outputSeen()
    bytes += chunk.length
    if (bytes > maxBytes) return Buffer.concat(chunks).toString().slice(0, maxBytes)
    chunks.push(chunk)
  }
}
