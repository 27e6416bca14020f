// Similarity sketches that may be stored: 32 bytes per text, of which as many are equal as the texts have in common. One
// permutation hashing (Li, Owen, Zhang 2012) with rotated filling of empty bins (Shrivastava, Li 2014), one byte a bin. Pure.
import { scramble } from './hashing.ts'

/** Words of one sequence that are compared as a whole. */
export const GRAM_WORDS = 4
const BINS = 32
const EMPTY = 0xffffffff

/** Collects hashed items. The items must have been hashed under the installation's seed. */
export class SketchBuilder {
  readonly #least = new Uint32Array(BINS).fill(EMPTY)
  #items = 0

  add(hash: number): void {
    const bin = hash >>> 27
    const rank = scramble(hash ^ 0x2c1b3c6d) >>> 0
    this.#items += 1
    if (rank < (this.#least[bin] ?? 0)) this.#least[bin] = rank
  }

  /** 64 hex digits; `undefined` when there was nothing to sketch. `key` (32 bits) ties it to a scope: others' cannot be compared with it. */
  end(key = 0): string | undefined {
    if (this.#items === 0) return undefined
    const sketch = Buffer.alloc(BINS)
    for (let bin = 0; bin < BINS; bin += 1) {
      let from = bin
      let turns = 0
      while (this.#least[from] === EMPTY) {
        from = (from + 1) % BINS
        turns += 1
      }
      // A borrowed value is marked with its distance, so that it does not count as a match with the bin it came from.
      sketch[bin] = scramble((this.#least[from] ?? 0) ^ Math.imul(turns + 1, 0x9e3779b1) ^ key) >>> 24
    }
    return sketch.toString('hex')
  }
}
