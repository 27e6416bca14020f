// Plain words and sentences out of a model's answer. Comes in: raw text with Markdown, curly quotes, contractions.
// Goes out: plain text, sentences, words with `not` spelled out and the question's own words masked. Must not judge.

/** Words of a question that carry no subject and so are never masked in its answer. */
const FUNCTION_WORDS = new Set(
  ('a about above after again all also an and any are as at be because been before being between both but by can could did do does doing ' +
    'down each every few for from further get give given had has have having he her here hers him his how i if in into is it its just let like ' +
    'make many may me might more most much must my need no nor not now of off on once one only or other our ours out over own per rather same ' +
    'shall she should since so some such take than that the their them then there these they this those through to too two under until up us use ' +
    'used using very was way we were what when where whether which while who whom whose why will with within without would you your yours ' +
    'best better good right specific expect exist real mean means meaning affect impact relate related relationship actually apply').split(' '),
)

const EXPANDED: Readonly<Record<string, string>> = { re: 'are', ve: 'have', ll: 'will', d: 'would', m: 'am' }

/** Stands for one or more of the question's own words; the underscore cannot occur in plain text. */
export const SUBJECT_MASK = '_asked'

/** Curly quotes made straight, Markdown emphasis and code marks dropped, contractions spelled out; line breaks kept. */
export function plainText(text: string): string {
  return text
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/[*_`]+/g, '')
    .replace(/\bcan't\b|\bcannot\b/gi, 'can not')
    .replace(/\bwon't\b/gi, 'will not')
    .replace(/n't\b/gi, ' not')
    .replace(/'(re|ve|ll|d|m)\b/gi, (_whole, suffix: string) => ` ${EXPANDED[suffix.toLowerCase()] ?? ''}`)
    .replace(/\b(it|that|there|here|what|let)'s\b/gi, (_whole, word: string) => (word.toLowerCase() === 'let' ? 'let us' : `${word} is`))
}

/** Lower-case words of plain text, masks included; every number becomes `#`. */
export function words(plain: string): string[] {
  return (plain.toLowerCase().match(/_?[a-z][a-z']*|\d[\d.,]*/g) ?? []).map((word) => (/^\d/.test(word) ? '#' : word))
}

/** Sentences of plain text: line breaks, list items and `.?!:;` before a space end one. Parts without a letter or digit are dropped. */
export function sentences(plain: string): string[] {
  return plain
    .split(/\n+|(?<=[.?!:;]["')\]]?)\s+/)
    .map((part) => part.replace(/^[\s#>|•-]+/, '').trim())
    .filter((part) => /[a-z]/i.test(part))
}

/** A rough stem, so that `meetings` in an answer matches `meeting` in its question. */
function stem(word: string): string {
  const bare = word.replace(/'s?$/, '')
  if (bare.length > 5 && bare.endsWith('ies')) return `${bare.slice(0, -3)}y`
  if (bare.length > 4 && bare.endsWith('s') && !bare.endsWith('ss')) return bare.slice(0, -1)
  return bare
}

/** The subject words of a question, stemmed: what an answer may repeat without taking any stance. */
export function subjectWords(question: string): Set<string> {
  return new Set(words(plainText(question)).filter((word) => word !== '#' && word.length > 2 && !FUNCTION_WORDS.has(word)).map(stem))
}

/** Lower-cases plain text and puts one mask for each run of subject words, so that what was asked about cannot decide a label. */
export function maskSubject(plain: string, subject: ReadonlySet<string>): string {
  return plain
    .toLowerCase()
    .replace(/[a-z][a-z']*/g, (word) => (subject.has(stem(word)) ? SUBJECT_MASK : word))
    .replace(/_asked(?:[ -]_asked)+/g, SUBJECT_MASK)
}
