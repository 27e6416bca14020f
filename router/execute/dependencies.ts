// What running a call needs and gives: the seams between execute/ and the rooms around it. Types only.
import type { Logger } from 'pino'
import type { Target } from '../../core/config.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import type { AnswerEvent, AnswerFacts, ModelAnswer } from '../../core/model-answer.ts'
import type { Wire } from '../../core/model-request.ts'
import type { Clock, Random } from '../../core/seams.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { ExpectedOutput } from '../decide/expected-output.ts'
import type { Plan } from '../decide/plan.ts'
import type { SurfaceRequest } from '../http/surfaces/surface.ts'
import type { ShownError, StreamPart } from '../providers/adapter.ts'
import type { JsonObject } from '../providers/json.ts'
import type { CallSpan, SchemaCheck } from '../spans/call-spans.ts'
import type { ClientGone } from './client-gone.ts'
import type { Cost } from './cost.ts'
import type { HealthBook } from './health.ts'
import type { KeyBook } from './keys.ts'
import type { Pools } from './pools.ts'
import type { TrafficBook } from './traffic.ts'

/** Operators' drains; `undefined`: not drained. */
export interface Drains {
  reason(target: Target): string | undefined
}

/** Bounds of every call, from the configuration in force. */
export type CallLimits = {
  readonly maxResponseBytes: number
  /** Longest time until the first output, all attempts and waits together. */
  readonly callTimeoutMs: number
  /** Longest a call waits, in total, for targets that cool. */
  readonly coolingWaitMs: number
}

export type CallDependencies = {
  readonly pools: Pools
  readonly health: HealthBook
  readonly keys: KeyBook
  readonly traffic: TrafficBook
  readonly drains: Drains | undefined
  readonly expected: ExpectedOutput
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly limits: CallLimits
  /** An answer that says it is simulated came from a provider that is not configured so: it would count as real. */
  readonly onClaimsSimulated: (target: Target) => void
  readonly onAttempt: (target: Target, error: WeighbridgeError | undefined, cost: Cost) => void
  /** One of several keys of the target's provider was limited or refused. */
  readonly onKeyRests: (target: Target) => void
  readonly onSchemaCheck: (target: Target, check: SchemaCheck) => void
}

/** What is asked of a provider: an answer to a client of some wire, or vectors (the body is OpenAI's). */
export type Job = { readonly kind: 'answer'; readonly asked: SurfaceRequest; readonly wire: Wire } | { readonly kind: 'embeddings'; readonly body: JsonObject }

/** What a stream is bound to once its first output is out. */
export type Committed = {
  readonly target: Target
  /** Attempts until now. */
  readonly attempts: number
  /** The wire its parts are of. */
  readonly wire: Wire
  /** Members of the request that were left out for that wire. */
  readonly dropped: readonly string[]
}

/** Where a streamed answer goes. */
export interface AnswerSink {
  /** Real output has arrived: the call is bound to this target from here on. */
  begin(committed: Committed): void
  /** One part of the answer; the promise (when there is one) settles once the client can take more. */
  part(part: StreamPart): Promise<void> | undefined
}

/** Who looks on as an answer goes to the client. */
export interface AnswerWatch {
  /** One event of a stream that is on its way. */
  take(event: AnswerEvent): void
  /** The call is over, and its span is about to end. */
  closing(outcome: CallOutcome): void
}

export type CallInput = {
  readonly plan: Plan
  readonly facts: CallFacts
  readonly job: Job
  readonly requestId: string
  readonly span: CallSpan
  readonly sink: AnswerSink
  /** `undefined`: nobody. */
  readonly watch?: AnswerWatch | undefined
  /** Aborts when the client has gone. */
  readonly gone: ClientGone
  /** The key that holds what the request refers to, from 1; `undefined`: any. */
  readonly keyNumber: number | undefined
  /**
   * Asked before each attempt, with what the call has cost so far: sets aside what an attempt at this target may add. An error: the
   * budget has no room for it. Left out: no budget binds the call.
   */
  readonly cover?: ((target: Target, soFar: Spending) => WeighbridgeError | undefined | Promise<WeighbridgeError | undefined>) | undefined
}

/** What the attempts of a call cost together; `usd` is `undefined` when that of any is unknown. */
export type Spending = { readonly usd: number | undefined; readonly tokens: number }

/** A whole answer. */
export type PlainOutcome = {
  readonly wire: Wire
  /** As the provider sent it. */
  readonly bytes: Buffer
  readonly text: string
  /** The same as JSON; for embeddings, the body in OpenAI's form. */
  readonly native: JsonObject
  /** In the common form; only where the client speaks another wire. */
  readonly translated: ModelAnswer | undefined
  /** In the common form, made when asked for; `undefined`: vectors have none. */
  readonly answer: (() => ModelAnswer) | undefined
}

/** What became of a call. */
export type CallOutcome = {
  readonly target: Target | undefined
  readonly attempts: number
  readonly costUsd: number | undefined
  /** Tokens of all attempts, as budgets count them. */
  readonly tokens: number
  /** The whole answer of a plain call. */
  readonly plain: PlainOutcome | undefined
  /** What the last attempt's answer said of itself. */
  readonly facts: AnswerFacts | undefined
  readonly dropped: readonly string[]
  readonly keyNumber: number | undefined
  readonly error: WeighbridgeError | undefined
  /** The provider's own error, for the client only. */
  readonly shown: ShownError | undefined
  /** HTTP status of the failed answer, when a provider gave one. */
  readonly providerStatus: number | undefined
}
