// One target → a candidate of a call, or the reason why it could never serve it. Pure. The order of the checks is the order of
// what a person would change first: what it is, what it can do, what its wire carries, how long its context is.
import type { Config, Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Candidate, Exclusion } from './admit.ts'
import type { CallFacts } from './call-facts.ts'
import type { Demands } from './demands.ts'
import { estimateCost } from './estimate.ts'
import type { ExpectedOutput } from './expected-output.ts'
import type { Home } from './home.ts'

/** Where a target stands in a call's route and chain. */
export type Place = {
  readonly weight: number
  /** See Candidate.core. */
  readonly core?: number
  readonly link: number | undefined
  /** USD per 1,000 tokens, the link's own. */
  readonly ceilingOfLink: number | undefined
  /** Whether the caller asked for it by name: its link's ceiling is then recorded, not enforced. */
  readonly pinned: boolean
}

/** A guess of the input's length is not good to the token: only what is clearly too long is kept from trying. */
export const CONTEXT_MARGIN = 1.2

/**
 * A target with the client's own effort: the configured one of that effort, where there is one; else another choice than any
 * configured one, and recorded as such.
 */
export function withEffort(target: Target, effort: string | undefined, config: Config): Target {
  if (effort === undefined || effort === target.effort) return target
  const name = `${target.provider.name}/${target.model}@${effort}`
  for (const configured of config.targets.values()) if (configured.evidenceKey === name) return configured
  return { ...target, name, effort, evidenceKey: name }
}

/** What keeps a target from ever serving this request; `dropped` otherwise. */
export function inability(target: Target, facts: CallFacts, demands: Demands): Omit<Exclusion, 'target'> | { readonly dropped: readonly string[] } {
  if (target.kind !== demands.kind) return { reason: 'kind', detail: `it is configured as kind: ${target.kind}` }
  if (target.lacks.size > 0) {
    const lacking = [...demands.needs].filter((need) => target.lacks.has(need))
    if (lacking.length > 0) return { reason: 'lacks', detail: `it lacks ${lacking.join(', ')}` }
  }
  const loss = demands.lossAt(target)
  if (loss instanceof WeighbridgeError) {
    const param = loss.details?.['param']
    return { reason: 'untranslatable', detail: loss.message, members: typeof param === 'string' ? [param] : [] }
  }
  if (loss.refused.length > 0) return { reason: 'untranslatable', detail: `${target.provider.api} cannot carry ${loss.refused.join(', ')}`, members: loss.refused }
  if (target.contextWindow !== undefined && facts.inputTokens > target.contextWindow * CONTEXT_MARGIN) {
    return { reason: 'context_window', detail: `about ${Math.round(facts.inputTokens)} input tokens, window ${target.contextWindow}` }
  }
  return loss
}

/** The candidate that a target able to serve becomes. */
export function candidateAt(target: Target, place: Place, dropped: readonly string[], task: string, facts: CallFacts, expected: ExpectedOutput, home?: Home): Candidate {
  const ceiling = Math.min((place.pinned ? undefined : place.ceilingOfLink) ?? Infinity, facts.maxCostPer1k ?? Infinity)
  const warmth = home?.warm === true && home.evidenceKey === target.evidenceKey ? { prefixTokens: home.prefixTokens } : undefined
  const cold = warmth === undefined ? undefined : estimateCost(target, task, facts.inputTokens, facts.maxOutputTokens, expected).usd
  return {
    target,
    weight: place.weight,
    link: place.link,
    ceiling: ceiling === Infinity ? undefined : ceiling,
    estimate: estimateCost(target, task, facts.inputTokens, facts.maxOutputTokens, expected, warmth),
    ...(place.core === undefined ? {} : { core: place.core }),
    ...(cold === undefined ? {} : { coldUsd: cold }),
    ...(dropped.length > 0 ? { dropped } : {}),
    ...(place.pinned && place.ceilingOfLink !== undefined ? { exemptFrom: place.ceilingOfLink } : {}),
  }
}
