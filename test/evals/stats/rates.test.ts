import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Random, seededRandom } from '../../../core/seams.ts'
import { clusterBootstrap, quantileOfSorted } from '../../../evals/stats/bootstrap.ts'
import { mcNemar, pairedDifference } from '../../../evals/stats/paired.ts'
import { predictionPoweredRate } from '../../../evals/stats/prediction-powered.ts'
import { logChoose } from '../../../evals/stats/quantiles.ts'
import { rateDifference, wilson } from '../../../evals/stats/rates.ts'

describe('Wilson intervals', () => {
  it("are those of Newcombe's table (81/263, 15/148, 0/20, 1/29)", () => {
    const bounds = (hits: number, n: number) => [wilson(hits, n).low?.toFixed(4), wilson(hits, n).high?.toFixed(4)]
    expect(bounds(81, 263)).toEqual(['0.2553', '0.3662'])
    expect(bounds(15, 148)).toEqual(['0.0624', '0.1605'])
    expect(bounds(0, 20)).toEqual(['0.0000', '0.1611'])
    expect(bounds(1, 29)).toEqual(['0.0061', '0.1718'])
  })

  it('cover on average 95% of the time, computed exactly over all rates at n = 50', () => {
    const n = 50
    let sum = 0
    const rates = Array.from({ length: 99 }, (_v, at) => (at + 1) / 100)
    for (const rate of rates) {
      for (let k = 0; k <= n; k += 1) {
        const interval = wilson(k, n)
        const isCovered = (interval.low ?? 1) <= rate && rate <= (interval.high ?? 0)
        if (isCovered) sum += Math.exp(logChoose(n, k) + k * Math.log(rate) + (n - k) * Math.log(1 - rate))
      }
    }
    expect(sum / rates.length).toBeGreaterThan(0.945)
    expect(sum / rates.length).toBeLessThan(0.965)
  })

  it('hold the rate, lie in 0..1 and narrow with confidence', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const hits = Math.round(n * share)
        const wide = wilson(hits, n, 0.99)
        const narrow = wilson(hits, n, 0.8)
        for (const { value, low, high } of [wide, narrow]) {
          expect(low).toBeLessThanOrEqual(value ?? -1)
          expect(high).toBeGreaterThanOrEqual(value ?? 2)
          expect(low).toBeGreaterThanOrEqual(0)
          expect(high).toBeLessThanOrEqual(1)
        }
        expect((wide.high ?? 0) - (wide.low ?? 0)).toBeGreaterThan((narrow.high ?? 0) - (narrow.low ?? 0))
      }),
    )
  })

  it('are unknown without rows, not 0', () => {
    expect(wilson(0, 0)).toEqual({ value: undefined, low: undefined, high: undefined, n: 0, method: 'wilson 95%' })
  })
})

describe('differences', () => {
  it("gives Newcombe's interval for 56/70 against 48/80 (.0524 to .3339)", () => {
    const difference = rateDifference({ hits: 56, n: 70 }, { hits: 48, n: 80 })
    expect(difference.value).toBeCloseTo(0.2, 12)
    expect(difference.low).toBeCloseTo(0.0524, 4)
    expect(difference.high).toBeCloseTo(0.3339, 4)
  })

  it('gives the McNemar p-values of Fagerland and others (1 against 7: exact .0703, mid-p .0391)', () => {
    expect(mcNemar(1, 7).exactP).toBeCloseTo(0.0703, 4)
    expect(mcNemar(1, 7).midP).toBeCloseTo(0.0391, 4)
    expect(mcNemar(0, 0)).toEqual({ exactP: 1, midP: 1, discordant: 0 })
    expect(mcNemar(3, 3).exactP).toBe(1)
    expect(mcNemar(300, 420).exactP).toBeLessThan(1e-4)
  })

  it('McNemar does not care which target is first', () => {
    fc.assert(fc.property(fc.nat(200), fc.nat(200), (a, b) => {
      expect(mcNemar(a, b)).toEqual(mcNemar(b, a))
    }))
  })
})

describe('the cluster bootstrap', () => {
  const mean = (values: readonly { score: number }[]): number => values.reduce((sum, item) => sum + item.score, 0) / values.length

  it('is wider than one that takes the answers to a question as independent', () => {
    const random = seededRandom('clusters')
    const items = Array.from({ length: 200 }, (_v, at) => ({ question: `q${at % 20}`, own: `${at}`, score: at % 20 < 9 ? 1 : 0 }))
    const clustered = clusterBootstrap(items, (item) => item.question, mean, random, { draws: 500 })
    const naive = clusterBootstrap(items, (item) => item.own, mean, random, { draws: 500 })
    const width = (estimate: { low: number | undefined; high: number | undefined }): number => (estimate.high ?? 0) - (estimate.low ?? 0)
    expect(width(clustered)).toBeGreaterThan(2 * width(naive))
  })

  it('covers a true paired difference about as often as it says', () => {
    const random = seededRandom('coverage')
    let covered = 0
    const runs = 200
    for (let run = 0; run < runs; run += 1) {
      const pairs = Array.from({ length: 60 }, (_v, at) => ({ cluster: `${at}`, first: random.next() < 0.7 ? 1 : 0, second: random.next() < 0.5 ? 1 : 0 }))
      const { low, high } = pairedDifference(pairs, random, { draws: 200 })
      if ((low ?? 1) <= 0.2 && 0.2 <= (high ?? 0)) covered += 1
    }
    expect(covered / runs).toBeGreaterThan(0.89)
    expect(covered / runs).toBeLessThan(0.99)
  })

  it('gives the same interval from the same seed, and none for a single question', () => {
    const items = [{ cluster: 'a', first: 1, second: 0 }, { cluster: 'b', first: 0, second: 0 }, { cluster: 'c', first: 1, second: 1 }]
    expect(pairedDifference(items, seededRandom(7))).toEqual(pairedDifference(items, seededRandom(7)))
    expect(pairedDifference(items.slice(0, 1), seededRandom(7))).toMatchObject({ value: 1, low: undefined, high: undefined })
    expect(pairedDifference([], seededRandom(7)).value).toBeUndefined()
  })

  it('interpolates quantiles as R does by default', () => {
    expect(quantileOfSorted([1, 2, 3, 4], 0.25)).toBeCloseTo(1.75)
    expect(quantileOfSorted([], 0.5)).toBeUndefined()
  })
})

describe('prediction-powered rates', () => {
  /** A grader with the given sensitivity and specificity on answers of the given rate. */
  const graded = (random: Random, rate: number, sensitivity: number, specificity: number) => {
    const truth = random.next() < rate ? 1 : 0
    const predicted = truth === 1 ? (random.next() < sensitivity ? 1 : 0) : random.next() < specificity ? 0 : 1
    return { truth, predicted }
  }

  it('cover the truth though the offline grader is biased, and are narrower than the judged rows alone', () => {
    const random = seededRandom('ppi')
    const runs = 400
    let covered = 0
    let width = 0
    let plainWidth = 0
    for (let run = 0; run < runs; run += 1) {
      const judged = Array.from({ length: 80 }, () => graded(random, 0.4, 0.95, 0.8))
      const unjudged = Array.from({ length: 600 }, () => graded(random, 0.4, 0.95, 0.8).predicted)
      const estimate = predictionPoweredRate(judged, unjudged)
      const plain = predictionPoweredRate(judged, [])
      if ((estimate.low ?? 1) <= 0.4 && 0.4 <= (estimate.high ?? 0)) covered += 1
      width += (estimate.high ?? 1) - (estimate.low ?? 0)
      plainWidth += (plain.high ?? 1) - (plain.low ?? 0)
    }
    expect(covered / runs).toBeGreaterThan(0.91)
    expect(covered / runs).toBeLessThan(0.985)
    expect(width).toBeLessThan(0.8 * plainWidth)
  })

  it('do not trust a grader that knows nothing: the power tuning goes to about 0', () => {
    const random = seededRandom('noise')
    const judged = Array.from({ length: 400 }, () => ({ truth: random.next() < 0.4 ? 1 : 0, predicted: random.next() < 0.5 ? 1 : 0 }))
    const estimate = predictionPoweredRate(judged, Array.from({ length: 4000 }, () => (random.next() < 0.5 ? 1 : 0)))
    expect(estimate.lambda).toBeLessThan(0.12)
  })

  it('are the plain mean without unjudged rows, and unknown without judged ones', () => {
    const judged = [{ truth: 1, predicted: 1 }, { truth: 0, predicted: 1 }, { truth: 1, predicted: 0 }]
    expect(predictionPoweredRate(judged, [])).toMatchObject({ value: 2 / 3, lambda: 0 })
    expect(predictionPoweredRate([], [1, 0, 1]).value).toBeUndefined()
    expect(predictionPoweredRate(judged.slice(0, 1), [1, 0])).toMatchObject({ value: 1, low: undefined })
  })

  it('do not call a unanimous panel certain', () => {
    const judged = Array.from({ length: 30 }, () => ({ truth: 1, predicted: 1 }))
    expect(predictionPoweredRate(judged, Array.from({ length: 300 }, () => 1)).low).toBeLessThan(1)
  })
})
