// Random numbers of the shapes that eval scores have, from a seeded source.
import type { Random } from '../../core/seams.ts'

/** A standard normal draw (Box & Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** A gamma draw of unit scale (Marsaglia & Tsang 2000). */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random.next() ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(random)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** A question's own rate: beta with this mean, and this correlation between two answers to it (0 < correlation < 1). */
export function questionRate(random: Random, mean: number, correlation: number): number {
  const weight = 1 / correlation - 1
  const a = gamma(random, mean * weight)
  const b = gamma(random, (1 - mean) * weight)
  return a / (a + b)
}

/** 1 with this probability, else 0. */
export const flip = (random: Random, rate: number): 0 | 1 => (random.next() < rate ? 1 : 0)

/** Whether an interval holds the truth; one without bounds does not. */
export const holds = (estimate: { readonly low: number | undefined; readonly high: number | undefined }, truth: number): boolean => estimate.low !== undefined && estimate.high !== undefined && estimate.low <= truth && truth <= estimate.high
