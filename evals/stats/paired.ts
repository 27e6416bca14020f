// Two targets on the same probes. Comes in: paired scores or discordant counts. Goes out: a p-value or the difference
// with its interval. Pairs, not samples: the probe's own difficulty cancels.
import type { Random } from '../../core/seams.ts'
import { type BootstrapOptions, clusterBootstrap } from './bootstrap.ts'
import type { Estimate } from './estimate.ts'
import { logChoose } from './quantiles.ts'

/** One probe answered by both targets; scores in 0..1, `cluster` is the question. */
export type ScorePair = { cluster: string; first: number; second: number }

/** McNemar's test on discordant counts: the exact binomial two-sided p-value and its mid-p form; both 1 when none differ. */
export function mcNemar(onlyFirst: number, onlySecond: number): { exactP: number; midP: number; discordant: number } {
  const n = onlyFirst + onlySecond
  if (n === 0) return { exactP: 1, midP: 1, discordant: 0 }
  const fewer = Math.min(onlyFirst, onlySecond)
  const mass = (k: number): number => Math.exp(logChoose(n, k) - n * Math.LN2)
  let tail = 0
  for (let k = 0; k <= fewer; k += 1) tail += mass(k)
  const exactP = Math.min(1, 2 * tail)
  // Fagerland, Lydersen & Laake 2013: when both counts are equal the mid-p is 1 − P(k)/2.
  const midP = onlyFirst === onlySecond ? 1 - mass(fewer) / 2 : exactP - mass(fewer)
  return { exactP, midP, discordant: n }
}

/** Mean of first − second over pairs, with a cluster-bootstrap interval (questions like these). */
export function pairedDifference(pairs: readonly ScorePair[], random: Random, options: BootstrapOptions = {}): Estimate {
  const mean = (items: readonly ScorePair[]): number | undefined =>
    items.length === 0 ? undefined : items.reduce((sum, pair) => sum + pair.first - pair.second, 0) / items.length
  return clusterBootstrap(pairs, (pair) => pair.cluster, mean, random, options)
}
