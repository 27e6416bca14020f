// A call's plan: its task, its candidates with weights, ceilings and estimates, and the rules that bind it. Pure; made once
// a call. choose() and failOver() then answer "who first" and "who next" from what is known of the targets at that moment.
import { effectiveRoute, type RouteTable } from '../../core/route-table.ts'
import { candidateNames, type Config, type Target, type Task } from '../../core/config.ts'
import type { Reason, TaskSource } from '../../core/attributes.ts'
import type { PriceBook } from '../../core/prices.ts'
import type { Random } from '../../core/seams.ts'
import { admit, type Admission, type Candidate, type CeilingRules, type Exclusion } from './admit.ts'
import type { CallFacts } from './call-facts.ts'
import { drawFirst, nextInChain } from './draw.ts'
import { estimateCost } from './estimate.ts'
import type { ExpectedOutput } from './expected-output.ts'
import { resolveModel } from './resolve-model.ts'

export type Plan = {
  readonly task: Task
  readonly taskSource: TaskSource
  readonly candidates: readonly Candidate[]
  /** Candidates that could never serve this call, with the reason. */
  readonly unable: readonly Exclusion[]
  /** Candidates out of the draw by a floor or ceiling of quality, still in the chain; recorded, not excluded. */
  readonly noted: readonly Exclusion[]
  readonly pinned: Candidate | undefined
  readonly failover: boolean
  readonly rules: CeilingRules
  readonly weightsSource: 'table' | 'config' | 'pinned'
  /** 0: configured weights. */
  readonly routeVersion: number
}

/** What is known of a target at this moment; `undefined`: nothing speaks against it. */
export type Standing = (target: Target) => Omit<Exclusion, 'target'> | undefined

export type PlanInputs = {
  readonly config: Config
  readonly table: RouteTable | undefined
  readonly expected: ExpectedOutput
  readonly prices: PriceBook | undefined
}

/** Throws `unknown_model`, `unknown_task` or `unknown_target`. */
export function planCall(inputs: PlanInputs, facts: CallFacts): Plan {
  const { config, table, expected } = inputs
  const { task, taskSource, pinned } = resolveModel(config, facts, inputs.prices)
  const production = facts.purpose === 'production'
  const route = effectiveRoute(config, task, table)
  const unable: Exclusion[] = []
  const links = new Map(task.chain.map((link, index) => [link.target, { ...link, index }]))
  const candidates: Candidate[] = []
  const add = (target: Target, weight: number, ceilingOfLink: number | undefined, link: number | undefined): Candidate => {
    const ceiling = Math.min(ceilingOfLink ?? Infinity, facts.maxCostPer1k ?? Infinity)
    const estimate = estimateCost(target, task.name, facts.inputTokens, facts.maxOutputTokens, expected)
    const candidate = { target, weight, link, ceiling: ceiling === Infinity ? undefined : ceiling, estimate }
    // A guess of the input's length is not good to the token: only what is clearly too long is kept from trying.
    if (target.contextWindow !== undefined && facts.inputTokens > target.contextWindow * 1.2) {
      unable.push({ target: target.name, reason: 'context_window', detail: `about ${Math.round(facts.inputTokens)} input tokens, window ${target.contextWindow}` })
    } else candidates.push(candidate)
    return candidate
  }

  const pinnedCandidate = pinned === undefined ? undefined : add(withEffort(pinned, facts.effort), 1, undefined, links.get(pinned.name)?.index)
  const noted: Exclusion[] = []
  const names = candidateNames(task).filter((name) => name !== pinned?.name)
  const targets = names.map((name) => config.targets.get(name)).filter((target) => target !== undefined)
  const narrowed = facts.effort !== undefined && targets.some((target) => target.effort === facts.effort)
  for (const target of targets) {
    const out = route.excluded.get(target.name)
    if (pinned !== undefined && target.provider.simulated !== pinned.provider.simulated) {
      unable.push({ target: target.name, reason: 'simulated_mix', detail: 'simulated and real targets never stand in for each other' })
    } else if (narrowed && target.effort !== facts.effort) {
      unable.push({ target: target.name, reason: 'effort', detail: `the client asks for effort ${facts.effort}` })
    } else if (out !== undefined && task.strict && production) {
      unable.push({ target: target.name, reason: 'quality_floor', detail: out })
    } else {
      const link = links.get(target.name)
      if (out !== undefined && pinned === undefined) noted.push({ target: target.name, reason: 'quality_floor', detail: `${out}; out of the draw, still in the chain` })
      const weight = pinned !== undefined || out !== undefined ? 0 : (route.weights.get(target.name) ?? 0)
      add(narrowed ? target : withEffort(target, facts.effort), weight, link?.maxCostPer1k, link?.index)
    }
  }
  return {
    task,
    taskSource,
    candidates,
    unable,
    noted,
    pinned: pinnedCandidate,
    failover: facts.failover && production,
    rules: { enforce: production, refuse: task.onCeiling === 'refuse', maxCostUsd: facts.maxCostUsd },
    weightsSource: pinned === undefined ? route.source : 'pinned',
    routeVersion: route.source === 'table' && table !== undefined ? table.version : 0,
  }
}

/** A target with the client's own effort is another choice than the configured one, and is recorded as such. */
function withEffort(target: Target, effort: string | undefined): Target {
  if (effort === undefined || effort === target.effort) return target
  const name = `${target.provider.name}/${target.model}@${effort}`
  return { ...target, name, effort, evidenceKey: name }
}

export type Choice = { readonly candidate: Candidate; readonly propensity: number | undefined; readonly reason: Reason }
export type Considered = { readonly choice: Choice | undefined; readonly admission: Admission; readonly exclusions: readonly Exclusion[] }

/** The target of the first attempt. No choice: every candidate is excluded, and `exclusions` says why. */
export function chooseFirst(plan: Plan, standing: Standing, random: Random): Considered {
  // A pin that may not fail over has no alternative that could be cheaper.
  const considered = consider(plan, plan.pinned === undefined || plan.failover ? plan.candidates : [plan.pinned], standing)
  const { admission } = considered
  if (plan.pinned === undefined) return { ...considered, choice: drawFirst(admission, random) }
  if (admission.admitted.includes(plan.pinned)) return { ...considered, choice: { candidate: plan.pinned, propensity: undefined, reason: 'pinned' } }
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
  return { admission, exclusions: [...plan.unable, ...standingExclusions, ...admission.exclusions] }
}
