// The two things pure code may not reach for by itself: time and randomness.
// Both come in through parameters, so that every decision can be replayed from its inputs.

/** Wall time and monotonic time; tests pass a scripted one. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. For timestamps only. */
  nowMs(): number
  /** Milliseconds on a monotonic clock; never jumps. For durations and deadlines. */
  monotonicMs(): number
}

/** A source of uniform numbers in [0, 1). */
export interface Random {
  next(): number
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** The runtime's own randomness, for draws that need not be replayed. */
export const systemRandom: Random = { next: () => Math.random() }

/**
 * A deterministic source from a seed: the same seed gives the same sequence on every machine.
 * Algorithm: sfc32 (Chris Doty-Humphrey, PractRand) seeded through a 32-bit FNV-1a hash of the seed's text.
 */
export function seededRandom(seed: number | string): Random {
  let a = fnv1a(`a:${seed}`)
  let b = fnv1a(`b:${seed}`)
  let c = fnv1a(`c:${seed}`)
  let counter = 1
  const next = (): number => {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4294967296
  }
  // The first outputs still mirror the seed's bits; PractRand's author discards twelve.
  for (let i = 0; i < 12; i += 1) next()
  return { next }
}

/** The 32-bit FNV-1a hash of a text's UTF-16 units, as an unsigned integer; for bucketing, not for security. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}
