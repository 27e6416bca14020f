// What each character counts for when texts are compared: nothing, decoration, punctuation, a letter, a word of its own. Tables,
// because every character of every answer is looked up. Pure.

export const SPACE = 0
/** Markdown, quotes and dashes: what programs change on the way without meaning anything by it. */
export const DECORATION = 1
export const PUNCTUATION = 2
export const LETTER = 3
/** Scripts without spaces between words: every character stands alone. A surrogate, too, which splits an emoji alike on both sides. */
export const WHOLE_WORD = 4

/** The kind of every UTF-16 unit. */
export const KINDS: Uint8Array = kinds()

/** Units from here on have no case that is taken away. */
const FOLDED_BELOW = 0x430
const FOLDED: Uint16Array = Uint16Array.from({ length: FOLDED_BELOW }, (_, code) => folded(code))

/** A unit with its case taken away: ASCII, Latin-1, Greek and Cyrillic; others stay as they are. */
export function foldCase(code: number): number {
  return code < FOLDED_BELOW ? (FOLDED[code] ?? code) : code
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function kinds(): Uint8Array {
  const table = new Uint8Array(65_536).fill(LETTER)
  const set = (kind: number, ...ranges: readonly (readonly [number, number])[]): void => {
    for (const [from, to] of ranges) table.fill(kind, from, to + 1)
  }
  set(PUNCTUATION, [0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e], [0xa1, 0xbf], [0x2010, 0x2027], [0x2030, 0x205e], [0x2070, 0x2bff], [0x3001, 0x303f], [0xff00, 0xff0f], [0xff1a, 0xff20], [0xff5b, 0xffef])
  set(LETTER, [0xaa, 0xaa], [0xb5, 0xb5], [0xba, 0xba])
  set(SPACE, [0, 0x20], [0x7f, 0xa0], [0xad, 0xad], [0x2000, 0x200f], [0x2028, 0x202f], [0x205f, 0x206f], [0x3000, 0x3000], [0xfe00, 0xfe0f], [0xfeff, 0xfeff])
  for (const character of '*_#`~>|"\'-«»´‐‑‒–—―‘’‚‛“”„‟•…') table[character.charCodeAt(0)] = DECORATION
  // Thai and Lao, kana, ideographs, Hangul, surrogates.
  set(WHOLE_WORD, [0x0e00, 0x0eff], [0x3040, 0x30ff], [0x3400, 0x9fff], [0xac00, 0xdfff], [0xf900, 0xfaff])
  return table
}

function folded(code: number): number {
  const isCapital = (code >= 65 && code <= 90) || (code >= 0xc0 && code <= 0xde && code !== 0xd7) || (code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f)
  if (isCapital) return code + 32
  return code >= 0x400 && code <= 0x40f ? code + 80 : code
}
