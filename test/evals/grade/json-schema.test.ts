import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gradeAnswer } from '../../../evals/grade/grade-answer.ts'
import { findJson } from '../../../evals/grade/task/json-answer.ts'
import { compareFields, type Json } from '../../../evals/grade/task/json-fields.ts'
import { gradeJsonSchema } from '../../../evals/grade/task/json-schema.ts'
import type { JsonSchemaSpec } from '../../../evals/probes/task-probe.ts'

const spec: JsonSchemaSpec = {
  type: 'json_schema',
  schema: { type: 'object', properties: { name: { type: 'string' }, total: { type: 'number' }, tags: { type: 'array', items: { type: 'string' } }, due: { type: ['string', 'null'] } }, required: ['name', 'total', 'tags', 'due'], additionalProperties: false },
  expected: { name: 'Ada Lovelace', total: 12.5, tags: ['a', 'b'], due: null },
}
const right = { name: 'Ada Lovelace', total: 12.5, tags: ['a', 'b'], due: null }
const grade = (value: unknown, change: Partial<JsonSchemaSpec> = {}) => gradeJsonSchema({ ...spec, ...change }, typeof value === 'string' ? value : JSON.stringify(value))

describe('finding JSON in an answer', () => {
  it.each([
    ['alone', '{"a":1}'],
    ['in a fence', 'Sure!\n```json\n{"a":1}\n```\nAnything else?'],
    ['in a tilde fence without a name', '~~~\n{"a":1}\n~~~'],
    ['among prose with braces', 'I used {curly} words: {"a":1} as asked.'],
    ['after an earlier attempt, the last one binding', '{"a":0} was my first thought; corrected: {"a":1}'],
    ['in a fence after one that is not JSON', '```python\nprint({1})\n```\n```json\n{"a":1}\n```'],
  ])('takes it %s', (_where, text) => {
    expect(findJson(text)).toEqual({ value: { a: 1 } })
  })

  it('is not confused by braces and quotes inside strings', () => {
    expect(findJson('Result: {"a":"}{\\"]","b":[1]} done')).toEqual({ value: { a: '}{"]', b: [1] } })
  })

  it('does not take the inside of a value that is cut or broken for the answer', () => {
    for (const text of ['{"a": {"b": 1}, "c": [2', 'First {"a": 0}. Better: {"a": {"b": 1}, "c": "he said "no""}', '[{"a": 1}, {"a": 2}, {"a"', '{"a": {"b": 1},\n "c": "line\nbreak"}']) expect(findJson(text), text).toEqual({ fault: 'its JSON is broken' })
    expect(findJson('Use { as an opener [see 3], then: {"a":1}')).toEqual({ value: { a: 1 } })
  })

  it('says what is missing', () => {
    expect(findJson('I could not find any.')).toEqual({ fault: 'it holds no JSON' })
    expect(findJson('{"a": 1,')).toEqual({ fault: 'its JSON is broken' })
    expect(findJson('x'.repeat(1_000_001))).toEqual({ fault: 'the answer is longer than 1000000 characters' })
  })

  it('finds any object again, whatever prose without brackets stands around it', () => {
    const prose = fc.string().map((text) => text.replace(/[[\]{}`~"\d]/g, ' '))
    fc.assert(fc.property(prose, fc.dictionary(fc.string(), fc.jsonValue()), prose, (before, value, after) => {
      const text = JSON.stringify(value)
      expect(findJson(`${before} a ${text} b ${after}`)).toEqual({ value: JSON.parse(text) as unknown })
    }))
  })
})

describe('the json_schema grader', () => {
  it('gives 1 to the expected value in any order of members and in a fence', () => {
    expect(grade({ due: null, tags: ['a', 'b'], total: 12.5, name: 'Ada Lovelace' })).toMatchObject({ status: 'scored', label: 'pass', score: 1, grader: 'json-schema@1' })
    expect(grade(`\`\`\`json\n${JSON.stringify(right)}\n\`\`\``)).toMatchObject({ label: 'pass', score: 1 })
  })

  it('scores place by place and names what is wrong', () => {
    expect(grade({ ...right, total: 13, tags: ['a'] })).toMatchObject({ label: 'partial', score: 3 / 5, reason: '3 of 5 places right; wrong: total, tags[]' })
  })

  it('puts case, white space, quotes and dashes aside in texts, and only there', () => {
    expect(grade({ ...right, name: '  ada  LOVELACE ' })).toMatchObject({ score: 1 })
    expect(grade({ ...right, name: 'Ada Lovelac' })).toMatchObject({ score: 4 / 5 })
    expect(grade({ ...right, name: 'ada lovelace' }, { fields: { name: { compare: 'exact' } } })).toMatchObject({ score: 4 / 5 })
    expect(compareFields('“x” – y', '"x" - y')).toMatchObject({ right: 1 })
  })

  it('never takes a text for a number, and allows a tolerance where the probe states one', () => {
    expect(grade({ ...right, total: '12.5' })).toMatchObject({ label: 'partial', score: 4 / 5 })
    expect(grade({ ...right, total: 12.51 })).toMatchObject({ score: 4 / 5 })
    expect(grade({ ...right, total: 12.51 }, { fields: { total: { compare: 'number', tolerance: 0.02 } } })).toMatchObject({ score: 1 })
  })

  it('counts members nobody asked for as wrong places', () => {
    expect(grade({ ...right, extra: { x: 1, y: 2 } })).toMatchObject({ label: 'partial', score: 5 / 7 })
    expect(grade({ ...right, extra: null })).toMatchObject({ label: 'partial', score: 5 / 6, reason: expect.stringContaining('broken at #/extra') })
  })

  it('compares an array as a set only where the probe says so, each item used once', () => {
    expect(grade({ ...right, tags: ['b', 'a'] })).toMatchObject({ score: 3 / 5 })
    const asSet = { fields: { tags: { compare: 'set' } } } as const
    expect(grade({ ...right, tags: ['b', 'a'] }, asSet)).toMatchObject({ score: 1 })
    expect(grade({ ...right, tags: ['b', 'b'] }, asSet)).toMatchObject({ score: 4 / 5 })
    expect(grade({ ...right, tags: ['b', 'a', 'a'] }, asSet)).toMatchObject({ score: 5 / 6 })
    const people: Json = [{ n: 'x', y: 1 }, { n: 'z', y: 2 }]
    expect(compareFields(people, [{ n: 'z', y: 2 }, { n: 'x', y: 9 }], { $: { compare: 'set' } })).toMatchObject({ right: 3, total: 4 })
  })

  it('leaves a place out that the probe ignores', () => {
    expect(grade({ ...right, name: 'anyone' }, { fields: { name: { compare: 'ignore' } } })).toMatchObject({ score: 1, reason: '4 of 4 places right' })
  })

  it('takes null and an absent member for the same unless the schema wants it there', () => {
    const { due: _due, ...without } = right
    expect(grade(without)).toMatchObject({ label: 'partial', score: 5 / 6 })
    expect(grade(without, { schema: true })).toMatchObject({ label: 'pass', score: 1 })
  })

  it('gives 0 to an answer without JSON, of another shape, or with every place wrong', () => {
    expect(grade('no idea')).toMatchObject({ status: 'scored', label: 'fail', score: 0, reason: 'it holds no JSON' })
    expect(grade([1, 2])).toMatchObject({ score: 1 / 5 })
    expect(grade({ name: 'x', total: 1, tags: ['c', 'd'], due: 'x' })).toMatchObject({ label: 'fail', score: 0 })
  })

  it('judges by the schema alone where nothing is expected', () => {
    const { expected: _expected, ...open } = spec
    expect(gradeJsonSchema(open, JSON.stringify({ ...right, name: 'anyone' }))).toMatchObject({ label: 'pass', score: 1 })
    expect(gradeJsonSchema(open, JSON.stringify({ ...right, name: 5 }))).toMatchObject({ label: 'fail', score: 0 })
  })

  it('calls a schema that cannot be evaluated its own fault, not a wrong answer', () => {
    expect(grade(right, { schema: { $ref: '#/nowhere' } })).toMatchObject({ status: 'judge_error', reason: expect.stringContaining('cannot be evaluated') })
  })

  it('scores any value against itself with 1, and stays within 0 and 1 against any other', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (expected, given) => {
      const [a, b] = [JSON.parse(JSON.stringify(expected)) as Json, JSON.parse(JSON.stringify(given)) as Json]
      expect(compareFields(a, a)).toMatchObject({ wrong: [] })
      const { right: hits, total } = compareFields(a, b)
      expect(hits).toBeLessThanOrEqual(total)
      expect(total).toBeGreaterThan(0)
    }))
  })

  it('is reached through gradeAnswer, and a cut answer is unscored', () => {
    const probe = { id: 'x', kind: 'task', question: 'q', grader: spec } as const
    expect(gradeAnswer(probe, { text: JSON.stringify(right) })).toMatchObject({ label: 'pass' })
    expect(gradeAnswer(probe, { text: '{"name"', finishReason: 'length' })).toMatchObject({ status: 'truncated' })
  })
})
