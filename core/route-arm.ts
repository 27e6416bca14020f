// Which of two sets of weights a call is drawn by while a canary runs: the champion's or the challenger's. In: a task's route and
// what is known of the call's conversation, or chance. Out: one arm. Pure; a conversation keeps its arm for as long as the canary runs.
import type { EffectiveRoute, RouteArm } from './route-table.ts'
import { fnv1a } from './seams.ts'

/** What divides calls between the arms; the first that is known decides. */
export type ArmKey = {
  /** Version that the conversation's call before this one was labelled with; `undefined`: it begins here, or that is not known. */
  readonly beganUnder?: number | undefined
  readonly sessionId: string | undefined
  /** A point in [0, 1), the same whenever it is asked for; left out: calls of no known conversation go by the champion. */
  readonly chance?: (() => number) | undefined
}

/**
 * The arm of a call. A conversation under way stays in the arm it was in, so that its arm never takes it from where it is at home; new
 * ones of named sessions are divided by a hash of the name and the canary's version, so that other sessions are the first to try
 * the next canary; all others by chance.
 */
export function armOf(route: EffectiveRoute, task: string, key: ArmKey): RouteArm {
  const { canary } = route
  if (canary === undefined) return route
  if (key.beganUnder !== undefined) return key.beganUnder === canary.version ? canary : route
  const point = key.sessionId === undefined ? (key.chance?.() ?? 1) : pointOf(`${canary.version}|${task}|${key.sessionId}`)
  return point < canary.share ? canary : route
}

/** The arm that a call might have gone to instead, with the probability of that; `undefined`: there is none. */
export function otherArm(route: EffectiveRoute, arm: RouteArm): { readonly arm: RouteArm; readonly probability: number } | undefined {
  const { canary } = route
  if (canary === undefined) return undefined
  return arm === canary ? { arm: route, probability: 1 - canary.share } : { arm: canary, probability: canary.share }
}

/** A text's place in [0, 1). FNV-1a alone leaves names that differ in their last letters close together. */
function pointOf(text: string): number {
  // The finaliser of MurmurHash3 (Austin Appleby, public domain), whose bits all depend on all of the input's.
  let hash = fnv1a(text)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296
}
