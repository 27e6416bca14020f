// The plan of an embeddings call. Vectors of different models cannot be compared, so a call is bound to one model: the pinned
// one, else the task's likeliest embedding target's, else the only one configured; it fails over among targets of that model.
import type { Target, Task } from '../../core/config.ts'
import { effectiveRoute } from '../../core/route-table.ts'
import type { Exclusion } from './admit.ts'
import type { CallFacts } from './call-facts.ts'
import { candidateAt, inability } from './candidates.ts'
import type { Demands } from './demands.ts'
import { unlessBarred, type Plan, type PlanInputs } from './plan.ts'
import { resolveModel } from './resolve-model.ts'

/** Throws `unknown_model`, `unknown_task` or `unknown_target`. No candidate: the exclusions say why. */
export function planEmbedding(inputs: PlanInputs, facts: CallFacts, demands: Demands): Plan {
  const { config, table, expected, prices } = inputs
  const { task, taskSource, pinned } = resolveModel(config, facts, prices, { kind: 'embedding' })
  const route = effectiveRoute(config, task, table)
  const links = new Map(task.chain.map((link, index) => [link.target, { ...link, index }]))
  const unable: Exclusion[] = []
  const { first, others } = pinned === undefined ? candidatesOf(task, route.weights, [...config.targets.values()], unable) : { first: pinned, others: sameModel(pinned, config.targets.values()) }
  const candidates = [...(first === undefined ? [] : [first]), ...others].flatMap((target, index) => {
    const isPinned = target === pinned
    const weight = isPinned ? 1 : pinned === undefined ? (route.weights.get(target.name) ?? (index === 0 ? 1 : 0)) : 0
    const able = unlessBarred(inability(target, facts, demands), target, task, weight, inputs)
    if (!('dropped' in able)) {
      unable.push({ target: target.name, ...able })
      return []
    }
    // The order of the list is the chain: the task's own links come first in it.
    return [candidateAt(target, { weight, link: index, ceilingOfLink: links.get(target.name)?.maxCostPer1k, pinned: isPinned }, able.dropped, task.name, facts, expected)]
  })
  const production = facts.purpose === 'production'
  return {
    task,
    taskSource,
    verdict: undefined,
    candidates,
    unable,
    noted: [],
    passedOver: undefined,
    pinned: pinned === undefined ? undefined : candidates.find((candidate) => candidate.target === pinned),
    failover: facts.failover && production,
    rules: { enforce: production, refuse: task.onCeiling === 'refuse', maxCostUsd: facts.maxCostUsd },
    weightsSource: pinned === undefined ? route.source : 'pinned',
    home: undefined,
    exploration: 0,
    terms: { valueUsd: task.valuePerAnswerUsd, quality: route.quality },
    routeVersion: route.version,
    basis: { inputs, facts, demands },
  }
}

/** All other targets that make the same vectors: same model name, both real or both simulated. */
function sameModel(one: Target, targets: Iterable<Target>): Target[] {
  return [...targets].filter((target) => target.name !== one.name && target.kind === 'embedding' && target.model === one.model && target.provider.simulated === one.provider.simulated)
}

function candidatesOf(task: Task, weights: ReadonlyMap<string, number>, targets: readonly Target[], unable: Exclusion[]): { first: Target | undefined; others: Target[] } {
  const embedding = targets.filter((target) => target.kind === 'embedding')
  const place = new Map(task.chain.map((link, index) => [link.target, index]))
  const own = embedding.filter((target) => weights.has(target.name) || place.has(target.name))
  const listed = own.sort((a, b) => (weights.get(b.name) ?? 0) - (weights.get(a.name) ?? 0) || (place.get(a.name) ?? Infinity) - (place.get(b.name) ?? Infinity))
  const models = new Set(embedding.map((target) => target.model))
  const first = listed[0] ?? (models.size === 1 ? embedding[0] : undefined)
  if (first === undefined) {
    for (const target of embedding) unable.push({ target: target.name, reason: 'other_model', detail: `task ${task.name} names no embedding target, and several models are configured: name one` })
    return { first, others: [] }
  }
  const others = [...listed.filter((target) => target !== first && target.model === first.model), ...sameModel(first, embedding).filter((target) => !listed.includes(target))]
  for (const target of listed) if (target.model !== first.model) unable.push({ target: target.name, reason: 'other_model', detail: `its vectors cannot stand in for those of ${first.model}` })
  return { first, others: others.filter((target) => target.provider.simulated === first.provider.simulated) }
}
