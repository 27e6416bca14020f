// The cells of one router: found in memory or on disk, written down together a few milliseconds after they changed. A write costs no
// call anything, and what a kill -9 can lose is what changed since the last one. Nothing is decided here.
import type { Logger } from 'pino'
import { windowAt, type Window, type WindowSpan } from '../../core/limits.ts'
import type { Clock } from '../../core/seams.ts'
import type { BudgetBook, CellFilter, CellKey, StoredGrant } from '../../store/state/budgets.ts'
import { Cell } from './cell.ts'

/** Longest that a change waits to be written: what a kill -9 can lose is the calls that began in that time. */
export const FLUSH_MS = 10
/** After a failed write. */
const RETRY_MS = 1_000
/** Cells in memory, about 600 bytes each; others are read from disk again when they are needed. */
const MOST_CELLS = 20_000
/** Cells looked at for one to let go; all of them may be in use. */
const MOST_LOOKS = 64
/** A cell that was asked for so recently may be in the hands of a call that is about to count in it: far more than one call's. */
const IN_HAND = 1_000
const PRUNE_MS = 600_000
/** So many rows at a time: one statement over a month of traces would hold every call up. */
const PRUNED_AT_ONCE = 1_000
const PRUNE_PAUSE_MS = 250

export type LedgerOptions = {
  readonly book: BudgetBook
  readonly clock: Clock
  readonly log: Logger
  /** Whether this router may only use what its primary granted. */
  readonly leased: boolean
  /** A write succeeded, or failed: what is counted is then in memory only until one succeeds. */
  readonly onWritten: (ok: boolean) => void
  readonly mostCells?: number
}

export class Ledger {
  readonly leased: boolean
  readonly #options: LedgerOptions
  readonly #cells = new Map<string, Cell>()
  readonly #dirty = new Set<Cell>()
  readonly #spans = new Map<Window, WindowSpan>()
  readonly #pruning: NodeJS.Timeout
  /** Is told of each cell in which a call was counted, before it is written. */
  onChange: ((cell: Cell) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #pruneNext: NodeJS.Timeout | undefined
  #accesses = 0
  #failing = false
  #closed = false

  constructor(options: LedgerOptions) {
    this.#options = options
    this.leased = options.leased
    this.#pruning = setInterval(() => this.prune(), PRUNE_MS).unref()
  }

  get holder(): string {
    return this.#options.book.holder
  }

  /** The cell of a subject for the window that this moment lies in. */
  cell(rule: string, subject: string, window: Window, nowMs: number): Cell {
    const span = this.#span(window, nowMs)
    return this.at({ rule, subject, window, startMs: span.startMs }, span.endMs)
  }

  /** The cell of a key, from memory or disk, or a new one. */
  at(key: CellKey, endMs: number): Cell {
    // The subject, which clients choose, stands last, and the rule's end is known: nothing in them can make two keys one.
    const id = `${key.window} ${key.startMs} ${key.rule.length} ${key.rule} ${key.subject}`
    this.#accesses += 1
    const known = this.#cells.get(id)
    if (known !== undefined) {
      known.accessed = this.#accesses
      return known
    }
    const { book } = this.#options
    const cell = new Cell(key, endMs, book.read(key))
    cell.accessed = this.#accesses
    if (!this.leased) for (const grant of book.grants(key)) cell.lend(grant)
    this.#cells.set(id, cell)
    if (this.#cells.size > (this.#options.mostCells ?? MOST_CELLS)) this.#letGo()
    return cell
  }

  /** A cell of one call alone, kept nowhere. */
  detached(rule: string, window: Window, nowMs: number): Cell {
    const span = this.#span(window, nowMs)
    return new Cell({ rule, subject: '', window, startMs: span.startMs }, span.endMs, undefined, true)
  }

  /** Has a cell written soon in which a call was counted. */
  changed(cell: Cell): void {
    if (cell.detached) return
    this.onChange?.(cell)
    this.written(cell)
  }

  /** Has a cell written soon of which only the grant changed. */
  written(cell: Cell): void {
    this.#dirty.add(cell)
    if (!this.#closed) this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  /** Writes what changed, now, with grants that must be on disk before they are told. False: it could not be written, and will be tried again. */
  flush(grants: readonly (CellKey & StoredGrant)[] = []): boolean {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closed) return false
    if (this.#dirty.size === 0 && grants.length === 0) return true
    const { book, log, onWritten } = this.#options
    try {
      book.write([...this.#dirty].map((cell) => cell.stored()), grants)
      this.#dirty.clear()
      if (this.#failing) log.info('what budgets count is written to disk again')
      this.#failing = false
      onWritten(true)
      return true
    } catch (error) {
      onWritten(false)
      if (!this.#failing) log.error({ err: error }, 'what budgets count cannot be written; they hold in memory, and a restart would forget what is not written')
      this.#failing = true
      this.#timer = setTimeout(() => this.flush(), RETRY_MS)
      return false
    }
  }

  /** All that is known of windows that are not over, in memory and on disk, the latest used first. */
  current(nowMs: number, most: number, filter?: CellFilter): Cell[] {
    this.flush()
    const startOf = (window: Window): number => this.#span(window, nowMs).startMs
    const stored = this.#options.book.list({ minute: startOf('minute'), hour: startOf('hour'), day: startOf('day'), month: startOf('month') }, most, filter)
    return stored.map(({ rule, subject, window, startMs }) => this.at({ rule, subject, window, startMs }, this.#span(window, nowMs).endMs))
  }

  /** Those in memory, for a look that must not cost a read. */
  inMemory(): Iterable<Cell> {
    return this.#cells.values()
  }

  /** Cells in memory. */
  size(): number {
    return this.#cells.size
  }

  /** Forgets, on disk and in memory, what is long over. */
  prune(): void {
    if (this.#closed) return
    try {
      const nowMs = this.#options.clock.nowMs()
      if (this.#options.book.prune(nowMs, PRUNED_AT_ONCE) === PRUNED_AT_ONCE) this.#pruneNext = setTimeout(() => this.prune(), PRUNE_PAUSE_MS).unref()
      for (const [id, cell] of this.#cells) if (cell.endMs <= nowMs && this.#isIdle(cell)) this.#cells.delete(id)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'old budget windows could not be forgotten; they will be tried again')
    }
  }

  /** Writes what changed and closes the file; nothing happens the second time. */
  close(): void {
    if (this.#closed) return
    clearInterval(this.#pruning)
    clearTimeout(this.#pruneNext)
    this.flush()
    this.#closed = true
    clearTimeout(this.#timer)
    this.#options.book.close()
  }

  #span(window: Window, nowMs: number): WindowSpan {
    const known = this.#spans.get(window)
    if (known !== undefined && nowMs >= known.startMs && nowMs < known.endMs) return known
    const span = windowAt(window, nowMs)
    this.#spans.set(window, span)
    return span
  }

  #isIdle(cell: Cell): boolean {
    return cell.open === 0 && !cell.unreported && !this.#dirty.has(cell) && this.#accesses - cell.accessed >= IN_HAND
  }

  /** Lets the oldest idle cell go; those in use go to the back of the queue, where they are looked at last. */
  #letGo(): void {
    let looks = 0
    for (const [id, cell] of this.#cells) {
      if ((looks += 1) > MOST_LOOKS) {
        // Everything near the front is in use or not written yet: written, it can go next time.
        this.flush()
        return
      }
      this.#cells.delete(id)
      if (this.#isIdle(cell)) return
      this.#cells.set(id, cell)
    }
  }
}
