// Time that only moves when everybody waits: sleeping costs nothing, and what happens in a second of it is the same everywhere.
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../../core/seams.ts'
import type { Sleeper } from '../../../evals/replay/lane.ts'

type Timer = { readonly at: number; readonly order: number; readonly wake: () => void }

export class ScriptedTime implements Clock, Sleeper {
  #now = 0
  #order = 0
  #timers: Timer[] = []

  nowMs(): number {
    return 1_700_000_000_000 + this.#now
  }

  monotonicMs(): number {
    return this.#now
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#timers.push({ at: this.#now + Math.max(0, ms), order: this.#order++, wake }))
  }

  /** Runs until the promise settles: whenever nothing else can go on, the next timer is due. */
  async until<T>(work: Promise<T>): Promise<T> {
    let settled = false
    const watched = work.finally(() => (settled = true))
    watched.catch(() => undefined)
    while (!settled) {
      await turn()
      if (settled) break
      this.#timers.sort((a, b) => a.at - b.at || a.order - b.order)
      const next = this.#timers.shift()
      if (next === undefined) continue
      this.#now = Math.max(this.#now, next.at)
      next.wake()
    }
    return watched
  }
}

/** Real time whose sleeps take none: the clock jumps instead. For tests with real sockets. */
export function jumpingTime(real: Clock): Clock & Sleeper {
  let jumped = 0
  return {
    nowMs: () => real.nowMs() + jumped,
    monotonicMs: () => real.monotonicMs() + jumped,
    async sleep(ms) {
      await turn()
      jumped += ms
    },
  }
}
