// The limits of one router, put together: its ledger, what each key may do under the configuration in force, slices where it follows a
// primary, lending where it is one. In: a call's facts and key. Out: a ticket that it travels with.
import type { Logger } from 'pino'
import type { Config } from '../../core/config.ts'
import type { KeyFacts } from '../../core/mount.ts'
import type { Clock } from '../../core/seams.ts'
import type { BudgetBook } from '../../store/state/budgets.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { ExpectedOutput } from '../decide/expected-output.ts'
import type { Plan } from '../decide/plan.ts'
import type { Metrics } from '../metrics.ts'
import type { JsonObject } from '../providers/json.ts'
import { counted, dollars } from './amounts.ts'
import { agentLimits, agentSubject, type Bound } from './bounds.ts'
import { fingerprint } from './fingerprint.ts'
import { Ledger } from './ledger.ts'
import { Lending } from './lending.ts'
import { extentOf } from './needs.ts'
import { allowedTasks, targetRefusal } from './permission.ts'
import { policyOf, type Policy } from './policy.ts'
import { RunawayGuard, type RunawayRules } from './runaway.ts'
import type { AskPrimary } from './lease-line.ts'
import { Slices } from './slices.ts'
import { Ticket, type Make, type TicketCall, type TicketParts } from './ticket.ts'

export type LimitsOptions = {
  readonly book: BudgetBook
  readonly config: () => Config
  /** How the primary is asked; `undefined`: this router has the whole budgets. */
  readonly askPrimary: AskPrimary | undefined
  readonly expected: ExpectedOutput
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
}

/** A call as limits see it, before it is planned. */
export type LimitedCall = {
  readonly config: Config
  readonly key: KeyFacts | undefined
  readonly facts: CallFacts
  /** Of the client's traceparent. */
  readonly traceId: string | undefined
  /** The client's body; only hashed and read for what it asks for. */
  readonly native: JsonObject
}

export class Limits {
  readonly ledger: Ledger
  readonly guard = new RunawayGuard()
  readonly lending: Lending | undefined
  readonly slices: Slices | undefined
  readonly #options: LimitsOptions
  readonly #parts: TicketParts
  /** By key as the ring has it: a changed key is another object. */
  #policies: { readonly config: Config; readonly open: Policy; readonly byKey: WeakMap<KeyFacts, Policy> } | undefined
  #written = true

  constructor(options: LimitsOptions) {
    this.#options = options
    const { book, clock, log, metrics, askPrimary } = options
    const lost = book.recover()
    if (lost > 0) log.warn({ cells: lost }, 'this router ended without settling the calls under way: what was set aside for them counts as spent')
    this.ledger = new Ledger({ book, clock, log, leased: askPrimary !== undefined, onWritten: (ok) => this.#noteWrite(ok) })
    this.lending = askPrimary === undefined ? new Lending(this.ledger, clock) : undefined
    this.slices =
      askPrimary === undefined
        ? undefined
        : new Slices({ ledger: this.ledger, ask: askPrimary, share: () => options.config().settings.budgets.slice, clock, log, onAlone: () => metrics.add('weighbridge_budget_slices_alone_total') })
    const { slices } = this
    this.#parts = {
      ledger: this.ledger,
      obtain: slices === undefined ? undefined : (shortages) => slices.obtain(shortages),
      guard: this.guard,
      expected: options.expected,
      clock,
      onTaken: (bounds) => slices?.taken(bounds),
      onRefused: (error, budget) => metrics.add('weighbridge_limit_refusals_total', 1, { code: error.code, budget }),
      onSettled: (bounds, cost) => this.#countSpent(bounds, cost.usd),
    }
    this.slices?.start()
    this.ledger.prune()
  }

  /** Whether the last write of what is counted succeeded. */
  get written(): boolean {
    return this.#written
  }

  /** What binds the calls of a key. */
  policy(config: Config, key: KeyFacts | undefined): Policy {
    if (this.#policies?.config !== config) this.#policies = { config, open: policyOf(config, undefined), byKey: new WeakMap() }
    const { open, byKey } = this.#policies
    if (key === undefined) return open
    const known = byKey.get(key)
    if (known !== undefined) return known
    const policy = policyOf(config, key)
    byKey.set(key, policy)
    return policy
  }

  /** The call with the tags of its key, which stand above those that the caller names. */
  tagged(config: Config, key: KeyFacts | undefined, facts: CallFacts): CallFacts {
    const { tags } = this.policy(config, key)
    if (tags.size === 0) return facts
    return { ...facts, tags: [...[...tags].map(([name, value]) => `${name}=${value}`), ...facts.tags.filter((tag) => !tags.has(tag.slice(0, tag.indexOf('='))))] }
  }

  /** Which names of models a key may use; for lists of them. */
  shows(config: Config, key: KeyFacts | undefined): (name: string) => boolean {
    const policy = this.policy(config, key)
    if (policy.tasks.length === 0 && policy.targets.length === 0) return () => true
    const tasks = allowedTasks(policy)
    return (name) => {
      if (name.startsWith('task:')) return tasks === undefined || tasks.includes(name.slice(5))
      const target = config.targets.get(name)
      return target === undefined || targetRefusal(policy, target) === undefined
    }
  }

  /** The ticket of one call. Throws `bad_request` for limits of a trace that the call names without belonging to one. */
  ticket({ config, key, facts, traceId, native }: LimitedCall): Ticket {
    const policy = this.policy(config, key)
    const subjects = { facts, traceId: traceId ?? facts.sessionId }
    const call: TicketCall = { config, policy, subjects, ofTrace: agentLimits(policy, subjects), extent: extentOf(native), runaway: this.#runaway(config, policy, facts, subjects.traceId, native) }
    return new Ticket(this.#parts, call)
  }

  /** A call that is only asked about: as it would be planned, and how it would fare, without taking anything. */
  foreseen(call: LimitedCall): { readonly facts: CallFacts; readonly within: (make: Make) => Plan } {
    const ticket = this.ticket({ ...call, facts: this.tagged(call.config, call.key, call.facts) })
    return { facts: ticket.facts(), within: (make) => ticket.foresee(make) }
  }

  async close(): Promise<void> {
    await this.slices?.stop()
    this.ledger.close()
  }

  #runaway(config: Config, policy: Policy, facts: CallFacts, id: string | undefined, native: JsonObject): TicketCall['runaway'] {
    if (id === undefined || facts.purpose !== 'production') return undefined
    const { same_call: sameCall, within_s: withinS, usd_per_minute: perMinute } = config.settings.budgets.runaway
    if (sameCall === 'off' && perMinute === undefined) return undefined
    const rules: RunawayRules = { sameCall: sameCall === 'off' ? undefined : sameCall, withinMs: withinS * 1_000, perMinute: perMinute === undefined ? undefined : counted(perMinute) }
    return { agent: agentSubject(policy.key?.id, id), print: rules.sameCall === undefined ? undefined : fingerprint(native), rules }
  }

  #countSpent(bounds: readonly Bound[], usd: number): void {
    if (usd === 0) return
    const rules = new Set(bounds.map((bound) => bound.rule))
    for (const rule of rules) this.#options.metrics.add('weighbridge_budget_spent_usd_total', dollars(usd), { budget: rule })
  }

  #noteWrite(ok: boolean): void {
    this.#written = ok
    if (!ok) this.#options.metrics.add('weighbridge_budget_writes_failed_total')
  }
}
