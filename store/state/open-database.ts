// Opens an SQLite file for operational state and brings its schema up to date. In: a path and numbered migrations. Out: a
// database whose errors are ours. One process owns the file; a second opener waits for its turn instead of failing.
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { WeighbridgeError } from '../../core/errors.ts'

/** How long a writer waits for another one, in milliseconds; every transaction here is a few statements long. */
const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens (or creates) the file in WAL mode and applies the migrations it lacks; `user_version` counts them.
 * Throws as `guarded` does, and `schema_outdated` when the file was written by a newer program.
 */
export function openDatabase(path: string, migrations: readonly string[]): DatabaseSync {
  return guarded(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    // Hashes of keys: for the owner only, in a folder that may be older than this rule. The journal files take the mode after it.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
    try {
      db.exec('PRAGMA journal_mode = WAL')
      // A publication that was answered with its version must survive power loss; the default of WAL mode would not hold it.
      db.exec('PRAGMA synchronous = FULL')
      migrate(db, path, migrations)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

function migrate(db: DatabaseSync, path: string, migrations: readonly string[]): void {
  // Inside the write lock, so that two openers of a fresh file do not both create its tables.
  transaction(db, () => {
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
    if (version > migrations.length) {
      throw new WeighbridgeError('schema_outdated', `${path} has schema ${version}; this program knows ${migrations.length}.`, {
        remedy: 'Update this program: a newer one wrote the file.',
      })
    }
    for (const statements of migrations.slice(version)) db.exec(statements)
    if (version < migrations.length) db.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

/** Runs `work` in one write transaction taken at its start; rolled back when it throws. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/**
 * Runs `work`; SQLite's errors become ours: `data_dir_locked` (another writer did not finish in time), `disk_full`,
 * `log_corrupt` (the file is damaged or is no database), `internal` (cannot be opened, read or written).
 */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw translate(path, error)
  }
}

// Primary result codes: https://sqlite.org/rescode.html; the low byte of an extended code.
const SQLITE = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const

function translate(path: string, error: unknown): unknown {
  if (error instanceof WeighbridgeError || !(error instanceof Error)) return error
  if ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return new WeighbridgeError('disk_full', `No space left for ${path}.`, { cause: error })
  const unusable = (details: Readonly<Record<string, unknown>>): WeighbridgeError =>
    new WeighbridgeError('internal', `${path} cannot be opened or written: ${error.message}.`, {
      cause: error,
      details,
      remedy: 'Check that the data directory exists, is on a local disk and is writable by this user.',
    })
  if ('syscall' in error && 'code' in error) return unusable({ code: error.code })
  if (!('errcode' in error) || typeof error.errcode !== 'number') return error
  const details = { sqlite: error.errcode }
  switch (error.errcode & 0xff) {
    case SQLITE.busy:
    case SQLITE.locked:
      return new WeighbridgeError('data_dir_locked', `${path} was held by another writer for more than ${BUSY_TIMEOUT_MS} ms.`, { cause: error, details })
    case SQLITE.full:
      return new WeighbridgeError('disk_full', `No space left for ${path}.`, { cause: error, details })
    case SQLITE.corrupt:
    case SQLITE.notadb:
      return new WeighbridgeError('log_corrupt', `${path} is damaged or is not a state file: ${error.message}.`, {
        cause: error,
        details,
        remedy: 'Restore the file from a backup, or move it aside: keys are then made anew, and route versions start again from configured weights.',
      })
    case SQLITE.readonly:
    case SQLITE.ioerr:
    case SQLITE.cantopen:
      return unusable(details)
    default:
      return error
  }
}
