// The identities of what was stored lately, so that a re-sent span is not stored twice: a sliding set in generations.
// A key is remembered for at least the window, and forgotten by at most a third more.

/** Most keys of one generation; JavaScript's sets end at 2^24. */
const GENERATION_KEYS = 8_000_000
const GENERATIONS = 4

export interface RecentKeys {
  /** Remembers a key; false when it was known already. */
  add(key: string, nowMs: number): boolean
}

/** 48 hex digits as 24 one-byte characters: half the memory. Other keys stay as they are. */
function packed(key: string): string {
  return /^[0-9a-f]{48}$/.test(key) ? Buffer.from(key, 'hex').toString('latin1') : `=${key}`
}

/** A set that remembers for at least `windowMs` of wall time. `onShortened` is told when so many keys came that the window had to be cut short. */
export function createRecentKeys(windowMs: number, onShortened: () => void): RecentKeys {
  let generations: Set<string>[] = [new Set()]
  let startedMs: number | undefined
  const generationMs = windowMs / (GENERATIONS - 1)

  function rotate(nowMs: number): void {
    startedMs ??= nowMs
    const full = (generations[0]?.size ?? 0) >= GENERATION_KEYS
    // A clock set back must not stop the rotation for ever.
    if (nowMs < startedMs) startedMs = nowMs
    if (full) onShortened()
    const passed = full ? 1 : Math.min(GENERATIONS, Math.floor((nowMs - startedMs) / generationMs))
    if (passed === 0) return
    for (let n = 0; n < passed; n += 1) generations.unshift(new Set())
    generations = generations.slice(0, GENERATIONS)
    startedMs = nowMs
  }

  return {
    add(key, nowMs) {
      rotate(nowMs)
      const stored = packed(key)
      if (generations.some((generation) => generation.has(stored))) return false
      generations[0]?.add(stored)
      return true
    },
  }
}
