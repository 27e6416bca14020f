// A text → its words, one by one, each as a place in the text and a hash of its folded letters. One pass, no allocation per
// word, linear for any input: there is no pattern that could backtrack. Pure.
import { ALONE, beginsPictograph, GAP, INSIDE, type Alphabet } from './alphabet.ts'

/** `stemHash`: hash of the word's first STEM_UNITS folded units; 0 when it is shorter. */
export type OnWord = (hash: number, stemHash: number, start: number, end: number) => void

/** A stem (`summar*`) has at least so many letters. */
export const STEM_UNITS = 3

const FNV_OFFSET = 0x811c9dc5 | 0
const FNV_PRIME = 0x01000193
const PLUS = 0x2b
const SHARP = 0x23

/** Calls `onWord` for every word in order. C++, C#, F# and the like are words with their signs. */
export function eachWord(text: string, alphabet: Alphabet, onWord: OnWord): void {
  const { kinds, folds, longer } = alphabet
  const length = text.length
  let at = 0
  while (at < length) {
    const first = text.charCodeAt(at)
    const kind = kinds[first]
    if (kind !== INSIDE) {
      if (kind === ALONE) onWord(hashOfUnit(first, alphabet), 0, at, at + 1)
      at += beginsPictograph(first) ? 2 : 1
      continue
    }
    const start = at
    let hash = FNV_OFFSET
    let stemHash = 0
    let units = 0
    for (; at < length; at += 1) {
      const unit = text.charCodeAt(at)
      if (kinds[unit] !== INSIDE) break
      const folded = folds[unit] ?? 0
      if (folded !== 0) {
        hash = Math.imul(hash ^ folded, FNV_PRIME)
        units += 1
        if (units === STEM_UNITS) stemHash = hash
        continue
      }
      const several = longer.get(unit)
      for (let index = 0; several !== undefined && index < several.length; index += 1) {
        hash = Math.imul(hash ^ several.charCodeAt(index), FNV_PRIME)
        units += 1
        if (units === STEM_UNITS) stemHash = hash
      }
    }
    if (units === 0) continue
    if (units === 1) {
      for (const end = at + languageSigns(text, at, kinds); at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
    }
    onWord(hash, stemHash, start, at)
  }
}

function hashOfUnit(unit: number, alphabet: Alphabet): number {
  const folded = alphabet.folds[unit] ?? 0
  return folded === 0 ? hashOf(alphabet.longer.get(unit) ?? '') : Math.imul(FNV_OFFSET ^ folded, FNV_PRIME)
}

/** How many units after a one-letter word belong to it: 2 for ++, 1 for #, when no word goes on behind. */
function languageSigns(text: string, at: number, kinds: Uint8Array): number {
  const first = text.charCodeAt(at)
  const signs = first === SHARP ? 1 : first === PLUS && text.charCodeAt(at + 1) === PLUS ? 2 : 0
  if (signs === 0 || at + signs >= text.length) return signs
  return kinds[text.charCodeAt(at + signs)] === GAP ? signs : 0
}

/** The word between two places in its folded form. */
export function foldedWord(text: string, start: number, end: number, alphabet: Alphabet): string {
  let word = ''
  for (let at = start; at < end; at += 1) {
    const unit = text.charCodeAt(at)
    const folded = alphabet.folds[unit] ?? 0
    word += folded === 0 ? (alphabet.longer.get(unit) ?? '') : String.fromCharCode(folded)
  }
  return word
}

/** Whether the word between two places folds to the given letters; makes no string. */
export function foldsTo(text: string, start: number, end: number, letters: string, alphabet: Alphabet): boolean {
  const { folds, longer } = alphabet
  let index = 0
  for (let at = start; at < end; at += 1) {
    const unit = text.charCodeAt(at)
    const folded = folds[unit] ?? 0
    if (folded !== 0) {
      if (folded !== letters.charCodeAt(index)) return false
      index += 1
      continue
    }
    const several = longer.get(unit) ?? ''
    if (!letters.startsWith(several, index)) return false
    index += several.length
  }
  return index === letters.length
}

/** All words in their folded form; for phrases, where speed does not matter. */
export function wordsOf(text: string, alphabet: Alphabet): string[] {
  const words: string[] = []
  eachWord(text, alphabet, (_hash, _stemHash, start, end) => words.push(foldedWord(text, start, end, alphabet)))
  return words
}

/** The hash that `eachWord` gives a word of these folded letters. */
export function hashOf(folded: string): number {
  let hash = FNV_OFFSET
  for (let at = 0; at < folded.length; at += 1) hash = Math.imul(hash ^ folded.charCodeAt(at), FNV_PRIME)
  return hash
}
