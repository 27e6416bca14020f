// Simulated nights in short: what bench/learning.ts --part nights measures over a hundred seeds, held here over a few.
import { describe, expect, test } from 'vitest'
import { changesOf, playNights } from '../../../bench/learning/nights.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'
import { configOf, factualRows, observedAs, productionRow, recommend, rowsOf } from './fixture.ts'

const SEEDS = [0, 1, 2, 3, 4]
// Fewer posterior draws than in production: these nights are many, and their chances coarse.
const rules = { ...LEARNING_RULES, draws: 400 }
const base = { nights: 20, questions: 120, models: 4, spread: 0.4, rules }

describe('over simulated nights', () => {
  test('equal models hardly ever change places', () => {
    const changes = SEEDS.map((seed) => changesOf(playNights({ ...base, seed, quality: () => 0.75 }).leaders))
    expect(changes.reduce((sum, count) => sum + count, 0) / SEEDS.length).toBeLessThanOrEqual(1)
    expect(Math.max(...changes)).toBeLessThanOrEqual(2)
  })

  test('a model that is ten points better leads within ten nights in most of them', () => {
    const found = SEEDS.filter((seed) => playNights({ ...base, nights: 10, seed: 100 + seed, quality: (model) => (model === 3 ? 0.85 : 0.75) }).leaders.at(-1) === 3)
    expect(found.length).toBeGreaterThanOrEqual(4)
  })

  test('a leader that collapses is demoted the next night', () => {
    for (const seed of SEEDS) {
      let fallen: number | undefined
      const { leaders } = playNights({
        ...base, nights: 9, seed: 200 + seed,
        // One model leads for sure, so that there is one to fall.
        quality: (model, night, leader) => {
          if (night === 8) fallen ??= leader
          return night === 8 && model === fallen ? 0.3 : model === 0 ? 0.9 : 0.8
        },
      })
      expect(leaders[7]).toBe(0)
      expect(leaders[8]).not.toBe(0)
    }
  })
})

describe('a biased production proxy', () => {
  test.each([1_000, 100_000, 10_000_000])('of %i calls cannot overturn what evals say', (calls) => {
    const traffic = [productionRow('a', calls, 0.004, observedAs(calls, 0.4, 0.2)), productionRow('b', calls, 0.004, observedAs(calls, 1, 0.01))]
    const { advice } = recommend(configOf({ targets: { a: { input: 1, output: 1 }, b: { input: 1, output: 1 } } }), rowsOf([...factualRows('a', 85, 15), ...factualRows('b', 60, 40)], traffic))
    expect(advice).toMatchObject({ verdict: 'hold', after: { a: 1, b: 0 } })
  })

  test('lowers what evals say by no more than their interval, and raises nothing above it', () => {
    const quality = (y: number): number => {
      const { advice } = recommend(configOf(), rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 80, 20)], [productionRow('a', 5_000, 0.004, observedAs(5_000, y, 0.2)), productionRow('b', 5_000, 0.004, observedAs(5_000, 0.9, 0.2))]))
      return advice.targets.find(({ target }) => target === 'a')?.quality?.value ?? NaN
    }
    const alone = recommend(configOf(), rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 80, 20)], [])).advice.targets.find(({ target }) => target === 'a')?.quality
    expect(quality(1)).toBeLessThanOrEqual(alone?.high ?? 0)
    expect(quality(0.3)).toBeGreaterThanOrEqual((alone?.low ?? 1) - 0.1)
    expect(quality(0.3)).toBeLessThan(quality(0.9))
  })
})
