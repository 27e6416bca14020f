// From an admission to one target: the draw of a first attempt, and the walk along the chain after a failure. Pure: randomness
// comes in. The share of a target that its ceiling took out goes only to cheaper ones, so that a ceiling never moves a call to a
// dearer model.
import type { Reason } from '../../core/attributes.ts'
import type { Random } from '../../core/seams.ts'
import { usd, type Admission, type Candidate } from './admit.ts'

type Probabilities = ReadonlyMap<Candidate, number>

/** The probabilities of the draw over the admitted candidates; sums to 1. Empty when the route gives none of them a share. */
export function shares(admission: Admission, weightOf: (candidate: Candidate) => number = weight): Probabilities {
  const share = new Map<Candidate, number>()
  for (const candidate of admission.admitted) share.set(candidate, weightOf(candidate))
  for (const skipped of admission.skipped) {
    const lost = weightOf(skipped)
    if (lost === 0) continue
    const cheaper = admission.admitted.filter((candidate) => usd(candidate) < usd(skipped))
    const total = cheaper.reduce((sum, candidate) => sum + weightOf(candidate), 0)
    const first = inChainOrder(cheaper)[0]
    if (total > 0) for (const c of cheaper) share.set(c, (share.get(c) ?? 0) + (lost * weightOf(c)) / total)
    else if (first !== undefined) share.set(first, (share.get(first) ?? 0) + lost)
  }
  const total = [...share.values()].reduce((sum, value) => sum + value, 0)
  return new Map(total > 0 ? [...share].filter(([, value]) => value > 0).map(([candidate, value]) => [candidate, value / total]) : [])
}

function weight(candidate: Candidate): number {
  return candidate.weight
}

function coreWeight(candidate: Candidate): number {
  return candidate.core ?? candidate.weight
}

/** One way a first attempt may go. The probabilities of all ways sum to 1. */
export type Way = {
  readonly candidate: Candidate
  readonly probability: number
  readonly reason: Reason
  /** Of going to this target at all, in whichever way, over the admissible set; `undefined`: nothing is drawn. */
  readonly propensity: number | undefined
}

/** The draw over the admitted candidates, of which `exploration` tries targets out; 0: calls that must not be experimented with. Empty: the route gives none of them a share. */
export function drawWays(admission: Admission, exploration: number): Way[] {
  const core = shares(admission, coreWeight)
  const explored = exploration > 0 ? shares(admission, (candidate) => Math.max(0, candidate.weight - (1 - exploration) * coreWeight(candidate))) : NOTHING
  const [ofCore, ofExplored] = core.size === 0 ? [0, 1] : explored.size === 0 ? [1, 0] : [1 - exploration, exploration]
  const propensity = (candidate: Candidate): number => ofCore * (core.get(candidate) ?? 0) + ofExplored * (explored.get(candidate) ?? 0)
  return [
    ...(ofCore === 0 ? [] : [...core].map(([candidate, share]): Way => ({ candidate, probability: ofCore * share, reason: 'weighted', propensity: propensity(candidate) }))),
    ...(ofExplored === 0 ? [] : [...explored].map(([candidate, share]): Way => ({ candidate, probability: ofExplored * share, reason: 'explore', propensity: propensity(candidate) }))),
  ]
}

const NOTHING: Probabilities = new Map()

/** One of the ways by their probabilities; `undefined`: there is none. */
export function pick(ways: readonly Way[], random: Random): Way | undefined {
  if (ways.length < 2) return ways[0]
  let point = random.next()
  for (const way of ways) {
    point -= way.probability
    if (point < 0) return way
  }
  // Rounding can leave a sliver beyond the last.
  return ways.at(-1)
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
