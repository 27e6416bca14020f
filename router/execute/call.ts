// One call from plan to outcome: attempts along the chain until one answers. Before the first real output reaches the client
// a failure is invisible and the call goes on; after it the provider never changes and a failure ends the answer honestly.
import type { ChainLink, Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { usd, type Candidate } from '../decide/admit.ts'
import { decisionRecord } from '../decide/decision-record.ts'
import { chooseFirst, chooseNext, sidePlan, type Choice, type Considered, type Plan, type Standing } from '../decide/plan.ts'
import { callCost } from './cost.ts'
import type { CallDependencies, CallInput, CallOutcome, Spending } from './dependencies.ts'
import { nothingAdmissible } from './nothing-admissible.ts'
import { runAttempt, type Ended } from './one-attempt.ts'
import { pause, soonestReturn, standingAgainst, waitForChange } from './standing.ts'

export type { CallDependencies, CallInput, CallOutcome, Drains } from './dependencies.ts'

/** A timer may end a millisecond before the clock says so: who looks then would find the target still away. */
const TIMER_EARLY_MS = 1

/** Full jitter before a retry at the same target: up to the first, doubling, never above the longest. */
export const RETRY_BASE_MS = 100
export const RETRY_LONGEST_MS = 2_000
/** Whatever chains, keys and retries say: no call asks more often than this. */
const MOST_ATTEMPTS = 32
const NO_LINKS: readonly ChainLink[] = []

/** Runs a call to its end. Never throws: whatever happens is in the outcome and in the spans. */
export function runCall(deps: CallDependencies, input: CallInput): Promise<CallOutcome> {
  return new CallRun(deps, input).run()
}

class CallRun {
  readonly #deps: CallDependencies
  readonly #input: CallInput
  readonly #production: boolean
  readonly #startedMs: number
  readonly #strict: Standing
  readonly #lastResort: Standing
  /** What the call goes on along: its plan, or a side chain since a typed failure. */
  #route: Plan
  readonly #ended: Ended[] = []
  readonly #tried = new Set<string>()
  readonly #sides = new Map<readonly ChainLink[], Plan>()
  readonly #skipped = new Set<string>()
  readonly #waived = new Set<string>()
  #retries = 0
  #violations = 0
  #waitedMs = 0
  #waitedAfterFailure = false
  /** Why no target was ever asked. */
  #unasked: WeighbridgeError | undefined

  constructor(deps: CallDependencies, input: CallInput) {
    this.#deps = deps
    this.#input = input
    this.#route = input.plan
    this.#production = input.facts.purpose === 'production'
    this.#startedMs = deps.clock.monotonicMs()
    this.#strict = (target) => standingAgainst(deps, target, deps.clock.monotonicMs(), this.#production, false)
    this.#lastResort = (target) => standingAgainst(deps, target, deps.clock.monotonicMs(), this.#production, true)
  }

  async run(): Promise<CallOutcome> {
    let choice = await this.#first()
    while (choice !== undefined) {
      // A budget without room for this attempt ends the call: with the failure before it, where there was one.
      this.#unasked = await this.#input.cover?.(choice.candidate.target, this.#spending())
      if (this.#unasked !== undefined) break
      this.#tried.add(choice.candidate.target.name)
      const ended = await this.#attempt(choice)
      this.#ended.push(ended)
      const { error } = ended
      if (error === undefined || ended.committed || this.#input.gone.aborted || this.#ended.length >= MOST_ATTEMPTS) break
      choice = await this.#next(choice, error, ended)
    }
    return this.#outcome()
  }

  async #first(): Promise<Choice | undefined> {
    const { plan, span, job } = this.#input
    for (;;) {
      const strict = chooseFirst(plan, this.#strict, this.#deps.random)
      const considered = strict.choice !== undefined ? strict : chooseFirst(plan, this.#lastResort, this.#deps.random)
      if (considered.choice === undefined && (await this.#waitFor(plan.candidates, considered.exclusions.some(({ reason }) => reason === 'rate_limited' || reason === 'cooling')))) continue
      span.decided(plan, decisionRecord(plan, considered))
      if (considered.choice === undefined) {
        this.#unasked = this.#input.gone.aborted
          ? new WeighbridgeError('client_closed', 'The client hung up.')
          : nothingAdmissible(plan, considered.exclusions, soonestReturn(this.#deps, plan.candidates, this.#deps.clock.monotonicMs()), job.kind === 'answer' ? job.asked.native : undefined)
      }
      return this.#settle(considered)
    }
  }

  #attempt(choice: Choice): Promise<Ended> {
    const { target } = choice.candidate
    const { keys, clock } = this.#deps
    const key = keys.pick(target.provider, target.model, clock.monotonicMs(), this.#input.keyNumber) ?? { number: 1, secret: target.provider.apiKeys[0] }
    return runAttempt(this.#deps, this.#input, {
      choice,
      number: this.#ended.length + 1,
      key,
      callMs: Math.max(1, this.#leftMs()),
      refusalGoesOn: () => this.#peek(this.#afterRefusal(target)) !== undefined,
    })
  }

  /** What follows a failed attempt; `undefined`: nothing, the failure is the answer. */
  async #next(choice: Choice, error: WeighbridgeError, ended: Ended): Promise<Choice | undefined> {
    const { target } = choice.candidate
    const { provider } = target
    const again: Choice = { candidate: choice.candidate, propensity: undefined, reason: 'failover' }
    if (this.#leftMs() <= 0) return undefined
    if (ended.keyRested && this.#deps.keys.allRest(provider, target.model, this.#deps.clock.monotonicMs()) === undefined) return again
    const route = this.#routeAfter(error, target)
    const onward = route === undefined ? undefined : this.#peek(route)
    if (error.answer.retrySameTarget && this.#production && !this.#mustRest(target, error, onward)) {
      const allowed = onward === undefined ? Math.max(1, provider.retries) : provider.retries
      const waitMs = this.#deps.random.next() * Math.min(RETRY_LONGEST_MS, RETRY_BASE_MS * 2 ** this.#retries)
      if (this.#retries < allowed && waitMs < this.#leftMs() && usd(again.candidate) <= (this.#leftUsd() ?? Infinity)) {
        this.#retries += 1
        await pause(waitMs, this.#input.gone)
        return this.#input.gone.aborted ? undefined : again
      }
    }
    this.#retries = 0
    if (route !== undefined && onward !== undefined) {
      this.#route = route
      return this.#settle(onward)
    }
    return this.#afterAWait(again, error)
  }

  /** Whether a quick retry would only add to a limit: another link does better, or the provider asked for a pause. */
  #mustRest(target: Target, error: WeighbridgeError, onward: Considered | undefined): boolean {
    if (error.retryAfterMs !== undefined && error.retryAfterMs > 0) return true
    if (onward === undefined) return false
    return error.code === 'provider_overloaded' || this.#strict(target) !== undefined
  }

  /** With the whole chain at a limit: waits for the first target to come back, once, and tries again. */
  async #afterAWait(again: Choice, error: WeighbridgeError): Promise<Choice | undefined> {
    if (!this.#production || this.#waitedAfterFailure || (error.code !== 'provider_rate_limited' && error.code !== 'provider_overloaded')) return undefined
    this.#waitedAfterFailure = true
    const candidates = this.#route.failover ? this.#route.candidates : [again.candidate]
    // A pause that is over by now needs no waiting for.
    const rests = soonestReturn(this.#deps, candidates, this.#deps.clock.monotonicMs()) !== undefined
    if (rests && !(await this.#waitFor(candidates, rests))) return undefined
    if (!this.#route.failover) return this.#strict(again.candidate.target) === undefined ? again : undefined
    this.#tried.clear()
    const considered = this.#peek(this.#route)
    if (considered !== undefined) return this.#settle(considered)
    // A pinned or weighted target need not stand in the chain.
    return this.#strict(again.candidate.target) === undefined ? again : undefined
  }

  /** The chain that a failure leads along; `undefined`: it ends the call. */
  #routeAfter(error: WeighbridgeError, target: Target): Plan | undefined {
    switch (error.code) {
      case 'provider_context_length':
        return this.#afterContextLength(target)
      case 'provider_refused':
        return this.#afterRefusal(target)
      case 'provider_schema_violation':
        this.#violations += 1
        return this.#violations > 1 ? undefined : this.#route
      case 'provider_not_found':
        // A model that only the client named is the client's mistake; one that the router chose has been retired under it.
        return isMadeUp(target) ? undefined : this.#route
      default:
        return error.answer.failOver ? this.#route : undefined
    }
  }

  /**
   * The configured chain, else the links whose window is larger than this target's. A window that nobody states is not known
   * to be larger, so such a link is not tried; where the failing target's own is not stated, one that holds the estimate is.
   */
  #afterContextLength(target: Target): Plan {
    const { plan, facts } = this.#input
    if (plan.task.onContextLength !== undefined) return this.#side(plan.task.onContextLength, target)
    const least = target.contextWindow ?? facts.inputTokens
    return { ...this.#route, candidates: this.#route.candidates.filter((candidate) => (candidate.target.contextWindow ?? 0) > least) }
  }

  #afterRefusal(target: Target): Plan {
    return this.#side(this.#input.plan.task.onRefusal ?? NO_LINKS, target)
  }

  #side(links: readonly ChainLink[], target: Target): Plan {
    const known = this.#sides.get(links)
    if (known !== undefined) return known
    const made = sidePlan(this.#input.plan, links, target.provider.simulated)
    this.#sides.set(links, made)
    return made
  }

  /** Who would be next along a route, without binding the call to it. */
  #peek(given: Plan): Considered | undefined {
    const maxCostUsd = this.#leftUsd()
    const route = maxCostUsd === undefined ? given : { ...given, rules: { ...given.rules, maxCostUsd } }
    const strict = chooseNext(route, this.#tried, this.#strict)
    if (strict.choice !== undefined) return strict
    const lastResort = chooseNext(route, this.#tried, this.#lastResort)
    return lastResort.choice === undefined ? undefined : lastResort
  }

  /** Notes what the ceilings did on the way to a choice. */
  #settle(considered: Considered): Choice | undefined {
    const { choice, admission } = considered
    for (const candidate of admission.skipped) this.#skipped.add(candidate.target.name)
    if (choice === undefined) return undefined
    const { target, estimate, exemptFrom } = choice.candidate
    if (admission.waived.has(target.name) || (exemptFrom !== undefined && (estimate.per1kUsd ?? 0) > exemptFrom)) this.#waived.add(target.name)
    return choice
  }

  /** Waits for the first of these targets to come back, when that is soon enough; whether it is worth choosing again. `rested`: one of them did when it was looked at last. */
  async #waitFor(candidates: readonly Candidate[], rested: boolean): Promise<boolean> {
    const soonest = soonestReturn(this.#deps, candidates, this.#deps.clock.monotonicMs())
    if (!this.#production) return false
    // It came back between two looks at the clock.
    if (soonest === undefined) return rested && !this.#input.gone.aborted
    if (soonest > this.#deps.limits.coolingWaitMs - this.#waitedMs || soonest > this.#leftMs()) return false
    this.#waitedMs += Math.max(1, await waitForChange(this.#deps, Math.ceil(soonest) + TIMER_EARLY_MS, this.#input.gone))
    return !this.#input.gone.aborted
  }

  /** Dollars left of what the caller allows the whole call; `undefined`: no bound. Attempts that failed may have been billed. */
  #leftUsd(): number | undefined {
    const { maxCostUsd } = this.#input.plan.rules
    return maxCostUsd === undefined ? undefined : this.#ended.reduce((left, ended) => Math.max(0, left - (ended.cost.usd ?? 0)), maxCostUsd)
  }

  #spending(): Spending {
    return { usd: callCost(this.#ended.map(({ cost }) => ({ cost, wasted: false }))).usd, tokens: this.#ended.reduce((sum, { tokens }) => sum + tokens, 0) }
  }

  /** Milliseconds left until the first output must be there. */
  #leftMs(): number {
    return this.#deps.limits.callTimeoutMs - (this.#deps.clock.monotonicMs() - this.#startedMs)
  }

  /** What looks on must not fail the call. */
  #tellWatch(outcome: CallOutcome): void {
    try {
      this.#input.watch?.closing(outcome)
    } catch (error) {
      this.#deps.log.error({ err: error, request_id: this.#input.requestId }, 'what a call says of others could not be noted')
    }
  }

  #outcome(): CallOutcome {
    const last = this.#ended.at(-1)
    // A refusal that led nowhere better is the answer after all.
    const refused = last?.error === undefined ? undefined : this.#ended.find((ended) => ended.error?.code === 'provider_refused' && ended.plain !== undefined)
    const answer = refused !== undefined && !this.#input.gone.aborted ? refused : last
    const error = answer === refused && refused !== undefined ? undefined : (last?.error ?? this.#unasked)
    const sums = callCost(this.#ended.map((ended) => ({ cost: ended.cost, wasted: ended !== answer || (error !== undefined && !ended.committed) })))
    const { observed } = answer ?? {}
    const outcome: CallOutcome = {
      target: answer?.target,
      attempts: this.#ended.length,
      costUsd: sums.usd,
      tokens: this.#spending().tokens,
      plain: error === undefined ? answer?.plain : undefined,
      facts: observed?.facts,
      dropped: answer?.dropped ?? [],
      keyNumber: answer?.keyNumber,
      error,
      shown: observed?.shown,
      providerStatus: observed?.status,
    }
    this.#tellWatch(outcome)
    this.#input.span.end({
      attempts: this.#ended.length,
      costUsd: sums.usd,
      wastedUsd: sums.wastedUsd,
      target: answer?.target,
      reason: answer?.reason,
      facts: observed?.facts,
      ttftMs: error === undefined || answer?.committed === true ? observed?.ttftMs : undefined,
      skipped: [...this.#skipped],
      waived: [...this.#waived],
      dropped: answer?.dropped ?? [],
      schema: answer?.schema,
      error,
    })
    return outcome
  }
}

/** Whether a target exists only because a client wrote `provider/model`: no configured name has a slash. */
function isMadeUp(target: Target): boolean {
  return target.name.includes('/') && target.effort === undefined
}
