// An answer's text, piece by piece → what later texts can be compared with: a hash, and a short code for every word. Holds
// no text: at most the running hash of the word that a piece cut in two. The codes are salted per answer, and each stands for
// hundreds of words, so neither a guess nor the frequency of words gives them away.
import { DECORATION, foldCase, KINDS, LETTER, SPACE, WHOLE_WORD } from './characters.ts'
import { joinWords, scramble } from './hashing.ts'
import { GRAM_WORDS, SketchBuilder } from './min-sketch.ts'
import { ThoughtFilter } from './thoughts.ts'

/** Characters of one text that are read; of more, only the first so many count (some 60,000 tokens). */
export const MOST_CHARACTERS = 262_144
/** Codes kept of the beginning and of the end of a text, each. */
export const MOST_CODES = 1_024
/** Bits of a word's code: of two different words one in 4,096 pairs looks the same. */
const CODE_BITS = 12

/** What is kept of a text. */
export type TextSketch = {
  /** Of all but spaces, case and decoration (markdown, quotes, dashes): what clients change without anybody's will. */
  readonly hash: number
  readonly words: number
  /** One UTF-16 unit per word: the first and the last `MOST_CODES`. */
  readonly codes: string
}

/** `grams`: as `TextReader.grams`. */
export type ReadText = { readonly sketch: TextSketch; readonly grams: (scope: number) => string | undefined }

/** Reads one text. `seed`: the installation's; `salt`: the answer's own, needed again to compare another text with it. */
export class TextReader {
  readonly #salt: number
  readonly #seed: number
  readonly #thoughts = new ThoughtFilter()
  readonly #grams: SketchBuilder | undefined
  #characters = 0
  #a: number
  #b: number
  #word = 0
  #wordLength = 0
  #words = 0
  readonly #head: number[] = []
  #tail: Uint16Array | undefined
  /** Hashes of the words before, the last one first. */
  #first = 0
  #second = 0
  #third = 0

  constructor(seed: number, salt: number, withSketch = false) {
    this.#seed = seed
    this.#salt = salt
    this.#a = seed
    this.#b = seed ^ 0x5bd1e995
    this.#grams = withSketch ? new SketchBuilder() : undefined
  }

  /** One more piece; pieces may be cut anywhere. */
  take(piece: string): void {
    const left = MOST_CHARACTERS - this.#characters
    if (left <= 0) return
    const text = piece.length > left ? piece.slice(0, left) : piece
    this.#characters += text.length
    this.#read(this.#thoughts.pass(text))
  }

  end(): TextSketch {
    this.#read(this.#thoughts.rest())
    if (this.#wordLength > 0) this.#add(this.#word)
    this.#wordLength = 0
    return { hash: joinWords(this.#a, this.#b), words: this.#words, codes: this.#codes() }
  }

  /** Similarity sketch of the text's word sequences under a scope's number; only of a reader that was made `withSketch`, after `end`. */
  grams(scope: number): string | undefined {
    return this.#grams?.end(scope)
  }

  /** The hot loop: some 5 ns a character. State lives in locals while it runs. */
  #read(text: string): void {
    let a = this.#a
    let b = this.#b
    let word = this.#word
    let wordLength = this.#wordLength
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i)
      const kind = KINDS[code]
      if (kind === LETTER) {
        const folded = foldCase(code)
        a = Math.imul(((a << 5) | (a >>> 27)) ^ folded, 0x9e3779b1)
        b = Math.imul(((b << 7) | (b >>> 25)) ^ folded, 0x85ebca6b)
        word = Math.imul(((word << 5) | (word >>> 27)) ^ folded, 0x85ebca77)
        wordLength += 1
        continue
      }
      // An apostrophe or a hyphen inside a word is left out and no border: don't, e-mail.
      if (wordLength > 0 && !(kind === DECORATION && joins(code))) {
        this.#add(word)
        word = 0
        wordLength = 0
      }
      if (kind === SPACE || kind === DECORATION) continue
      a = Math.imul(((a << 5) | (a >>> 27)) ^ code, 0x9e3779b1)
      b = Math.imul(((b << 7) | (b >>> 25)) ^ code, 0x85ebca6b)
      if (kind === WHOLE_WORD) this.#add(code)
    }
    this.#a = a
    this.#b = b
    this.#word = word
    this.#wordLength = wordLength
  }

  #add(word: number): void {
    const hash = scramble(word ^ this.#seed)
    const code = scramble(hash ^ this.#salt) >>> (32 - CODE_BITS)
    if (this.#words < MOST_CODES) this.#head.push(code)
    else {
      this.#tail ??= new Uint16Array(MOST_CODES)
      this.#tail[this.#words % MOST_CODES] = code
    }
    this.#words += 1
    if (this.#grams === undefined) return
    // The three words before count by their place, so that the order matters.
    if (this.#words >= GRAM_WORDS) this.#grams.add(scramble(Math.imul(this.#third, 3) ^ Math.imul(this.#second, 5) ^ Math.imul(this.#first, 7) ^ hash))
    this.#third = this.#second
    this.#second = this.#first
    this.#first = hash
  }

  #codes(): string {
    const head = String.fromCharCode(...this.#head)
    if (this.#tail === undefined) return head
    const kept = Math.min(this.#words - MOST_CODES, MOST_CODES)
    const from = this.#words - kept
    return head + String.fromCharCode(...Array.from({ length: kept }, (_, index) => this.#tail?.[(from + index) % MOST_CODES] ?? 0))
  }
}

/** Whether a decorating character between two letters leaves them one word. */
function joins(code: number): boolean {
  return code === 0x27 || code === 0x2d || code === 0x2019 || code === 0x2010
}

/** The sketch of a whole text. */
export function sketchText(text: Iterable<string>, seed: number, salt: number): TextSketch {
  return readText(text, seed, salt).sketch
}

/** A whole text's sketch and, where asked for, how to get the sketch of its word sequences. */
export function readText(text: Iterable<string>, seed: number, salt: number, withSketch = false): ReadText {
  const reader = new TextReader(seed, salt, withSketch)
  for (const piece of text) reader.take(piece)
  return { sketch: reader.end(), grams: (scope) => reader.grams(scope) }
}
