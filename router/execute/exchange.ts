// One HTTP exchange with a provider: request in, head and body bytes out, under four deadlines of our own. Every way it can
// fail ends in a WeighbridgeError; it knows nothing of what the bytes mean. The reader's pace is the provider's pace.
import type { Dispatcher } from 'undici'
import { WeighbridgeError, type ErrorCode } from '../../core/errors.ts'
import type { ProviderRequest } from '../providers/adapter.ts'

/** All in milliseconds from the start, except `idleMs`: the longest silence after the first output. */
export type Deadlines = { readonly connectMs: number; readonly firstOutputMs: number; readonly idleMs: number; readonly totalMs: number }

export type Head = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

export interface Exchange {
  /** Rejects with the exchange's failure. */
  head(): Promise<Head>
  /** The next bytes; `undefined` at a proper end. Bytes that arrived before a failure come first. */
  next(): Promise<Buffer | undefined>
  /** Says that real output was seen: ends the first-output deadline and restarts the idle one. */
  outputSeen(): void
  /** Ends the exchange with this failure and hangs up on the provider. */
  abort(failure: WeighbridgeError): void
  /** Says that the answer is whole: what may still follow is discarded, so that the connection can be used again. */
  finish(): void
  /** Whether a connection was made and the request went out on it. */
  started(): boolean
}

const HIGH_WATER_BYTES = 256 * 1024
const LOW_WATER_BYTES = 64 * 1024
/** How long the end of the body may take after the answer's terminal event before the connection is given up. */
const FINISH_MS = 1_000

/** Starts an exchange. `path` is the request's whole path at the dispatcher's origin. */
export function openExchange(dispatcher: Dispatcher, path: string, request: ProviderRequest, deadlines: Deadlines, maxBytes: number): Exchange {
  let controller: Dispatcher.DispatchController | undefined
  let failure: WeighbridgeError | undefined
  let ended = false
  let received = 0
  let queuedBytes = 0
  const queue: Buffer[] = []
  let head: Head | undefined
  let wake: (() => void) | undefined

  const woken = (): Promise<void> => new Promise((resolve) => (wake = resolve))
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const fail = (error: WeighbridgeError): void => {
    if (failure !== undefined || ended) return
    failure = error
    stopTimers()
    controller?.abort(error)
    notify()
  }
  const late = (code: ErrorCode, ms: number, what: string): void => fail(new WeighbridgeError(code, `${what} took longer than ${ms} ms.`))

  let connect: NodeJS.Timeout | undefined = setTimeout(() => late('provider_timeout_connect', deadlines.connectMs, 'The connection to the provider'), deadlines.connectMs)
  let first: NodeJS.Timeout | undefined = setTimeout(() => late('provider_timeout_first_token', deadlines.firstOutputMs, "The provider's first output"), deadlines.firstOutputMs)
  const total = setTimeout(() => late('provider_timeout_total', deadlines.totalMs, 'The attempt'), deadlines.totalMs)
  let idle: NodeJS.Timeout | undefined
  let ending: NodeJS.Timeout | undefined
  let finished = false
  function silent(): void {
    // What waits to be read is a slow client's doing, not the provider's silence.
    if (queue.length > 0) idle?.refresh()
    else late('provider_timeout_idle', deadlines.idleMs, 'A pause inside the answer')
  }
  function stopTimers(): void {
    for (const timer of [connect, first, total, idle, ending]) clearTimeout(timer)
    connect = first = idle = undefined
  }

  dispatcher.dispatch(
    { path, method: request.method, headers: request.headers, body: request.body },
    {
      onRequestStart(started) {
        controller = started
        clearTimeout(connect)
        if (failure !== undefined) started.abort(failure)
      },
      onResponseStart(_controller, status, headers) {
        head = { status, headers: flatHeaders(headers) }
        notify()
      },
      onResponseData(active, chunk) {
        received += chunk.length
        if (received > maxBytes) return fail(new WeighbridgeError('provider_body_too_large', `The provider sent more than ${maxBytes} bytes.`))
        if (finished) return
        queue.push(chunk)
        queuedBytes += chunk.length
        if (queuedBytes > HIGH_WATER_BYTES) active.pause()
        notify()
      },
      onResponseEnd() {
        ended = true
        stopTimers()
        notify()
      },
      onResponseError(_controller, error) {
        fail(transportError(error, head !== undefined))
      },
    },
  )

  return {
    async head() {
      while (head === undefined) {
        if (failure !== undefined) throw failure
        await woken()
      }
      return head
    },
    async next() {
      for (;;) {
        const chunk = queue.shift()
        if (chunk !== undefined) {
          queuedBytes -= chunk.length
          if (controller?.paused === true && queuedBytes < LOW_WATER_BYTES) controller.resume()
          return chunk
        }
        if (failure !== undefined) throw failure
        if (ended) return undefined
        await woken()
      }
    },
    outputSeen() {
      if (ended || failure !== undefined) return
      clearTimeout(first)
      if (idle === undefined) idle = setTimeout(silent, deadlines.idleMs)
      else idle.refresh()
    },
    abort: fail,
    finish() {
      if (ended || failure !== undefined) return
      stopTimers()
      finished = true
      queue.length = 0
      controller?.resume()
      ending = setTimeout(() => fail(new WeighbridgeError('provider_malformed', 'The provider went on after its terminal event.')), FINISH_MS).unref()
    },
    started: () => controller !== undefined,
  }
}

function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  return flat
}

/** What a broken connection means: before the head nothing was answered; after it the answer is cut. */
function transportError(error: Error, answered: boolean): WeighbridgeError {
  const name = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const options = { cause: error, details: { cause: name } }
  if (name === 'UND_ERR_CONNECT_TIMEOUT') return new WeighbridgeError('provider_timeout_connect', 'The connection to the provider timed out.', options)
  if (name.startsWith('HPE_') || name === 'UND_ERR_HEADERS_OVERFLOW' || name === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new WeighbridgeError(answered ? 'provider_stream_cut' : 'provider_malformed', `The provider broke HTTP (${name}).`, options)
  }
  if (answered) return new WeighbridgeError('provider_stream_cut', `The provider's connection broke inside its answer (${name}).`, options)
  return new WeighbridgeError('provider_unreachable', `The provider could not be reached (${name}).`, options)
}
