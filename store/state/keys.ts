// Virtual keys: made once, stored only as hashes, found by hash. In: names, scopes, secrets. Out: facts about keys. The
// secret leaves this file exactly once, as the answer of `create`.
import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { KEY_SCOPES, type KeyFacts, type KeyRing, type KeyScope } from '../../core/mount.ts'
import type { Clock } from '../../core/seams.ts'
import { guarded } from './open-database.ts'

/** What is known of a key; times as ISO 8601 text in UTC, since people read them. */
export type KeyRecord = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly KeyScope[]
  readonly createdAt: string
  /** `undefined`: in force. */
  readonly revokedAt: string | undefined
}

/** Makes, lists and revokes keys; as a `KeyRing` it finds them by their secret. */
export interface Keys extends KeyRing {
  /** Makes a key; `secret` is shown here and never again. Throws `bad_request` without a name or a scope. */
  create(name: string, scopes: readonly KeyScope[]): { readonly id: string; readonly secret: string }
  /** All keys, revoked ones included, oldest first. */
  list(): KeyRecord[]
  /** The keys in force with the SHA-256 of their secrets in hex, for routers that follow this state. */
  hashes(): (KeyFacts & { readonly sha256: string })[]
  /** Ends a key at once; false when there is no such key or it was revoked before. */
  revoke(id: string): boolean
}

const keyRow = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.string().transform((json) => z.array(z.enum(KEY_SCOPES)).parse(JSON.parse(json))),
  created_at: z.number(),
  revoked_at: z.number().nullable(),
})

const hashedRow = keyRow.extend({ sha256: z.string() })

/** The keys kept in an open state database. */
export function keysIn(db: DatabaseSync, path: string, clock: Clock): Keys {
  const insert = db.prepare('INSERT INTO keys (id, name, scopes, secret_hash, created_at) VALUES (?, ?, ?, ?, ?)')
  const all = db.prepare('SELECT id, name, scopes, created_at, revoked_at FROM keys ORDER BY created_at, id')
  const end = db.prepare('UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  // An index look-up of a hash: nothing about a secret can be learned from how long a comparison took.
  const byHash = db.prepare('SELECT id, name, scopes, created_at, revoked_at FROM keys WHERE secret_hash = ? AND revoked_at IS NULL')
  const hashed = db.prepare('SELECT id, name, scopes, created_at, revoked_at, hex(secret_hash) AS sha256 FROM keys WHERE revoked_at IS NULL ORDER BY created_at, id')
  const scoped = db.prepare('SELECT 1 FROM keys, json_each(keys.scopes) WHERE json_each.value = ? AND revoked_at IS NULL LIMIT 1')
  return {
    create: (name, scopes) =>
      guarded(path, () => {
        if (name.trim() === '') throw new WeighbridgeError('bad_request', 'A key needs a name.')
        if (scopes.length === 0) throw new WeighbridgeError('bad_request', `Key ${name} needs at least one scope of ${KEY_SCOPES.join(', ')}.`)
        const id = `key_${randomBytes(6).toString('hex')}`
        const secret = `wb_${randomBytes(32).toString('base64url')}`
        insert.run(id, name, JSON.stringify([...new Set(scopes)]), hashOf(secret), clock.nowMs())
        return { id, secret }
      }),
    list: () =>
      guarded(path, () =>
        all.all().map((row) => {
          const key = keyRow.parse(row)
          return { id: key.id, name: key.name, scopes: key.scopes, createdAt: isoTime(key.created_at), revokedAt: key.revoked_at === null ? undefined : isoTime(key.revoked_at) }
        }),
      ),
    hashes: () =>
      guarded(path, () =>
        hashed.all().map((row) => {
          const { id, name, scopes, sha256 } = hashedRow.parse(row)
          return { id, name, scopes, sha256: sha256.toLowerCase() }
        }),
      ),
    revoke: (id) => guarded(path, () => Number(end.run(clock.nowMs(), id).changes) > 0),
    find: (secret) =>
      guarded(path, () => {
        const row = byHash.get(hashOf(secret))
        if (row === undefined) return undefined
        const { id, name, scopes } = keyRow.parse(row)
        return { id, name, scopes }
      }),
    has: (scope) => guarded(path, () => scoped.get(scope) !== undefined),
  }
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
