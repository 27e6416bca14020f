// One handler for every surface: the client's body becomes a call, its outcome a whole answer or an event stream, in the
// surface's own shape. The last bytes of an answer wait for the spans to be on disk, but never long.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config, Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ModelAnswer } from '../../core/model-answer.ts'
import type { PriceBook } from '../../core/prices.ts'
import type { Exclusion } from '../decide/admit.ts'
import { demandsOf } from '../decide/demands.ts'
import { homeOf } from '../decide/home-of.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import { planCall, type Plan } from '../decide/plan.ts'
import { namedTarget } from '../decide/resolve-model.ts'
import { classifyTask, type TaskVerdict } from '../decide/task/classify-task.ts'
import { readTaskInput } from '../decide/task/read-input.ts'
import { runCall, type CallOutcome } from '../execute/call.ts'
import type { CallCapture } from '../capture/capture.ts'
import type { ClientGone } from '../execute/client-gone.ts'
import type { AnswerWatch } from '../execute/dependencies.ts'
import type { Holder } from '../execute/response-book.ts'
import type { Ticket } from '../limits/ticket.ts'
import { ADAPTERS } from '../providers/adapters.ts'
import { textAt } from '../providers/json.ts'
import { watchCall, type CallWatch } from '../signals/call-watch.ts'
import type { Served } from '../signals/signal.ts'
import { startCallSpan, type CallSpan } from '../spans/call-spans.ts'
import { parseTraceparent } from '../spans/traceparent.ts'
import { closeUnlessRead, REQUEST_ID, sendError } from './answer.ts'
import { AnswerStream } from './answer-stream.ts'
import { readJsonBody } from './body.ts'
import { answerHeaders, countCall, failureHeaders, headerText, planInLimits, spansOnDisk, statusOf, watchClient, type CallContext, type CallRouteDependencies } from './call-shared.ts'
import { readOwnMetadata } from './own-metadata.ts'
import type { AnswerContext, AnswerMemory, Surface, SurfaceRequest } from './surfaces/surface.ts'

/** How much of a client's own name for its user is kept on spans, in characters. */
const LONGEST_USER = 512

/** Serves one request. Throws what is wrong with it before any target is asked. */
export async function modelCall(deps: CallRouteDependencies, surface: Surface, context: CallContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { settings } = context.config
  deps.underWay.enter(settings.router.max_calls)
  try {
    const gone = watchClient(response)
    const memory = deps.memory.of(context.keyId)
    const asked = surface.read(await readJsonBody(request, response, settings.router.max_body_bytes), memory)
    const said = factsOf(asked, request)
    const holder = holderOf(deps, surface, asked, context.keyId)
    const key = context.requireKey(said.purpose === 'production' ? 'call' : 'eval')
    const facts = deps.limits.tagged(context.config, key, said)
    const parent = parseTraceparent(firstOf(request.headers['traceparent']))
    const ticket = deps.limits.ticket({ config: context.config, key, facts, traceId: parent?.traceId, native: asked.native })
    const span = startCallSpan(deps.spans, facts, {
      operation: 'chat',
      surface: surface.name,
      route: surface.path,
      requestId: context.requestId,
      keyId: key?.id,
      simulated: isAllSimulated(context.config),
      parent,
    })
    response.setHeader('x-weighbridge-trace-id', span.traceId)
    response.setHeader('x-weighbridge-span-id', span.spanId)
    const watch = facts.purpose === 'production' ? watched(deps, context, { asked, facts, span }, request) : undefined
    const call = new ModelCall(deps, surface, context, { asked, facts, memory, holder, ticket }, span, watch, response)
    try {
      await call.run(gone)
    } finally {
      // Settled by its outcome long before; this is for what may be thrown on the way.
      ticket.settle(undefined)
    }
  } finally {
    deps.underWay.leave()
  }
}

/** What was read of a request. */
type Read = { readonly asked: SurfaceRequest; readonly facts: CallFacts; readonly memory: AnswerMemory; /** Who holds the response that it goes on from. */ readonly holder: Holder | undefined; readonly ticket: Ticket }

class ModelCall {
  readonly #deps: CallRouteDependencies
  readonly #surface: Surface
  readonly #context: CallContext
  readonly #asked: SurfaceRequest
  readonly #facts: CallFacts
  readonly #memory: AnswerMemory
  readonly #holder: Holder | undefined
  readonly #ticket: Ticket
  readonly #span: CallSpan
  readonly #watch: CallWatch | undefined
  readonly #response: ServerResponse

  constructor(deps: CallRouteDependencies, surface: Surface, context: CallContext, read: Read, span: CallSpan, watch: CallWatch | undefined, response: ServerResponse) {
    this.#deps = deps
    this.#surface = surface
    this.#context = context
    this.#asked = read.asked
    this.#facts = read.facts
    this.#memory = read.memory
    this.#holder = read.holder
    this.#ticket = read.ticket
    this.#span = span
    this.#watch = watch
    this.#response = response
  }

  async run(gone: ClientGone): Promise<void> {
    const response = this.#response
    const plan = await this.#plan()
    response.setHeader('x-weighbridge-task', headerText(plan.task.name))
    response.setHeader('x-weighbridge-route-version', String(plan.routeVersion))
    if (plan.passedOver !== undefined) response.setHeader('x-weighbridge-passed-over', headerText(passedOverText(plan.passedOver)))
    const stream = new AnswerStream({
      response,
      surface: this.#surface,
      gone,
      describe: (committed) => ({ headers: answerHeaders(committed), context: this.#answerContext(committed.target.model) }),
    })
    const outcome = await runCall(this.#deps.execute, {
      plan,
      facts: this.#facts,
      job: { kind: 'answer', asked: this.#asked, wire: this.#surface.wire },
      requestId: this.#context.requestId,
      span: this.#span,
      sink: stream,
      watch: this.#watchers(plan, gone),
      gone,
      keyNumber: this.#holder?.keyNumber,
      cover: (target, soFar) => this.#ticket.cover(target, soFar),
    })
    this.#ticket.settle(outcome)
    countCall(this.#deps, plan.task.name, outcome)
    this.#remember(outcome)
    await spansOnDisk(this.#deps)
    if (response.destroyed) return
    if (stream.begun()) stream.end(outcome.facts, outcome.error, outcome.shown)
    else this.#finish(outcome)
  }

  #plan(): Promise<Plan> {
    const { config, table } = this.#context
    const { prices, execute } = this.#deps
    const holder = this.#holder
    // Drawn and classified at most once a call, however often it is planned.
    let point: number | undefined
    let verdict: TaskVerdict | undefined
    const chance = (): number => (point ??= execute.random.next())
    const infer = (): TaskVerdict => (verdict ??= this.#inferTask())
    const make: Parameters<Ticket['plan']>[0] = (barred) => {
      const boundTo = holder === undefined ? undefined : targetOf(holder, config, prices)
      const home = homeOf(this.#watch?.standing, this.#deps.sessions, this.#facts.inputTokens)
      const circumstances = { infer, home, chance }
      return planCall({ config, table, expected: execute.expected, prices, barred }, this.#ticket.facts(), demandsOf(this.#asked, this.#surface.wire, ADAPTERS, boundTo), circumstances)
    }
    const end = (): void => this.#watch?.end({ how: 'failed', answer: undefined, responseId: undefined, served: undefined }, this.#span.own)
    return planInLimits(this.#deps, { ticket: this.#ticket, span: this.#span, response: this.#response, wire: this.#surface.wire, onRefused: end }, make)
  }

  #inferTask(): TaskVerdict {
    const { rules } = this.#deps
    const { native, schema, inputTokens, needs } = this.#asked
    return classifyTask(readTaskInput({ surface: this.#surface.name, native, schema, inputTokens, needs, keyId: this.#context.keyId, tags: this.#facts.tags }, rules.readsSystemPrompt), rules)
  }

  /** Who looks on: what follows the call for its signals, and what keeps its texts, where either does. */
  #watchers(plan: Plan, gone: ClientGone): AnswerWatch | undefined {
    const watch = this.#watch
    const capture = this.#facts.purpose === 'production' ? this.#capture(plan.task.name) : undefined
    if (watch === undefined && capture === undefined) return undefined
    return {
      take(event) {
        watch?.take(event)
        capture?.take(event)
      },
      closing: (outcome) => {
        const answer = readAnswer(outcome.plain)
        // First: what the watch says of this very call may be the reason to keep it.
        capture?.end(answer, outcome.target?.name, outcome.error === undefined && !gone.aborted)
        this.#closeWatch(outcome, answer, plan, gone)
      },
    }
  }

  #capture(task: string): CallCapture | undefined {
    const { traceId, spanId } = this.#span
    const { sessionId, userId } = this.#facts
    const simulated = this.#context.config.tasks.get(task)?.simulated ?? isAllSimulated(this.#context.config)
    return this.#deps.capture.begin(this.#context.config.settings.capture, { traceId, spanId, task, keyId: this.#context.keyId, userId, sessionId, simulated, request: this.#asked.request })
  }

  #closeWatch(outcome: CallOutcome, answer: ModelAnswer | undefined, plan: Plan, gone: ClientGone): void {
    const { error, facts } = outcome
    const how = gone.aborted ? 'abandoned' : error === undefined ? 'answered' : 'failed'
    this.#watch?.end({ how, answer: how === 'answered' ? answer : undefined, responseId: facts?.responseId, served: how === 'answered' ? servedBy(outcome, plan) : undefined }, this.#span.own)
  }

  /** A response that its provider stores can be gone on from, there only. */
  #remember(outcome: CallOutcome): void {
    const id = outcome.facts?.responseId
    const { target } = outcome
    if (this.#surface.wire !== 'openai-responses' || outcome.error !== undefined || id === undefined || target?.provider.api !== this.#surface.wire) return
    if (this.#asked.native['store'] !== false) this.#deps.responses.remember(id, target, outcome.keyNumber, this.#context.keyId)
  }

  #answerContext(model: string): AnswerContext {
    return { asked: this.#asked, model, id: randomUUID().replaceAll('-', ''), createdS: Math.floor(this.#deps.execute.clock.nowMs() / 1000), requestId: this.#context.requestId, memory: this.#memory }
  }

  #finish(outcome: CallOutcome): void {
    const { error, plain, facts } = outcome
    const response = this.#response
    if (error !== undefined) return sendError(response, error, failureHeaders(outcome), outcome.shown, statusOf(outcome, error), this.#surface)
    if (plain === undefined || facts === undefined) throw new WeighbridgeError('internal', 'A plain call ended without an answer.')
    const context = this.#answerContext(outcome.target?.model ?? this.#facts.model)
    const text = plain.translated === undefined ? this.#surface.own(plain.text, plain.native, context) : this.#surface.translated(plain.translated, facts, context)
    // Text that was not touched goes out as the very bytes that came.
    const bytes = text === plain.text ? plain.bytes : Buffer.from(text)
    const headers = answerHeaders(outcome)
    if (outcome.costUsd !== undefined) headers['x-weighbridge-cost-usd'] = outcome.costUsd.toFixed(12)
    response.writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': bytes.length })
    response.end(bytes)
    closeUnlessRead(response)
  }
}

/** Follows a production call for what it says about earlier ones. */
function watched(deps: CallRouteDependencies, context: CallContext, call: { readonly asked: SurfaceRequest; readonly facts: CallFacts; readonly span: CallSpan }, request: IncomingMessage): CallWatch | undefined {
  const { asked, facts, span } = call
  const { headers } = request
  return watchCall(deps.signals, {
    traceId: span.traceId,
    spanId: span.spanId,
    keyId: context.keyId,
    sessionId: facts.sessionId,
    userId: facts.userId,
    retryCount: countIn(headers['x-stainless-retry-count']),
    // A client that repeats its own id repeats its own request.
    requestId: firstOf(headers['idempotency-key']) ?? (headers[REQUEST_ID] === context.requestId ? context.requestId : undefined),
    answeredAs: context.requestId,
    continues: textAt(asked.native, 'previous_response_id'),
    request: asked.request,
    simulated: isAllSimulated(context.config),
    atMs: deps.execute.clock.nowMs(),
  })
}

function countIn(header: string | string[] | undefined): number | undefined {
  const count = Number(firstOf(header) ?? Number.NaN)
  return Number.isInteger(count) && count >= 0 ? count : undefined
}

/** A plain answer in the common form; `undefined`: it has none, which is for its client to make something of. */
function readAnswer(plain: CallOutcome['plain']): ModelAnswer | undefined {
  try {
    return plain?.answer?.()
  } catch {
    return undefined
  }
}

function servedBy({ target, facts }: CallOutcome, { routeVersion }: Plan): Served | undefined {
  if (target === undefined) return undefined
  const { provider } = target
  const input = facts?.usage?.inputTotal
  return { target: target.name, evidenceKey: target.evidenceKey, provider: provider.name, wire: provider.api, simulated: provider.simulated, tokens: input === undefined ? undefined : input + (facts?.usage?.outputTotal ?? 0), routeVersion }
}

function factsOf(asked: SurfaceRequest, request: IncomingMessage): CallFacts {
  const { own } = readOwnMetadata(request.headers, asked.metadata)
  return {
    model: asked.model,
    ...own,
    userId: (own.userId ?? asked.userId)?.slice(0, LONGEST_USER),
    effort: asked.effort,
    stream: asked.stream,
    inputTokens: asked.inputTokens,
    maxOutputTokens: asked.maxOutputTokens,
  }
}

/** Why a target that the caller named was not asked, for a header. */
function passedOverText({ target, reason, members }: Exclusion): string {
  return members === undefined || members.length === 0 ? `${target} (${reason})` : `${target} (${reason}: ${members.join(', ')})`
}

/** Who holds the response that the request goes on from; `undefined`: nobody known. Throws `unknown_response` for one that another key was given. */
function holderOf(deps: CallRouteDependencies, surface: Surface, asked: SurfaceRequest, keyId: string | undefined): Holder | undefined {
  const id = surface.wire === 'openai-responses' ? textAt(asked.native, 'previous_response_id') : undefined
  const holder = id === undefined ? undefined : deps.responses.holder(id)
  if (holder === undefined || holder.keyId === keyId) return holder
  throw new WeighbridgeError('unknown_response', 'The response that previous_response_id names is not known here.', { details: { param: 'previous_response_id' } })
}

/** The target that holds a response, as it is configured now; `undefined`: its provider is gone. */
function targetOf(holder: Holder, config: Config, prices: PriceBook | undefined): Target | undefined {
  const target = config.targets.get(holder.target)
  if (target?.provider.name === holder.provider && target.model === holder.model) return target
  return namedTarget(config, `${holder.provider}/${holder.model}`, prices)
}

/** Whether only simulated targets are configured. */
export function isAllSimulated(config: Config): boolean {
  for (const target of config.targets.values()) if (!target.provider.simulated) return false
  return true
}

export function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
