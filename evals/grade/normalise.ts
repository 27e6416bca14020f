// Answers brought to one spelling. Comes in: text as people and models write it. Goes out: comparable words, numbers and
// dates with their places. It must not decide what is right.

/** Lower case without accents, punctuation or articles (the `a` of `A00` is none); words separated by one blank. */
export function normaliseText(text: string): string {
  return text
    .replace(/[øØ]/g, 'o')
    .replace(/[łŁ]/g, 'l')
    .replace(/[đĐ]/g, 'd')
    .replace(/ß/g, 'ss')
    .replace(/[æÆ]/g, 'ae')
    .replace(/[œŒ]/g, 'oe')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/['’ʻʼ`´]/g, '')
    .replace(/&/g, ' and ')
    .replace(/(?<!\p{L})a(?=\d)|(\p{L})(?=\d)|(\d)(?=\p{L})/gu, (whole, letter?: string, digit?: string) => (letter === undefined && digit === undefined ? whole : `${whole} `))
    .replace(/(\d)[.,](?=\d)/g, '$1.')
    .replace(/[^\p{L}\p{N}.]+|\.(?!\d)|(?<!\d)\./gu, ' ')
    .replace(/\b(?:the|an|a)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** A number with its place in the text it was read from; `unit` is the word or sign after it, lower-case. */
export type FoundNumber = { value: number; start: number; end: number; unit: string }

const ONES = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ')
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const ORDINALS = 'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(' ')
const SCALES: Readonly<Record<string, number>> = { hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12 }
const SMALL = new Map<string, number>([
  ...ONES.map((word, at): [string, number] => [word, at]),
  ...TENS.map((word, at): [string, number] => [word, 20 + 10 * at]),
  ...ORDINALS.map((word, at): [string, number] => [word, at]),
  ['twentieth', 20],
  ['thirtieth', 30],
])
const NUMBER_WORD = [...SMALL.keys(), ...Object.keys(SCALES)].toSorted((a, b) => b.length - a.length).join('|')
const WORD_NUMBER = new RegExp(`\\b(?:a |an )?(?:${NUMBER_WORD})(?:(?:[ -]|[ -]and[ -])(?:${NUMBER_WORD}))*\\b`, 'gi')
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'
const DIGITS = /(?<![\w.,])[-−]?(?:\d{1,3}(?:[,\u00a0\u202f '’]\d{3})+(?!\d)(?:\.\d+|(?<=[\u00a0\u202f ]\d{3}),\d+)?|\d{1,3}(?:\.\d{3}){2,}|\d+(?:[.,]\d+)?)(?:\s?[×x*·]\s?10\s?(?:\^\s?\{?([-−+]?\d+)\}?|([⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))|[eE]([-+]?\d{1,3})\b)?/g
const SCALE_AFTER = /^[\s-]?(hundred|thousand|million|billion|trillion|bn|mn|m(?=\b(?!\/))|k|crore|lakh)\b/i
const SHORT_SCALES: Readonly<Record<string, number>> = { bn: 1e9, mn: 1e6, k: 1e3, crore: 1e7, lakh: 1e5 }

/** Every number in a text, digits or English words, in order of place. Dates are not told apart from numbers here. */
export function findNumbers(text: string): FoundNumber[] {
  const found: FoundNumber[] = []
  for (const match of text.matchAll(DIGITS)) {
    const exponent = match[1] ?? superscript(match[2]) ?? match[3]
    const mantissa = match[0].replace(/\s?[×x*·]\s?10[\s\S]*$|[eE][-+]?\d+$/, '')
    let value = parseDigits(mantissa)
    if (exponent !== undefined) value = Number(`${value}e${exponent.replace('−', '-')}`)
    let end = match.index + match[0].length
    const scale = SCALE_AFTER.exec(text.slice(end, end + 12))
    // "273.16 K" is a temperature; "5K" and "5 k" are thousands.
    const word = scale?.[0] === ' K' ? undefined : scale?.[1]?.toLowerCase()
    const factor = word === undefined ? undefined : (SCALES[word] ?? SHORT_SCALES[word])
    if (scale !== null && factor !== undefined) {
      value *= factor
      end += scale[0].length
    }
    if (Number.isFinite(value)) found.push({ value, start: match.index, end, unit: unitAfter(text, end) })
  }
  for (const match of text.matchAll(WORD_NUMBER)) {
    const start = match.index
    const end = start + match[0].length
    if (found.some((other) => start < other.end && end > other.start)) continue
    found.push({ value: parseNumberWords(match[0]), start, end, unit: unitAfter(text, end) })
  }
  return found.toSorted((a, b) => a.start - b.start)
}

function superscript(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  return [...text].map((char) => (char === '⁻' ? '-' : String(SUPERSCRIPTS.indexOf(char)))).join('')
}

/** `14 857,33`, `1,916,432`, `9.80665`: a lone comma before other than three digits is a decimal comma. */
function parseDigits(text: string): number {
  const sign = /^[-−]/.test(text) ? -1 : 1
  let bare = text.replace(/^[-−]/, '').replace(/[\u00a0\u202f '’]/g, '')
  if (/^\d{1,3}(?:\.\d{3}){2,}$/.test(bare)) bare = bare.replaceAll('.', '')
  else if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(bare)) bare = bare.replaceAll(',', '')
  else bare = bare.replace(',', '.')
  return sign * Number(bare)
}

/** `two hundred and forty-seven` → 247; `nineteen forty-eight` → 1948. */
function parseNumberWords(text: string): number {
  let total = 0
  let group = 0
  for (const word of text.toLowerCase().split(/[ -]+/)) {
    const scale = SCALES[word]
    const small = SMALL.get(word)
    if (scale === 100) group = Math.max(1, group) * 100
    else if (scale !== undefined) {
      total += Math.max(1, group) * scale
      group = 0
    } else if (small !== undefined) {
      const joinsAsYear = group >= 10 && group < 100 && small >= 10 && !(group % 10 === 0 && small < 10)
      group = joinsAsYear ? group * 100 + small : group + small
    }
  }
  return total + group
}

const unitAfter = (text: string, end: number): string => /^\s?-?(°\s?[cfk]\b|%|[\p{L}µ]+(?:\/[\p{L}]+)?[²³]?)/iu.exec(text.slice(end, end + 24))?.[1]?.toLowerCase() ?? ''

/** A date as far as it was given; month and day are 1-based, undefined when not said. `isDayFirstGuess` marks `4/7/1999`. */
export type FoundDate = { year: number | undefined; month: number | undefined; day: number | undefined; isDayFirstGuess: boolean; start: number; end: number }

const MONTHS = 'january february march april may june july august september october november december'.split(' ')
const MONTH = '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?'
const DAY = '(\\d{1,2})(?:st|nd|rd|th)?'
const YEAR = '(\\d{3,4})(?!\\d)'
const DATE_SHAPES: readonly { pattern: RegExp; order: readonly ('y' | 'm' | 'd')[] }[] = [
  { pattern: /\b(\d{4})-(\d{2})-(\d{2})\b/g, order: ['y', 'm', 'd'] },
  { pattern: new RegExp(`\\b${DAY}(?: of)? ${MONTH},? (?:of )?(?:the year )?${YEAR}`, 'gi'), order: ['d', 'm', 'y'] },
  { pattern: new RegExp(`\\b${MONTH} (?:the )?${DAY}(?:, ?| )(?:of |in )?${YEAR}`, 'gi'), order: ['m', 'd', 'y'] },
  { pattern: new RegExp(`\\b${MONTH},? (?:of )?${YEAR}`, 'gi'), order: ['m', 'y'] },
  { pattern: new RegExp(`\\b${DAY}(?: of)? ${MONTH}(?![a-z])`, 'gi'), order: ['d', 'm'] },
  { pattern: new RegExp(`\\b${MONTH} ${DAY}(?!\\d)`, 'gi'), order: ['m', 'd'] },
  { pattern: /\b(\d{1,2})[./] ?(\d{1,2})[./] ?(\d{4})\b/g, order: ['d', 'm', 'y'] },
  { pattern: /(?<![\d.,$€£-])(\d{4})(?![\d,.]*\d|\s?(?:km|m|ft|kg|%))(?!s\b)/g, order: ['y'] },
  { pattern: /(?<=\b(?:year|ad|ce|in|around|circa)\s)(\d{3})(?!\d)/gi, order: ['y'] },
]

/** Every date in a text, fullest reading first where readings overlap; `4/7/1999` reads day first unless only month first is possible. */
export function findDates(text: string): FoundDate[] {
  const found: FoundDate[] = []
  for (const { pattern, order } of DATE_SHAPES) {
    for (const match of text.matchAll(pattern)) {
      const start = match.index
      const end = start + match[0].length
      if (found.some((other) => start < other.end && end > other.start)) continue
      const part = (letter: 'y' | 'm' | 'd'): number | undefined => {
        const raw = order.includes(letter) ? match[order.indexOf(letter) + 1] : undefined
        if (raw === undefined) return undefined
        return /^\d/.test(raw) ? Number(raw) : 1 + MONTHS.findIndex((month) => month.startsWith(raw.toLowerCase().slice(0, 3)))
      }
      let [year, month, day] = [part('y'), part('m'), part('d')]
      if (month !== undefined && month > 12 && day !== undefined && day <= 12) [month, day] = [day, month]
      if ((month !== undefined && (month < 1 || month > 12)) || (day !== undefined && (day < 1 || day > 31))) continue
      found.push({ year, month, day, isDayFirstGuess: match[0].includes('/') && month !== undefined && day !== undefined && day <= 12, start, end })
    }
  }
  return found.toSorted((a, b) => a.start - b.start)
}
