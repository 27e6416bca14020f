// The spans of one call: a SERVER span for the client's request and a CLIENT span for every attempt, with the attributes of
// core/attributes.ts. Facts and numbers only: no prompt, answer, body or key ever becomes an attribute.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type AttributeValue, type Context, type Span, type SpanContext, type Tracer } from '@opentelemetry/api'
import { GEN_AI, WB, type Reason } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import type { AnswerFacts } from '../../core/model-answer.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { DecisionRecord } from '../decide/decision-record.ts'
import type { Plan } from '../decide/plan.ts'
import type { Cost } from '../execute/cost.ts'

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
  /** Adds what the decision said; before the first attempt. */
  decided(plan: Plan, decision: DecisionRecord): void
  attempt(start: AttemptStart): AttemptSpan
  end(result: CallEnd): void
}

/** How a call ended that no target was asked for. */
export function endedBeforeAttempts(error: WeighbridgeError): CallEnd {
  return { attempts: 0, costUsd: undefined, wastedUsd: undefined, target: undefined, reason: undefined, facts: undefined, ttftMs: undefined, skipped: [], waived: [], dropped: [], schema: undefined, error }
}

/** Starts the span of a call under the client's parent, or as a root. */
export function startCallSpan(tracer: Tracer, facts: CallFacts, identity: CallIdentity): CallSpan {
  return new CallSpans(tracer, facts, identity)
}

class CallSpans implements CallSpan {
  readonly traceId: string
  readonly #tracer: Tracer
  readonly #operation: string
  readonly #span: Span
  readonly #context: Context
  /** What every span of the call carries. */
  readonly #shared: Attributes
  #decision: string | undefined
  #propensity: number | undefined

  constructor(tracer: Tracer, facts: CallFacts, identity: CallIdentity) {
    const shared: Attributes = {
      [GEN_AI.operationName]: identity.operation,
      [GEN_AI.requestStream]: facts.stream,
      [WB.modelRequested]: facts.model,
      [WB.purpose]: facts.purpose,
      [WB.requestId]: identity.requestId,
      [WB.surface]: identity.surface,
      [WB.simulated]: identity.simulated,
    }
    put(shared, WB.sessionId, facts.sessionId)
    put(shared, GEN_AI.conversationId, facts.sessionId)
    put(shared, GEN_AI.userId, facts.userId)
    put(shared, WB.keyId, identity.keyId)
    put(shared, GEN_AI.requestMaxTokens, facts.maxOutputTokens)
    putList(shared, WB.tags, facts.tags)
    const parent = identity.parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, identity.parent)
    this.#span = tracer.startSpan(`POST ${identity.route}`, { kind: SpanKind.SERVER }, parent)
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span)
    this.#tracer = tracer
    this.#operation = identity.operation
    this.#shared = shared
    this.traceId = this.#span.spanContext().traceId
  }

  decided(plan: Plan, decision: DecisionRecord): void {
    const routing = { [WB.task]: plan.task.name, [WB.taskSource]: plan.taskSource, [WB.routeVersion]: plan.routeVersion, [WB.simulated]: plan.task.simulated }
    Object.assign(this.#shared, routing)
    this.#decision = JSON.stringify(decision)
    this.#propensity = decision.propensity ?? undefined
  }

  attempt(start: AttemptStart): AttemptSpan {
    const { target } = start
    const attributes: Attributes = { ...this.#shared, [WB.role]: 'attempt', [WB.attempt]: start.number, [WB.reason]: start.reason, [WB.wire]: target.provider.api, [GEN_AI.serverAddress]: hostOf(target.provider.baseUrl) }
    putTarget(attributes, target)
    put(attributes, WB.propensity, start.propensity)
    put(attributes, WB.priceVersion, target.price?.version)
    put(attributes, WB.providerKey, start.keyNumber)
    putList(attributes, WB.dropped, start.dropped)
    const span = this.#tracer.startSpan(`${this.#operation} ${target.model}`, { kind: SpanKind.CLIENT }, this.#context)
    return { end: (result) => endAttempt(span, attributes, result) }
  }

  end(result: CallEnd): void {
    const attributes: Attributes = { ...this.#shared, [WB.role]: 'call', [WB.attempts]: result.attempts }
    put(attributes, WB.decision, this.#decision)
    put(attributes, WB.propensity, this.#propensity)
    if (result.target !== undefined) putTarget(attributes, result.target)
    put(attributes, WB.reason, result.reason)
    put(attributes, WB.callCostUsd, result.costUsd)
    put(attributes, WB.callWastedUsd, result.wastedUsd)
    put(attributes, WB.ttftMs, result.ttftMs)
    put(attributes, GEN_AI.responseModel, result.facts?.servedModel)
    put(attributes, WB.schemaCheck, result.schema)
    putFinish(attributes, result.facts)
    putList(attributes, WB.ceilingSkipped, result.skipped)
    putList(attributes, WB.ceilingWaived, result.waived)
    putList(attributes, WB.dropped, result.dropped)
    this.#span.setAttributes(attributes)
    setOutcome(this.#span, result.error)
    this.#span.end()
  }
}

function endAttempt(span: Span, attributes: Attributes, result: AttemptEnd): void {
  const { facts, cost } = result
  const usage = facts?.usage
  attributes[WB.costSource] = cost.source
  put(attributes, GEN_AI.httpStatus, result.status)
  put(attributes, GEN_AI.responseId, facts?.responseId)
  put(attributes, GEN_AI.responseModel, facts?.servedModel)
  put(attributes, GEN_AI.systemFingerprint, facts?.systemFingerprint)
  put(attributes, GEN_AI.serviceTier, facts?.serviceTier)
  putFinish(attributes, facts)
  put(attributes, GEN_AI.inputTokens, usage?.inputTotal)
  put(attributes, GEN_AI.cacheReadTokens, usage?.cacheRead)
  put(attributes, GEN_AI.cacheWriteTokens, usage?.cacheWrite)
  put(attributes, GEN_AI.outputTokens, usage?.outputTotal)
  put(attributes, GEN_AI.reasoningTokens, usage?.reasoning)
  if (usage !== undefined) put(attributes, WB.usageRaw, JSON.stringify(usage.raw)?.slice(0, 4096))
  put(attributes, WB.costUsd, cost.usd)
  put(attributes, WB.pricedUsd, cost.pricedUsd)
  put(attributes, WB.ttftMs, result.ttftMs)
  if (result.ttftMs !== undefined) attributes[GEN_AI.timeToFirstChunk] = result.ttftMs / 1000
  put(attributes, WB.providerRequestId, result.providerRequestId)
  put(attributes, WB.schemaCheck, result.schema)
  span.setAttributes(attributes)
  setOutcome(span, result.error)
  span.end()
}

// A client that hangs up is nobody's error; everything else that ends early is.
function setOutcome(span: Span, error: WeighbridgeError | undefined): void {
  if (error === undefined) return void span.setStatus({ code: SpanStatusCode.OK })
  span.setAttributes({ [WB.errorCode]: error.code, [GEN_AI.errorType]: error.code })
  // What failed inside the router was not written by us: its message may quote what it stumbled over.
  const message = error.code === 'internal' ? 'The router failed inside.' : error.message
  if (error.code !== 'client_closed') span.setStatus({ code: SpanStatusCode.ERROR, message })
}

function putTarget(attributes: Attributes, target: Target): void {
  attributes[WB.target] = target.name
  attributes[GEN_AI.providerName] = target.provider.name
  attributes[GEN_AI.requestModel] = target.model
  attributes[WB.simulated] = target.provider.simulated
  put(attributes, WB.effort, target.effort)
}

function putFinish(attributes: Attributes, facts: AnswerFacts | undefined): void {
  if (facts?.finishReason !== undefined) attributes[GEN_AI.finishReasons] = [facts.finishReason]
}

function put(attributes: Attributes, name: string, value: AttributeValue | undefined): void {
  if (value !== undefined) attributes[name] = value
}

function putList(attributes: Attributes, name: string, values: readonly string[]): void {
  if (values.length > 0) attributes[name] = [...values]
}

/** The host of a configured address, without making a URL of it: this runs for every attempt. */
function hostOf(baseUrl: string): string {
  const from = baseUrl.indexOf('//') + 2
  const slash = baseUrl.indexOf('/', from)
  const authority = slash === -1 ? baseUrl.slice(from) : baseUrl.slice(from, slash)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':')[0] ?? host)
}
