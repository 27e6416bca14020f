// What the routes that make calls have in common: the client's presence, the bound on calls under way, what an answer's
// headers say of its call, and waiting until its spans are on disk.
import type { ServerResponse } from 'node:http'
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Wire } from '../../core/model-request.ts'
import type { KeyFacts } from '../../core/mount.ts'
import type { PriceBook } from '../../core/prices.ts'
import type { RouteTable } from '../../core/route-table.ts'
import type { Plan } from '../decide/plan.ts'
import type { CallDependencies } from '../execute/call.ts'
import { ClientGone } from '../execute/client-gone.ts'
import type { CallOutcome } from '../execute/dependencies.ts'
import type { ResponseBook } from '../execute/response-book.ts'
import type { Limits } from '../limits/limits.ts'
import { refusalHeaders } from '../limits/headers.ts'
import type { Ticket } from '../limits/ticket.ts'
import type { Metrics } from '../metrics.ts'
import type { CompiledRules } from '../decide/task/compile-rules.ts'
import type { SessionSettings } from '../decide/home-of.ts'
import type { Capture } from '../capture/capture.ts'
import type { DeskParts } from '../signals/call-watch.ts'
import type { BoundedMemory } from './surfaces/answer-memory.ts'
import { endedBeforeAttempts, type CallSpan, type SpanSource } from '../spans/call-spans.ts'

export type CallRouteDependencies = {
  readonly execute: CallDependencies
  readonly responses: ResponseBook
  /** Answers of other wires that Responses clients may refer to. */
  readonly memory: BoundedMemory
  readonly underWay: UnderWay
  /** Which calls that name no task are of which. */
  readonly rules: CompiledRules
  readonly sessions: SessionSettings
  /** What follows calls for their signals. */
  readonly signals: DeskParts
  /** What keeps prompts and answers where that is configured. */
  readonly capture: Capture
  readonly spans: SpanSource
  readonly metrics: Metrics
  readonly prices: PriceBook | undefined
  readonly limits: Limits
  /** Settles once all ended spans are on disk, or with false when that failed or takes too long. */
  readonly written: () => Promise<boolean>
}

/** What holds for one request: the configuration and table in force when it came. */
export type CallContext = {
  readonly config: Config
  readonly table: RouteTable | undefined
  readonly requestId: string
  /** The key that the request came with; `undefined`: none is needed. */
  readonly keyId: string | undefined
  readonly requireKey: (scope: 'call' | 'eval') => KeyFacts | undefined
}

/** When to come back after being turned away because too much is under way. */
const OVERLOADED_RETRY_MS = 1_000

/** Counts the calls under way. */
export class UnderWay {
  #calls = 0
  readonly #waiting: (() => void)[] = []

  count(): number {
    return this.#calls
  }

  /** Throws `overloaded` when `most` are under way already; the result ends this one. */
  enter(most: number): void {
    if (this.#calls >= most) throw new WeighbridgeError('overloaded', `${this.#calls} calls are under way, the most that are allowed.`, { retryAfterMs: OVERLOADED_RETRY_MS })
    this.#calls += 1
  }

  leave(): void {
    this.#calls -= 1
    if (this.#calls === 0) for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Settles once no call is under way, or after `withinMs`. */
  idle(withinMs: number): Promise<void> {
    if (this.#calls === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

/** Tells when the client of a response hangs up before its end. */
export function watchClient(response: ServerResponse): ClientGone {
  const gone = new ClientGone()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone
}

/** Ends the span of a call that no target was asked for. */
export async function refuseCall(deps: CallRouteDependencies, span: CallSpan, thrown: unknown): Promise<void> {
  const error = thrown instanceof WeighbridgeError ? thrown : new WeighbridgeError('internal', 'The call could not be planned.', { cause: thrown })
  span.end(endedBeforeAttempts(error))
  await spansOnDisk(deps)
}

/** A call to be planned. `wire`: whose spelling its headers have; `onRefused`: called before the span of a call ends that is not made. */
export type LimitedCall = { readonly ticket: Ticket; readonly span: CallSpan; readonly response: ServerResponse; readonly wire: Wire | undefined; readonly onRefused?: () => void }

/**
 * Plans a call inside its limits. What they leave is in the answer's headers and on the call's span; a call that is refused, by them or
 * by the plan, ends its span here.
 */
export async function planInLimits(deps: CallRouteDependencies, call: LimitedCall, make: Parameters<Ticket['plan']>[0]): Promise<Plan> {
  const { ticket, span, response, wire } = call
  const tell = (): void => {
    span.budget(ticket.budgetFacts())
    for (const [name, value] of Object.entries(ticket.headers(wire))) response.setHeader(name, value)
  }
  try {
    const plan = await ticket.plan(make)
    tell()
    return plan
  } catch (thrown) {
    tell()
    if (thrown instanceof WeighbridgeError) for (const [name, value] of Object.entries(refusalHeaders(thrown))) response.setHeader(name, value)
    call.onRefused?.()
    await refuseCall(deps, span, thrown)
    throw thrown
  }
}

export function countCall(deps: CallRouteDependencies, task: string, outcome: CallOutcome): void {
  deps.metrics.add('weighbridge_calls_total', 1, { task, outcome: outcome.error?.code ?? 'ok' })
  if (outcome.attempts > 1) deps.metrics.add('weighbridge_failovers_total', 1, { task })
}

/** Headers that say who answered, after how many attempts, without which members of the request. */
export function answerHeaders(answered: { readonly target: { readonly name: string } | undefined; readonly attempts: number; readonly dropped: readonly string[] }): Record<string, string> {
  const headers: Record<string, string> = { 'x-weighbridge-attempts': String(answered.attempts) }
  if (answered.target !== undefined) headers['x-weighbridge-target'] = headerText(answered.target.name)
  if (answered.dropped.length > 0) headers['x-weighbridge-dropped'] = headerText(answered.dropped.join(', '))
  return headers
}

/** Names from a client or a configuration as header text: visible ASCII only, bounded. */
export function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 1_024)
}

/** The status of a failed call: a provider's own where it is the request's fault, else the catalogue's. */
export function statusOf(outcome: Pick<CallOutcome, 'providerStatus'>, error: WeighbridgeError): number {
  const isRequestsFault = outcome.providerStatus !== undefined && outcome.providerStatus >= 400 && outcome.providerStatus < 500 && (!error.answer.failOver || error.code === 'provider_refused')
  return isRequestsFault && error.code.startsWith('provider_') ? (outcome.providerStatus ?? error.answer.httpStatus) : error.answer.httpStatus
}

/** Headers of a failed call: an exhausted chain is not worth an SDK's own retries; a call that met only pauses may come back when they are over. */
export function failureHeaders(outcome: CallOutcome): Record<string, string> {
  const headers = answerHeaders(outcome)
  if (outcome.attempts === 0) return headers
  if (outcome.costUsd !== undefined) headers['x-weighbridge-cost-usd'] = outcome.costUsd.toFixed(12)
  headers['x-should-retry'] = 'false'
  return headers
}

/** Waits until the spans that ended are on disk, but never long; an answer that went out before is counted. */
export async function spansOnDisk(deps: CallRouteDependencies): Promise<void> {
  if (!(await deps.written())) deps.metrics.add('weighbridge_spans_not_durable_total')
}
