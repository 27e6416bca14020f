// The difference of two means with their own variances. In: counts, means and variances. Out: a z value and its p-value. For
// samples of thirty or more; below that it says nothing.
import { normalCdf } from './quantiles.ts'

/** A sample as sufficient statistics; `variance` of one item. */
export type Moments = { readonly n: number; readonly mean: number; readonly variance: number }

const FEWEST = 30

/** First mean minus second with its two-sided p-value (Welch 1947, normal reference); `undefined` below 30 items of either, or without any spread. */
export function meanDifference(first: Moments, second: Moments): { readonly difference: number; readonly p: number } | undefined {
  if (first.n < FEWEST || second.n < FEWEST) return undefined
  const error = Math.sqrt(first.variance / first.n + second.variance / second.n)
  if (!(error > 0)) return undefined
  const difference = first.mean - second.mean
  return { difference, p: 2 * (1 - normalCdf(Math.abs(difference) / error)) }
}

/** Samples pooled into one; `undefined` for none. */
export function pooledMoments(samples: readonly Moments[]): Moments | undefined {
  const n = samples.reduce((sum, sample) => sum + sample.n, 0)
  if (n <= 0) return undefined
  const mean = samples.reduce((sum, sample) => sum + sample.n * sample.mean, 0) / n
  const variance = samples.reduce((sum, sample) => sum + sample.n * (sample.variance + (sample.mean - mean) ** 2), 0) / n
  return { n, mean, variance }
}
