// Published route tables and pending recommendations. In: sealed tables. Out: the current one, any older one, the history.
// A version is written once, on top of the version it names as its parent, or not at all; it must not judge the content.
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { parseRouteTable, type RouteTable } from '../../core/route-table.ts'
import type { Clock } from '../../core/seams.ts'
import { guarded, transaction } from './open-database.ts'

export const PUBLISH_ACTIONS = ['apply', 'rollback', 'auto'] as const
export type PublishAction = (typeof PUBLISH_ACTIONS)[number]

/** A published version. */
export type Publication = {
  readonly table: RouteTable
  readonly action: PublishAction
  readonly author: string
  /** Milliseconds since the Unix epoch. */
  readonly publishedAt: number
}

export interface Publications {
  /** The version in force; `undefined`: nothing was ever published, configured weights. */
  current(): Publication | undefined
  /** Newest first. */
  history(limit?: number): Publication[]
  /** Throws `route_version_unknown`. */
  get(version: number): Publication
  /**
   * Stores a sealed table as the version in force. Throws `route_table_stale_parent` unless its parent is the version in
   * force (0 when there is none) and its version the next one; `route_table_invalid` for one that the router would refuse.
   */
  publish(table: RouteTable, by: { readonly action: PublishAction; readonly author: string }): Publication
  /**
   * Takes over the table in force of another installation, so that what is learned here builds on it; never sent to a collector, which
   * has it from there. Throws `route_table_stale_parent` when anything was published here, `route_table_invalid`.
   */
  adopt(table: RouteTable, by: { readonly action: PublishAction; readonly author: string; readonly publishedAt: number }): void
  /** Versions whose record the collector has not taken yet, oldest first. */
  unsent(): Publication[]
  markSent(version: number): void
}

const publicationRow = z.object({
  table_json: z.string().transform(parseRouteTable),
  action: z.enum(PUBLISH_ACTIONS),
  author: z.string(),
  published_at: z.number(),
})

/** The publications kept in an open state database. */
export function publicationsIn(db: DatabaseSync, path: string, clock: Clock): Publications {
  const columns = 'table_json, action, author, published_at'
  const newest = db.prepare(`SELECT ${columns} FROM publications ORDER BY version DESC LIMIT ?`)
  const one = db.prepare(`SELECT ${columns} FROM publications WHERE version = ?`)
  const waiting = db.prepare(`SELECT ${columns} FROM publications WHERE sent_at IS NULL ORDER BY version`)
  const top = db.prepare('SELECT max(version) AS version FROM publications')
  const insert = db.prepare(
    'INSERT INTO publications (version, parent, hash, table_json, action, rule, author, published_at, simulated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const sent = db.prepare('UPDATE publications SET sent_at = ? WHERE version = ?')
  const read = (row: unknown): Publication => {
    const { table_json: table, action, author, published_at: publishedAt } = publicationRow.parse(row)
    return { table, action, author, publishedAt }
  }
  return {
    current: () =>
      guarded(path, () => {
        const row = newest.get(1)
        return row === undefined ? undefined : read(row)
      }),
    history: (limit = 100) => guarded(path, () => newest.all(limit).map(read)),
    get: (version) =>
      guarded(path, () => {
        const row = one.get(version)
        if (row === undefined) throw new WeighbridgeError('route_version_unknown', `There is no route table version ${version}.`)
        return read(row)
      }),
    publish: (table, { action, author }) =>
      guarded(path, () => {
        const json = JSON.stringify(table)
        parseRouteTable(json)
        return transaction(db, () => {
          const inForce = Number(top.get()?.['version'] ?? 0)
          if (table.parent !== inForce || table.version !== inForce + 1) {
            throw new WeighbridgeError('route_table_stale_parent', `Version ${table.version} builds on version ${table.parent}, but version ${inForce} is in force.`, {
              details: { parent: table.parent, in_force: inForce },
            })
          }
          const publishedAt = clock.nowMs()
          insert.run(table.version, table.parent, table.hash, json, action, table.rule, author, publishedAt, table.simulated ? 1 : 0)
          return { table, action, author, publishedAt }
        })
      }),
    adopt: (table, { action, author, publishedAt }) =>
      guarded(path, () => {
        const json = JSON.stringify(table)
        parseRouteTable(json)
        transaction(db, () => {
          const inForce = Number(top.get()?.['version'] ?? 0)
          if (inForce !== 0) throw new WeighbridgeError('route_table_stale_parent', `Version ${inForce} is in force here: a table is only taken over where nothing was published.`, { details: { in_force: inForce } })
          insert.run(table.version, table.parent, table.hash, json, action, table.rule, author, publishedAt, table.simulated ? 1 : 0)
          sent.run(clock.nowMs(), table.version)
        })
      }),
    unsent: () => guarded(path, () => waiting.all().map(read)),
    markSent: (version) => guarded(path, () => void sent.run(clock.nowMs(), version)),
  }
}
