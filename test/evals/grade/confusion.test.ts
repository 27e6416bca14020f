import { describe, expect, it } from 'vitest'
import { accuracy, cohenKappa, confusion, type LabelPair } from '../../../evals/grade/confusion.ts'

const pairsOf = (counts: readonly (readonly number[])[]): LabelPair[] => counts.flatMap((row, i) => row.flatMap((count, j) => Array.from({ length: count }, () => ({ truth: `${i}`, given: `${j}` }))))

describe('agreement', () => {
  it("gives the kappa of the textbook example (Cohen's yes/no table 20, 5, 10, 15: .4)", () => {
    const matrix = confusion(pairsOf([[20, 5], [10, 15]]))
    expect(accuracy(matrix).value).toBeCloseTo(0.7)
    expect(cohenKappa(matrix).value).toBeCloseTo(0.4)
  })

  it('gives the large-sample interval of the psych package for the same table (.15 to .65)', () => {
    const kappa = cohenKappa(confusion(pairsOf([[20, 5], [10, 15]])))
    expect(kappa.low).toBeCloseTo(0.15, 1)
    expect(kappa.high).toBeCloseTo(0.65, 1)
  })

  it('is 1 for full agreement, 0 for chance, undefined when there is nothing to tell apart', () => {
    expect(cohenKappa(confusion(pairsOf([[5, 0], [0, 5]]))).value).toBe(1)
    expect(cohenKappa(confusion(pairsOf([[5, 5], [5, 5]]))).value).toBeCloseTo(0)
    expect(cohenKappa(confusion(pairsOf([[9, 0], [0, 0]]))).value).toBeUndefined()
    expect(accuracy(confusion([])).value).toBeUndefined()
  })

  it('keeps the order of the labels it is given and adds unknown ones', () => {
    expect(confusion([{ truth: 'b', given: 'c' }], ['a', 'b']).labels).toEqual(['a', 'b', 'c'])
  })
})
