// The primary's side of shared budgets: what each following router used of a cell is noted, and more is granted while there is any. What
// is granted counts against the budget from then on, used or not, so that no two routers can spend the same dollar; it is on disk before
// it is told.
import { WeighbridgeError } from '../../core/errors.ts'
import type { LeaseAnswer, LeasedCell, LeaseRequest } from '../../core/leases.ts'
import { MEASURES, windowAt } from '../../core/limits.ts'
import type { Clock } from '../../core/seams.ts'
import type { CellKey, StoredGrant } from '../../store/state/budgets.ts'
import { none, type Counter } from './amounts.ts'
import type { Cell } from './cell.ts'
import type { Ledger } from './ledger.ts'

/** Routers that are known by name; more than anyone runs. */
const MOST_HOLDERS = 1_000

export class Lending {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #heard = new Map<string, { run: string; seq: number; atMs: number }>()

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger
    this.#clock = clock
  }

  /** Who asked since this router started, the latest last. */
  holders(): { holder: string; heardMs: number }[] {
    return [...this.#heard].map(([holder, { atMs }]) => ({ holder, heardMs: atMs }))
  }

  /** Throws `bad_request` for a request that a later one of the same holder has overtaken, `disk_full` when a grant cannot be written down. */
  lend({ holder, run, seq, cells }: LeaseRequest): LeaseAnswer {
    const nowMs = this.#clock.nowMs()
    const last = this.#heard.get(holder)
    if (last?.run === run && seq <= last.seq) throw new WeighbridgeError('bad_request', `Request ${seq} of ${holder} came after request ${last.seq}.`)
    const before = new Map<Cell, StoredGrant | undefined>()
    const written: (CellKey & StoredGrant)[] = []
    const answers = cells.map((asked) => {
      const span = windowAt(asked.window, asked.starts_at)
      const key: CellKey = { rule: asked.rule, subject: asked.subject, window: asked.window, startMs: span.startMs }
      const cell = this.#ledger.at(key, span.endMs)
      before.set(cell, cell.grants.get(holder))
      const grant = this.#grant(cell, holder, asked, nowMs)
      written.push({ ...key, ...grant })
      return { asked, cell, grant }
    })
    if (!this.#ledger.flush(written)) {
      // A grant that a restart would forget must not be told: another router could be given the same.
      for (const { cell, grant } of answers) cell.lend({ ...grant, granted: before.get(cell)?.granted ?? grant.used })
      throw new WeighbridgeError('disk_full', 'What was granted cannot be written down.')
    }
    this.#heard.delete(holder)
    this.#heard.set(holder, { run, seq, atMs: nowMs })
    if (this.#heard.size > MOST_HOLDERS) for (const oldest of this.#heard.keys()) {
      this.#heard.delete(oldest)
      break
    }
    return { cells: answers.map(({ asked, cell, grant }) => answerFor(asked, cell, grant)) }
  }

  #grant(cell: Cell, holder: string, asked: LeasedCell, nowMs: number): StoredGrant {
    const granted = none()
    // What it says it may use is what it goes by: less than we granted when our answer was lost or it gave back, more when it took a
    // slice without us.
    for (const measure of MEASURES) granted[measure] = Math.max(asked.granted[measure], asked.used[measure])
    cell.lend({ holder, granted, used: asked.used, heardMs: nowMs })
    const more: Counter = { ...granted }
    for (const measure of MEASURES) {
      const [want, most] = [asked.want[measure], asked.most[measure]]
      if (most !== undefined) cell.mosts[measure] = most
      if (want === undefined || most === undefined || want <= 0) continue
      more[measure] += Math.floor(Math.max(0, Math.min(want, cell.room(measure, most, false))))
    }
    const grant: StoredGrant = { holder, granted: more, used: asked.used, heardMs: nowMs }
    cell.lend(grant)
    cell.touchedMs = Math.max(cell.touchedMs, nowMs)
    this.#ledger.changed(cell)
    return grant
  }
}

function answerFor(asked: LeasedCell, cell: Cell, grant: StoredGrant): LeaseAnswer['cells'][number] {
  const left = none()
  const elsewhere = none()
  for (const measure of MEASURES) {
    const most = asked.most[measure]
    left[measure] = most === undefined ? 0 : Math.max(0, cell.room(measure, most, false))
    elsewhere[measure] = Math.max(0, cell.spentInAll(measure) - grant.used[measure])
  }
  const { rule, subject, window, starts_at } = asked
  return { rule, subject, window, starts_at, granted: grant.granted, left, elsewhere, forgiven: cell.forgiven }
}
