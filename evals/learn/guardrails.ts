// What takes a target out of the draw whatever it is worth: a breached quality floor or hallucination ceiling. In:
// posteriors and the task's limits. Out: targets with their reason. Errors are the router's breaker's business, not ours.
import type { Task } from '../../core/config.ts'
import { betaCdf, normalCdf } from '../stats/quantiles.ts'
import type { Posterior } from './posterior.ts'
import type { LearningRules } from './rules.ts'

/** A limit that a target breaches, and how surely. */
export type Breach = { readonly target: string; readonly reason: string; readonly probability: number }

/**
 * The targets that must be out of the draw: those that breach a limit with probability ≥ `leaveAt`, and those that are out
 * already and still breach it with ≥ `stayOutAt`. If that would leave no target, none is taken out: the caller says so.
 */
export function guardrailBreaches(task: Task, posteriors: readonly Posterior[], alreadyOut: ReadonlySet<string>, rules: LearningRules): { readonly out: readonly Breach[]; readonly allBreach: boolean } {
  const out = posteriors.flatMap((posterior) => {
    const breach = worstBreach(task, posterior, rules)
    const limit = alreadyOut.has(posterior.target) ? rules.guardrails.stayOutAt : rules.guardrails.leaveAt
    return breach !== undefined && breach.probability >= limit ? [breach] : []
  })
  const allBreach = out.length > 0 && out.length === posteriors.length
  return { out: allBreach ? [] : out, allBreach }
}

function worstBreach(task: Task, posterior: Posterior, rules: LearningRules): Breach | undefined {
  const breaches: Breach[] = []
  const ceiling = task.hallucinationCeiling
  const { hallucination, target } = posterior
  if (ceiling !== undefined && hallucination !== undefined) {
    // Jeffreys' prior: Beta(I + ½, n − I + ½).
    const wrong = hallucination.share * hallucination.items
    const probability = 1 - betaCdf(ceiling, wrong + 0.5, hallucination.items - wrong + 0.5)
    breaches.push({ target, probability, reason: `hallucination rate ${percent(hallucination.share)} is over the ceiling of ${percent(ceiling)} (P ${decimal(probability)})` })
  }
  const floor = task.qualityFloor
  // The floor is about what was measured: a prior must not take a target out.
  const measured = posterior.qualityWithoutPrior
  if (floor !== undefined && measured !== undefined && posterior.items >= rules.gates.minEvals) {
    const probability = normalCdf((floor - measured.mean) / measured.sd)
    breaches.push({ target, probability, reason: `quality ${decimal(measured.mean)} is under the floor of ${decimal(floor)} (P ${decimal(probability)})` })
  }
  return breaches.sort((a, b) => b.probability - a.probability)[0]
}

const percent = (share: number): string => `${Math.round(share * 100)}%`
const decimal = (value: number): string => value.toFixed(2)
