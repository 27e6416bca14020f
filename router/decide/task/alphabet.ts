// What counts as a word, in every script, and which spellings are the same: the tables that phrases and texts are both read
// with. Comes in: nothing. Goes out: tables over UTF-16 units, made once per compiled rule set. No text is kept.

/** `kinds`: what a unit is. `folds`: the unit it is compared as, 0 for none (marks). `longer`: the few that fold to several units. */
export type Alphabet = { readonly kinds: Uint8Array; readonly folds: Uint16Array; readonly longer: ReadonlyMap<number, string> }

/** A unit between words. */
export const GAP = 0
/** A unit inside a word. */
export const INSIDE = 1
/** A unit that is a word by itself: scripts written without spaces, and Hangul, whose particles are glued to the word. */
export const ALONE = 2

const UNITS = 65_536
const BLOCK = 128
// Underscore belongs to a word, as in identifiers.
const IN_WORDS = /[\p{L}\p{M}\p{N}_]+/gu
const BY_ITSELF = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]+/gu
// Accents, Hebrew points and Arabic vowel signs: people leave them out, so they never tell words apart. Voicing marks of kana do.
const MARKS = /[[\p{Mn}&&[\p{sc=Zinh}\p{sc=Hebr}\p{sc=Arab}]]--[\u3099\u309a]]|\u0640/gv
const NOT_IN_WORDS = /[^\p{L}\p{M}\p{N}_]+/gu
// Soft hyphen, joiners and the emoji variation selector: invisible inside a word.
const INVISIBLE = [0x00ad, 0x200c, 0x200d, 0x2060, 0xfe0f, 0xfeff] as const

/** Makes the tables; some milliseconds of work, for when rules are loaded. */
export function makeAlphabet(): Alphabet {
  const kinds = new Uint8Array(UNITS)
  const folds = Uint16Array.from({ length: UNITS }, (_, unit) => unit)
  const longer = new Map<number, string>()
  const units = new TextDecoder('utf-16le').decode(folds.map((unit) => (isSurrogate(unit) || unit === 0xfeff ? 0x20 : unit)))
  for (const run of units.matchAll(IN_WORDS)) kinds.fill(INSIDE, run.index, run.index + run[0].length)
  for (const run of units.matchAll(BY_ITSELF)) {
    // Script extensions include punctuation such as the ideographic full stop, which is between words like any other.
    for (let unit = run.index; unit < run.index + run[0].length; unit += 1) if (kinds[unit] === INSIDE) kinds[unit] = ALONE
  }
  for (let first = 0; first < UNITS; first += BLOCK) {
    const block = units.slice(first, first + BLOCK)
    // Most blocks have neither case nor variants nor marks, and fold to themselves.
    if (block.search(MARKS) === -1 && block.normalize('NFKD') === block && block.toUpperCase() === block && block.toLowerCase() === block) continue
    for (let unit = first; unit < first + BLOCK; unit += 1) {
      if (kinds[unit] === GAP || isHangulSyllable(unit)) continue
      const folded = foldOne(String.fromCharCode(unit))
      folds[unit] = folded.length === 1 ? folded.charCodeAt(0) : 0
      // A mark is part of the word before it, also one that scripts without spaces share.
      if (folded === '') kinds[unit] = INSIDE
      if (folded.length > 1) longer.set(unit, folded)
    }
  }
  // Letters beyond the first plane are pairs of units; pairs that stand for a pictograph are between words.
  for (let unit = 0xd800; unit <= 0xdfff; unit += 1) kinds[unit] = beginsPictograph(unit) ? GAP : INSIDE
  for (const unit of INVISIBLE) {
    kinds[unit] = INSIDE
    folds[unit] = 0
  }
  return { kinds, folds, longer }
}

/** A lone unit in the form it is compared in: no marks, no width or ligature variants, one case (ß as ss). */
function foldOne(letter: string): string {
  const plain = bare(letter)
  return bare(plain.toUpperCase().toLowerCase()).replaceAll(NOT_IN_WORDS, '')
}

function bare(letters: string): string {
  return letters.normalize('NFKD').replaceAll(MARKS, '').normalize('NFC')
}

/** Whether a unit is the first of a pair that stands for an emoji or another pictograph. */
export function beginsPictograph(unit: number): boolean {
  return unit >= 0xd83c && unit <= 0xd83e
}

/** They decompose, but into themselves again. */
function isHangulSyllable(unit: number): boolean {
  return unit >= 0xac00 && unit <= 0xd7a3
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
