// Talks to the server this page came from. In: a path. Out: its JSON, or a PageError that says what to do about it.

const KEY = 'weighbridge.key'

/** What went wrong, in words a person can act on. `status` 0: no answer at all. */
export class PageError extends Error {
  readonly status: number
  readonly code: string
  readonly remedy: string
  constructor(status: number, code: string, message: string, remedy: string) {
    super(message)
    this.status = status
    this.code = code
    this.remedy = remedy
  }
  /** Whether a key would help. */
  get needsKey(): boolean {
    return this.status === 401 || this.status === 403
  }
}

/** Keeps a key for this tab only. */
export function rememberKey(key: string): void {
  sessionStorage.setItem(KEY, key)
}

export function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>('GET', path, undefined, signal)
}

export function postJson<T>(path: string, body: unknown): Promise<T> {
  return ask<T>('POST', path, body)
}

export function deleteJson<T>(path: string): Promise<T> {
  return ask<T>('DELETE', path, undefined)
}

async function ask<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const key = sessionStorage.getItem(KEY)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new PageError(0, 'router_unreachable', 'The router does not answer.', 'Check that `weighbridge up` still runs; this page goes on trying.')
  }
  const answer: unknown = await response.json().catch(() => undefined)
  // The server and this page are built from the same types; a failed status is the only other shape.
  if (response.ok && answer !== undefined) return answer as T
  throw errorFrom(response.status, answer)
}

function errorFrom(status: number, answer: unknown): PageError {
  const error = isRecord(answer) && isRecord(answer['error']) ? answer['error'] : {}
  const text = (name: string): string | undefined => (typeof error[name] === 'string' ? error[name] : undefined)
  return new PageError(status, text('code') ?? `http_${status}`, text('message') ?? `The server answered ${status}.`, text('remedy') ?? 'Look at the output of `weighbridge up` for the reason.')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
