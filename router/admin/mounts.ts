// The admin routes of a router: /admin/operations (how it stands), /admin/explain (where a call would go), /admin/drains (what
// operators took out of traffic) and /admin/keyring (for routers that follow this one). The router's guard has checked host, origin, key and scope before. No call of a
// client needs these, and these need neither collector nor ClickHouse.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { explainRequest, type CallExplanation, type ExplainRequest } from '../../core/explanation.ts'
import { contentHash } from '../../core/hash.ts'
import type { KeyFacts, KeyRing, Mount } from '../../core/mount.ts'
import type { DrainAnswer, DrainsDocument, Following, KeyringDocument, OperationsDocument, PriceNotice, RouterOperations } from '../../core/operations.ts'
import type { Clock } from '../../core/seams.ts'
import type { DrainBook } from '../../store/state/drains.ts'
import type { DrainView } from '../drains.ts'
import { sendJson } from '../http/answer.ts'
import { readJsonBody } from '../http/body.ts'
import { identifyKey } from '../http/guard.ts'
import type { Readiness } from '../http/readiness.ts'
import type { Limits } from '../limits/limits.ts'
import { budgetsReport } from '../limits/report.ts'
import { drainWarnings, returnWarnings } from './drain-warnings.ts'
import { drainedSubject, endOf, namesOf, resolveSubject } from './subjects.ts'

/** What the admin routes read and write. */
export type AdminParts = {
  readonly config: () => Config
  /** What decisions go by. */
  readonly drains: DrainView
  /** Where drains are kept; `undefined`: at the primary, and nothing is changed here. */
  readonly book: DrainBook | undefined
  /** `undefined`: this router has no keys of its own to hand on. */
  readonly keyring: (() => KeyringDocument) | undefined
  readonly following: () => Following | undefined
  /** What the running router says of itself; `undefined` before it runs. */
  readonly router: () => { operations(): RouterOperations; readiness(): Readiness; readonly limits?: Limits; explain(request: ExplainRequest): CallExplanation } | undefined
  readonly priceChanges: () => readonly PriceNotice[]
  /** For the record of who did what; the guard has let the request in before. */
  readonly keys: KeyRing | undefined
  readonly clock: Clock
}

const MAX_BODY_BYTES = 16 * 1024
const HISTORY_DEFAULT = 20
const LONGEST_HISTORY = 1_000
/** A wall clock that moves this much against the monotonic one was set, not slewed. */
const CLOCK_STEP_MS = 2_000

/** Text that people read on terminals: no control characters. */
const line = (max: number): z.ZodString => z.string().max(max).regex(/^\P{Cc}*$/u, 'must be one line without control characters')
const drainBody = z.strictObject({
  name: line(300).min(1),
  reason: line(500).default(''),
  by: line(128).min(1).optional(),
  for_ms: z.number().positive().finite().optional(),
  until_at: z.number().positive().finite().optional(),
})

/**
 * A mount at a path that takes these methods, and with DELETE also what stands below it. `readScope` is for looking, `writeScope` for every
 * other method.
 */
export function mountAt(path: string, readScope: 'read' | 'admin', methods: Readonly<Record<string, Handler>>, writeScope: 'read' | 'admin' = 'admin'): Mount {
  return {
    prefix: path,
    readScope,
    writeScope,
    handle(request, response, url) {
      const handler = methods[request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')]
      const rest = url.pathname.slice(path.length).replace(/^\//, '')
      if (rest !== '' && methods['DELETE'] === undefined) throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname.slice(0, 128)}.`)
      if (handler === undefined) {
        response.setHeader('allow', Object.keys(methods).join(', '))
        throw new WeighbridgeError('method_not_allowed', `${path} takes ${Object.keys(methods).join(', ')}, not ${request.method ?? 'nothing'}.`)
      }
      return handler(request, response, url, rest)
    },
  }
}

export function adminMounts(parts: AdminParts): Mount[] {
  return [
    mountAt('/admin/operations', 'read', { GET: (_request, response) => sendJson(response, 200, operations(parts), NO_STORE) }),
    // A question, though it is asked by POST: a body is too long for an address.
    mountAt('/admin/explain', 'read', { POST: (request, response) => explain(parts, request, response) }, 'read'),
    mountAt('/admin/drains', 'read', {
      GET: (request, response, url) => listDrains(parts, request, response, url),
      POST: (request, response) => drain(parts, request, response),
      DELETE: (request, response, url, rest) => undrain(parts, request, response, url, rest),
    }),
    mountAt('/admin/keyring', 'admin', {
      GET: (request, response) => {
        if (parts.keyring === undefined) throw new WeighbridgeError('route_not_found', 'This router follows a primary and hands on no keys.', { remedy: 'Follow the primary itself.' })
        const document = parts.keyring()
        sendTagged(request, response, contentHash(document), document)
      },
    }),
  ]
}

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL, rest: string) => void | Promise<void>

export const NO_STORE = { 'cache-control': 'no-store' } as const

async function explain(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const router = parts.router()
  if (router === undefined) throw new WeighbridgeError('overloaded', 'The router is still starting.', { retryAfterMs: 1_000 })
  const asked = parsed(explainRequest, await readJsonBody(request, response, parts.config().settings.router.max_body_bytes))
  sendJson(response, 200, router.explain(asked), NO_STORE)
}

function operations(parts: AdminParts): OperationsDocument {
  const router = parts.router()
  if (router === undefined) throw new WeighbridgeError('overloaded', 'The router is still starting.', { retryAfterMs: 1_000 })
  const { ready, config_fault, route_table, tasks } = router.readiness()
  return {
    ...router.operations(),
    now_at: Math.floor(parts.clock.nowMs()),
    ready,
    config_fault,
    route_table: { source: route_table.source, fault: route_table.fault },
    notes: Object.fromEntries(Object.entries(tasks).flatMap(([task, { note }]) => (note === null ? [] : [[task, note]]))),
    warnings: parts.config().warnings,
    following: parts.following() ?? null,
    drains: parts.drains.active(),
    price_changes: parts.priceChanges(),
    ...(router.limits === undefined ? {} : { budgets: budgetsReport({ limits: router.limits, config: parts.config(), keys: parts.keys, nowMs: parts.clock.nowMs() }, parts.following()?.url) }),
  }
}

function listDrains(parts: AdminParts, request: IncomingMessage, response: ServerResponse, url: URL): void {
  const asked = url.searchParams.get('history')
  const history = asked === null || parts.book === undefined ? undefined : parts.book.history(historyLength(asked))
  const active = parts.drains.active()
  const document: DrainsDocument = { now_at: Math.floor(parts.clock.nowMs()), primary: parts.following()?.url ?? null, active, ...(history === undefined ? {} : { history }) }
  // The time is no part of the tag, or nothing would ever be unchanged; that the clock was set is, since it moves every end.
  const clockSet = Math.floor((parts.clock.nowMs() - parts.clock.monotonicMs()) / CLOCK_STEP_MS)
  sendTagged(request, response, contentHash({ active, history: history ?? null, clockSet }), document)
}

function historyLength(text: string): number {
  const length = text === '' ? HISTORY_DEFAULT : Number(text)
  if (!Number.isInteger(length) || length < 1 || length > LONGEST_HISTORY) throw new WeighbridgeError('bad_request', `history takes a whole number from 1 to ${LONGEST_HISTORY}.`)
  return length
}

async function drain(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const book = ownBook(parts)
  const body = parsed(drainBody, await readJsonBody(request, response, MAX_BODY_BYTES))
  const config = parts.config()
  const subject = resolveSubject(body.name, namesOf(config))
  const untilAt = endOf({ forMs: body.for_ms, untilAt: body.until_at }, parts.clock.nowMs())
  const key = keyOf(parts, request)
  const started = book.start(subject, { reason: body.reason, author: body.by ?? key?.name ?? 'unknown', keyId: key?.id, untilAt })
  parts.drains.take(book.active())
  answer(response, { drains: [started], warnings: drainWarnings(config, subject, parts.drains, parts.router()?.operations()) })
}

function undrain(parts: AdminParts, request: IncomingMessage, response: ServerResponse, url: URL, rest: string): void {
  const book = ownBook(parts)
  const by = parsed(line(128).min(1).optional(), url.searchParams.get('by') ?? undefined)
  const ended = book.end(drainedSubject(decoded(rest), book.active()), by ?? keyOf(parts, request)?.name ?? 'unknown')
  parts.drains.take(book.active())
  answer(response, { drains: [ended], warnings: returnWarnings(parts.config(), ended, parts.drains, parts.router()?.operations()) })
}

function ownBook(parts: AdminParts): DrainBook {
  if (parts.book !== undefined) return parts.book
  const primary = parts.following()?.url ?? 'another router'
  throw new WeighbridgeError('bad_request', `This router follows ${primary}: drains are made there.`, { remedy: `Run the command with --url ${primary}.` })
}

function keyOf(parts: AdminParts, request: IncomingMessage): KeyFacts | undefined {
  return identifyKey({ method: request.method ?? 'GET', headers: request.headers }, { boundHost: '127.0.0.1', allowedHosts: [], keys: parts.keys })
}

export function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new WeighbridgeError('bad_request', `The request has ${result.error.issues.map((issue) => `${issue.path.join('.') || '(top level)'}: ${issue.message}`).join('; ')}.`)
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new WeighbridgeError('bad_request', 'The name in the path is not valid percent-encoding.', { cause })
  }
}

function answer(response: ServerResponse, body: DrainAnswer): void {
  sendJson(response, 200, body, NO_STORE)
}

/** Answers 304 where the asker has this very content. */
function sendTagged(request: IncomingMessage, response: ServerResponse, hash: string, body: unknown): void {
  const etag = `"${hash}"`
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag, ...NO_STORE })
    response.end()
    return
  }
  sendJson(response, 200, body, { etag, ...NO_STORE })
}
