// What a person should know of a drain, or of its end, before they walk away: which tasks have nothing left or nothing that works, and
// what does not come back yet. Pure.
import { candidateNames, type Config, type Target } from '../../core/config.ts'
import type { RouterOperations } from '../../core/operations.ts'
import type { Drains } from '../execute/dependencies.ts'
import type { Subject } from './subjects.ts'

/**
 * Warnings after a drain of `subject`, one for each task it touches that is left with nothing or with one target. `live`: how the
 * targets stand; without it only drains count.
 */
export function drainWarnings(config: Config, subject: Subject, drains: Drains, live: RouterOperations | undefined): string[] {
  const states = new Map(live?.targets.map((target) => [target.target, target.state]))
  const touched = new Set(touchedBy(config, subject))
  return [...config.tasks.values()].flatMap((task) => {
    const candidates = candidateNames(task).flatMap((name) => config.targets.get(name) ?? [])
    if (!candidates.some((target) => touched.has(target))) return []
    const left = candidates.filter((target) => drains.reason(target) === undefined)
    if (left.length === 0) return [`task ${task.name} has no target left: its calls are refused until one is undrained`]
    const working = left.filter((target) => !['cooling', 'limited'].includes(states.get(target.name) ?? 'ok'))
    const names = left.map((target) => target.name).join(', ')
    if (working.length === 0) return [`task ${task.name} has only ${names} left, which ${left.length === 1 ? 'cools' : 'cool'} now`]
    return left.length === 1 ? [`task ${task.name} has only ${names} left`] : []
  })
}

/**
 * What keeps a target out after the end of a drain: its provider may be drained as well, or its breaker may still be open, which is
 * then the breaker's business. `live` as above.
 */
export function returnWarnings(config: Config, ended: Subject, drains: Drains, live: RouterOperations | undefined): string[] {
  const states = new Map(live?.targets.map((target) => [target.target, target]))
  return touchedBy(config, ended).flatMap((target) => {
    const still = drains.reason(target)
    if (still !== undefined) return [`${target.name} stays out: ${still}`]
    const now = states.get(target.name)
    if (now === undefined || (now.state !== 'cooling' && now.state !== 'limited')) return []
    return [`${target.name} still ${now.state === 'cooling' ? 'cools' : 'rests'}${now.code === null ? '' : ` (${now.code})`}${now.left_ms === null ? '' : `, for another ${Math.ceil(now.left_ms / 1000)} s`}: then one call finds out whether it answers`]
  })
}

function touchedBy(config: Config, subject: Subject): Target[] {
  return [...config.targets.values()].filter((target) => (subject.scope === 'target' ? target.name === subject.name : target.provider.name === subject.name))
}
