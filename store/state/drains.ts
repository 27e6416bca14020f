// Drains: who took which target or provider out of traffic, why, until when, and how it ended. In: a subject with a reason and
// an end. Out: what is in force now, and the history. A drain ends by its time without anybody writing that down, so an expired
// one needs no process to be alive. Whether a name exists is the caller's business.
import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { DRAIN_ENDINGS, DRAIN_SCOPES, type Drain, type DrainScope } from '../../core/operations.ts'
import type { Clock } from '../../core/seams.ts'
import { guarded, transaction } from './open-database.ts'

/** What a drain is about: a target or a provider, by its name in the configuration. */
export type DrainSubject = { readonly scope: DrainScope; readonly name: string }

export interface DrainBook {
  /** Takes a subject out of traffic; an earlier drain of it is replaced. Throws `bad_request` for an end that is not in the future. */
  start(subject: DrainSubject, facts: { readonly reason: string; readonly author: string; readonly keyId?: string | undefined; readonly untilAt: number }): Drain
  /** Ends the drain of a subject now. Throws `drain_unknown` when none is in force. */
  end(subject: DrainSubject, author: string): Drain
  /** In force now, oldest first. */
  active(): Drain[]
  /** Newest first, with those in force. */
  history(limit: number): Drain[]
}

/** Drains that are kept; a script that drains all day must not fill the file. */
const KEPT = 10_000

const drainRow = z.object({
  id: z.string(),
  scope: z.enum(DRAIN_SCOPES),
  name: z.string(),
  reason: z.string(),
  author: z.string(),
  key_id: z.string().nullable(),
  started_at: z.number(),
  until_at: z.number(),
  ended_at: z.number().nullable(),
  ended_how: z.enum(DRAIN_ENDINGS).nullable(),
  ended_by: z.string().nullable(),
})

/** The drains kept in an open state database. */
export function drainsIn(db: DatabaseSync, path: string, clock: Clock): DrainBook {
  const insert = db.prepare('INSERT INTO drains (id, scope, name, reason, author, key_id, started_at, until_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const open = db.prepare('SELECT * FROM drains WHERE scope = ? AND name = ? AND ended_at IS NULL')
  const inForce = db.prepare('SELECT * FROM drains WHERE ended_at IS NULL AND until_at > ? ORDER BY started_at, id')
  const newest = db.prepare('SELECT * FROM drains ORDER BY started_at DESC, rowid DESC LIMIT ?')
  const close = db.prepare('UPDATE drains SET ended_at = ?, ended_how = ?, ended_by = ? WHERE id = ?')
  const prune = db.prepare(`DELETE FROM drains WHERE ended_at IS NOT NULL AND rowid <= (SELECT max(rowid) FROM drains) - ${KEPT}`)

  const openOf = ({ scope, name }: DrainSubject): Drain | undefined => {
    const row = open.get(scope, name)
    return row === undefined ? undefined : drainRow.parse(row)
  }
  return {
    start: (subject, { reason, author, keyId, untilAt }) =>
      guarded(path, () =>
        transaction(db, () => {
          const now = Math.floor(clock.nowMs())
          if (!Number.isFinite(untilAt) || untilAt <= now) throw new WeighbridgeError('bad_request', 'A drain must end in the future.')
          const before = openOf(subject)
          if (before !== undefined) {
            const over = before.until_at <= now
            close.run(over ? before.until_at : now, over ? 'expired' : 'replaced', over ? null : author, before.id)
          }
          const id = `drain_${randomBytes(6).toString('hex')}`
          const end = Math.ceil(untilAt)
          insert.run(id, subject.scope, subject.name, reason, author, keyId ?? null, now, end)
          prune.run()
          return { id, ...subject, reason, author, key_id: keyId ?? null, started_at: now, until_at: end, ended_at: null, ended_how: null, ended_by: null }
        }),
      ),
    end: (subject, author) =>
      guarded(path, () =>
        transaction(db, () => {
          const now = Math.floor(clock.nowMs())
          const found = openOf(subject)
          if (found === undefined || found.until_at <= now) throw new WeighbridgeError('drain_unknown', `The ${subject.scope} ${subject.name} is not drained.`)
          close.run(now, 'undrained', author, found.id)
          return { ...found, ended_at: now, ended_how: 'undrained', ended_by: author }
        }),
      ),
    active: () => guarded(path, () => inForce.all(clock.nowMs()).map((row) => drainRow.parse(row))),
    history: (limit) =>
      guarded(path, () => {
        const now = Math.floor(clock.nowMs())
        return newest.all(limit).map((row) => {
          const drain = drainRow.parse(row)
          return drain.ended_at === null && drain.until_at <= now ? { ...drain, ended_at: drain.until_at, ended_how: 'expired' } : drain
        })
      }),
  }
}
