// Who serves first and who next: a plan's candidates against what is known of the targets at this moment. Pure.
import type { Target } from '../../core/config.ts'
import type { Reason } from '../../core/attributes.ts'
import type { Random } from '../../core/seams.ts'
import { admit, type Admission, type Candidate, type Exclusion } from './admit.ts'
import { drawWays, nextInChain, pick, shares, type Way } from './draw.ts'
import { isHome, moves, savedUsd } from './home.ts'
import type { Plan } from './plan.ts'

/** What is known of a target at this moment; `undefined`: nothing speaks against it. */
export type Standing = (target: Target) => Omit<Exclusion, 'target'> | undefined

/** `propensity`: probability with which this target was chosen over the admissible set; `undefined`: nothing was drawn. */
export type Choice = { readonly candidate: Candidate; readonly propensity: number | undefined; readonly reason: Reason }

/** How a conversation that was answered before came to stay or to go. */
export type Stay = {
  /** Where it was. */
  readonly target: string
  /** `kept`: it stays; `moved`: going was worth more; `gone`: its target is not admissible; `no_share`: the route gives it nothing; `family`: its tools' results go to the same provider or wire. */
  readonly how: 'kept' | 'moved' | 'gone' | 'no_share' | 'family'
  readonly inToolLoop: boolean
  /** Dollars that its cache is expected to save. */
  readonly savedUsd: number
}

export type Considered = {
  readonly choice: Choice | undefined
  readonly admission: Admission
  readonly exclusions: readonly Exclusion[]
  /** `undefined`: nothing was answered before, or it does not matter. */
  readonly stay?: Stay
}

/** The target of the first attempt. No choice: every candidate is excluded, and `exclusions` says why. */
export function chooseFirst(plan: Plan, standing: Standing, random: Random): Considered {
  const { ways, stay, ...considered } = waysNow(plan, standing)
  const choice = pick(ways, random)
  if (stay === undefined) return { ...considered, choice }
  const moved = stay.how === 'kept' && choice !== undefined && choice.reason !== 'sticky'
  return { ...considered, choice, stay: moved ? { ...stay, how: 'moved' } : stay }
}

/** Every way the first attempt may go at this moment; none: nothing is admissible. */
export function waysNow(plan: Plan, standing: Standing): Omit<Considered, 'choice'> & { readonly ways: readonly Way[] } {
  const isPinned = plan.weightsSource === 'pinned'
  // A pin that may not fail over has no alternative that could be cheaper.
  const open = !isPinned || plan.failover ? plan.candidates : plan.pinned === undefined ? [] : [plan.pinned]
  const considered = consider(plan, open, standing)
  const { admission } = considered
  if (isPinned) return { ...considered, ways: pinnedWays(plan, admission) }
  const free = freeWays(plan, admission)
  return { ...considered, ...free, ways: overArms(free.ways, plan, standing) }
}

/** What is logged is the chance of a target before it was known which arm of a canary the call belongs to. */
function overArms(ways: readonly Way[], { otherArm }: Plan, standing: Standing): readonly Way[] {
  if (otherArm === undefined) return ways
  const elsewhere = waysNow(otherArm.plan, standing).ways
  const there = (name: string): number => elsewhere.reduce((sum, { candidate, probability }) => (candidate.target.name === name ? sum + probability : sum), 0)
  const { probability } = otherArm
  return ways.map((way) => (way.propensity === undefined ? way : { ...way, propensity: (1 - probability) * way.propensity + probability * there(way.candidate.target.name) }))
}

function pinnedWays(plan: Plan, admission: Admission): Way[] {
  if (plan.pinned !== undefined && admission.admitted.includes(plan.pinned)) return [{ candidate: plan.pinned, probability: 1, reason: 'pinned', propensity: undefined }]
  const next = plan.failover ? nextInChain(admission) : undefined
  return next === undefined ? [] : [{ candidate: next, probability: 1, reason: 'failover', propensity: undefined }]
}

/** Nothing is tried out on conversations under way or in loops of tools. */
function freeWays(plan: Plan, admission: Admission): { readonly ways: readonly Way[]; readonly stay?: Stay } {
  const { home } = plan
  if (home === undefined) return { ways: anew(admission, plan.exploration) }
  const there = admission.admitted.find((candidate) => isHome(candidate, home))
  const stay = (how: Stay['how']): Stay => ({ target: home.target, how, inToolLoop: home.inToolLoop, savedUsd: there === undefined ? 0 : savedUsd(there) })
  if (there === undefined) {
    const family = home.inToolLoop ? familyOf(admission, home) : undefined
    return family === undefined ? { ways: anew(admission, 0), stay: stay('gone') } : { ways: anew(family, 0), stay: stay('family') }
  }
  if (home.inToolLoop) return { ways: [{ candidate: there, probability: 1, reason: 'sticky', propensity: undefined }], stay: stay('kept') }
  const ways = drawWays(admission, 0)
  // A target that a failure led to, or that a floor has taken out since, is no home.
  if (!ways.some(({ candidate }) => candidate === there)) return { ways: anew(admission, 0), stay: stay('no_share') }
  // It goes where the draw says only if that is worth moving for.
  const away = ways.filter(({ candidate }) => candidate !== there && moves(there, candidate, plan.terms))
  const stays = 1 - away.reduce((sum, { probability }) => sum + probability, 0)
  return { ways: [{ candidate: there, probability: stays, reason: 'sticky', propensity: stays }, ...away], stay: stay('kept') }
}

/** Those of the same provider, else of the same wire: what a model thought before its tools ran can be read by no other. */
function familyOf(admission: Admission, home: NonNullable<Plan['home']>): Admission | undefined {
  for (const isKin of [({ target }: Candidate) => target.provider.name === home.provider, ({ target }: Candidate) => target.provider.api === home.wire]) {
    const admitted = admission.admitted.filter(isKin)
    if (admitted.length > 0) return { ...admission, admitted, skipped: admission.skipped.filter(isKin) }
  }
  return undefined
}

/** By the draw; where the route gives no admissible target a share, along the chain. */
function anew(admission: Admission, exploration: number): Way[] {
  const ways = drawWays(admission, exploration)
  const next = ways.length > 0 ? undefined : nextInChain(admission)
  return next === undefined ? ways : [{ candidate: next, probability: 1, reason: 'failover', propensity: 1 }]
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
  return {
    shares: new Map(walked === undefined ? drawn : [[walked.target.name, 1]]),
    failover: chainOf(admission),
    exclusions: [...exclusions, ...plan.noted],
  }
}

/** Names of the admitted links, in chain order. */
export function chainOf(admission: Admission): string[] {
  return admission.admitted.filter((candidate) => candidate.link !== undefined).sort((a, b) => (a.link ?? 0) - (b.link ?? 0)).map((candidate) => candidate.target.name)
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
