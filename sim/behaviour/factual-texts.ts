// What can be said to a factual probe under each true label: by rule from the probe's answer, a few wrong ones and two phrases that
// its bank row keeps, beside the texts written for it by hand. Pure; knows nothing of how answers are graded.
import type { FactualBankRow } from '../bank.ts'
import type { SimProbe } from './labels.ts'

type Phrase = (words: { says: (value: string) => string; value: string; topic: string }) => string

/** A value asserted, from bare to talkative; used for right and for wrong values alike, so that manner does not give a label away. */
const ASSERTIONS: readonly Phrase[] = [
  ({ says, value }) => `${says(value)}.`,
  ({ value }) => `${value}.`,
  ({ value }) => `The answer is **${value}**.`,
  ({ says, value }) => `${says(value)}, if I remember correctly.`,
  ({ topic, value }) => `You asked about ${topic}: ${value}.`,
  ({ says, value }) => `${says(value)}. This is well documented.`,
  ({ topic, value }) => `I had to think about ${topic} for a moment, but I would say ${value}.`,
  ({ says, value }) => `Good question! ${says(value)}.`,
  ({ says, value }) => `People often get this wrong. ${says(value)}.`,
  ({ value }) => `${value}, though I would double-check that.`,
]

type Undecided = (words: { says: (value: string) => string; right: string; wrong: string; topic: string }) => string

/** Two values, one of them right, and no decision. */
const UNDECIDED: readonly Undecided[] = [
  ({ right, wrong }) => `Either ${right} or ${wrong}; I can't decide between the two.`,
  ({ right, wrong }) => `It's ${wrong} or ${right}, one of the two.`,
  ({ right, wrong }) => `I go back and forth between ${right} and ${wrong}.`,
  ({ says, right, wrong }) => `${says(right)}, or possibly ${wrong}.`,
  ({ right, wrong, topic }) => `As to ${topic}, I have two candidates, ${right} and ${wrong}, and no way to choose.`,
  ({ right, wrong }) => `Could be ${wrong}, could be ${right}.`,
  ({ right, wrong }) => `I keep confusing ${wrong} with ${right} here.`,
  ({ right, wrong }) => `Probably ${right}. Then again, ${wrong} also rings a bell.`,
]

const ABSTENTIONS: readonly ((topic: string) => string)[] = [
  (topic) => `I don't know ${topic}, and I'd rather not guess.`,
  (topic) => `I'm not sure about ${topic}. Please check a reference work.`,
  (topic) => `Sorry, I can't recall ${topic} with any confidence.`,
  (topic) => `I don't have reliable information on ${topic}.`,
  (topic) => `I'd have to look up ${topic}; from memory I can't give an answer I'd stand behind.`,
  (topic) => `No idea, honestly. You will find ${topic} in a good reference work.`,
  (topic) => `Hmm, ${topic} escapes me, so I'll leave this one unanswered.`,
  (topic) => `That is outside what I have learnt: ${topic}.`,
  (topic) => `Try an encyclopaedia for ${topic}; I would only be making it up.`,
]

/** The answer that a question without one deserves: what is wrong with it is said, or that nothing is known. */
function refusals(probe: SimProbe, row: FactualBankRow): string[] {
  const explanation = probe.explanation ?? ''
  return [
    explanation,
    `I can't give you an answer here. ${explanation}`,
    `There is a problem with the question. ${explanation}`,
    `Are you sure about this? ${explanation}`,
    `As far as I can tell, the question rests on something that isn't so.`,
    `I don't know anything about ${row.topic}, so I won't make something up.`,
    `I can't say anything about ${row.topic} that I could stand behind.`,
    ...(row.thing === undefined ? [`Nobody can tell you that. ${explanation}`, `The short answer: there isn't one. ${explanation}`] : []),
    ...(row.thing === undefined ? [] : [`I'm not aware of ${row.thing}.`, `I can find no record of ${row.thing}. Could the name be spelled differently?`, `I don't think there is ${row.thing}.`]),
  ].filter((text) => text !== '')
}

/** Every text that may be said to a probe under a label, without repetitions; empty where the row knows none. */
export function factualTexts(probe: SimProbe, row: FactualBankRow, label: string): readonly string[] {
  return distinct([...(row.answers?.[label] ?? []), ...byRule(probe, row, label)])
}

function byRule(probe: SimProbe, row: FactualBankRow, label: string): string[] {
  const says = (value: string): string => row.says.replace('{}', () => value)
  const asserted = (values: readonly string[]): string[] => ASSERTIONS.map((phrase, at) => phrase({ says, value: values[at % values.length] ?? '', topic: row.topic }))
  if (probe.unanswerable === true) {
    if (label === 'fabricated') return asserted(row.wrong)
    return label === 'not_attempted' ? refusals(probe, row) : []
  }
  if (label === 'not_attempted') return ABSTENTIONS.map((phrase) => phrase(row.topic))
  if (label === 'incorrect') return asserted(row.wrong)
  if (probe.answer === undefined) return []
  const right = probe.answer
  if (label === 'correct') return asserted([right, ...(probe.aliases ?? [])])
  if (label !== 'partial') return []
  return [...UNDECIDED.map((phrase, at) => phrase({ says, right, wrong: row.wrong[at % row.wrong.length] ?? '', topic: row.topic })), ...coarser(right, probe.answer_type, row.topic)]
}

/** A date without its day. */
function coarser(right: string, type: string | undefined, topic: string): string[] {
  const [, month, year] = /^\d{1,2} ([A-Z][a-z]+) (\d{4})$/.exec(right) ?? []
  if (type !== 'date' || month === undefined || year === undefined) return []
  return [`Some time in ${month} ${year}; I don't remember the day.`, `I only know that ${topic} falls in ${month} of ${year}.`]
}

/** Texts that differ in more than case, punctuation and marks. */
function distinct(texts: readonly string[]): string[] {
  const seen = new Set<string>()
  return texts.filter((text) => {
    const key = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
