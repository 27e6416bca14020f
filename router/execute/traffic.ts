// What each target was asked lately: attempts under way, and attempts and errors of the last minute, counted by second in a
// ring. For operators; nothing is decided by it.

const SECONDS = 60
/** Most targets counted: clients may name any model of a provider, and each is one. */
const MOST_TARGETS = 2_000

type Counts = { inFlight: number; readonly attempts: Uint32Array; readonly errors: Uint32Array; /** The last second written. */ second: number }

export type Traffic = { readonly inFlight: number; readonly attempts: number; readonly errors: number }

/** Counters by a target's name. Times are milliseconds on the monotonic clock. */
export class TrafficBook {
  readonly #targets = new Map<string, Counts>()

  started(target: string): void {
    this.#of(target).inFlight += 1
  }

  ended(target: string, failed: boolean, nowMs: number): void {
    const counts = this.#of(target)
    counts.inFlight -= 1
    const slot = turnTo(counts, Math.floor(nowMs / 1000)) % SECONDS
    counts.attempts[slot] = (counts.attempts[slot] ?? 0) + 1
    if (failed) counts.errors[slot] = (counts.errors[slot] ?? 0) + 1
  }

  /** Zeros for a target that was never asked. */
  of(target: string, nowMs: number): Traffic {
    const counts = this.#targets.get(target)
    if (counts === undefined) return { inFlight: 0, attempts: 0, errors: 0 }
    turnTo(counts, Math.floor(nowMs / 1000))
    return { inFlight: counts.inFlight, attempts: sum(counts.attempts), errors: sum(counts.errors) }
  }

  /** Forgets targets that are gone and have nothing under way. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const [name, counts] of this.#targets) if (!names.has(name) && counts.inFlight === 0) this.#targets.delete(name)
  }

  #forgetOldest(but: string): void {
    for (const [name, { inFlight }] of this.#targets) if (inFlight === 0 && name !== but) return void this.#targets.delete(name)
  }

  #of(target: string): Counts {
    const known = this.#targets.get(target)
    if (known !== undefined) return known
    const counts = { inFlight: 0, attempts: new Uint32Array(SECONDS), errors: new Uint32Array(SECONDS), second: 0 }
    this.#targets.set(target, counts)
    if (this.#targets.size > MOST_TARGETS) this.#forgetOldest(target)
    return counts
  }
}

/** Empties the slots between the last second written and this one. */
function turnTo(counts: Counts, second: number): number {
  const passed = Math.min(SECONDS, second - counts.second)
  for (let step = 0; step < passed; step += 1) {
    const slot = (second - step) % SECONDS
    counts.attempts[slot] = 0
    counts.errors[slot] = 0
  }
  counts.second = Math.max(counts.second, second)
  return counts.second
}

function sum(values: Uint32Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}
