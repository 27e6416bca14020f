// The only way a route table comes into force. In: a proposal or a version to go back to. Out: a new version in the state, on
// disk for the routers, and as a record for the collector. Under a lease, on top of the version it was made for, or not at all.
import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { EVENT, WB } from '../../core/attributes.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import { sealRouteTable, type RouteTable } from '../../core/route-table.ts'
import type { Clock } from '../../core/seams.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { Publication, PublishAction } from '../../store/state/publications.ts'
import type { State } from '../../store/state/state.ts'
import type { Proposal } from './recommendation.ts'

export type PublisherOptions = {
  readonly state: State
  /** Where `route-table.json` is written for the routers. */
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  /** Sends records to the collector; a failure is logged, and they go again with the next publish or `sync`. */
  readonly emit: (records: readonly LogRecord[]) => Promise<void>
}

export interface Publisher {
  /**
   * Publishes the moves of a proposal, or only those of `tasks`, into the table in force. Throws `nothing_to_apply` (no
   * moves, expired, applied before), `unknown_task` (not among its moves), `route_table_stale_parent`, `publish_lease_held`.
   */
  apply(proposal: Proposal, options?: { readonly tasks?: readonly string[] | undefined; readonly author?: string; readonly action?: PublishAction }): Promise<RouteTable>
  /**
   * Publishes the content of an older version as a new one; 0 is the configured weights, `undefined` the version before the
   * one in force. Throws `nothing_to_apply` when nothing is published, `route_version_unknown`, `publish_lease_held`.
   */
  rollback(to?: number, options?: { readonly author?: string }): Promise<RouteTable>
  /** Makes the file say what the state says (a crash may have come between them) and sends what the collector has not taken yet. */
  sync(): Promise<void>
}

/** File name of the table in the data directory. */
export const ROUTE_TABLE_FILE = 'route-table.json'
const LEASE = 'publish'
/** Longer than any publish takes, short enough that a publisher that died does not block the next. */
const LEASE_MS = 30_000

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

  const publish = async (make: () => { table: RouteTable; action: PublishAction; author: string; afterwards?: () => void }): Promise<RouteTable> => {
    // A holder of its own per publish: two in one process exclude each other as two processes do.
    const holder = randomUUID()
    if (!state.lease.acquire(LEASE, holder, LEASE_MS)) throw new WeighbridgeError('publish_lease_held', 'Another publisher is publishing a route table.')
    try {
      const { table, action, author, afterwards } = make()
      state.publications.publish(table, { action, author })
      afterwards?.()
      // Not awaited: a collector that is down must not hold up the answer, and the state keeps the record until it is taken.
      void send()
      await writeAtomically(file, tableText(table))
      log.info({ version: table.version, parent: table.parent, action, author, rule: table.rule }, 'route table published')
      return table
    } finally {
      state.lease.release(LEASE, holder)
    }
  }

  return {
    apply: (proposal, { tasks, author = 'person', action = 'apply' } = {}) =>
      publish(() => {
        const { recommendation } = proposal
        const stored = state.recommendations.get(recommendation.id)
        if (stored?.status === 'applied') throw new WeighbridgeError('nothing_to_apply', `Recommendation ${recommendation.id} was applied before.`)
        if (clock.nowMs() >= Date.parse(recommendation.expires_at)) throw new WeighbridgeError('nothing_to_apply', `Recommendation ${recommendation.id} expired at ${recommendation.expires_at}.`)
        const current = state.publications.current()?.table
        const inForce = current?.version ?? 0
        if (recommendation.parent !== inForce) {
          throw new WeighbridgeError('route_table_stale_parent', `Recommendation ${recommendation.id} builds on version ${recommendation.parent}, but version ${inForce} is in force.`)
        }
        const chosen = chooseRoutes(proposal, tasks)
        // Tasks of the other side of the simulated/real divide cannot stand in the same table.
        const kept = current !== undefined && current.simulated === recommendation.simulated ? current.tasks : {}
        const rules = [...new Set(Object.values(chosen).map((route) => route.rule))].sort()
        const table = sealRouteTable({
          schema: 1,
          version: inForce + 1,
          parent: inForce,
          created_at: new Date(clock.nowMs()).toISOString(),
          author,
          rule: `${action} ${recommendation.id}: ${Object.keys(chosen).sort().join(', ')} by ${rules.join(', ')}`,
          simulated: recommendation.simulated,
          tasks: { ...kept, ...chosen },
        })
        return { table, action, author, afterwards: () => state.recommendations.markApplied(recommendation.id) }
      }),
    rollback: (to, { author = 'person' } = {}) =>
      publish(() => {
        const current = state.publications.current()?.table
        if (current === undefined) throw new WeighbridgeError('nothing_to_apply', 'No route table was ever published: the configured weights are in force.', { remedy: 'There is nothing to roll back.' })
        const target = to ?? beforeWhat(state.publications.history(HISTORY_LOOKED_BACK)).parent
        const older = target === 0 ? undefined : state.publications.get(target).table
        if (to === undefined && contentHash(older?.tasks ?? {}) === contentHash(current.tasks)) {
          throw new WeighbridgeError('nothing_to_apply', 'Everything is rolled back already: the configured weights are in force.', { remedy: 'Name a version to bring one back: `weighbridge routes history` lists them.' })
        }
        const table = sealRouteTable({
          schema: 1,
          version: current.version + 1,
          parent: current.version,
          created_at: new Date(clock.nowMs()).toISOString(),
          author,
          rule: older === undefined ? 'rollback to configured weights' : `rollback to version ${target}`,
          simulated: older?.simulated ?? current.simulated,
          tasks: older?.tasks ?? {},
        })
        return { table, action: 'rollback', author }
      }),
    async sync() {
      const current = state.publications.current()
      if (current !== undefined) {
        const text = tableText(current.table)
        if ((await readIfThere(file)) !== text) await writeAtomically(file, text)
      }
      await send()
    },
  }
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
    const content = contentHash(publication.table.tasks)
    const restored = history.findIndex((older, i) => i > at + 1 && contentHash(older.table.tasks) === content)
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

// Indented and with a final line break: the file is made to be read and to be reviewed as a diff.
function tableText(table: RouteTable): string {
  return `${JSON.stringify(table, undefined, 2)}\n`
}

// A router may read at any moment and power may fail at any moment: the name always stands for a whole table.
async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const handle = await open(temporary, 'w', 0o644)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    const folder = await open(dirname(path), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    await rm(temporary, { force: true })
    const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    throw new WeighbridgeError(full ? 'disk_full' : 'internal', `The route table was published but ${path} could not be written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
      remedy: 'Make the data directory writable and free space; the file is written again at the next start or publish.',
    })
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
