// The follower's side of shared budgets: it spends slices that its primary granted, asks for the next one before the last is used up,
// tells what it used, and gives back what it does not need. Without the primary it takes one slice of each limit by itself, once a
// window: that is all that several routers can spend too much.
import type { Logger } from 'pino'
import { MOST_LEASED, type LeaseAnswer } from '../../core/leases.ts'
import { MEASURES, type Measure } from '../../core/limits.ts'
import type { Clock } from '../../core/seams.ts'
import { copyOf, none, type Counter } from './amounts.ts'
import type { Bound } from './bounds.ts'
import type { Cell } from './cell.ts'
import { LeaseLine, type AskPrimary, type LeaseEntry, type LeaseLineOptions } from './lease-line.ts'
import type { Ledger } from './ledger.ts'
import type { Shortage } from './refusal.ts'

export type SlicesOptions = {
  readonly ledger: Ledger
  readonly ask: AskPrimary
  /** Share of a limit that is taken at a time. */
  readonly share: () => number
  readonly clock: Clock
  readonly log: Logger
  /** A slice was taken without the primary. */
  readonly onAlone: () => void
}

/** How often use is told. */
const REPORT_MS = 2_000
/** Longest that a call waits for a primary that answered the last time; then it goes on with what there is. */
const WAIT_MS = 1_000
/** A primary that had nothing left is not asked again for so long. */
const EMPTY_MS = 1_000
/** A slice that nothing was taken from for so long goes back. */
const IDLE_MS = 10_000
/** Cells whose grant or use is followed in memory. */
const MOST_LIVE = 10_000

/** What calls that wait need together, a slice for each measure that is wanted at all, and the limits. */
type Want = { readonly needs: Counter; readonly ahead: Partial<Counter>; readonly most: Partial<Counter> }

export class Slices {
  readonly #options: SlicesOptions
  readonly #line: LeaseLine
  readonly #wants = new Map<Cell, Want>()
  /** Settles once what is wanted now was asked for, whatever came of it. */
  #asked = Promise.withResolvers<void>()
  /** Cells with a grant that may be given back, or whose use was not told yet. */
  readonly #live = new Set<Cell>()
  readonly #emptyAtMs = new WeakMap<Cell, number>()
  /** Whether cells with untold use were let go for want of room: they are on disk. */
  #overflowed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: SlicesOptions) {
    this.#options = options
    const { ask, clock, log, ledger } = options
    this.#line = new LeaseLine({ ask, holder: ledger.holder, clock, log, next: () => this.#next(), wants: () => this.#wants.size > 0, onAnswer: (entry, given) => this.#take(entry, given) })
    ledger.onChange = (cell) => this.#tell(cell)
  }

  start(): void {
    this.#tellAll()
    this.#timer = setInterval(() => void this.report(), REPORT_MS).unref()
    void this.report()
  }

  standing(): ReturnType<LeaseLine['standing']> {
    return this.#line.standing()
  }

  /** Gets more for a call that does not fit; `undefined`: nobody has more, or nobody can be asked, and what could be taken alone is taken. */
  obtain(shortages: readonly Shortage[]): Promise<void> | undefined {
    if (!this.#line.reachable) {
      // Whether it is back is found out at the next report, without a call that waits for it.
      for (const { bound } of shortages) this.#takeAlone(bound.cell)
      return undefined
    }
    const nowMs = this.#options.clock.monotonicMs()
    const askable = shortages.filter(({ bound, need }) => !bound.cell.detached && need <= bound.limit.most && !this.#isEmpty(bound, need, nowMs))
    if (askable.length === 0) return undefined
    for (const { bound, need } of askable) this.#want(bound, need)
    void this.#line.exchange()
    return this.#within(this.#asked.promise, askable)
  }

  /** After a call was let through: asks for the next slice once half of the last is used. Nobody waits for it. */
  taken(bounds: readonly Bound[]): void {
    let wants = false
    for (const bound of bounds) {
      const { cell, limit } = bound
      if (cell.detached || cell.room(limit.measure, limit.most, true) >= this.#sliceOf(limit.most, limit.measure) / 2) continue
      if (this.#isEmpty(bound, 1, this.#options.clock.monotonicMs())) continue
      this.#want(bound, 0)
      wants = true
    }
    if (wants && this.#line.reachable) void this.#line.exchange()
  }

  /** Tells what was used since the last time, and gives idle slices back. */
  async report(): Promise<void> {
    const now = this.#options.clock.nowMs()
    for (const cell of this.#live) {
      if (cell.open > 0 || cell.unreported || (cell.endMs > now && now - cell.touchedMs < IDLE_MS)) continue
      if (cell.endMs > now && this.#giveBack(cell)) cell.unreported = true
      else this.#live.delete(cell)
    }
    await this.#line.exchange()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    // What is left goes to the others at once instead of at the end of the window.
    for (const cell of this.#live) if (cell.open === 0 && this.#giveBack(cell)) cell.unreported = true
    await this.#line.stop(WAIT_MS)
  }

  /** What was used before a restart, or was let go since, is told as well. */
  #tellAll(): void {
    this.#overflowed = false
    for (const cell of this.#options.ledger.current(this.#options.clock.nowMs(), MOST_LIVE)) if (cell.granted !== undefined) this.#tell(cell)
  }

  #tell(cell: Cell): void {
    if (!this.#live.has(cell) && this.#live.size >= MOST_LIVE) {
      // Without a primary for long, traces come and go: what they used is on disk and is told when it is back.
      this.#overflowed = true
      return
    }
    cell.unreported = true
    this.#live.add(cell)
  }

  #sliceOf(most: number, measure: Measure): number {
    const slice = most * this.#options.share()
    return measure === 'usd' ? Math.floor(slice) : Math.ceil(slice)
  }

  #want({ cell, limit }: Bound, need: number): void {
    const want = this.#wants.get(cell) ?? { needs: none(), ahead: {}, most: {} }
    const { measure, most } = limit
    // Every call that waits needs its own part of what comes.
    want.needs[measure] += need
    want.ahead[measure] = this.#sliceOf(most, measure)
    // Of several limits on one measure in one window (a header's and the configuration's) the widest is the budget's own.
    want.most[measure] = Math.max(want.most[measure] ?? 0, most)
    this.#wants.set(cell, want)
  }

  /** How much more a cell is asked for: a slice, or what is missing for those that wait. */
  #moreOf(cell: Cell, want: Want): Partial<Counter> {
    const more: Partial<Counter> = {}
    for (const measure of MEASURES) {
      const [most, ahead] = [want.most[measure], want.ahead[measure]]
      if (most === undefined || ahead === undefined) continue
      more[measure] = Math.max(0, want.needs[measure] - Math.max(0, cell.room(measure, most, true)), ahead)
    }
    return more
  }

  #isEmpty({ cell, limit }: Bound, need: number, nowMs: number): boolean {
    const at = this.#emptyAtMs.get(cell)
    return at !== undefined && nowMs - at < EMPTY_MS && (cell.leftAtPrimary?.[limit.measure] ?? 0) < need
  }

  /** The next question: what is wanted, and what was used. */
  #next(): ReturnType<LeaseLineOptions['next']> {
    if (this.#overflowed && this.#line.reachable) this.#tellAll()
    const told = [...this.#live].filter((cell) => cell.unreported && !this.#wants.has(cell))
    const entries = [...this.#wants.keys(), ...told].slice(0, MOST_LEASED).map((cell): LeaseEntry => {
      const want = this.#wants.get(cell)
      this.#wants.delete(cell)
      cell.unreported = false
      const { rule, subject, window, startMs } = cell.key
      return {
        cell,
        asked: { rule, subject, window, starts_at: startMs, granted: copyOf(cell.granted ?? none()), used: copyOf(cell.spent), want: want === undefined ? {} : this.#moreOf(cell, want), most: { ...cell.mosts, ...want?.most } },
      }
    })
    // Calls wait for the question that theirs was in, not for those that others ask meanwhile; more than fit in one, for the next.
    const waiting = this.#wants.size === 0 ? this.#asked : undefined
    if (waiting !== undefined) this.#asked = Promise.withResolvers<void>()
    return {
      entries,
      over: (heard) => {
        if (!heard) this.#unheard(entries)
        waiting?.resolve()
      },
    }
  }

  /** Nobody answered: what was to be told stays to be told, and those who wait go on with what may be taken alone. */
  #unheard(entries: readonly LeaseEntry[]): void {
    for (const { cell, asked } of entries) {
      this.#tell(cell)
      if (Object.keys(asked.want).length > 0) this.#takeAlone(cell)
    }
    for (const cell of this.#wants.keys()) this.#takeAlone(cell)
    this.#asked.resolve()
    this.#asked = Promise.withResolvers<void>()
  }

  #take({ cell, asked }: LeaseEntry, given: LeaseAnswer['cells'][number]): void {
    const { clock, ledger } = this.#options
    const granted = cell.granted ?? none()
    // A slice may have been taken alone, or given back, while the question was on its way.
    for (const measure of MEASURES) {
      granted[measure] += given.granted[measure] - asked.granted[measure]
      cell.elsewhere[measure] = given.elsewhere[measure]
      cell.forgiven[measure] = given.forgiven[measure]
    }
    cell.granted = granted
    cell.leftAtPrimary = copyOf(given.left)
    // Used or not: a slice that has just come is not an idle one.
    cell.touchedMs = Math.max(cell.touchedMs, clock.nowMs())
    if (MEASURES.some((measure) => (asked.want[measure] ?? 0) > given.left[measure])) this.#emptyAtMs.set(cell, clock.monotonicMs())
    ledger.written(cell)
    this.#live.add(cell)
  }

  /** The slice that a window has without the primary, once. */
  #takeAlone(cell: Cell): void {
    if (cell.alone || cell.detached) return
    const granted = cell.granted ?? none()
    for (const measure of MEASURES) {
      const most = cell.mosts[measure]
      if (most !== undefined) granted[measure] += this.#sliceOf(most, measure)
    }
    cell.granted = granted
    cell.alone = true
    this.#options.ledger.changed(cell)
    this.#options.onAlone()
  }

  /** Keeps of a grant what is used; whether there was more. */
  #giveBack(cell: Cell): boolean {
    const { granted } = cell
    if (granted === undefined) return false
    let gave = false
    for (const measure of MEASURES) {
      const kept = Math.max(0, cell.spent[measure] + cell.held[measure])
      if (granted[measure] <= kept) continue
      granted[measure] = kept
      gave = true
    }
    if (gave) this.#options.ledger.written(cell)
    return gave
  }

  /** Waits for the exchange, but never long: then the call goes on with the slice that may be taken alone. */
  #within(exchange: Promise<void>, shortages: readonly Shortage[]): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const { bound } of shortages) this.#takeAlone(bound.cell)
        resolve()
      }, WAIT_MS)
      void exchange.then(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
