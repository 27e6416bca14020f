// Who serves first and who next: a plan's candidates against what is known of the targets at this moment. Pure.
import type { Target } from '../../core/config.ts'
import type { Reason } from '../../core/attributes.ts'
import type { Random } from '../../core/seams.ts'
import { admit, type Admission, type Candidate, type Exclusion } from './admit.ts'
import { drawFirst, nextInChain, shares } from './draw.ts'
import type { Plan } from './plan.ts'

/** What is known of a target at this moment; `undefined`: nothing speaks against it. */
export type Standing = (target: Target) => Omit<Exclusion, 'target'> | undefined

export type Choice = { readonly candidate: Candidate; readonly propensity: number | undefined; readonly reason: Reason }
export type Considered = { readonly choice: Choice | undefined; readonly admission: Admission; readonly exclusions: readonly Exclusion[] }

/** The target of the first attempt. No choice: every candidate is excluded, and `exclusions` says why. */
export function chooseFirst(plan: Plan, standing: Standing, random: Random): Considered {
  const isPinned = plan.weightsSource === 'pinned'
  // A pin that may not fail over has no alternative that could be cheaper.
  const open = !isPinned || plan.failover ? plan.candidates : plan.pinned === undefined ? [] : [plan.pinned]
  const considered = consider(plan, open, standing)
  const { admission } = considered
  if (!isPinned) return { ...considered, choice: drawFirst(admission, random) }
  if (plan.pinned !== undefined && admission.admitted.includes(plan.pinned)) return { ...considered, choice: { candidate: plan.pinned, propensity: undefined, reason: 'pinned' } }
  const next = plan.failover ? nextInChain(admission) : undefined
  return { ...considered, choice: next === undefined ? undefined : { candidate: next, propensity: undefined, reason: 'failover' } }
}

/** The next target after failures: along the chain from its head, without those already tried. */
export function chooseNext(plan: Plan, tried: ReadonlySet<string>, standing: Standing): Considered {
  const links = plan.failover ? plan.candidates.filter((candidate) => candidate.link !== undefined && !tried.has(candidate.target.name)) : []
  const considered = consider(plan, links, standing)
  const next = nextInChain(considered.admission)
  return { ...considered, choice: next === undefined ? undefined : { candidate: next, propensity: undefined, reason: 'failover' } }
}

/** Where first attempts go now, without drawing: each target's share (sum 1, or empty), the chain behind it, and who is out. */
export function sharesNow(plan: Plan, standing: Standing): { readonly shares: ReadonlyMap<string, number>; readonly failover: readonly string[]; readonly exclusions: readonly Exclusion[] } {
  const { admission, exclusions } = consider(plan, plan.candidates, standing)
  const drawn = [...shares(admission)].map(([candidate, share]) => [candidate.target.name, share] as const)
  const walked = drawn.length > 0 ? undefined : nextInChain(admission)
  const chain = admission.admitted.filter((candidate) => candidate.link !== undefined).sort((a, b) => (a.link ?? 0) - (b.link ?? 0))
  return {
    shares: new Map(walked === undefined ? drawn : [[walked.target.name, 1]]),
    failover: chain.map((candidate) => candidate.target.name),
    exclusions: [...exclusions, ...plan.noted],
  }
}

function consider(plan: Plan, candidates: readonly Candidate[], standing: Standing): Omit<Considered, 'choice'> {
  const standingExclusions: Exclusion[] = []
  const able = candidates.filter((candidate) => {
    // In the route at weight 0 and not in the chain: nothing leads to it.
    if (candidate.link === undefined && candidate.weight === 0) return false
    const against = standing(candidate.target)
    if (against !== undefined) standingExclusions.push({ target: candidate.target.name, ...against })
    return against === undefined
  })
  const admission = admit(able, plan.rules)
  return { admission, exclusions: plan.unable.length + standingExclusions.length === 0 ? admission.exclusions : [...plan.unable, ...standingExclusions, ...admission.exclusions] }
}
