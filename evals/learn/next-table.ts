// The next route table out of the one in force: a recommendation applied, a challenger let in beside the champion, a canary
// ended, a task or the whole set back at an earlier version. Pure: tables in, a sealed table out; who may publish it is publish.ts.
import { WeighbridgeError } from '../../core/errors.ts'
import { sealRouteTable, type RouteTable, type TaskRoute } from '../../core/route-table.ts'

/** What every new version says of itself. */
export type Stamp = { readonly nowMs: number; readonly author: string; readonly rule: string }

/** The champion that a challenger is tried beside, and the version its calls are labelled with. */
export type Champion = { readonly route: TaskRoute; readonly base: number }

type Tasks = RouteTable['tasks']

/** Seals the version after `current` with these tasks. */
export function nextTable(current: RouteTable | undefined, tasks: Tasks, simulated: boolean, { nowMs, author, rule }: Stamp): RouteTable {
  const inForce = current?.version ?? 0
  return sealRouteTable({ schema: 1, version: inForce + 1, parent: inForce, created_at: new Date(nowMs).toISOString(), author, rule, simulated, tasks })
}

/** The tasks in force that stay when something of the given side is published: those of the other side cannot stand beside it. */
export function keptTasks(current: RouteTable | undefined, simulated: boolean): Tasks {
  return current !== undefined && current.simulated === simulated ? current.tasks : {}
}

/** A challenger beside the champion: the evidence is the newest, the weights are still the champion's. */
export function withCanary(champion: Champion, challenger: TaskRoute, canary: { readonly version: number; readonly share: number; readonly nowMs: number }): TaskRoute {
  const { canary: _over, ...champ } = champion.route
  return {
    ...champ,
    config_hash: challenger.config_hash,
    evidence: challenger.evidence,
    canary: { version: canary.version, base: champion.base, weights: challenger.weights, excluded: challenger.excluded, share: canary.share, since: new Date(canary.nowMs).toISOString(), exploration: challenger.exploration, ...(challenger.core === undefined ? {} : { core: challenger.core }), rule: challenger.rule },
  }
}

/** The route after its canary has ended. Throws `nothing_to_apply` when none is under way. */
export function withoutCanary(route: TaskRoute | undefined, task: string, ending: 'promote' | 'roll_back'): TaskRoute {
  const { canary, ...champion } = route ?? { canary: undefined }
  if (canary === undefined || route === undefined) throw new WeighbridgeError('nothing_to_apply', `No canary is under way for task ${task}.`, { remedy: '`weighbridge routes show` says what is in force.' })
  const rest: TaskRoute = { ...route, ...champion }
  delete rest.canary
  if (ending === 'roll_back') return rest
  delete rest.core
  return { ...rest, weights: canary.weights, excluded: canary.excluded, exploration: canary.exploration, ...(canary.core === undefined ? {} : { core: canary.core }), rule: canary.rule }
}

/** The tasks with one of them as it was in an older version; configured weights where that version did not have it. */
export function withTaskOf(current: Tasks, task: string, older: Tasks): Tasks {
  const { [task]: _now, ...others } = current
  const then = older[task]
  if (then === undefined) return others
  // What was a trial then is not one now.
  const { canary: _trial, ...route } = then
  return { ...others, [task]: route }
}
