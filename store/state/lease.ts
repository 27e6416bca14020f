// A named lease: at most one holder at a time, until it is released or its time is over. Names a right, not a process: a
// holder that died loses it by the clock.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/seams.ts'
import { guarded } from './open-database.ts'

export interface Leases {
  /** Takes the lease for `ttlMs`; true also when `holder` has it already (it is then renewed), false when another does. */
  acquire(name: string, holder: string, ttlMs: number): boolean
  /** Lengthens a lease that `holder` still has; false when it has run out or another took it. */
  renew(name: string, holder: string, ttlMs: number): boolean
  /** Gives it back; nothing happens when `holder` does not have it. */
  release(name: string, holder: string): void
}

/** The leases kept in an open state database. */
export function leasesIn(db: DatabaseSync, path: string, clock: Clock): Leases {
  // One statement, so that two processes cannot both see it free.
  const take = db.prepare(
    `INSERT INTO lease (name, holder, expires) VALUES (:name, :holder, :expires)
     ON CONFLICT (name) DO UPDATE SET holder = :holder, expires = :expires WHERE lease.holder = :holder OR lease.expires <= :now`,
  )
  const extend = db.prepare('UPDATE lease SET expires = :expires WHERE name = :name AND holder = :holder AND expires > :now')
  const drop = db.prepare('DELETE FROM lease WHERE name = ? AND holder = ?')
  return {
    acquire: (name, holder, ttlMs) =>
      guarded(path, () => {
        const now = clock.nowMs()
        return Number(take.run({ name, holder, expires: now + ttlMs, now }).changes) > 0
      }),
    renew: (name, holder, ttlMs) =>
      guarded(path, () => {
        const now = clock.nowMs()
        return Number(extend.run({ name, holder, expires: now + ttlMs, now }).changes) > 0
      }),
    release: (name, holder) => guarded(path, () => void drop.run(name, holder)),
  }
}
