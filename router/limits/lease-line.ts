// The line between a follower and its primary: one exchange at a time, numbered, and whether the last one was answered. What is asked and
// what is made of the answers is the business of whoever uses it (slices.ts).
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { asWeighbridgeError } from '../../core/errors.ts'
import type { LeaseAnswer, LeasedCell, LeaseRequest } from '../../core/leases.ts'
import type { Clock } from '../../core/seams.ts'
import type { Cell } from './cell.ts'

/** Asks the primary. Rejects when it cannot be reached, refuses, or takes too long. */
export type AskPrimary = (request: LeaseRequest) => Promise<LeaseAnswer>

/** One cell in one question, and what was said of it. */
export type LeaseEntry = { readonly cell: Cell; readonly asked: LeasedCell }

export type LeaseLineOptions = {
  readonly ask: AskPrimary
  /** Names this router to the primary. */
  readonly holder: string
  readonly clock: Clock
  readonly log: Logger
  /** What the next question is about. `over` is told when it was answered, or not. */
  readonly next: () => { readonly entries: readonly LeaseEntry[]; readonly over: (heard: boolean) => void }
  /** Whether there is something to be asked at once. */
  readonly wants: () => boolean
  readonly onAnswer: (entry: LeaseEntry, given: LeaseAnswer['cells'][number]) => void
}

export class LeaseLine {
  readonly #options: LeaseLineOptions
  readonly #run = randomBytes(8).toString('hex')
  #seq = 0
  #exchange: Promise<void> | undefined
  #stopped = false
  #reachable = true
  #heardMs: number | undefined
  #fault: string | undefined

  constructor(options: LeaseLineOptions) {
    this.#options = options
  }

  /** Whether the primary answered the last time; true before the first. */
  get reachable(): boolean {
    return this.#reachable
  }

  standing(): { reachable: boolean; heardMs: number | undefined; fault: string | undefined } {
    return { reachable: this.#reachable, heardMs: this.#heardMs, fault: this.#fault }
  }

  /** Asks until nothing more is wanted, or the primary does not answer. Under way already: the same promise. Never rejects. */
  exchange(): Promise<void> {
    this.#exchange ??= this.#exchanges()
    return this.#exchange
  }

  /** One more exchange after the one under way, at most so long; then none. */
  async stop(withinMs: number): Promise<void> {
    const last = async (): Promise<void> => {
      await this.#exchange
      await this.exchange()
    }
    await Promise.race([last(), new Promise((resolve) => setTimeout(resolve, withinMs).unref())])
    this.#stopped = true
  }

  async #exchanges(): Promise<void> {
    // Calls of this turn go together.
    await Promise.resolve()
    try {
      do {
        const { entries, over } = this.#options.next()
        // Nothing to say to a primary that is there; one that is not may be back.
        if (entries.length === 0 && this.#reachable && this.#heardMs !== undefined) return over(true)
        const heard = await this.#one(entries)
        over(heard)
        if (!heard) return
      } while (this.#options.wants() && !this.#stopped)
    } finally {
      // In the same step as the last look at what is wanted: what is wanted after it begins an exchange of its own.
      this.#exchange = undefined
    }
  }

  async #one(entries: readonly LeaseEntry[]): Promise<boolean> {
    const { ask, holder, clock, log, onAnswer } = this.#options
    this.#seq += 1
    try {
      const answer = await ask({ holder, run: this.#run, seq: this.#seq, cells: entries.map(({ asked }) => asked) })
      for (const [index, entry] of entries.entries()) {
        const given = answer.cells[index]
        if (given !== undefined) onAnswer(entry, given)
      }
      if (this.#fault !== undefined) log.info('the budgets are shared with the primary again')
      this.#reachable = true
      this.#fault = undefined
      this.#heardMs = clock.nowMs()
      return true
    } catch (thrown) {
      const reason = asWeighbridgeError(thrown).message
      if (this.#fault === undefined && !this.#stopped) log.warn({ reason }, 'the primary does not share budgets; this router goes on with its slices')
      this.#fault = reason
      this.#reachable = false
      return false
    }
  }
}
