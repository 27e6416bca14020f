// What the learner found and did, on its way to the collector: kept until it was taken, and for a while after, so that the same
// finding is told once. In: log records as JSON. Out: those still to be sent.
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { Clock } from '../../core/seams.ts'
import { guarded, transaction } from './open-database.ts'

export interface LearningEvents {
  /** Keeps an event unless one of its id is kept already; whether it was new. */
  add(event: { readonly id: string; readonly at: number; readonly json: string }): boolean
  /** Oldest first, at most `limit`. */
  unsent(limit?: number): { readonly id: string; readonly json: string }[]
  markSent(ids: readonly string[]): void
  /** The newest, sent or not. */
  recent(limit?: number): { readonly id: string; readonly at: number; readonly json: string }[]
}

const KEPT_MS = 400 * 86_400_000
const row = z.object({ id: z.string(), at: z.number(), json: z.string() })

/** The events kept in an open state database. */
export function learningEventsIn(db: DatabaseSync, path: string, clock: Clock): LearningEvents {
  const insert = db.prepare('INSERT INTO learning_events (id, at, json) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING')
  const forget = db.prepare('DELETE FROM learning_events WHERE sent_at IS NOT NULL AND at < ?')
  const waiting = db.prepare('SELECT id, at, json FROM learning_events WHERE sent_at IS NULL ORDER BY at, rowid LIMIT ?')
  const newest = db.prepare('SELECT id, at, json FROM learning_events ORDER BY at DESC, rowid DESC LIMIT ?')
  const sent = db.prepare('UPDATE learning_events SET sent_at = ? WHERE id = ?')
  return {
    add: ({ id, at, json }) =>
      guarded(path, () => {
        forget.run(clock.nowMs() - KEPT_MS)
        return Number(insert.run(id, Math.floor(at), json).changes) > 0
      }),
    unsent: (limit = 500) => guarded(path, () => waiting.all(limit).map((found) => row.parse(found))),
    markSent: (ids) => guarded(path, () => transaction(db, () => ids.forEach((id) => void sent.run(clock.nowMs(), id)))),
    recent: (limit = 100) => guarded(path, () => newest.all(limit).map((found) => row.parse(found))),
  }
}
