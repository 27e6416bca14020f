// What one call holds of its budgets: in every cell or in none, more when an attempt needs it, and at its end what it really cost. In:
// bounds and amounts. Out: what there is not enough of. All of it happens in one go, so that no other call can come between.
import type { Clock } from '../../core/seams.ts'
import { cellsOf, type Bound } from './bounds.ts'
import type { Cell, Taken } from './cell.ts'
import type { Ledger } from './ledger.ts'
import type { Shortage } from './refusal.ts'

/** What there is not enough of for so much more, and so many more calls. */
export function shortOf(bounds: readonly Bound[], need: Taken, requests: number, leased: boolean): Shortage[] {
  const short: Shortage[] = []
  for (const bound of bounds) {
    const { measure, most } = bound.limit
    const wanted = measure === 'requests' ? requests : need[measure]
    if (wanted > 0 && bound.cell.room(measure, most, leased) < wanted) short.push({ bound, need: wanted })
  }
  return short
}

export class Reservation {
  readonly bounds: readonly Bound[]
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #cells: ReadonlySet<Cell>
  #held: Taken
  #settled = false

  /** Sets aside; that there is enough is the caller's to have checked just before. */
  constructor(ledger: Ledger, clock: Clock, bounds: readonly Bound[], need: Taken) {
    this.bounds = bounds
    this.#ledger = ledger
    this.#clock = clock
    this.#cells = cellsOf(bounds)
    this.#held = need
    const nowMs = clock.nowMs()
    for (const cell of this.#cells) {
      cell.hold(need, nowMs)
      ledger.changed(cell)
    }
  }

  get held(): Taken {
    return this.#held
  }

  /** Sets more aside, so that it holds `total`; what is missing otherwise, and then nothing changes. */
  grow(total: Taken): Shortage[] {
    const more: Taken = { usd: Math.max(0, total.usd - this.#held.usd), tokens: Math.max(0, total.tokens - this.#held.tokens) }
    if (this.#settled || (more.usd === 0 && more.tokens === 0)) return []
    const short = shortOf(this.bounds, more, 0, this.#ledger.leased)
    if (short.length > 0) return short
    const nowMs = this.#clock.nowMs()
    for (const cell of this.#cells) {
      cell.grow(more, nowMs)
      this.#ledger.changed(cell)
    }
    this.#held = { usd: this.#held.usd + more.usd, tokens: this.#held.tokens + more.tokens }
    return []
  }

  /** The call is over and has cost so much; nothing happens the second time. */
  settle(cost: Taken): void {
    if (this.#settled) return
    this.#settled = true
    const nowMs = this.#clock.nowMs()
    for (const cell of this.#cells) {
      cell.settle(this.#held, cost, nowMs)
      this.#ledger.changed(cell)
    }
  }
}
