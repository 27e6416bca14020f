// A running collector's admin door, as commands use it: the one of this data directory, or the one that the configuration names.
import { request } from 'undici'
import { ERROR_CATALOGUE, WeighbridgeError, type ErrorCode } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import type { Arguments, Terminal } from '../command.ts'
import { secret } from './clickhouse-server.ts'
import { readRunning } from './running.ts'
import { loadConfig, locate } from './settings.ts'

/** Rewriting rows on disk takes its time. */
const TIMEOUT_MS = 660_000

export type CollectorClient = { readonly url: string; get(path: string, timeoutMs?: number): Promise<unknown>; post(path: string, body: unknown): Promise<unknown> }

/** `--collector-url`, else the running one's, else the configured one. Throws `collector_unreachable` when it does not answer, or what it answers. */
export function collectorClient(terminal: Terminal, args: Arguments): CollectorClient {
  const settings = locate(terminal, args)
  const { collector } = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir)).settings
  const given = args.text('collector-url') ?? readRunning(settings.dataDir)?.collector ?? collector.url
  const url = (given ?? `${collector.tls === undefined ? 'http' : 'https'}://127.0.0.1:${collector.port}`).replace(/\/+$/, '')
  const token = secret(terminal.env, 'WEIGHBRIDGE_COLLECTOR_ADMIN_TOKEN') ?? secret(terminal.env, 'WEIGHBRIDGE_COLLECTOR_TOKEN')
  const call = async (method: 'GET' | 'POST', path: string, body: unknown, timeoutMs: number): Promise<unknown> => {
    let status: number
    let text: string
    try {
      const answer = await request(`${url}${path}`, {
        method,
        headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      status = answer.statusCode
      text = await answer.body.text()
    } catch (cause) {
      throw new WeighbridgeError('collector_unreachable', `The collector at ${url} does not answer: ${cause instanceof Error ? cause.message || cause.name : 'no answer'}`, { cause })
    }
    const value = jsonOf(text)
    if (status < 400) return value
    throw refusal(value, status, path)
  }
  return { url, get: (path, timeoutMs = 10_000) => call('GET', path, undefined, timeoutMs), post: (path, body) => call('POST', path, body, TIMEOUT_MS) }
}

function refusal(value: unknown, status: number, path: string): WeighbridgeError {
  // The collector's error body, or a google.rpc.Status; read as far as it goes.
  const { error, message } = (value ?? {}) as { error?: { code?: string; message?: string; remedy?: string }; message?: string }
  const code: ErrorCode = error?.code !== undefined && error.code in ERROR_CATALOGUE ? (error.code as ErrorCode) : status === 401 ? 'key_missing' : 'collector_unreachable'
  return new WeighbridgeError(code, error?.message ?? message ?? `${path} answered ${status} without a reason`, error?.remedy === undefined ? (status === 401 ? { remedy: 'Set WEIGHBRIDGE_COLLECTOR_ADMIN_TOKEN, or WEIGHBRIDGE_COLLECTOR_TOKEN, to the collector’s token.' } : {}) : { remedy: error.remedy })
}
