// Shares, steps and draws: the arithmetic that turns utilities into a table.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/seams.ts'
import { drawBeta, drawGamma, drawNormal, mean, spanOf } from '../../../evals/learn/draws.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'
import { coreShares, limitStep, stepToward, probabilityBest, roundShares, totalVariation, withExploration, withoutExploration } from '../../../evals/learn/weights.ts'

const contender = (target: string, pBest: number, utility: number, costUsd: number, before = 0) => ({ target, pBest, utility, costUsd, before })
const sum = (shares: ReadonlyMap<string, number>): number => [...shares.values()].reduce((total, share) => total + share, 0)
const anyShares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }).map((weights) => {
  const total = weights.reduce((a, b) => a + b, 0)
  return new Map(weights.map((weight, i) => [`t${i}`, total > 0 ? weight / total : 1 / weights.length]))
})

describe('draws', () => {
  const many = (draw: () => number): number[] => Array.from({ length: 40_000 }, draw)
  const variance = (values: number[]): number => {
    const centre = mean(values)
    return mean(values.map((value) => (value - centre) ** 2))
  }

  test('have the mean and variance of their distributions', () => {
    const random = seededRandom('moments')
    const normal = many(() => drawNormal(random))
    expect(mean(normal)).toBeCloseTo(0, 1)
    expect(variance(normal)).toBeCloseTo(1, 1)
    const gamma = many(() => drawGamma(3, random))
    expect(mean(gamma) / 3).toBeCloseTo(1, 1)
    expect(variance(gamma) / 3).toBeCloseTo(1, 1)
    const small = many(() => drawGamma(0.5, random))
    expect(mean(small)).toBeCloseTo(0.5, 1)
    const beta = many(() => drawBeta(2, 8, random))
    expect(mean(beta)).toBeCloseTo(0.2, 2)
    expect(variance(beta)).toBeCloseTo((2 * 8) / (100 * 11), 3)
  })

  test('a span is the mean and the central 95%', () => {
    expect(spanOf(Array.from({ length: 1001 }, (_, i) => i))).toEqual({ value: 500, low: 25, high: 975 })
    expect(spanOf([3])).toEqual({ value: 3, low: 3, high: 3 })
  })
})

describe('shares', () => {
  test('P(best) counts the draws a target wins', () => {
    expect(probabilityBest(new Map([['a', [1, 2, 3, 9]], ['b', [2, 1, 2, 8]]]))).toEqual(new Map([['a', 0.75], ['b', 0.25]]))
  })

  test('go as P(best) to the fourth power', () => {
    const shares = coreShares([contender('a', 0.75, 0.9, 1), contender('b', 0.25, 0.8, 1)], LEARNING_RULES)
    expect(shares.get('a')).toBeCloseTo(81 / 82, 12)
    expect(shares.get('b')).toBeCloseTo(1 / 82, 12)
  })

  test('inside the band of .005 the cheaper one gets the share, just outside it does not', () => {
    const inside = coreShares([contender('dear', 0.6, 0.9, 2), contender('cheap', 0.3, 0.8955, 1), contender('other', 0.1, 0.5, 0.1)], LEARNING_RULES)
    expect(inside.get('dear')).toBe(0)
    expect(inside.get('cheap')).toBeCloseTo((0.6 ** 4 + 0.3 ** 4) / (0.6 ** 4 + 0.3 ** 4 + 0.1 ** 4), 12)
    expect(inside.get('other')).toBeCloseTo(0.1 ** 4 / (0.6 ** 4 + 0.3 ** 4 + 0.1 ** 4), 12)
    expect(coreShares([contender('dear', 0.6, 0.9, 2), contender('cheap', 0.4, 0.8945, 1)], LEARNING_RULES).get('dear')).toBeGreaterThan(0.5)
  })

  test('of equals at one price the one with the traffic keeps it', () => {
    expect(coreShares([contender('a', 0.55, 0.9, 1), contender('b', 0.45, 0.896, 1.01, 0.8)], LEARNING_RULES).get('b')).toBeCloseTo(1, 12)
  })

  test('exploration is ε in total and goes by 1/cost, a free target not taking all of it', () => {
    const explored = withExploration(new Map([['a', 1], ['b', 0], ['c', 0]]), new Map([['a', 4], ['b', 1], ['c', 2]]), 0.07)
    expect(explored.get('b')).toBeCloseTo(0.04, 12)
    expect(explored.get('c')).toBeCloseTo(0.02, 12)
    expect(sum(explored)).toBeCloseTo(1, 12)
    const free = withExploration(new Map([['a', 1], ['b', 0]]), new Map([['a', 1], ['b', 0]]), 0.1)
    expect(free.get('b')).toBeCloseTo((0.1 * 100) / 101, 12)
  })

  test('weights without their exploration are the shares it was put into, to a millionth; what a step left below its part is 0', () => {
    fc.assert(
      fc.property(anyShares, fc.double({ min: 0.01, max: 0.3, noNaN: true }), (shares, epsilon) => {
        const costs = new Map([...shares.keys()].map((name, i) => [name, i + 1]))
        const core = withoutExploration(withExploration(shares, costs, epsilon), costs, epsilon)
        expect(sum(core)).toBeCloseTo(1, 9)
        for (const [name, share] of core) expect(share).toBeCloseTo(shares.get(name) ?? NaN, 5)
      }),
    )
    const stepped = withoutExploration(new Map([['a', 0.99], ['b', 0.01]]), new Map([['a', 1], ['b', 1]]), 0.04)
    expect(Object.fromEntries(stepped)).toEqual({ a: 1, b: 0 })
  })

  test('a step stops at the limit, on the way there', () => {
    fc.assert(
      fc.property(anyShares, anyShares, fc.double({ min: 0.01, max: 1, noNaN: true }), (before, after, limit) => {
        const step = limitStep(before, after, limit)
        expect(totalVariation(before, step)).toBeLessThanOrEqual(limit + 1e-9)
        expect(totalVariation(before, step) + totalVariation(step, after)).toBeCloseTo(totalVariation(before, after), 9)
        expect(sum(step)).toBeCloseTo(1, 9)
      }),
    )
  })

  test('what leaves a target that is urgent goes at once, and only the rest stops at the limit', () => {
    const before = new Map([['a', 0.8], ['b', 0.1], ['c', 0.1]])
    const after = new Map([['a', 0], ['b', 1], ['c', 0]])
    expect(stepToward(before, after, new Set(), 0.25).get('a')).toBeCloseTo(0.8 - (0.25 * 0.8) / 0.9, 12)
    const urgent = stepToward(before, after, new Set(['a']), 0.05)
    expect(urgent.get('a')).toBe(0)
    expect(urgent.get('b')).toBeCloseTo(0.95, 12)
    expect(urgent.get('c')).toBeCloseTo(0.05, 12)
    fc.assert(
      fc.property(anyShares, anyShares, (from, to) => {
        const step = stepToward(from, to, new Set(['t0', 't3']), 0.1)
        expect(sum(step)).toBeCloseTo(1, 9)
        for (const share of step.values()) expect(share).toBeGreaterThanOrEqual(-1e-12)
      }),
    )
  })

  test('rounded shares are whole thousandths that sum to 1 and are off by less than one', () => {
    fc.assert(
      fc.property(anyShares, (shares) => {
        const rounded = roundShares(shares)
        expect(Math.round(sum(rounded) * 1000)).toBe(1000)
        for (const [name, share] of rounded) {
          expect(share * 1000).toBeCloseTo(Math.round(share * 1000), 6)
          expect(Math.abs(share - (shares.get(name) ?? 0))).toBeLessThan(0.0011)
        }
      }),
    )
  })
})
