// The operator's instructions as sketches. Few are in use at a time, so each is sketched once and then found by its hash.
import { isDigit } from './characters.ts'
import { digest } from './hashing.ts'
import type { QuestionReader } from './question-sketch.ts'
import type { SystemSketch } from './remembered-call.ts'

const MOST_KEPT = 256
/** Characters compared at each end: where a person is named, and where a date is put. */
const END_CHARACTERS = 400
const NO_SYSTEM: SystemSketch = { whole: 0, words: undefined }

export class SystemSketches {
  readonly #questions: QuestionReader
  readonly #kept = new Map<number, SystemSketch>()

  constructor(questions: QuestionReader) {
    this.#questions = questions
  }

  sketch(texts: readonly string[]): SystemSketch {
    if (texts.length === 0) return NO_SYSTEM
    const text = texts.join('\n')
    const whole = digest(text)
    const known = this.#kept.get(whole)
    if (known !== undefined) return known
    const ends = text.length <= 2 * END_CHARACTERS ? text : text.slice(0, END_CHARACTERS) + text.slice(-END_CHARACTERS)
    const made = { whole, words: this.#questions.sketch([withoutNumbers(ends)]) }
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear()
    this.#kept.set(whole, made)
    return made
  }
}

/** Numbers are dates and times; without them and without lines the words are left. No pattern is used: the engine would keep the last text that it matched. */
function withoutNumbers(text: string): string {
  let words = ''
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    words += isDigit(code) || code === 10 ? ' ' : text.charAt(i)
  }
  return words
}
