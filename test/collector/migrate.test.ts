// The migrated schema against the program's own description of it, on the run's ClickHouse.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MIGRATIONS, migrate, requireSchema, SCHEMA_VERSION } from '../../collector/migrate/migrate.ts'
import { applyRetention } from '../../collector/migrate/retention.ts'
import type { Migration } from '../../collector/migrate/define.ts'
import { TABLES } from '../../core/tables.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

describe.skipIf(clickhouseMissing())('migrations', () => {
  let database: TestDatabase
  let migrator: ClickHouse

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false })
    migrator = createClickHouse(database.migrator)
  })
  afterAll(async () => {
    await migrator?.close()
    await database?.drop()
  })

  test('a database that was never migrated is refused', async () => {
    await expect(requireSchema(migrator)).rejects.toMatchObject({ code: 'schema_outdated', message: expect.stringContaining('at schema 0') })
  })

  test('two migrations at once leave one schema and remember each step once', async () => {
    const second = createClickHouse(database.migrator)
    try {
      const outcomes = await Promise.all([migrate(migrator), migrate(second)])
      expect(outcomes.map(({ version }) => version)).toEqual([SCHEMA_VERSION, SCHEMA_VERSION])
      const ledger = await migrator.rows('SELECT DISTINCT number, name FROM schema_migrations ORDER BY number')
      expect(ledger).toEqual(MIGRATIONS.map(({ number, name }) => ({ number, name })))
    } finally {
      await second.close()
    }
  })

  test('running again does nothing, and the schema counts as current', async () => {
    expect(await migrate(migrator)).toEqual({ applied: [], version: SCHEMA_VERSION })
    await requireSchema(migrator)
  })

  test.each(Object.entries(TABLES))('%s has exactly the described columns, in order', async (table, columns) => {
    const found = await migrator.rows('SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position', { database: database.database, table })
    expect(found).toEqual(Object.entries(columns).map(([name, { type }]) => ({ name, type })))
  })

  test('every stored table deduplicates inserts, syncs them, and drops whole parts', async () => {
    const found = await migrator.rows(`SELECT name, create_table_query AS text FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name`, { database: database.database })
    expect(found.map(({ name }) => name)).toEqual(['content', 'eval_results', 'labels', 'learning_events', 'rollup_builds', 'rollup_hours', 'rollup_minutes', 'route_tables', 'router_states', 'schema_migrations', 'signals', 'spans'])
    for (const { text } of found) {
      expect(text).toMatch(/non_replicated_deduplication_window = 1000\b/)
      expect(text).toMatch(/fsync_after_insert = 1\b/)
      expect(text).toMatch(/fsync_part_directory = 1\b/)
      expect(text).toMatch(/ttl_only_drop_parts = 1\b/)
    }
  })

  test('finding a trace by id reads through the bloom filter, also inside the trace-times view', async () => {
    const id = 'a'.repeat(32)
    for (const sql of [`SELECT * FROM spans WHERE trace_id = '${id}'`, `SELECT min(Start) FROM otel_traces_trace_id_ts WHERE TraceId = '${id}'`]) {
      // An empty table is planned away before its indexes are looked at.
      await migrator.insert('spans', JSON.stringify({ trace_id: id, span_id: 'b'.repeat(16), started_at: new Date().toISOString(), ingested_at: new Date().toISOString() }), { token: sql })
      const plan = await migrator.rows(`EXPLAIN indexes = 1 ${sql}`)
      expect(plan.map((row) => row['explain']).join('\n')).toContain('trace_id_bloom')
    }
  })

  test('retention is what is configured, and is left alone where it is that already', async () => {
    const days = { spans: 90, signals: 400, eval_results: 400, content: 30, rollup_minutes: 14, rollup_hours: 400 }
    expect(await applyRetention(migrator, days)).toEqual([])
    expect(await applyRetention(migrator, { ...days, spans: 7, content: 2, rollup_hours: 800 })).toEqual(['spans', 'content', 'rollup_hours'])
    const [row] = await migrator.rows("SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = 'content'")
    expect(row?.['text']).toContain('toIntervalDay(2)')
    expect(await applyRetention(migrator, days)).toEqual(['spans', 'content', 'rollup_hours'])
    expect(await applyRetention(migrator, days)).toEqual([])
  })

  test('a released step that reads differently is refused', async () => {
    const [first, ...rest] = MIGRATIONS
    if (first === undefined) throw new Error('no migrations')
    const changed: Migration = { ...first, statements: (form) => [...first.statements(form), 'SELECT 1'] }
    await expect(migrate(migrator, { migrations: [changed, ...rest] })).rejects.toMatchObject({ code: 'schema_outdated', message: expect.stringContaining('0001_tables') })
  })

  test('a database that is ahead of the program is refused', async () => {
    await expect(migrate(migrator, { migrations: MIGRATIONS.slice(0, 1) })).rejects.toMatchObject({ code: 'schema_outdated', message: expect.stringContaining('knows 1') })
  })

  test('a step that was killed half way is finished by the next run', async () => {
    const half: Migration = { number: SCHEMA_VERSION + 1, name: 'half', statements: () => ['CREATE TABLE IF NOT EXISTS half (a UInt8) ENGINE = MergeTree ORDER BY a', 'SELECT throwIf(1)'] }
    const whole: Migration = { ...half, statements: () => ['CREATE TABLE IF NOT EXISTS half (a UInt8) ENGINE = MergeTree ORDER BY a', 'ALTER TABLE half ADD COLUMN IF NOT EXISTS b UInt8'] }
    await expect(migrate(migrator, { migrations: [...MIGRATIONS, half] })).rejects.toMatchObject({ code: 'clickhouse_query' })
    expect((await migrate(migrator, { migrations: [...MIGRATIONS, whole] })).applied).toEqual([`${String(SCHEMA_VERSION + 1).padStart(4, '0')}_half`])
  })
})

describe.skipIf(clickhouseMissing())('the step to corrections on a database with calls from before it', () => {
  let database: TestDatabase
  let migrator: ClickHouse

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false })
    migrator = createClickHouse(database.migrator)
  })
  afterAll(async () => {
    await migrator?.close()
    await database?.drop()
  })

  test('keeps every row, shows it the same, and takes corrections of it', async () => {
    await migrate(migrator, { migrations: MIGRATIONS.slice(0, 2) })
    const at = '2026-11-01T12:00:00.000Z'
    const shared = { trace_id: 'a'.repeat(32), task: 'qa', provider: 'p', model: 'm', target: 't', purpose: 'production', started_at: at, ingested_at: at, is_simulated: false, duration_ns: '1' }
    const writer = createClickHouse(database.writer)
    const reader = createClickHouse(database.reader)
    const insert = (rows: readonly object[], token: string): Promise<void> => writer.insert('spans', rows.map((row) => JSON.stringify({ ...shared, ...row })).join('\n'), { token })
    const shown = async (): Promise<object[]> => [await reader.rows('SELECT * FROM model_calls'), await reader.rows('SELECT * FROM calls')]
    const costs = (): Promise<unknown> => reader.rows('SELECT toFloat64(a.cost_usd) AS attempt, a.cost_source AS source, toFloat64(c.cost_usd) AS call FROM model_calls AS a INNER JOIN calls AS c ON c.trace_id = a.trace_id')
    try {
      await insert([{ role: 'call', span_id: 'c'.repeat(16), attempts: 1, status: 'Ok' }, { role: 'attempt', span_id: 'b'.repeat(16), parent_span_id: 'c'.repeat(16), attempt: 1, status: 'Ok', input_tokens: 10, output_tokens: 1, cost_source: 'unpriced' }], 'before')
      const before = await shown()
      expect((await migrate(migrator)).version).toBe(SCHEMA_VERSION)
      expect(await shown()).toMatchObject(before)
      expect(await costs()).toEqual([{ attempt: null, source: 'unpriced', call: null }])
      await insert([{ role: 'correction', span_id: 'd'.repeat(16), parent_span_id: 'c'.repeat(16), attributes: { 'weighbridge.corrects': 'b'.repeat(16) }, cost_usd: '0.25', cost_source: 'unpriced', call_cost_usd: '0.25', call_wasted_usd: '0' }], 'after')
      expect(await costs()).toEqual([{ attempt: 0.25, source: 'backfilled', call: 0.25 }])
    } finally {
      await Promise.all([writer.close(), reader.close()])
    }
  })
})
