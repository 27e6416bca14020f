// Track-and-stop for the best of a few arms with unequal variances, from the published idea (Garivier and Kaufmann 2016, "Optimal best
// arm identification with fixed confidence"): sample in the proportions that make the closest rival distinguishable soonest,
// and stop when the generalised likelihood ratio says that the leader is the best. In: sums per arm. Out: shares, and whether it stops.

export type ArmStatistics = { readonly n: number; readonly mean: number; readonly variance: number }

/** Samples of each arm before proportions mean anything; until then all alike. */
const NURSERY = 10
const DELTA = 0.05
/** No arm is ever left out before it stops. */
const LEAST_SHARE = 0.02
const STEPS = 400

export function trackAndStop(arms: readonly ArmStatistics[]): { readonly shares: readonly number[]; readonly isSure: boolean } {
  const asked = arms.map(({ n }) => n > 0)
  const young = arms.map(({ n }, at) => asked[at] === true && n < NURSERY)
  if (young.some(Boolean)) return { shares: arms.map((_, at) => (young[at] === true ? 1 : 0)), isSure: false }
  const best = arms.reduce((leader, arm, at) => (arm.n > 0 && arm.mean > (arms[leader]?.mean ?? Number.NEGATIVE_INFINITY) ? at : leader), 0)
  const rivals = arms.flatMap((arm, at) => (at !== best && arm.n > 0 ? [at] : []))
  const leader = arms[best]
  if (leader === undefined || rivals.length === 0) return { shares: arms.map((_, at) => (at === best ? 1 : 0)), isSure: false }
  const ratio = (rival: ArmStatistics, wLeader: number, wRival: number): number => (leader.mean - rival.mean) ** 2 / (2 * (leader.variance / wLeader + rival.variance / wRival))
  const evidence = Math.min(...rivals.map((at) => ratio(arms[at] ?? leader, leader.n, arms[at]?.n ?? 1)))
  const total = arms.reduce((sum, { n }) => sum + n, 0)
  // The threshold in use in practice: log of (1 + log t)·(K − 1)/δ.
  if (evidence >= Math.log(((1 + Math.log(total)) * rivals.length) / DELTA)) return { shares: arms.map((_, at) => (at === best ? 1 : 0)), isSure: true }
  return { shares: proportions(arms, best, rivals, ratio), isSure: false }
}

/** Maximises the smallest ratio over the simplex by moving weight toward the pair that is hardest to tell apart. */
function proportions(arms: readonly ArmStatistics[], best: number, rivals: readonly number[], ratio: (rival: ArmStatistics, wLeader: number, wRival: number) => number): number[] {
  const weights = arms.map((_, at) => (at === best || rivals.includes(at) ? 1 / (rivals.length + 1) : 0))
  const at = (index: number): number => weights[index] ?? 0
  for (let step = 1; step <= STEPS; step += 1) {
    const hardest = rivals.reduce((worst, rival) => (ratio(arms[rival] ?? NOTHING, at(best), at(rival)) < ratio(arms[worst] ?? NOTHING, at(best), at(worst)) ? rival : worst))
    const rate = 2 / (step + 20)
    const [leader, rival] = [arms[best] ?? NOTHING, arms[hardest] ?? NOTHING]
    // The gradient of the harmonic term: each side gains with its variance over the square of its weight.
    const pull = { leader: leader.variance / at(best) ** 2, rival: rival.variance / at(hardest) ** 2 }
    const toLeader = pull.leader / (pull.leader + pull.rival)
    for (const index of weights.keys()) weights[index] = at(index) * (1 - rate)
    weights[best] = at(best) + rate * toLeader
    weights[hardest] = at(hardest) + rate * (1 - toLeader)
  }
  const floored = weights.map((weight) => (weight > 0 ? Math.max(LEAST_SHARE, weight) : 0))
  const sum = floored.reduce((total, weight) => total + weight, 0)
  return floored.map((weight) => weight / sum)
}

const NOTHING: ArmStatistics = { n: 1, mean: 0, variance: 1 }
