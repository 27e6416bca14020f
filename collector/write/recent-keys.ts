// The identities of what was stored lately, so that a re-sent span is not stored twice: a sliding set in generations. A key is
// remembered for at least the window and forgotten by at most a third more. Keys lie in typed arrays, 24 bytes each, found by
// open addressing: as JavaScript strings in a Set a busy quarter of an hour would be gigabytes.
import { KEY_WORDS } from './row-keys.ts'

const GENERATIONS = 4
/** Tables per generation: each grows by itself, so that no growing takes longer than a few milliseconds. */
const PARTITIONS = 64
const FIRST_SLOTS = 64
const FULLEST = 0.65

/** One open-addressing table. A slot of zeros is free: no valid id is all zeros, and no SHA-256 is either. */
class Table {
  #slots = FIRST_SLOTS
  #words = new Uint32Array(FIRST_SLOTS * KEY_WORDS)
  #count = 0

  has(key: Uint32Array, hash: number): boolean {
    return this.#find(key, hash) < 0
  }

  /** Adds a key that is not there. */
  add(key: Uint32Array, hash: number): void {
    if (this.#count >= this.#slots * FULLEST) this.#grow()
    this.#put(key, hash)
    this.#count += 1
  }

  /** The offset of the free slot for the key, or a negative number when the key is there. */
  #find(key: Uint32Array, hash: number): number {
    const words = this.#words
    const mask = this.#slots - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slot * KEY_WORDS
      if (words[at] === key[0] && words[at + 4] === key[4] && words[at + 5] === key[5] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3]) return -1
      if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0 && words[at + 4] === 0 && words[at + 5] === 0) return at
    }
  }

  #put(key: Uint32Array, hash: number): void {
    const at = this.#find(key, hash)
    if (at >= 0) this.#words.set(key, at)
  }

  #grow(): void {
    const old = this.#words
    this.#slots *= 2
    this.#words = new Uint32Array(this.#slots * KEY_WORDS)
    const key = new Uint32Array(KEY_WORDS)
    for (let at = 0; at < old.length; at += KEY_WORDS) {
      let any = 0
      for (let word = 0; word < KEY_WORDS; word += 1) {
        key[word] = old[at + word] ?? 0
        any |= key[word] ?? 0
      }
      if (any !== 0) this.#put(key, hashOf(key))
    }
  }
}

/** Spreads ids that are not random as well as those that are: the finaliser of MurmurHash3 (Austin Appleby, public domain) over all words. */
function hashOf(key: Uint32Array): number {
  let hash = 0x9e3779b9
  for (let word = 0; word < KEY_WORDS; word += 1) {
    hash ^= key[word] ?? 0
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

type Generation = { readonly tables: readonly Table[]; keys: number }

export interface RecentKeys {
  /** Remembers a key (six words); false when it was known already. `atMs` never goes back. */
  add(key: Uint32Array, atMs: number): boolean
  /** How many keys are remembered. */
  size(): number
}

export type RecentKeysOptions = {
  readonly windowMs: number
  /** Most keys remembered; beyond it the oldest go before their time. */
  readonly mostKeys: number
  /** Is told when keys had to go before their time. */
  readonly onShortened: () => void
}

/** A set that remembers for at least `windowMs` of the time its caller counts. */
export function createRecentKeys({ windowMs, mostKeys, onShortened }: RecentKeysOptions): RecentKeys {
  const generation = (): Generation => ({ tables: Array.from({ length: PARTITIONS }, () => new Table()), keys: 0 })
  let generations: Generation[] = [generation()]
  let startedMs: number | undefined
  const generationMs = windowMs / (GENERATIONS - 1)
  const mostOfGeneration = Math.max(1, Math.floor(mostKeys / GENERATIONS))

  function rotate(atMs: number): void {
    startedMs ??= atMs
    const full = (generations[0]?.keys ?? 0) >= mostOfGeneration
    if (full && generations.length === GENERATIONS && (generations[GENERATIONS - 1]?.keys ?? 0) > 0) onShortened()
    const passed = full ? 1 : Math.min(GENERATIONS, Math.floor((atMs - startedMs) / generationMs))
    if (passed === 0) return
    for (let n = 0; n < passed; n += 1) generations.unshift(generation())
    generations = generations.slice(0, GENERATIONS)
    startedMs = atMs
  }

  return {
    add(key, atMs) {
      rotate(atMs)
      const hash = hashOf(key)
      const partition = hash >>> 26
      const slot = hash & 0x03ff_ffff
      for (const { tables } of generations) if (tables[partition]?.has(key, slot) === true) return false
      const [newest] = generations
      newest?.tables[partition]?.add(key, slot)
      if (newest !== undefined) newest.keys += 1
      return true
    },
    size: () => generations.reduce((sum, { keys }) => sum + keys, 0),
  }
}
