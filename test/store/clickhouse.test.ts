// The ClickHouse client at its edges: no server, a silent one, a stranger, and errors that must say enough and not too much.
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { defineQuery } from '../../store/queries/define.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

function open(url: string, requestTimeoutMs = 5_000): ClickHouse {
  const clickhouse = createClickHouse({ url, database: 'weighbridge', user: 'reader', password: 'hunter2', requestTimeoutMs })
  closers.push(() => clickhouse.close())
  return clickhouse
}

describe('without a ClickHouse', () => {
  test('a refused connection is clickhouse_unreachable, naming the address and the system code, not the password', async () => {
    const server = createServer()
    const url = await listen(server)
    server.close()
    await once(server, 'close')
    const error: unknown = await open(url).ping().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'clickhouse_unreachable', message: expect.stringContaining(url), details: { system_code: 'ECONNREFUSED', timed_out: false } })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2')
  })

  test.each([
    ['a query', (clickhouse: ClickHouse) => clickhouse.rows('SELECT 1')],
    ['an insert', (clickhouse: ClickHouse) => clickhouse.insert('t', '{}', { token: 't' })],
    ['a command', (clickhouse: ClickHouse) => clickhouse.command('SELECT 1')],
  ])('a server that never answers %s is clickhouse_unreachable once the time is up', async (_name, ask) => {
    const silent = createServer((socket) => void closers.push(async () => socket.destroy()))
    const url = await listen(silent)
    closers.push(async () => silent.close())
    await expect(ask(open(url, 150))).rejects.toMatchObject({ code: 'clickhouse_unreachable', details: { timed_out: true } })
  })

  test('a connection cut in the middle of an insert is clickhouse_unreachable: nobody knows whether it was stored', async () => {
    const cutting = createServer((socket) => void socket.once('data', () => socket.destroy()))
    const url = await listen(cutting)
    closers.push(async () => cutting.close())
    await expect(open(url).insert('t', '{"a":1}', { token: 't' })).rejects.toMatchObject({ code: 'clickhouse_unreachable', details: { timed_out: false } })
  })

  test("an empty insert asks nothing, and a table's name is never anything but a name", async () => {
    const clickhouse = open('http://127.0.0.1:1')
    await clickhouse.insert('t', '', { token: 't' })
    await expect(clickhouse.insert('t; DROP TABLE x', '{}', { token: 't' })).rejects.toThrow(TypeError)
    expect(() => createClickHouse({ url: 'http://127.0.0.1:1', database: 'a b', user: 'u', password: '' })).toThrowError(expect.objectContaining({ code: 'config_invalid' }))
  })
})

describe.skipIf(clickhouseMissing())('with a ClickHouse', () => {
  let database: TestDatabase
  let reader: ClickHouse

  beforeAll(async () => {
    database = await createTestDatabase()
    reader = createClickHouse(database.reader)
  })
  afterAll(async () => {
    await reader?.close()
    await database?.drop()
  })

  const doubled = defineQuery({
    name: 'doubled',
    meaning: 'Twice the number.',
    params: z.object({ n: z.number().int().default(21), simulated: z.boolean() }),
    row: z.object({ twice: z.coerce.number(), simulated: z.boolean() }),
    sql: 'SELECT {n:UInt64} * 2 AS twice, {simulated:Bool} AS simulated',
  })

  test('a stored query checks its parameters, fills in their defaults and parses its rows', async () => {
    expect(await reader.query(doubled, { simulated: true })).toEqual([{ twice: 42, simulated: true }])
    // @ts-expect-error: the wrong type is refused by the schema as well
    await expect(reader.query(doubled, { simulated: 'no' })).rejects.toThrow()
  })

  test('a row that is not as its query says is an error, not a surprise later', async () => {
    await expect(reader.query({ ...doubled, sql: "SELECT 'x' AS twice, true AS simulated" }, { simulated: true })).rejects.toThrow()
  })

  test("a server's error carries its number and name, and nothing is printed", async () => {
    const printed = [vi.spyOn(console, 'error'), vi.spyOn(console, 'log'), vi.spyOn(console, 'warn')]
    await expect(reader.rows('SELECT no_such_column FROM spans')).rejects.toMatchObject({ code: 'clickhouse_query', details: { code: 47, type: 'UNKNOWN_IDENTIFIER' }, remedy: expect.stringContaining('migrate') })
    await expect(reader.rows('SELEC')).rejects.toMatchObject({ details: { code: 62 } })
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  test('a question that asks for more than the account may have says what to ask instead', async () => {
    await expect(reader.rows('SELECT number FROM numbers(5000000)')).rejects.toMatchObject({ code: 'clickhouse_query', details: { code: 396 }, remedy: expect.stringContaining('shorter window') })
  })

  test('an error that comes after the first rows were sent is still an error', async () => {
    await expect(reader.rows('SELECT throwIf(number = 900000) FROM numbers(1000000)')).rejects.toMatchObject({ code: 'clickhouse_query' })
  })

  test('many questions at once share the pool and all are answered', async () => {
    const answers = await Promise.all(Array.from({ length: 64 }, (_, n) => reader.query(doubled, { n, simulated: false })))
    expect(answers.map(([row]) => row?.twice)).toEqual(Array.from({ length: 64 }, (_, n) => n * 2))
  })

  test('wrong credentials say whose they are', async () => {
    const stranger = createClickHouse({ ...database.reader, user: 'nobody', password: 'guess' })
    await expect(stranger.ping()).rejects.toMatchObject({ code: 'clickhouse_query', details: { code: 516 }, remedy: expect.stringContaining('nobody') })
    await stranger.close()
  })
})
