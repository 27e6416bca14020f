// What `doctor` makes of what collector and router say of themselves, and what it finds on real parts that are well, ill or away.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeClock, judgeCollector, judgeSpool, type CollectorStatus } from '../../cli/doctor/standing.ts'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

const GIB = 1024 ** 3

const WELL: CollectorStatus = {
  now_ms: 1_000_000,
  counters: { received: 10, stored: 8, deduplicated: 1, dead_lettered: 0, lost: 0, waiting: 1, rejected: 0, failed_inserts: 0 },
  wal: { bytes: 4096, records: 1, oldest_ms: 999_700, corrupt_segments: 0, lost_bytes: 0 },
  disk: { free_bytes: 40 * GIB, total_bytes: 100 * GIB },
  clickhouse: { version: '26.7', now_ms: 999_999, round_trip_ms: 4 },
  inserts_succeed: true,
}

describe('what a collector says of itself', () => {
  it('is all well when it adds up, nothing waits long, and there is room', () => {
    const checks = judgeCollector(WELL)
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([['counters', true], ['log', true], ['disk', true], ['clock', true]])
    expect(checks[0]?.said).toBe('received 10 = stored 8 + known already 1 + dead letters 0 + lost 0 + waiting 1, since its start')
    expect(checks[1]).toMatchObject({ said: '1 item(s) wait, the oldest for 300 ms; the write-ahead log holds 0.0 MiB', ms: 300 })
  })

  it.each<[string, Partial<CollectorStatus>, string, RegExp]>([
    ['counters that do not add up', { counters: { ...WELL.counters, stored: 7 } }, 'counters', /bug/],
    ['dead letters', { counters: { ...WELL.counters, stored: 6, dead_lettered: 2 } }, 'counters', /collector replay/],
    ['items that the disk lost', { counters: { ...WELL.counters, stored: 6, lost: 2 } }, 'counters', /\*\.corrupt/],
    ['inserts that fail', { inserts_succeed: false }, 'log', /Nothing is lost/],
    ['a wait of minutes', { wal: { ...WELL.wal, oldest_ms: 1_000_000 - 61_000 } }, 'log', /more room|More comes in/],
    ['damaged segments', { wal: { ...WELL.wal, corrupt_segments: 1, lost_bytes: 12 } }, 'log', /Check the disk/],
    ['a disk of which little is left', { disk: { free_bytes: 4 * GIB, total_bytes: 100 * GIB } }, 'disk', /retention_days/],
    ['a small disk that is nearly full', { disk: { free_bytes: GIB / 2, total_bytes: GIB } }, 'disk', /Make room/],
    ['a disk that cannot be asked', { disk: null }, 'disk', /data directory/],
    ['a database that does not answer', { clickhouse: { error: 'connect ECONNREFUSED' } }, 'clock', /clickhouse section/],
    ['a database whose clock is ahead', { clickhouse: { version: '26.7', now_ms: 1_004_000, round_trip_ms: 4 } }, 'clock', /NTP/],
  ])('names %s, and what to do', (_what, changed, name, remedy) => {
    const failed = judgeCollector({ ...WELL, ...changed }).filter(({ ok }) => !ok)
    expect(failed).toEqual([expect.objectContaining({ name, remedy: expect.stringMatching(remedy) })])
  })
})

describe('two clocks', () => {
  it('agree within what reading them takes', () => {
    expect(judgeClock('a', 1000, 'b', 1030, 40)).toMatchObject({ ok: true, said: 'a and b agree to within 40 ms' })
  })
  it('may be two seconds apart, and are told apart by more', () => {
    expect(judgeClock('a', 10_000, 'b', 8_100, 10)).toMatchObject({ ok: true, ms: 1_900, said: 'b is 1.90 s behind a' })
    expect(judgeClock('a', 10_000, 'b', 12_011, 10)).toMatchObject({ ok: false, ms: 2_011, said: expect.stringContaining('ahead of a') })
  })
})

describe('what waits in a router', () => {
  it('is well while it is young, and not when it is old or was dropped', () => {
    expect(judgeSpool({ spool: { records: 0, bytes: 0, oldest_ms: null, dropped: 0 } })).toMatchObject({ ok: true, said: 'nothing waits in the router' })
    expect(judgeSpool({ spool: { records: 2, bytes: 2048, oldest_ms: 59_000, dropped: 0 } })).toMatchObject({ ok: true })
    expect(judgeSpool({ spool: { records: 2, bytes: 2048, oldest_ms: 61_000, dropped: 0 } })).toMatchObject({ ok: false, remedy: expect.stringContaining("router's log") })
    expect(judgeSpool({ spool: { records: 0, bytes: 0, oldest_ms: null, dropped: 3 } })).toMatchObject({ ok: false, remedy: expect.stringContaining('spool.max_bytes') })
  })
})

describe.skipIf(clickhouseMissing() !== undefined)('doctor on real parts', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let collector: RunningCollector
  let cwd = ''
  let away: Server

  const doctor = async (more: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ result: CommandResult; checks: Readonly<Record<string, { ok: boolean; said: string; remedy?: string; ms?: number }>> }> => {
    const result = await runCommand(['doctor', '--json', ...more], { cwd, env: { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password, ...env } })
    const document = JSON.parse(result.out) as { ok: boolean; checks: { name: string; ok: boolean; said: string; remedy?: string }[] }
    return { result, checks: Object.fromEntries(document.checks.map((check) => [check.name, check])) }
  }

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: mkdtempSync(join(tmpdir(), 'weighbridge-doctor-')), clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024 * 1024, sumUpEveryMs: Infinity, token: 'open-sesame' })
    cwd = mkdtempSync(join(tmpdir(), 'weighbridge-doctor-cwd-'))
    writeFileSync(join(cwd, 'weighbridge.yaml'), `providers: {}\nclickhouse: { url: "${database.reader.url}", database: ${database.reader.database} }\n`)
    // Answers like a router that lets nobody in.
    away = createServer((_request, response) => response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code: 'key_missing', message: 'No key was sent.', type: 'authentication_error' } })))
    away.listen(0, '127.0.0.1')
    await once(away, 'listening')
  })

  afterAll(async () => {
    away.close()
    await collector.close({ deadlineMs: 5_000 })
    await writer.close()
    await database.drop()
  })

  it('follows its own span through collector, log and table, and times each hop', async () => {
    const { checks } = await doctor(['--collector-url', collector.url], { WEIGHBRIDGE_COLLECTOR_TOKEN: 'open-sesame' })
    for (const name of ['config', 'clickhouse', 'schema', 'collector', 'counters', 'log', 'disk', 'clock', 'table']) expect.soft(checks[name], name).toMatchObject({ ok: true })
    expect(checks['table']?.ms).toBeGreaterThanOrEqual(0)
    const [row] = await writer.rows("SELECT count() AS n FROM spans WHERE service = 'weighbridge-doctor'")
    expect(Number(row?.['n'])).toBe(1)
  })

  it('says that there is no router, and how to name one', async () => {
    const { result, checks } = await doctor(['--collector-url', collector.url], { WEIGHBRIDGE_COLLECTOR_TOKEN: 'open-sesame' })
    expect(result.code).toBe(4)
    expect(checks['router']).toMatchObject({ ok: false, remedy: expect.stringContaining('--url') })
  })

  it('says that the collector wants a token', async () => {
    const { checks } = await doctor(['--collector-url', collector.url])
    expect(checks['collector']).toMatchObject({ ok: false, said: expect.stringContaining('did not take the probe span') })
    expect(checks['table']).toBeUndefined()
  })

  it('says that nobody listens at the collector’s address', async () => {
    const { checks } = await doctor(['--collector-url', 'http://127.0.0.1:1'])
    expect(checks['collector']).toMatchObject({ ok: false, said: expect.stringContaining('did not take the probe span'), remedy: expect.stringContaining('Start the collector') })
  })

  it('says that a router lets nobody in without a key', async () => {
    const { checks } = await doctor(['--collector-url', collector.url, '--url', `http://127.0.0.1:${(away.address() as AddressInfo).port}`], { WEIGHBRIDGE_COLLECTOR_TOKEN: 'open-sesame' })
    expect(checks['router']).toMatchObject({ ok: false, said: expect.stringContaining('No key') })
  })

  it('says that the database has no schema yet', async () => {
    writeFileSync(join(cwd, 'other.yaml'), `providers: {}\nclickhouse: { url: "${database.reader.url}", database: system }\n`)
    const { checks } = await doctor(['--config', join(cwd, 'other.yaml'), '--collector-url', 'http://127.0.0.1:1'])
    expect(checks['clickhouse']).toMatchObject({ ok: true })
    expect(checks['schema']).toMatchObject({ ok: false, remedy: expect.stringContaining('migrate') })
  })
})
