// From an admission to one target: the weighted draw of a first attempt, and the walk along the chain after a failure.
// Pure: randomness comes in. The share of a target that its ceiling took out goes only to cheaper ones, so that a ceiling
// never moves a call to a dearer model.
import type { Random } from '../../core/seams.ts'
import { usd, type Admission, type Candidate } from './admit.ts'

/** The draw's probabilities over the admitted candidates; sums to 1. Empty when the route gives none of them a share. */
export function shares(admission: Admission): ReadonlyMap<Candidate, number> {
  const share = new Map<Candidate, number>()
  for (const candidate of admission.admitted) share.set(candidate, candidate.weight)
  for (const skipped of admission.skipped) {
    if (skipped.weight === 0) continue
    const cheaper = admission.admitted.filter((candidate) => usd(candidate) < usd(skipped))
    const total = cheaper.reduce((sum, candidate) => sum + candidate.weight, 0)
    const first = inChainOrder(cheaper)[0]
    if (total > 0) for (const c of cheaper) share.set(c, (share.get(c) ?? 0) + (skipped.weight * c.weight) / total)
    else if (first !== undefined) share.set(first, (share.get(first) ?? 0) + skipped.weight)
  }
  const total = [...share.values()].reduce((sum, value) => sum + value, 0)
  return new Map(total > 0 ? [...share].filter(([, value]) => value > 0).map(([candidate, value]) => [candidate, value / total]) : [])
}

export type Drawn = { readonly candidate: Candidate; readonly propensity: number; readonly reason: 'weighted' | 'failover' }

/**
 * Draws the target of the first attempt with its probability over the admissible set. When no admissible target has a
 * share, the chain is walked instead (`failover`, probability 1). `undefined`: nothing is admissible.
 */
export function drawFirst(admission: Admission, random: Random): Drawn | undefined {
  const probabilities = [...shares(admission)]
  let point = random.next()
  for (const [candidate, propensity] of probabilities) {
    point -= propensity
    if (point < 0) return { candidate, propensity, reason: 'weighted' }
  }
  // Rounding can leave a sliver beyond the last share.
  const last = probabilities.at(-1)
  if (last !== undefined) return { candidate: last[0], propensity: last[1], reason: 'weighted' }
  const next = nextInChain(admission)
  return next === undefined ? undefined : { candidate: next, propensity: 1, reason: 'failover' }
}

/** The first admitted target in chain order that is not dearer than one skipped before it for its ceiling. */
export function nextInChain(admission: Admission): Candidate | undefined {
  const admitted = new Set(admission.admitted)
  let bound = Infinity
  for (const candidate of inChainOrder([...admission.admitted, ...admission.skipped])) {
    if (!admitted.has(candidate)) bound = Math.min(bound, usd(candidate))
    else if (bound === Infinity || usd(candidate) < bound) return candidate
  }
  // The target that made the skipping right may stand before the skipped one only if it was admitted: then it was returned.
  return undefined
}

function inChainOrder(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort((a, b) => (a.link ?? Infinity) - (b.link ?? Infinity) || 0)
}
