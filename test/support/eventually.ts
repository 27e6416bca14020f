// Waiting for something another process does: asks until it holds, never for longer than a deadline.
import { setTimeout as delay } from 'node:timers/promises'

/** Resolves with the first defined, non-false answer; rejects with the last error, or a plain one, after `withinMs`. */
export async function eventually<T>(ask: () => T | Promise<T>, withinMs = 15_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs
  for (;;) {
    let failure: unknown = new Error(`did not come true within ${withinMs} ms`)
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== null && answer !== false) return answer
    } catch (error) {
      failure = error
    }
    if (performance.now() > deadline) throw failure
    await delay(20)
  }
}
