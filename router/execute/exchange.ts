// One HTTP exchange with a provider: request in, head and body bytes out, under deadlines of our own (undici's are too
// coarse). Every way it can fail ends in a WeighbridgeError; it knows nothing of what the bytes mean. The reader's pace is
// the provider's pace.
import type { Dispatcher } from 'undici'
import { WeighbridgeError, type ErrorCode } from '../../core/errors.ts'
import type { ProviderRequest } from '../providers/adapter.ts'
import { allBusy, isFull, transportError } from './transport-errors.ts'

/** All in milliseconds from the start, except `idleMs`: the longest silence after the first output. */
export type Deadlines = {
  readonly connectMs: number
  readonly firstOutputMs: number
  readonly idleMs: number
  readonly totalMs: number
  /** What is left to the whole call until its first output. */
  readonly callMs: number
}

export type Head = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

const HIGH_WATER_BYTES = 256 * 1024
const LOW_WATER_BYTES = 64 * 1024
/** How long the end of the body may take after the answer's terminal event before the connection is given up. */
const FINISH_MS = 1_000
/** How long a provider may stay silent once only the terminal event of a whole answer is missing; and how long the body of an error may take in all. */
const TAIL_MS = 3_000

type Deadline = { readonly at: number; readonly code: ErrorCode; readonly ms: number; readonly what: string }

/** Starts at construction. `path` is the request's whole path at the dispatcher's origin. */
export class Exchange implements Dispatcher.DispatchHandler {
  #deadlines: Deadlines
  readonly #maxBytes: number
  readonly #dispatcher: Dispatcher
  readonly #startedMs = performance.now()
  #controller: Dispatcher.DispatchController | undefined
  #failure: WeighbridgeError | undefined
  #ended = false
  #finished = false
  #received = 0
  #queuedBytes = 0
  readonly #queue: Buffer[] = []
  #head: Head | undefined
  #wake: (() => void) | undefined
  /** When output was last seen, moved on by the time the reader was busy since; 0: no output yet. */
  #outputMs = 0
  /** Since when the reader has been busy with what it took. */
  #takenMs = 0
  #idleMs: number
  // One timer for all deadlines, set to the next one that can fall due: a fast answer then costs one timer, not four.
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  constructor(dispatcher: Dispatcher, path: string, request: ProviderRequest, deadlines: Deadlines, maxBytes: number) {
    this.#deadlines = deadlines
    this.#idleMs = deadlines.idleMs
    this.#maxBytes = maxBytes
    this.#dispatcher = dispatcher
    this.#arm()
    dispatcher.dispatch({ path, method: request.method, headers: request.headers, body: request.body }, this)
  }

  /** Rejects with the exchange's failure. */
  async head(): Promise<Head> {
    while (this.#head === undefined) {
      if (this.#failure !== undefined) throw this.#failure
      await this.#more()
    }
    return this.#head
  }

  /** The next bytes; `undefined` at a proper end. Bytes that arrived before a failure come first. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#queue.shift()
      if (chunk !== undefined) {
        this.#queuedBytes -= chunk.length
        if (this.#controller?.paused === true && this.#queuedBytes < LOW_WATER_BYTES) this.#controller.resume()
        this.#takenMs = performance.now()
        return chunk
      }
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended) return undefined
      // While the reader was busy (a slow client), silence was not the provider's doing.
      if (this.#outputMs > 0) {
        const nowMs = performance.now()
        this.#outputMs = Math.min(nowMs, this.#outputMs + nowMs - this.#takenMs)
      }
      await this.#more()
      this.#takenMs = performance.now()
    }
  }

  /** Says that real output was seen: ends the first-output deadline and restarts the idle one. */
  outputSeen(): void {
    if (this.#ended || this.#failure !== undefined) return
    const first = this.#outputMs === 0
    this.#outputMs = performance.now()
    if (first) this.#arm()
  }

  /** Says that what is still to come is not needed for the answer: little silence is allowed from here on. */
  onlyTailMissing(): void {
    if (this.#idleMs <= TAIL_MS || this.#ended || this.#failure !== undefined) return
    this.#idleMs = TAIL_MS
    this.#arm()
  }

  /** Says that what is still to come is hardly worth waiting for: all of it must come soon, however steadily it drips. */
  hurry(): void {
    const totalMs = Math.min(this.#deadlines.totalMs, performance.now() - this.#startedMs + TAIL_MS)
    this.#deadlines = { ...this.#deadlines, totalMs }
    if (!this.#ended && this.#failure === undefined) this.#arm()
  }

  /** Ends the exchange with this failure and hangs up on the provider. */
  abort(failure: WeighbridgeError): void {
    if (this.#failure !== undefined || this.#ended) return
    this.#failure = failure
    clearTimeout(this.#timer)
    this.#controller?.abort(failure)
    this.#notify()
  }

  /** Says that the answer is whole: what may still follow is discarded, so that the connection can be used again. */
  finish(): void {
    if (this.#ended || this.#failure !== undefined) return
    this.#finished = true
    this.#queue.length = 0
    this.#queuedBytes = 0
    if (this.#controller?.paused === true) this.#controller.resume()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.abort(new WeighbridgeError('provider_malformed', 'The provider went on after its terminal event.')), FINISH_MS).unref()
  }

  /** Whether a connection was made and the request went out on it. */
  started(): boolean {
    return this.#controller !== undefined
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#failure !== undefined) controller.abort(this.#failure)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    // 1xx (early hints, processing) only announce an answer.
    if (status < 200) return
    this.#head = { status, headers: flatHeaders(headers) }
    this.#notify()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length
    if (this.#received > this.#maxBytes) return this.abort(new WeighbridgeError('provider_body_too_large', `The provider sent more than ${this.#maxBytes} bytes.`))
    if (this.#finished) return
    this.#queue.push(chunk)
    this.#queuedBytes += chunk.length
    if (this.#queuedBytes > HIGH_WATER_BYTES) controller.pause()
    this.#notify()
  }

  onResponseEnd(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#notify()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.abort(transportError(error, this.#head !== undefined))
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** The deadline that falls due first as things stand. */
  #due(): Deadline {
    const { connectMs, firstOutputMs, totalMs, callMs } = this.#deadlines
    const start = this.#startedMs
    let due: Deadline = { at: start + totalMs, code: 'provider_timeout_total', ms: totalMs, what: 'The attempt' }
    if (this.#outputMs > 0) {
      const at = this.#outputMs + this.#idleMs
      return at < due.at ? { at, code: 'provider_timeout_idle', ms: this.#idleMs, what: 'A pause inside the answer' } : due
    }
    if (firstOutputMs < totalMs) due = { at: start + firstOutputMs, code: 'provider_timeout_first_token', ms: firstOutputMs, what: "The provider's first output" }
    if (start + callMs < due.at) due = { at: start + callMs, code: 'call_timeout', ms: callMs, what: 'What was left of the call' }
    if (this.#controller === undefined && start + connectMs < due.at) return { at: start + connectMs, code: 'provider_timeout_connect', ms: connectMs, what: 'The connection to the provider' }
    return due
  }

  /** Sets the timer to the next deadline, unless it already fires before it. */
  #arm(): void {
    const { at } = this.#due()
    if (at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#look(), Math.max(1, at - performance.now()))
  }

  #look(): void {
    this.#timerAt = Infinity
    if (this.#ended || this.#failure !== undefined || this.#finished) return
    const due = this.#due()
    // The timer's clock counts whole milliseconds and may be up to one early.
    if (performance.now() < due.at - 1) return this.#arm()
    // What waits to be read is a slow client's doing, not the provider's silence.
    if (due.code === 'provider_timeout_idle' && (this.#queue.length > 0 || this.#wake === undefined)) {
      this.#outputMs = performance.now()
      return this.#arm()
    }
    if (due.code === 'provider_timeout_connect' && isFull(this.#dispatcher)) return this.abort(allBusy())
    this.abort(new WeighbridgeError(due.code, `${due.what} took longer than ${Math.round(due.ms)} ms.`))
  }
}

function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}
