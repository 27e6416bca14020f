// The spans of one call: a SERVER span for the client's request and a CLIENT span for every attempt, with the attributes of
// core/attributes.ts. Facts and numbers only: no prompt, answer, body or key ever becomes an attribute.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Span, type SpanContext, type Tracer } from '@opentelemetry/api'
import { GEN_AI, WB, type Reason } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { DecisionRecord } from '../decide/decision-record.ts'
import type { Plan } from '../decide/plan.ts'
import type { Cost } from '../execute/cost.ts'
import type { AnswerFacts } from '../providers/adapter.ts'

/** What identifies a call beside its facts. */
export type CallIdentity = { readonly surface: string; readonly route: string; readonly requestId: string; readonly keyId: string | undefined; readonly parent: SpanContext | undefined; /** Side of a call that no task is decided for: simulated where nothing else is configured. */ readonly simulated: boolean }

/** How an attempt ended. */
export type AttemptEnd = {
  readonly facts: AnswerFacts | undefined
  readonly status: number | undefined
  readonly ttftMs: number | undefined
  readonly cost: Cost
  readonly error: WeighbridgeError | undefined
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
  readonly error: WeighbridgeError | undefined
}

export interface AttemptSpan {
  end(result: AttemptEnd): void
}

export interface CallSpan {
  readonly traceId: string
  /** Adds what the decision said; before the first attempt. */
  decided(plan: Plan, decision: DecisionRecord): void
  attempt(target: Target, number: number, reason: Reason, propensity: number | undefined): AttemptSpan
  end(result: CallEnd): void
}

/** Starts the span of a call under the client's parent, or as a root. */
export function startCallSpan(tracer: Tracer, facts: CallFacts, identity: CallIdentity): CallSpan {
  const shared: Attributes = {
    [GEN_AI.operationName]: 'chat',
    [GEN_AI.requestStream]: facts.stream,
    [WB.modelRequested]: facts.model,
    [WB.purpose]: facts.purpose,
    [WB.requestId]: identity.requestId,
    [WB.surface]: identity.surface,
    [WB.simulated]: identity.simulated,
    ...given(WB.sessionId, facts.sessionId),
    ...given(GEN_AI.conversationId, facts.sessionId),
    ...given(GEN_AI.userId, facts.userId),
    ...given(WB.keyId, identity.keyId),
    ...given(GEN_AI.requestMaxTokens, facts.maxOutputTokens),
    ...(facts.tags.length > 0 ? { [WB.tags]: [...facts.tags] } : {}),
  }
  const parentContext = identity.parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, identity.parent)
  const span = tracer.startSpan(`POST ${identity.route}`, { kind: SpanKind.SERVER, attributes: { ...shared, [WB.role]: 'call' } }, parentContext)
  const context = trace.setSpan(ROOT_CONTEXT, span)

  return {
    traceId: span.spanContext().traceId,
    decided(plan, decision) {
      const routing = { [WB.task]: plan.task.name, [WB.taskSource]: plan.taskSource, [WB.routeVersion]: plan.routeVersion, [WB.simulated]: plan.task.simulated }
      Object.assign(shared, routing)
      span.setAttributes({ ...routing, [WB.decision]: JSON.stringify(decision), ...given(WB.propensity, decision.propensity ?? undefined) })
    },
    attempt(target, number, reason, propensity) {
      const attributes: Attributes = {
        ...shared,
        ...targetAttributes(target),
        [WB.role]: 'attempt',
        [WB.attempt]: number,
        [WB.reason]: reason,
        [GEN_AI.serverAddress]: new URL(target.provider.baseUrl).hostname,
        ...given(WB.propensity, propensity),
        ...given(WB.priceVersion, target.price?.version),
      }
      const attempt = tracer.startSpan(`chat ${target.model}`, { kind: SpanKind.CLIENT, attributes }, context)
      return { end: (result) => endAttempt(attempt, result) }
    },
    end(result) {
      span.setAttributes({
        ...(result.target === undefined ? {} : targetAttributes(result.target)),
        ...given(WB.reason, result.reason),
        [WB.attempts]: result.attempts,
        ...given(WB.callCostUsd, result.costUsd),
        ...given(WB.callWastedUsd, result.wastedUsd),
        ...given(WB.ttftMs, result.ttftMs),
        ...given(GEN_AI.responseModel, result.facts?.servedModel),
        ...finish(result.facts),
        ...(result.skipped.length > 0 ? { [WB.ceilingSkipped]: [...result.skipped] } : {}),
        ...(result.waived.length > 0 ? { [WB.ceilingWaived]: [...result.waived] } : {}),
      })
      setOutcome(span, result.error)
      span.end()
    },
  }
}

function endAttempt(span: Span, result: AttemptEnd): void {
  const { facts } = result
  const usage = facts?.usage
  span.setAttributes({
    ...given(GEN_AI.httpStatus, result.status),
    ...given(GEN_AI.responseId, facts?.responseId),
    ...given(GEN_AI.responseModel, facts?.servedModel),
    ...given(GEN_AI.systemFingerprint, facts?.systemFingerprint),
    ...given(GEN_AI.serviceTier, facts?.serviceTier),
    ...finish(facts),
    ...given(GEN_AI.inputTokens, usage?.inputTotal),
    ...given(GEN_AI.cacheReadTokens, usage?.cacheRead),
    ...given(GEN_AI.cacheWriteTokens, usage?.cacheWrite),
    ...given(GEN_AI.outputTokens, usage?.outputTotal),
    ...given(GEN_AI.reasoningTokens, usage?.reasoning),
    ...given(WB.usageRaw, usage === undefined ? undefined : JSON.stringify(usage.raw).slice(0, 4096)),
    ...given(WB.costUsd, result.cost.usd),
    [WB.costSource]: result.cost.source,
    ...given(WB.ttftMs, result.ttftMs),
    ...given(GEN_AI.timeToFirstChunk, result.ttftMs === undefined ? undefined : result.ttftMs / 1000),
  })
  setOutcome(span, result.error)
  span.end()
}

// A client that hangs up is nobody's error; everything else that ends early is.
function setOutcome(span: Span, error: WeighbridgeError | undefined): void {
  if (error === undefined) return void span.setStatus({ code: SpanStatusCode.OK })
  span.setAttributes({ [WB.errorCode]: error.code, [GEN_AI.errorType]: error.code })
  if (error.code !== 'client_closed') span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}

function targetAttributes(target: Target): Attributes {
  return {
    [WB.target]: target.name,
    [GEN_AI.providerName]: target.provider.name,
    [GEN_AI.requestModel]: target.model,
    [WB.simulated]: target.provider.simulated,
    ...given(WB.effort, target.effort),
  }
}

function finish(facts: AnswerFacts | undefined): Attributes {
  return facts?.finishReason === undefined ? {} : { [GEN_AI.finishReasons]: [facts.finishReason] }
}

function given(name: string, value: string | number | undefined): Attributes {
  return value === undefined ? {} : { [name]: value }
}
