// A user's text → what can be seen of it without knowing its words: code, identifiers, error names, file names, years, proper
// names, questions. One pass over at most some thousand units; linear for any input. Pure.
import { TRAIT, traitsOf } from './signs.ts'

export type TextShape = {
  /** ``` somewhere. */
  readonly fenced: boolean
  /** Signs that code is full of and prose has hardly any of (braces, semicolons, angle brackets), per unit of text. */
  readonly symbols: number
  /** Signs of code that formulas and asides have too (round and square brackets, equals, plus, star), per unit of text. */
  readonly softSymbols: number
  /** Lines that begin with two spaces or a tab, or end as lines of code do. */
  readonly codeLines: number
  readonly lines: number
  /** Words such as camelCase, snake_case, `quoted` or called(. */
  readonly identifiers: number
  /** Words such as KeyError or NullPointerException. */
  readonly errorNames: number
  /** Names of source files, by their endings. */
  readonly codeFiles: number
  /** Numbers from 1000 to 2099. */
  readonly years: number
  /** Numbers that are no years. */
  readonly numbers: number
  /** Capitalised words inside a sentence; always 0 in scripts without capitals. */
  readonly names: number
  /** Pairs of them, as full names and titles are; German nouns seldom stand so. */
  readonly fullNames: number
  /** Texts in quotes of at most some words: titles, mostly. */
  readonly quotes: number
  /** Whether some sentence ends with a question mark. */
  readonly question: boolean
}

const CODE_ENDINGS: ReadonlySet<string> = new Set('c cc cpp cs css go h hpp html java js json jsx kt lua m mjs php pl py r rb rs scala sh sql swift tf toml ts tsx vue yaml yml zig'.split(' '))
const { word: WORD, lower: LOWER, upper: UPPER, digit: DIGIT, code: CODE, soft: SOFT, quote: QUOTE, question: QUESTION, joining: JOINING, underscore: UNDERSCORE } = TRAIT
const LONGEST_ENDING = 5
const LONGEST_QUOTE = 60
const NEWLINE = 0x0a
const SPACE = 0x20
const TAB = 0x09
const DOT = 0x2e
const BACKTICK = 0x60
const ROUND = 0x28
const CLOSE_ROUND = 0x29
const CLOSE_SQUARE = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const COMMA = 0x2c
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const GREATER = 0x3e

/** Looks at a text that `capText` has capped. */
export function textShape(text: string): TextShape {
  let symbols = 0
  let softSymbols = 0
  let codeLines = 0
  let lines = 1
  let identifiers = 0
  let errorNames = 0
  let codeFiles = 0
  let years = 0
  let numbers = 0
  let names = 0
  let fullNames = 0
  let quotes = 0
  let question = false
  let sentenceStarts = true
  let lineIsCode = startsAsCode(text, 0)
  let quoteAt = -1
  let nameEnd = -1
  for (let at = 0; at < text.length; ) {
    const first = text.charCodeAt(at)
    const firstTraits = traitsOf(first)
    if ((firstTraits & WORD) === 0) {
      if ((firstTraits & JOINING) === 0) {
        sentenceStarts = true
        if (first === NEWLINE) {
          if (lineIsCode || endsAsCode(text, at)) codeLines += 1
          lines += 1
          lineIsCode = startsAsCode(text, at + 1)
        } else if (firstTraits === CODE) symbols += 1
        else if (firstTraits === SOFT) softSymbols += 1
        else if (firstTraits === QUESTION) question = true
        else if (firstTraits === QUOTE) {
          const length = at - quoteAt
          if (quoteAt >= 0 && length > 2 && length <= LONGEST_QUOTE) {
            quotes += 1
            quoteAt = -1
          } else quoteAt = at
        }
      }
      at += 1
      continue
    }
    const start = at
    // What the word has anywhere, and in its last unit.
    let seen = firstTraits
    let last = firstTraits
    let inner = 0
    let camel = false
    for (at += 1; at < text.length; at += 1) {
      const traits = traitsOf(text.charCodeAt(at))
      if ((traits & WORD) === 0) break
      // fooBar; neither McAdam nor iPhone.
      if ((traits & UPPER) !== 0 && (last & LOWER) !== 0 && at - start > 1 && (firstTraits & LOWER) !== 0) camel = true
      if (at - start > 1) inner |= last
      seen |= traits
      last = traits
    }
    const length = at - start
    if (seen === (WORD | DIGIT)) {
      if (length === 4 && (first === 0x31 || (first === 0x32 && text.charCodeAt(start + 1) === 0x30))) years += 1
      else numbers += 1
      sentenceStarts = false
      continue
    }
    const behind = text.charCodeAt(start - 1)
    const ahead = text.charCodeAt(at)
    const snake = (inner & UNDERSCORE) !== 0 && (seen & (LOWER | UPPER)) !== 0
    if (camel || snake || (ahead === ROUND && length > 1 && !sentenceStarts) || (behind === BACKTICK && ahead === BACKTICK)) identifiers += 1
    if ((seen & UPPER) !== 0 && length > 5 && (text.startsWith('Error', at - 5) || (length > 9 && text.startsWith('Exception', at - 9)))) errorNames += 1
    if (behind === DOT && length <= LONGEST_ENDING && (traitsOf(text.charCodeAt(start - 2)) & WORD) !== 0 && CODE_ENDINGS.has(text.slice(start, at).toLowerCase())) codeFiles += 1
    if (!sentenceStarts && length > 1 && (firstTraits & UPPER) !== 0 && (last & LOWER) !== 0) {
      names += 1
      if (nameEnd === start - 1) fullNames += 1
      nameEnd = at
    }
    sentenceStarts = false
  }
  if (lineIsCode || endsAsCode(text, text.length)) codeLines += 1
  const units = Math.max(1, text.length)
  return { fenced: text.includes('```'), symbols: symbols / units, softSymbols: softSymbols / units, codeLines, lines, identifiers, errorNames, codeFiles, years, numbers, names, fullNames, quotes, question }
}

function startsAsCode(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit === TAB || (unit === SPACE && text.charCodeAt(at + 1) === SPACE)
}

/** Whether the line that ends before `end` ends in a semicolon, a brace, a closing bracket with a comma, or an arrow. */
function endsAsCode(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1)
  if (last === SEMICOLON || last === OPEN_BRACE || last === CLOSE_BRACE) return true
  if (last !== COMMA && last !== GREATER) return false
  const before = text.charCodeAt(end - 2)
  return last === COMMA ? before === CLOSE_ROUND || before === CLOSE_SQUARE : before === EQUALS
}
