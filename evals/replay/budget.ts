// Dollars spent and in flight against a hard cap. Every call reserves the most it can cost before it is made; what it really
// cost is settled after. A call that does not fit waits for those in flight, and is refused when none is left.
import { costOf } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import type { Target } from '../../core/config.ts'

/**
 * Dollars an exchange can cost at most: one token per UTF-8 byte of input is more than any tokenizer makes, and a provider that
 * caches by itself may bill all of it as written to the cache. 0 on simulated targets; `undefined`: unpriced.
 */
export function worstCost(target: Target, input: string, maxOutputTokens: number): number | undefined {
  if (target.provider.simulated) return 0
  const inputTotal = Buffer.byteLength(input) + MESSAGE_TOKENS
  const read = costOf(usageOf({ inputTotal, outputTotal: maxOutputTokens }), target.price)
  const written = costOf(usageOf({ inputTotal, cacheWrite: inputTotal, outputTotal: maxOutputTokens }), target.price)
  return read === undefined || written === undefined ? undefined : Math.max(read, written)
}

/** Tokens that the frame of a conversation adds at most. */
const MESSAGE_TOKENS = 64

/** A cap over all calls of a run; amounts in dollars. */
export class Budget {
  #refused = 0
  #reserved = 0
  #spent: number
  readonly #capUsd: number
  #waiting: (() => void)[] = []

  /** `capUsd` undefined: only calls that cost nothing. `spent`: what earlier parts of the run were charged. */
  constructor(capUsd: number | undefined, spent: number) {
    this.#capUsd = capUsd ?? 0
    this.#spent = spent
  }

  /** Counts a call that the router had no budget for. */
  turnedAway(): void {
    this.#refused += 1
  }

  /** Calls that did not fit. */
  get refused(): number {
    return this.#refused
  }

  /** Dollars charged so far, earlier parts of the run included. */
  get spent(): number {
    return this.#spent
  }

  /** Reserves, waiting while calls in flight may still give something back; false when it cannot fit any more, or the price is unknown. */
  async reserve(usd: number | undefined): Promise<boolean> {
    while (usd !== undefined) {
      if (usd === 0 || this.#spent + this.#reserved + usd <= this.#capUsd) {
        this.#reserved += usd
        return true
      }
      // With nothing in flight nothing comes back.
      if (this.#reserved <= 0 || this.#spent + usd > this.#capUsd) break
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#refused += 1
    return false
  }

  /** Gives back what was reserved and charges what it cost. */
  settle(reservedUsd: number, actualUsd: number): void {
    this.#reserved = Math.max(0, this.#reserved - reservedUsd)
    // Sums of decimals leave crumbs that would look like a call in flight.
    if (this.#reserved < 1e-12) this.#reserved = 0
    this.#spent += actualUsd
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
