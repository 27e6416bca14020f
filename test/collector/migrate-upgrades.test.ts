// Every earlier schema, with data in it, brought to the present one: no row is lost or reads differently, and every view answers.
import { afterEach, describe, expect, test } from 'vitest'
import { migrate, migrationChecksum, MIGRATIONS, requireSchema } from '../../collector/migrate/migrate.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { fixtureRows, ndjson } from '../dashboards/fixture-rows.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

/** Checksums of released steps on one server. A step that reads differently would be refused by every database that ran it. */
const RELEASED: Readonly<Record<string, string>> = { tables: 'a6931fb3b0c96026', views: 'ed684a3f11d1c338', corrections: '208164dc8368e5fc', signals: '20fede336707901a', rollups: 'ca82f2b6a25e0d41', 'model-metrics': '1318e54f92c3ee96', operations: 'a8ef843b64e775f4', 'eval-evidence': 'c5267da025c5b3dc', 'learning-events': '5688bbf5b05398b4', indexes: '911ce4d0ccb98273' }

/** Views that show something of the fixture; the others need rows that it does not have. */
const FILLED = /^(model_calls|calls|otel_traces|otel_traces_trace_id_ts|traffic_by_hour|traffic_by_minute)$/

describe('released steps', () => {
  test.each(Object.entries(RELEASED))('%s reads as it was released', (name, checksum) => {
    const step = MIGRATIONS.find((migration) => migration.name === name)
    expect(step === undefined ? undefined : migrationChecksum(step)).toBe(checksum)
  })

  test('ascend', () => {
    const numbers = MIGRATIONS.map(({ number }) => number)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})

describe.skipIf(clickhouseMissing())('an earlier schema with data', () => {
  let database: TestDatabase | undefined
  const pools: ClickHouse[] = []
  afterEach(async () => {
    for (const pool of pools.splice(0)) await pool.close()
    await database?.drop()
    database = undefined
  })

  test.each(MIGRATIONS.slice(0, -1).map((migration, index) => ({ name: migration.name, steps: MIGRATIONS.slice(0, index + 1) })))('as $name left it is brought up to date', async ({ steps }) => {
    database = await createTestDatabase({ migrated: false })
    const [migrator, writer, reader] = [database.migrator, database.writer, database.reader].map(createClickHouse) as [ClickHouse, ClickHouse, ClickHouse] // one for each
    pools.push(migrator, writer, reader)
    await migrate(migrator, { migrations: steps })
    const nowMs = Date.now() - 4 * 3_600_000
    for (const simulated of [true, false]) {
      for (const [table, rows] of Object.entries(fixtureRows({ nowMs, simulated, calls: 60, hours: 20 }))) if (rows.length > 0) await writer.insert(table, ndjson(rows), { token: `${table}-${simulated}` })
    }
    const now = new Date(nowMs).toISOString()
    await writer.insert('content', JSON.stringify({ trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), at: now, kind: 'prompt', body: '{}', ingested_at: now }), { token: 'content' })
    const stored = (): Promise<unknown> => Promise.all(['spans', 'signals', 'eval_results', 'route_tables', 'content'].map((table) => writer.rows(`SELECT count() AS n FROM ${table}`)))
    const shown = async (): Promise<unknown> => Promise.all([
      reader.rows('SELECT count() AS attempts, sum(cost_usd) AS usd, sum(input_tokens) AS input FROM model_calls'),
      reader.rows('SELECT count() AS calls, sum(cost_usd) AS usd, sum(attempts) AS attempts FROM calls'),
    ])
    const kept = await stored()
    const before = steps.length === 1 ? undefined : await shown()
    expect(kept).not.toContainEqual([{ n: '0' }])

    const { applied } = await migrate(migrator)
    expect(applied.length).toBe(MIGRATIONS.length - steps.length)
    await requireSchema(migrator)
    expect(await stored()).toEqual(kept)
    if (before !== undefined) expect(await shown()).toEqual(before)
    const views = await reader.rows("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name")
    expect(views.length).toBeGreaterThanOrEqual(7)
    for (const { name } of views) {
      const count = Number((await reader.rows(`SELECT count() AS n FROM ${String(name)}`))[0]?.['n'])
      if (FILLED.test(String(name))) expect(count, String(name)).toBeGreaterThan(0)
    }
  })
})
