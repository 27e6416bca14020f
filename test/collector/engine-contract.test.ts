// What the product relies on in a ClickHouse, held against whichever one is configured: the embedded engine, or CLICKHOUSE_URL.
// The fences between accounts are the embedded engine's own and are checked only there.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

const provided = inject('clickhouse')
const isEmbedded = !('missing' in provided) && provided.kind === 'embedded'

describe.skipIf(clickhouseMissing())('a ClickHouse for Weighbridge', () => {
  let database: TestDatabase
  let migrator: ClickHouse
  let writer: ClickHouse
  let reader: ClickHouse

  beforeAll(async () => {
    database = await createTestDatabase()
    migrator = createClickHouse(database.migrator)
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
  })
  afterAll(async () => {
    await Promise.all([migrator?.close(), writer?.close(), reader?.close()])
    await database?.drop()
  })

  const refusal = async (asked: Promise<unknown>): Promise<unknown> => asked.then(() => 'allowed', (error: { details?: { code?: unknown } }) => error.details?.code)

  describe.skipIf(!isEmbedded)('accounts of the embedded engine', () => {
    test('without a name, and as default, nobody gets in (700)', async () => {
      const anonymous = await fetch(`${database.reader.url}/?query=SELECT%201`)
      expect([anonymous.status, await anonymous.text()]).toEqual([anonymous.status, expect.stringContaining('Code: 700')])
      const asDefault = await fetch(`${database.reader.url}/?user=default&query=SELECT%201`)
      expect(await asDefault.text()).toContain('Code: 700')
    })

    test('writer and migrator need their password (516)', async () => {
      for (const user of ['writer', 'migrator']) {
        const stranger = createClickHouse({ ...database.reader, user })
        expect(await refusal(stranger.ping())).toBe(516)
        await stranger.close()
      }
    })

    test.each([
      ['url', "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')"],
      ['file', "SELECT * FROM file('/etc/passwd', CSV, 'a String')"],
      ['remote', "SELECT * FROM remote('127.0.0.1', system.one)"],
    ])('the reader may not use %s() (497)', async (_name, sql) => {
      expect(await refusal(reader.rows(sql))).toBe(497)
    })

    test('the reader may not read captured text, nor the columns of it (497)', async () => {
      expect(await refusal(reader.rows('SELECT * FROM content'))).toBe(497)
      expect(await refusal(reader.rows('SELECT count() FROM content'))).toBe(497)
      expect(await reader.rows("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'content'")).toEqual([])
    })

    test('the reader writes nothing and changes nothing', async () => {
      expect(await refusal(reader.insert('spans', '{"trace_id":"x"}', { token: 'x' }))).toBe(164)
      expect([164, 497]).toContain(await refusal(reader.command('DROP TABLE spans')))
      expect([164, 497]).toContain(await refusal(reader.command('CREATE TABLE t (a UInt8) ENGINE = Memory')))
    })

    test('the reader changes no setting (164) but its time limit, and that only up to its bound (452)', async () => {
      expect(await refusal(reader.rows('SELECT 1 SETTINGS max_memory_usage = 99000000000'))).toBe(164)
      expect(await refusal(reader.rows('SELECT 1 SETTINGS readonly = 0'))).toBe(164)
      expect(await refusal(reader.rows('SELECT 1 SETTINGS max_execution_time = 61'))).toBe(452)
      expect(await refusal(reader.rows('SELECT 1 SETTINGS max_execution_time = 30'))).toBe('allowed')
    })

    test('the reader sees no other database of the engine, and no query of others', async () => {
      const names = (await reader.rows('SELECT name FROM system.databases')).map(({ name }) => name)
      expect(names).toContain(database.database)
      expect(await refusal(reader.rows('SELECT count() FROM system.processes'))).toBe(497)
      expect(await refusal(reader.rows('SELECT count() FROM system.users'))).toBe(497)
    })

    test('the writer inserts, reads and kills queries, but changes no schema', async () => {
      expect(await refusal(writer.command('ALTER TABLE spans ADD COLUMN x UInt8'))).toBe(497)
      expect(await refusal(writer.command('TRUNCATE TABLE spans'))).toBe(497)
      expect(await refusal(writer.rows('SELECT count() FROM system.processes'))).toBe('allowed')
      expect(await refusal(writer.command('KILL QUERY WHERE query_id = {id:String} SYNC', { id: 'none-such' }))).toBe('allowed')
    })
  })

  const row = (fields: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({ trace_id: '0'.repeat(32), span_id: '0'.repeat(16), started_at: new Date().toISOString(), ingested_at: new Date().toISOString(), ...fields })
  const count = async (batch: string): Promise<number> => Number((await writer.rows('SELECT count() AS n FROM spans WHERE batch = {batch:String}', { batch }))[0]?.['n'])

  describe('inserts', () => {
    test('are stored when they return, and a repeat under the same token stores nothing', async () => {
      const ndjson = `${row({ batch: 'once' })}\n${row({ batch: 'once' })}`
      await writer.insert('spans', ndjson, { token: 'once-1' })
      expect(await count('once')).toBe(2)
      await writer.insert('spans', ndjson, { token: 'once-1' })
      expect(await count('once')).toBe(2)
    })

    test('of identical rows under another token are stored again', async () => {
      const ndjson = row({ batch: 'again', started_at: '2026-01-01T00:00:00Z' })
      await writer.insert('spans', ndjson, { token: 'again-1' })
      await writer.insert('spans', ndjson, { token: 'again-2' })
      expect(await count('again')).toBe(2)
    })

    test('with one bad row store none of it, and the error names the row but never what was in it', async () => {
      const ndjson = `${row({ batch: 'bad' })}\n${row({ batch: 'bad', duration_ns: 'a secret prompt' })}`
      const error: unknown = await writer.insert('spans', ndjson, { token: 'bad-1' }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'clickhouse_query', details: { row: 2 } })
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret')
      expect(await count('bad')).toBe(0)
    })

    test('with a column that the table has not are refused (117)', async () => {
      expect(await refusal(writer.insert('spans', row({ batch: 'odd', no_such_column: 1 }), { token: 'odd-1' }))).toBe(117)
    })

    test('of a hundred thousand rows in one body work', async () => {
      const line = row({ batch: 'many', attributes: { 'a.b': 'c' } })
      await writer.insert('spans', Buffer.from(`${line}\n`.repeat(100_000)), { token: 'many-1' })
      expect(await count('many')).toBe(100_000)
    })
  })

  describe('values', () => {
    test('money and 64-bit integers come back as the text that went in, times as ISO in UTC to the nanosecond', async () => {
      const ndjson = [
        row({ batch: 'values', span_id: '1'.repeat(16), cost_usd: '123456.123456789012', duration_ns: '18446744073709551615', input_tokens: '9007199254740993', started_at: '1735689600123456789' }),
        row({ batch: 'values', span_id: '2'.repeat(16), cost_usd: null, started_at: '2026-11-23T10:00:00.000000001Z' }),
      ].join('\n')
      await writer.insert('spans', ndjson, { token: 'values-1' })
      for (const account of [reader, writer]) {
        expect(await account.rows("SELECT cost_usd, duration_ns, input_tokens, started_at FROM spans WHERE batch = 'values' ORDER BY span_id")).toEqual([
          { cost_usd: '123456.123456789012', duration_ns: '18446744073709551615', input_tokens: '9007199254740993', started_at: '2025-01-01T00:00:00.123456789Z' },
          { cost_usd: null, duration_ns: '0', input_tokens: null, started_at: '2026-11-23T10:00:00.000000001Z' },
        ])
      }
    })

    test('a thirteenth decimal digit of money is cut, not rounded up', async () => {
      await writer.insert('spans', row({ batch: 'digits', cost_usd: '0.0000000000019' }), { token: 'digits-1' })
      expect(await reader.rows("SELECT cost_usd FROM spans WHERE batch = 'digits'")).toEqual([{ cost_usd: '0.000000000001' }])
    })

    test('maps, nested arrays, booleans and text of every kind survive the way', async () => {
      const tags = { plain: 'ja', 'with.dot': "it's a \\ \"quote\"\n\t\u0000 ünïcödé 🚚" }
      const events = { 'events.at': ['2026-01-01T00:00:00.5Z'], 'events.name': ['e'], 'events.attributes': [{ k: 'v' }] }
      await writer.insert('spans', row({ batch: 'shapes', tags, is_simulated: true, ...events }), { token: 'shapes-1' })
      const [found] = await reader.rows("SELECT tags, is_simulated, `events.at`, `events.name`, `events.attributes` FROM spans WHERE batch = 'shapes'")
      expect(found).toEqual({ tags, is_simulated: true, ...events, 'events.at': ['2026-01-01T00:00:00.500000000Z'] })
    })

    test('parameters are bound: text that looks like SQL stays text', async () => {
      const hostile = "'; DROP TABLE spans; -- \\' \n{x:String}"
      expect(await reader.rows('SELECT {text:String} AS text, {flag:Bool} AS flag, {list:Array(String)} AS list, {at:DateTime64(3)} AS at', { text: hostile, flag: false, list: [hostile, ''], at: new Date(1_735_689_600_123) })).toEqual([
        { text: hostile, flag: false, list: [hostile, ''], at: '2025-01-01T00:00:00.123Z' },
      ])
    })
  })

  test('a running query can be killed by its id, and the caller hears of it', async () => {
    const killer = createClickHouse(database.writer)
    const victim = createClickHouse(database.writer)
    const asked = victim.rows("SELECT sleepEachRow(1) FROM numbers(30) SETTINGS max_block_size = 1, log_comment = 'kill-me'").then(() => 'finished', (error: { details: { code: number } }) => error.details.code)
    let killed = 0
    const deadline = performance.now() + 10_000
    while (killed === 0 && performance.now() < deadline) {
      const running = await killer.rows("SELECT query_id FROM system.processes WHERE Settings['log_comment'] = 'kill-me'")
      for (const { query_id: id } of running) {
        await killer.command('KILL QUERY WHERE query_id = {id:String} SYNC', { id })
        killed += 1
      }
    }
    expect(await asked).toBe(394)
    await Promise.all([killer.close(), victim.close()])
  })
})
