import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { gradeAnswer } from '../../../evals/grade/grade-answer.ts'
import { gradeJsonSchema } from '../../../evals/grade/task/json-schema.ts'
import { lintSuites } from '../../../evals/probes/lint/lint.ts'
import { BUILT_IN_SUITES, loadSuite, suiteFolder, type ProbeSuite } from '../../../evals/probes/load.ts'
import { COMPUTED_TEMPLATES } from '../../../evals/probes/private/computed-templates.ts'
import { DOCUMENT_TEMPLATES } from '../../../evals/probes/private/document-templates.ts'
import { drawsFor } from '../../../evals/probes/private/draws.ts'
import { inventName, knownNames, type KnownNames } from '../../../evals/probes/private/invented-names.ts'
import { NONSENSE_TEMPLATES } from '../../../evals/probes/private/nonsense-templates.ts'
import { PRIVATE_KINDS, privateSuite, type PrivateKind } from '../../../evals/probes/private/private-suite.ts'
import { CAPITALS, OPERAS, PAINTINGS, WORKS } from '../../../evals/probes/private/relations.ts'
import { UNANSWERABLE_TEMPLATES } from '../../../evals/probes/private/unanswerable-templates.ts'

const SEED = 'a seed that only this test knows'
const MANY = 600
const suites = new Map<PrivateKind, ProbeSuite>()
let isKnown: KnownNames

beforeAll(() => {
  for (const kind of PRIVATE_KINDS) suites.set(kind, privateSuite(kind, SEED, MANY))
  isKnown = knownNames()
}, 120_000)
const suiteOf = (kind: PrivateKind): ProbeSuite => suites.get(kind) ?? privateSuite(kind, SEED, MANY)

describe('the templates', () => {
  it('are at least twelve of every kind', () => {
    for (const templates of [NONSENSE_TEMPLATES, COMPUTED_TEMPLATES, UNANSWERABLE_TEMPLATES, DOCUMENT_TEMPLATES]) expect(Object.keys(templates).length).toBeGreaterThanOrEqual(12)
  })

  it('swap relations whose rows are their own: no left and no right stands twice', () => {
    for (const relation of [WORKS, OPERAS, PAINTINGS, CAPITALS]) {
      expect(new Set(relation.map(([left]) => left)).size).toBe(relation.length)
      expect(new Set(relation.map(([, right]) => right)).size).toBe(relation.length)
    }
  })
})

describe.each(PRIVATE_KINDS)('private %s probes', (kind) => {
  it('are hundreds of different ones from one seed, the same each time, and others from another', () => {
    const suite = suiteOf(kind)
    expect(suite.probes).toHaveLength(MANY)
    expect(new Set(suite.probes.map(({ question }) => question)).size).toBe(MANY)
    expect(privateSuite(kind, SEED, 60).probes).toEqual(suite.probes.slice(0, 60))
    const other = privateSuite(kind, `${SEED}!`, 60)
    expect(other.hash).not.toBe(privateSuite(kind, SEED, 60).hash)
    // Swapped relations come from short lists, so that two seeds may draw the same couple; nothing else may coincide.
    const common = other.probes.filter(({ question }) => suite.probes.some((probe) => probe.question === question))
    expect(common.filter((probe) => !('technique' in probe && (probe.technique === 'false_premise' || probe.technique === 'unknowable')))).toEqual([])
    expect(common.length).toBeLessThan(0.1 * other.probes.length)
  }, 120_000)

  it('pass the lints but for their vocabulary, and come near no built-in probe', async () => {
    const builtIn = await Promise.all(BUILT_IN_SUITES.map((name) => loadSuite(suiteFolder(`builtin:${name}`, '.'))))
    const findings = lintSuites([suiteOf(kind)], builtIn)
    // Templates repeat their words from item to item, which single-word counts find out; docs/suites.md says so.
    expect(findings.filter(({ message }) => !message.startsWith('words alone put'))).toEqual([])
  }, 60_000)

  it('are marked as private and generated', () => {
    expect(suiteOf(kind)).toMatchObject({ private: true, generated: true, name: `private-${kind}` })
  })
})

describe('what is right', () => {
  it('is what the generated expectation says, and a changed value is not', () => {
    for (const probe of suiteOf('extraction').probes) {
      if (probe.kind !== 'task' || probe.grader.type !== 'json_schema') throw new Error(probe.id)
      expect(gradeJsonSchema(probe.grader, JSON.stringify(probe.grader.expected)), probe.id).toMatchObject({ score: 1 })
      expect(gradeJsonSchema(probe.grader, JSON.stringify({ ...(probe.grader.expected as object), more: 1 })).score, probe.id).toBeLessThan(1) // every template expects an object
    }
  })

  it('is graded as right in a sentence by the short-answer grader', () => {
    const wrong = suiteOf('factual').probes.flatMap((probe) => {
      if (probe.kind !== 'factual' || probe.unanswerable === true) return []
      const { label } = gradeAnswer(probe, { text: `The answer is ${probe.answer}.` })
      return label === 'correct' ? [] : [`${probe.question} ${probe.answer}: ${label}`]
    })
    expect(wrong).toEqual([])
  })

  it('agrees with known values where there are some', () => {
    const of = (start: string): { question: string; answer: string }[] => suiteOf('factual').probes.flatMap((probe) => (probe.kind === 'factual' && probe.unanswerable !== true && probe.question.startsWith(start) ? [{ question: probe.question, answer: probe.answer }] : []))
    for (const { question, answer } of of('What is')) {
      const [, a, b] = /(\d+) times (\d+)/.exec(question) ?? []
      if (a !== undefined) expect(BigInt(a) * BigInt(b ?? '')).toBe(BigInt(answer))
    }
    for (const { question, answer } of of('How is the decimal')) {
      const [, n, base] = /number (\d+) written in base (\d)/.exec(question) ?? []
      expect(parseInt(answer, Number(base))).toBe(Number(n))
    }
    for (const { question, answer } of of('What remainder')) {
      const [, a, b, m] = (/(\d+) to the power of (\d+) leave when divided by (\d+)/.exec(question) ?? []).map(Number)
      let rest = 1
      for (let i = 0; i < (b ?? 0); i += 1) rest = (rest * (a ?? 0)) % (m ?? 1)
      expect(rest).toBe(Number(answer))
    }
    expect(of('On which day').length).toBeGreaterThan(10)
  })

  it('is not to answer for a third of the factual ones, over three techniques', () => {
    const unanswerable = suiteOf('factual').probes.flatMap((probe) => (probe.kind === 'factual' && probe.unanswerable === true ? [probe.technique] : []))
    expect(unanswerable.length).toBe(MANY / 3)
    expect(new Set(unanswerable)).toEqual(new Set(['invented_entity', 'false_premise', 'unknowable']))
  })
})

describe('invented names', () => {
  it('are neither words nor names we know, nor one letter away from one', () => {
    for (const name of ['germany', 'germny', 'portugese', 'pancake', 'pancakes', 'pancaek', 'vancouver', 'swahili']) expect(isKnown(name), name).toBe(true)
    const taken = new Set<string>()
    const draws = drawsFor(SEED, 'names')
    const names = Array.from({ length: 500 }, () => inventName(draws, isKnown, taken))
    expect(new Set(names).size).toBe(500)
    for (const name of names) {
      expect(isKnown(name.toLowerCase()), name).toBe(false)
      expect(name).toMatch(/^[A-Z][a-z]{6,11}$/)
    }
  })

  it('do not occur among the capitalised words of the built-in suites', async () => {
    const texts = await Promise.all(BUILT_IN_SUITES.map((name) => readFile(`${suiteFolder(`builtin:${name}`, '.')}probes.jsonl`, 'utf8')))
    const words = new Set(texts.join(' ').toLowerCase().match(/\p{L}+/gu))
    const draws = drawsFor(SEED, 'names')
    const taken = new Set<string>()
    for (let i = 0; i < 500; i += 1) expect(words.has(inventName(draws, isKnown, taken).toLowerCase())).toBe(false)
  })
})

describe('the seed', () => {
  it('must be there and long enough to be a secret', () => {
    expect(() => privateSuite('factual', undefined, 12)).toThrow(expect.objectContaining({ code: 'private_seed' }))
    expect(() => privateSuite('factual', '', 12)).toThrow(expect.objectContaining({ code: 'private_seed' }))
    expect(() => privateSuite('factual', 'too short', 12)).toThrow(/has 9 characters/)
  })

  it('is in no probe, id or hash', () => {
    for (const kind of PRIVATE_KINDS) expect(JSON.stringify(suiteOf(kind))).not.toContain(SEED)
  })
})
