// Rows through the columns of an insert and back out of ClickHouse: every type that a column of ours has, in every place of a batch.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRows, LAYOUTS, rowAt } from '../../collector/decode/encoded-rows.ts'
import { insertBody, type BatchRow } from '../../collector/write/batch-rows.ts'
import { TABLES, type InsertRow, type TableName } from '../../core/tables.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('a', 'b', 'ä', '', 'x'.repeat(80), 'y'.repeat(300)))
const map = fc.dictionary(fc.constantFrom('k', 'l', 'wörter', '__proto__x'), word, { maxKeys: 3 })
const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { minLength: 2, maxLength: 2 })

// Today, because rows that are older than a table keeps them go at once.
const DAY_MS = Date.now() - (Date.now() % 86_400_000)

/** Values of a type as a row holds them; the times are of one day, so that a batch is one insert. */
function valuesOf(type: string): fc.Arbitrary<unknown> {
  const inner = /^(Nullable|Array)\((.*)\)$/.exec(type)
  if (inner?.[1] === 'Nullable') return fc.option(valuesOf(inner[2] ?? ''))
  if (inner?.[1] === 'Array') return list(valuesOf(inner[2] ?? ''))
  const found = (
    {
      String: word,
      'LowCardinality(String)': word,
      Bool: fc.boolean(),
      UInt8: fc.nat(255),
      UInt16: fc.nat(65_535),
      UInt32: fc.nat(4_294_967_295),
      UInt64: fc.bigInt(0n, 18_446_744_073_709_551_615n).map(String),
      Float64: fc.double({ noNaN: true, noDefaultInfinity: true }),
      'Decimal(18, 12)': fc.constantFrom('0', '1.5', '-0.000000000001', '999999.999999999999'),
      "DateTime64(3, 'UTC')": fc.nat(86_399_999).map((ms) => new Date(DAY_MS + ms).toISOString()),
      "DateTime64(9, 'UTC')": fc.nat(86_399_999).map((ms) => `${new Date(DAY_MS + ms).toISOString().slice(0, -1)}000123Z`),
      'Map(LowCardinality(String), String)': map,
    } as Readonly<Record<string, fc.Arbitrary<unknown>>>
  )[type]
  if (found === undefined) throw new TypeError(`no values for ${type}`)
  return found
}

/** Rows of a table in which any column may be missing; lists that ClickHouse wants of one length are there together. */
function rowsOf(table: TableName): fc.Arbitrary<InsertRow[]> {
  const columns = LAYOUTS[table].columns
  const row = fc
    .record(Object.fromEntries(columns.map(([name, type]) => [name, fc.option(valuesOf(type), { nil: undefined })])))
    .chain((found) => fc.boolean().map((nested) => Object.fromEntries(Object.entries(found).filter(([name, value]) => value !== undefined && (nested || !name.includes('.'))))))
    .chain((found) => {
      const lists = columns.filter(([name]) => name.includes('.'))
      const some = Object.keys(found).some((name) => name.includes('.'))
      return fc.record(Object.fromEntries(lists.map(([name, type]) => [name, valuesOf(type)]))).map((all) => ({ ...found, ...(some ? all : {}) }))
    })
  return fc.array(row, { minLength: 1, maxLength: 12 })
}

describe.skipIf(clickhouseMissing() !== undefined)('the body of an insert', () => {
  let database: TestDatabase
  let clickhouse: ClickHouse
  beforeAll(async () => {
    database = await createTestDatabase()
    clickhouse = createClickHouse(database.writer)
  })
  afterAll(async () => {
    await clickhouse?.close()
    await database?.drop()
  })
  let inserts = 0

  async function store(table: TableName, rows: readonly InsertRow[], batch: string): Promise<{ sent: InsertRow[]; found: InsertRow[] }> {
    const encoded = encodeRows(table, rows.map((row, n) => ({ key: String(n), row })))
    const all: BatchRow[] = rows.map((_, index) => ({ rows: encoded, index, batch: `${batch}-${index}` }))
    await clickhouse.insert(table, await insertBody(table, all), { token: batch, format: 'Native' })
    const names = Object.keys(TABLES[table]).map((name) => `\`${name}\``).join(', ')
    const found = (await clickhouse.rows(`SELECT ${names} FROM ${table} WHERE startsWith(batch, {batch:String}) ORDER BY toUInt32(splitByChar('-', batch)[-1])`, { batch: `${batch}-` })) as InsertRow[]
    return { sent: rows.map((_, index) => ({ ...rowAt(encoded, index), batch: `${batch}-${index}` })), found }
  }

  it.each(Object.keys(TABLES) as TableName[])('stores every value of %s as it was, and defaults where there was none', async (table) => {
    await fc.assert(
      fc.asyncProperty(rowsOf(table), async (rows) => {
        const { sent, found } = await store(table, rows.map((row) => ({ ...row, ingested_at: new Date(DAY_MS).toISOString() })), `round${(inserts += 1)}`)
        expect(found).toEqual(sent)
      }),
      // A failing batch is small enough as it is, and every smaller one would be an insert.
      { numRuns: 8, endOnFailure: true },
    )
  })

  it('numbers more different texts than two bytes can count', async () => {
    const rows = Array.from({ length: 70_000 }, (_, n) => ({ ingested_at: BigInt(DAY_MS), trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), started_at: BigInt(DAY_MS) * 1_000_000n, service: `s${n % 300}`, ...(n % 2 === 0 ? { name: `n${n}` } : {}), ...(n === 69_999 ? {} : { scope: `o${n}` }) }))
    const { found } = await store('spans', rows, 'words')
    expect(found.map(({ service, name, scope }) => ({ service, name, scope }))).toEqual(rows.map(({ service, name = '', scope = '' }) => ({ service, name, scope })))
  })

  it('is refused whole when it is cut, or meant for another schema', async () => {
    const encoded = encodeRows('spans', [{ key: '', row: { ingested_at: BigInt(DAY_MS), trace_id: 'c'.repeat(32), span_id: 'd'.repeat(16), started_at: BigInt(DAY_MS) * 1_000_000n, http_status: 200 } }])
    const body = await insertBody('spans', [0, 0, 0].map((index) => ({ rows: encoded, index, batch: 'cut' })))
    for (const bytes of [1, 2, 20, body.length >> 1, body.length - 1]) {
      await expect(clickhouse.insert('spans', body.subarray(0, bytes), { token: `cut-${bytes}`, format: 'Native' })).rejects.toMatchObject({ code: 'clickhouse_query' })
    }
    const other = Buffer.from(body.toString('latin1').replace('\u000bhttp_status\u0006UInt16', '\u000bhttp_status\u0005Int16'), 'latin1')
    await expect(clickhouse.insert('spans', other, { token: 'other', format: 'Native' })).rejects.toMatchObject({ code: 'clickhouse_query' })
    const unknown = Buffer.from(body.toString('latin1').replace('http_status', 'http_statuz'), 'latin1')
    await expect(clickhouse.insert('spans', unknown, { token: 'unknown', format: 'Native' })).rejects.toMatchObject({ code: 'clickhouse_query' })
    expect(await clickhouse.rows("SELECT count() AS n FROM spans WHERE batch = 'cut'")).toEqual([{ n: '0' }])
  })
})
