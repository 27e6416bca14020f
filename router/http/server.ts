// The HTTP server: every request gets an id, passes the guard, and goes to a route of ours or to the longest matching mount.
// What a handler throws becomes an error in the shape of the surface whose path it is, OpenAI's elsewhere.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { KeyFacts, KeyScope, Mount } from '../../core/mount.ts'
import { REQUEST_ID, sendError } from './answer.ts'
import { checkHost } from '../../core/host-guard.ts'
import { allowBody } from './body.ts'
import { checkContentType, checkKey, identifyKey, type GuardSettings } from './guard.ts'
import { surfaceForPath } from './surfaces/surfaces.ts'

export type RouteContext = {
  /** The request's address; parsed when asked for, since most routes know their path. */
  readonly url: () => URL
  readonly requestId: string
  /** The id of the key of a request whose scope is `in_handler`; `undefined`: none is needed. */
  readonly keyId: string | undefined
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
  const routes = new Map<string, Route[]>()
  const prefixes: Route[] = []
  for (const route of options.routes) {
    if (route.path.endsWith('/')) prefixes.push(route)
    else routes.set(route.path, [...(routes.get(route.path) ?? []), route])
  }
  const table: RouteTable = { routes, prefixes, mounts }
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const offered = request.headers[REQUEST_ID]
    const requestId = typeof offered === 'string' && REQUEST_ID_FORM.test(offered) ? offered : `req_${randomUUID()}`
    response.setHeader(REQUEST_ID, requestId)
    const surface = surfaceForPath(pathOf(request.url))
    // Anthropic's clients read the id under the name their own API gives it.
    if (surface?.wire === 'anthropic-messages') response.setHeader('request-id', requestId)
    answer(options, table, request, response, requestId).catch((thrown: unknown) => {
      const error = asWeighbridgeError(thrown)
      if (error.code === 'client_closed') return void response.destroy()
      if (error.code === 'internal') options.log.error({ err: thrown, request_id: requestId }, 'a request failed inside the router')
      if (!response.headersSent) options.onRefused(error.code)
      // A body that was not read to its end must not be taken for the next request.
      if (!request.complete) response.shouldKeepAlive = false
      sendError(response, error, {}, undefined, undefined, surface)
    })
  }
  const server = createServer(serve)
  // Without this listener Node would ask for a body that may be refused unread; the handlers ask for it themselves.
  server.on('checkContinue', serve)
  server.keepAliveTimeout = 65_000
  // Streams may last; what bounds a call is the attempt's deadlines.
  server.timeout = 0
  return server
}

type RouteTable = { readonly routes: ReadonlyMap<string, readonly Route[]>; readonly prefixes: readonly Route[]; readonly mounts: readonly Mount[] }

/** Routes at an address that is spelled in another way (`/v1//models/..`), or below a prefix. */
function routesUnder(table: RouteTable, path: string): readonly Route[] {
  return table.routes.get(path) ?? table.prefixes.filter((route) => path.startsWith(route.path))
}

/** Throws `bad_request` for a path that is none. */
function urlOf(request: IncomingMessage): URL {
  const base = 'http://router'
  if (!URL.canParse(request.url ?? '/', base)) throw new WeighbridgeError('bad_request', 'The request path is not valid.')
  return new URL(request.url ?? '/', base)
}

/** The path as it was sent, without its query. */
function pathOf(url: string | undefined): string {
  return (url ?? '/').split('?', 1)[0] ?? '/'
}

async function answer(options: ServerOptions, table: RouteTable, request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
  const facts = { method: request.method ?? 'GET', headers: request.headers }
  const guard = options.guard()
  checkHost(request.headers, guard)
  const requireKey = (scope: KeyScope): KeyFacts | undefined => checkKey(facts, scope, guard)
  const matching = table.routes.get(pathOf(request.url)) ?? routesUnder(table, urlOf(request).pathname)
  if (matching.length > 0) {
    const route = matching.find((candidate) => candidate.method === (facts.method === 'HEAD' ? 'GET' : facts.method))
    if (route === undefined) {
      response.setHeader('allow', matching.map((candidate) => candidate.method).join(', '))
      throw new WeighbridgeError('method_not_allowed', `${pathOf(request.url).slice(0, 128)} does not take ${facts.method}.`)
    }
    checkContentType(facts)
    // A stranger is turned away before a body is read, also where the scope depends on the body.
    const key = route.scope === 'in_handler' ? identifyKey(facts, guard) : undefined
    if (route.scope !== 'in_handler' && route.scope !== 'open') requireKey(route.scope)
    return route.handle(request, response, { url: () => urlOf(request), requestId, keyId: key?.id, requireKey })
  }
  const url = urlOf(request)
  const mount = table.mounts.find(({ prefix }) => url.pathname === prefix || url.pathname.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`))
  if (mount === undefined) throw new WeighbridgeError('route_not_found', `There is nothing at ${facts.method} ${url.pathname.slice(0, 128)}.`)
  checkContentType(facts)
  const reads = facts.method === 'GET' || facts.method === 'HEAD'
  const scope = reads ? mount.readScope : mount.writeScope
  if (scope !== undefined) requireKey(scope)
  allowBody(request, response)
  return mount.handle(request, response, url)
}
