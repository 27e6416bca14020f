// Texts that repeat within a request (names of fields and attributes, tasks, models): each is made into a string once and then found by
// the bytes it stands in, so that a span of known words makes none. Forgotten with the request.
import type { AttributeName } from './span-draft.ts'

const MOST_WORDS = 1_024
const FIRST_SLOTS = 256
/** Slots looked at for a word: texts that are made to fall together are not found, and cost no more than others. */
const MOST_PROBES = 8

export class Word {
  readonly text: string
  /** Where it was met first. */
  readonly start: number
  readonly end: number
  readonly hash: number
  /** It as the name of an attribute, once it was one. */
  name: AttributeName | undefined
  constructor(text: string, start: number, end: number, hash: number) {
    this.text = text
    this.start = start
    this.end = end
    this.hash = hash
  }
}

const freeSlots = (count: number): (Word | undefined)[] => Array.from({ length: count }, () => undefined)

/** The words of one body. */
export class Words {
  readonly #bytes: Buffer
  #slots: (Word | undefined)[] = freeSlots(FIRST_SLOTS)
  #count = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The word that stands between two places, of at least one byte; `undefined` where it is not kept. */
  at(start: number, end: number): Word | undefined {
    const hash = this.#hash(start, end)
    const mask = this.#slots.length - 1
    for (let probe = 0; probe < MOST_PROBES; probe += 1) {
      const slot = (hash + probe) & mask
      const word = this.#slots[slot]
      if (word === undefined) return this.#count < MOST_WORDS ? this.#add(slot, start, end, hash) : undefined
      if (word.hash === hash && this.#isSame(word, start, end)) return word
    }
    return undefined
  }

  /** A few of the bytes tell words apart well enough; whether it is the same one is looked at byte by byte. */
  #hash(start: number, end: number): number {
    const bytes = this.#bytes
    const length = end - start
    let hash = Math.imul(length ^ ((bytes[start] ?? 0) << 8) ^ ((bytes[end - 1] ?? 0) << 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (bytes[start + (length >> 1)] ?? 0) ^ ((bytes[start + (length >> 2)] ?? 0) << 8) ^ ((bytes[end - 1 - (length >> 2)] ?? 0) << 16) ^ ((bytes[end - 1 - (length >> 3)] ?? 0) << 24), 0xc2b2ae35)
    return hash ^ (hash >>> 15)
  }

  #isSame(word: Word, start: number, end: number): boolean {
    const bytes = this.#bytes
    if (word.end - word.start !== end - start) return false
    for (let at = start, known = word.start; at < end; at += 1, known += 1) if (bytes[at] !== bytes[known]) return false
    return true
  }

  #add(slot: number, start: number, end: number, hash: number): Word | undefined {
    const text = this.#bytes.toString('utf8', start, end)
    // May be bytes that are no UTF-8: who asks must look at them.
    if (text.includes('\uFFFD')) return undefined
    const word = new Word(text, start, end, hash)
    this.#slots[slot] = word
    this.#count += 1
    if (this.#count * 2 > this.#slots.length) this.#spread()
    return word
  }

  #spread(): void {
    const words = this.#slots
    this.#slots = freeSlots(words.length * 2)
    const mask = this.#slots.length - 1
    for (const word of words) {
      if (word === undefined) continue
      for (let probe = 0; probe < MOST_PROBES; probe += 1) {
        const slot = (word.hash + probe) & mask
        if (this.#slots[slot] !== undefined) continue
        this.#slots[slot] = word
        break
      }
    }
  }
}
