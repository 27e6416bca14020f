import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../evals/probes/lint/finding.ts'
import { lintSuites } from '../../../evals/probes/lint/lint.ts'
import { tellableShare } from '../../../evals/probes/lint/look-alikes.ts'
import { BUILT_IN_SUITES, loadSuite, makeSuite, readProbe, suiteFolder, type Probe, type ProbeSuite } from '../../../evals/probes/load.ts'
import { saturationWarning } from '../../../evals/probes/saturation.ts'

const probe = (row: object): Probe => {
  const read = readProbe(row)
  if ('faults' in read) throw new Error(read.faults.join('; '))
  return read.probe
}
const suiteOf = (rows: readonly object[], name = 's', more: { generated?: boolean } = {}): ProbeSuite => makeSuite({ name, version: 1, title: undefined, instructions: undefined, licence: undefined, source: undefined, private: undefined, ...more }, rows.map(probe))
const lint = (rows: readonly object[]): Finding[] => lintSuites([suiteOf(rows)])
const rules = (findings: readonly Finding[]): string[] => findings.map(({ rule, level, probes }) => `${level} ${rule} ${probes.join('+')}`)

let n = 0
const factual = (question: string, answer: string, more: object = {}): object => ({ id: `f-${(n += 1)}`, kind: 'factual', domain: 'd', question, answer, difficulty: 'easy', source: 's', ...more })
const task = (question: string, grader: object, more: object = {}): object => ({ id: `t-${(n += 1)}`, kind: 'task', domain: 'd', question, grader, difficulty: 'easy', ...more })

describe('the built-in suites', () => {
  it('have no findings, alone and beside each other', async () => {
    const suites = await Promise.all(BUILT_IN_SUITES.map((name) => loadSuite(suiteFolder(`builtin:${name}`, '.'))))
    expect(lintSuites(suites)).toEqual([])
  })
})

describe('leaks', () => {
  it('are answers that stand in their question, as whole words, in any alias', () => {
    expect(rules(lint([factual('In which year did the war of 1812 begin?', '1812', { id: 'a' })]))).toEqual(['error leak a'])
    expect(rules(lint([factual('Who wrote the letters of Seneca the Younger?', 'Lucius', { id: 'a', aliases: ['Seneca the Younger'] })]))).toEqual(['error leak a'])
    expect(lint([factual('Which town has the postcode 18125?', '1812')])).toEqual([])
  })

  it('are checks that a repeated question passes', () => {
    const leaking = [
      task('Say yes or no: is it yes?', { type: 'exact', answer: 'yes' }, { id: 'exact' }),
      task('What is 12 times 1?', { type: 'number', answer: 12 }, { id: 'number' }),
      task('Explain DNS and TCP.', { type: 'contains', all: ['dns', 'tcp'] }, { id: 'contains' }),
      task('Which code is of the form AB-12?', { type: 'regex', pattern: '[A-Z]{2}-\\d{2}' }, { id: 'regex' }),
    ]
    expect(rules(lint(leaking))).toEqual(['exact', 'number', 'contains', 'regex'].map((id) => `error leak ${id}`))
    const sound = [
      task('Explain DNS and TCP.', { type: 'contains', all: ['dns'], none: ['explain'] }),
      task('Explain name lookup.', { type: 'contains', all: ['dns'] }),
      task('Order 66 of 2 May, as JSON: what is its number?', { type: 'json_schema', schema: true, expected: { number: 66 } }),
    ]
    expect(lint(sound)).toEqual([])
  })
})

describe('near-duplicates', () => {
  const long = 'How many bridges cross the river between the old mill and the northern lock of the canal?'
  it('are told within a suite, between suites, and against suites that are not linted themselves', () => {
    const [one, two] = [suiteOf([factual(long, '5', { id: 'a' }), factual(`${long} Answer with a number.`, '5', { id: 'b' })], 'one'), suiteOf([factual(long, '5', { id: 'c' })], 'two')]
    expect(rules(lintSuites([one]))).toEqual(['error near_duplicate a+b'])
    expect(rules(lintSuites([one, two]))).toEqual(['error near_duplicate a+b', 'error near_duplicate a+c', 'error near_duplicate b+c'])
    expect(rules(lintSuites([two], [one]))).toEqual(['error near_duplicate c+a', 'error near_duplicate c+b'])
    expect(lintSuites([two], [suiteOf([factual('A question about something else altogether.', 'x')], 'three')])).toEqual([])
  })

  it('are no fault between the probes of one generated suite, but are between it and another', () => {
    const made = suiteOf([factual(long, '5', { id: 'a' }), factual(`${long} Answer with a number.`, '6', { id: 'b' })], 'made', { generated: true })
    expect(lintSuites([made])).toEqual([])
    expect(rules(lintSuites([made], [suiteOf([factual(long, '5', { id: 'c' })], 'own')]))).toEqual(['error near_duplicate a+c', 'error near_duplicate b+c'])
  })

  it('are found among thousands of questions of one frame, which is no likeness', () => {
    const many = Array.from({ length: 4_000 }, (_, at) => factual(`In which year was the bridge w${at} x${at} y${at} z${at} u${at} v${at} over the canal?`, `${at}`, { id: `m-${at}` }))
    expect(lintSuites([suiteOf([...many, factual(long, '5', { id: 'a' }), factual(`${long} A number, please.`, '5', { id: 'b' })])]).filter(({ rule }) => rule === 'near_duplicate').map(({ probes }) => probes)).toEqual([['a', 'b']])
  })
})

describe('controls', () => {
  const nonsense = { id: 'n', kind: 'nonsense', domain: 'd', technique: 't', question: 'How many volts of patience does the night shift of the bakery need before the ovens are lit?', explanation: 'e', difficulty: 'easy' }
  const control = { id: 'c', kind: 'control', domain: 'd', pair: 'n', question: 'How many hours of proofing does the night dough of the bakery need before the ovens are lit?', difficulty: 'easy' }

  it('must be there, of the same domain, of similar length and wording, and name a pair that exists', () => {
    expect(lint([nonsense, control])).toEqual([])
    expect(rules(lint([nonsense]))).toEqual(['error look_alike '])
    expect(lint([nonsense, { ...control, question: 'How long?' }]).map(({ message }) => message)).toEqual([expect.stringContaining('times as long as n'), expect.stringContaining('of its words in common'), expect.stringContaining('length alone tells them apart')])
    expect(lint([nonsense, { ...control, domain: 'other' }]).map(({ message }) => message)).toEqual(['c is of another domain than n'])
    expect(rules(lint([nonsense, { ...control, pair: 'x' }]))).toEqual(expect.arrayContaining(['error missing_field c', 'warning look_alike n']))
  })

  it('are told apart by words alone only where the words give them away', () => {
    const given = Array.from({ length: 60 }, (_, at) => [`torque of the ${at} lease and its spin`, `rent of the ${at} lease and its term`] as const)
    expect(tellableShare(given)).toBe(1)
    // Either side has a word the other never has, yet no word stands on one side more often than on the other.
    const hidden = Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? ([`alpha of lease ${at}`, `beta of lease ${at}`] as const) : ([`beta of lease ${at}`, `alpha of lease ${at}`] as const)))
    expect(tellableShare(hidden)).toBeLessThan(0.5)
    expect(tellableShare([])).toBe(0.5)
  })
})

describe('balance and completeness', () => {
  it('warn of a domain that dominates, of too few questions without an answer, and of missing fields', () => {
    const rows = Array.from({ length: 60 }, (_, at) => factual(`Question ${at} about thing ${at * 3} of place ${at * 7}?`, `answer${at}`, { domain: at < 30 ? 'big' : `d${at}` }))
    const { id: _id, ...first } = factual('The first question of all about the harbour?', 'x') as { id: string }
    expect(lint(rows).map(({ rule, level }) => `${level} ${rule}`)).toEqual(['warning balance', 'warning unanswerable_share'])
    expect(rules(lint([{ ...first, id: 'bare', difficulty: undefined, source: undefined }].map((row) => JSON.parse(JSON.stringify(row)) as object)))).toEqual(['warning missing_field bare', 'warning missing_field bare'])
  })

  it('call an expected value that its own schema refuses an error', () => {
    const bad = task('As JSON.', { type: 'json_schema', schema: { type: 'object', properties: { a: { type: 'integer' } } }, expected: { a: 'x' } }, { id: 'bad' })
    const broken = task('As a value.', { type: 'json_schema', schema: { $ref: '#/none' }, expected: 1 }, { id: 'broken' })
    expect(rules(lint([bad, broken]))).toEqual(['error expected_value bad', 'error expected_value broken'])
  })
})

describe('saturation', () => {
  const score = (target: string, right: number, scored = 100) => ({ target, right, scored })
  it('is when every target is right on more than nine in ten, and not when one is not or too few were scored', () => {
    expect(saturationWarning('facts', [score('a', 95), score('b', 91)])).toMatch(/^facts is saturated.*the least, b, on 91%/)
    expect(saturationWarning('facts', [score('a', 99), score('b', 90)])).toBeUndefined()
    expect(saturationWarning('facts', [score('a', 10, 10)])).toBeUndefined()
    expect(saturationWarning('facts', [])).toBeUndefined()
  })
})
