// A call's plan: its task, its candidates with weights, ceilings and estimates, and the rules that bind it. Pure; made once a call,
// and again where limits first had to ask for more. chooseFirst() and chooseNext() (choose.ts) then answer "who first" and "who
// next" from what is known at that moment.
import { armOf, otherArm } from '../../core/route-arm.ts'
import { effectiveRoute, type EffectiveRoute, type RouteArm, type RouteTable } from '../../core/route-table.ts'
import { candidateNames, type ChainLink, type Config, type Target, type Task } from '../../core/config.ts'
import type { TaskSource } from '../../core/attributes.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { PriceBook } from '../../core/prices.ts'
import type { Candidate, CeilingRules, Exclusion } from './admit.ts'
import type { CallFacts } from './call-facts.ts'
import { candidateAt, inability, withEffort, type Place } from './candidates.ts'
import { NO_DEMANDS, type Demands } from './demands.ts'
import type { Home, MoveTerms } from './home.ts'
import type { TaskVerdict } from './task/classify-task.ts'
import type { ExpectedOutput } from './expected-output.ts'
import { resolveModel, type Resolved } from './resolve-model.ts'

export { chooseFirst, chooseNext, type Choice, type Considered, type Standing, type Stay } from './choose.ts'

export type Plan = {
  readonly task: Task
  readonly taskSource: TaskSource
  /** What the rules made of a call that names no task; `undefined`: they were not asked. */
  readonly verdict: TaskVerdict | undefined
  readonly candidates: readonly Candidate[]
  /** Candidates that could never serve this call, with the reason. */
  readonly unable: readonly Exclusion[]
  /** Candidates out of the draw by a floor or ceiling of quality, still in the chain; recorded, not excluded. */
  readonly noted: readonly Exclusion[]
  readonly pinned: Candidate | undefined
  /** Why the target that the caller named can never serve this call, so that another is asked; `undefined`: it can, or none was named. */
  readonly passedOver: Exclusion | undefined
  readonly failover: boolean
  readonly rules: CeilingRules
  /** Where the conversation was answered before; `undefined`: it begins here, or it is bound to a name anyway. */
  readonly home: Home | undefined
  /** Share of the draw that tries targets out; 0: not for this call. */
  readonly exploration: number
  /** What a move away from home is measured by. */
  readonly terms: MoveTerms
  readonly weightsSource: 'table' | 'config' | 'pinned'
  /** Of the weights that it was drawn by, so that the arms of a canary can be told apart; 0: configured weights. */
  readonly routeVersion: number
  /** The same call in the other arm of a canary, and the probability of that: its chance of every target is the mean over both. Left out: nothing is tried. */
  readonly otherArm?: { readonly probability: number; readonly plan: Plan }
  /** What it was made from, for a side chain that is only needed after a failure. */
  readonly basis: { readonly inputs: PlanInputs; readonly facts: CallFacts; readonly demands: Demands }
}

export type PlanInputs = {
  readonly config: Config
  readonly table: RouteTable | undefined
  readonly expected: ExpectedOutput
  readonly prices: PriceBook | undefined
  /** What keeps a target, with its share of the draw (0: only failed over to), from serving this caller: its key, or a budget. Left out: nothing does. */
  readonly barred?: ((target: Target, task: Task, weight: number) => Omit<Exclusion, 'target'> | undefined) | undefined
}

/** What is known of a call besides what it says itself. */
export type Circumstances = {
  /** Its task by rules; asked only where nobody named one. */
  readonly infer?: (() => TaskVerdict) | undefined
  readonly home?: Home | undefined
  /** See ArmKey.chance. */
  readonly chance?: (() => number) | undefined
}

/** Throws `unknown_model`, `unknown_task` or `unknown_target`. */
export function planCall(inputs: PlanInputs, facts: CallFacts, demands: Demands = NO_DEMANDS, circumstances: Circumstances = {}): Plan {
  const { infer, home, chance } = circumstances
  const resolved = resolveModel(inputs.config, facts, inputs.prices, { infer })
  const inForce = effectiveRoute(inputs.config, resolved.task, inputs.table)
  const isDrawnAnew = resolved.pinned === undefined && demands.boundTo === undefined && facts.purpose === 'production' && home === undefined
  const ground: Ground = { inputs, facts, demands, home, resolved, inForce, isDrawnAnew }
  const arm = armOf(inForce, resolved.task.name, { beganUnder: home?.routeVersion, sessionId: facts.sessionId, chance })
  const plan = planInArm(ground, arm)
  const other = isDrawnAnew ? otherArm(inForce, arm) : undefined
  return other === undefined ? plan : { ...plan, otherArm: { probability: other.probability, plan: planInArm(ground, other.arm) } }
}

/** What a call is planned from in whichever arm. */
type Ground = Plan['basis'] & {
  readonly home: Home | undefined
  readonly resolved: Resolved
  readonly inForce: EffectiveRoute
  /** Neither bound to a name or a response, nor an eval, nor in the middle of a conversation. */
  readonly isDrawnAnew: boolean
}

function planInArm({ inputs, facts, demands, home, resolved, inForce, isDrawnAnew }: Ground, route: RouteArm): Plan {
  const { config, expected } = inputs
  const { task, taskSource } = resolved
  const { boundTo } = demands
  // What a response at a provider holds binds more than a name does, unless the name is of the same provider.
  const named = boundTo === undefined ? resolved.pinned : resolved.pinned?.provider.name === boundTo.provider.name ? resolved.pinned : boundTo
  const pinned = named === undefined ? undefined : withEffort(named, facts.effort, config)
  const production = facts.purpose === 'production'
  const links = new Map(task.chain.map((link, index) => [link.target, { ...link, index }]))
  const unable: Exclusion[] = []
  const noted: Exclusion[] = []
  const candidates: Candidate[] = []
  const add = (target: Target, place: Place): Candidate | undefined => {
    const able = unlessBarred(inability(target, facts, demands), target, task, place.weight, inputs)
    if (!('dropped' in able)) {
      unable.push({ target: target.name, ...able })
      return undefined
    }
    const candidate = candidateAt(target, place, able.dropped, task.name, facts, expected, home)
    candidates.push(candidate)
    return candidate
  }

  if (pinned !== undefined && pinned.kind !== demands.kind) {
    throw new WeighbridgeError('bad_request', `${pinned.name} is an ${pinned.kind} model and answers no chat.`, { details: { param: 'model' }, remedy: 'Call POST /v1/embeddings, or name another target.' })
  }
  const failover = facts.failover && production && boundTo === undefined
  let pinnedCandidate: Candidate | undefined
  if (pinned !== undefined) {
    const link = links.get(pinned.name)
    pinnedCandidate = add(pinned, { weight: 1, link: link?.index, ceilingOfLink: link?.maxCostPer1k, pinned: true })
  }
  const names = candidateNames(task).filter((name) => name !== pinned?.name)
  const passedOver = pinned === undefined || pinnedCandidate !== undefined ? undefined : unable[0]
  // Without failover a name has no alternative, so nobody else is in question.
  const targets = (pinned !== undefined && !failover ? [] : names).map((name) => config.targets.get(name)).filter((target) => target !== undefined)
  const narrowed = facts.effort !== undefined && targets.some((target) => target.effort === facts.effort)
  for (const target of targets) {
    const out = route.excluded.get(target.name)
    if (boundTo !== undefined) {
      unable.push({ target: target.name, reason: 'bound', detail: `the response that the request goes on from is held by ${boundTo.provider.name}` })
    } else if (pinned !== undefined && target.provider.simulated !== pinned.provider.simulated) {
      unable.push({ target: target.name, reason: 'simulated_mix', detail: 'simulated and real targets never stand in for each other' })
    } else if (narrowed && target.effort !== facts.effort) {
      unable.push({ target: target.name, reason: 'effort', detail: `the client asks for effort ${facts.effort}` })
    } else if (out !== undefined && task.strict && production) {
      unable.push({ target: target.name, reason: 'quality_floor', detail: out })
    } else {
      const link = links.get(target.name)
      if (out !== undefined && pinned === undefined) noted.push({ target: target.name, reason: 'quality_floor', detail: `${out}; out of the draw, still in the chain` })
      const drawn = pinned === undefined && out === undefined
      const weight = drawn ? (route.weights.get(target.name) ?? 0) : 0
      const core = drawn && route.exploration > 0 ? { core: route.core.get(target.name) ?? 0 } : {}
      add(narrowed ? target : withEffort(target, facts.effort, config), { weight, ...core, link: link?.index, ceilingOfLink: link?.maxCostPer1k, pinned: false })
    }
  }
  return {
    task,
    taskSource,
    verdict: resolved.verdict,
    candidates,
    unable,
    noted,
    pinned: pinnedCandidate,
    passedOver,
    failover,
    rules: { enforce: production, refuse: task.onCeiling === 'refuse', maxCostUsd: facts.maxCostUsd },
    home: pinned === undefined && production ? home : undefined,
    // Nothing is tried out on evals, on names, or in the middle of a conversation.
    exploration: isDrawnAnew ? route.exploration : 0,
    terms: { valueUsd: task.valuePerAnswerUsd, quality: inForce.quality },
    weightsSource: pinned === undefined ? inForce.source : 'pinned',
    routeVersion: route.version,
    basis: { inputs, facts, demands },
  }
}

/** Whether a target able to serve may do so for this caller. */
export function unlessBarred(able: ReturnType<typeof inability>, target: Target, task: Task, weight: number, { barred }: PlanInputs): ReturnType<typeof inability> {
  return 'dropped' in able ? (barred?.(target, task, weight) ?? able) : able
}

/**
 * The plan of going on along other links than the task's own chain (task.onContextLength, task.onRefusal): the same call, its
 * candidates the given links in order. Simulated and real targets never mix, as in the plan itself.
 */
export function sidePlan(plan: Plan, links: readonly ChainLink[], simulated: boolean): Plan {
  const { inputs, facts, demands } = plan.basis
  const unable: Exclusion[] = []
  const candidates: Candidate[] = []
  for (const [index, link] of links.entries()) {
    const target = inputs.config.targets.get(link.target)
    if (target === undefined || target.provider.simulated !== simulated) continue
    const able = unlessBarred(inability(target, facts, demands), target, plan.task, 0, inputs)
    if (!('dropped' in able)) unable.push({ target: target.name, ...able })
    else candidates.push(candidateAt(withEffort(target, facts.effort, inputs.config), { weight: 0, link: index, ceilingOfLink: link.maxCostPer1k, pinned: false }, able.dropped, plan.task.name, facts, inputs.expected))
  }
  return { ...plan, candidates, unable, noted: [], pinned: undefined, home: undefined, exploration: 0 }
}
