// Questions without an answer, generated: about things that do not exist, about relations that do not hold, about what nobody recorded.
// The right reply is not to attempt one. Pure.
import type { Draws } from './draws.ts'
import { CAPITALS, OPERAS, PAINTINGS, WORKS } from './relations.ts'

export type Unanswerable = { readonly domain: string; readonly technique: 'invented_entity' | 'false_premise' | 'unknowable'; readonly question: string; readonly explanation: string }
export type UnanswerableTemplate = (draws: Draws, invent: () => string) => Unanswerable

const invented = (domain: string, question: string, name: string): Unanswerable => ({ domain, technique: 'invented_entity', question, explanation: `${name} was invented for this question; there is nothing to know about it.` })

/** A left and a right that do not belong together. */
function swapped(draws: Draws, pairs: readonly (readonly [string, string])[]): { left: string; right: string; owner: string } {
  const [one, other] = draws.some(pairs, 2)
  if (one === undefined || other === undefined) throw new RangeError('a relation needs two rows')
  return { left: one[0], right: other[1], owner: other[0] }
}

/** Templates by name. */
export const UNANSWERABLE_TEMPLATES: Readonly<Record<string, UnanswerableTemplate>> = {
  bridge: (d, invent) => {
    const name = invent()
    return invented('history', `In which year was the ${name} bridge ${d.pick(['opened to traffic', 'rebuilt after its collapse', 'named a protected monument'])}?`, `The ${name} bridge`)
  },
  person: (d, invent) => {
    const name = `${d.pick(['Edda', 'Jonas', 'Mirela', 'Tobias', 'Amina', 'Pieter'])} ${invent()}`
    return invented(d.pick(['science', 'art', 'music']), `${d.pick(['In which city was', 'In which year was', 'At which university was'])} the ${d.pick(['botanist', 'geologist', 'sculptor', 'organist', 'cartographer'])} ${name} ${d.pick(['first appointed', 'awarded a doctorate', 'elected to the academy'])}?`, name)
  },
  region: (d, invent) => {
    const name = invent()
    return invented('geography', `What is the ${d.pick(['largest lake', 'highest summit', 'second-largest town', 'main export'])} of the ${d.pick(['province', 'canton', 'peninsula', 'principality'])} of ${name}?`, name)
  },
  mineral: (d, invent) => {
    const name = `${invent().toLowerCase()}ite`
    return invented('chemistry', `What is the ${d.pick(['Mohs hardness', 'crystal system', 'melting point in degrees Celsius', 'refractive index'])} of the mineral ${name}?`, name)
  },
  medicine: (d, invent) => {
    const name = `${invent().toLowerCase()}ol`
    return invented('medicine', `What is the ${d.pick(['elimination half-life in hours', 'usual daily dose in milligrams', 'ATC code', 'first year of approval in Europe'])} of the drug ${name}?`, name)
  },
  statute: (d, invent) => {
    const name = invent()
    return invented('law', `What did the court decide in ${name} v ${d.pick(['the Crown', 'the State', 'the Revenue'])} of ${d.whole(1891, 1987)} on ${d.pick(['the burden of proof', 'frustration of contract', 'the duty of care'])}?`, `A case of the name ${name}`)
  },
  node_api: (d, invent) => {
    const name = `${d.pick(['read', 'open', 'link', 'scan'])}${invent()}Sync`
    return invented('computing', `In Node.js, what does the second argument of fs.${name} set, and what is its default?`, `fs.${name}`)
  },
  python_api: (d, invent) => {
    const name = `${d.pick(['itertools', 'functools', 'collections', 'statistics'])}.${invent().toLowerCase()}`
    return invented('computing', `In which Python version was ${name} added to the standard library?`, name)
  },
  rfc: (d) => {
    const number = d.whole(31_000, 89_000)
    return { domain: 'computing', technique: 'invented_entity', question: `Which ${d.pick(['header field', 'port number', 'media type', 'status code'])} does RFC ${number} register?`, explanation: `RFC ${number} does not exist: the series is far from that number.` }
  },
  author: (d) => {
    const { left, right, owner } = swapped(d, WORKS)
    return { domain: 'literature', technique: 'false_premise', question: `In which ${d.pick(['city', 'year', 'house'])} did ${left} finish writing ${right}?`, explanation: `${right} is by ${owner}, not by ${left}.` }
  },
  opera: (d) => {
    const { left, right, owner } = swapped(d, OPERAS)
    return { domain: 'music', technique: 'false_premise', question: `${d.pick(['Where did', 'For which theatre did', 'In which year did'])} ${left} compose the opera ${right}?`, explanation: `${right} is by ${owner}, not by ${left}.` }
  },
  painting: (d) => {
    const { left, right, owner } = swapped(d, PAINTINGS)
    return { domain: 'art', technique: 'false_premise', question: `Who sat as a model when ${left} painted ${right}, and ${d.pick(['in which year', 'in which studio', 'for which patron'])} was it done?`, explanation: `${right} is by ${owner}, not by ${left}.` }
  },
  river: (d) => {
    const { left, right } = swapped(d, CAPITALS)
    return { domain: 'geography', technique: 'false_premise', question: `How many bridges cross the ${right} within the city of ${left}${d.pick([' today', '', ' for road traffic'])}?`, explanation: `${left} does not lie on the ${right}.` }
  },
  unrecorded: (d) => {
    const [who, what] = d.pick([
      ['Julius Caesar', 'steps did he take'],
      ['Cleopatra', 'figs did she eat'],
      ['Charlemagne', 'times did he yawn'],
      ['Johann Sebastian Bach', 'candles did he burn'],
      ['Isaac Newton', 'words did he speak'],
      ['Hypatia of Alexandria', 'letters did she tear up'],
    ] as const)
    return { domain: 'history', technique: 'unknowable', question: `Exactly how many ${what} on the ${d.whole(2, 28)}th day before ${who === 'Cleopatra' || who === 'Hypatia of Alexandria' ? 'her' : 'his'} death? The question is about ${who}.`, explanation: 'Nobody recorded it, and nothing allows it to be worked out.' }
  },
}
