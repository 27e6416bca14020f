// Notices agents that have run away: the same call made again and again in one trace or session, or dollars spent faster than they may
// be. In memory and bounded, each router for itself: what is forgotten is taken to be new.
import type { Amounts } from '../../store/state/budgets.ts'

export type RunawayRules = {
  /** Most of the same call within `withinMs` from the first of them; `undefined`: not watched. */
  readonly sameCall: number | undefined
  readonly withinMs: number
  /** Counted dollars within a minute; `undefined`: no bound. */
  readonly perMinute: number | undefined
}

/** Why a call is taken for a runaway's. */
export type Runaway =
  | { readonly kind: 'same_call'; readonly made: number; readonly most: number; readonly withinMs: number; readonly leftMs: number }
  | { readonly kind: 'slope'; readonly perMinute: Amounts['usd']; readonly most: Amounts['usd']; readonly leftMs: number }

/** Calls that are remembered, at about 200 bytes each; an agent that repeats one keeps it from being forgotten. */
const MOST_CALLS = 50_000
const MOST_AGENTS = 10_000
const MINUTE_MS = 60_000

type Repeats = { count: number; firstMs: number }
/** Dollars of this minute and of the one before. */
type Slope = { minute: number; now: number; before: number }

export class RunawayGuard {
  readonly #calls = new Map<string, Repeats>()
  readonly #slopes = new Map<string, Slope>()

  /** Whether one more call would be too many; times on the monotonic clock. */
  check(agent: string, print: string | undefined, rules: RunawayRules, nowMs: number): Runaway | undefined {
    const { sameCall, withinMs, perMinute } = rules
    if (perMinute !== undefined) {
      const spent = this.#spentLately(agent, nowMs)
      if (spent > perMinute) return { kind: 'slope', perMinute: spent, most: perMinute, leftMs: this.#calmsInMs(agent, perMinute, nowMs) }
    }
    if (sameCall === undefined || print === undefined) return undefined
    const repeats = this.#calls.get(`${agent} ${print}`)
    if (repeats === undefined || nowMs - repeats.firstMs >= withinMs || repeats.count < sameCall) return undefined
    return { kind: 'same_call', made: repeats.count, most: sameCall, withinMs, leftMs: repeats.firstMs + withinMs - nowMs }
  }

  /** A call was let through. */
  made(agent: string, print: string, { withinMs }: RunawayRules, nowMs: number): void {
    const id = `${agent} ${print}`
    const known = this.#calls.get(id)
    const repeats = known === undefined || nowMs - known.firstMs >= withinMs ? { count: 0, firstMs: nowMs } : known
    repeats.count += 1
    keep(this.#calls, id, repeats, MOST_CALLS)
  }

  /** A call of the agent has cost so much. */
  spent(agent: string, amount: number, nowMs: number): void {
    const slope = this.#slopeAt(agent, nowMs)
    slope.now += amount
    keep(this.#slopes, agent, slope, MOST_AGENTS)
  }

  /** Forgets the agents that `matches` names; answers how many things were known of them. */
  forget(matches: (agent: string) => boolean): number {
    const before = this.#calls.size + this.#slopes.size
    for (const id of this.#calls.keys()) if (matches(id.slice(0, id.lastIndexOf(' ')))) this.#calls.delete(id)
    for (const agent of this.#slopes.keys()) if (matches(agent)) this.#slopes.delete(agent)
    return before - this.#calls.size - this.#slopes.size
  }

  /** Dollars of the last sixty seconds: this minute's, and as much of the one before as still lies within them, taken as spread evenly. */
  #spentLately(agent: string, nowMs: number): number {
    if (!this.#slopes.has(agent)) return 0
    const { minute, now, before } = this.#slopeAt(agent, nowMs)
    return now + before * (1 - (nowMs - minute * MINUTE_MS) / MINUTE_MS)
  }

  /** How long until no more than `most` was spent in the last minute, if nothing more is. */
  #calmsInMs(agent: string, most: number, nowMs: number): number {
    const { minute, now, before } = this.#slopeAt(agent, nowMs)
    const nextMs = (minute + 1) * MINUTE_MS
    // Within this minute only what was spent in the one before fades; in the next one this minute's does.
    if (now <= most && before > 0) return Math.max(0, minute * MINUTE_MS + MINUTE_MS * (1 - (most - now) / before) - nowMs)
    return nextMs - nowMs + MINUTE_MS * (1 - most / now)
  }

  #slopeAt(agent: string, nowMs: number): Slope {
    const minute = Math.floor(nowMs / MINUTE_MS)
    const known = this.#slopes.get(agent) ?? { minute, now: 0, before: 0 }
    if (known.minute === minute) return known
    known.before = known.minute === minute - 1 ? known.now : 0
    known.now = 0
    known.minute = minute
    return known
  }
}

/** Puts a value at the young end of a map and lets the oldest go beyond `most`. */
function keep<Value>(map: Map<string, Value>, id: string, value: Value, most: number): void {
  map.delete(id)
  map.set(id, value)
  if (map.size <= most) return
  for (const oldest of map.keys()) return void map.delete(oldest)
}
