// Random numbers of the shapes that eval scores have, from a seeded source.
import type { Random } from '../../core/seams.ts'
import { drawBeta } from '../../evals/learn/draws.ts'

/** A question's own rate: beta with this mean, and this correlation between two answers to it (0 < correlation < 1). */
export function questionRate(random: Random, mean: number, correlation: number): number {
  const weight = 1 / correlation - 1
  return drawBeta(mean * weight, (1 - mean) * weight, random)
}

/** 1 with this probability, else 0. */
export const flip = (random: Random, rate: number): 0 | 1 => (random.next() < rate ? 1 : 0)

/** Whether an interval holds the truth; one without bounds does not. */
export const holds = (estimate: { readonly low: number | undefined; readonly high: number | undefined }, truth: number): boolean => estimate.low !== undefined && estimate.high !== undefined && estimate.low <= truth && truth <= estimate.high
