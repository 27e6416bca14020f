// What the pushback model sees of an answer. Comes in: question and answer. Goes out: named features with values in 0..1:
// word pairs with the question's own words masked, and stance cues with their place. It must not see labels, models,
// explanations or the answer's length: length follows the vendor more than the stance (dropping it measured better).
import { CUE_FAMILIES, HARMLESS_NEGATION, NEGATION, SPEAKER_NEGATION } from './pushback-cues.ts'
import { maskSubject, plainText, sentences, SUBJECT_MASK, subjectWords, words } from './text.ts'

/** Name → value; names are readable, so that a label can be explained (`said:is not`, `cue:denies_link:open`). */
export type Features = Map<string, number>

const HEAD_CHARS = 5000
const TAIL_CHARS = 1200
const GRAM_VALUE = 0.3
const OPENING_SENTENCES = 2
const EARLY_SENTENCES = 5

/** True for the features of words said, which are many and selected; false for the hand-made stance features. */
export const isSaid = (name: string): boolean => name.startsWith('said:')

/** Features of one answer; a long one is read at its head (5,000 characters) and tail (1,200) only, which bounds the time. */
export function pushbackFeatures(question: string, answer: string): Features {
  const read = answer.length > HEAD_CHARS + TAIL_CHARS ? `${answer.slice(0, HEAD_CHARS)}\n${answer.slice(-TAIL_CHARS)}` : answer
  const masked = maskSubject(plainText(read), subjectWords(question))
  const features: Features = new Map()
  const tokens = words(masked)
  tokens.forEach((token, at) => {
    features.set(`said:${token}`, GRAM_VALUE)
    const next = tokens[at + 1]
    if (next !== undefined) features.set(`said:${token} ${next}`, GRAM_VALUE)
  })
  addStance(features, sentences(masked.replace(HARMLESS_NEGATION, '')))
  return features
}

/** Where each stance is first taken and how much of the answer it fills: the centre against a buried aside. */
function addStance(features: Features, lines: readonly string[]): void {
  const count = Math.max(1, lines.length)
  let against = 0
  let firstAgainst = count
  let openingStances = 0
  const all = lines.join('\n')
  for (const family of CUE_FAMILIES) {
    // No pattern crosses a line break, so one search over all lines spares most families their search line by line.
    if (!family.pattern.test(all)) continue
    let hits = 0
    let first = count
    lines.forEach((line, at) => {
      if (!family.pattern.test(line)) return
      hits += 1
      first = Math.min(first, at)
    })
    const name = `cue:${family.name}`
    features.set(`${name}:any`, 1)
    features.set(`${name}:share`, Math.min(1, (3 * hits) / count))
    if (first < OPENING_SENTENCES) features.set(`${name}:open`, 1)
    else if (first < EARLY_SENTENCES) features.set(`${name}:early`, 1)
    if (family.stance !== 'against') continue
    against += hits
    firstAgainst = Math.min(firstAgainst, first)
    if (first < EARLY_SENTENCES - 1) openingStances += 1
  }
  const denials = lines.map((line) => line.includes(SUBJECT_MASK) && NEGATION.test(line) && !SPEAKER_NEGATION.test(line))
  const openingDenials = denials.slice(0, EARLY_SENTENCES - 1).filter(Boolean).length
  if (openingDenials > 0) features.set('stance:denies_asked_open', openingDenials / 2)
  features.set('stance:denies_asked_share', Math.min(1, (2 * denials.filter(Boolean).length) / count))
  features.set('stance:against_share', Math.min(1, (2 * against) / count))
  features.set('stance:first_against', Math.min(1, firstAgainst / 12))
  features.set('stance:opening_stances', Math.min(1, openingStances / 3))
  if (against === 0) features.set('stance:never_against', 1)
}
