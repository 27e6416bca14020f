// Tasks whose weights the learner leaves alone for a while. A person may still publish; what ends by itself needs no one to
// remember it. Times in milliseconds since the Unix epoch.
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { Clock } from '../../core/seams.ts'
import { guarded } from './open-database.ts'

const freezeRow = z.object({ task: z.string(), since: z.number(), until_at: z.number(), reason: z.string(), author: z.string() })
export type Freeze = z.infer<typeof freezeRow>

export interface Freezes {
  /** Those in force, by task. */
  active(): ReadonlyMap<string, Freeze>
  /** Freezes a task for `forMs`; an earlier freeze that lasts longer keeps its end. */
  freeze(task: string, forMs: number, by: { readonly reason: string; readonly author: string }): Freeze
  /** Ends a freeze; false when there was none in force. */
  unfreeze(task: string): boolean
}

/** The freezes kept in an open state database. */
export function freezesIn(db: DatabaseSync, path: string, clock: Clock): Freezes {
  const inForce = db.prepare('SELECT * FROM freezes WHERE until_at > ? ORDER BY task')
  const put = db.prepare(
    `INSERT INTO freezes (task, since, until_at, reason, author) VALUES (:task, :since, :until_at, :reason, :author)
     ON CONFLICT (task) DO UPDATE SET since = :since, until_at = max(iif(freezes.until_at > :since, freezes.until_at, 0), :until_at), reason = :reason, author = :author
     RETURNING *`,
  )
  const end = db.prepare('DELETE FROM freezes WHERE task = ? AND until_at > ?')
  return {
    active: () => guarded(path, () => new Map(inForce.all(clock.nowMs()).map((row) => freezeRow.parse(row)).map((row) => [row.task, row]))),
    freeze: (task, forMs, { reason, author }) =>
      guarded(path, () => {
        const since = Math.floor(clock.nowMs())
        return freezeRow.parse(put.get({ task, since, until_at: since + Math.max(1, Math.ceil(forMs)), reason, author }))
      }),
    unfreeze: (task) => guarded(path, () => Number(end.run(task, clock.nowMs()).changes) > 0),
  }
}
