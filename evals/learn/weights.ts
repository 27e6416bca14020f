// Utilities → shares of the draw. In: draws of U per target. Out: P(best), core shares by its power, the indifference band, the
// exploration share. Pure arithmetic on shares; what may move is decided in gates.ts.
import type { LearningRules } from './rules.ts'

/** Target → share; sums to 1 unless empty. */
export type Shares = ReadonlyMap<string, number>

/** In what share of the draws each target has the highest utility. A tie counts for the first name. */
export function probabilityBest(draws: ReadonlyMap<string, ArrayLike<number>>): Map<string, number> {
  const names = [...draws.keys()].sort()
  const wins = new Map(names.map((name) => [name, 0]))
  const count = Math.min(...[...draws.values()].map((values) => values.length))
  for (let i = 0; i < count; i += 1) {
    let best: string | undefined
    let highest = Number.NEGATIVE_INFINITY
    for (const name of names) {
      const utility = draws.get(name)?.[i] ?? Number.NEGATIVE_INFINITY
      if (utility > highest) {
        highest = utility
        best = name
      }
    }
    if (best !== undefined) wins.set(best, (wins.get(best) ?? 0) + 1)
  }
  return new Map([...wins].map(([name, won]) => [name, won / count]))
}

/** What the core shares are made from. */
export type Contender = { readonly target: string; readonly pBest: number; readonly utility: number; readonly costUsd: number; readonly before: number }

/**
 * Shares ∝ P(best) to the power `concentration`. Targets whose mean utility lies within the band of the best one count as equal: the
 * cheapest of them gets all their shares; of equally cheap ones the one that has the most traffic now, so that equals do not swap places.
 */
export function coreShares(contenders: readonly Contender[], rules: LearningRules): Map<string, number> {
  const total = contenders.reduce((sum, contender) => sum + contender.pBest ** rules.concentration, 0)
  const shares = new Map([...contenders].sort(byName).map((contender) => [contender.target, total > 0 ? contender.pBest ** rules.concentration / total : 1 / contenders.length]))
  const top = Math.max(...contenders.map((contender) => contender.utility))
  const band = contenders.filter((contender) => top - contender.utility <= rules.indifference)
  const cheapest = [...band].sort((a, b) => (sameCost(a.costUsd, b.costUsd) ? b.before - a.before || byName(a, b) : a.costUsd - b.costUsd))[0]
  if (cheapest === undefined) return shares
  const pooledShare = band.reduce((sum, contender) => sum + (shares.get(contender.target) ?? 0), 0)
  for (const contender of band) shares.set(contender.target, contender.target === cheapest.target ? pooledShare : 0)
  return shares
}

// Within 2% of each other: less than what token counts differ by between two days.
function sameCost(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.02 * Math.max(a, b)
}

function byName(a: { readonly target: string }, b: { readonly target: string }): number {
  return a.target < b.target ? -1 : a.target > b.target ? 1 : 0
}

/** Gives `epsilon` of the draw, in total, to trying targets out: in proportion to 1/cost, since a dear look teaches no more than a cheap one. */
export function withExploration(shares: Shares, costs: ReadonlyMap<string, number>, epsilon: number): Map<string, number> {
  return epsilon <= 0 || costs.size < 2 ? new Map(shares) : mix(shares, lookingShares(costs), epsilon)
}

/** What weights with exploration in them are without it; sums to 1. What a limited step left below its part in exploration is 0. */
export function withoutExploration(weights: Shares, costs: ReadonlyMap<string, number>, epsilon: number): Map<string, number> {
  if (epsilon <= 0 || costs.size < 2) return new Map(weights)
  const looking = lookingShares(costs)
  const core = [...weights].map(([name, weight]) => [name, Math.max(0, weight - epsilon * (looking.get(name) ?? 0))] as const)
  const total = core.reduce((sum, [, share]) => sum + share, 0)
  // Finer than weights that people read: what the two differ by is a few hundredths in all.
  return total > 0 ? roundShares(new Map(core.map(([name, share]) => [name, share / total])), 1_000_000) : new Map(weights)
}

function lookingShares(costs: ReadonlyMap<string, number>): Map<string, number> {
  const names = [...costs.keys()].sort()
  const dearest = Math.max(...costs.values())
  if (dearest <= 0) return new Map(names.map((name) => [name, 1 / names.length]))
  // A free target would take the whole of it: a cost counts as at least a hundredth of the dearest.
  const cheapness = names.map((name) => 1 / Math.max(costs.get(name) ?? dearest, dearest / 100))
  const total = cheapness.reduce((sum, value) => sum + value, 0)
  return new Map(names.map((name, i) => [name, (cheapness[i] ?? 0) / total]))
}

function mix(base: Shares, other: Shares, part: number): Map<string, number> {
  const names = [...new Set([...base.keys(), ...other.keys()])]
  return new Map(names.map((name) => [name, (1 - part) * (base.get(name) ?? 0) + part * (other.get(name) ?? 0)]))
}

/** Half the sum of absolute differences: the share of traffic that changes target. */
export function totalVariation(before: Shares, after: Shares): number {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].reduce((sum, name) => sum + Math.abs((after.get(name) ?? 0) - (before.get(name) ?? 0)), 0) / 2
}

/** Goes from `before` toward `after` until `limit` of the traffic has changed target. */
export function limitStep(before: Shares, after: Shares, limit: number): Map<string, number> {
  const distance = totalVariation(before, after)
  return distance <= limit ? new Map(after) : mix(before, after, limit / distance)
}

/**
 * The step that may be taken at once: what leaves the `urgent` targets goes without a limit, to those that rise; the rest stops
 * after `limit` of the traffic.
 */
export function stepToward(before: Shares, after: Shares, urgent: ReadonlySet<string>, limit: number): Map<string, number> {
  const leaving = [...urgent].reduce((sum, name) => sum + Math.max(0, (before.get(name) ?? 0) - (after.get(name) ?? 0)), 0)
  const total = [...after].reduce((sum, [name, share]) => sum + Math.max(0, share - (before.get(name) ?? 0)), 0)
  if (leaving <= 0 || total <= 0) return limitStep(before, after, limit)
  const rises = [...after].map(([name, share]) => [name, Math.max(0, share - (before.get(name) ?? 0))] as const)
  const left = new Map([...before].map(([name, share]) => [name, urgent.has(name) ? Math.min(share, after.get(name) ?? 0) : share]))
  for (const [name, rise] of rises) left.set(name, (left.get(name) ?? 0) + (leaving * rise) / total)
  return limitStep(left, after, limit)
}

/** Shares in whole thousandths, or other parts, that sum to 1, for a table that people read (largest remainders; ties by name). */
export function roundShares(shares: Shares, parts = 1000): Map<string, number> {
  const entries = [...shares].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, share]) => ({ name, whole: Math.floor(share * parts + 1e-9), rest: share * parts - Math.floor(share * parts + 1e-9) }))
  let left = parts - entries.reduce((sum, entry) => sum + entry.whole, 0)
  for (const entry of [...entries].sort((a, b) => b.rest - a.rest)) {
    if (left <= 0) break
    entry.whole += 1
    left -= 1
  }
  return new Map(entries.map(({ name, whole }) => [name, whole / parts]))
}
