// Recommendations waiting for a person. In: a recommendation as JSON text with its life span. Out: the newest one still
// pending. What it says is the learner's business; this file only knows whether it may still be applied.
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { Clock } from '../../core/seams.ts'
import { guarded, transaction } from './open-database.ts'

/** A stored recommendation; times in milliseconds since the Unix epoch. */
export type StoredRecommendation = {
  readonly id: string
  readonly json: string
  readonly createdAt: number
  readonly expiresAt: number
  /** The route table version it builds on. */
  readonly parent: number
  readonly simulated: boolean
}

export interface Recommendations {
  /** Stores a pending recommendation; earlier pending ones expire with it. */
  store(recommendation: StoredRecommendation): void
  /** The newest pending one; `undefined` when there is none or its time is over. */
  pending(): StoredRecommendation | undefined
  /** Any one by its id, whatever its status. */
  get(id: string): (StoredRecommendation & { readonly status: 'pending' | 'applied' | 'expired' }) | undefined
  markApplied(id: string): void
}

const row = z.object({
  id: z.string(),
  json: z.string(),
  created_at: z.number(),
  expires_at: z.number(),
  parent: z.number(),
  simulated: z.number().transform((flag) => flag !== 0),
  status: z.enum(['pending', 'applied', 'expired']),
})

/** The recommendations kept in an open state database. */
export function recommendationsIn(db: DatabaseSync, path: string, clock: Clock): Recommendations {
  const expireOlder = db.prepare("UPDATE recommendations SET status = 'expired' WHERE status = 'pending'")
  const insert = db.prepare("INSERT INTO recommendations (id, json, created_at, expires_at, parent, simulated, status) VALUES (?, ?, ?, ?, ?, ?, 'pending')")
  const newest = db.prepare("SELECT * FROM recommendations WHERE status = 'pending' AND expires_at > ? ORDER BY created_at DESC, id LIMIT 1")
  const one = db.prepare('SELECT * FROM recommendations WHERE id = ?')
  const applied = db.prepare("UPDATE recommendations SET status = 'applied' WHERE id = ?")
  const read = (found: unknown) => {
    const r = row.parse(found)
    return { id: r.id, json: r.json, createdAt: r.created_at, expiresAt: r.expires_at, parent: r.parent, simulated: r.simulated, status: r.status }
  }
  return {
    store: (r) =>
      guarded(path, () =>
        transaction(db, () => {
          expireOlder.run()
          insert.run(r.id, r.json, r.createdAt, r.expiresAt, r.parent, r.simulated ? 1 : 0)
        }),
      ),
    pending: () =>
      guarded(path, () => {
        const found = newest.get(clock.nowMs())
        return found === undefined ? undefined : read(found)
      }),
    get: (id) =>
      guarded(path, () => {
        const found = one.get(id)
        return found === undefined ? undefined : read(found)
      }),
    markApplied: (id) => guarded(path, () => void applied.run(id)),
  }
}
