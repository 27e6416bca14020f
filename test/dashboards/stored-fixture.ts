// A migrated database with the fixture's rows of both sides, or empty, for a test file of its own.
import type { InsertRow, TableName } from '../../core/tables.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { demoRows } from './demo-rows.ts'
import { ndjson } from './fixture-rows.ts'

export const SIMULATED_CALLS = 600
export const REAL_CALLS = 80
export const HOURS = 20

/** `reader`: the reading account. `all`: an account that may write, and read captured text. */
export type StoredFixture = { readonly reader: ClickHouse; readonly all: ClickHouse; readonly close: () => Promise<void> }

/** Stores the fixture as of `nowMs` with the writing account and opens the reading one. */
export async function storeFixture(nowMs: number): Promise<StoredFixture> {
  const database = await createTestDatabase()
  const all = createClickHouse(database.writer)
  for (const simulated of [true, false]) {
    const tables = demoRows({ nowMs, simulated, calls: simulated ? SIMULATED_CALLS : REAL_CALLS, hours: HOURS })
    for (const [table, rows] of Object.entries(tables)) if (rows.length > 0) await all.insert(table, ndjson(rows), { token: `${table}-${simulated}` })
  }
  const { reader, close } = opened(database)
  return {
    reader,
    all,
    close: async () => {
      await all.close()
      await close()
    },
  }
}

/** Rows of one's own in a database of one's own. */
export async function storeRows(tables: Readonly<Partial<Record<TableName, readonly InsertRow[]>>>): Promise<{ readonly reader: ClickHouse; readonly close: () => Promise<void> }> {
  const database = await createTestDatabase()
  const writer = createClickHouse(database.writer)
  try {
    for (const [table, rows] of Object.entries(tables)) if (rows.length > 0) await writer.insert(table, ndjson(rows), { token: table })
  } finally {
    await writer.close()
  }
  return opened(database)
}

/** The same without any rows. */
export async function storeNothing(): Promise<{ readonly reader: ClickHouse; readonly close: () => Promise<void> }> {
  return opened(await createTestDatabase())
}

function opened(database: TestDatabase): { readonly reader: ClickHouse; readonly close: () => Promise<void> } {
  const reader = createClickHouse(database.reader)
  return {
    reader,
    close: async () => {
      await reader.close()
      await database.drop()
    },
  }
}
