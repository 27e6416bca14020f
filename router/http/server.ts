// The HTTP server: every request gets an id, passes the guard, and goes to a route of ours or to the longest matching mount.
// What a handler throws becomes an OpenAI-shaped error.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { KeyFacts, KeyScope, Mount } from '../../core/mount.ts'
import { REQUEST_ID, sendError } from './answer.ts'
import { checkHost } from '../../core/host-guard.ts'
import { checkContentType, checkKey, identifyKey, type GuardSettings } from './guard.ts'

export type RouteContext = {
  readonly url: URL
  readonly requestId: string
  /** Checks the request's key for a scope that depends on what the request says. */
  readonly requireKey: (scope: KeyScope) => KeyFacts | undefined
}

/** One route of ours. `scope` is checked before `handle`; `in_handler`: a known key before, its scope by the handler; `open`: by nobody. */
export type Route = {
  readonly method: 'GET' | 'POST'
  /** Exact path, or a prefix when it ends in `/`. */
  readonly path: string
  readonly scope: KeyScope | 'in_handler' | 'open'
  readonly handle: (request: IncomingMessage, response: ServerResponse, context: RouteContext) => void | Promise<void>
}

export type ServerOptions = {
  readonly routes: readonly Route[]
  readonly mounts: readonly Mount[]
  readonly guard: () => GuardSettings
  readonly log: Logger
  readonly onRefused: (code: string) => void
}

const REQUEST_ID_FORM = /^[A-Za-z0-9._:-]{1,128}$/

export function createRouterServer(options: ServerOptions): Server {
  const mounts = [...options.mounts].sort((a, b) => b.prefix.length - a.prefix.length)
  const server = createServer((request, response) => {
    const offered = request.headers[REQUEST_ID]
    const requestId = typeof offered === 'string' && REQUEST_ID_FORM.test(offered) ? offered : `req_${randomUUID()}`
    response.setHeader(REQUEST_ID, requestId)
    answer(options, mounts, request, response, requestId).catch((thrown: unknown) => {
      const error = asWeighbridgeError(thrown)
      if (error.code === 'client_closed') return void response.destroy()
      if (error.code === 'internal') options.log.error({ err: thrown, request_id: requestId }, 'a request failed inside the router')
      if (!response.headersSent) options.onRefused(error.code)
      // A body that was not read to its end must not be taken for the next request.
      if (!request.complete) response.shouldKeepAlive = false
      sendError(response, error)
    })
  })
  server.keepAliveTimeout = 65_000
  // Streams may last; what bounds a call is the attempt's deadlines.
  server.timeout = 0
  return server
}

async function answer(options: ServerOptions, mounts: readonly Mount[], request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
  const facts = { method: request.method ?? 'GET', headers: request.headers }
  const guard = options.guard()
  checkHost(request.headers, guard)
  const base = 'http://router'
  if (!URL.canParse(request.url ?? '/', base)) throw new WeighbridgeError('bad_request', 'The request path is not valid.')
  const url = new URL(request.url ?? '/', base)
  const requireKey = (scope: KeyScope): KeyFacts | undefined => checkKey(facts, scope, guard)
  const matching = options.routes.filter((route) => (route.path.endsWith('/') ? url.pathname.startsWith(route.path) : url.pathname === route.path))
  if (matching.length > 0) {
    const route = matching.find((candidate) => candidate.method === (facts.method === 'HEAD' ? 'GET' : facts.method))
    if (route === undefined) {
      response.setHeader('allow', matching.map((candidate) => candidate.method).join(', '))
      throw new WeighbridgeError('method_not_allowed', `${url.pathname} does not take ${facts.method}.`)
    }
    checkContentType(facts)
    // A stranger is turned away before a body is read, also where the scope depends on the body.
    if (route.scope === 'in_handler') identifyKey(facts, guard)
    else if (route.scope !== 'open') requireKey(route.scope)
    return route.handle(request, response, { url, requestId, requireKey })
  }
  const mount = mounts.find(({ prefix }) => url.pathname === prefix || url.pathname.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`))
  if (mount === undefined) throw new WeighbridgeError('route_not_found', `There is nothing at ${facts.method} ${url.pathname.slice(0, 128)}.`)
  checkContentType(facts)
  const reads = facts.method === 'GET' || facts.method === 'HEAD'
  const scope = reads ? mount.readScope : mount.writeScope
  if (scope !== undefined) requireKey(scope)
  return mount.handle(request, response, url)
}
