// POST /v1/chat/completions: the client's request becomes a call; its outcome becomes a JSON answer or an event stream. The
// last bytes of an answer wait for the spans to be on disk, but never long.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Tracer } from '@opentelemetry/api'
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { KeyFacts } from '../../core/mount.ts'
import type { PriceBook } from '../../core/prices.ts'
import type { RouteTable } from '../../core/route-table.ts'
import { planCall, type Plan } from '../decide/plan.ts'
import { runCall, type AnswerSink, type CallDependencies, type CallOutcome, type Committed } from '../execute/call.ts'
import type { Metrics } from '../metrics.ts'
import { isObject, listAt, textAt, type JsonObject } from '../providers/json.ts'
import { startCallSpan, type CallSpan } from '../spans/call-spans.ts'
import { parseTraceparent } from '../spans/traceparent.ts'
import { errorBody, sendError } from './answer.ts'
import { readJsonBody } from './body.ts'
import { readChatRequest, type ChatRequest } from './chat-request.ts'

export const CHAT_ROUTE = '/v1/chat/completions'

export type ChatDependencies = {
  readonly execute: CallDependencies
  readonly tracer: Tracer
  readonly metrics: Metrics
  readonly prices: PriceBook | undefined
  /** Settles once all ended spans are on disk, or false after a failed write. */
  readonly written: () => Promise<boolean>
  /** Longest wait for that, in milliseconds. */
  readonly spansWaitMs: number
}

/** What holds for one request: the configuration and table in force when it came. */
export type ChatContext = { readonly config: Config; readonly table: RouteTable | undefined; readonly requestId: string; readonly requireKey: (scope: 'call' | 'eval') => KeyFacts | undefined }

export async function chatCompletions(deps: ChatDependencies, context: ChatContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const chat = readChatRequest(await readJsonBody(request, context.config.settings.router.max_body_bytes), request.headers)
  const { facts } = chat
  const key = context.requireKey(facts.purpose === 'production' ? 'call' : 'eval')
  const traceparent = request.headers['traceparent']
  const span = startCallSpan(deps.tracer, facts, {
    surface: 'chat',
    route: CHAT_ROUTE,
    requestId: context.requestId,
    keyId: key?.id,
    simulated: [...context.config.targets.values()].every((target) => target.provider.simulated),
    parent: parseTraceparent(Array.isArray(traceparent) ? traceparent[0] : traceparent),
  })
  response.setHeader('x-weighbridge-trace-id', span.traceId)
  let plan: Plan
  try {
    plan = planCall({ config: context.config, table: context.table, expected: deps.execute.expected, prices: deps.prices }, facts)
  } catch (thrown) {
    await refused(deps, span, thrown)
    throw thrown
  }
  response.setHeader('x-weighbridge-task', plan.task.name)
  response.setHeader('x-weighbridge-route-version', String(plan.routeVersion))
  const sink = eventSink(response, chat.wantsUsage, gone.signal)
  const outcome = await runCall(deps.execute, { plan, facts, body: chat.body, span, sink, gone: gone.signal })
  deps.metrics.add('weighbridge_calls_total', 1, { task: plan.task.name, outcome: outcome.error?.code ?? 'ok' })
  if (outcome.attempts > 1) deps.metrics.add('weighbridge_failovers_total', 1, { task: plan.task.name })
  await spansOnDisk(deps)
  finish(response, chat, outcome, sink)
}

/** Ends the span of a call that no target was asked for. */
async function refused(deps: ChatDependencies, span: CallSpan, thrown: unknown): Promise<void> {
  const error = thrown instanceof WeighbridgeError ? thrown : new WeighbridgeError('internal', 'The call could not be planned.', { cause: thrown })
  span.end({ attempts: 0, costUsd: undefined, wastedUsd: undefined, target: undefined, reason: undefined, facts: undefined, ttftMs: undefined, skipped: [], waived: [], error })
  deps.metrics.add('weighbridge_requests_refused_total', 1, { code: error.code })
  await spansOnDisk(deps)
}

function finish(response: ServerResponse, chat: ChatRequest, outcome: CallOutcome, sink: EventSink): void {
  const { error } = outcome
  if (response.destroyed) return
  if (sink.begun()) return sink.end(error, outcome.shown)
  nameTarget(response, outcome)
  if (outcome.costUsd !== undefined) response.setHeader('x-weighbridge-cost-usd', outcome.costUsd.toFixed(12))
  if (error !== undefined) {
    // An exhausted chain is not worth an SDK's own retries; a call that met only pauses may come back when they are over.
    const headers = outcome.attempts > 0 ? { 'x-should-retry': 'false' } : {}
    const isRequestsFault = outcome.providerStatus !== undefined && outcome.providerStatus >= 400 && !error.answer.failOver
    return sendError(response, error, headers, outcome.shown, isRequestsFault ? outcome.providerStatus : undefined)
  }
  if (outcome.plain === undefined) throw new WeighbridgeError('internal', 'A plain call ended without an answer.')
  const { body, text } = outcome.plain
  // The provider's own bytes, unless it left out which model answered.
  const bytes = Buffer.from(textAt(body, 'model') === undefined ? JSON.stringify({ ...body, model: outcome.target?.model ?? chat.facts.model }) : text)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.end(bytes)
}

function nameTarget(response: ServerResponse, outcome: { readonly target: Committed['target'] | undefined; readonly attempts: number }): void {
  if (outcome.target !== undefined) response.setHeader('x-weighbridge-target', outcome.target.name)
  response.setHeader('x-weighbridge-attempts', String(outcome.attempts))
}

interface EventSink extends AnswerSink {
  begun(): boolean
  /** Writes the terminal event: [DONE], or the error event that tells a client its answer is not whole. */
  end(error: WeighbridgeError | undefined, shown: JsonObject | undefined): void
}

function eventSink(response: ServerResponse, wantsUsage: boolean, gone: AbortSignal): EventSink {
  let begun = false
  let model = ''
  return {
    begun: () => begun,
    begin(committed) {
      begun = true
      model = committed.target.model
      nameTarget(response, committed)
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
    },
    chunk(chunk) {
      const shown = forClient(chunk, wantsUsage, model)
      if (shown === undefined || gone.aborted) return undefined
      if (response.write(`data: ${JSON.stringify(shown)}\n\n`)) return undefined
      return new Promise((resolve) => {
        const go = (): void => {
          response.off('drain', go)
          gone.removeEventListener('abort', go)
          resolve()
        }
        response.once('drain', go)
        gone.addEventListener('abort', go, { once: true })
      })
    },
    end(error, shown) {
      if (error === undefined) response.end('data: [DONE]\n\n')
      else response.end(`data: ${JSON.stringify(errorBody(error, shown))}\n\n`)
    },
  }
}

/** A chunk without what the client did not ask for; `undefined` when nothing is left of it. */
function forClient(chunk: JsonObject, wantsUsage: boolean, model: string): JsonObject | undefined {
  const named = textAt(chunk, 'model') === undefined ? { ...chunk, model } : chunk
  if (wantsUsage || !('usage' in named)) return named
  const { usage, ...rest } = named
  return isObject(usage) && listAt(rest, 'choices').length === 0 ? undefined : rest
}

async function spansOnDisk(deps: ChatDependencies): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), deps.spansWaitMs)
  })
  const durable = await Promise.race([deps.written(), late])
  clearTimeout(timer)
  if (!durable) deps.metrics.add('weighbridge_spans_not_durable_total')
}

