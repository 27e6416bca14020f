// The OTLP/HTTP door: POST /v1/traces, /v1/logs and /v1/metrics, JSON and protobuf on one port. It acknowledges a request once
// `store` has it on disk, and never answers anything but "come again" while it has not.
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { checkHost } from '../../core/host-guard.ts'
import type { Clock } from '../../core/seams.ts'
import type { Counters } from '../counters.ts'
import { countMetrics, decodeRequest, encodingOf, signalOf } from '../decode/decode-request.ts'
import type { OtlpEncoding, OtlpSignal } from '../decode/decode-request.ts'
import type { EncodedRows } from '../decode/encoded-rows.ts'
import type { ForeignOptions } from '../decode/span-row.ts'
import { answerAdmin, isAdminPath, type CollectorAdmin } from './admin.ts'
import { accepted, refused } from './answers.ts'
import type { Answer } from './answers.ts'
import { expectedBytes, isCompressed, readBody } from './body.ts'
import { checkAdminToken, checkToken } from './guard.ts'
import type { GuardSettings } from './guard.ts'

/** A request whose items are accepted and must be on disk before it is acknowledged. */
export type AcceptedRequest = { readonly signal: OtlpSignal; readonly encoding: OtlpEncoding; readonly compressed: boolean; readonly receivedMs: number; readonly raw: Buffer; readonly rows: readonly EncodedRows[]; readonly items: number }

export type ReceiverOptions = {
  readonly guard: GuardSettings
  /** Largest body, before and after decompression. */
  readonly maxBodyBytes: number
  /** Most bytes of bodies being read and decoded at once; beyond it senders are asked to come again. */
  readonly maxInFlightBytes: number
  /** Resolves once the request is on disk. */
  readonly store: (request: AcceptedRequest) => Promise<void>
  /** What GET /readyz and GET /metrics say. */
  readonly ready: () => { readonly ok: boolean; readonly facts: Readonly<Record<string, unknown>> }
  readonly metrics: () => string
  readonly admin: CollectorAdmin
  /** Certificate and key in PEM, to serve HTTPS; `undefined`: plain HTTP. */
  readonly tls: TlsFiles | undefined
  readonly counters: Counters
  /** Our own price book, and whether texts are kept, for spans of other senders. */
  readonly foreign: ForeignOptions
  readonly clock: Clock
  readonly log: Logger
}

export type TlsFiles = { readonly cert: string; readonly key: string }

export interface Receiver {
  readonly server: Server
  /** Lets requests under way finish, takes no new ones. */
  close(deadlineMs: number): Promise<void>
}

const RETRY_AFTER_SECONDS = 2
/** How long the rest of a refused body is read and thrown away. */
const REFUSED_BODY_MS = 2_000

/** Makes the server; the caller lets it listen. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { counters, clock, log, maxBodyBytes } = options
  let inFlightBytes = 0
  let closing = false

  async function receive(request: IncomingMessage, signal: OtlpSignal, encoding: OtlpEncoding): Promise<Answer> {
    const compressed = isCompressed(request.headers['content-encoding'])
    const expected = expectedBytes(request, maxBodyBytes)
    let held = 0
    /** Counts bytes that are held, unless those of all requests together would be too many; one alone is never too many. */
    const hold = (bytes: number): void => {
      if (bytes <= held) return
      if (inFlightBytes > held && inFlightBytes + bytes - held > options.maxInFlightBytes) {
        throw new WeighbridgeError('disk_full', 'The collector is reading as many bodies as it can hold.', { remedy: 'Send it again.', details: { pressure: true } })
      }
      inFlightBytes += bytes - held
      held = bytes
    }
    try {
      hold(expected)
      // A body that does not say its length is counted as it comes.
      const { raw, plain } = await readBody(request, compressed, maxBodyBytes, hold)
      inFlightBytes += plain.length - held
      held = plain.length
      const receivedMs = clock.nowMs()
      if (signal === 'metrics') {
        counters.metrics += countMetrics(encoding, plain)
        return accepted(signal, encoding, 0, '')
      }
      const { rows, items, rejected, reason } = decodeRequest(signal, encoding, plain, receivedMs, options.foreign)
      if (items > 0) await options.store({ signal, encoding, compressed, receivedMs, raw, rows, items })
      counters.rejected += rejected
      if (rejected > 0) log.warn({ signal, rejected, reason }, 'items that can never be stored were refused')
      return accepted(signal, encoding, rejected, reason)
    } finally {
      inFlightBytes -= held
    }
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const encoding = encodingOf(request.headers['content-type'])
    try {
      checkHost(request.headers, options.guard)
      const reading = request.method === 'GET' || request.method === 'HEAD'
      if (reading && path === '/healthz') return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' }
      if (reading && path === '/readyz') {
        const { ok, facts } = options.ready()
        return { status: ok && !closing ? 200 : 503, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ready: ok && !closing, ...facts }) }
      }
      if (isAdminPath(path) && !reading) checkAdminToken(request.headers, options.guard)
      checkToken(request.headers, options.guard)
      if (isAdminPath(path)) return await answerAdmin(options.admin, request, path)
      if (reading && path === '/metrics') return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: options.metrics() }
      const signal = signalOf(path)
      if (signal === undefined) throw new WeighbridgeError('route_not_found', `There is nothing at ${path.slice(0, 80)}.`, { remedy: 'Send OTLP to /v1/traces, /v1/logs or /v1/metrics.' })
      if (request.method !== 'POST') throw new WeighbridgeError('method_not_allowed', `${path} takes POST, not ${request.method ?? ''}.`)
      if (encoding === undefined) {
        throw new WeighbridgeError('unsupported_media_type', `The content type "${(request.headers['content-type'] ?? '').slice(0, 80)}" is not OTLP.`, { remedy: 'Send application/json or application/x-protobuf.' })
      }
      if (closing) throw new WeighbridgeError('disk_full', 'The collector is stopping.', { remedy: 'Send it again.' })
      return await receive(request, signal, encoding)
    } catch (error) {
      const known = asWeighbridgeError(error)
      if (known.code === 'internal') log.error({ err: error, path }, 'a request failed in the collector')
      return refused(error, encoding ?? 'json', RETRY_AFTER_SECONDS)
    }
  }

  function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
    counters.requests.set(status, (counters.requests.get(status) ?? 0) + 1)
    if (response.destroyed) return
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    response.writeHead(status, { ...headers, 'content-length': bytes.length, ...(closing ? { connection: 'close' } : {}) })
    response.end(request.method === 'HEAD' ? undefined : bytes)
    if (request.complete) return
    // A sender that is cut off in the middle of its body never reads why; one that goes on for long is cut off all the same.
    request.resume()
    const patience = setTimeout(() => request.destroy(), REFUSED_BODY_MS)
    request.once('close', () => clearTimeout(patience))
  }

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    request.on('error', () => undefined)
    answer(request).then(
      (reply) => send(request, response, reply),
      (error: unknown) => {
        log.error({ err: error }, 'a request could not be answered')
        response.destroy()
      },
    )
  }
  const manners = { requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 }
  const server = options.tls === undefined ? createServer(manners, serve) : createTlsServer({ ...manners, ...options.tls, minVersion: 'TLSv1.2' }, serve)

  return {
    server,
    close(deadlineMs) {
      closing = true
      return new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), deadlineMs)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      })
    },
  }
}
