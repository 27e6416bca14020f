import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { encodeRows } from '../../collector/decode/encoded-rows.ts'
import { encodeRecord, openWal } from '../../collector/wal/wal.ts'
import { holdArrivals } from '../../collector/write/arrivals.ts'
import { keyOfRow, splitByDays, type BatchRow } from '../../collector/write/batch-rows.ts'
import { deadLetterFile } from '../../collector/write/dead-letters.ts'
import { gather } from '../../collector/write/gather.ts'
import { insertRows, type InsertSeams } from '../../collector/write/insert-rows.ts'
import { createRecentKeys, type RecentKeys } from '../../collector/write/recent-keys.ts'
import { KEY_WORDS, namedKey } from '../../collector/write/row-keys.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { attemptSpan, hex, post, tracesBody } from './receive-bodies.ts'
import { startRelay, type Relay } from './write-proxy.ts'

const silent = pino({ level: 'silent' })

/** Adds keys that are given as text. */
function keySet(windowMs: number, mostKeys = 1_000_000, onShortened = (): void => undefined): RecentKeys & { put: (key: string, nowMs: number) => boolean } {
  const recent = createRecentKeys({ windowMs, mostKeys, onShortened })
  const words = new Uint32Array(KEY_WORDS)
  return {
    ...recent,
    put(key, nowMs) {
      namedKey(/^[0-9a-f]{48}$/.test(key) ? 'spans' : 'signals', key, words)
      return recent.add(words, nowMs)
    },
  }
}

describe('the set of recent keys', () => {
  it('knows every key for the window, and forgets it within a third more', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ key: fc.integer({ min: 1, max: 30 }), afterMs: fc.integer({ min: 0, max: 700 }) }), { maxLength: 200 }), (steps) => {
        const recent = keySet(900)
        const lastStored = new Map<number, number>()
        let now = 5_000
        for (const { key, afterMs } of steps) {
          now += afterMs
          const age = now - (lastStored.get(key) ?? -Infinity)
          const fresh = recent.put(key.toString(16).padStart(48, '0'), now)
          if (age < 900) expect(fresh).toBe(false)
          // A generation begins with a key, so the span between two of them counts for a whole one at most.
          if (age > 900 + 2 * 700 + 300) expect(fresh).toBe(true)
          if (fresh) lastStored.set(key, now)
        }
      }),
    )
  })

  it('keeps keys apart that differ in one digit, and those of tables apart from spans', () => {
    const recent = keySet(1_000)
    const keys = ['1'.padStart(48, '0'), '2'.padStart(48, '0'), '1'.padEnd(48, '0'), '1'.padStart(47, '0'), 'signals a', 'signals b']
    expect(keys.map((key) => recent.put(key, 0))).toEqual(keys.map(() => true))
    expect(keys.map((key) => recent.put(key, 1))).toEqual(keys.map(() => false))
  })

  it('is exact over more keys than its first tables hold, whether ids are random or counted up', () => {
    const recent = keySet(1_000)
    const keys = Array.from({ length: 60_000 }, (_, n) => (n % 2 === 0 ? hex(24) : n.toString(16).padStart(48, '0')))
    expect(keys.filter((key) => !recent.put(key, 0))).toEqual([])
    expect(keys.filter((key) => recent.put(key, 1))).toEqual([])
    expect(recent.size()).toBe(60_000)
  })

  it('lets the oldest go before their time, and says so, when there are too many', () => {
    let shortened = 0
    const recent = keySet(1_000_000, 400, () => (shortened += 1))
    const keys = Array.from({ length: 1_000 }, () => hex(24))
    for (const [n, key] of keys.entries()) recent.put(key, n)
    expect(shortened).toBeGreaterThan(0)
    expect(recent.size()).toBeLessThanOrEqual(400)
    expect(recent.put(keys.at(-1) ?? '', 1_000)).toBe(false)
  })
})

const spanRow = (columns: Readonly<Record<string, unknown>> = {}, batch = 'direct-1'): BatchRow => {
  const now = new Date().toISOString()
  const row = { trace_id: hex(16), span_id: hex(8), started_at: now, ingested_at: now, role: 'attempt', ...columns }
  return { rows: encodeRows('spans', [{ key: '', row }]), index: 0, batch }
}

describe('gathering a batch', () => {
  /** How long it waited in all for company that comes at so many rows a millisecond. */
  async function waited(rowsPerMs: number, untilMs = Infinity): Promise<{ ms: number; rows: number }> {
    const dir = await mkdtemp(join(tmpdir(), 'weighbridge-gather-'))
    const wal = await openWal({ dir, maxBytes: 1024 * 1024 * 1024, log: silent, clock: systemClock })
    try {
      const arrivals = holdArrivals(1024 * 1024 * 1024)
      let nowMs = 0
      const arrive = async (ms: number): Promise<void> => {
        nowMs += ms
        if (nowMs > untilMs) return
        const rows = encodeRows('spans', Array.from({ length: ms * rowsPerMs }, () => ({ key: '', row: { trace_id: hex(16), span_id: hex(8), started_at: 0n } })))
        const start = wal.end()
        arrivals.put({ start, position: await wal.append(encodeRecord({ v: 1, signal: 'traces', encoding: 'json', compressed: false, received_ms: 0, items: rows.ends.length }, Buffer.from('{}'))), rows: [rows], items: rows.ends.length })
      }
      await arrive(1)
      const batch = await gather(
        {
          wal,
          arrivals,
          deadLetters: deadLetterFile(join(dir, 'dead-letter.jsonl'), systemClock),
          recent: createRecentKeys({ windowMs: 1_000, mostKeys: 1_000_000, onShortened: () => undefined }),
          runningMs: () => 0,
          doubtOf: () => 'new',
          foreign: {},
          clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
          log: silent,
          linger: async (ms) => {
            if (ms > 0) await arrive(ms)
            return ms > 0
          },
        },
        0,
      )
      return { ms: nowMs - 1, rows: batch.tables.get('spans')?.length ?? 0 }
    } finally {
      await wal.close()
      await rm(dir, { recursive: true, force: true })
    }
  }

  it('waits a quarter of a second for little company, two seconds for more, and not once the batch is full or nobody comes any more', async () => {
    expect(await waited(1)).toEqual({ ms: 250, rows: 251 })
    expect(await waited(10)).toEqual({ ms: 2_000, rows: 20_010 })
    expect(await waited(10, 600)).toEqual({ ms: 750, rows: 5_010 })
    const full = await waited(40)
    expect([full.ms, full.rows >= 50_000]).toEqual([1_250, true])
  })
})

describe('splitting rows by days', () => {
  it('loses no row, repeats none and keeps within the days', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 }), fc.integer({ min: 1, max: 40 }), (days, most) => {
        const rows = days.map((day) => spanRow({ started_at: new Date(day * 86_400_000 + 7_200_000).toISOString() }))
        const parts = splitByDays(rows, most)
        expect(parts.flat().map(keyOfRow).sort()).toEqual(rows.map(keyOfRow).sort())
        for (const part of parts) expect(new Set(part.map((row) => Math.floor((row.rows.hours[0] ?? 0) / 24))).size).toBeLessThanOrEqual(most)
      }),
      { numRuns: 40 },
    )
  })
})

describe.skipIf(clickhouseMissing() !== undefined)('writing', () => {
  let database: TestDatabase
  let clickhouse: ClickHouse
  let dir = ''
  let relay: Relay | undefined
  let running: RunningCollector[] = []
  let pools: ClickHouse[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    clickhouse = createClickHouse(database.writer)
  })
  afterAll(async () => {
    await clickhouse.close()
    await database.drop()
  })
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-write-'))
    relay = undefined
    running = []
    pools = []
  })
  afterEach(async () => {
    for (const collector of running) await collector.close({ deadlineMs: 2_000 })
    for (const pool of pools) await pool.close()
    await relay?.close()
    await rm(dir, { recursive: true, force: true })
  })

  async function start(through: Relay, more: { maxWalBytes?: number } = {}): Promise<RunningCollector> {
    const pool = createClickHouse({ ...database.writer, url: through.url, requestTimeoutMs: 5_000 })
    pools.push(pool)
    const collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse: pool, clock: systemClock, log: silent, maxBodyBytes: 8 * 1024 * 1024, ...more })
    running.push(collector)
    return collector
  }

  const timesStored = async (ids: readonly string[]): Promise<{ distinct: number; rows: number }> => {
    const [row] = await clickhouse.rows('SELECT uniqExact(span_id) AS distinct, count() AS rows FROM model_calls WHERE has({ids:Array(String)}, span_id)', { ids })
    return { distinct: Number(row?.['distinct']), rows: Number(row?.['rows']) }
  }
  const seams = (dead: BatchRow[], giveUpAfter: number): InsertSeams => ({
    clickhouse,
    log: silent,
    deadLetter: async (_table, row) => void dead.push(row),
    backOff: async (attempt) => {
      if (attempt >= giveUpAfter) throw new Error('gave up')
    },
    onInsert: () => undefined,
  })

  it('acknowledges while ClickHouse is away, and stores everything once it is back', async () => {
    relay = await startRelay(database.writer.url)
    relay.set('refuse')
    const collector = await start(relay)
    const spans = Array.from({ length: 30 }, () => attemptSpan())
    for (let at = 0; at < spans.length; at += 10) expect((await post(collector.url, '/v1/traces', tracesBody(spans.slice(at, at + 10)))).status).toBe(200)
    await eventually(() => collector.stats().failedInserts > 0)
    expect(collector.stats()).toMatchObject({ received: 30, stored: 0, waiting: 30 })
    relay.set('pass')
    await collector.settled()
    expect(await timesStored(spans.map((span) => span.spanId))).toEqual({ distinct: 30, rows: 30 })
    expect(collector.stats()).toMatchObject({ stored: 30, waiting: 0 })
  })

  it('asks to come again at the bound of its log, and takes requests again once ClickHouse is back', async () => {
    relay = await startRelay(database.writer.url)
    relay.set('refuse')
    const collector = await start(relay, { maxWalBytes: 64 * 1024 })
    const acknowledged: string[] = []
    let refused: Response | undefined
    while (refused === undefined && acknowledged.length < 1_000) {
      const span = attemptSpan()
      const answer = await post(collector.url, '/v1/traces', tracesBody([span]))
      if (answer.status === 200) acknowledged.push(span.spanId)
      else refused = answer
    }
    expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([503, '2'])
    relay.set('pass')
    await collector.settled()
    expect((await post(collector.url, '/v1/traces', tracesBody([attemptSpan()]))).status).toBe(200)
    expect(await timesStored(acknowledged)).toEqual({ distinct: acknowledged.length, rows: acknowledged.length })
  })

  it.each(['lose_answer', 'cut_insert'] as const)('stores each row once when ClickHouse connections break: %s', async (fault) => {
    relay = await startRelay(database.writer.url)
    const collector = await start(relay)
    relay.set(fault, 2)
    const spans = Array.from({ length: 200 }, () => attemptSpan())
    await post(collector.url, '/v1/traces', tracesBody(spans))
    await collector.settled()
    expect(relay.faults()).toBeGreaterThan(0)
    expect(await timesStored(spans.map((span) => span.spanId))).toEqual({ distinct: 200, rows: 200 })
    expect(collector.stats()).toMatchObject({ received: 200, stored: 200, waiting: 0 })
  })

  it('finds the rows that the server refuses, sets them aside and stores all others once', async () => {
    // As an operator may do: a condition that some rows break.
    const migrator = createClickHouse(database.migrator)
    await migrator.command("ALTER TABLE spans ADD CONSTRAINT no_poison CHECK task != 'poison'")
    try {
      const rows = Array.from({ length: 64 }, (_, n) => spanRow(n === 20 || n === 41 ? { task: 'poison' } : {}))
      const dead: BatchRow[] = []
      expect(await insertRows(seams(dead, 1), 'spans', rows, 'new')).toBe(62)
      expect(dead.map(keyOfRow)).toEqual([rows[20], rows[41]].map((row) => row && keyOfRow(row)))
      expect(await timesStored(rows.map((row) => keyOfRow(row).slice(32)))).toEqual({ distinct: 62, rows: 62 })
    } finally {
      await migrator.command('ALTER TABLE spans DROP CONSTRAINT no_poison')
      await migrator.close()
    }
  })

  it('blames no row for a table of another schema', async () => {
    const migrator = createClickHouse(database.migrator)
    await migrator.command('ALTER TABLE spans MODIFY COLUMN http_status UInt32')
    try {
      const dead: BatchRow[] = []
      await expect(insertRows(seams(dead, 2), 'spans', [spanRow(), spanRow()], 'new')).rejects.toThrow('gave up')
      expect(dead).toEqual([])
    } finally {
      await migrator.command('ALTER TABLE spans MODIFY COLUMN http_status UInt16')
      await migrator.close()
    }
  })

  it.each(['by_batch', 'by_key'] as const)('sends only what is missing of rows that may be stored already: %s', async (doubt) => {
    const rows = Array.from({ length: 10 }, () => spanRow({}, doubt))
    await insertRows(seams([], 1), 'spans', rows.slice(0, 4), 'new')
    expect(await insertRows(seams([], 1), 'spans', rows, doubt)).toBe(10)
    expect(await insertRows(seams([], 1), 'spans', rows, doubt)).toBe(10)
    expect(await timesStored(rows.map((row) => keyOfRow(row).slice(32)))).toEqual({ distinct: 10, rows: 10 })
  })

  it('stores a request that spans half a year', async () => {
    relay = await startRelay(database.writer.url)
    const collector = await start(relay)
    const now = BigInt(Date.now()) * 1_000_000n
    const spans = Array.from({ length: 180 }, (_, day) => attemptSpan({}, { startTimeUnixNano: String(now - BigInt(day) * 86_400_000_000_000n), endTimeUnixNano: String(now) }))
    await post(collector.url, '/v1/traces', tracesBody(spans))
    await collector.settled()
    expect(await timesStored(spans.map((span) => span.spanId))).toEqual({ distinct: 180, rows: 180 })
    expect(collector.stats().failedInserts).toBe(0)
  })

  it('leaves what it could not write for the next start when it is closed', async () => {
    relay = await startRelay(database.writer.url)
    relay.set('refuse')
    const first = await start(relay)
    const spans = Array.from({ length: 5 }, () => attemptSpan())
    await post(first.url, '/v1/traces', tracesBody(spans))
    await first.close({ deadlineMs: 100 })
    relay.set('pass')
    const second = await start(relay)
    expect(second.stats().received).toBe(5)
    await second.settled()
    expect(second.stats()).toMatchObject({ received: 5, stored: 5, waiting: 0 })
    expect(await timesStored(spans.map((span) => span.spanId))).toEqual({ distinct: 5, rows: 5 })
  })

  it('writes a stored request that cannot be decoded any more to the dead letters, and goes on', async () => {
    const wal = await openWal({ dir: join(dir, 'wal'), maxBytes: 1024 * 1024, log: silent, clock: systemClock })
    await wal.append(encodeRecord({ v: 1, signal: 'traces', encoding: 'json', compressed: false, received_ms: Date.now(), items: 3 }, Buffer.from('{"resourceSpans":7}')))
    await wal.close()
    relay = await startRelay(database.writer.url)
    const collector = await start(relay)
    await collector.settled()
    expect(collector.stats()).toMatchObject({ received: 3, deadLettered: 3, waiting: 0 })
    const [line = ''] = (await readFile(join(dir, 'dead-letter.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(line)).toMatchObject({ kind: 'request', signal: 'traces', reason: expect.stringContaining('resourceSpans is not a list') })
  })
})
