// One OTLP/HTTP request to a collector: bytes in, an answer or a typed error out. It does not retry; the error says whether
// that would help, and when.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ErrorCode } from '../../core/errors.ts'

const compress = promisify(gzip)

export type SendOptions = {
  /** Base address of the collector, without /v1/…. */
  readonly url: string
  readonly signal: 'traces' | 'logs'
  /** An encoded export request. */
  readonly body: Uint8Array
  /** Default `application/json`. */
  readonly contentType?: 'application/json' | 'application/x-protobuf'
  /** Default false. */
  readonly gzip?: boolean
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs: number
  /** Bearer token of a collector that wants one. */
  readonly token?: string
  /** Where connections come from. Default: undici's own. */
  readonly dispatcher?: Dispatcher
}

/** What the collector did with a request it accepted. */
export type Accepted = {
  /** Items it can never store; 0 when it took everything. */
  readonly rejected: number
  /** Why; empty when it took everything. */
  readonly reason: string
}

/** The statuses after which an OTLP client may try again (OTLP/HTTP specification, "Retryable response codes"). */
const RETRYABLE = new Set([429, 502, 503, 504])
const ANSWER_BYTES = 64 * 1024

/** Milliseconds a Retry-After header asks for, as seconds or as an HTTP date; `undefined` when absent or unreadable. */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim()
  if (text === undefined || text === '') return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

/** Whether sending the same bytes again may succeed. */
export function isRetryable(error: unknown): boolean {
  return error instanceof WeighbridgeError && error.details?.['retryable'] === true
}

function refusal(status: number): ErrorCode {
  if (RETRYABLE.has(status)) return 'collector_unreachable'
  if (status === 413) return 'body_too_large'
  if (status === 401) return 'key_missing'
  if (status === 403) return 'forbidden_origin'
  if (status === 415) return 'unsupported_media_type'
  if (status === 400) return 'otlp_undecodable'
  return status >= 500 ? 'collector_unreachable' : 'bad_request'
}

async function limitedText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    const piece: Buffer = chunk
    bytes += piece.length
    if (bytes > ANSWER_BYTES) break
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function partialSuccess(text: string): Accepted {
  try {
    const answer = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: string | number; rejectedLogRecords?: string | number; errorMessage?: string } }
    const partial = answer.partialSuccess
    return { rejected: Number(partial?.rejectedSpans ?? partial?.rejectedLogRecords ?? 0), reason: partial?.errorMessage ?? '' }
  } catch {
    return { rejected: 0, reason: '' }
  }
}

/**
 * Sends it. Throws `collector_unreachable` (no answer, or 5xx and 429), or the code of a permanent refusal;
 * `details.retryable` tells the two apart and `retryAfterMs` carries what the collector asked for.
 */
export async function sendOtlp(options: SendOptions): Promise<Accepted> {
  const target = `${options.url.replace(/\/+$/, '')}/v1/${options.signal}`
  const body = options.gzip === true ? await compress(options.body) : options.body
  let answer: Dispatcher.ResponseData
  let text: string
  try {
    answer = await request(target, {
      method: 'POST',
      body,
      headers: {
        'content-type': options.contentType ?? 'application/json',
        ...(options.gzip === true ? { 'content-encoding': 'gzip' } : {}),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      },
      signal: AbortSignal.timeout(options.timeoutMs),
      ...(options.dispatcher === undefined ? {} : { dispatcher: options.dispatcher }),
    })
    text = await limitedText(answer.body)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message || cause.name : 'no answer'
    throw new WeighbridgeError('collector_unreachable', `The collector at ${options.url} did not answer: ${why}.`, { cause, details: { retryable: true } })
  }
  const { statusCode, headers } = answer
  if (statusCode >= 200 && statusCode < 300) {
    return String(headers['content-type'] ?? '').startsWith('application/json') ? partialSuccess(text) : { rejected: 0, reason: '' }
  }
  const wait = retryAfterMs(headers['retry-after'], Date.now())
  throw new WeighbridgeError(refusal(statusCode), `The collector at ${options.url} answered ${statusCode} to ${options.signal}.`, {
    details: { retryable: RETRYABLE.has(statusCode), status: statusCode },
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
}
