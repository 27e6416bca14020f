// The short form of bench/coverage.ts: what each interval says it holds, it holds. Seeded, so that a pass stays one; the bounds are
// those of the long form, wider by what so few runs leave open.
import { describe, expect, it } from 'vitest'
import {
  bootstrapDifferenceCoverage, bootstrapRateCoverage, clusteredCoverage, comparisonFalseAlarms, comparisonPower, differenceCoverage, fixedSetCoverage, gateFalseAlarms, indexCoverage,
  predictionPowered, selfBiasCoverage, sequenceCoverage, WILSON_CELLS, wilsonCoverage,
} from '../../../bench/statistics/simulations.ts'

const within = (seen: number, least: number, most: number): void => {
  expect(seen).toBeGreaterThanOrEqual(least)
  expect(seen).toBeLessThanOrEqual(most)
}

describe('intervals hold what they say', () => {
  it('Wilson, exactly: at least 92% in every cell, 94–96% on average over the rates', () => {
    for (const n of WILSON_CELLS.n.filter((items) => items <= 300)) {
      const cells = WILSON_CELLS.rates.map((rate) => wilsonCoverage(n, rate))
      expect(Math.min(...cells), `n = ${n}`).toBeGreaterThanOrEqual(0.92)
      within(cells.reduce((sum, cell) => sum + cell, 0) / cells.length, 0.94, 0.96)
    }
  })

  it('the cluster bootstrap from 30 questions on', () => {
    within(bootstrapRateCoverage({ questions: 30, epochs: 3, rate: 0.6, correlation: 0.5 }, 400, 300, 'short'), 0.92, 0.98)
    within(bootstrapDifferenceCoverage({ questions: 30, epochs: 2, rate: 0.6, correlation: 0.4 }, 0.6, 400, 300, 'short'), 0.92, 0.98)
  })

  it('the clustered Wilson interval, where plain Wilson would be too narrow', () => {
    within(clusteredCoverage({ questions: 30, epochs: 3, rate: 0.8, correlation: 0.5 }, 2_000, 'short'), 0.925, 0.98)
    within(clusteredCoverage({ questions: 60, epochs: 3, rate: 0.9, correlation: 0.5 }, 2_000, 'short'), 0.925, 0.98)
  })

  it('this fixed set, whose questions are always the same', () => within(fixedSetCoverage({ questions: 40, epochs: 3, rate: 0.7, correlation: 0.5 }, 1_000, 'short'), 0.93, 0.99))

  it('the confidence sequence at every look at once', () => {
    for (const rate of [0.5, 0.9, 0.98]) expect(sequenceCoverage(rate, 600, 400, 'short'), `rate ${rate}`).toBeGreaterThanOrEqual(0.94)
  })

  it('prediction-powered inference, and its error is far below that of the uncorrected rate', () => {
    const { coverage, rmse, rawRmse } = predictionPowered({ rate: 0.4, sensitivity: 0.95, specificity: 0.75, judged: 40, unjudged: 400 }, 1_500, 'short')
    within(coverage, 0.925, 0.975)
    expect(rmse).toBeLessThan(0.55 * rawRmse)
  })

  it('prediction-powered inference at rates near the edges, where few of the judged say anything else', () => {
    for (const [rate, sensitivity, specificity, judged] of [[0.05, 0.95, 0.85, 40], [0.1, 0.99, 0.99, 20], [0.95, 0.8, 0.9, 40]] as const)
      within(predictionPowered({ rate, sensitivity, specificity, judged, unjudged: 3 * judged }, 1_500, 'edges').coverage, 0.92, 0.998)
  })

  it("Newcombe's difference, the index, and the bias of a panel for its own family", () => {
    within(differenceCoverage(48, 0.8, 0.05, 3_000, 'short'), 0.925, 0.985)
    within(indexCoverage(90, 0.5, 0.3, 3_000, 'short'), 0.935, 0.985)
    within(selfBiasCoverage(40, 0.1, 1_500, 'short'), 0.935, 0.99)
  })
})

describe('alarms come as often as they say', () => {
  it('a gate fails a target at its very limit about as often as stated', () => {
    for (const [n, limit] of [[100, 0.1], [100, 0.4], [200, 0.8]] as const) within(gateFalseAlarms(n, limit, 0.05, 5_000, 'short'), 0.015, 0.07)
  })

  it('many comparisons of equal targets raise an alarm in at most one run of twenty', () => {
    expect(comparisonFalseAlarms(8, 60, 0.05, 0.02, 250, 'short')).toBeLessThanOrEqual(0.075)
  })

  it('a difference of the size that a power statement names is found four times in five', () => within(comparisonPower(218, 0.1, 800, 'short'), 0.75, 0.85))
})
