// What an operator asks of a running collector: dead letters taken up again, people forgotten, and how it stands; over TLS too.
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Agent, request } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import { systemClock } from '../../core/seams.ts'
import { newCounters } from '../../collector/counters.ts'
import { collectorStatus } from '../../collector/status.ts'
import { openWal } from '../../collector/wal/wal.ts'
import { openKeyJournal } from '../../collector/write/key-journal.ts'
import { startCollector, type CollectorOptions, type RunningCollector } from '../../collector/start.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { encodeLogs, type LogRecord } from '../../store/otlp/logs.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { attemptSpan, hex, post, tracesBody } from './receive-bodies.ts'
import { startRelay } from './write-proxy.ts'

const silent = pino({ level: 'silent' })

describe.skipIf(clickhouseMissing() !== undefined)('a collector that is asked', () => {
  let database: TestDatabase
  let clickhouse: ClickHouse
  let migrator: ClickHouse
  let dir = ''
  let running: RunningCollector[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    clickhouse = createClickHouse(database.writer)
    migrator = createClickHouse(database.migrator)
  })
  afterAll(async () => {
    await clickhouse.close()
    await migrator.close()
    await database.drop()
  })
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-admin-'))
    running = []
  })
  afterEach(async () => {
    for (const collector of running) await collector.close({ deadlineMs: 5_000 })
    await rm(dir, { recursive: true, force: true })
  })

  async function start(options: Partial<CollectorOptions> = {}): Promise<RunningCollector> {
    const collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse, clock: systemClock, log: silent, maxBodyBytes: 1024 * 1024, sumUpEveryMs: Infinity, ...options })
    running.push(collector)
    return collector
  }
  const ask = async (collector: RunningCollector, path: string, body: unknown = {}): Promise<{ status: number; body: unknown }> => {
    const answer = await post(collector.url, path, JSON.stringify(body))
    return { status: answer.status, body: await answer.json() }
  }
  const countOf = async (where: string): Promise<number> => Number((await clickhouse.rows(`SELECT count() AS n FROM ${where}`))[0]?.['n'])

  it('takes dead letters up again once what was in their way is gone, and stores each once', async () => {
    await migrator.command("ALTER TABLE spans ADD CONSTRAINT no_poison CHECK task != 'poison'")
    const collector = await start()
    const [poison, good] = [Array.from({ length: 5 }, () => attemptSpan({ [WB.task]: 'poison' })), Array.from({ length: 20 }, () => attemptSpan())]
    await post(collector.url, '/v1/traces', tracesBody([...good, ...poison]))
    await collector.settled()
    expect(collector.stats()).toMatchObject({ received: 25, stored: 20, deadLettered: 5, waiting: 0 })
    // Still in the way: they come back to where they were.
    expect(await ask(collector, '/admin/replay')).toEqual({ status: 200, body: { rows: 5, requests: 0, kept: 0 } })
    await collector.settled()
    expect(collector.stats()).toMatchObject({ received: 30, stored: 20, deadLettered: 10, waiting: 0 })
    await migrator.command('ALTER TABLE spans DROP CONSTRAINT no_poison')
    expect(await ask(collector, '/admin/replay')).toEqual({ status: 200, body: { rows: 5, requests: 0, kept: 0 } })
    await collector.settled()
    const ids = [...good, ...poison].map((span) => `'${span.spanId}'`).join(', ')
    expect(await countOf(`model_calls WHERE span_id IN (${ids})`)).toBe(25)
    expect(await countOf(`(SELECT span_id FROM spans WHERE span_id IN (${ids}) GROUP BY span_id HAVING count() > 1)`)).toBe(0)
    // Nothing is left, and asking again does nothing.
    expect(await ask(collector, '/admin/replay')).toEqual({ status: 200, body: { rows: 0, requests: 0, kept: 0 } })
  })

  it('finishes a replay that was interrupted, without storing anything twice', async () => {
    const { deadLetterFile } = await import('../../collector/write/dead-letters.ts')
    const path = join(dir, 'dead-letter.jsonl')
    const letters = deadLetterFile(path, systemClock)
    const [traceId, spanId, now] = [hex(16), hex(8), new Date().toISOString()]
    const letter = { kind: 'row', table: 'spans', key: traceId + spanId, batch: 'b', reason: 'r', row: { trace_id: traceId, span_id: spanId, role: 'attempt', started_at: now, ingested_at: now } } as const
    await letters.add(letter)
    await letters.add(letter)
    await letters.addLine('not a letter of ours')
    await expect(letters.takeAll(() => Promise.reject(new Error('the process died')), async () => undefined)).rejects.toThrow('died')
    const collector = await start()
    expect(await ask(collector, '/admin/replay')).toEqual({ status: 200, body: { rows: 2, requests: 0, kept: 1 } })
    await collector.settled()
    expect(await countOf(`spans WHERE trace_id = '${traceId}'`)).toBe(1)
    expect(await readFile(path, 'utf8')).toBe('not a letter of ours\n')
  })

  it('stores a request once whose replay was interrupted so long ago that nobody remembers its rows', async () => {
    const { deadLetterFile } = await import('../../collector/write/dead-letters.ts')
    const span = attemptSpan()
    const yesterday = new Date(Date.now() - 86_400_000).toISOString()
    await clickhouse.insert('spans', JSON.stringify({ trace_id: span.traceId, span_id: span.spanId, role: 'attempt', started_at: yesterday, ingested_at: yesterday, batch: 'of the first replay' }), { token: hex(8) })
    await deadLetterFile(join(dir, 'dead-letter.jsonl'), systemClock).add({ kind: 'request', signal: 'traces', batch: 'b', reason: 'r', header: { v: 1, signal: 'traces', encoding: 'json', compressed: false, received_ms: Date.now(), items: 1 }, body: Buffer.from(tracesBody([span])).toString('base64') })
    const collector = await start()
    // Two people at once: each letter is taken up by one of them.
    const both = await Promise.all([ask(collector, '/admin/replay'), ask(collector, '/admin/replay')])
    expect(both).toEqual(expect.arrayContaining([{ status: 200, body: { rows: 0, requests: 1, kept: 0 } }, { status: 200, body: { rows: 0, requests: 0, kept: 0 } }]))
    await collector.settled()
    expect(collector.stats()).toMatchObject({ received: 1, waiting: 0 })
    expect(await countOf(`spans WHERE span_id = '${span.spanId}'`)).toBe(1)
  })

  const content = (about: { traceId: string; user?: string; session?: string; atMs?: number }): LogRecord[] =>
    (['prompt', 'answer'] as const).map((kind) => ({ eventName: EVENT.content, timeMs: about.atMs ?? Date.now(), traceId: about.traceId, spanId: about.traceId.slice(0, 16), body: `{"of":"${kind}"}`, attributes: { [WB.contentKind]: kind, [GEN_AI.userId]: about.user, [WB.sessionId]: about.session, [WB.task]: 'qa' } }))
  const sendContent = async (collector: RunningCollector, records: readonly LogRecord[]): Promise<void> => {
    const answer = await post(collector.url, '/v1/logs', encodeLogs({}, records))
    expect([answer.status, await answer.json()]).toEqual([200, {}])
    await collector.settled()
  }

  it('stores captured text where only its own account can read it', async () => {
    const collector = await start()
    const traceId = hex(16)
    await sendContent(collector, content({ traceId, user: 'ann' }))
    await sendContent(collector, content({ traceId, user: 'ann' }))
    expect(await clickhouse.rows(`SELECT kind, body, attributes FROM content WHERE trace_id = '${traceId}' ORDER BY kind`)).toEqual([
      { kind: 'answer', body: '{"of":"answer"}', attributes: { 'user.id': 'ann', [WB.task]: 'qa' } },
      { kind: 'prompt', body: '{"of":"prompt"}', attributes: { 'user.id': 'ann', [WB.task]: 'qa' } },
    ])
    expect(collector.stats()).toMatchObject({ stored: 2, deduplicated: 2 })
  })

  it.each(['user', 'session', 'trace'] as const)('forgets a %s: its texts go, its spans lose the name, late rows do not bring it back', async (subject) => {
    const collector = await start()
    const [one, other] = [hex(16), hex(16)]
    const of = (traceId: string, who: string): ReturnType<typeof attemptSpan> => attemptSpan({ [GEN_AI.userId]: `user ${who}`, [WB.sessionId]: `session ${who}`, [WB.task]: 'forget', [GEN_AI.responseId]: `answer ${traceId}` }, { traceId })
    const [mine, others, late] = [of(one, `${subject} a`), of(other, `${subject} b`), of(one, `${subject} a`)]
    await post(collector.url, '/v1/traces', tracesBody([mine, others]))
    await sendContent(collector, [...content({ traceId: one, user: `user ${subject} a`, session: `session ${subject} a` }), ...content({ traceId: other, user: `user ${subject} b`, session: `session ${subject} b` })])
    // What people wrote about the answers: of one call by its trace, of the same by the id of its answer, of another.
    const comment = (attributes: LogRecord['attributes'], traceId?: string): LogRecord => ({ eventName: EVENT.signal, timeMs: Date.now(), traceId, attributes: { [WB.signalKind]: 'feedback', [WB.signalValue]: 0, [WB.feedbackComment]: 'a comment', [WB.signalId]: hex(8), ...attributes } })
    await sendContent(collector, [comment({ of: 'one' }, one), comment({ of: 'one', [WB.signalAbout]: `answer ${one}` }), comment({ of: 'other' }, other)])
    const before = Date.now()
    const name = subject === 'trace' ? one : `${subject} ${subject} a`
    expect(await ask(collector, '/admin/forget', { subject, name })).toEqual({ status: 200, body: { content: 2, comments: 2, spans: 1 } })
    if (subject === 'trace') await sendContent(collector, [{ ...comment({ of: 'one' }, one), timeMs: before }])
    const commented = await clickhouse.rows(`SELECT attributes['of'] AS of, value, attributes['${WB.feedbackComment}'] AS comment FROM signals WHERE trace_id IN ('${one}', '${other}') OR attributes['${WB.signalAbout}'] = 'answer ${one}' ORDER BY of`)
    expect(commented).toEqual([...Array.from({ length: subject === 'trace' ? 3 : 2 }, () => ({ of: 'one', value: 0, comment: '' })), { of: 'other', value: 0, comment: 'a comment' }])
    // What a router's spool still held of the time before.
    await post(collector.url, '/v1/traces', tracesBody([late]))
    await sendContent(collector, [{ ...content({ traceId: one, user: `user ${subject} a`, session: `session ${subject} a`, atMs: before })[0], spanId: 'c'.repeat(16) } as LogRecord])
    const rows = await clickhouse.rows(`SELECT span_id, user_id, session_id, toFloat64(cost_usd) > 0 AS priced FROM spans WHERE trace_id = '${one}'`)
    expect(rows.map((row) => row['span_id']).toSorted()).toEqual([mine.spanId, late.spanId].toSorted())
    for (const row of rows) expect(row).toMatchObject({ priced: 1, ...(subject === 'session' ? {} : { user_id: '' }), ...(subject === 'user' ? {} : { session_id: '' }) })
    expect(await clickhouse.rows(`SELECT body, attributes FROM content WHERE trace_id = '${one}'`)).toEqual([{ body: '', attributes: { [WB.contentForgotten]: 'true' } }])
    expect(await countOf(`content WHERE trace_id = '${other}'`)).toBe(2)
    expect(await clickhouse.rows(`SELECT user_id FROM spans WHERE trace_id = '${other}'`)).toEqual([{ user_id: `user ${subject} b` }])
    expect(collector.stats()).toMatchObject({ waiting: 0, deadLettered: 0 })
  })

  it('forgets nobody by halves: while ClickHouse does not take rows that may name them, it says so', async () => {
    const relay = await startRelay(database.writer.url)
    const pool = createClickHouse({ ...database.writer, url: relay.url, requestTimeoutMs: 1_000 })
    const collector = await start({ clickhouse: pool, forgetWaitMs: 10 })
    try {
      relay.set('hold_answer', 1)
      const held = relay.nextInsert()
      const span = attemptSpan({ [GEN_AI.userId]: 'user held up' })
      await post(collector.url, '/v1/traces', tracesBody([span]))
      await held
      expect(await ask(collector, '/admin/forget', { subject: 'user', name: 'user held up' })).toMatchObject({ status: 503, body: { error: { code: 'clickhouse_unreachable' } } })
      await collector.settled()
      expect((await ask(collector, '/admin/forget', { subject: 'user', name: 'user held up' })).status).toBe(200)
      expect(await clickhouse.rows(`SELECT user_id FROM spans WHERE span_id = '${span.spanId}'`)).toEqual([{ user_id: '' }])
    } finally {
      await collector.close({ deadlineMs: 5_000 })
      await pool.close()
      await relay.close()
    }
  })

  it('remembers whom to forget across a restart, by hash alone', async () => {
    const first = await start()
    await ask(first, '/admin/forget', { subject: 'user', name: 'user to be gone' })
    await first.close({ deadlineMs: 1_000 })
    expect(await readFile(join(dir, 'forgotten.json'), 'utf8')).not.toContain('gone')
    const second = await start()
    const span = attemptSpan({ [GEN_AI.userId]: 'user to be gone' }, { startTimeUnixNano: String(BigInt(Date.now() - 60_000) * 1_000_000n) })
    await post(second.url, '/v1/traces', tracesBody([span]))
    await second.settled()
    expect(await clickhouse.rows(`SELECT user_id FROM spans WHERE span_id = '${span.spanId}'`)).toEqual([{ user_id: '' }])
  })

  it('says how it stands, and what is wrong with a question', async () => {
    const collector = await start({ token: 'secret-token' })
    expect((await fetch(`${collector.url}/admin/status`)).status).toBe(401)
    const authorization = { authorization: 'Bearer secret-token' }
    const status = await (await fetch(`${collector.url}/admin/status`, { headers: authorization })).json()
    expect(status).toMatchObject({ counters: { received: 0, waiting: 0 }, wal: { bytes: 0, oldest_ms: null }, disk: { free_bytes: expect.any(Number) }, clickhouse: { version: expect.any(String) }, inserts_succeed: true })
    const wrong = await post(collector.url, '/admin/forget', '{"subject":"everybody"}', authorization)
    expect([wrong.status, await wrong.json()]).toEqual([400, { error: { code: 'bad_request', message: expect.stringContaining('user, session, trace'), remedy: expect.any(String) } }])
    expect((await post(collector.url, '/admin/forget', '{}', { ...authorization, 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post(collector.url, '/admin/nothing', '{}', authorization)).status).toBe(404)
  })

  it('lets senders change nothing where operators have a token of their own', async () => {
    const collector = await start({ token: 'of-senders', adminToken: 'of-operators' })
    const [sender, operator] = [{ authorization: 'Bearer of-senders' }, { authorization: 'Bearer of-operators' }]
    const forget = JSON.stringify({ subject: 'trace', name: 'f'.repeat(32) })
    expect((await post(collector.url, '/admin/forget', forget)).status).toBe(401)
    const refused = await post(collector.url, '/admin/forget', forget, sender)
    expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining('WEIGHBRIDGE_COLLECTOR_ADMIN_TOKEN')])
    expect((await post(collector.url, '/admin/replay', '{}', sender)).status).toBe(401)
    expect((await post(collector.url, '/admin/forget', forget, operator)).status).toBe(200)
    expect((await post(collector.url, '/v1/traces', tracesBody([attemptSpan()]), sender)).status).toBe(200)
    for (const headers of [sender, operator]) expect((await fetch(`${collector.url}/admin/status`, { headers })).status).toBe(200)
  })

  it('says how it stands while its database hangs', async () => {
    const hanging = createServer(() => undefined)
    hanging.listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const { port } = hanging.address() as AddressInfo // a TCP server's address is one
    const pool = createClickHouse({ ...database.writer, url: `http://127.0.0.1:${port}`, requestTimeoutMs: 600_000 })
    const wal = await openWal({ dir: join(dir, 'wal'), maxBytes: 1024 * 1024, log: silent, clock: systemClock })
    const journal = await openKeyJournal({ dir: join(dir, 'recent'), windowMs: 1_000, maxBytes: 1024 * 1024, clock: systemClock, log: silent })
    const status = await collectorStatus({ dataDir: dir, clickhouse: pool, counters: newCounters(), wal, journal, isHealthy: () => false, clock: systemClock, patienceMs: 10 })
    expect(status).toMatchObject({ clickhouse: { error: 'no answer within 10 ms' }, counters: { waiting: 0 }, inserts_succeed: false })
    await Promise.all([pool.close(), wal.close(), journal.close()])
    hanging.close()
  })

  it('tells counters of one moment, however long the rest of the answer takes', async () => {
    const counters = Object.assign(newCounters(), { received: 7, stored: 4 })
    const pool = createClickHouse(database.writer)
    const busy = { ...pool, rows: async () => {
      Object.assign(counters, { received: 90, stored: 89 })
      return []
    } }
    const wal = await openWal({ dir: join(dir, 'wal'), maxBytes: 1024 * 1024, log: silent, clock: systemClock })
    const journal = await openKeyJournal({ dir: join(dir, 'recent'), windowMs: 1_000, maxBytes: 1024 * 1024, clock: systemClock, log: silent })
    const status = await collectorStatus({ dataDir: dir, clickhouse: busy, counters, wal, journal, isHealthy: () => true, clock: systemClock })
    expect(status).toMatchObject({ counters: { received: 7, stored: 4, waiting: 3 } })
    await Promise.all([pool.close(), wal.close(), journal.close()])
  })

  it('serves over TLS where it has a certificate, and refuses plain HTTP there', async (context) => {
    try {
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem'), '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' })
    } catch {
      return context.skip('there is no openssl to make a certificate with')
    }
    const [cert, key] = [await readFile(join(dir, 'cert.pem'), 'utf8'), await readFile(join(dir, 'key.pem'), 'utf8')]
    const collector = await start({ tls: { cert, key } })
    expect(collector.url).toMatch(/^https:/)
    const agent = new Agent({ connect: { ca: cert } })
    const answer = await request(`${collector.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: tracesBody([attemptSpan()]), dispatcher: agent })
    await answer.body.dump()
    await agent.close()
    expect(answer.statusCode).toBe(200)
    await expect(fetch(collector.url.replace('https', 'http'))).rejects.toThrow()
    return undefined
  })
})
