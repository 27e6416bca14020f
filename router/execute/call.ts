// One call from plan to outcome: attempts along the chain until one answers. Before the first real output reaches the client
// a failure is invisible and the call goes on; after it the provider never changes and a failure ends the answer honestly.
import type { Logger } from 'pino'
import type { Reason } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { Clock, Random } from '../../core/seams.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import { decisionRecord } from '../decide/decision-record.ts'
import type { ExpectedOutput } from '../decide/expected-output.ts'
import { chooseFirst, chooseNext, type Choice, type Considered, type Plan, type Standing } from '../decide/plan.ts'
import { ADAPTERS } from '../providers/adapters.ts'
import type { StreamPart } from '../providers/adapter.ts'
import type { JsonObject } from '../providers/json.ts'
import type { CallSpan } from '../spans/call-spans.ts'
import { startAttempt, type Attempt } from './attempt.ts'
import { attemptCost, callCost, type Cost } from './cost.ts'
import type { HealthBook } from './health.ts'
import type { Pools } from './pools.ts'

/** Where a streamed answer goes. */
export interface AnswerSink {
  /** Real output has arrived: the call is bound to this target from here on. */
  begin(committed: Committed): void
  /** One chunk for the client; the promise (when there is one) settles once the client can take more. */
  chunk(chunk: JsonObject): Promise<void> | undefined
}

export type Committed = { readonly target: Target; readonly attempts: number }

/** What became of a call. */
export type CallOutcome = {
  readonly target: Target | undefined
  readonly attempts: number
  readonly costUsd: number | undefined
  /** The whole answer of a plain call. */
  readonly plain: { readonly body: JsonObject; readonly text: string } | undefined
  readonly error: WeighbridgeError | undefined
  /** The provider's own error object, for the client only. */
  readonly shown: JsonObject | undefined
  /** HTTP status of the failed answer, when a provider gave one. */
  readonly providerStatus: number | undefined
}

/** Operators' drains; `undefined`: not drained. */
export interface Drains {
  reason(target: Target): string | undefined
}

export type CallDependencies = {
  readonly pools: Pools
  readonly health: HealthBook
  readonly drains: Drains | undefined
  readonly expected: ExpectedOutput
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly maxResponseBytes: number
  /** An answer that says it is simulated came from a provider that is not configured so: it would count as real. */
  readonly onClaimsSimulated: (target: Target) => void
  readonly onAttempt: (target: Target, error: WeighbridgeError | undefined, cost: Cost) => void
}

export type CallInput = {
  readonly plan: Plan
  readonly facts: CallFacts
  /** The client's body without our own metadata. */
  readonly body: JsonObject
  readonly span: CallSpan
  readonly sink: AnswerSink
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal
}

/** Longest wait before the one retry of a chain's last link; full jitter below it. */
const LONGEST_RETRY_WAIT_MS = 500

type Tried = { readonly target: Target; readonly cost: Cost; readonly wasted: boolean }

/** Runs a call to its end. Never throws: whatever happens is in the outcome and in the spans. */
export async function runCall(deps: CallDependencies, input: CallInput): Promise<CallOutcome> {
  const { plan, facts, span } = input
  const { clock, health, random } = deps
  const production = facts.purpose === 'production'
  const tried: Tried[] = []
  const triedNames = new Set<string>()
  const skipped = new Set<string>()
  const waived = new Set<string>()

  const standing: Standing = (target) => {
    const drained = deps.drains?.reason(target)
    if (drained !== undefined) return { reason: 'drained', detail: drained }
    const cooling = health.cooling(target, clock.monotonicMs())
    // Evals neither open a breaker nor are kept away by one; a provider's own limit binds them too.
    return cooling === undefined || (!production && cooling.reason === 'cooling') ? undefined : { reason: cooling.reason, detail: cooling.detail }
  }
  // When nothing else is left, a target that only failed too often is worth a try; one that asked for a pause is not.
  const forgiving: Standing = (target) => {
    const against = standing(target)
    return against?.reason === 'cooling' ? undefined : against
  }
  const settle = (considered: Considered): Choice | undefined => {
    for (const candidate of considered.admission.skipped) skipped.add(candidate.target.name)
    const { choice } = considered
    if (choice !== undefined && considered.admission.waived.has(choice.candidate.target.name)) waived.add(choice.candidate.target.name)
    return choice
  }
  const next = (): Choice | undefined => settle(chooseNext(plan, triedNames, standing)) ?? settle(chooseNext(plan, triedNames, forgiving))

  const strict = chooseFirst(plan, standing, random)
  const first = strict.choice !== undefined ? strict : chooseFirst(plan, forgiving, random)
  span.decided(plan, decisionRecord(plan, first))
  let choice = settle(first)
  let reason: Reason | undefined = choice?.reason
  let ended: Ended = { error: choice === undefined ? nothingAdmissible(plan, first, health, clock) : undefined, attempt: undefined, committed: false, plain: undefined }
  let retried = false

  while (choice !== undefined) {
    const { target } = choice.candidate
    triedNames.add(target.name)
    reason = choice.reason
    ended = await oneAttempt(deps, input, choice, tried)
    const { error } = ended
    if (error === undefined || ended.committed || input.gone.aborted || !error.answer.failOver) break
    const following = next()
    if (following === undefined && production && !retried && error.answer.retrySameTarget) {
      retried = true
      await wait(random.next() * LONGEST_RETRY_WAIT_MS, input.gone)
      if (input.gone.aborted) break
      choice = { ...choice, propensity: undefined, reason: 'failover' }
    } else choice = following
  }

  const last = tried.at(-1)
  const sums = callCost(tried)
  span.end({
    attempts: tried.length,
    costUsd: sums.usd,
    wastedUsd: sums.wastedUsd,
    target: last?.target,
    reason,
    facts: ended.attempt?.observed.facts,
    ttftMs: ended.error === undefined || ended.committed ? ended.attempt?.observed.ttftMs : undefined,
    skipped: [...skipped],
    waived: [...waived],
    error: ended.error,
  })
  return {
    target: last?.target,
    attempts: tried.length,
    costUsd: sums.usd,
    plain: ended.plain,
    error: ended.error,
    shown: ended.attempt?.observed.shown,
    providerStatus: ended.attempt?.observed.status,
  }
}

type Ended = { readonly error: WeighbridgeError | undefined; readonly attempt: Attempt | undefined; readonly committed: boolean; readonly plain: CallOutcome['plain'] }

async function oneAttempt(deps: CallDependencies, input: CallInput, choice: Choice, tried: Tried[]): Promise<Ended> {
  const { plan, facts, gone } = input
  const { target } = choice.candidate
  const production = facts.purpose === 'production'
  const number = tried.length + 1
  const span = input.span.attempt(target, number, choice.reason, choice.propensity)
  if (production) deps.health.attempting(target, deps.clock.monotonicMs())
  const attempt = startAttempt({
    adapter: ADAPTERS[target.provider.api],
    target,
    call: { body: input.body, stream: facts.stream, effort: target.effort },
    dispatcher: deps.pools.of(target.provider),
    maxResponseBytes: deps.maxResponseBytes,
    clock: deps.clock,
  })
  const hangUp = (): void => attempt.abort(new WeighbridgeError('client_closed', 'The client hung up.'))
  if (gone.aborted) hangUp()
  gone.addEventListener('abort', hangUp, { once: true })
  let error: WeighbridgeError | undefined
  let plain: CallOutcome['plain']
  const progress = { committed: false }
  try {
    if (facts.stream) await forward(attempt.parts(), input.sink, { target, attempts: number }, progress)
    else {
      const { answer, text } = await attempt.plain()
      plain = { body: answer.body, text }
    }
  } catch (thrown) {
    error = gone.aborted ? new WeighbridgeError('client_closed', 'The client hung up.') : asWeighbridgeError(thrown)
    if (error.code === 'internal') deps.log.error({ err: thrown }, 'an attempt failed inside the router')
    attempt.abort(error)
  } finally {
    gone.removeEventListener('abort', hangUp)
  }
  const { observed } = attempt
  if (observed.claimsSimulated) deps.onClaimsSimulated(target)
  const usage = observed.facts?.usage
  const cost = attemptCost({ usage, billable: attempt.billable(), characters: observed.characters, inputTokens: facts.inputTokens }, target.price)
  span.end({ facts: observed.facts, status: observed.status, ttftMs: observed.ttftMs, cost, error })
  tried.push({ target, cost, wasted: error !== undefined && !progress.committed })
  deps.onAttempt(target, error, cost)
  if (production) {
    if (error === undefined) {
      deps.health.answered(target)
      if (usage !== undefined) deps.expected.learn(target.evidenceKey, plan.task.name, facts.inputTokens, usage)
    } else if (error.answer.countsAgainstHealth || error.retryAfterMs !== undefined) deps.health.failed(target, error, deps.clock.monotonicMs())
    else deps.health.inconclusive(target)
  }
  return { error, attempt, committed: progress.committed, plain }
}

/** Holds start-up parts back until real output, then passes everything on at the client's pace. */
async function forward(parts: AsyncIterable<StreamPart>, sink: AnswerSink, committed: Committed, progress: { committed: boolean }): Promise<void> {
  const held: JsonObject[] = []
  for await (const part of parts) {
    // Errors are thrown by the attempt; the surface writes its own terminal event.
    if (part.kind === 'error' || part.kind === 'end') continue
    if (!progress.committed) {
      held.push(part.chunk)
      if (part.kind !== 'output' && part.kind !== 'finish') continue
      progress.committed = true
      sink.begin(committed)
      for (const chunk of held) await sink.chunk(chunk)
    } else await sink.chunk(part.chunk)
  }
  if (!progress.committed) throw new WeighbridgeError('provider_malformed', "The provider's stream ended without any output.")
}

function nothingAdmissible(plan: Plan, first: Considered, health: HealthBook, clock: Clock): WeighbridgeError {
  const reasons = first.exclusions.map((exclusion) => `${exclusion.target}: ${exclusion.reason} (${exclusion.detail})`)
  const details = { exclusions: first.exclusions }
  const waits = plan.candidates.map((candidate) => health.cooling(candidate.target, clock.monotonicMs())).filter((cooling) => cooling !== undefined)
  if (first.exclusions.length > 0 && first.exclusions.every((exclusion) => exclusion.reason === 'rate_limited')) {
    const retryAfterMs = Math.min(...waits.map((cooling) => cooling.forMs))
    return new WeighbridgeError('provider_rate_limited', `Every target of task ${plan.task.name} waits for its provider's limit: ${reasons.join('; ')}`, { details, retryAfterMs })
  }
  const listed = reasons.length === 0 ? 'it has no enabled target' : reasons.join('; ')
  return new WeighbridgeError('no_admissible_target', `No target may serve this call of task ${plan.task.name}: ${listed}`, { details })
}

function wait(ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      gone.removeEventListener('abort', done)
      resolve()
    }
    gone.addEventListener('abort', done, { once: true })
  })
}
