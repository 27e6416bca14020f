import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../core/seams.ts'
import { clusteredRate } from '../../../evals/stats/clustered.ts'
import { comparePairs, judgeComparisons, MIN_COMMON_QUESTIONS } from '../../../evals/stats/comparison.ts'
import { fixedSetMean } from '../../../evals/stats/fixed-set.ts'
import { wilson } from '../../../evals/stats/rates.ts'
import { addTo, runningMean } from '../../../evals/stats/running-mean.ts'

const pairs = (up: number, down: number, same: number) => [
  ...Array.from({ length: up }, (_v, at) => ({ cluster: `u${at}`, first: 1, second: 0 })),
  ...Array.from({ length: down }, (_v, at) => ({ cluster: `d${at}`, first: 0, second: 1 })),
  ...Array.from({ length: same }, (_v, at) => ({ cluster: `s${at}`, first: 1, second: 1 })),
]
const judge = (...all: ReturnType<typeof comparePairs>[]) => judgeComparisons(all, { minEffect: 0.02, q: 0.05 }).map(({ verdict }) => verdict)

describe('comparing with a baseline', () => {
  it('calls a difference only with both an effect and evidence', () => {
    expect(judge(comparePairs(pairs(30, 5, 65), seededRandom(1)))).toEqual(['better'])
    expect(judge(comparePairs(pairs(5, 30, 65), seededRandom(1)))).toEqual(['worse'])
    expect(judge(comparePairs(pairs(12, 8, 80), seededRandom(1)))).toEqual(['no_difference_shown'])
    // Evident, but too small to matter.
    expect(judgeComparisons([comparePairs(pairs(60, 20, 4_000), seededRandom(1), { draws: 50 })], { minEffect: 0.02, q: 0.05 })[0]?.verdict).toBe('no_difference_shown')
  })

  it('says nothing on few common questions', () => {
    const few = comparePairs(pairs(MIN_COMMON_QUESTIONS - 1, 0, 0), seededRandom(1))
    expect(judge(few)).toEqual(['too_few'])
    expect(judge(comparePairs([], seededRandom(1)))).toEqual(['too_few'])
  })

  it('judges many rows together: one weak finding among many is none', () => {
    const weak = comparePairs(pairs(18, 7, 75), seededRandom(1))
    expect(weak.p).toBeLessThan(0.05)
    expect(judge(weak)).toEqual(['better'])
    const nothing = Array.from({ length: 12 }, (_v, at) => comparePairs(pairs(10, 10 + (at % 3), 80), seededRandom(at)))
    expect(judge(weak, ...nothing)[0]).toBe('no_difference_shown')
  })

  it('takes repeated questions as one each', () => {
    const repeated = Array.from({ length: 30 }, (_v, at) => Array.from({ length: 4 }, () => ({ cluster: `q${at}`, first: at % 3 === 0 ? 1 : 0, second: 0 }))).flat()
    const compared = comparePairs(repeated, seededRandom(1))
    expect(compared.questions).toBe(30)
    expect(compared.difference.value).toBeCloseTo(1 / 3)
  })

  it('does not claim more than the signs when every question differs by the same', () => {
    const all = comparePairs(Array.from({ length: 25 }, (_v, at) => ({ cluster: `q${at}`, first: 0.5, second: 0 })), seededRandom(1))
    expect(all.p).toBeCloseTo(2 * 0.5 ** 25)
  })
})

describe('clustered rates', () => {
  it('are plain Wilson with one answer a question, and wider with repetitions that agree', () => {
    const single = Array.from({ length: 40 }, (_v, at) => ({ n: 1, hits: at < 24 ? 1 : 0 }))
    expect(clusteredRate(single)).toEqual(wilson(24, 40))
    const repeated = clusteredRate(single.map(({ hits }) => ({ n: 4, hits: 4 * hits })))
    const naive = wilson(96, 160)
    expect((repeated.high ?? 0) - (repeated.low ?? 0)).toBeGreaterThan(1.8 * ((naive.high ?? 0) - (naive.low ?? 0)))
  })

  it('do not call unanimity certainty, and have no bounds for one question', () => {
    const unanimous = clusteredRate(Array.from({ length: 30 }, () => ({ n: 3, hits: 3 })))
    expect(unanimous).toMatchObject({ value: 1, high: 1 })
    expect(unanimous.low).toBeLessThan(0.9)
    expect(clusteredRate([{ n: 5, hits: 2 }])).toMatchObject({ value: 0.4, low: undefined, high: undefined })
    expect(clusteredRate([]).value).toBeUndefined()
  })
})

describe('this fixed set', () => {
  it('knows nothing of how answers vary without repetitions', () => {
    expect(fixedSetMean([[1], [0], [1]])).toMatchObject({ value: 2 / 3, low: undefined, high: undefined })
    expect(fixedSetMean([]).value).toBeUndefined()
  })

  it('is narrower than for questions like these when answers to a question agree', () => {
    const answers = Array.from({ length: 40 }, (_v, at) => Array.from({ length: 3 }, () => (at < 20 ? 1 : 0)))
    const fixed = fixedSetMean(answers)
    const alike = clusteredRate(answers.map((group) => ({ n: 3, hits: group.reduce<number>((sum, score) => sum + score, 0) })))
    expect((fixed.high ?? 0) - (fixed.low ?? 0)).toBeLessThan(0.4 * ((alike.high ?? 0) - (alike.low ?? 0)))
  })
})

describe('a running mean', () => {
  it('starts without a value, is wide at first and narrows', () => {
    let seen = { n: 0, sum: 0, squares: 0 }
    expect(runningMean(seen).value).toBeUndefined()
    const widths = [1, 10, 100, 1_000].map((n) => {
      while (seen.n < n) seen = addTo(seen, seen.n % 4 === 0 ? 0 : 1)
      const { low, high } = runningMean(seen)
      return (high ?? 1) - (low ?? 0)
    })
    expect(widths[0]).toBe(1)
    expect(widths).toEqual([...widths].sort((a, b) => b - a))
  })
})
