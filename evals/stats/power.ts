// How small a paired difference a suite can show. Comes in: item count. Goes out: points or items needed.
import { normalQuantile } from './quantiles.ts'

/**
 * `discordance` is the share of probes on which the two targets differ. .28 is what reproduces the figures in use: 14.8
 * points at n = 100, 10 at about 218, 5 at about 871.
 */
export type PowerOptions = { discordance?: number; power?: number; alpha?: number }

const factor = ({ power = 0.8, alpha = 0.05 }: PowerOptions): number => normalQuantile(1 - alpha / 2) + normalQuantile(power)

/** Smallest difference (0..1) found with the given power by a two-sided paired test on n probes; undefined for n < 1. */
export function detectableDifference(n: number, options: PowerOptions = {}): number | undefined {
  if (n < 1) return undefined
  return factor(options) * Math.sqrt((options.discordance ?? DISCORDANCE) / n)
}

/** Probes needed to find a difference (0 < difference ≤ 1); undefined outside that range. */
export function probesNeeded(difference: number, options: PowerOptions = {}): number | undefined {
  if (!(difference > 0 && difference <= 1)) return undefined
  return Math.ceil(((factor(options) ** 2) * (options.discordance ?? DISCORDANCE)) / difference ** 2)
}

/** Variance of one pair's score difference; back-solved from the figures above. */
const DISCORDANCE = 0.2774
