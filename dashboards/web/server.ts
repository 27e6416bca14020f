// Serves the built pages and their JSON. In: requests the router has already guarded. Out: the files of the build, and
// answers of stored queries, always of one side of the simulated/real divide. It writes nothing and holds no state.
import type { ServerResponse, IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { Mount } from '../../core/mount.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { dataSeen, recentCalls, spendOverTime, spendTotals, taskTargets } from '../../store/queries/overview.ts'
import { hallucinationByTarget, pushbackByTarget } from '../../store/queries/quality.ts'
import { targetsSeen } from '../../store/queries/dashboards.ts'
import { routeWeights } from '../../store/queries/routes.ts'
import { findTrace, traceSpans } from '../../store/queries/traces.ts'
import { DEFAULT_RANGE, isOnly, isRange, QUALITY_DAYS, RANGES, TRACE_DAYS, type ApiError, type FindAnswer, type Overview, type Range, type TraceAnswer } from './api.ts'
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
}

const DAY_MS = 86_400_000
const RECENT_CALLS = 40
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{2,127}$/

/** The built-in pages at `/` and `/trace/ID` (open: they hold no data) and their JSON at `/api/ui/…` (scope `read`). */
export function webMounts(options: WebOptions): Mount[] {
  return [
    { prefix: '/api/ui', readScope: 'read', writeScope: 'admin', handle: (request, response, url) => answerApi(options, request, response, url) },
    { prefix: '/', readScope: undefined, writeScope: 'admin', handle: (request, response, url) => answerStatic(options.distDir, request, response, url) },
  ]
}

async function answerApi(options: WebOptions, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new WeighbridgeError('method_not_allowed', `${request.method} is not answered here; the pages only read.`)
    sendJson(response, 200, await answerFor(options, url))
  } catch (thrown) {
    const error = asWeighbridgeError(thrown)
    // A client's mistake is its own news; anything else is ours to notice.
    if (error.answer.httpStatus >= 500) options.log.warn({ code: error.code, path: url.pathname, err: error.message }, 'a page query failed')
    const body: ApiError = { error: { code: error.code, message: error.message, remedy: error.remedy } }
    sendJson(response, error.answer.httpStatus, body)
  }
}

function answerFor(options: WebOptions, url: URL): Promise<Overview | TraceAnswer | FindAnswer> {
  const path = url.pathname.slice('/api/ui'.length)
  if (path === '/overview') return overview(options, url.searchParams)
  if (path === '/find') return find(options, url.searchParams)
  const trace = /^\/trace\/([^/]+)$/.exec(path)?.[1]
  if (trace !== undefined) return traceById(options, trace, url.searchParams)
  throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname}.`)
}

async function overview({ clickhouse, clock, simulatedDefault }: WebOptions, params: URLSearchParams): Promise<Overview> {
  const simulated = sideOf(params) ?? simulatedDefault()
  const only = params.get('only') ?? 'all'
  if (!isOnly(only)) throw new WeighbridgeError('bad_request', `only=${only} is none of all, failovers, errors.`)
  const now = clock.nowMs()
  const range = rangeOf(params) ?? (await fittingRange(clickhouse, simulated, now))
  const { seconds, bucketS } = RANGES[range]
  const to = new Date(now)
  const from = new Date(now - seconds * 1000)
  const slowFrom = new Date(now - Math.max(seconds * 1000, QUALITY_DAYS * DAY_MS))
  const all = { targets: [], tasks: [] }
  const window = { simulated, from, to, ...all }
  const slow = { simulated, from: slowFrom, to, ...all }
  const [seen, totals, spend, byTask, pushback, hallucination, calls, weights, targets] = await Promise.all([
    clickhouse.query(dataSeen, { from: slowFrom, to }),
    clickhouse.query(spendTotals, window),
    clickhouse.query(spendOverTime, { ...window, bucket_s: bucketS }),
    clickhouse.query(taskTargets, window),
    clickhouse.query(pushbackByTarget, slow),
    clickhouse.query(hallucinationByTarget, slow),
    clickhouse.query(recentCalls, { ...window, only, limit: RECENT_CALLS }),
    clickhouse.query(routeWeights, slow),
    clickhouse.query(targetsSeen, slow),
  ])
  const total = totals[0]
  if (total === undefined) throw new WeighbridgeError('clickhouse_query', 'The totals came back without a row.')
  return {
    simulated,
    range,
    fromMs: from.getTime(),
    toMs: to.getTime(),
    bucketS,
    has: { simulated: (seen[0]?.simulated_calls ?? 0) > 0, real: (seen[0]?.real_calls ?? 0) > 0 },
    totals: total,
    spend,
    taskTargets: byTask,
    pushback,
    hallucination,
    calls,
    weights,
    targets: targets.map((row) => row.target),
  }
}

async function traceById({ clickhouse, clock, simulatedDefault }: WebOptions, traceId: string, params: URLSearchParams): Promise<TraceAnswer> {
  if (!/^[0-9a-f]{32}$/.test(traceId)) throw new WeighbridgeError('bad_request', 'A trace id is 32 lower-case hex digits.')
  const first = sideOf(params) ?? simulatedDefault()
  // A trace belongs to one side: look there first, then on the other, and say which it was.
  for (const simulated of [first, !first]) {
    const spans = await clickhouse.query(traceSpans, { ...lookBack(clock), simulated, trace_id: traceId })
    if (spans.some((span) => span.role === 'call' || span.role === 'attempt')) {
      const targets = await clickhouse.query(targetsSeen, { simulated, from: new Date(clock.nowMs() - QUALITY_DAYS * DAY_MS), to: new Date(clock.nowMs()) })
      return { trace_id: traceId, simulated, spans, targets: targets.map((row) => row.target) }
    }
  }
  throw new WeighbridgeError('trace_unknown', `No call of the last ${TRACE_DAYS} days has the trace id ${traceId}.`)
}

async function find({ clickhouse, clock, simulatedDefault }: WebOptions, params: URLSearchParams): Promise<FindAnswer> {
  const id = (params.get('id') ?? '').trim()
  if (!ID.test(id)) throw new WeighbridgeError('bad_request', 'Give a trace id, a response id or a request id: 3 to 128 letters, digits and . _ : -')
  const first = sideOf(params) ?? simulatedDefault()
  for (const simulated of [first, !first]) {
    const found = await clickhouse.query(findTrace, { ...lookBack(clock), simulated, id })
    if (found.length > 0) return { trace_ids: found.map((row) => row.trace_id) }
  }
  throw new WeighbridgeError('trace_unknown', `No call of the last ${TRACE_DAYS} days has this trace, response or request id.`)
}

function lookBack(clock: Clock): { from: Date; to: Date } {
  const now = clock.nowMs()
  // A sender's clock may run ahead of ours.
  return { from: new Date(now - TRACE_DAYS * DAY_MS), to: new Date(now + DAY_MS) }
}

function sideOf(params: URLSearchParams): boolean | undefined {
  const value = params.get('simulated')
  if (value === null) return undefined
  if (value === '1' || value === '0') return value === '1'
  throw new WeighbridgeError('bad_request', `simulated=${value} is neither 1 nor 0.`)
}

function rangeOf(params: URLSearchParams): Range | undefined {
  const value = params.get('range')
  if (value === null) return undefined
  if (isRange(value)) return value
  throw new WeighbridgeError('bad_request', `range=${value} is none of ${Object.keys(RANGES).join(', ')}.`)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(bytes)
}

/** The range for an address that names none: the shortest that holds every call so far, and a day at most. */
async function fittingRange(clickhouse: WebOptions['clickhouse'], simulated: boolean, now: number): Promise<Range> {
  const [seen] = await clickhouse.query(dataSeen, { from: new Date(now - RANGES[DEFAULT_RANGE].seconds * 1000), to: new Date(now) })
  const calls = simulated ? seen?.simulated_calls : seen?.real_calls
  const first = simulated ? seen?.first_simulated : seen?.first_real
  if (first === undefined || calls === undefined || calls === 0) return DEFAULT_RANGE
  const shorter = (['15m', '1h'] as const).find((range) => now - first < RANGES[range].seconds * 1000)
  return shorter ?? DEFAULT_RANGE
}
