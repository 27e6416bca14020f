// Virtual keys: made once, stored only as hashes, found by hash. In: names, scopes, secrets. Out: facts about keys. The
// secret leaves this file exactly once, as the answer of `create`.
import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { keyPolicySchema, type KeyPolicy } from '../../core/key-policy.ts'
import { KEY_SCOPES, type KeyFacts, type KeyRing, type KeyScope } from '../../core/mount.ts'
import type { Clock } from '../../core/seams.ts'
import { guarded } from './open-database.ts'

/** What is known of a key; times as ISO 8601 text in UTC, since people read them. */
export type KeyRecord = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly KeyScope[]
  /** What it may do beside its scopes; `undefined`: all. */
  readonly policy: KeyPolicy | undefined
  readonly createdAt: string
  /** `undefined`: in force. */
  readonly revokedAt: string | undefined
}

/** Makes, lists, changes and revokes keys; as a `KeyRing` it finds them by their secret. */
export interface Keys extends KeyRing {
  /** Makes a key; `secret` is shown here and never again. Throws `bad_request` without a name or a scope. */
  create(name: string, scopes: readonly KeyScope[], policy?: KeyPolicy): { readonly id: string; readonly secret: string }
  /** Replaces what a key in force may do. Throws `key_unknown`. */
  update(id: string, policy: KeyPolicy | undefined): KeyRecord
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
  policy: z
    .string()
    .nullable()
    .transform((json) => (json === null ? undefined : keyPolicySchema.parse(JSON.parse(json)))),
})

const hashedRow = keyRow.extend({ sha256: z.string() })

/** How long a key that another process made or ended may go unnoticed. */
const RELOAD_MS = 100

/** The keys kept in an open state database. */
export function keysIn(db: DatabaseSync, path: string, clock: Clock): Keys {
  const columns = 'id, name, scopes, created_at, revoked_at, policy'
  const insert = db.prepare('INSERT INTO keys (id, name, scopes, secret_hash, created_at, policy) VALUES (?, ?, ?, ?, ?, ?)')
  const all = db.prepare(`SELECT ${columns} FROM keys ORDER BY created_at, id`)
  const one = db.prepare(`SELECT ${columns} FROM keys WHERE id = ? AND revoked_at IS NULL`)
  const change = db.prepare('UPDATE keys SET policy = ? WHERE id = ? AND revoked_at IS NULL')
  const end = db.prepare('UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  // An index look-up of a hash: nothing about a secret can be learned from how long a comparison took.
  const hashed = db.prepare(`SELECT ${columns}, hex(secret_hash) AS sha256 FROM keys WHERE revoked_at IS NULL ORDER BY created_at, id`)
  const version = db.prepare('PRAGMA data_version')
  // The keys in force, kept in memory: every call asks several times. What this process changes holds at once, what another one
  // changes (the CLI) after RELOAD_MS at most.
  let ring: { readonly scopes: ReadonlySet<KeyScope>; readonly byHash: ReadonlyMap<string, KeyFacts>; readonly byId: ReadonlyMap<string, KeyFacts>; readonly version: number } | undefined
  let lookedAtMs = -Infinity
  const inForce = (): NonNullable<typeof ring> => {
    const now = clock.monotonicMs()
    if (ring !== undefined && now - lookedAtMs < RELOAD_MS) return ring
    return guarded(path, () => {
      const seen = Number(version.get()?.['data_version'])
      if (ring?.version !== seen) {
        const rows = hashed.all().map((row) => hashedRow.parse(row))
        const facts = rows.map(({ id, name, scopes, policy, sha256 }) => ({ sha256: sha256.toLowerCase(), key: { id, name, scopes, policy } }))
        ring = { version: seen, scopes: new Set(rows.flatMap(({ scopes }) => scopes)), byHash: new Map(facts.map(({ sha256, key }) => [sha256, key])), byId: new Map(facts.map(({ key }) => [key.id, key])) }
      }
      lookedAtMs = now
      return ring
    })
  }
  const record = (row: unknown): KeyRecord => {
    const { id, name, scopes, policy, created_at: createdAt, revoked_at: revokedAt } = keyRow.parse(row)
    return { id, name, scopes, policy, createdAt: isoTime(createdAt), revokedAt: revokedAt === null ? undefined : isoTime(revokedAt) }
  }
  return {
    create: (name, scopes, policy) =>
      guarded(path, () => {
        if (name.trim() === '') throw new WeighbridgeError('bad_request', 'A key needs a name.')
        if (scopes.length === 0) throw new WeighbridgeError('bad_request', `Key ${name} needs at least one scope of ${KEY_SCOPES.join(', ')}.`)
        const id = `key_${randomBytes(6).toString('hex')}`
        const secret = `wb_${randomBytes(32).toString('base64url')}`
        ring = undefined
        insert.run(id, name, JSON.stringify([...new Set(scopes)]), hashOf(secret), clock.nowMs(), policyText(policy))
        return { id, secret }
      }),
    update: (id, policy) =>
      guarded(path, () => {
        ring = undefined
        change.run(policyText(policy), id)
        const row = one.get(id)
        if (row === undefined) throw new WeighbridgeError('key_unknown', `There is no key "${id}" in force.`)
        return record(row)
      }),
    list: () => guarded(path, () => all.all().map(record)),
    hashes: () =>
      guarded(path, () =>
        hashed.all().map((row) => {
          const { id, name, scopes, policy, sha256 } = hashedRow.parse(row)
          return { id, name, scopes, policy, sha256: sha256.toLowerCase() }
        }),
      ),
    revoke: (id) =>
      guarded(path, () => {
        ring = undefined
        return Number(end.run(clock.nowMs(), id).changes) > 0
      }),
    // A look-up of a hash: nothing about a secret can be learned from how long a comparison took.
    find: (secret) => unexpired(inForce().byHash.get(hashOf(secret).toString('hex')), clock.nowMs()),
    has: (scope) => inForce().scopes.has(scope),
    byId: (id) => inForce().byId.get(id),
  }
}

/** The key itself. Throws `key_expired` for one whose time is over. */
export function unexpired(key: KeyFacts | undefined, nowMs: number): KeyFacts | undefined {
  const end = key?.policy?.expires_at
  if (key === undefined || end === undefined || end > nowMs) return key
  throw new WeighbridgeError('key_expired', `Key ${key.id} ended at ${isoTime(end)}.`)
}

function policyText(policy: KeyPolicy | undefined): string | null {
  return policy === undefined || Object.values(policy).every((value) => value === undefined) ? null : JSON.stringify(keyPolicySchema.parse(policy))
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
