// Talking to a running router: JSON in, JSON out, its errors turned back into ours.
import { request } from 'undici'
import { z } from 'zod'
import { asWeighbridgeError, ERROR_CATALOGUE, WeighbridgeError, type ErrorCode } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import type { Arguments, Terminal } from '../command.ts'
import { locate } from './settings.ts'
import { routerUrl } from './running.ts'

const ours = z.looseObject({ code: z.string(), message: z.string(), remedy: z.string().optional(), details: z.record(z.string(), z.unknown()).optional() })
// `weighbridge` has message and remedy apart; the error object around it is what an SDK shows, with both in one text.
const errorBody = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string(), weighbridge: ours.optional() }) })

export type RouterClient = {
  readonly url: string
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>
  post<T>(path: string, body: unknown, schema: z.ZodType<T>, headers?: Readonly<Record<string, string>>): Promise<T>
  delete<T>(path: string, schema: z.ZodType<T>): Promise<T>
}

type Method = 'GET' | 'POST' | 'DELETE'

/** For a recommendation over much evidence; what an operator asks for is there at once or not at all. */
const PATIENCE_MS = 300_000

/** A client of the router that runs on this command's data directory, or at `--url`. Throws `router_unreachable`. */
export function routerClient(terminal: Terminal, args: Arguments): RouterClient {
  return routerClientAt(routerUrl(locate(terminal, args).dataDir, args.text('url') ?? terminal.env['WEIGHBRIDGE_URL']), terminal.env['WEIGHBRIDGE_KEY'])
}

/** A client of the router at an address; `timeoutMs` bounds the wait for an answer's head and for each piece of its body. */
export function routerClientAt(url: string, key: string | undefined, timeoutMs = PATIENCE_MS): RouterClient {
  const call = async <T>(method: Method, path: string, body: unknown, schema: z.ZodType<T>, headers: Readonly<Record<string, string>> = {}): Promise<T> => {
    const { status, text } = await exchange(method, url + path, body, timeoutMs, { ...headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) })
    const value = jsonOf(text)
    if (status >= 400) throw remoteError(value, status, path)
    const parsed = schema.safeParse(value)
    if (!parsed.success) throw new WeighbridgeError('internal', `${path} answered an unexpected shape at ${parsed.error.issues[0]?.path.join('.')}: is the router of another version?`)
    return parsed.data
  }
  return { url, get: (path, schema) => call('GET', path, undefined, schema), post: (path, body, schema, headers) => call('POST', path, body, schema, headers), delete: (path, schema) => call('DELETE', path, undefined, schema) }
}

async function exchange(method: Method, url: string, body: unknown, timeoutMs: number, headers: Readonly<Record<string, string>>): Promise<{ status: number; text: string }> {
  try {
    const answer = await request(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  } catch (cause) {
    throw new WeighbridgeError('router_unreachable', `${new URL(url).origin} does not answer: ${asWeighbridgeError(cause).message}`, { cause })
  }
}

function remoteError(value: unknown, status: number, path: string): WeighbridgeError {
  const parsed = errorBody.safeParse(value)
  if (!parsed.success) return new WeighbridgeError('internal', `${path} answered ${status} without a reason`)
  const { code, message, remedy, details } = parsed.data.error.weighbridge ?? { ...parsed.data.error, remedy: undefined, details: undefined }
  const known: ErrorCode = code in ERROR_CATALOGUE ? (code as ErrorCode) : 'internal'
  return new WeighbridgeError(known, message, { ...(remedy === undefined ? {} : { remedy }), ...(details === undefined ? {} : { details }) })
}
