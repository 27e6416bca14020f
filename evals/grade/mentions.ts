// Where an answer mentions something of its key's kind, and how well each mention agrees with the key. Comes in: a probe
// and plain text. Goes out: mentions in order of place. It must not decide whether a mention is asserted.
import type { AnswerableProbe } from './grade.ts'
import { findDates, findNumbers, normaliseText, type FoundNumber } from './normalise.ts'
import { convert, isConvertible } from './units.ts'

/** How well one mention agrees with the key; `start`/`end` are its place in the text it was looked for in. */
export type Mention = { agreement: 'full' | 'part' | 'none'; start: number; end: number }

/** Every mention of something of the key's kind, with how it agrees with the key. The question's own figures are no mentions. */
export function findMentions(probe: AnswerableProbe, text: string): Mention[] {
  const keys = [probe.answer, ...(probe.aliases ?? [])]
  const spelled = keys.flatMap((key) => findWords(text, key))
  if (probe.answer_type === 'number') return numberMentions(probe, keys, text, spelled)
  if (probe.answer_type === 'date') {
    // Keys that are no plain year count as spelled too: "New Year's Day 1801" is a date only to a reader, and so is a bare "897".
    const named = keys.filter((key) => /[a-z]/i.test(key) || /^\d{1,3}$/.test(key)).flatMap((key) => findWords(text, key))
    const others = dateMentions(probe, keys, text).filter((date) => !named.some((mention) => date.start < mention.end && date.end > mention.start))
    return [...named, ...others].toSorted((a, b) => a.start - b.start)
  }
  if (spelled.length > 0) return [...spelled, ...figureRivals(probe, text, spelled)].toSorted((a, b) => a.start - b.start)
  return probe.answer_type === 'name' ? nameMentions(probe, keys, text) : textMentions(probe, text)
}

function numberMentions(probe: AnswerableProbe, keys: readonly string[], text: string, spelled: readonly Mention[]): Mention[] {
  const unit = probe.unit?.toLowerCase()
  const targets = keys.flatMap((key) => targetOf(key, unit))
  const asked = new Set(findNumbers(probe.question).map((number) => number.value))
  const all = findNumbers(text)
  const read = all
    .filter((number) => targets.some((target) => agrees(number.value, target, 0)) || !asked.has(number.value))
    .map((number): Mention => {
      const inUnit = unit === undefined ? number.value : convert(number.value, number.unit, unit)
      const isKey = targets.some((target) => agrees(inUnit, target, probe.tolerance ?? (inUnit === number.value ? 0 : CONVERSION_TOLERANCE)))
      return { agreement: isKey ? 'full' : 'none', start: number.start, end: number.end }
    })
  const overlap = (a: Mention, b: Mention): boolean => a.start < b.end && a.end > b.start
  // A figure's spelling is not its value: 4 spells -4, and 2228 feet spell 2228 m. Only a longer spelling ("10^27", "IV") outweighs a reading.
  const outweighs = (word: Mention, number: Mention): boolean => number.agreement === 'full' || word.end - word.start > number.end - number.start
  const words = [...spelled.filter((word) => read.every((number) => !overlap(word, number) || outweighs(word, number))), ...keys.flatMap((key) => inOrder(key, all))]
  return [...words, ...read.filter((number) => !words.some((word) => overlap(word, number)))].toSorted((a, b) => a.start - b.start)
}

/**
 * The value that a key of one figure stands for, in the probe's unit if it has one. A key of several figures ("10^27", "5:45"), or in a
 * unit that does not convert to the probe's, stands for none.
 */
function targetOf(key: string, unit: string | undefined): number[] {
  const [number, second] = findNumbers(key)
  if (number === undefined || second !== undefined || /^[\p{No}^]/u.test(key.slice(number.end))) return []
  const rest = key.slice(number.end).trim().replace(/\.$/, '').toLowerCase()
  if (unit === undefined || rest === '' || rest === unit) return [number.value]
  return isConvertible(number.unit, unit) && rest === number.unit ? [convert(number.value, number.unit, unit)] : []
}

/** Where the figures of a key that has several follow one another: "60 minutes and 52 seconds" for 60:52. */
function inOrder(key: string, found: readonly FoundNumber[]): Mention[] {
  const figures = findNumbers(key)
  if (figures.length < 2) return []
  return found.flatMap((first, at): Mention[] => {
    const met = figures.every((figure, offset) => agrees(found[at + offset]?.value ?? NaN, figure.value, 0))
    return met ? [{ agreement: 'full', start: first.start, end: found[at + figures.length - 1]?.end ?? first.end }] : []
  })
}

/** Half a per cent: what rounding in another unit may cost where the probe states no tolerance. */
const CONVERSION_TOLERANCE = 0.005

const agrees = (value: number, target: number, tolerance: number): boolean => Math.abs(value - target) <= Math.max(tolerance, 1e-12) * Math.abs(target)

function dateMentions(probe: AnswerableProbe, keys: readonly string[], text: string): Mention[] {
  const targets = keys.flatMap((key) => findDates(/^\d{1,3}$/.test(key.trim()) ? `year ${key.trim()}` : key).slice(0, 1))
  const asked = findDates(probe.question)
  return findDates(text).flatMap((date): Mention[] => {
    const place = { start: date.start, end: date.end }
    const readings = date.isDayFirstGuess ? [date, { ...date, month: date.day, day: date.month }] : [date]
    for (const [target, reading] of targets.flatMap((key) => readings.map((read) => [key, read] as const))) {
      const said = (['year', 'month', 'day'] as const).filter((part) => target[part] !== undefined)
      const clash = said.some((part) => reading[part] !== undefined && reading[part] !== target[part])
      const missing = said.filter((part) => reading[part] === undefined)
      const isAsked = (part: 'year' | 'month' | 'day'): boolean => asked.some((other) => other[part] === target[part])
      if (!clash && missing.every(isAsked)) return [{ agreement: 'full', ...place }]
      if (!clash && reading.year === target.year && said.length > 1) return [{ agreement: 'part', ...place }]
    }
    if (asked.some((other) => other.year === date.year && other.month === date.month && other.day === date.day)) return []
    return [{ agreement: 'none', ...place }]
  })
}

/** Stands for a capital A that is a letter ("hexosaminidase A", "in A minor") and no article; one character, as long as what it replaces. */
const LETTER_A = '\u1d00'

/** Where a key's words stand in a text, compared without case, accents, punctuation and articles. */
function findWords(text: string, key: string): Mention[] {
  const wanted = normaliseText(key.replace(/(?<=\S\s)A(?=\s|$)|^A(?=\s\p{Ll})/gu, LETTER_A)).split(' ').filter(Boolean)
  if (wanted.length === 0) return []
  const tokens = tokenise(text.replace(/(?<![\p{L}\p{N}])A(?![\p{L}\p{N}'])/gu, LETTER_A))
  return tokens.flatMap((token, from): Mention[] => {
    if (token.word !== wanted[0]) return []
    let at = from
    for (const word of wanted) {
      // "George A. Romero" says George Romero.
      while (tokens[at]?.word === LETTER_A && word !== LETTER_A) at += 1
      if (tokens[at]?.word !== word) return []
      at += 1
    }
    return [{ agreement: 'full', start: token.start, end: tokens[at - 1]?.end ?? token.end }]
  })
}

function tokenise(text: string): { word: string; start: number; end: number }[] {
  return [...text.matchAll(/\p{L}*\d+(?:[.,]\d+)+|[\p{L}\p{N}\p{M}'’ʻ]+/gu)].flatMap((match) => {
    const start = match.index
    const end = start + match[0].length
    return normaliseText(match[0]).split(' ').filter(Boolean).map((word) => ({ word, start, end }))
  })
}

/** A text key that is a bare figure (a version): other figures are rivals. */
function figureRivals(probe: AnswerableProbe, text: string, spelled: readonly Mention[]): Mention[] {
  if (!/^\D{0,12}[\d.]+$/.test(probe.answer)) return []
  const asked = new Set(findNumbers(probe.question).map((number) => number.value))
  return findNumbers(text)
    .filter((number) => !asked.has(number.value) && !spelled.some((mention) => number.start < mention.end && number.end > mention.start))
    .map((number) => ({ agreement: 'none', start: number.start, end: number.end }))
}

const NAME_PARTICLES = new Set('de da di von van der den la le el al of and y jr sr ii iii iv sir dr saint st king queen'.split(' '))
/** What kind of place it is does not tell which: one strait is no more like another than like a river. */
const PLACE_KINDS = new Set('strait straits channel sea bay gulf lake river mount mountain island islands isle cape'.split(' '))

/** A person or place by part of its name: first and last word together (middle names dropped) is full, last alone is part. */
function nameMentions(probe: AnswerableProbe, keys: readonly string[], text: string): Mention[] {
  const asked = new Set(normaliseText(probe.question).split(' '))
  const tokens = tokenise(text)
  for (const key of keys) {
    const telling = normaliseText(key).split(' ').filter((word) => word.length > 1 && !NAME_PARTICLES.has(word) && !PLACE_KINDS.has(word) && !asked.has(word))
    const last = telling.at(-1)
    const first = telling[0]
    if (last === undefined || first === undefined || telling.length < 2) continue
    for (let at = 0; at < tokens.length; at += 1) {
      if (!isSameName(tokens[at]?.word ?? '', last)) continue
      const window = tokens.slice(Math.max(0, at - 5), at + 4)
      const met = telling.filter((word) => window.some((token) => isSameName(token.word, word))).length
      const start = tokens[at]?.start ?? 0
      const end = tokens[at]?.end ?? 0
      const hasFirst = window.some((token) => isSameName(token.word, first))
      if (hasFirst && met >= Math.min(telling.length, 2)) return [{ agreement: 'full', start, end }]
      // "Shah Alam" is no Bahadur Shah, and Guinea-Bissau is no Equatorial Guinea.
      const next = tokens[at + 1]
      const goesOn = next !== undefined && /^[ -]$/.test(text.slice(end, next.start)) && /^\p{Lu}/u.test(text.slice(next.start)) && !telling.some((word) => isSameName(next.word, word))
      if (goesOn) continue
      const initial = tokens[at - 1]?.word
      const standsAlone = initial === undefined || !/^\p{Lu}/u.test(text.slice(tokens[at - 1]?.start ?? 0)) || initial === first.slice(0, 1)
      return [{ agreement: standsAlone ? 'full' : 'part', start, end }]
    }
  }
  return textMentions(probe, text)
}

/** Equal, or one letter apart in a word of eight or more: Barnard and Bernard are two people. */
function isSameName(said: string, wanted: string): boolean {
  if (said === wanted) return true
  if (wanted.length < 8 || Math.abs(said.length - wanted.length) > 1) return false
  let at = 0
  while (at < said.length && said[at] === wanted[at]) at += 1
  const [a, b] = [said.slice(at), wanted.slice(at)]
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1)
}

/** Most of a longer key's telling words in one place agree in part. */
function textMentions(probe: AnswerableProbe, text: string): Mention[] {
  const asked = new Set(normaliseText(probe.question).split(' '))
  const telling = normaliseText(probe.answer).split(' ').filter((word) => word.length > 2 && !asked.has(word) && !NAME_PARTICLES.has(word))
  if (telling.length < 3) return []
  const places = tokenise(text).filter((token) => telling.some((word) => isSameName(token.word, word)))
  const met = telling.filter((word) => places.some((token) => isSameName(token.word, word))).length
  const first = places[0]
  const last = places.at(-1)
  if (first === undefined || last === undefined || met / telling.length < 0.6 || last.end - first.start > 120) return []
  return [{ agreement: met === telling.length ? 'full' : 'part', start: first.start, end: last.end }]
}
