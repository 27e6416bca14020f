// Phrases → one book that finds all of them in a single pass over a text's words. Its time is linear in the text whatever the
// phrases are, so that nobody's rules and nobody's prompt can hang the router. Pure.
import type { Alphabet } from './alphabet.ts'
import { AutomatonBuilder, type Automaton } from './automaton.ts'
import { eachWord, wordsOf } from './words.ts'
import { wordTable, type WordTable } from './word-table.ts'

/** Where phrases occur: places are numbers of words, counted from 0. */
export type Found = {
  /** Words in the text. */
  readonly words: number
  /** Numbers of the phrases that occur, in order of their first end. */
  readonly phrases: readonly number[]
  has(phrase: number): boolean
  /** Word at which the phrase first and last ends; -1: nowhere. */
  first(phrase: number): number
  last(phrase: number): number
}

export type PhraseBook = {
  /** How each phrase was first written, by its number. */
  readonly spellings: readonly string[]
  find(text: string): Found
}

// At least words.ts STEM_UNITS letters, and no signs as in C++.
const STEM = /[\p{L}\p{M}\p{N}_]{3}$/u

/** Collects phrases, giving those that fold to the same words one number, and makes the book. */
export class PhraseBookBuilder {
  readonly #alphabet: Alphabet
  readonly #numbers = new Map<string, number>()
  readonly #phrases: string[][] = []
  readonly #spellings: string[] = []

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet
  }

  /**
   * The phrase's number; `undefined` when it holds no word. A * at its end stands for any ending of its last word, if that has
   * three letters or more; after letters that are words by themselves it changes nothing.
   */
  add(phrase: string): number | undefined {
    const words = wordsOf(phrase, this.#alphabet)
    const last = words.pop()
    if (last === undefined) return undefined
    words.push(phrase.endsWith('*') && STEM.test(last) ? `${last}*` : last)
    const key = words.join(' ')
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#phrases.length
    this.#numbers.set(key, number)
    this.#phrases.push(words)
    this.#spellings.push(phrase)
    return number
  }

  build(): PhraseBook {
    const vocabulary = [...new Set(this.#phrases.flat())].sort()
    const numberOf = new Map(vocabulary.map((word, index) => [word, index + 1]))
    const paths = new AutomatonBuilder()
    for (const [phrase, words] of this.#phrases.entries()) {
      const path = words.map((word) => numberOf.get(word) ?? 0)
      paths.insert(path, phrase)
      const last = words.at(-1) ?? ''
      // A word of a text has one number: its own, else that of the longest stem. So a stem's phrase must know all longer ones.
      if (last.endsWith('*')) for (const other of beginningWith(vocabulary, last.slice(0, -1))) paths.insert([...path.slice(0, -1), numberOf.get(other) ?? 0], phrase)
    }
    const automaton = paths.build()
    const alphabet = this.#alphabet
    const spellings = [...this.#spellings]
    const table = wordTable(vocabulary, alphabet)
    return { spellings, find: (text) => findAll(text, alphabet, table, automaton, spellings.length) }
  }
}

function findAll(text: string, alphabet: Alphabet, table: WordTable, automaton: Automaton, phrases: number): Found {
  // Places are kept one too high, so that a fresh array of zeros says "nowhere".
  const firsts = new Int32Array(phrases)
  const lasts = new Int32Array(phrases)
  const order: number[] = []
  let words = 0
  let state = 0
  eachWord(text, alphabet, (hash, stemHash, start, end) => {
    words += 1
    state = automaton.step(state, table.numberOf(text, hash, stemHash, start, end))
    if (state === 0) return
    for (const phrase of automaton.ending(state)) {
      if (firsts[phrase] === 0) {
        firsts[phrase] = words
        order.push(phrase)
      }
      lasts[phrase] = words
    }
  })
  return { words, phrases: order, has: (phrase) => (firsts[phrase] ?? 0) !== 0, first: (phrase) => (firsts[phrase] ?? 0) - 1, last: (phrase) => (lasts[phrase] ?? 0) - 1 }
}

/** The words of a sorted list that begin with a stem, but for the stem itself. */
function beginningWith(sorted: readonly string[], stem: string): string[] {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? '') < stem) low = middle + 1
    else high = middle
  }
  const found: string[] = []
  for (let at = low; at < sorted.length && (sorted[at] ?? '').startsWith(stem); at += 1) if (sorted[at] !== `${stem}*`) found.push(sorted[at] ?? '')
  return found
}
