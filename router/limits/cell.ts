// One counted thing in memory: what a subject of a rule has spent in one window, what is set aside for calls under way, and how much
// room is left under a limit. No I/O; the ledger keeps cells and writes them down.
import { MEASURES, type Measure } from '../../core/limits.ts'
import type { CellKey, StoredCell, StoredGrant } from '../../store/state/budgets.ts'
import { copyOf, none, type Counter } from './amounts.ts'

/** What a call takes of each cell it is counted in. */
export type Taken = { readonly usd: number; readonly tokens: number }

export class Cell {
  readonly key: CellKey
  /** Infinity for `total`. */
  readonly endMs: number
  /** Whether only one call is counted in it, which nothing needs to remember. */
  readonly detached: boolean
  readonly spent: Counter
  readonly held: Counter
  readonly lost: Counter
  readonly forgiven: Counter
  /** Granted to routers that follow this one, together. */
  readonly lent: Counter = none()
  readonly grants = new Map<string, StoredGrant>()
  /** What this router may use in all, where it follows a primary; `undefined`: it never asked. */
  granted: Counter | undefined
  alone: boolean
  /** Whether the primary has not heard of its latest use: until then it is not let go. */
  unreported = false
  /** What the primary had left, and what others had spent, when it last answered; for what clients are told. */
  leftAtPrimary: Counter | undefined
  readonly elsewhere: Counter = none()
  touchedMs: number
  /** When the ledger was last asked for it, in numbers of such questions. */
  accessed = 0
  /** Calls under way that it holds something for; such a cell is not let go. */
  open = 0
  /** Limits that it was last held against, by measure; for operators' pages. */
  readonly mosts: Partial<Counter> = {}

  constructor(key: CellKey, endMs: number, stored: StoredCell | undefined, detached = false) {
    this.key = key
    this.endMs = endMs
    this.detached = detached
    this.spent = stored === undefined ? none() : copyOf(stored.spent)
    this.held = stored === undefined ? none() : copyOf(stored.held)
    this.lost = stored === undefined ? none() : copyOf(stored.lost)
    this.forgiven = stored === undefined ? none() : copyOf(stored.forgiven)
    this.granted = stored?.granted === undefined ? undefined : copyOf(stored.granted)
    this.alone = stored?.alone ?? false
    this.touchedMs = stored?.touchedMs ?? 0
  }

  /** How much of a limit is left to be taken; below 0 where more was spent than set aside. */
  room(measure: Measure, most: number, leased: boolean): number {
    const allowed = most + this.forgiven[measure]
    const ceiling = leased && !this.detached ? Math.min(allowed, this.granted?.[measure] ?? 0) : allowed - this.lent[measure]
    return ceiling - this.spent[measure] - this.held[measure]
  }

  /** Spent here and elsewhere: by the routers that follow this one, or by the others as the primary last said. */
  spentInAll(measure: Measure): number {
    let sum = this.spent[measure] + this.elsewhere[measure]
    for (const { used } of this.grants.values()) sum += used[measure]
    return sum
  }

  /** Granted to routers that follow this one, and not used by their own word. */
  lentUnused(measure: Measure): number {
    let left = this.lent[measure]
    for (const { used } of this.grants.values()) left -= used[measure]
    return Math.max(0, left)
  }

  /** A call begins: it counts as a request from here on, whatever becomes of it. */
  hold(take: Taken, nowMs: number): void {
    this.spent.requests += 1
    this.open += 1
    this.grow(take, nowMs)
  }

  /** Sets more aside for a call that is held already. */
  grow(by: Taken, nowMs: number): void {
    this.held.usd += by.usd
    this.held.tokens += by.tokens
    this.touchedMs = Math.max(this.touchedMs, nowMs)
  }

  /** A call is over: what was set aside becomes what it cost. */
  settle(held: Taken, cost: Taken, nowMs: number): void {
    this.open -= 1
    this.held.usd = this.open === 0 ? 0 : Math.max(0, this.held.usd - held.usd)
    this.held.tokens = this.open === 0 ? 0 : Math.max(0, this.held.tokens - held.tokens)
    this.spent.usd += cost.usd
    this.spent.tokens += cost.tokens
    this.touchedMs = Math.max(this.touchedMs, nowMs)
  }

  /** Notes what a follower holds of it. */
  lend(grant: StoredGrant): void {
    const before = this.grants.get(grant.holder)?.granted
    for (const measure of MEASURES) this.lent[measure] += grant.granted[measure] - (before?.[measure] ?? 0)
    this.grants.set(grant.holder, grant)
  }

  /** An operator lets it begin anew: what was spent counts no more, what is under way still does. */
  forgive(): void {
    for (const measure of MEASURES) {
      this.forgiven[measure] = this.spentInAll(measure)
      this.lost[measure] = 0
    }
  }

  stored(): StoredCell {
    const { spent, held, lost, forgiven, granted, alone, touchedMs } = this
    return { ...this.key, spent, held, lost, forgiven, granted, alone, touchedMs }
  }
}
