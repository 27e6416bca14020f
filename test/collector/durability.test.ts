import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startCollector } from '../../collector/start.ts'
import { seededRandom, systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { attemptSpan, post, tracesBody, type TestSpan } from './receive-bodies.ts'
import { startRelay } from './write-proxy.ts'

describe.skipIf(clickhouseMissing() !== undefined)('a collector that is killed', () => {
  let database: TestDatabase
  let clickhouse: ClickHouse
  let dir = ''
  let children: ChildProcess[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    clickhouse = createClickHouse(database.writer)
  })
  afterAll(async () => {
    await clickhouse.close()
    await database.drop()
  })
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-durability-'))
    children = []
  })
  afterEach(async () => {
    for (const child of children) await kill(child)
    await rm(dir, { recursive: true, force: true })
  })

  async function startChild(clickhouseUrl: string): Promise<{ child: ChildProcess; url: string }> {
    const { database: name, user, password } = database.writer
    const child = spawn(process.execPath, [join(import.meta.dirname, 'durability-child.ts'), dir, clickhouseUrl, name, user, password], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    return { child, url: line.toString().trim() }
  }
  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  /** Every span's number of rows in model_calls, after the rest of the log is written. */
  async function settleAndCount(): Promise<Map<string, number>> {
    const collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024 })
    try {
      await collector.settled()
      expect(collector.stats().waiting).toBe(0)
      expect(collector.stats().deadLettered).toBe(0)
    } finally {
      await collector.close({ deadlineMs: 5_000 })
    }
    const rows = await clickhouse.rows('SELECT span_id, count() AS n FROM model_calls GROUP BY span_id')
    return new Map(rows.map((row) => [String(row['span_id']), Number(row['n'])]))
  }

  it('between acknowledging and inserting has lost nothing after a restart, and stored nothing twice', async () => {
    // Port 1 answers nobody: the child can acknowledge and never insert.
    const { child, url } = await startChild('http://127.0.0.1:1')
    const spans = Array.from({ length: 100 }, () => attemptSpan())
    for (let at = 0; at < spans.length; at += 20) expect((await post(url, '/v1/traces', tracesBody(spans.slice(at, at + 20)))).status).toBe(200)
    await kill(child)
    const counts = await settleAndCount()
    expect(spans.map((span) => counts.get(span.spanId))).toEqual(spans.map(() => 1))
  })

  it('between the insert and hearing of it stores nothing twice', async () => {
    const relay = await startRelay(database.writer.url)
    try {
      relay.set('hold_answer')
      const { child, url } = await startChild(relay.url)
      const spans = Array.from({ length: 50 }, () => attemptSpan())
      expect((await post(url, '/v1/traces', tracesBody(spans))).status).toBe(200)
      const ids = spans.map((span) => span.spanId)
      await eventually(async () => (await clickhouse.rows('SELECT count() AS n FROM model_calls WHERE has({ids:Array(String)}, span_id)', { ids }))[0]?.['n'] === '50')
      await kill(child)
      const counts = await settleAndCount()
      expect(ids.map((id) => counts.get(id))).toEqual(ids.map(() => 1))
    } finally {
      await relay.close()
    }
  })

  it('again and again at any moment, under senders that send again what was not acknowledged, keeps each span exactly once', async () => {
    const random = seededRandom('kill')
    const acknowledged: string[] = []
    let unsettled: TestSpan[] = []
    let again = 0
    for (let round = 0; round < 6; round += 1) {
      const { child, url } = await startChild(database.writer.url)
      let alive = true
      // By how much was acknowledged, not by the clock: on a busy machine a process takes long to start.
      const goal = acknowledged.length + 40 + Math.floor(random.next() * 80)
      const reached = Promise.withResolvers<void>()
      const sender = async (): Promise<void> => {
        while (alive) {
          const spans = unsettled.length > 0 ? unsettled.splice(0) : Array.from({ length: 1 + Math.floor(random.next() * 20) }, () => attemptSpan())
          try {
            const answer = await post(url, '/v1/traces', tracesBody(spans))
            await answer.arrayBuffer()
            if (answer.status !== 200) throw new Error(String(answer.status))
            acknowledged.push(...spans.map((span) => span.spanId))
            if (acknowledged.length >= goal) reached.resolve()
            // Some senders miss the answer and send the same again.
            if (random.next() < 0.2) {
              again += spans.length
              unsettled.push(...spans)
            }
          } catch {
            unsettled.push(...spans)
          }
        }
      }
      const senders = [sender(), sender(), sender()]
      await reached.promise
      await delay(random.next() * 20)
      await kill(child)
      alive = false
      await Promise.all(senders)
      unsettled = [...new Map(unsettled.map((span) => [span.spanId, span])).values()]
    }
    expect(acknowledged.length).toBeGreaterThan(200)
    expect(again).toBeGreaterThan(0)
    const counts = await settleAndCount()
    expect(acknowledged.filter((id) => counts.get(id) !== 1)).toEqual([])
    expect([...counts.values()].filter((n) => n !== 1)).toEqual([])
  }, 90_000)
})
