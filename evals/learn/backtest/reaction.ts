// How soon a policy noticed that the world changed, and what it cost until then. In: shares over time and what was best before and
// after. Out: nights and utility.
import { leaderOf } from './leaders.ts'
import type { Stream } from './stream.ts'
import type { BestByTask } from './yardsticks.ts'

export type Reaction = {
  /** Tasks whose best model is another one after the change. */
  readonly tasks: number
  /** Nights until the new best model had the most of each such task, for those where it came to that. */
  readonly nights: readonly number[]
  /** Tasks where it had not by the end. */
  readonly missed: number
  /** Utility per call lost against the per-task hindsight model after the change. */
  readonly regretPerCall: number
}

export function reactionOf(shares: ReadonlyMap<string, readonly (readonly number[])[]>, best: BestByTask, stream: Stream, from: number, hindsight: readonly number[], served: readonly number[]): Reaction {
  const first = stream.calls.find(({ moment }) => moment >= from)?.night ?? 0
  const changed = [...best].filter(([, { before, after }]) => before !== after)
  const waits = changed.map(([task, { after }]) => {
    // Entry n + 1 is what was in force after night n.
    const later = (shares.get(task) ?? []).slice(first + 1)
    const at = later.findIndex((weights) => leaderOf(weights, undefined) === after)
    return at === -1 ? undefined : at + 1
  })
  const after = stream.calls.flatMap(({ moment }, at) => (moment >= from ? [(hindsight[at] ?? 0) - (served[at] ?? 0)] : []))
  return {
    tasks: changed.length,
    nights: waits.filter((wait) => wait !== undefined),
    missed: waits.filter((wait) => wait === undefined).length,
    regretPerCall: after.reduce((sum, regret) => sum + regret, 0) / Math.max(1, after.length),
  }
}
