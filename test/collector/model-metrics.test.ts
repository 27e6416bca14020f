// `model_metrics` out of the sums by hour against the same figures counted row by row, as step 2 defines them: over calls of both sides
// with signals, a correction and unpriced attempts, while hours are open and once they are summed up.
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SINGLE_SERVER } from '../../collector/migrate/define.ts'
import { views } from '../../collector/migrate/migrations/0002-views.ts'
import { startRollups } from '../../collector/rollup/rollups.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse, type RawRow } from '../../store/clickhouse/clickhouse.ts'
import { demoRows } from '../dashboards/demo-rows.ts'
import { ndjson } from '../dashboards/fixture-rows.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

/** Columns that come from a sketch on one side. Of few values a quantile may be either of two neighbours, so they are compared from so many on. */
const ENOUGH = 60
const SKETCHED = new Set(['latency_p50_ms', 'latency_p95_ms', 'ttft_p50_ms', 'ttft_p95_ms'])

describe.skipIf(clickhouseMissing() !== undefined)('model_metrics', () => {
  let database: TestDatabase
  let writer: ClickHouse

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    const asInStep2 = views.statements(SINGLE_SERVER).find((statement) => statement.includes('VIEW IF NOT EXISTS model_metrics'))
    if (asInStep2 === undefined) throw new Error('step 2 defines no model_metrics')
    const admin = createClickHouse(database.migrator)
    await admin.command(asInStep2.replace('model_metrics', 'row_by_row'))
    await admin.close()
    for (const simulated of [true, false]) {
      const tables = demoRows({ nowMs: Date.now(), simulated, calls: 600, hours: 8 })
      for (const [table, rows] of Object.entries(tables)) if (rows.length > 0) await writer.insert(table, ndjson(rows), { token: `${table} ${simulated}` })
    }
  })
  afterAll(async () => {
    await writer.close()
    await database.drop()
  })

  const rowsOf = (view: string): Promise<RawRow[]> => writer.rows(`SELECT * FROM ${view} ORDER BY target, task, is_simulated`)

  async function expectEqual(): Promise<RawRow[]> {
    const [fast, slow] = await Promise.all([rowsOf('model_metrics'), rowsOf('row_by_row')])
    expect(fast).toHaveLength(slow.length)
    let sketched = 0
    for (const [n, row] of slow.entries()) {
      for (const [column, value] of Object.entries(row)) {
        const got = fast[n]?.[column]
        const where = `${column} of ${row['target']} on ${row['task']}`
        if (typeof value !== 'number') expect(got, where).toEqual(value)
        else if (!SKETCHED.has(column)) expect(Math.abs(Number(got) / value - 1) || 0, where).toBeLessThan(1e-9)
        else if (Number(row['attempts']) >= ENOUGH) {
          sketched += 1
          expect(Math.abs(Number(got) / value - 1), where).toBeLessThan(0.05)
        }
      }
    }
    expect(sketched).toBeGreaterThan(0)
    return slow
  }

  it('says the same from open hours, from summed hours, and names what is observed, corrected and unpriced', async () => {
    const rows = await expectEqual()
    expect(rows.some((row) => Number(row['observed_calls']) > 0)).toBe(true)
    const sums = startRollups({ clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), retentionDays: undefined, everyMs: Infinity, onBuilt: () => undefined })
    expect(await sums.buildDue()).toBeGreaterThan(4)
    await sums.stop()
    await expectEqual()
  })
})
