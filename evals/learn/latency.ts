// Quantiles of a duration with intervals, read off order statistics. In: the ladder of quantiles that a query answered and how
// many values stand behind it. Out: p50 and p95 with 95% intervals, whatever the distribution.
import { LATENCY_LEVELS } from '../../store/queries/evidence.ts'
import { criticalValue } from '../stats/quantiles.ts'

export type Quantile = { readonly value: number; readonly low: number; readonly high: number; readonly n: number }
export type Latency = { readonly p50: Quantile; readonly p95: Quantile }

/** Values below which a p95 is one or no observation. */
export const FEWEST_FOR_P95 = 20
const Z95 = criticalValue(0.95)

/** p50 and p95 of a ladder over `LATENCY_LEVELS`; `undefined` below 20 values or for a ladder of another length. */
export function latencyOf(ladder: readonly number[], n: number): Latency | undefined {
  if (n < FEWEST_FOR_P95 || ladder.length !== LATENCY_LEVELS.length) return undefined
  return { p50: quantileAt(ladder, 0.5, n), p95: quantileAt(ladder, 0.95, n) }
}

/**
 * The quantile p with the values at the ranks n·p ∓ z·√(n·p·(1−p)) as its interval (normal approximation of the binomial count
 * below it; Conover 1999, 3.2), interpolated between the rungs of the ladder.
 */
function quantileAt(ladder: readonly number[], p: number, n: number): Quantile {
  const half = Z95 * Math.sqrt((p * (1 - p)) / n)
  return { value: valueAt(ladder, p), low: valueAt(ladder, p - half), high: valueAt(ladder, Math.min(1, p + half)), n }
}

function valueAt(ladder: readonly number[], level: number): number {
  const at = LATENCY_LEVELS.findIndex((rung) => rung >= level - 1e-12)
  const [upper = 0, above = 1] = [ladder[at], LATENCY_LEVELS[at]]
  const [lower, below] = [ladder[at - 1], LATENCY_LEVELS[at - 1]]
  if (lower === undefined || below === undefined) return upper
  return lower + ((upper - lower) * (level - below)) / (above - below)
}
