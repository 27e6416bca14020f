// Known words → their numbers, found by hash without making a string. Built once, read for every word of every call.
import type { Alphabet } from './alphabet.ts'
import { foldsTo, hashOf, STEM_UNITS } from './words.ts'

const FNV_PRIME = 0x01000193
const FNV_OFFSET = 0x811c9dc5 | 0
const FILTER = 4096

/** Numbers start at 1; 0 is every unknown word. A word's number is its place in `words` + 1. */
export type WordTable = {
  readonly size: number
  /** The number of the word at this place, or that of the longest stem it begins with, or 0. */
  numberOf(text: string, hash: number, stemHash: number, start: number, end: number): number
}

/** `words`: folded; one that ends with * is a stem. */
export function wordTable(words: readonly string[], alphabet: Alphabet): WordTable {
  let slots = 16
  while (slots < words.length * 4) slots *= 2
  const mask = slots - 1
  const numbers = new Int32Array(slots)
  const hashes = new Int32Array(slots)
  // Most words of a text begin like no stem: one look at the hash of their first letters settles it.
  const stemFilter = new Uint8Array(FILTER)
  const letters = words.map((word) => (word.endsWith('*') ? word.slice(0, -1) : word))
  const isStem = words.map((word) => word.endsWith('*'))
  let longestStem = 0
  for (const [index, word] of letters.entries()) {
    const hash = hashOf(word)
    let slot = spread(hash) & mask
    while (numbers[slot] !== 0) slot = (slot + 1) & mask
    numbers[slot] = index + 1
    hashes[slot] = hash
    if (isStem[index] === true) {
      stemFilter[spread(hashOf(word.slice(0, STEM_UNITS))) & (FILTER - 1)] = 1
      longestStem = Math.max(longestStem, word.length)
    }
  }

  /** `stem`: only stems, otherwise only whole words. */
  const probe = (hash: number, stem: boolean, text: string, start: number, end: number): number => {
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const number = numbers[slot] ?? 0
      if (number === 0) return 0
      if (hashes[slot] !== hash || isStem[number - 1] !== stem) continue
      // Two words may share a hash; the letters decide.
      if (foldsTo(text, start, end, letters[number - 1] ?? '', alphabet)) return number
    }
  }
  const longestStemOf = (text: string, start: number, end: number): number => {
    let found = 0
    let hash = FNV_OFFSET
    let units = 0
    for (let at = start; at < end && units < longestStem; at += 1) {
      const unit = text.charCodeAt(at)
      const folded = alphabet.folds[unit] ?? 0
      const several = folded === 0 ? alphabet.longer.get(unit) : undefined
      if (folded === 0 && several === undefined) continue
      for (let index = 0; index < (several?.length ?? 1); index += 1) hash = Math.imul(hash ^ (several?.charCodeAt(index) ?? folded), FNV_PRIME)
      units += several?.length ?? 1
      if (units >= STEM_UNITS) {
        const number = probe(hash, true, text, start, at + 1)
        if (number !== 0) found = number
      }
    }
    return found
  }
  return {
    size: words.length,
    numberOf(text, hash, stemHash, start, end) {
      const number = probe(hash, false, text, start, end)
      if (number !== 0 || stemHash === 0 || stemFilter[spread(stemHash) & (FILTER - 1)] === 0) return number
      return longestStemOf(text, start, end)
    },
  }
}

/** FNV's low bits alone are poor; the high ones are mixed in. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15)
}
