// Marks of drift from eval runs and days of production: what is an alarm, what only a mark, and that each finding is one finding.
import { describe, expect, test } from 'vitest'
import { discountsOf, driftMarks, openMarks, probeFactor, type EvalRun, type TargetDay } from '../../../evals/learn/drift.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-03-01T00:00:00Z')

function run(night: number, over: Partial<EvalRun> = {}): EvalRun {
  return { suite: 'factual', suite_hash: 'h', grader: 'judges@1', evidence_key: 'p/a', run: `r${night}`, at: NOW - (10 - night) * DAY, asked: 100, questions: 100, scored: 100, refused: 0, unscored: [], mean: 0.8, graded: 100, length_n: 100, length_mean: 5, length_variance: 0.25, served_models: ['a-1'], ...over }
}
function day(at: number, over: Partial<TargetDay> = {}): TargetDay {
  return { evidence_key: 'p/a', day: `d${at}`, at: NOW - (10 - at) * DAY, answered: 200, ttft_n: 200, ttft_mean: 6, ttft_variance: 0.09, served_models: ['a-1'], fingerprints: ['fp_1'], ...over }
}
const steady = (nights: number): EvalRun[] => Array.from({ length: nights }, (_, night) => run(night))
const kinds = (runs: readonly EvalRun[], days: readonly TargetDay[] = []) => driftMarks(runs, days, LEARNING_RULES).map(({ kind, level, evidenceKey }) => [kind, level, evidenceKey])

describe('driftMarks', () => {
  test('a steady target has none', () => {
    expect(kinds(steady(10), Array.from({ length: 10 }, (_, at) => day(at)))).toEqual([])
  })

  test('a fall of the score is an alarm that says from what to what, and since when', () => {
    const [mark, ...rest] = driftMarks([...steady(5), run(5, { mean: 0.4 })], [], LEARNING_RULES)
    expect(rest).toEqual([])
    expect(mark).toMatchObject({ kind: 'quality', level: 'alarm', suite: 'factual', at: NOW - 5 * DAY, since: NOW - 5 * DAY, value: 0.4, reference: expect.closeTo(0.8, 12), text: 'its score on factual fell from 0.80 to 0.40' })
  })

  test('runs under another grader or suite version are another series', () => {
    expect(kinds([...steady(5), run(5, { mean: 0.4, grader: 'judges@2' }), run(6, { mean: 0.4, suite_hash: 'h2' })])).toEqual([])
  })

  test('a model name that was never served before is an alarm, seen in evals or in production', () => {
    expect(kinds([...steady(3), run(3, { served_models: ['a-1', 'a-2'] })])).toEqual([['served_model', 'alarm', 'p/a']])
    expect(driftMarks(steady(3), [day(2), day(4, { served_models: ['a-2'] })], LEARNING_RULES)).toMatchObject([{ kind: 'served_model', text: 'the provider serves a-2 where it served a-1' }])
    expect(kinds([run(0, { served_models: [] }), run(1, { served_models: ['a-1'] })])).toEqual([])
  })

  test('fingerprints, answer length, refusals and the first token are marks', () => {
    const days = Array.from({ length: 8 }, (_, at) => day(at))
    expect(kinds([], [...days, day(8, { fingerprints: ['fp_2'] })])).toEqual([['fingerprint', 'mark', 'p/a']])
    expect(kinds([], [...days, day(8, { fingerprints: ['fp_1', 'fp_2'] })])).toEqual([])
    expect(kinds([], [...days, day(8, { ttft_mean: 6 + Math.log(1.6) })])).toEqual([['first_token', 'mark', 'p/a']])
    expect(kinds([...steady(3), run(3, { length_mean: 5 + Math.log(1.4) })])).toEqual([['output_length', 'mark', 'p/a']])
    expect(driftMarks([...steady(3), run(3, { refused: 30, scored: 70, graded: 70 })], [], LEARNING_RULES)).toMatchObject([{ kind: 'refusals', text: 'it declines 30% of factual, 0% before' }])
  })

  test('a change that is sure but small, or large but unsure, is none', () => {
    expect(kinds([...steady(3), run(3, { length_mean: 5.1, length_n: 10_000 })])).toEqual([])
    expect(kinds([...steady(3), run(3, { length_mean: 5.2, length_n: 31, length_variance: 4 })])).toEqual([])
  })

  test('the same finding has the same id however often it is looked for', () => {
    const ids = (more: readonly EvalRun[]) => driftMarks([...steady(5), run(5, { mean: 0.4 }), ...more], [], LEARNING_RULES).map(({ id }) => id)
    expect(ids([])).toEqual(ids([run(6, { mean: 0.41 })]))
  })

  test('evidence before the newest alarm counts less; marks ask for twice the probes for a week', () => {
    const marks = driftMarks([...steady(5), run(5, { mean: 0.4 }), run(6, { mean: 0.4, served_models: ['a-2'] })], [], LEARNING_RULES)
    expect(discountsOf(marks)).toEqual(new Map([['p/a', NOW - 4 * DAY]]))
    const open = openMarks(marks, NOW, LEARNING_RULES)
    expect(open).toHaveLength(2)
    expect([probeFactor('p/a', open), probeFactor('p/b', open)]).toEqual([2, 1])
    expect(openMarks(marks, NOW + 4 * DAY, LEARNING_RULES)).toEqual([])
  })
})
