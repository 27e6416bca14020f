// The spans of one call: a SERVER span for the client's request and a CLIENT span for every attempt, with the attributes of
// core/attributes.ts. Facts and numbers only: no prompt, answer, body or key ever becomes an attribute.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span, type SpanContext, type Tracer } from '@opentelemetry/api'
import { GEN_AI, WB, type Reason } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import type { AnswerFacts } from '../../core/model-answer.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { DecisionRecord } from '../decide/decision-record.ts'
import type { Plan } from '../decide/plan.ts'
import type { Cost } from '../execute/cost.ts'
import type { BudgetFacts } from '../limits/ticket.ts'
import { AttributeText } from './attribute-text.ts'
import type { EndSpan } from './span-spool.ts'

/** What identifies a call beside its facts. */
export type CallIdentity = {
  /** OpenTelemetry's name of the operation. */
  readonly operation: 'chat' | 'embeddings'
  readonly surface: string
  readonly route: string
  readonly requestId: string
  readonly keyId: string | undefined
  readonly parent: SpanContext | undefined
  /** Side of a call that no task is decided for: simulated where nothing else is configured. */
  readonly simulated: boolean
}

/** What is known of an attempt before it begins. */
export type AttemptStart = {
  readonly target: Target
  /** From 1 inside its call. */
  readonly number: number
  readonly reason: Reason
  readonly propensity: number | undefined
  /** Which of a provider's keys, from 1; `undefined` with fewer than two. */
  readonly keyNumber: number | undefined
  /** Members of the request that are left out for this provider's wire. */
  readonly dropped: readonly string[]
}

export type SchemaCheck = 'valid' | 'violated' | 'unchecked'

/** How an attempt ended. */
export type AttemptEnd = {
  readonly facts: AnswerFacts | undefined
  readonly status: number | undefined
  readonly ttftMs: number | undefined
  readonly cost: Cost & { readonly pricedUsd?: number | undefined }
  readonly error: WeighbridgeError | undefined
  readonly providerRequestId: string | undefined
  /** `undefined`: no schema was asked for, or the answer did not come to its normal end. */
  readonly schema: SchemaCheck | undefined
}

/** How a call ended. */
export type CallEnd = {
  readonly attempts: number
  readonly costUsd: number | undefined
  readonly wastedUsd: number | undefined
  /** The target whose answer the client got, or the last one tried. */
  readonly target: Target | undefined
  readonly reason: Reason | undefined
  readonly facts: AnswerFacts | undefined
  readonly ttftMs: number | undefined
  readonly skipped: readonly string[]
  readonly waived: readonly string[]
  readonly dropped: readonly string[]
  readonly schema: SchemaCheck | undefined
  readonly error: WeighbridgeError | undefined
}

export interface AttemptSpan {
  end(result: AttemptEnd): void
}

export interface CallSpan {
  readonly traceId: string
  /** Adds what limits say of the call, refused or not. */
  budget(facts: BudgetFacts | undefined): void
  readonly spanId: string
  /** Attributes that others add to the call's own span, before its end. */
  readonly own: AttributeText
  /** Adds what the decision said; before the first attempt. */
  decided(plan: Plan, decision: DecisionRecord): void
  attempt(start: AttemptStart): AttemptSpan
  end(result: CallEnd): void
}

/** How a call ended that no target was asked for. */
export function endedBeforeAttempts(error: WeighbridgeError): CallEnd {
  return { attempts: 0, costUsd: undefined, wastedUsd: undefined, target: undefined, reason: undefined, facts: undefined, ttftMs: undefined, skipped: [], waived: [], dropped: [], schema: undefined, error }
}

/** Where spans come from, and how they end. */
export type SpanSource = { readonly tracer: Tracer; readonly end: EndSpan }

/** Starts the span of a call under the client's parent, or as a root. */
export function startCallSpan(source: SpanSource, facts: CallFacts, identity: CallIdentity): CallSpan {
  return new CallSpans(source, facts, identity)
}

class CallSpans implements CallSpan {
  readonly traceId: string
  readonly spanId: string
  readonly own = new AttributeText()
  readonly #source: SpanSource
  readonly #operation: string
  readonly #span: Span
  readonly #context: Context
  /** What every span of the call carries. */
  readonly #shared: AttributeText
  /** Which side a call without a target is on. */
  #simulated: boolean
  #decision: string | undefined
  #propensity: number | undefined
  #budget: BudgetFacts | undefined

  constructor(source: SpanSource, facts: CallFacts, identity: CallIdentity) {
    const shared = new AttributeText()
    shared.text(GEN_AI.operationName, identity.operation)
    shared.flag(GEN_AI.requestStream, facts.stream)
    shared.text(WB.modelRequested, facts.model)
    shared.text(WB.purpose, facts.purpose)
    shared.text(WB.requestId, identity.requestId)
    shared.text(WB.surface, identity.surface)
    shared.text(WB.sessionId, facts.sessionId)
    shared.text(GEN_AI.conversationId, facts.sessionId)
    shared.text(GEN_AI.userId, facts.userId)
    shared.text(WB.keyId, identity.keyId)
    shared.number(GEN_AI.requestMaxTokens, facts.maxOutputTokens)
    shared.list(WB.tags, facts.tags)
    const parent = identity.parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, identity.parent)
    this.#span = source.tracer.startSpan(`POST ${identity.route}`, { kind: SpanKind.SERVER }, parent)
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span)
    this.#source = source
    this.#operation = identity.operation
    this.#shared = shared
    this.#simulated = identity.simulated
    const { traceId, spanId } = this.#span.spanContext()
    this.traceId = traceId
    this.spanId = spanId
  }

  decided(plan: Plan, decision: DecisionRecord): void {
    this.#shared.text(WB.task, plan.task.name)
    this.#shared.text(WB.taskSource, plan.taskSource)
    this.#shared.number(WB.routeVersion, plan.routeVersion)
    this.#simulated = plan.task.simulated
    this.#decision = JSON.stringify(decision)
    this.#propensity = decision.propensity ?? undefined
  }

  budget(facts: BudgetFacts | undefined): void {
    this.#budget = facts
  }

  attempt(start: AttemptStart): AttemptSpan {
    const { target } = start
    const attributes = new AttributeText(this.#shared)
    attributes.text(WB.role, 'attempt')
    attributes.number(WB.attempt, start.number)
    attributes.text(WB.reason, start.reason)
    attributes.text(WB.wire, target.provider.api)
    attributes.text(GEN_AI.serverAddress, hostOf(target.provider.baseUrl))
    putTarget(attributes, target)
    attributes.number(WB.propensity, start.propensity)
    attributes.text(WB.priceVersion, target.price?.version)
    attributes.number(WB.providerKey, start.keyNumber)
    attributes.list(WB.dropped, start.dropped)
    const span = this.#source.tracer.startSpan(`${this.#operation} ${target.model}`, { kind: SpanKind.CLIENT }, this.#context)
    return { end: (result) => endAttempt(this.#source, span, attributes, result) }
  }

  end(result: CallEnd): void {
    const attributes = new AttributeText(this.#shared)
    attributes.text(WB.role, 'call')
    attributes.number(WB.attempts, result.attempts)
    attributes.text(WB.decision, this.#decision)
    attributes.number(WB.propensity, this.#propensity)
    if (result.target === undefined) attributes.flag(WB.simulated, this.#simulated)
    else putTarget(attributes, result.target)
    attributes.text(WB.reason, result.reason)
    attributes.number(WB.callCostUsd, result.costUsd)
    attributes.number(WB.callWastedUsd, result.wastedUsd)
    attributes.number(WB.ttftMs, result.ttftMs)
    attributes.text(GEN_AI.responseModel, result.facts?.servedModel)
    attributes.text(WB.schemaCheck, result.schema)
    putFinish(attributes, result.facts)
    attributes.list(WB.ceilingSkipped, result.skipped)
    attributes.list(WB.ceilingWaived, result.waived)
    attributes.list(WB.dropped, result.dropped)
    const budget = this.#budget
    if (budget !== undefined) {
      // A call that limits refused was never decided on, but its task is known.
      if (this.#decision === undefined) attributes.text(WB.task, budget.task)
      attributes.text(WB.budgetBound, budget.bound)
      attributes.number(WB.budgetReservedUsd, budget.reservedUsd)
      attributes.number(WB.budgetLeftUsd, budget.leftUsd)
      attributes.number(WB.budgetStep, budget.step)
    }
    attributes.add(this.own)
    setOutcome(this.#span, attributes, result.error)
    this.#source.end(this.#span, attributes)
  }
}

function endAttempt(source: SpanSource, span: Span, attributes: AttributeText, result: AttemptEnd): void {
  const { facts, cost } = result
  const usage = facts?.usage
  attributes.text(WB.costSource, cost.source)
  attributes.number(GEN_AI.httpStatus, result.status)
  attributes.text(GEN_AI.responseId, facts?.responseId)
  attributes.text(GEN_AI.responseModel, facts?.servedModel)
  attributes.text(GEN_AI.systemFingerprint, facts?.systemFingerprint)
  attributes.text(GEN_AI.serviceTier, facts?.serviceTier)
  putFinish(attributes, facts)
  attributes.number(GEN_AI.inputTokens, usage?.inputTotal)
  attributes.number(GEN_AI.cacheReadTokens, usage?.cacheRead)
  attributes.number(GEN_AI.cacheWriteTokens, usage?.cacheWrite)
  attributes.number(GEN_AI.outputTokens, usage?.outputTotal)
  attributes.number(GEN_AI.reasoningTokens, usage?.reasoning)
  if (usage !== undefined) attributes.text(WB.usageRaw, JSON.stringify(usage.raw)?.slice(0, 4096))
  attributes.number(WB.costUsd, cost.usd)
  attributes.number(WB.pricedUsd, cost.pricedUsd)
  attributes.number(WB.cacheSavedUsd, cost.cacheSavedUsd)
  attributes.number(WB.ttftMs, result.ttftMs)
  if (result.ttftMs !== undefined) attributes.number(GEN_AI.timeToFirstChunk, result.ttftMs / 1000)
  attributes.text(WB.providerRequestId, result.providerRequestId)
  attributes.text(WB.schemaCheck, result.schema)
  setOutcome(span, attributes, result.error)
  source.end(span, attributes)
}

// A client that hangs up is nobody's error; everything else that ends early is.
function setOutcome(span: Span, attributes: AttributeText, error: WeighbridgeError | undefined): void {
  if (error === undefined) return void span.setStatus({ code: SpanStatusCode.OK })
  attributes.text(WB.errorCode, error.code)
  attributes.text(GEN_AI.errorType, error.code)
  // What failed inside the router was not written by us: its message may quote what it stumbled over.
  const message = error.code === 'internal' ? 'The router failed inside.' : error.message
  if (error.code !== 'client_closed') span.setStatus({ code: SpanStatusCode.ERROR, message })
}

function putTarget(attributes: AttributeText, target: Target): void {
  attributes.text(WB.target, target.name)
  attributes.text(GEN_AI.providerName, target.provider.name)
  attributes.text(GEN_AI.requestModel, target.model)
  attributes.flag(WB.simulated, target.provider.simulated)
  attributes.text(WB.effort, target.effort)
}

function putFinish(attributes: AttributeText, facts: AnswerFacts | undefined): void {
  if (facts?.finishReason !== undefined) attributes.list(GEN_AI.finishReasons, [facts.finishReason])
}

/** The host of a configured address, without making a URL of it: this runs for every attempt. */
function hostOf(baseUrl: string): string {
  const from = baseUrl.indexOf('//') + 2
  const slash = baseUrl.indexOf('/', from)
  const authority = slash === -1 ? baseUrl.slice(from) : baseUrl.slice(from, slash)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':')[0] ?? host)
}
