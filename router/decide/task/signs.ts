// What single UTF-16 units are to `textShape`: letters, digits, capitals, and the signs that tell code, quotes and questions from
// prose. One table for the scripts that have capitals, one rule for all others.

/** Bits of a unit's traits. A unit without `word` stands between words and has at most one of the signs. */
export const TRAIT = { word: 1, lower: 2, upper: 4, digit: 8, code: 16, soft: 32, quote: 64, question: 128, joining: 256, underscore: 512 } as const

const CODE_SIGNS = '{};<>|&$@\\#'
const SOFT_SIGNS = '()=[]*+^/'
const QUOTES = '"“”„«»「」『』《》'
const QUESTIONS = '?？؟'
/** Signs after which the sentence goes on. */
const JOINING = " ,-'’–"

/** Latin, Greek, Cyrillic. */
const TABLED = 0x530
const TABLE = Uint16Array.from({ length: TABLED }, (_, unit) => slowTraits(unit))

/** The traits of a unit; 0 for NaN. */
export function traitsOf(unit: number): number {
  return unit < TABLED ? (TABLE[unit] ?? 0) : slowTraits(unit)
}

function slowTraits(unit: number): number {
  if (unit >= 0x3040 && unit < 0xff00) return TRAIT.word
  const sign = String.fromCharCode(unit)
  if (CODE_SIGNS.includes(sign)) return TRAIT.code
  if (SOFT_SIGNS.includes(sign)) return TRAIT.soft
  if (QUOTES.includes(sign)) return TRAIT.quote
  if (QUESTIONS.includes(sign)) return TRAIT.question
  if (JOINING.includes(sign)) return TRAIT.joining
  if (!isWordUnit(unit)) return 0
  if (unit >= 0x30 && unit <= 0x39) return TRAIT.word | TRAIT.digit
  if (unit >= TABLED) return TRAIT.word
  if (sign === '_') return TRAIT.word | TRAIT.underscore
  return TRAIT.word | (sign === sign.toLowerCase() ? 0 : TRAIT.upper) | (sign === sign.toUpperCase() ? 0 : TRAIT.lower)
}

/** ASCII letters, digits and underscore, and all beyond Latin-1's signs but general, ideographic and wide punctuation. */
function isWordUnit(unit: number): boolean {
  if (unit < 0x80) return /\w/.test(String.fromCharCode(unit))
  if (unit < 0x2000) return unit >= 0xc0 && unit !== 0xd7 && unit !== 0xf7 && unit !== 0x60c
  return unit > 0x2bff && !(unit >= 0x3000 && unit <= 0x303f) && !(unit >= 0xff00 && unit <= 0xff0f)
}
