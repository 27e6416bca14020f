// Sums by minute and hour against the raw rows they stand for: while hours are open, once they are built, and when rows come late.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildHours, dropOvertaken, takeBack } from '../../collector/rollup/builds.ts'
import { SINGLE_SERVER } from '../../collector/migrate/define.ts'
import { GRACE_MS, startRollups, type Rollups } from '../../collector/rollup/rollups.ts'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { WB } from '../../core/attributes.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse, type RawRow } from '../../store/clickhouse/clickhouse.ts'
import { trafficOf } from '../../store/queries/traffic.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { attemptSpan, attributes, hex, post, tracesBody, type TestSpan } from './receive-bodies.ts'

const HOUR_MS = 3_600_000
// The hour that is open: the one before is still, too, for some minutes after its end.
const thisHour = Math.floor((Date.now() - GRACE_MS) / HOUR_MS) * HOUR_MS
const hourAgo = (hours: number): number => thisHour - hours * HOUR_MS

describe.skipIf(clickhouseMissing() !== undefined)('sums by minute and hour', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let reader: ClickHouse
  let dir = ''
  let collector: RunningCollector

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
  })
  afterAll(async () => {
    await Promise.all([writer.close(), reader.close()])
    await database.drop()
  })
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-rollup-'))
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024 * 1024, spansKeptDays: 90, sumUpEveryMs: Infinity })
  })
  afterEach(async () => {
    await collector.close({ deadlineMs: 5_000 })
    await rm(dir, { recursive: true, force: true })
  })

  let number = 0
  /** An attempt that began at a moment and took so long. */
  function attempt(atMs: number, durationMs: number, more: Readonly<Record<string, string | number | boolean>> = {}): TestSpan {
    number += 1
    const start = BigInt(Math.floor(atMs)) * 1_000_000n
    const target = `t${number % 3}`
    return attemptSpan({ [WB.target]: target, [WB.costUsd]: 0.001 * (number % 7), [WB.simulated]: false, ...more }, { startTimeUnixNano: String(start), endTimeUnixNano: String(start + BigInt(Math.floor(durationMs * 1e6))) })
  }
  const call = (atMs: number, more: Readonly<Record<string, string | number | boolean>> = {}): TestSpan => {
    const start = BigInt(Math.floor(atMs)) * 1_000_000n
    return attemptSpan({}, { startTimeUnixNano: String(start), endTimeUnixNano: String(start + 2_000_000_000n), attributes: attributes({ [WB.role]: 'call', [WB.task]: 'qa', [WB.target]: 't1', [WB.purpose]: 'production', [WB.attempts]: 2, [WB.callCostUsd]: 0.5, [WB.callWastedUsd]: 0.1, ...more }) })
  }
  async function store(spans: readonly TestSpan[]): Promise<void> {
    expect((await post(collector.url, '/v1/traces', tracesBody(spans))).status).toBe(200)
    await collector.settled()
  }

  const MEASURES = `sum(spans) AS n, sum(failed) AS failed, sum(failovers) AS failovers, sum(attempts) AS attempts, sum(unpriced) AS unpriced, sum(cost_usd) AS usd, sum(call_cost_usd) AS call_usd, sum(wasted_usd) AS wasted, sum(input_tokens) AS input, sum(output_tokens) AS output`
  const summed = (grain: 'minute' | 'hour'): Promise<RawRow[]> => reader.rows(`SELECT toString(at) AS start, role, task, target, ${MEASURES} FROM traffic_by_${grain} GROUP BY at, role, task, target ORDER BY at, role, task, target`)
  const counted = (grain: 'minute' | 'hour'): Promise<RawRow[]> =>
    reader.rows(`SELECT toString(s.bucket) AS start, role, task, target, count() AS n, countIf(status = 'Error') AS failed, countIf(role = 'call' AND s.attempts > 1) AS failovers, sum(s.attempts) AS attempts,
      countIf(if(role = 'call', isNull(call_cost_usd), cost_source = 'unpriced')) AS unpriced, ifNull(sum(cost_usd), 0) AS usd, ifNull(sum(call_cost_usd), 0) AS call_usd, ifNull(sum(call_wasted_usd), 0) AS wasted,
      ifNull(sum(input_tokens), 0) AS input, ifNull(sum(output_tokens), 0) AS output
      FROM (SELECT *, ${grain === 'minute' ? 'toStartOfMinute' : 'toStartOfHour'}(started_at) AS bucket FROM spans WHERE role != 'other') AS s GROUP BY s.bucket, role, task, target ORDER BY s.bucket, role, task, target`)
  const traffic = trafficOf(['role', 'task', 'target', 'spans', 'failed', 'failovers', 'attempts', 'unpriced', 'cost_usd', 'call_cost_usd', 'wasted_usd', 'input_tokens', 'output_tokens'], 'true')
  const windowed = ({ from, to }: { readonly from: Date; readonly to: Date }): Promise<RawRow[]> =>
    reader.rows(`WITH ${traffic} SELECT role, task, target, ${MEASURES} FROM traffic GROUP BY role, task, target ORDER BY role, task, target`, { simulated: false, from, to })
  const countedIn = ({ from, to }: { readonly from: Date; readonly to: Date }): Promise<RawRow[]> =>
    reader.rows(`SELECT role, task, target, count() AS n, countIf(status = 'Error') AS failed, countIf(role = 'call' AND s.attempts > 1) AS failovers, sum(s.attempts) AS attempts,
      countIf(if(role = 'call', isNull(call_cost_usd), cost_source = 'unpriced')) AS unpriced, ifNull(sum(cost_usd), 0) AS usd, ifNull(sum(call_cost_usd), 0) AS call_usd, ifNull(sum(call_wasted_usd), 0) AS wasted,
      ifNull(sum(input_tokens), 0) AS input, ifNull(sum(output_tokens), 0) AS output
      FROM spans AS s WHERE role != 'other' AND started_at >= {from:DateTime64(3)} AND started_at < {to:DateTime64(3)} GROUP BY role, task, target ORDER BY role, task, target`, { from, to })
  async function expectTruth(): Promise<number> {
    let rows = 0
    for (const grain of ['minute', 'hour'] as const) {
      const truth = await counted(grain)
      expect(await summed(grain)).toEqual(truth)
      rows = truth.length
    }
    // Windows as pages ask for them: whole hours, edges inside an hour, less than an hour, and all there is.
    for (const [fromHours, toHours] of [[60, -40], [5, 0], [26.5, 1.25], [2.75, 2.25], [0.5, -1]] as const) {
      const window = { from: new Date(hourAgo(fromHours)), to: new Date(hourAgo(toHours)) }
      expect(await windowed(window), `${fromHours} to ${toHours} hours ago`).toEqual(await countedIn(window))
    }
    return rows
  }
  const builtHours = async (): Promise<number> => Number((await reader.rows("SELECT count() AS n FROM (SELECT hour, argMax(build, (version, build = 0)) AS b FROM rollup_builds GROUP BY hour) WHERE b != 0"))[0]?.['n'])

  it('are those of the raw rows before, while and after hours are built', async () => {
    const spans = [0, 1, 2, 5, 26].flatMap((hours) => Array.from({ length: 12 }, (_, n) => [attempt(hourAgo(hours) + n * 290_000, 100 + n), call(hourAgo(hours) + n * 290_000, n % 4 === 0 ? { [WB.attempts]: 1 } : {})]).flat())
    await store(spans.map((span, n) => (n % 10 === 3 ? { ...span, status: { code: 2 } } : span)))
    expect(await expectTruth()).toBe(20)
    expect(await builtHours()).toBe(0)
    // Hours without rows between the first and the last are not built: nothing is known of them that raw rows do not say.
    expect(await collector.sumUpHours()).toBeGreaterThanOrEqual(4)
    expect(await builtHours()).toBeGreaterThanOrEqual(4)
    await expectTruth()
    // Nothing is due twice, not even for the next collector: the builds in force hold as many rows as there are.
    expect(await collector.sumUpHours()).toBe(0)
    await collector.close({ deadlineMs: 1_000 })
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024, spansKeptDays: 90, sumUpEveryMs: Infinity })
    expect(await collector.sumUpHours()).toBe(0)
  })

  it('hold late rows at once, and again after the hour is built anew', async () => {
    await store([attempt(hourAgo(3) + 60_000, 500)])
    await collector.sumUpHours()
    await store([attempt(hourAgo(3) + 120_000, 700), attempt(hourAgo(30), 70)])
    await expectTruth()
    expect(await collector.sumUpHours()).toBe(2)
    await expectTruth()
  })

  it('are right after every single build, when a database with old rows is summed up for the first time', async () => {
    const hours = [50, 49, 48, 40]
    await writer.insert('spans', hours.map((ago, n) => JSON.stringify({ trace_id: String(n).repeat(32), span_id: 'd'.repeat(16), role: 'attempt', task: 'old', target: 't', purpose: 'production', started_at: new Date(hourAgo(ago) + 1).toISOString(), ingested_at: new Date().toISOString() })).join('\n'), { token: 'old rows' })
    await collector.close({ deadlineMs: 1_000 })
    const afterEachBuild: unknown[] = []
    const watching = { ...writer, insert: async (...given: Parameters<ClickHouse['insert']>) => {
      await writer.insert(...given)
      if (given[0] === 'rollup_builds') afterEachBuild.push((await reader.rows("SELECT sum(spans) AS n FROM traffic_by_hour WHERE task = 'old'"))[0]?.['n'])
    } }
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse: watching, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024, spansKeptDays: 90, sumUpEveryMs: Infinity })
    await collector.sumUpHours()
    expect(afterEachBuild.length).toBeGreaterThanOrEqual(hours.length)
    expect(new Set(afterEachBuild)).toEqual(new Set(['4']))
  })

  it('are made good by the next collector when this one dies between rows and sums', async () => {
    await store([attempt(hourAgo(4) + 60_000, 500)])
    await collector.sumUpHours()
    // Rows that no collector of this process told anyone about: as another one that died in between.
    await writer.insert('spans', JSON.stringify({ trace_id: 'f'.repeat(32), span_id: 'f'.repeat(16), role: 'attempt', task: 'x', target: 't', purpose: 'production', started_at: new Date(hourAgo(4) + 1).toISOString(), ingested_at: new Date().toISOString() }), { token: 'behind-its-back' })
    await collector.close({ deadlineMs: 1_000 })
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024, spansKeptDays: 90, sumUpEveryMs: Infinity })
    await collector.sumUpHours()
    await expectTruth()
  })

  it('do not count a build that was overtaken while it read', async () => {
    const hour = hourAgo(7)
    await store([attempt(hour + 1_000, 10)])
    await collector.sumUpHours()
    // One reads the version and the rows, another takes the hour back before the first has said that its build holds.
    const slow = { ...writer, insert: async (...given: Parameters<ClickHouse['insert']>) => {
      await takeBack(writer, [hour], Date.now())
      await writer.insert('spans', JSON.stringify({ trace_id: 'e'.repeat(32), span_id: 'e'.repeat(16), role: 'attempt', task: 'x', target: 't', purpose: 'production', started_at: new Date(hour + 5).toISOString(), ingested_at: new Date().toISOString() }), { token: 'overtaking' })
      await writer.insert(...given)
    } }
    await buildHours(slow, [hour], () => Date.now())
    await expectTruth()
  })

  let now = 0
  const rollupsAlone = (): Rollups => startRollups({ clickhouse: writer, clock: { ...systemClock, nowMs: () => now }, log: pino({ level: 'silent' }), retentionDays: 90, everyMs: Infinity, onBuilt: () => undefined })
  const insert = (hour: number): Promise<void> => writer.insert('spans', JSON.stringify({ trace_id: hex(16), span_id: hex(8), role: 'attempt', task: 'x', target: 't', purpose: 'production', started_at: new Date(hour + 5).toISOString(), ingested_at: new Date().toISOString() }), { token: hex(8) })

  it('wait for inserts that are under way, however long those take', async () => {
    now = thisHour + 2.5 * HOUR_MS
    const rollups = rollupsAlone()
    // One of an hour that ends before ClickHouse takes the rows, one of an hour that was summed up long ago; both have rows already.
    const [ending, over] = [thisHour + 2 * HOUR_MS, hourAgo(11)]
    await insert(ending)
    await insert(over)
    await rollups.buildDue()
    await expectTruth()
    const inserted = await rollups.beforeInsert([ending, over])
    now += 3 * HOUR_MS
    await insert(ending + HOUR_MS)
    await rollups.buildDue()
    await insert(ending)
    await insert(over)
    await expectTruth()
    inserted()
    expect(await rollups.buildDue()).toBe(3)
    await expectTruth()
    await rollups.stop()
  })

  it('miss nothing after a clock that jumped ahead and back, before and after a restart', async () => {
    const hour = thisHour + 10 * HOUR_MS
    now = hour + HOUR_MS / 2
    let rollups = rollupsAlone()
    // One sender is ahead too: its hour is summed up while the clock is wrong.
    for (const each of [hour, hour + 20 * HOUR_MS]) {
      const inserted = await rollups.beforeInsert([each])
      await insert(each)
      inserted()
    }
    now += 24 * HOUR_MS
    await rollups.buildDue()
    now -= 24 * HOUR_MS
    for (const each of [hour, hour + HOUR_MS, hour + 2 * HOUR_MS]) {
      now = Math.max(now, each)
      const inserted = await rollups.beforeInsert([each])
      await insert(each)
      inserted()
      await expectTruth()
    }
    await rollups.stop()
    // Rows that nobody told the next one of, in an hour that is open and has a build.
    now = hour + 20.5 * HOUR_MS
    await insert(hour + 20 * HOUR_MS)
    rollups = rollupsAlone()
    await rollups.buildDue()
    await expectTruth()
    now += 5 * HOUR_MS
    await rollups.buildDue()
    await expectTruth()
    expect(await rollups.buildDue()).toBe(0)
    await rollups.stop()
  })

  it('leave nothing behind of builds that were overtaken, and spare what may still be read', async () => {
    const hour = hourAgo(13)
    const builds = async (): Promise<number[]> => Promise.all(['minutes', 'hours'].map(async (grain) => Number((await reader.rows(`SELECT uniqExact(build) AS n FROM rollup_${grain} WHERE hour = fromUnixTimestamp({hour:UInt32})`, { hour: hour / 1000 }))[0]?.['n'])))
    const rollups = rollupsAlone()
    now = Date.now()
    for (let n = 0; n < 3; n += 1) {
      const inserted = await rollups.beforeInsert([hour])
      await insert(hour)
      inserted()
      await rollups.buildDue()
    }
    await rollups.stop()
    expect(await builds()).toEqual([3, 3])
    // Somebody may have asked just now which builds hold.
    expect(await dropOvertaken(writer, SINGLE_SERVER, Date.now())).toBe(0)
    expect(await dropOvertaken(writer, SINGLE_SERVER, Date.now() + HOUR_MS)).toBeGreaterThanOrEqual(2)
    expect(await builds()).toEqual([1, 1])
    expect(await dropOvertaken(writer, SINGLE_SERVER, Date.now() + HOUR_MS)).toBe(0)
    await expectTruth()
  })

  it('give quantiles within two hundredths of the exact ones', async () => {
    const hour = hourAgo(9)
    await store(Array.from({ length: 400 }, (_, n) => attempt(hour + n * 8_000, 50 * 1.01 ** n, { [WB.task]: 'timed', [WB.target]: 'one' })))
    await collector.sumUpHours()
    const [sketch] = await reader.rows("SELECT quantilesTDigestMerge(0.5, 0.9, 0.95, 0.99)(duration) AS q FROM traffic_by_hour WHERE task = 'timed'")
    const [exact] = await reader.rows("SELECT quantilesExact(0.5, 0.9, 0.95, 0.99)(duration_ns / 1e6) AS q FROM spans WHERE task = 'timed'")
    const [a, b] = [sketch?.['q'] as number[], exact?.['q'] as number[]]
    for (const [n, value] of b.entries()) expect(Math.abs((a[n] ?? 0) / value - 1)).toBeLessThan(0.02)
  })
})
