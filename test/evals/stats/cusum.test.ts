// Cumulative sums, means of runs, differences of means: against published values and by small simulations.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/seams.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'
import { cusumAlarms, type Night } from '../../../evals/stats/cusum.ts'
import { meanOfRuns } from '../../../evals/stats/mean-of-runs.ts'
import { meanDifference, pooledMoments } from '../../../evals/stats/welch.ts'

const rules = LEARNING_RULES.drift
const nights = (means: readonly number[], questions = 100): Night[] => means.map((mean, at) => ({ id: `n${at}`, at, mean, questions }))

describe('cusumAlarms', () => {
  test('sums falls beyond the slack and alarms over five questions\' worth of the night', () => {
    // Reference .8 from two nights; each night at .73 adds .02, and the threshold at 100 questions is .05.
    expect(cusumAlarms(nights([0.8, 0.8, 0.73, 0.73, 0.73]), rules)).toMatchObject([{ night: { at: 4 }, since: { at: 2 }, reference: 0.8, mean: expect.closeTo(0.73, 12), sum: expect.closeTo(0.06, 12), threshold: 0.05 }])
    expect(cusumAlarms(nights([0.8, 0.8, 0.75, 0.75, 0.75, 0.75, 0.75, 0.75]), rules)).toEqual([])
  })

  test('has the published thresholds at 20, 50 and 100 questions', () => {
    for (const [questions, threshold] of [[20, 0.25], [50, 0.1], [100, 0.05]] as const) {
      const series = (fall: number) => nights([0.9, 0.9, 0.9, 0.9, 0.9 - fall], questions)
      expect(cusumAlarms(series(rules.slack + threshold - 0.001), rules)).toEqual([])
      expect(cusumAlarms(series(rules.slack + threshold + 0.001), rules)).toHaveLength(1)
    }
  })

  test('a collapse is seen the night it happens, and what came before it is no reference any more', () => {
    const alarms = cusumAlarms(nights([0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4]), rules)
    expect(alarms).toMatchObject([{ night: { at: 3 }, since: { at: 3 }, reference: expect.closeTo(0.8, 12) }])
  })

  test('a slow fall cannot drag its reference along', () => {
    const slow = Array.from({ length: 40 }, (_, at) => 0.8 - 0.01 * Math.max(0, at - 10))
    expect(cusumAlarms(nights(slow), rules).length).toBeGreaterThan(0)
  })

  test('nights of too few questions and a reference of too few are no ground for an alarm', () => {
    expect(cusumAlarms(nights([0.8, 0.8, 0.1, 0.1], 10), rules)).toEqual([])
    expect(cusumAlarms(nights([0.8, 0.1]), rules)).toEqual([])
  })

  test('rarely alarms for a steady model: less than once in forty nights of 100 new questions', () => {
    const random = seededRandom('steady')
    const series = Array.from({ length: 2_000 }, (_, at) => ({ id: String(at), at, questions: 100, mean: Array.from({ length: 100 }, () => (random.next() < 0.75 ? 1 : 0)).reduce<number>((sum, one) => sum + one, 0) / 100 }))
    expect(cusumAlarms(series, rules).length).toBeLessThan(50)
  })
})

describe('a mean of runs', () => {
  test('has its interval, and a single run none', () => {
    const { value, low, high } = meanOfRuns([1, 2, 3, 4, 5])
    expect(value).toBe(3)
    expect(high).toBeCloseTo(3 + 2.7764 * Math.sqrt(2.5 / 5), 3)
    expect((low ?? 0) + (high ?? 0)).toBeCloseTo(6, 12)
    expect(meanOfRuns([7])).toEqual({ value: 7, low: undefined, high: undefined })
  })
})

describe('meanDifference', () => {
  test('is a z test with the variances of both', () => {
    const found = meanDifference({ n: 100, mean: 5, variance: 4 }, { n: 50, mean: 4.2, variance: 2 })
    // z = .8 / √(.04 + .04) = 2.828, p = .00468.
    expect(found?.difference).toBeCloseTo(0.8, 12)
    expect(found?.p).toBeCloseTo(0.00468, 5)
    expect(meanDifference({ n: 29, mean: 5, variance: 4 }, { n: 50, mean: 4, variance: 2 })).toBeUndefined()
    expect(meanDifference({ n: 100, mean: 5, variance: 0 }, { n: 50, mean: 4, variance: 0 })).toBeUndefined()
  })

  test('samples pool into one with the variance between them', () => {
    expect(pooledMoments([{ n: 10, mean: 1, variance: 1 }, { n: 30, mean: 3, variance: 1 }])).toEqual({ n: 40, mean: 2.5, variance: expect.closeTo(1.75, 12) })
    expect(pooledMoments([])).toBeUndefined()
  })
})
