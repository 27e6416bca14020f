import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { benjaminiHochberg, confidenceSequenceHalfWidth, rhoFor } from '../../../evals/stats/alerts.ts'
import { detectableDifference, probesNeeded } from '../../../evals/stats/power.ts'
import { betaCdf, betaQuantile, logGamma, normalCdf, normalQuantile } from '../../../evals/stats/quantiles.ts'
import { seededRandom } from '../../../core/seams.ts'

describe('distribution functions', () => {
  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.8, 0.8416212335729143],
    [1e-10, -6.361340902404056],
  ])('normal quantile of %d is the published %d', (p, wanted) => expect(normalQuantile(p)).toBeCloseTo(wanted, 12))

  it('normal tails are those of the tables', () => {
    expect(normalCdf(-6) / 9.865876450376981e-10).toBeCloseTo(1, 10)
    expect(normalCdf(1)).toBeCloseTo(0.8413447460685429, 14)
  })

  it('beta values are those of R (qbeta(.025, 8, 3), qbeta(.975, .5, .5), pbeta(.3, 2, 5))', () => {
    expect(betaQuantile(0.025, 8, 3)).toBeCloseTo(0.4439045, 6)
    expect(betaQuantile(0.975, 0.5, 0.5)).toBeCloseTo(0.9984587, 6)
    expect(betaCdf(betaQuantile(1e-6, 0.3, 0.3), 0.3, 0.3) / 1e-6).toBeCloseTo(1, 8)
    expect(betaCdf(0.3, 2, 5)).toBeCloseTo(0.579825, 10)
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13)
  })

  it('quantile and distribution function undo each other', () => {
    const p = fc.double({ min: 1e-3, max: 1 - 1e-3, noNaN: true })
    const shape = fc.double({ min: 0.5, max: 200, noNaN: true })
    fc.assert(
      fc.property(p, shape, shape, (share, a, b) => {
        expect(normalCdf(normalQuantile(share))).toBeCloseTo(share, 12)
        expect(betaCdf(betaQuantile(share, a, b), a, b)).toBeCloseTo(share, 8)
      }),
    )
  })

  it('answers NaN outside [0, 1]', () => {
    expect([normalQuantile(-0.1), normalQuantile(NaN), betaQuantile(1.1, 1, 1)]).toEqual([NaN, NaN, NaN])
  })
})

describe('power of a paired comparison', () => {
  it('is 14.8 points at 100 probes, 10 at 218, 5 at 871', () => {
    expect(100 * (detectableDifference(100) ?? 0)).toBeCloseTo(14.8, 0)
    expect(probesNeeded(0.1)).toBe(218)
    expect(probesNeeded(0.05)).toBe(871)
    expect(probesNeeded(0)).toBeUndefined()
    expect(detectableDifference(0)).toBeUndefined()
  })
})

describe('alerts', () => {
  it("finds the four discoveries of Benjamini and Hochberg's own example", () => {
    const p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1]
    expect(benjaminiHochberg(p, 0.05).filter((row) => row.isDiscovery)).toHaveLength(4)
  })

  it('keeps the given order and never adjusts below the p-value', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (p) => {
        benjaminiHochberg(p, 0.1).forEach((row, at) => {
          expect(row.adjusted).toBeGreaterThanOrEqual((p[at] ?? 0) - 1e-12)
          expect(row.adjusted).toBeLessThanOrEqual(1)
        })
      }),
    )
  })

  it('a confidence sequence covers the mean at every look from the fiftieth on', () => {
    const random = seededRandom('sequence')
    const rho = rhoFor(200, 0.21, 0.05)
    let missed = 0
    for (let run = 0; run < 400; run += 1) {
      let hits = 0
      let isMissed = false
      for (let n = 1; n <= 1000; n += 1) {
        hits += random.next() < 0.3 ? 1 : 0
        const mean = hits / n
        const half = n < 50 ? undefined : confidenceSequenceHalfWidth(n, mean * (1 - mean), 0.05, rho)
        if (half !== undefined && Math.abs(mean - 0.3) > half) isMissed = true
      }
      missed += isMissed ? 1 : 0
    }
    expect(missed / 400).toBeLessThanOrEqual(0.05)
  })

  it('knows no half-width without items or variance, and narrows with more', () => {
    expect(confidenceSequenceHalfWidth(0, 0.2, 0.05, 1)).toBeUndefined()
    expect(confidenceSequenceHalfWidth(10, undefined, 0.05, 1)).toBeUndefined()
    expect(confidenceSequenceHalfWidth(400, 0.2, 0.05, 0.5)).toBeLessThan(confidenceSequenceHalfWidth(100, 0.2, 0.05, 0.5) ?? 0)
    expect(confidenceSequenceHalfWidth(100, 0.25, 0.05, 0.3)).toBeCloseTo(Math.sqrt((3.25 / 900) * Math.log(3.25 / 0.0025)), 12)
  })
})
