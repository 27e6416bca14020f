import { describe, expect, it } from 'vitest'
import { tCritical, tQuantile, tTwoSidedP } from '../../../evals/stats/student.ts'

describe("Student's t", () => {
  it('has the quantiles of the printed tables', () => {
    expect(tQuantile(0.975, 1)).toBeCloseTo(12.7062, 3)
    expect(tQuantile(0.975, 29)).toBeCloseTo(2.04523, 4)
    expect(tQuantile(0.95, 10)).toBeCloseTo(1.81246, 4)
    expect(tQuantile(0.025, 29)).toBeCloseTo(-2.04523, 4)
    expect(tCritical(0.95, 1e6)).toBeCloseTo(1.95996, 3)
    expect(tQuantile(1, 3)).toBeNaN()
    expect(tQuantile(0.5, 3)).toBe(0)
  })

  it('gives the two-sided p of a t', () => {
    expect(tTwoSidedP(2.04523, 29)).toBeCloseTo(0.05, 4)
    expect(tTwoSidedP(0, 5)).toBeCloseTo(1)
    expect(tTwoSidedP(-2.04523, 29)).toBeCloseTo(0.05, 4)
    expect(tTwoSidedP(Infinity, 5)).toBe(0)
  })
})
