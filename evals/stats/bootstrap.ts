// Intervals by resampling whole clusters (questions), because answers to one question go together. Comes in: items with
// their cluster, a statistic, a seeded source. Goes out: an estimate. The expanded percentile interval; no randomness of its own.
import type { Random } from '../../core/seams.ts'
import { DEFAULT_CONFIDENCE, type Estimate, methodName, unknownEstimate } from './estimate.ts'
import { normalCdf } from './quantiles.ts'
import { tCritical } from './student.ts'

export type BootstrapOptions = { draws?: number; confidence?: number }
const DEFAULT_DRAWS = 2000

/**
 * Percentile interval of `statistic` over resampled clusters, its percentiles moved out for the number of clusters (expanded
 * percentile, Hesterberg 2015): the plain one covers 91–94% at 30 clusters, this one 94–96% (bench/coverage.ts). A draw on which the statistic is
 * undefined is left out; below two clusters, or with a tenth of the draws left out, the interval is undefined while the value stands.
 */
export function clusterBootstrap<Item>(
  items: readonly Item[],
  clusterOf: (item: Item) => string,
  statistic: (items: readonly Item[]) => number | undefined,
  random: Random,
  options: BootstrapOptions = {},
): Estimate {
  const { draws = DEFAULT_DRAWS, confidence = DEFAULT_CONFIDENCE } = options
  const method = methodName('cluster bootstrap', confidence)
  const value = items.length === 0 ? undefined : statistic(items)
  if (value === undefined) return unknownEstimate(items.length, method)
  const byCluster = new Map<string, Item[]>()
  for (const item of items) {
    const key = clusterOf(item)
    const list = byCluster.get(key)
    if (list === undefined) byCluster.set(key, [item])
    else list.push(item)
  }
  const clusters = [...byCluster.values()]
  const open: Estimate = { value, low: undefined, high: undefined, n: items.length, method }
  if (clusters.length < 2) return open
  const drawn: number[] = []
  for (let draw = 0; draw < draws; draw += 1) {
    const sample: Item[] = []
    for (let at = 0; at < clusters.length; at += 1) {
      for (const item of clusters[Math.floor(random.next() * clusters.length)] ?? []) sample.push(item)
    }
    const result = statistic(sample)
    if (result !== undefined && Number.isFinite(result)) drawn.push(result)
  }
  if (drawn.length < 0.9 * draws) return open
  drawn.sort((a, b) => a - b)
  const tail = expandedTail(clusters.length, confidence)
  return { ...open, low: quantileOfSorted(drawn, tail), high: quantileOfSorted(drawn, 1 - tail) }
}

/** The tail to cut on each side: Φ(−t·√(G/(G−1))) for G clusters. */
function expandedTail(clusters: number, confidence: number): number {
  return normalCdf(-tCritical(confidence, clusters - 1) * Math.sqrt(clusters / (clusters - 1)))
}

/** Linear-interpolation quantile (Hyndman & Fan type 7) of ascending values; undefined for none. */
export function quantileOfSorted(sorted: readonly number[], p: number): number | undefined {
  const place = p * (sorted.length - 1)
  const low = sorted[Math.floor(place)]
  const high = sorted[Math.ceil(place)]
  if (low === undefined || high === undefined) return undefined
  return low + (high - low) * (place - Math.floor(place))
}
