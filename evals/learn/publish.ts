// The only way a route table comes into force. In: a proposal, a canary's end, or a version to go back to. Out: a new version in
// the state, on disk for the routers, and as a record for the collector. Under a lease, on top of the version it was made for, or not at all.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { EVENT, WB } from '../../core/attributes.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import type { RouteTable, TaskRoute } from '../../core/route-table.ts'
import type { Clock } from '../../core/seams.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { Publication, PublishAction } from '../../store/state/publications.ts'
import type { State } from '../../store/state/state.ts'
import { keptTasks, nextTable, withCanary, withoutCanary, withTaskOf, type Champion } from './next-table.ts'
import type { Proposal } from './recommendation.ts'
import { restoreTable, ROUTE_TABLE_FILE, writeTable } from './table-file.ts'

export { ROUTE_TABLE_FILE } from './table-file.ts'

export type PublisherOptions = {
  readonly state: State
  /** Where `route-table.json` is written for the routers. */
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  /** Sends records to the collector; a failure is logged, and they go again with the next publish or `sync`. */
  readonly emit: (records: readonly LogRecord[]) => Promise<void>
}

export type ApplyOptions = {
  readonly tasks?: readonly string[] | undefined
  readonly author?: string
  readonly action?: PublishAction
  /** Lets the new weights have a share of the traffic first, beside these champions by task; tasks without one get them at once. */
  readonly canary?: { readonly share: number; readonly champions: ReadonlyMap<string, Champion> } | undefined
}

export interface Publisher {
  /**
   * Publishes the moves of a proposal, or only those of `tasks`, into the table in force. Throws `nothing_to_apply` (no
   * moves, expired, applied before), `unknown_task` (not among its moves), `route_table_stale_parent`, `publish_lease_held`.
   */
  apply(proposal: Proposal, options?: ApplyOptions): Promise<RouteTable>
  /**
   * Publishes the content of an older version as a new one; 0 is the configured weights, `undefined` the version before the
   * one in force. Throws `nothing_to_apply` when nothing is published, `route_version_unknown`, `publish_lease_held`.
   */
  rollback(to?: number, options?: { readonly author?: string }): Promise<RouteTable>
  /** Puts one task back to what it was in an older version (0: configured weights), with the reason. Throws as `rollback`. */
  restoreTask(task: string, to: number, options: { readonly author: string; readonly why: string }): Promise<RouteTable>
  /** Ends a task's canary. Throws `nothing_to_apply` when none is under way, `publish_lease_held`. */
  endCanary(task: string, ending: 'promote' | 'roll_back', options: { readonly author: string; readonly why: string }): Promise<RouteTable>
  /** Makes the file say what the state says (a crash may have come between them) and sends what the collector has not taken yet. */
  sync(): Promise<void>
}

const LEASE = 'publish'
/** Longer than any publish takes, short enough that a publisher that died does not block the next. */
const LEASE_MS = 30_000

type Made = { readonly table: RouteTable; readonly action: PublishAction; readonly author: string; readonly afterwards?: () => void }

export function createPublisher(options: PublisherOptions): Publisher {
  const { state, dataDir, clock, log } = options
  const file = join(dataDir, ROUTE_TABLE_FILE)
  // Records leave one batch at a time, or a version could be sent by two of them.
  let sending: Promise<void> = Promise.resolve()

  const send = (): Promise<void> => {
    sending = sending.then(async () => {
      try {
        const waiting = state.publications.unsent()
        if (waiting.length === 0) return
        await options.emit(waiting.map(routeTableRecord))
        for (const { table } of waiting) state.publications.markSent(table.version)
      } catch (error) {
        const { code, message } = asWeighbridgeError(error)
        log.warn({ code }, `published route tables wait to be recorded: ${message}`)
      }
    })
    return sending
  }

  const publish = async (make: () => Made): Promise<RouteTable> => {
    // A holder of its own per publish: two in one process exclude each other as two processes do.
    const holder = randomUUID()
    if (!state.lease.acquire(LEASE, holder, LEASE_MS)) throw new WeighbridgeError('publish_lease_held', 'Another publisher is publishing a route table.')
    try {
      const { table, action, author, afterwards } = make()
      state.publications.publish(table, { action, author })
      afterwards?.()
      // Not awaited: a collector that is down must not hold up the answer, and the state keeps the record until it is taken.
      void send()
      await writeTable(file, table)
      log.info({ version: table.version, parent: table.parent, action, author, rule: table.rule }, 'route table published')
      return table
    } finally {
      state.lease.release(LEASE, holder)
    }
  }

  const current = (): RouteTable | undefined => state.publications.current()?.table
  const published = (): RouteTable => {
    const table = current()
    if (table === undefined) throw new WeighbridgeError('nothing_to_apply', 'No route table was ever published: the configured weights are in force.', { remedy: 'There is nothing to roll back.' })
    return table
  }
  const tasksOf = (version: number): RouteTable['tasks'] => (version === 0 ? {} : state.publications.get(version).table.tasks)

  return {
    apply: (proposal, { tasks, author = 'person', action = 'apply', canary } = {}) =>
      publish(() => {
        const { recommendation } = proposal
        refuseUnfit(state, recommendation, clock)
        const inForce = current()
        const version = inForce?.version ?? 0
        if (recommendation.parent !== version) {
          throw new WeighbridgeError('route_table_stale_parent', `Recommendation ${recommendation.id} builds on version ${recommendation.parent}, but version ${version} is in force.`)
        }
        const chosen = Object.entries(chooseRoutes(proposal, tasks)).map(([task, route]): [string, TaskRoute] => {
          const champion = canary?.champions.get(task)
          return [task, canary === undefined || champion === undefined ? route : withCanary(champion, route, { version: version + 1, share: canary.share, nowMs: clock.nowMs() })]
        })
        const rules = [...new Set(chosen.map(([, route]) => route.canary?.rule ?? route.rule))].sort()
        const trial = chosen.some(([, route]) => route.canary !== undefined) ? ` as a canary of ${Math.round((canary?.share ?? 0) * 100)}%` : ''
        const rule = `${action} ${recommendation.id}: ${chosen.map(([task]) => task).sort().join(', ')} by ${rules.join(', ')}${trial}`
        const table = nextTable(inForce, { ...keptTasks(inForce, recommendation.simulated), ...Object.fromEntries(chosen) }, recommendation.simulated, { nowMs: clock.nowMs(), author, rule })
        return { table, action, author, afterwards: () => state.recommendations.markApplied(recommendation.id) }
      }),
    rollback: (to, { author = 'person' } = {}) =>
      publish(() => {
        const inForce = published()
        const target = to ?? beforeWhat(state.publications.history(HISTORY_LOOKED_BACK)).parent
        const older = target === 0 ? undefined : state.publications.get(target).table
        if (to === undefined && contentHash(older?.tasks ?? {}) === contentHash(inForce.tasks)) {
          throw new WeighbridgeError('nothing_to_apply', 'Everything is rolled back already: the configured weights are in force.', { remedy: 'Name a version to bring one back: `weighbridge routes history` lists them.' })
        }
        const rule = older === undefined ? 'rollback to configured weights' : `rollback to version ${target}`
        return { table: nextTable(inForce, withoutTrials(older?.tasks ?? {}), older?.simulated ?? inForce.simulated, { nowMs: clock.nowMs(), author, rule }), action: 'rollback', author }
      }),
    restoreTask: (task, to, { author, why }) =>
      publish(() => {
        const inForce = published()
        const rule = `rollback of ${task} to ${to === 0 ? 'configured weights' : `version ${to}`}: ${why}`
        return { table: nextTable(inForce, withTaskOf(inForce.tasks, task, tasksOf(to)), inForce.simulated, { nowMs: clock.nowMs(), author, rule }), action: 'rollback', author }
      }),
    endCanary: (task, ending, { author, why }) =>
      publish(() => {
        const inForce = published()
        const route = inForce.tasks[task]
        const next = withoutCanary(route, task, ending)
        const isConfigured = ending === 'roll_back' && route?.canary?.base === 0
        const { [task]: _ended, ...others } = inForce.tasks
        // Back to configured weights is no entry at all, so that a change of the config counts again at once.
        const tasks = isConfigured ? others : { ...others, [task]: next }
        const rule = `${ending === 'promote' ? 'promotion' : 'rollback'} of the canary of ${task}: ${why}`
        return { table: nextTable(inForce, tasks, inForce.simulated, { nowMs: clock.nowMs(), author, rule }), action: ending === 'promote' ? 'auto' : 'rollback', author }
      }),
    async sync() {
      const table = current()
      if (table !== undefined && (await restoreTable(file, table))) log.warn({ version: table.version }, 'the route table file did not say what was published, and was written again')
      await send()
    },
  }
}

function refuseUnfit(state: State, { id, expires_at: expires }: Proposal['recommendation'], clock: Clock): void {
  if (state.recommendations.get(id)?.status === 'applied') throw new WeighbridgeError('nothing_to_apply', `Recommendation ${id} was applied before.`)
  if (clock.nowMs() >= Date.parse(expires)) throw new WeighbridgeError('nothing_to_apply', `Recommendation ${id} expired at ${expires}.`)
}

/** A version that is gone back to brings its weights, not its experiments. */
function withoutTrials(tasks: RouteTable['tasks']): RouteTable['tasks'] {
  return Object.fromEntries(
    Object.entries(tasks).map(([task, { canary: _trial, ...route }]) => [task, route]),
  )
}

/** How far back a chain of rollbacks is followed. */
const HISTORY_LOOKED_BACK = 1_000

/**
 * The version whose parent a plain rollback goes to: the newest that is not itself a rollback, else the one whose content the
 * newest rollback restored. Otherwise a second rollback would bring back what the first one took away.
 */
function beforeWhat(history: readonly Publication[]): { readonly parent: number } {
  let at = 0
  for (;;) {
    const publication = history[at]
    if (publication === undefined) return { parent: 0 }
    if (publication.action !== 'rollback') return publication.table
    const content = contentHash(withoutTrials(publication.table.tasks))
    const restored = history.findIndex((older, i) => i > at + 1 && contentHash(withoutTrials(older.table.tasks)) === content)
    if (restored === -1) return { parent: 0 }
    at = restored
  }
}

function chooseRoutes({ recommendation, routes }: Proposal, tasks: readonly string[] | undefined): Proposal['routes'] {
  if (Object.keys(routes).length === 0) throw new WeighbridgeError('nothing_to_apply', `Recommendation ${recommendation.id} moves nothing.`, { remedy: 'Gather more evidence with `weighbridge eval run`, then recommend again.' })
  if (tasks === undefined || tasks.length === 0) return routes
  return Object.fromEntries(
    tasks.map((task) => {
      const route = routes[task]
      if (route === undefined) throw new WeighbridgeError('unknown_task', `Recommendation ${recommendation.id} has no move for task ${task}; it has one for ${Object.keys(routes).sort().join(', ')}.`)
      return [task, route]
    }),
  )
}

/** A publication as the log record that the collector stores as a row of `route_tables`; the body is the table's JSON. */
export function routeTableRecord({ table, action, author, publishedAt }: Publication): LogRecord {
  return {
    eventName: EVENT.routeTable,
    timeMs: publishedAt,
    attributes: {
      [WB.routeVersion]: table.version,
      [WB.routeParent]: table.parent,
      [WB.routeHash]: table.hash,
      [WB.routeRule]: table.rule,
      [WB.routeAuthor]: author,
      [WB.routeAction]: action,
      [WB.simulated]: table.simulated,
    },
    body: JSON.stringify(table),
  }
}
