// Brings a database to the schema this program knows: numbered steps, each run once and remembered with a checksum.
// In: a ClickHouse account that may change the schema. It never alters a step that has run, and never goes back.
import { createHash } from 'node:crypto'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { SINGLE_SERVER, createTable, type Migration, type StorageForm, type TableDefinition } from './define.ts'
import { tables } from './migrations/0001-tables.ts'
import { views } from './migrations/0002-views.ts'
import { corrections } from './migrations/0003-corrections.ts'
import { signals } from './migrations/0004-signals.ts'
import { rollups } from './migrations/0005-rollups.ts'
import { fastModelMetrics } from './migrations/0006-model-metrics.ts'
import { operations } from './migrations/0007-operations.ts'
import { evalEvidence } from './migrations/0008-eval-evidence.ts'
import { learningEvents } from './migrations/0009-learning-events.ts'
import { indexes } from './migrations/0010-indexes.ts'
import { outcomes } from './migrations/0011-outcomes.ts'

/** All steps, in order. */
export const MIGRATIONS: readonly Migration[] = [tables, views, corrections, signals, rollups, fastModelMetrics, operations, evalEvidence, learningEvents, indexes, outcomes]

const versionOf = (migrations: readonly Migration[]): number => Math.max(0, ...migrations.map(({ number }) => number))

/** The schema version this program writes and reads: the number of its last step. */
export const SCHEMA_VERSION = versionOf(MIGRATIONS)

const LEDGER: TableDefinition = {
  name: 'schema_migrations',
  columns: {
    number: 'UInt32',
    name: 'String',
    checksum: 'String',
    applied_at: "DateTime64(3, 'UTC')",
  },
  findBy: [],
  partitionBy: 'tuple()',
  orderBy: ['number'],
  isWhole: true,
}

/** `applied`: what this run did, e.g. `0001_tables`; empty when there was nothing to do. */
export type MigrationOutcome = { readonly applied: readonly string[]; readonly version: number }

export type MigrateOptions = {
  /** Must be the connection's own; default that. */
  readonly database?: string
  readonly form?: StorageForm
  /** Default: the program's own steps. */
  readonly migrations?: readonly Migration[]
}

/**
 * Creates the database if it is absent and runs the steps it has not seen. Safe to run again and to run twice at once:
 * every statement is idempotent and the ledger counts a step once. Throws `schema_outdated` when a step that has run reads
 * differently now, or when the database is ahead of this program; `clickhouse_query`, `clickhouse_unreachable`.
 */
export async function migrate(clickhouse: ClickHouse, options: MigrateOptions = {}): Promise<MigrationOutcome> {
  const { form = SINGLE_SERVER, migrations = MIGRATIONS } = options
  if (options.database !== undefined && options.database !== clickhouse.database) {
    throw new TypeError(`the connection is to ${clickhouse.database}, not to ${options.database}`)
  }
  await ensureDatabase(clickhouse)
  for (const statement of createTable(LEDGER, form)) await clickhouse.command(statement)
  const ledger = await readLedger(clickhouse)
  checkLedger(ledger, migrations, form)
  const applied: string[] = []
  for (const migration of migrations) {
    if (ledger.has(migration.number)) continue
    for (const statement of migration.statements(form)) await clickhouse.command(statement)
    await remember(clickhouse, migration, form)
    applied.push(migrationName(migration))
  }
  return { applied, version: versionOf(migrations) }
}

/**
 * Passes when the database holds exactly this program's schema; for readers and writers before they start.
 * Throws `schema_outdated` otherwise, also when it was never migrated.
 */
export async function requireSchema(clickhouse: ClickHouse, form: StorageForm = SINGLE_SERVER): Promise<void> {
  const ledger = await readLedger(clickhouse).catch((error: unknown) => {
    if (hasServerCode(error, UNKNOWN_TABLE, UNKNOWN_DATABASE)) return new Map<number, Remembered>()
    throw error
  })
  checkLedger(ledger, MIGRATIONS, form)
  const lacking = MIGRATIONS.find(({ number }) => !ledger.has(number))
  if (lacking !== undefined) {
    throw new WeighbridgeError('schema_outdated', `The database ${clickhouse.database} is at schema ${Math.max(0, ...ledger.keys())}; this program needs ${SCHEMA_VERSION}, and step ${migrationName(lacking)} has not run`)
  }
}

const UNKNOWN_TABLE = 60
const UNKNOWN_DATABASE = 81

function hasServerCode(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof WeighbridgeError && error.code === 'clickhouse_query' && codes.some((code) => error.details?.['code'] === code)
}

async function ensureDatabase(clickhouse: ClickHouse): Promise<void> {
  try {
    await clickhouse.ping()
  } catch (error) {
    // Only when it is really absent: an account on a server of one's own may be allowed to fill a database but not to make one.
    if (!hasServerCode(error, UNKNOWN_DATABASE)) throw error
    await clickhouse.createDatabase()
  }
}

type Remembered = { readonly name: string; readonly checksum: string }

async function readLedger(clickhouse: ClickHouse): Promise<Map<number, Remembered>> {
  // Two migrations at once may both have written their row: the later one says the same.
  const rows = await clickhouse.rows('SELECT number, argMax(name, applied_at) AS name, argMax(checksum, applied_at) AS checksum FROM schema_migrations GROUP BY number ORDER BY number')
  return new Map(rows.map((row) => [Number(row['number']), { name: String(row['name']), checksum: String(row['checksum']) }]))
}

function checkLedger(ledger: ReadonlyMap<number, Remembered>, migrations: readonly Migration[], form: StorageForm): void {
  const newest = Math.max(0, ...ledger.keys())
  if (newest > versionOf(migrations)) {
    throw new WeighbridgeError('schema_outdated', `The database is at schema ${newest}; this program knows ${versionOf(migrations)}`, { remedy: 'Update this program: the database was migrated by a newer one.' })
  }
  for (const migration of migrations) {
    const seen = ledger.get(migration.number)
    if (seen !== undefined && seen.checksum !== migrationChecksum(migration, form)) {
      throw new WeighbridgeError('schema_outdated', `Migration ${migrationName(migration)} was applied with checksum ${seen.checksum}; this program has ${migrationChecksum(migration, form)}`, {
        remedy: 'A released migration must not change: use the program version that made this database, or start with an empty one.',
      })
    }
  }
}

async function remember(clickhouse: ClickHouse, migration: Migration, form: StorageForm): Promise<void> {
  const checksum = migrationChecksum(migration, form)
  // The server's clock, and a token by content: of two runs at once one row stays.
  const row = JSON.stringify({ number: migration.number, name: migration.name, checksum, applied_at: new Date(await serverNowMs(clickhouse)).toISOString() })
  await clickhouse.insert('schema_migrations', row, { token: `${migrationName(migration)}-${checksum}` })
}

async function serverNowMs(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.rows('SELECT toUnixTimestamp64Milli(now64(3)) AS now_ms')
  return Number(row?.['now_ms'])
}

const migrationName = ({ number, name }: Migration): string => `${String(number).padStart(4, '0')}_${name}`

/** Of the statements as this form of storage gets them. */
export function migrationChecksum(migration: Migration, form: StorageForm = SINGLE_SERVER): string {
  return createHash('sha256').update(migration.statements(form).join(';\n')).digest('hex').slice(0, 16)
}
