// A migrated database of one's own for a test file, on the run's ClickHouse.
import { inject } from 'vitest'
import { migrate } from '../../collector/migrate/migrate.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { createClickHouse, type ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import { TEST_DATABASES } from './test-databases.ts'

/** Four accounts on one database, migrated; `drop` in afterAll. */
export type TestDatabase = {
  readonly database: string
  readonly migrator: ClickHouseAddress
  readonly writer: ClickHouseAddress
  readonly reader: ClickHouseAddress
  readonly contentReader: ClickHouseAddress
  drop(): Promise<void>
}

/** Why there is no ClickHouse in this run; `undefined` when there is one. For `describe.skipIf`. */
export function clickhouseMissing(): string | undefined {
  const provided = inject('clickhouse')
  return 'missing' in provided ? provided.missing : undefined
}

/** Makes an empty database that no other file uses, and migrates it unless told not to. */
export async function createTestDatabase({ migrated = true }: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const provided = inject('clickhouse')
  if ('missing' in provided) throw new Error(`no ClickHouse in this run: ${provided.missing}`)
  const outside = createClickHouse({ ...provided.migrator, database: 'system' })
  try {
    const database = await claim(outside.command)
    const at = (address: ClickHouseAddress): ClickHouseAddress => ({ ...address, database })
    const created: TestDatabase = {
      database,
      migrator: at(provided.migrator),
      writer: at(provided.writer),
      reader: at(provided.reader),
      contentReader: at(provided.contentReader),
      async drop() {
        const migrator = createClickHouse({ ...provided.migrator, database: 'system' })
        try {
          await migrator.command(`DROP DATABASE IF EXISTS ${database} SYNC`)
        } finally {
          await migrator.close()
        }
      },
    }
    if (migrated) {
      const migrator = createClickHouse(created.migrator)
      try {
        await migrate(migrator)
      } finally {
        await migrator.close()
      }
    }
    return created
  } finally {
    await outside.close()
  }
}

const ALREADY_EXISTS = 82

/** Creating a database is atomic, so of two files that try one name one goes on to the next. */
async function claim(command: (sql: string) => Promise<void>): Promise<string> {
  const first = Math.floor(Math.random() * TEST_DATABASES.length)
  for (const database of [...TEST_DATABASES.slice(first), ...TEST_DATABASES.slice(0, first)]) {
    try {
      await command(`CREATE DATABASE ${database}`)
      return database
    } catch (error) {
      if (!(error instanceof WeighbridgeError) || error.details?.['code'] !== ALREADY_EXISTS) throw error
    }
  }
  throw new Error('all test databases are in use: drop them in afterAll')
}
