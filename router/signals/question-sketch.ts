// A question → the hashed words by which a later one is known for the same question in other words. Words are cut to their
// stem's length. Applications put things around what a person asks (retrieved passages, open files, reminders), so the first
// and the last block are kept apart. Bounded however long the turn is. Pure.
import { DECORATION, foldCase, isDigit, KINDS, LETTER, WHOLE_WORD } from './characters.ts'
import { scramble } from './hashing.ts'
import { commonWords, hashLetter, LONGEST_COMMON } from './common-words.ts'

/** Characters read of a turn's first and of its last block, and of what stands between them. */
const BLOCK_CHARACTERS = 480
const MIDDLE_CHARACTERS = 1_200
export const MOST_WORDS = 96
export const MIDDLE_SAMPLE = 16
export const PAIR_SAMPLE = 32
const NO_BLOCK: BlockSketch = { words: '', pairs: '' }
/** Endings beyond so many letters do not make another word. */
const STEM_LETTERS = 6
/** Classes of words: function words, very short ones, others, and those with a digit. */
export const WORD_CLASS = { common: 0, short: 1, plain: 2, number: 3 } as const
const HYPHEN = 0x2d

/**
 * Hashed words of the first block, of the last one, and a sample of the rest: ascending, the class in the two lowest bits, two
 * UTF-16 units each. A turn of one block has only a first one.
 */
export type QuestionSketch = { readonly first: BlockSketch; readonly last: BlockSketch; readonly middle: string }
/** `words`: all (up to a bound); `pairs`: a sample of those that follow each other, for their order. */
export type BlockSketch = { readonly words: string; readonly pairs: string }

/** Sketches questions under one seed; only sketches of one seed can be compared. */
export class QuestionReader {
  readonly #seed: number
  readonly #common: ReadonlySet<number>

  constructor(seed: number) {
    this.#seed = seed
    this.#common = commonWords(seed)
  }

  /** A turn of one or more texts. `undefined`: it has no words. */
  sketch(texts: readonly string[]): QuestionSketch | undefined {
    const { first, middle, last } = blocksOf(texts)
    const sketch = { first: this.#block(first), last: this.#block(last), middle: pack(this.#wordsOf(middle), MIDDLE_SAMPLE) }
    return sketch.first.words === '' && sketch.last.words === '' ? undefined : sketch
  }

  #block(text: string): BlockSketch {
    if (text === '') return NO_BLOCK
    const pairs: number[] = []
    const words = this.#wordsOf(text, pairs)
    return { words: pack(words, MOST_WORDS), pairs: pack(pairs, PAIR_SAMPLE) }
  }

  /** The words of a text as unsigned hashes, repeated ones, too. Scripts without spaces give pairs of characters. */
  #wordsOf(text: string, pairs?: number[]): number[] {
    const found: number[] = []
    const seed = this.#seed
    let stem = 0
    let whole = 0
    let length = 0
    let digits = false
    let before = 0
    let wordBefore = 0
    const common = this.#common
    const add = (hash: number, kind: number): void => {
      found.push(((hash & ~3) | kind) >>> 0)
      if (pairs !== undefined && wordBefore !== 0) pairs.push((scramble(Math.imul(wordBefore, 31) ^ hash) & ~3) >>> 0)
      wordBefore = hash
    }
    const endWord = (): void => {
      const isCommon = length <= LONGEST_COMMON && common.has(scramble(whole ^ seed) >>> 0)
      const kind = digits ? WORD_CLASS.number : isCommon ? WORD_CLASS.common : length <= 2 ? WORD_CLASS.short : WORD_CLASS.plain
      add(scramble((digits ? whole : stem) ^ seed), kind)
      stem = 0
      whole = 0
      length = 0
      digits = false
    }
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i)
      const kind = KINDS[code]
      if (kind === LETTER) {
        const folded = foldCase(code)
        whole = hashLetter(whole, folded)
        length += 1
        if (length <= STEM_LETTERS) stem = whole
        digits ||= isDigit(code)
        before = 0
        continue
      }
      // An apostrophe or a mark inside a word does not end it; a hyphen does.
      if (kind === DECORATION && code !== HYPHEN && length > 0) continue
      if (length > 0) endWord()
      if (kind !== WHOLE_WORD) {
        before = 0
        continue
      }
      // Hiragana alone is mostly grammar; a pair of characters is about a word.
      if (before !== 0) add(scramble(hashLetter(hashLetter(0, before), code) ^ seed), isHiragana(before) && isHiragana(code) ? WORD_CLASS.common : WORD_CLASS.plain)
      before = code
    }
    if (length > 0) endWord()
    return found
  }
}

/** Ascending and without repetitions, so that two can be compared in one walk; of too many the smallest, the same sample on both sides. */
function pack(hashes: readonly number[], most: number): string {
  if (hashes.length === 0) return ''
  const sorted = new Uint32Array(hashes).sort()
  const units: number[] = []
  let before = -1
  for (let i = 0; i < sorted.length && units.length < 2 * most; i += 1) {
    const hash = sorted[i] ?? 0
    if (hash !== before) units.push(hash >>> 16, hash & 0xffff)
    before = hash
  }
  return String.fromCharCode(...units)
}

/** The first and the last block of a turn (paragraphs, else lines) and a bounded stretch from between. */
function blocksOf(texts: readonly string[]): { readonly first: string; readonly middle: string; readonly last: string } {
  const parts = texts.map((text) => text.trim()).filter((text) => text !== '')
  const [head = ''] = parts
  const tail = parts.at(-1) ?? ''
  const separator = parts.length > 1 || head.includes('\n\n') ? '\n\n' : '\n'
  const firstEnd = head.indexOf(separator)
  const lastStart = tail.lastIndexOf(separator)
  if (parts.length <= 1 && firstEnd === -1) {
    if (head.length <= 2 * BLOCK_CHARACTERS) return { first: head, middle: '', last: '' }
    return { first: head.slice(0, BLOCK_CHARACTERS), middle: centre(head), last: head.slice(-BLOCK_CHARACTERS) }
  }
  const first = firstEnd === -1 ? head : head.slice(0, firstEnd)
  const last = tail.slice(lastStart + 1)
  const between = parts.length > 1 ? parts.slice(1, -1).join('\n') : head.slice(firstEnd, Math.max(firstEnd, lastStart))
  return { first: first.slice(0, BLOCK_CHARACTERS), middle: centre(between), last: last.slice(-BLOCK_CHARACTERS) }
}

function centre(text: string): string {
  const from = Math.max(0, Math.floor((text.length - MIDDLE_CHARACTERS) / 2))
  return text.slice(from, from + MIDDLE_CHARACTERS)
}

function isHiragana(code: number): boolean {
  return code >= 0x3040 && code <= 0x309f
}

/** UTF-16 units that a sketch takes. */
export function unitsOf({ first, last, middle }: QuestionSketch): number {
  return first.words.length + first.pairs.length + last.words.length + last.pairs.length + middle.length
}
