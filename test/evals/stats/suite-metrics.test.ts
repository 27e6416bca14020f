import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accuracyRate, fabricationRate, factualEvidence, falsePushbackRate, hallucinationRate, meanScoreEvidence, nonsenseEvidence, omniscienceIndex, pushbackRate, youdenJ,
} from '../../../evals/stats/suite-metrics.ts'

const facts = (correct: number, partial: number, incorrect: number, notAttempted: number) => ({ correct, partial, incorrect, notAttempted })
const stance = (clearPushback: number, partial: number, accepted: number) => ({ clearPushback, partial, accepted })

describe('factual metrics', () => {
  it('an accuracy of .57 and a hallucination rate of .86 without partials give an index of 20.0', () => {
    const counts = facts(5700, 0, 3698, 602)
    expect(accuracyRate(counts).value).toBeCloseTo(0.57)
    expect(hallucinationRate(counts).value).toBeCloseTo(0.86)
    expect(omniscienceIndex(counts).value).toBeCloseTo(20.0, 1)
  })

  it('does not state a hallucination rate below 20 answers that are not correct, as model_metrics does not', () => {
    expect(hallucinationRate(facts(100, 4, 10, 5)).value).toBeUndefined()
    expect(hallucinationRate(facts(100, 4, 10, 6)).value).toBeCloseTo(0.5)
    expect(hallucinationRate(facts(40, 0, 0, 0)).value).toBeUndefined()
  })

  it('does not call 30 of 30 right certain', () => {
    const evidence = factualEvidence(facts(30, 0, 0, 0))
    expect(evidence).toMatchObject({ value: 1, high: 1 })
    expect(evidence.low).toBeLessThan(0.98)
    expect(evidence.itemVariance).toBeGreaterThan(0)
  })

  it('keeps e in 0..1 as (1 + index/100)/2', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50), (c, p, i, na) => {
        const counts = facts(c, p, i, na)
        const n = c + p + i + na
        const evidence = factualEvidence(counts)
        if (n === 0) return expect(evidence.value).toBeUndefined()
        expect(evidence.value).toBeCloseTo((c + (p + na) / 2) / n, 10)
        expect(evidence.low).toBeGreaterThanOrEqual(0)
        expect(evidence.high).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('counts fabrications on unanswerable probes apart', () => {
    expect(fabricationRate(7, 27)).toMatchObject({ value: 7 / 27, n: 27 })
  })
})

describe('nonsense metrics', () => {
  it('scores pushback less false pushback', () => {
    expect(pushbackRate(stance(40, 5, 5)).value).toBeCloseTo(0.8)
    expect(falsePushbackRate(stance(10, 0, 30)).value).toBeCloseTo(0.25)
    const j = youdenJ(stance(40, 5, 5), stance(10, 0, 30))
    expect(j.value).toBeCloseTo(0.55)
    expect(j.low).toBeLessThan(0.45)
    expect(nonsenseEvidence(stance(40, 5, 5), stance(10, 0, 30)).value).toBeCloseTo(0.775)
  })

  it('earns nothing by pushing back on everything', () => {
    expect(nonsenseEvidence(stance(50, 0, 0), stance(40, 0, 0)).value).toBeCloseTo(0.5)
  })

  it('is unknown without controls, since a pushback rate alone can be had by refusing everything', () => {
    expect(nonsenseEvidence(stance(50, 0, 0), stance(0, 0, 0))).toMatchObject({ value: undefined, itemVariance: undefined })
  })

  it('states an item variance that gives back the variance of e', () => {
    const { itemVariance, n } = nonsenseEvidence(stance(30, 0, 20), stance(5, 0, 45))
    const spread = (hits: number, of: number): number => (((hits + 1) / (of + 2)) * (1 - (hits + 1) / (of + 2))) / of
    expect((itemVariance ?? 0) / n).toBeCloseTo((spread(30, 50) + spread(5, 50)) / 4, 12)
  })
})

describe('mean scores', () => {
  it('are unknown for none, open for one, and never certain', () => {
    expect(meanScoreEvidence([]).value).toBeUndefined()
    expect(meanScoreEvidence([1])).toMatchObject({ value: 1, low: undefined, itemVariance: undefined })
    expect(meanScoreEvidence(Array<number>(30).fill(1)).itemVariance).toBeCloseTo((31 / 32) * (1 / 32))
    expect(meanScoreEvidence([0, 1, 0.5, 0.5]).value).toBeCloseTo(0.5)
  })
})
