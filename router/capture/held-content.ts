// Calls whose texts are kept only if something is said of them: held in memory for as long as that may be, within a bound.
import type { LogRecord } from '../../store/otlp/logs.ts'

/** A signal later than this does not count against a call either (DESIGN: accepted means none in 30 minutes). */
const HELD_MS = 35 * 60_000
const MOST_BYTES = 64 * 1024 * 1024

type Held = { readonly records: readonly LogRecord[]; readonly bytes: number; readonly untilMs: number }

export class HeldContent {
  readonly #held = new Map<string, Held>()
  readonly #onLetGo: () => void
  readonly #mostBytes: number
  #bytes = 0

  /** `onLetGo` is told of each call that had to go before its time, for want of room. */
  constructor(onLetGo: () => void, mostBytes = MOST_BYTES) {
    this.#onLetGo = onLetGo
    this.#mostBytes = mostBytes
  }

  hold(traceId: string, records: readonly LogRecord[], nowMs: number): void {
    this.#expire(nowMs)
    // A trace may hold several calls; each adds to what the others left.
    const before = this.#remove(traceId)
    const all = [...(before?.records ?? []), ...records]
    const bytes = all.reduce((sum, { body }) => sum + (body?.length ?? 0) * 2 + 512, 0)
    this.#held.set(traceId, { records: all, bytes, untilMs: nowMs + HELD_MS })
    this.#bytes += bytes
    for (const [oldest] of this.#held) {
      if (this.#bytes <= this.#mostBytes) break
      this.#remove(oldest)
      this.#onLetGo()
    }
  }

  /** Hands over what is held of a trace, once. */
  take(traceId: string, nowMs: number): readonly LogRecord[] | undefined {
    this.#expire(nowMs)
    return this.#remove(traceId)?.records
  }

  #remove(traceId: string): Held | undefined {
    const found = this.#held.get(traceId)
    if (found === undefined) return undefined
    this.#held.delete(traceId)
    this.#bytes -= found.bytes
    return found
  }

  #expire(nowMs: number): void {
    // In the order in which they were held, which is that of their time.
    for (const [traceId, { untilMs }] of this.#held) {
      if (untilMs > nowMs) break
      this.#remove(traceId)
    }
  }
}
