// One call's way through its limits: what its key may do, what it would take of each budget, setting that aside, more before a dearer
// attempt, and what it cost at its end. Between planning and setting aside nothing else runs.
import { WeighbridgeError } from '../../core/errors.ts'
import type { Config, Target, Task } from '../../core/config.ts'
import type { Wire } from '../../core/model-request.ts'
import type { Clock } from '../../core/seams.ts'
import type { Exclusion } from '../decide/admit.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { ExpectedOutput } from '../decide/expected-output.ts'
import type { Plan } from '../decide/plan.ts'
import type { CallOutcome, Spending } from '../execute/dependencies.ts'
import { counted, dollars } from './amounts.ts'
import { boundName, boundsOf, isSteps, type Bound, type Subjects } from './bounds.ts'
import type { Taken } from './cell.ts'
import { limitHeaders } from './headers.ts'
import type { Ledger } from './ledger.ts'
import { needAt, type Extent, type Need } from './needs.ts'
import { checkAllowed, targetRefusal, type Barred } from './permission.ts'
import type { Policy, RuleLimits } from './policy.ts'
import { refusalFor, runawayError, type Shortage } from './refusal.ts'
import { Reservation, shortOf } from './reservation.ts'
import type { RunawayGuard, RunawayRules } from './runaway.ts'

export type TicketParts = {
  readonly ledger: Ledger
  /** Where a router that has only slices gets more. It answers `undefined` where there is no more to get. */
  readonly obtain: ((shortages: readonly Shortage[]) => Promise<void> | undefined) | undefined
  readonly guard: RunawayGuard
  readonly expected: ExpectedOutput
  readonly clock: Clock
  /** After each call that was let through. */
  readonly onTaken: (bounds: readonly Bound[]) => void
  readonly onRefused: (error: WeighbridgeError, budget: string) => void
  readonly onSettled: (bounds: readonly Bound[], cost: Taken) => void
}

/** What is known of a call before it is planned. */
export type TicketCall = {
  readonly config: Config
  readonly policy: Policy
  readonly subjects: Subjects
  readonly ofTrace: RuleLimits
  readonly extent: Extent
  readonly runaway: { readonly agent: string; readonly print: string | undefined; readonly rules: RunawayRules } | undefined
}

/** Facts for the call span: the limit with the least room (or that refused the call), dollars set aside and left before it, its number in its trace. */
export type BudgetFacts = { readonly task: string | undefined; readonly bound: string | undefined; readonly reservedUsd: number | undefined; readonly leftUsd: number | undefined; readonly step: number | undefined }

/** A plan, and what it would take of each budget (`undefined`: nothing); or what there is not enough of. */
type Tried = { readonly plan: Plan; readonly need: Taken | undefined } | { readonly plan: undefined; readonly short: readonly Shortage[] }
export type Make = (barred: Barred | undefined) => Plan

/** How often a call asks its primary for more before it is refused. */
const MOST_ASKED = 3

/** Codes of what limits refuse. */
const REFUSALS: ReadonlySet<string> = new Set(['budget_exceeded', 'rate_limit_exceeded', 'step_limit', 'runaway', 'not_allowed_task', 'not_allowed_target'])

export class Ticket {
  readonly #parts: TicketParts
  readonly #call: TicketCall
  readonly #needs = new Map<Target, Need>()
  #bounds: readonly Bound[] = []
  #task: Task | undefined
  /** What each target that a budget kept out would take, what it is short of, and whether a first attempt could have gone there. */
  #keptOut: { readonly usd: number; readonly short: readonly Shortage[]; readonly drawn: boolean }[] = []
  #reservation: Reservation | undefined
  #refusedBy: string | undefined
  #admitted = false
  #settled = false

  constructor(parts: TicketParts, call: TicketCall) {
    this.#parts = parts
    this.#call = call
  }

  /** The call as it is to be planned: under the model that its key's alias stands for. */
  facts(): CallFacts {
    const { facts } = this.#call.subjects
    const meaning = this.#call.policy.aliases.get(facts.model)
    return meaning === undefined ? facts : { ...facts, model: meaning }
  }

  /**
   * Plans the call and sets aside what it may take. Throws what `make` throws, `not_allowed_task`, `not_allowed_target`, `runaway`,
   * `budget_exceeded`, `rate_limit_exceeded` or `step_limit`; then nothing is set aside.
   */
  async plan(make: Make): Promise<Plan> {
    const { obtain, onRefused } = this.#parts
    try {
      // A follower's slice may be too small for a call, or for its best target, where its primary has room. It asks, and asks again where
      // other calls took what came; the last time it goes by what it has.
      for (let asked = 0; ; asked += 1) {
        const mayAsk = obtain !== undefined && asked < MOST_ASKED
        const tried = this.#try(make, mayAsk)
        if (tried.plan !== undefined) {
          this.#admit(tried.need)
          return tried.plan
        }
        const coming = mayAsk ? obtain(tried.short) : undefined
        if (coming !== undefined) await coming
        else if (mayAsk) asked = MOST_ASKED - 1
        else throw this.#refusal(tried.short)
      }
    } catch (thrown) {
      if (thrown instanceof WeighbridgeError && REFUSALS.has(thrown.code)) onRefused(thrown, this.#refusedBy ?? '')
      throw thrown
    }
  }

  /** The plan that the call would have at this moment; nothing is set aside. Throws as `plan`. */
  foresee(make: Make): Plan {
    const tried = this.#try(make, false)
    if (tried.plan === undefined) throw this.#refusal(tried.short)
    return tried.plan
  }

  /** Sets aside what an attempt at this target may add to what the call has cost so far. An error: there is no room for it. */
  cover(target: Target, soFar: Spending): WeighbridgeError | undefined | Promise<WeighbridgeError | undefined> {
    const reservation = this.#reservation
    if (reservation === undefined || this.#task === undefined) return undefined
    const need = this.#need(target, this.#task)
    const total: Taken = { usd: counted(soFar.usd ?? 0) + (need.usd ?? 0), tokens: soFar.tokens + need.tokens }
    const short = reservation.grow(total)
    if (short.length === 0) return undefined
    const asked = this.#parts.obtain?.(short)
    if (asked === undefined) return this.#refusal(short)
    return asked.then(() => {
      const still = reservation.grow(total)
      return still.length === 0 ? undefined : this.#refusal(still)
    })
  }

  /** The call is over; without an outcome it counts as what was set aside. Nothing happens the second time. */
  settle(outcome: Pick<CallOutcome, 'costUsd' | 'tokens' | 'target'> | undefined): void {
    if (this.#settled || !this.#admitted) return
    this.#settled = true
    const reservation = this.#reservation
    // An attempt without a price leaves the call's cost unknown: it counts as what was foreseen for the target that served it.
    const foreseen = outcome?.target === undefined ? undefined : this.#needs.get(outcome.target)?.usd
    const usd = outcome?.costUsd === undefined ? (foreseen ?? reservation?.held.usd ?? 0) : counted(outcome.costUsd)
    const { runaway } = this.#call
    if (runaway?.rules.perMinute !== undefined) this.#parts.guard.spent(runaway.agent, usd, this.#parts.clock.monotonicMs())
    if (reservation === undefined) return
    const cost: Taken = { usd, tokens: outcome?.tokens ?? reservation.held.tokens }
    reservation.settle(cost)
    this.#parts.onSettled(this.#bounds, cost)
  }

  /** What the client is told of its limits; after planning, refused or not. */
  headers(wire: Wire | undefined): Record<string, string> {
    return this.#bounds.length === 0 ? {} : limitHeaders(this.#bounds, wire, this.#parts.ledger.leased, this.#parts.clock.nowMs())
  }

  /** What the call span says of budgets; after planning, refused or not. `undefined`: nothing binds the call. */
  budgetFacts(): BudgetFacts | undefined {
    if (this.#bounds.length === 0 && this.#refusedBy === undefined) return undefined
    const { leased } = this.#parts.ledger
    const held = this.#reservation?.held
    let least: { bound: Bound; share: number } | undefined
    let leftUsd: number | undefined
    let step: number | undefined
    for (const bound of this.#bounds) {
      const { cell, limit } = bound
      const left = cell.room(limit.measure, limit.most, leased)
      const share = limit.most > 0 ? left / limit.most : 0
      if (least === undefined || share < least.share) least = { bound, share }
      if (limit.measure === 'usd') leftUsd = Math.min(leftUsd ?? Infinity, left + (held?.usd ?? 0))
      if (isSteps(bound)) step = Math.max(step ?? 0, cell.spent.requests)
    }
    return {
      task: this.#task?.name,
      bound: this.#refusedBy ?? (least === undefined ? undefined : boundName(least.bound)),
      reservedUsd: held === undefined || leftUsd === undefined ? undefined : dollars(held.usd),
      leftUsd: leftUsd === undefined ? undefined : dollars(Math.max(0, leftUsd)),
      step,
    }
  }

  /** Once: the plan with what it takes, or what there is not enough of. Changes nothing that others see. `mayAsk`: more may be had for targets that were kept out. */
  #try(make: Make, mayAsk: boolean): Tried {
    const { policy, ofTrace } = this.#call
    this.#bounds = []
    this.#keptOut = []
    const isOpen = policy.isOpen && ofTrace.length === 0
    const plan = make(isOpen ? undefined : (target, task, weight) => this.#barred(target, task, weight))
    this.#task = plan.task
    checkAllowed(policy, plan)
    this.#checkRunaway()
    // A link that is only failed over to is asked for when it comes to that.
    const drawable = this.#keptOut.filter(({ drawn }) => drawn)
    const missed = drawable.length === 0 && plan.candidates.length === 0 ? this.#keptOut : drawable
    // All that is missing is asked for at once, calls to be counted included.
    if (mayAsk && missed.length > 0) return { plan: undefined, short: [...missed.flatMap(({ short }) => short), ...shortOf(this.#bounds, { usd: 0, tokens: 0 }, 1, this.#parts.ledger.leased)] }
    const drawn = plan.candidates.filter(({ weight }) => weight > 0)
    const asked = this.#bounds.length === 0 ? [] : (drawn.length > 0 ? drawn : plan.candidates).map(({ target }) => this.#need(target, plan.task))
    if (asked.length === 0) {
      // Nobody may serve it. Where a budget is the reason for any, that is what a caller can wait for or change.
      const [least] = this.#keptOut.sort((one, other) => one.usd - other.usd)
      return plan.candidates.length === 0 && least !== undefined ? { plan: undefined, short: least.short } : { plan, need: undefined }
    }
    const need: Taken = { usd: Math.max(...asked.map(({ usd }) => usd ?? 0)), tokens: Math.max(...asked.map(({ tokens }) => tokens)) }
    const short = shortOf(this.#bounds, need, 1, this.#parts.ledger.leased)
    return short.length > 0 ? { plan: undefined, short } : { plan, need }
  }

  /** Sets aside what was found to be there, in the same turn. */
  #admit(need: Taken | undefined): void {
    const { ledger, clock, guard, onTaken } = this.#parts
    this.#admitted = true
    const { runaway } = this.#call
    if (runaway?.print !== undefined) guard.made(runaway.agent, runaway.print, runaway.rules, clock.monotonicMs())
    if (need === undefined) return
    this.#reservation = new Reservation(ledger, clock, this.#bounds, need)
    onTaken(this.#bounds)
  }

  #barred(target: Target, task: Task, weight: number): Omit<Exclusion, 'target'> | undefined {
    const { policy, subjects, ofTrace } = this.#call
    const { ledger, clock } = this.#parts
    const refused = targetRefusal(policy, target)
    if (refused !== undefined) return refused
    if (this.#bounds.length === 0) this.#bounds = boundsOf(ledger, policy, subjects, ofTrace, task.name, target.provider.simulated, clock.nowMs())
    if (this.#bounds.length === 0) return undefined
    const { usd, tokens } = this.#need(target, task)
    const dollarBound = usd === undefined ? this.#bounds.find((bound) => bound.limit.measure === 'usd') : undefined
    if (dollarBound !== undefined) return { reason: 'unpriced', detail: `its price is unknown, and the budget "${boundName(dollarBound)}" counts dollars` }
    // The number of calls is the same whoever serves: that is for the call as a whole.
    const short = shortOf(this.#bounds, { usd: usd ?? 0, tokens }, 0, ledger.leased)
    const [first] = short
    if (first === undefined) return undefined
    this.#keptOut.push({ usd: usd ?? 0, short, drawn: weight > 0 })
    return { reason: 'over_budget', detail: `it may take more than "${boundName(first.bound)}" has left` }
  }

  #need(target: Target, task: Task): Need {
    const known = this.#needs.get(target)
    if (known !== undefined) return known
    const { config, subjects, extent } = this.#call
    const need = needAt(target, task.name, subjects.facts, extent, this.#parts.expected, config, this.#parts.clock.nowMs())
    this.#needs.set(target, need)
    return need
  }

  #checkRunaway(): void {
    const { runaway } = this.#call
    if (runaway === undefined) return
    const found = this.#parts.guard.check(runaway.agent, runaway.print, runaway.rules, this.#parts.clock.monotonicMs())
    if (found === undefined) return
    this.#refusedBy = `runaway ${found.kind === 'slope' ? 'usd_per_minute' : 'same_call'}`
    throw runawayError(found)
  }

  #refusal(short: readonly Shortage[]): WeighbridgeError {
    const error = refusalFor(short, this.#parts.clock.nowMs()) ?? new WeighbridgeError('internal', 'A call was refused without a limit.')
    const budget = error.details?.['budget']
    this.#refusedBy = typeof budget === 'string' ? budget : undefined
    return error
  }
}
