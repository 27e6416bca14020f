// A run against a baseline: what is compared, what is refused, and what counts as a difference.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../core/seams.ts'
import type { Trial } from '../../../evals/replay/trial.ts'
import { compareRuns, type Comparison, type CompareOptions } from '../../../evals/report/compare.ts'
import { trial } from '../support-trial.ts'

/** `right` of `n` questions answered correctly, the same ones first. */
const run = (n: number, right: number, over: Partial<Trial> = {}): Trial[] => Array.from({ length: n }, (_v, at) => trial({ probeId: `q${at}`, label: at < right ? 'correct' : 'incorrect', ...over }))
const compare = (now: readonly Trial[], before: readonly Trial[], over: Partial<CompareOptions> = {}): Comparison => compareRuns(now, before, seededRandom(1), { baseline: 'b', minEffect: 0.02, q: 0.05, ...over })

describe('a comparison', () => {
  it('finds the worse and the better target on common questions, with the answers that flipped', () => {
    const made = compare([...run(100, 60), ...run(100, 90, { target: 'u' })], [...run(100, 80), ...run(100, 70, { target: 'u' })])
    expect(made.cells).toMatchObject([{ target: 't', verdict: 'worse', questions: 100 }, { target: 'u', verdict: 'better' }])
    expect(made.cells[0]?.difference.value).toBeCloseTo(-0.2)
    expect(made.flips.filter((flip) => flip.target === 't')).toHaveLength(20)
    expect(made.flips[0]).toMatchObject({ probeId: 'q60', was: 'correct', is: 'incorrect', worse: true })
  })

  it('calls nothing a difference that is below the minimum effect or without evidence', () => {
    expect(compare(run(100, 60), run(100, 80), { minEffect: 0.25 }).cells[0]?.verdict).toBe('no_difference_shown')
    // 4 of 100 flipped one way: p = 0.06 by McNemar's mid-p.
    expect(compare(run(100, 76), run(100, 80)).cells[0]).toMatchObject({ verdict: 'no_difference_shown' })
    expect(compare(run(19, 0), run(19, 19)).cells[0]).toMatchObject({ verdict: 'too_few', adjustedP: undefined })
  })

  it('judges many comparisons together: what stands alone may not stand among twenty', () => {
    const alone = compare(run(100, 74), run(100, 80))
    expect(alone.cells[0]?.verdict).toBe('worse')
    const others = Array.from({ length: 19 }, (_v, at) => run(100, 80, { target: `x${at}` })).flat()
    const among = compare([...run(100, 74), ...others], [...run(100, 80), ...others])
    expect(among.cells.find((cell) => cell.target === 't')?.verdict).toBe('no_difference_shown')
  })

  it('refuses another suite version, another grader and another set of questions, and says so', () => {
    expect(compare(run(50, 40), run(50, 30, { suiteHash: 'edited' }))).toMatchObject({ cells: [], notes: [expect.stringMatching(/t on factual is not compared: the suite was edited/)] })
    expect(compare(run(50, 40), run(50, 30, { grader: 'panel@1' })).notes[0]).toMatch(/graded by panel@1, now by g@1: grades of different graders are never compared/)
    expect(compare(run(50, 40), run(50, 30, { target: 'v' })).notes[0]).toMatch(/the baseline has no scored trials/)
    const shifted = run(50, 30).map((one, at) => ({ ...one, probeId: `q${at + 25}` }))
    expect(compare(run(50, 40), shifted).cells[0]?.questions).toBe(25)
  })

  it('leaves unscored trials out on both sides, and averages repetitions of a question', () => {
    const now = run(60, 60).map((one, at) => (at < 10 ? { ...one, status: 'empty' as const, label: undefined } : one))
    expect(compare(now, run(60, 0)).cells[0]).toMatchObject({ questions: 50, verdict: 'better' })
    const twice = [0, 1].flatMap((epoch) => run(40, 40).map((one) => ({ ...one, epoch, label: epoch === 0 ? 'correct' : 'incorrect' })))
    expect(compare(twice, run(40, 40)).cells[0]?.difference.value).toBeCloseTo(-0.5)
  })

  it('takes every target against one of the run itself, but not that one against itself', () => {
    const trials = [...run(100, 60), ...run(100, 80, { target: 'u' })]
    const made = compare(trials, trials, { baseline: 'r', against: 'u' })
    expect(made.cells).toMatchObject([{ target: 't', against: 'u', verdict: 'worse' }])
  })
})
