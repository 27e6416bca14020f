// One attempt of a call from start to books: the request is built, answered, checked, priced, and what it says about target and
// key is noted. Before the first real output nothing reaches the client; what happens next is for call.ts to say.
import type { Reason } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { AnswerFacts, ModelAnswer } from '../../core/model-answer.ts'
import type { Home } from '../decide/home.ts'
import type { Choice } from '../decide/plan.ts'
import { ADAPTERS } from '../providers/adapters.ts'
import type { Adapter, OutgoingCall, ProviderRequest, StreamPart, StreamReader } from '../providers/adapter.ts'
import type { SchemaCheck } from '../spans/call-spans.ts'
import { Attempt, type Observed } from './attempt.ts'
import { attemptCost, attemptTokens, type Cost } from './cost.ts'
import type { CallDependencies, CallInput, PlainOutcome } from './dependencies.ts'
import { isAboutKey, type PickedKey } from './keys.ts'
import { checkSchema } from './schema-check.ts'
import { StreamForward } from './stream-forward.ts'

/** What call.ts asks for. */
export type Order = {
  readonly choice: Choice
  /** From 1 inside the call. */
  readonly number: number
  readonly key: PickedKey
  /** Milliseconds left to the call until its first output. */
  readonly callMs: number
  /** Whether a refusal now would be followed by another target; asked only when there is one. */
  readonly refusalGoesOn: () => boolean
}

/** How it ended. */
export type Ended = {
  readonly target: Target
  readonly keyNumber: number | undefined
  readonly reason: Reason
  readonly error: WeighbridgeError | undefined
  /** Whether output reached the client: the call is then bound to this attempt. */
  readonly committed: boolean
  /** The whole answer; also there beside `provider_refused`, should nobody else answer. */
  readonly plain: PlainOutcome | undefined
  readonly observed: Observed | undefined
  readonly dropped: readonly string[]
  readonly schema: SchemaCheck | undefined
  readonly cost: Cost
  /** Input and output together, as budgets count them. */
  readonly tokens: number
  /** Whether the error took only the key out, so that the target may be asked with another. */
  readonly keyRested: boolean
}

const NOTHING: readonly string[] = []

/** Never throws. */
export async function runAttempt(deps: CallDependencies, input: CallInput, order: Order): Promise<Ended> {
  const { facts, gone } = input
  const { candidate } = order.choice
  const { target } = candidate
  const dropped = candidate.dropped ?? NOTHING
  const production = facts.purpose === 'production'
  const span = input.span.attempt({ target, number: order.number, reason: order.choice.reason, propensity: order.choice.propensity, keyNumber: order.key.number, dropped })
  const startedMs = deps.clock.monotonicMs()
  if (production) deps.health.attempting(target, startedMs)
  deps.traffic.started(target.name)
  const work = new Work(deps, input, order, dropped)
  let error: WeighbridgeError | undefined
  try {
    await work.run()
  } catch (thrown) {
    error = gone.aborted ? clientClosed() : asWeighbridgeError(thrown)
    if (error.code === 'internal') deps.log.error({ err: thrown, request_id: input.requestId }, 'an attempt failed inside the router')
    work.attempt?.abort(error)
  }
  const observed = work.attempt?.observed
  if (observed?.claimsSimulated === true) deps.onClaimsSimulated(target)
  const usage = observed?.facts?.usage
  const seen = {
    usage,
    billable: work.attempt?.billable() ?? false,
    characters: observed?.characters ?? 0,
    inputTokens: facts.inputTokens,
    // A stream that ended with an error stopped before its end: what it said of its tokens until then is not the whole.
    cut: error !== undefined && work.forward !== undefined,
  }
  const cost = attemptCost(seen, target.price, { nowMs: deps.clock.nowMs(), serviceTier: observed?.facts?.serviceTier })
  span.end({ facts: observed?.facts, status: observed?.status, ttftMs: observed?.ttftMs, cost, error, providerRequestId: observed?.providerRequestId, schema: work.schema })
  deps.traffic.ended(target.name, error !== undefined && error.code !== 'client_closed', deps.clock.monotonicMs())
  deps.onAttempt(target, error, cost)
  if (work.schema !== undefined) deps.onSchemaCheck(target, work.schema)
  const keyRested = error !== undefined && production && isAboutKey(error) && order.key.number !== undefined
  if (production) note(deps, target, order.key, error, keyRested, startedMs)
  if (production && error === undefined && usage !== undefined) deps.expected.learn(target.evidenceKey, input.plan.task.name, facts.inputTokens, usage, warmTokens(input.plan.home, target))
  return { target, keyNumber: order.key.number, reason: order.choice.reason, error, committed: work.forward?.committed === true, plain: work.plain, observed, dropped, schema: work.schema, cost, tokens: attemptTokens(seen), keyRested }
}

/** Tokens of the request that the target has seen before; `undefined`: none. */
function warmTokens(home: Home | undefined, target: Target): number | undefined {
  return home?.warm === true && home.evidenceKey === target.evidenceKey ? home.prefixTokens : undefined
}

/** What an attempt says about its target and its key. */
function note(deps: CallDependencies, target: Target, key: PickedKey, error: WeighbridgeError | undefined, keyRested: boolean, startedMs: number): void {
  const nowMs = deps.clock.monotonicMs()
  if (error === undefined) {
    deps.health.answered(target)
    deps.keys.worked(target.provider, key, target.model)
  } else if (keyRested) {
    // Another key may do: the target itself is as good as before. With all keys at rest it is out by itself (standing.ts).
    deps.onKeyRests(target)
    deps.keys.rest(target.provider, key, target.model, error, nowMs, deps.random.next())
    deps.health.inconclusive(target, startedMs)
  } else if (error.code === 'provider_not_found' && target.name.includes('/')) deps.health.inconclusive(target, startedMs)
  else if (error.answer.countsAgainstHealth || isAboutKey(error) || error.code === 'provider_overloaded') deps.health.failed(target, error, startedMs, nowMs, deps.random.next())
  else deps.health.inconclusive(target, startedMs)
}

/** The part that may throw. */
class Work {
  attempt: Attempt | undefined
  forward: StreamForward | undefined
  plain: PlainOutcome | undefined
  schema: SchemaCheck | undefined
  readonly #deps: CallDependencies
  readonly #input: CallInput
  readonly #order: Order
  readonly #dropped: readonly string[]

  constructor(deps: CallDependencies, input: CallInput, order: Order, dropped: readonly string[]) {
    this.#deps = deps
    this.#input = input
    this.#order = order
    this.#dropped = dropped
  }

  async run(): Promise<void> {
    const { job, facts, requestId, gone } = this.#input
    const { target } = this.#order.choice.candidate
    const adapter = ADAPTERS[target.provider.api]
    const secret = this.#order.key.secret
    if (gone.aborted) throw clientClosed()
    if (job.kind === 'embeddings') {
      if (adapter.embeddings === undefined) throw new WeighbridgeError('cannot_translate', `${target.provider.api} has no embeddings.`)
      const { embeddings } = adapter
      const attempt = this.#start(adapter, withRequestId(embeddings.build(job.body, target, secret), requestId))
      return this.#guarded(attempt, async () => {
        const bytes = await attempt.whole()
        const { body, facts: said } = embeddings.parse(bytes.toString(), job.body, target)
        // Vectors are the whole output: there are no output tokens that could be unknown.
        const usage = said.usage === undefined ? undefined : { ...said.usage, outputTotal: said.usage.outputTotal ?? 0 }
        attempt.answered({ ...said, usage }, 0)
        this.plain = { wire: target.provider.api, bytes, text: '', native: body, translated: undefined, answer: undefined }
      })
    }
    const call: OutgoingCall = { wire: job.wire, native: job.asked.native, request: job.asked.request, stream: facts.stream, effort: target.effort, requestId }
    const attempt = this.#start(adapter, adapter.build(call, target, secret))
    return this.#guarded(attempt, () => (facts.stream ? this.#streamed(attempt, adapter, call) : this.#whole(attempt, adapter, call)))
  }

  #start(adapter: Adapter, request: ProviderRequest): Attempt {
    const { target } = this.#order.choice.candidate
    this.attempt = new Attempt({
      adapter,
      target,
      request,
      stream: this.#input.job.kind === 'answer' && this.#input.facts.stream,
      dispatcher: this.#deps.pools.of(target.provider),
      maxResponseBytes: this.#deps.limits.maxResponseBytes,
      callMs: this.#order.callMs,
      clock: this.#deps.clock,
    })
    return this.attempt
  }

  /** Runs it so that a client who goes ends the exchange. */
  async #guarded(attempt: Attempt, run: () => Promise<void>): Promise<void> {
    const { gone } = this.#input
    const hangUp = (): void => attempt.abort(clientClosed())
    gone.listen(hangUp)
    try {
      await run()
    } finally {
      gone.forget(hangUp)
    }
  }

  async #whole(attempt: Attempt, adapter: Adapter, call: OutgoingCall): Promise<void> {
    const { job, plan } = this.#input
    const { target } = this.#order.choice.candidate
    const bytes = await attempt.whole()
    const text = bytes.toString()
    const answer = adapter.parse(text, target)
    attempt.answered(answer.facts, answer.characters)
    const schema = job.kind === 'answer' ? job.asked.schema : undefined
    const translated = call.wire === adapter.wire ? undefined : answer.answer()
    this.plain = { wire: adapter.wire, bytes, text, native: answer.native, translated, answer: () => translated ?? answer.answer() }
    if (plan.task.onRefusal !== undefined && declined(answer.facts, translated ?? answer.answer()) && this.#order.refusalGoesOn()) throw refused(answer.facts)
    if (schema === undefined) return
    const checked = checkableText(answer.facts, translated ?? answer.answer())
    if (checked === undefined) return
    const verdict = await checkSchema(schema, checked)
    this.schema = verdict.kind
    if (verdict.kind === 'violated' && plan.task.onSchemaViolation === 'fail_over' && this.#input.facts.purpose === 'production') {
      throw new WeighbridgeError('provider_schema_violation', `The answer of ${target.name} does not meet the JSON schema: ${verdict.detail}.`)
    }
  }

  async #streamed(attempt: Attempt, adapter: Adapter, call: OutgoingCall): Promise<void> {
    const { job, plan, sink, watch } = this.#input
    const { target } = this.#order.choice.candidate
    const schema = job.kind === 'answer' ? job.asked.schema : undefined
    const watchesRefusals = plan.task.onRefusal !== undefined
    const translate = call.wire !== adapter.wire || schema !== undefined || watchesRefusals || watch !== undefined
    const forward = new StreamForward(
      sink,
      { target, attempts: this.#order.number, wire: adapter.wire, dropped: this.#dropped },
      {
        keepText: schema !== undefined,
        watch,
        onCommit: () => {
          if (this.#input.facts.purpose === 'production') this.#deps.health.progressed(target)
        },
        beforeCommit: watchesRefusals ? (part: StreamPart, reader: StreamReader) => this.#refusalGoesOn(part, reader) : undefined,
      },
    )
    this.forward = forward
    await attempt.stream(adapter.stream(call, target, translate), (part, reader) => forward.take(part, reader))
    if (!forward.committed) throw new WeighbridgeError('provider_malformed', "The provider's stream ended without any output.")
    const text = schema === undefined ? undefined : forward.text()
    if (text === undefined || !endsNormally(attempt.observed.facts)) return
    // What is out cannot be taken back: a violation in a stream is recorded only.
    this.schema = (await checkSchema(schema, text)).kind
  }

  /** Throws `provider_refused` for output that declines, where another target would be asked. */
  #refusalGoesOn(part: StreamPart, reader: StreamReader): void {
    const finish = part.kind === 'output' ? undefined : reader.facts().finish
    const declines = finish === 'refusal' || finish === 'content_filter' || part.events.some((event) => event.kind === 'refusal')
    if (declines && this.#order.refusalGoesOn()) throw refused(reader.facts())
  }
}

function withRequestId(request: ProviderRequest, requestId: string): ProviderRequest {
  return 'x-request-id' in request.headers ? request : { ...request, headers: { ...request.headers, 'x-request-id': requestId } }
}

function clientClosed(): WeighbridgeError {
  return new WeighbridgeError('client_closed', 'The client hung up.')
}

function refused(facts: AnswerFacts): WeighbridgeError {
  return new WeighbridgeError('provider_refused', `The model or its filter declined (${facts.finish ?? 'refusal'}).`)
}

function declined(facts: AnswerFacts, answer: ModelAnswer): boolean {
  return facts.finish === 'refusal' || facts.finish === 'content_filter' || answer.parts.some((part) => part.kind === 'refusal')
}

/** An answer cut by a limit or a filter, or that calls a tool, is not one that a schema speaks about. */
function endsNormally(facts: AnswerFacts | undefined): boolean {
  return facts?.finish === undefined || facts.finish === 'stop'
}

function checkableText(facts: AnswerFacts, answer: ModelAnswer): string | undefined {
  if (!endsNormally(facts) || answer.parts.some((part) => part.kind === 'tool_call' || part.kind === 'refusal')) return undefined
  return answer.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}
