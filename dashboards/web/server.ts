// Serves the built pages and their JSON. In: requests the router has already guarded. Out: the files of the build, and
// answers of stored queries, always of one side of the simulated/real divide. It writes nothing and holds no state.
import type { ServerResponse, IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { Mount } from '../../core/mount.ts'
import type { TargetPrice } from '../../core/prices.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { billAnswer } from './answers/bill.ts'
import { evalsAnswer, probeAnswer, runAnswer } from './answers/evals.ts'
import { namesAnswer } from './answers/names.ts'
import { overviewAnswer } from './answers/overview.ts'
import { qualityAnswer } from './answers/quality.ts'
import { versionsAnswer } from './answers/routes.ts'
import { spendAnswer } from './answers/spend.ts'
import { callAnswer, findAnswer, spanAnswer, traceAnswer } from './answers/trace.ts'
import { facetsAnswer, tracesAnswer } from './answers/traces.ts'
import type { ApiError } from './api/scope.ts'
import { Asking, type Ask } from './ask.ts'
import { answerStatic } from './static.ts'

export type WebOptions = {
  /** A connection of the reading account. */
  readonly clickhouse: Pick<ClickHouse, 'query'>
  /** Folder of the built pages; may be missing, then a plain page says how to build them. */
  readonly distDir: string
  readonly clock: Clock
  readonly log: Logger
  /** Which side a page shows when its address does not say. */
  readonly simulatedDefault: () => boolean
  /** Today's price of a target, to split a cost by class of tokens; left out: nothing is split. */
  readonly priceOf?: (target: string) => TargetPrice | undefined
  /** Why nothing of a call's text was kept, and the line of configuration that would have; left out: nothing is said. */
  readonly whyNotKept?: (call: { readonly traceId: string; readonly task: string; readonly keyId: string | undefined }) => string
}

/** What answering one request takes. */
export type Context = Pick<WebOptions, 'clock' | 'simulatedDefault' | 'priceOf' | 'whyNotKept'> & { readonly ask: Ask; readonly params: URLSearchParams }

type Answering = (context: Context, ...ids: string[]) => Promise<unknown>

/** Paths below /api/ui; a group of the pattern is an id that is handed on. */
const ANSWERS: readonly (readonly [RegExp, Answering])[] = [
  [/^\/names$/, namesAnswer],
  [/^\/overview$/, overviewAnswer],
  [/^\/spend$/, spendAnswer],
  [/^\/quality$/, qualityAnswer],
  [/^\/bill$/, billAnswer],
  [/^\/versions$/, versionsAnswer],
  [/^\/evals$/, evalsAnswer],
  [/^\/evals\/([^/]+)$/, runAnswer],
  [/^\/evals\/([^/]+)\/probe$/, probeAnswer],
  [/^\/traces$/, tracesAnswer],
  [/^\/facets$/, facetsAnswer],
  [/^\/find$/, findAnswer],
  [/^\/trace\/([^/]+)$/, traceAnswer],
  [/^\/trace\/([^/]+)\/call\/([^/]+)$/, callAnswer],
  [/^\/trace\/([^/]+)\/span\/([^/]+)$/, spanAnswer],
]

/** The built-in pages at their addresses (open: they hold no data) and their JSON at `/api/ui/…` (scope `read`). */
export function webMounts(options: WebOptions): Mount[] {
  return [
    { prefix: '/api/ui', readScope: 'read', writeScope: 'admin', handle: (request, response, url) => answerApi(options, request, response, url) },
    { prefix: '/', readScope: undefined, writeScope: 'admin', handle: (request, response, url) => answerStatic(options.distDir, request, response, url) },
  ]
}

async function answerApi({ clickhouse, log, ...seams }: WebOptions, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const asking = new Asking(clickhouse, () => seams.clock.monotonicMs())
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new WeighbridgeError('method_not_allowed', `${request.method} is not answered here; the pages only read.`)
    const [answering, ids] = routed(url)
    sendJson(response, 200, await answering({ ...seams, ask: asking.ask, params: url.searchParams }, ...ids), { 'server-timing': asking.serverTiming() })
  } catch (thrown) {
    const error = asWeighbridgeError(thrown)
    // A client's mistake is its own news; anything else is ours to notice.
    if (error.answer.httpStatus >= 500) log.warn({ code: error.code, path: url.pathname, err: error.message }, 'a page query failed')
    const body: ApiError = { error: { code: error.code, message: error.message, remedy: error.remedy } }
    sendJson(response, error.answer.httpStatus, body, {})
  }
}

function routed(url: URL): [Answering, string[]] {
  const path = url.pathname.slice('/api/ui'.length)
  for (const [pattern, answering] of ANSWERS) {
    const match = pattern.exec(path)
    if (match !== null) return [answering, match.slice(1).map(decoded)]
  }
  throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname.slice(0, 128)}.`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new WeighbridgeError('bad_request', 'The id in the path is not valid percent-encoding.', { cause })
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>>): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers })
  response.end(bytes)
}
