// What a run will cost before it is started: median and 95th percentile, judges included. Comes in: planned trials, prices, and
// how long answers have been so far. Goes out: dollars per target and judge, and which figures are assumed. Pure, seeded.
import type { Target } from '../../core/config.ts'
import { costOf } from '../../core/prices.ts'
import { seededRandom, type Random } from '../../core/seams.ts'
import { usageOf } from '../../core/usage.ts'
import { quantileOfSorted } from '../stats/bootstrap.ts'
import { normalQuantile } from '../stats/quantiles.ts'

/** Tokens of one kind of call as seen before; `n` 0: never, then the figures are assumed. */
export type Lengths = { readonly n: number; readonly input: number; readonly output: number; readonly outputSd: number }

/** Calls of one target in one role. */
export type CallGroup = { readonly target: Target; readonly role: 'answers' | 'judging'; readonly suite: string; readonly calls: number; readonly lengths: Lengths }

export type GroupEstimate = { readonly target: string; readonly role: CallGroup['role']; readonly suite: string; readonly calls: number; readonly medianUsd: number | undefined; readonly p95Usd: number | undefined; readonly assumed: boolean }
export type Estimated = { readonly groups: readonly GroupEstimate[]; /** undefined: some target is unpriced. */ readonly medianUsd: number | undefined; readonly p95Usd: number | undefined; readonly unpriced: readonly string[] }

const DRAWS = 2_000
const SEED = 'estimate'
/** How far a mean length that nobody has seen may be off: the standard deviation of its logarithm. */
const UNSEEN_SIGMA = 0.6
/** Spread of single lengths around their mean where it was never seen. */
const UNSEEN_SPREAD = 0.8
/** A mean from few calls is as unsure as this many more would leave it. */
const PRIOR_CALLS = 2

/** Estimates all groups together: the total's percentiles are not the groups' added up. */
export function estimateCost(groups: readonly CallGroup[]): Estimated {
  const random = seededRandom(SEED)
  const draws = groups.map((group) => drawsOf(group, random))
  const priced = draws.filter((list) => list !== undefined)
  const totals = Array.from({ length: DRAWS }, (_draw, at) => priced.reduce((sum, list) => sum + (list[at] ?? 0), 0)).sort((a, b) => a - b)
  const unpriced = [...new Set(groups.filter((_group, at) => draws[at] === undefined).map((group) => group.target.name))]
  return {
    groups: groups.map((group, at) => {
      const sorted = draws[at] === undefined ? undefined : [...draws[at]].sort((a, b) => a - b)
      return { target: group.target.name, role: group.role, suite: group.suite, calls: group.calls, medianUsd: sorted && quantileOfSorted(sorted, 0.5), p95Usd: sorted && quantileOfSorted(sorted, 0.95), assumed: group.lengths.n === 0 && !group.target.provider.simulated }
    }),
    medianUsd: unpriced.length > 0 ? undefined : quantileOfSorted(totals, 0.5),
    p95Usd: unpriced.length > 0 ? undefined : quantileOfSorted(totals, 0.95),
    unpriced,
  }
}

/** Totals of a group in each draw; `undefined`: the target is unpriced. Simulated targets cost nothing. */
function drawsOf({ target, calls, lengths }: CallGroup, random: Random): number[] | undefined {
  if (target.provider.simulated) return Array<number>(DRAWS).fill(0)
  const fixed = costOf(usageOf({ inputTotal: Math.round(lengths.input), outputTotal: 0 }), target.price)
  const whole = costOf(usageOf({ inputTotal: Math.round(lengths.input), outputTotal: Math.round(lengths.output) }), target.price)
  if (fixed === undefined || whole === undefined) return undefined
  const sigma = lengths.n === 0 ? UNSEEN_SIGMA : Math.min(UNSEEN_SIGMA, lengths.outputSd / Math.max(1, lengths.output) / Math.sqrt(lengths.n) + 1 / (lengths.n + PRIOR_CALLS))
  const spread = (lengths.n === 0 ? UNSEEN_SPREAD * lengths.output : lengths.outputSd) / Math.max(1, lengths.output)
  return Array.from({ length: DRAWS }, () => {
    const mean = Math.exp(sigma * normal(random))
    const noise = calls === 0 ? 0 : (spread * normal(random)) / Math.sqrt(calls)
    return calls * (fixed + (whole - fixed) * Math.max(0, mean + noise))
  })
}

function normal(random: Random): number {
  return normalQuantile(Math.min(1 - 1e-12, Math.max(1e-12, random.next())))
}
