// The cluster form on two real engines: the same migrations, tables spread by trace, one shard killed in the middle of inserts. What
// Keeper and replicas add is text here: only the statements are looked at.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../collector/engine/engine-process.ts'
import { startEngine, type RunningEngine } from '../../collector/engine/start-engine.ts'
import { clusterForm } from '../../collector/migrate/define.ts'
import { migrate, MIGRATIONS, requireSchema } from '../../collector/migrate/migrate.ts'
import { startRollups } from '../../collector/rollup/rollups.ts'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { WB } from '../../core/attributes.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { answerTotals } from '../../store/queries/answers.ts'
import { modelMetrics } from '../../store/queries/models.ts'
import { ndjson } from '../dashboards/fixture-rows.ts'
import { clickhouseMissing } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { figuresOf, HOUR_MS, mixture, signalRows, spanRows, type Said } from './outcome-rows.ts'
import { attemptSpan, hex, post, tracesBody } from './receive-bodies.ts'
import { startRelay, type Relay } from './write-proxy.ts'

const log = pino({ level: 'silent' })
const CLUSTER = 'two'
const form = clusterForm({ cluster: CLUSTER, database: 'weighbridge', replicated: false })

describe('the statements of a replicated cluster', () => {
  const replicated = clusterForm({ cluster: 'big', database: 'weighbridge', replicated: true })
  const statements = MIGRATIONS.flatMap((migration) => migration.statements(replicated))

  it('all run on every server of it', () => {
    for (const statement of statements) expect(statement.split('\n')[0]).toContain(" ON CLUSTER 'big'")
  })

  it('keep each table on its shard’s replicas, and spread it by trace', () => {
    const spans = statements.filter((statement) => /^CREATE TABLE IF NOT EXISTS spans(_local)? /.test(statement))
    expect(spans).toEqual([
      expect.stringContaining("ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/weighbridge/spans', '{replica}')"),
      "CREATE TABLE IF NOT EXISTS spans ON CLUSTER 'big' AS spans_local\nENGINE = Distributed('big', 'weighbridge', 'spans_local', cityHash64(trace_id))",
    ])
  })
})

describe.skipIf(clickhouseMissing() !== undefined)('two shards', () => {
  let dir = ''
  let engines: RunningEngine[] = []
  let pools: ClickHouse[] = []
  let relay: Relay
  let collector: RunningCollector
  const pool = (address: Parameters<typeof createClickHouse>[0]): ClickHouse => {
    const opened = createClickHouse(address)
    pools.push(opened)
    return opened
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-cluster-'))
    const ports = [await freePort(), await freePort()]
    const moreXml = `<remote_servers><${CLUSTER}><secret>of-this-test</secret>${ports.map((port) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`).join('')}</${CLUSTER}></remote_servers>`
    for (const [index, tcpPort] of ports.entries()) engines.push(await startEngine({ dataDir: join(dir, `engine-${index}`), httpPort: 0, tcpPort, moreXml, log, quietMs: 0 }))
    for (const engine of engines) await migrate(pool(engine.migrator), { form })
    relay = await startRelay(engines[0]?.url ?? '')
    const writer = pool({ ...(engines[0] as RunningEngine).writer, url: relay.url, requestTimeoutMs: 10_000 }) // the first of two
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: join(dir, 'collector'), clickhouse: writer, cluster: CLUSTER, isReplicated: false, clock: systemClock, log, maxBodyBytes: 4 * 1024 * 1024, sumUpEveryMs: Infinity })
  }, 120_000)
  afterAll(async () => {
    await collector?.close({ deadlineMs: 1_000 })
    for (const opened of pools) await opened.close()
    await relay?.close()
    for (const engine of engines) await engine.stop()
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })

  const reader = (index: number): ClickHouse => pool((engines[index] as RunningEngine).reader) // one of two
  const rowsOn = async (clickhouse: ClickHouse, table: string, ids: readonly string[]): Promise<{ rows: number; distinct: number }> => {
    const [row] = await clickhouse.rows(`SELECT count() AS n, uniqExact(span_id) AS d FROM ${table} WHERE has({ids:Array(String)}, span_id)`, { ids })
    return { rows: Number(row?.['n']), distinct: Number(row?.['d']) }
  }

  it('have the same schema, and the reader reads no captured text on either', async () => {
    for (const index of [0, 1]) {
      await requireSchema(reader(index), form)
      for (const table of ['content', 'content_local']) await expect(reader(index).rows(`SELECT * FROM ${table}`)).rejects.toMatchObject({ details: { code: 497 } })
    }
  })

  it('share the rows by trace, and answer from either of them through every view', async () => {
    const spans = Array.from({ length: 120 }, () => attemptSpan({ [WB.task]: 'spread' }))
    expect((await post(collector.url, '/v1/traces', tracesBody(spans))).status).toBe(200)
    await collector.settled()
    const ids = spans.map((span) => span.spanId)
    const parts = [await rowsOn(reader(0), 'spans_local', ids), await rowsOn(reader(1), 'spans_local', ids)]
    expect(parts.every(({ rows }) => rows > 20)).toBe(true)
    expect((parts[0]?.rows ?? 0) + (parts[1]?.rows ?? 0)).toBe(120)
    for (const index of [0, 1]) {
      expect(await rowsOn(reader(index), 'model_calls', ids)).toEqual({ rows: 120, distinct: 120 })
      const views = await reader(index).rows("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")
      expect(views.length).toBeGreaterThanOrEqual(7)
      for (const name of [...views.map((view) => String(view['name'])), 'content_kept']) await reader(index).rows(`SELECT count() AS n FROM ${name}`)
    }
    await collector.sumUpHours()
    expect((await reader(1).rows("SELECT sum(spans) AS n FROM traffic_by_hour WHERE task = 'spread'"))[0]?.['n']).toBe('120')
  })

  it('sum up how answers turned out, and hear what is said later, from either of them', async () => {
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 3 * HOUR_MS
    const all = mixture('spread', [hour, hour - 2 * HOUR_MS], 60)
    const writer = pool((engines[0] as RunningEngine).writer) // the first of two
    const early = all.said.filter((_, n) => n % 2 === 0)
    const store = async (table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> => writer.insert(table, ndjson(rows), { token: hex(8) })
    await store('spans', spanRows(all))
    await store('signals', signalRows(early))
    const expectTruth = async (said: readonly Said[]): Promise<void> => {
      const of = { ...all, said: [...said] }
      const calls = all.calls.filter((call) => call.purpose === 'production' && call.target !== '' && !call.simulated)
      const { calls: counted, observed, accepted } = figuresOf(calls, of)
      expect(observed).toBeGreaterThan(20)
      for (const index of [0, 1]) {
        expect(await reader(index).query(answerTotals, { simulated: false, from: new Date(hour - 3 * HOUR_MS), to: new Date(hour + HOUR_MS), targets: ['a', 'b'], tasks: [] })).toMatchObject([{ calls: counted, observed, accepted }])
        const models = (await reader(index).query(modelMetrics, { simulated: false })).filter(({ target }) => target === 'a' || target === 'b')
        expect(models.reduce((sum, row) => sum + row.observed_calls, 0)).toBe(observed)
      }
    }
    await expectTruth(early)
    // As a collector that starts now, and finds what others have stored.
    const rollups = startRollups({ clickhouse: writer, form, clock: systemClock, log, retentionDays: undefined, everyMs: Infinity, onBuilt: () => undefined })
    expect(await rollups.buildDue()).toBeGreaterThanOrEqual(2)
    await expectTruth(early)
    await store('signals', signalRows(all.said.filter((_, n) => n % 2 === 1)))
    await expectTruth(early)
    // The same collector, and one that knows nothing of it: one of them builds what the other would.
    expect(await rollups.buildDue()).toBe(2)
    await rollups.stop()
    expect(await collector.sumUpHours()).toBe(0)
    await expectTruth(all.said)
  }, 120_000)

  it.each([1, 0])('lose no acknowledged span and store none twice when shard %d is killed in the middle of an insert', async (victim) => {
    const ids: string[] = []
    for (let round = 0; round < 4; round += 1) {
      const inserting = relay.nextInsert()
      const spans = Array.from({ length: 400 }, () => attemptSpan())
      for (let at = 0; at < spans.length; at += 100) expect((await post(collector.url, '/v1/traces', tracesBody(spans.slice(at, at + 100)))).status).toBe(200)
      ids.push(...spans.map((span) => span.spanId))
      await inserting
      const engine = engines[victim] as RunningEngine // one of two
      const restarts = engine.restarts()
      const pid = engine.pid()
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      await eventually(() => engine.restarts() > restarts, 30_000)
    }
    await collector.settled()
    expect(await rowsOn(reader(1 - victim), 'model_calls', ids)).toEqual({ rows: ids.length, distinct: ids.length })
    expect(collector.stats()).toMatchObject({ waiting: 0, deadLettered: 0, lost: 0 })
  }, 120_000)
})
