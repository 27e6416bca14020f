// The router's own routes: every surface, embeddings, token counts, models, health and metrics.
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { RouteTable } from '../../core/route-table.ts'
import { sendJson, sendText } from './answer.ts'
import type { CallContext, CallRouteDependencies } from './call-shared.ts'
import { COUNT_TOKENS_ROUTE, countTokens } from './count-tokens.ts'
import { EMBEDDINGS_ROUTE, embeddings } from './embeddings.ts'
import { feedback, FEEDBACK_ROUTE } from './feedback.ts'
import { modelCall } from './model-call.ts'
import { findModel, listModels, type Shows } from './models.ts'
import type { Readiness } from './readiness.ts'
import type { Route, RouteContext } from './server.ts'
import { messagesSurface } from './surfaces/messages/surface.ts'
import { SURFACES } from './surfaces/surfaces.ts'

/** What the routes ask of the router; each is asked anew for every request. */
export type RouteSources = {
  readonly config: () => Config
  readonly table: () => RouteTable | undefined
  readonly parts: (config: Config) => CallRouteDependencies
  readonly ready: () => Readiness
  /** Whether anyone who can connect may read what is configured. */
  readonly isOpen: boolean
  /** All counters and gauges in Prometheus' text form. */
  readonly metricsText: () => string
}

const MODELS = '/v1/models'

export function ownRoutes(sources: RouteSources): Route[] {
  const { config } = sources
  const contextIn = (current: Config, { requestId, keyId, requireKey }: RouteContext): CallContext => ({ config: current, table: sources.table(), requestId, keyId, requireKey })
  const calls = [...SURFACES.values()].map((surface): Route => ({
    method: 'POST',
    path: surface.path,
    scope: 'in_handler',
    handle(request, response, context) {
      const current = config()
      return modelCall(sources.parts(current), surface, contextIn(current, context), request, response)
    },
  }))
  const shownTo = ({ requireKey }: RouteContext): Shows => sources.parts(config()).limits.shows(config(), requireKey('call'))
  return [
    ...calls,
    {
      method: 'POST',
      path: EMBEDDINGS_ROUTE,
      scope: 'in_handler',
      handle(request, response, context) {
        const current = config()
        return embeddings(sources.parts(current), contextIn(current, context), request, response)
      },
    },
    {
      method: 'POST',
      path: COUNT_TOKENS_ROUTE,
      scope: 'in_handler',
      handle(request, response, context) {
        const current = config()
        return countTokens(sources.parts(current), messagesSurface, contextIn(current, context), request, response)
      },
    },
    {
      method: 'POST',
      path: FEEDBACK_ROUTE,
      scope: 'in_handler',
      handle(request, response, context) {
        const current = config()
        return feedback(sources.parts(current), contextIn(current, context), request, response)
      },
    },
    { method: 'GET', path: MODELS, scope: 'call', handle: (request, response, context) => sendJson(response, 200, listModels(config(), request.headers, shownTo(context))) },
    {
      method: 'GET',
      path: `${MODELS}/`,
      scope: 'call',
      handle: (request, response, context) => sendJson(response, 200, findModel(config(), decodedName(context.url().pathname.slice(MODELS.length + 1)), request.headers, shownTo(context))),
    },
    { method: 'GET', path: '/healthz', scope: 'open', handle: (_request, response) => sendJson(response, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      scope: 'open',
      handle(_request, response, { requireKey }) {
        const facts = sources.ready()
        // A load balancer needs the status; what is configured is for those who may read.
        sendJson(response, facts.ready ? 200 : 503, sources.isOpen || mayRead(requireKey) ? facts : { ready: facts.ready })
      },
    },
    { method: 'GET', path: '/metrics', scope: 'read', handle: (_request, response) => sendText(response, 200, 'text/plain; version=0.0.4', sources.metricsText()) },
  ]
}

function mayRead(requireKey: (scope: 'read') => unknown): boolean {
  try {
    requireKey('read')
    return true
  } catch {
    return false
  }
}

function decodedName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new WeighbridgeError('bad_request', 'The model name in the path is not valid percent-encoding.', { cause })
  }
}

