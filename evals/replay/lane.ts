// The calls to one provider: waits until its pace lets a call start, and tells the pace how the call ended. A call that met a
// limit goes again by itself; a provider that only says "too many", or that nobody can reach, is given up.
import type { Clock, Random } from '../../core/seams.ts'
import { isHopeless, isLimited, type Reply } from './ask.ts'
import { Pace, type PaceSettings } from './pace.ts'

/** Waiting, as a seam: tests pass scripted time. */
export interface Sleeper {
  /** Resolves after so many milliseconds; rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export type LaneSeams = { readonly clock: Clock; readonly sleeper: Sleeper; readonly random: Random; readonly signal: AbortSignal }

/** How long a provider may answer nothing but limits before it is given up, and how many failures in a row do the same. */
export const PATIENCE_MS = 10 * 60_000
export const MOST_FAILURES = 25

/** Counters for reports. */
export type LaneFacts = { readonly limited: number; readonly givenUp: string | undefined }

/** Calls to one provider. */
export class Lane {
  readonly #pace: Pace
  readonly #seams: LaneSeams
  #waiting: (() => void)[] = []
  #timer = false
  #limited = 0
  #limitsSinceMs: number | undefined
  #failures = 0
  #givenUp: string | undefined

  constructor(settings: PaceSettings, seams: LaneSeams) {
    this.#pace = new Pace(settings)
    this.#seams = seams
    seams.signal.addEventListener('abort', () => this.#wake(), { once: true })
  }

  facts(): LaneFacts {
    return { limited: this.#limited, givenUp: this.#givenUp }
  }

  /**
   * Makes the call when the pace allows, again after every limit. `call` gets nothing and must not reject but for an abort.
   * Resolves with the last reply; `undefined` when the provider was given up before this call was made.
   */
  async run(tokens: number, call: () => Promise<Reply>): Promise<Reply | undefined> {
    const { clock, random, signal } = this.#seams
    for (;;) {
      await this.#turn(tokens)
      if (this.#givenUp !== undefined) {
        this.#pace.ended(false, clock.monotonicMs())
        this.#wake()
        return undefined
      }
      const startedMs = clock.monotonicMs()
      let reply: Reply
      try {
        reply = await call()
      } catch (thrown) {
        this.#pace.ended(false, clock.monotonicMs())
        throw thrown
      }
      const nowMs = clock.monotonicMs()
      if (!isLimited(reply)) {
        this.#pace.ended(reply.error === undefined, nowMs)
        this.#note(reply, nowMs)
        this.#wake()
        return reply
      }
      this.#limited += 1
      this.#pace.limited(startedMs, nowMs, reply.retryAfterMs, random.next())
      this.#limitsSinceMs ??= startedMs
      if (nowMs - this.#limitsSinceMs > PATIENCE_MS) this.#givenUp ??= `nothing but limits for ${Math.round(PATIENCE_MS / 60_000)} minutes (${reply.code})`
      this.#wake()
      if (this.#givenUp !== undefined) return reply
      signal.throwIfAborted()
    }
  }

  #note(reply: Reply, nowMs: number): void {
    // A budget of the router's says nothing of the provider.
    if (reply.turnedAway === true) return
    if (reply.error === undefined) {
      this.#limitsSinceMs = undefined
      this.#failures = 0
      return
    }
    this.#failures += 1
    if (isHopeless(reply)) this.#givenUp ??= `${reply.code}: nothing else is asked of it`
    else if (this.#failures >= MOST_FAILURES) this.#givenUp ??= `${MOST_FAILURES} failures in a row, the last ${reply.code}, at ${Math.round(nowMs)} ms`
  }

  /** Resolves when a call may start; it is then counted as started. */
  async #turn(tokens: number): Promise<void> {
    const { clock, signal } = this.#seams
    for (;;) {
      signal.throwIfAborted()
      const nowMs = clock.monotonicMs()
      // A provider that was given up makes nobody wait.
      const waitMs = this.#givenUp === undefined ? this.#pace.waitMs(nowMs) : 0
      if (waitMs === 0) return this.#pace.started(nowMs, tokens)
      const woken = new Promise<void>((resolve) => this.#waiting.push(resolve))
      if (waitMs !== undefined) this.#wakeAfter(waitMs)
      await woken
    }
  }

  /** One timer for all who wait: the first to wake sets the next. */
  #wakeAfter(ms: number): void {
    if (this.#timer) return
    this.#timer = true
    this.#seams.sleeper.sleep(ms, this.#seams.signal).then(
      () => {
        this.#timer = false
        this.#wake()
      },
      () => undefined,
    )
  }

  // Those who find no room queue up again behind the others, in order.
  #wake(): void {
    for (const go of this.#waiting.splice(0)) go()
  }
}
