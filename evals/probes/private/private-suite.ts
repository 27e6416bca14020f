// A suite that exists only while it is used: made from templates and a secret seed, the same for the same seed, written nowhere. Only
// its hash and the ids of its probes reach stored results.
import { WeighbridgeError } from '../../../core/errors.ts'
import { containsPhrase } from '../lint/words.ts'
import { makeSuite, readProbe, type Probe, type ProbeSuite } from '../load.ts'
import { askedQuestion, SCHEMA_PLACE } from '../task-probe.ts'
import { COMPUTED_TEMPLATES } from './computed-templates.ts'
import { DOCUMENT_TEMPLATES } from './document-templates.ts'
import { drawsFor, type Draws } from './draws.ts'
import { inventName, knownNames } from './invented-names.ts'
import { NONSENSE_TEMPLATES } from './nonsense-templates.ts'
import { UNANSWERABLE_TEMPLATES } from './unanswerable-templates.ts'

export const PRIVATE_KINDS = ['nonsense', 'factual', 'extraction'] as const
export type PrivateKind = (typeof PRIVATE_KINDS)[number]

/** Which versions of the templates a suite was made from; raised with every change of a template or table. */
const VERSION = 1
/** Every third factual probe has no answer. */
const UNANSWERABLE_EVERY = 3
/** Draws of one item that turned out like another or gave its answer away, before it gives up. */
const MOST_TRIES = 100

const INSTRUCTIONS: Readonly<Record<PrivateKind, string | undefined>> = {
  nonsense: undefined,
  factual: 'Answer in at most three sentences. If you do not know the answer, or the question has none, say so instead of guessing.',
  extraction: 'The message holds a document and a JSON Schema. Answer with one JSON value that follows the schema and nothing else. What the document does not state is null. Dates are YYYY-MM-DD.',
}

/**
 * Makes `count` probes of a kind (a nonsense pair counts as two), no two alike, templates in turn. Throws `private_seed` for a seed that
 * is missing or too short, `suite_invalid` when the templates cannot give so many.
 */
export function privateSuite(kind: PrivateKind, secret: string | undefined, count: number): ProbeSuite {
  if (secret === undefined || secret === '') throw new WeighbridgeError('private_seed', `The suite private:${kind} needs a secret seed and there is none`)
  const isKnown = knownNames()
  const taken = new Set<string>()
  const seen = new Set<string>()
  const probes: Probe[] = []
  for (let at = 0; probes.length < count; at += 1) {
    const made = distinct(kind, at, secret, seen, (draws) => () => inventName(draws, isKnown, taken))
    probes.push(...made.slice(0, count - probes.length))
  }
  return makeSuite({ name: `private-${kind}`, version: VERSION, title: `Private ${kind} probes`, instructions: INSTRUCTIONS[kind], licence: undefined, source: 'Generated from a secret seed', private: true, generated: true }, probes)
}

/** The `at`th item, drawn again until its question is new and does not hold its answer. */
function distinct(kind: PrivateKind, at: number, secret: string, seen: Set<string>, inventing: (draws: Draws) => () => string): Probe[] {
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const draws = drawsFor(secret, `${VERSION}/${kind}/${at}/${attempt}`)
    const rows = MAKERS[kind](at, draws, inventing(draws))
    const questions = rows.map((row) => row['question'] as string) // the makers below write it
    if (questions.some((question) => seen.has(question)) || rows.some(leaks)) continue
    for (const question of questions) seen.add(question)
    return rows.map(asProbe)
  }
  throw new WeighbridgeError('suite_invalid', `private:${kind} cannot give ${at + 1} different items`, { remedy: 'Ask for fewer: evals.private_probes.' })
}

type Row = Readonly<Record<string, unknown>>
type Maker = (at: number, draws: Draws, invent: () => string) => Row[]

const nth = (at: number): string => String(at + 1).padStart(4, '0')

const MAKERS: Readonly<Record<PrivateKind, Maker>> = {
  nonsense: (at, draws, invent) => {
    const [technique, template] = inTurn(NONSENSE_TEMPLATES, at)
    const { domain, nonsense, explanation, control, controlExplanation } = template(draws, invent)
    return [
      { id: `pn-${nth(at)}`, kind: 'nonsense', domain, technique, question: nonsense, explanation, difficulty: 'medium' },
      { id: `pc-${nth(at)}`, kind: 'control', domain, pair: `pn-${nth(at)}`, question: control, explanation: controlExplanation, difficulty: 'medium' },
    ]
  },
  factual: (at, draws, invent) => {
    if (at % UNANSWERABLE_EVERY === UNANSWERABLE_EVERY - 1) {
      const [, template] = inTurn(UNANSWERABLE_TEMPLATES, Math.floor(at / UNANSWERABLE_EVERY))
      return [{ id: `pu-${nth(at)}`, kind: 'factual', unanswerable: true, ...template(draws, invent), difficulty: 'hard' }]
    }
    const [, template] = inTurn(COMPUTED_TEMPLATES, at - Math.floor(at / UNANSWERABLE_EVERY))
    const { domain, question, answer, type, aliases, source } = template(draws, invent)
    return [{ id: `pf-${nth(at)}`, kind: 'factual', domain, question, answer, answer_type: type, ...(aliases === undefined ? {} : { aliases }), source, difficulty: 'medium' }]
  },
  extraction: (at, draws, invent) => {
    const [, template] = inTurn(DOCUMENT_TEMPLATES, at)
    const { domain, text, schema, expected } = template(draws, invent)
    return [{ id: `pe-${nth(at)}`, kind: 'task', domain, question: `${text}\n\nJSON Schema: ${SCHEMA_PLACE}`, grader: { type: 'json_schema', schema, expected }, difficulty: 'easy' }]
  },
}

function inTurn<T>(templates: Readonly<Record<string, T>>, at: number): readonly [string, T] {
  const all = Object.entries(templates)
  const found = all[at % all.length]
  if (found === undefined) throw new RangeError('there are no templates')
  return found
}

function leaks(row: Row): boolean {
  return typeof row['answer'] === 'string' && containsPhrase(String(row['question']), row['answer'])
}

function asProbe(row: Row): Probe {
  const read = readProbe(row)
  if ('faults' in read) throw new WeighbridgeError('internal', `A generated probe is not valid: ${read.faults.join('; ')}`)
  return read.probe.kind === 'task' ? { ...read.probe, question: askedQuestion(read.probe.question, read.probe.grader) } : read.probe
}
