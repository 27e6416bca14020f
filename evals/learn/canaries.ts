// Canaries under way: read how they do, and end those that have shown enough. In: the table in force and live calls. Out: new
// versions, freezes and events. When to begin one is the learner's business.
import type { Config, Task } from '../../core/config.ts'
import { effectiveRoute, type EffectiveRoute, type RouteTable } from '../../core/route-table.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { State } from '../../store/state/state.ts'
import type { EventLog } from './events.ts'
import type { Champion } from './next-table.ts'
import { readArms } from './observe.ts'
import type { WeighedTask } from './propose.ts'
import type { Publisher } from './publish.ts'
import { alarmedRiser } from './returns.ts'
import type { LearningRules } from './rules.ts'
import { canaryVerdict, type CanarySettings, type CanaryVerdict } from './trial.ts'
import { spendingOf } from './weigh.ts'

export const LEARNER = 'learner'

export type CanaryParts = { readonly config: Config; readonly clickhouse: Pick<ClickHouse, 'query'>; readonly state: State; readonly publisher: Publisher; readonly events: EventLog; readonly nowMs: number; readonly rules: LearningRules }

export function canarySettings(config: Config): CanarySettings & { readonly share: number } {
  const { share, min_hours: minHours, max_hours: maxHours, min_calls: minCalls } = config.settings.learning.canary
  return { share, minHours, maxHours, minCalls }
}

/** Looks at every canary under way and ends what has shown enough; the tasks it ended. A canary of another side is left alone. */
export async function stepCanaries(weighed: readonly WeighedTask[], parts: CanaryParts): Promise<ReadonlySet<string>> {
  const ended = new Set<string>()
  for (const one of weighed) {
    const { canary } = effectiveRoute(parts.config, one.task, parts.state.publications.current()?.table)
    // A person who only wants to watch has not asked for this either.
    if (canary === undefined || one.weighed.mode === 'observe' || one.weighed.faults.length > 0) continue
    const verdict = await judge(one, canary, parts)
    if (verdict.decision === 'continue') continue
    await endCanary(one.task, verdict, parts)
    ended.add(one.task.name)
  }
  return ended
}

async function judge({ task, weighed, alarms }: WeighedTask, canary: NonNullable<EffectiveRoute['canary']>, { config, clickhouse, state, nowMs, rules }: CanaryParts): Promise<CanaryVerdict> {
  const champion = effectiveRoute(config, task, state.publications.current()?.table)
  const fallen = alarmedRiser(weighed.posteriors, alarms, champion.weights, canary.weights)
  if (fallen !== undefined) return { decision: 'roll_back', loss: undefined, why: `${fallen.target}, which it gives more to, has a drift alarm: ${fallen.text}`, freeze: true }
  const sinceMs = Date.parse(canary.since)
  const arms = await readArms(clickhouse, task, { newer: [canary.version], older: [champion.version] }, { fromMs: sinceMs, toMs: nowMs }, rules)
  return canaryVerdict(arms, (nowMs - sinceMs) / 3_600_000, canarySettings(config), rules)
}

async function endCanary(task: Task, verdict: CanaryVerdict, { state, publisher, events, nowMs, rules }: CanaryParts): Promise<void> {
  const promoted = verdict.decision === 'promote'
  const table = await publisher.endCanary(task.name, promoted ? 'promote' : 'roll_back', { author: LEARNER, why: verdict.why })
  events.tell([
    { id: `canary_${table.version}_${task.name}`, kind: promoted ? 'canary' : 'rollback', atMs: nowMs, task: task.name, metric: 'loss', value: verdict.loss?.value, reference: rules.trial.maxLoss, version: table.version, message: `The canary of ${task.name} is ${promoted ? 'promoted' : 'taken back'}: ${verdict.why}`, simulated: task.simulated, body: verdict },
  ])
  if (verdict.freeze) freezeTask(task, `its canary was taken back: ${verdict.why}`, table.version, { state, events, nowMs, rules })
}

/** Freezes a task after it was taken back by itself, and says so. */
export function freezeTask(task: Task, reason: string, version: number, { state, events, nowMs, rules }: Pick<CanaryParts, 'state' | 'events' | 'nowMs' | 'rules'>): void {
  const freeze = state.freezes.freeze(task.name, rules.trial.freezeHours * 3_600_000, { reason, author: LEARNER })
  events.tell([{ id: `freeze_${version}_${task.name}`, kind: 'freeze', atMs: nowMs, task: task.name, version, message: `${task.name} stays as it is until ${new Date(freeze.until_at).toISOString()}: ${reason}`, simulated: task.simulated }])
}

/**
 * The champions beside which new weights are tried, by task. A task that would not have `minCalls` calls in the canary's longest
 * time has none: there a trial would end without showing anything.
 */
export function championsOf(weighed: readonly WeighedTask[], { config, state }: Pick<CanaryParts, 'config' | 'state'>): ReadonlyMap<string, Champion> {
  const { share, maxHours, minCalls } = canarySettings(config)
  if (share <= 0) return new Map()
  const current = state.publications.current()?.table
  return new Map(
    weighed.flatMap(({ task, evidence }) => {
      const { calls, days } = spendingOf(evidence)
      if ((calls / days) * (maxHours / 24) * share < minCalls) return []
      return [[task.name, championOf(config, task, current)] as const]
    }),
  )
}

/** What a task runs on now, as the champion of a trial: the published entry, or the configured weights as one. */
export function championOf(config: Config, task: Task, current: RouteTable | undefined): Champion {
  const route = effectiveRoute(config, task, current)
  const entry = current?.tasks[task.name]
  if (route.source === 'table' && entry !== undefined) return { route: entry, base: route.version }
  return { base: 0, route: { weights: Object.fromEntries(task.route), excluded: {}, config_hash: task.configHash, exploration: 0, rule: 'configured', evidence: {} } }
}
