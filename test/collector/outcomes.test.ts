// How answers turned out, out of the sums by hour and minute, against the same counted call by call: while hours are open, after each
// build, when more is said of calls of hours that are over, after a restart, and over builds from before sums had outcomes.
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildHours, takeBack } from '../../collector/rollup/builds.ts'
import { migrate, MIGRATIONS } from '../../collector/migrate/migrate.ts'
import { GRACE_MS, startRollups, type Rollups } from '../../collector/rollup/rollups.ts'
import { seededRandom, systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { answersByTarget, answersOverTime, answerTotals } from '../../store/queries/answers.ts'
import { modelMetrics } from '../../store/queries/models.ts'
import { taskTargets } from '../../store/queries/overview.ts'
import { ndjson } from '../dashboards/fixture-rows.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { empty, fateOf, figuresOf, HOUR_MS, mixture, remark, signalRows, spanRows, type Call, type Correction, type Mixture, type Said } from './outcome-rows.ts'
import { hex } from './receive-bodies.ts'

const log = pino({ level: 'silent' })
const thisHour = Math.floor((Date.now() - GRACE_MS) / HOUR_MS) * HOUR_MS
const hourAgo = (hours: number): number => thisHour - hours * HOUR_MS
const MINUTE_MS = 60_000

describe.skipIf(clickhouseMissing() !== undefined)('how answers turned out', () => {
  let database: TestDatabase
  let admin: ClickHouse
  let writer: ClickHouse
  let reader: ClickHouse
  let stored: Mixture

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false })
    ;[admin, writer, reader] = [database.migrator, database.writer, database.reader].map((address) => createClickHouse(address)) as [ClickHouse, ClickHouse, ClickHouse] // one for each
    await migrate(admin)
  })
  afterAll(async () => {
    for (const pool of [admin, writer, reader]) await pool.close()
    await database.drop()
  })
  beforeEach(() => {
    stored = empty()
  })
  const started: Rollups[] = []
  afterEach(async () => {
    for (const rollups of started.splice(0)) await rollups.stop()
    for (const table of ['spans', 'signals', 'rollup_minutes', 'rollup_hours', 'rollup_builds']) await admin.command(`TRUNCATE TABLE ${table}`)
  })

  const insert = (table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> => (rows.length === 0 ? Promise.resolve() : writer.insert(table, ndjson(rows), { token: hex(8) }))
  /** Stores rows as some collector does that nobody here knows of, and remembers them. */
  async function store({ calls, said, corrections }: Partial<Mixture>): Promise<void> {
    stored.calls.push(...(calls ?? []))
    stored.said.push(...(said ?? []))
    stored.corrections.push(...(corrections ?? []))
    await insert('spans', spanRows({ calls: calls ?? [], corrections: corrections ?? [] }))
    await insert('signals', signalRows(said ?? []))
  }
  function sums(clickhouse: ClickHouse = writer, more: Partial<Parameters<typeof startRollups>[0]> = {}): Rollups {
    const rollups = startRollups({ clickhouse, clock: systemClock, log, retentionDays: undefined, everyMs: Infinity, onBuilt: () => undefined, ...more })
    started.push(rollups)
    return rollups
  }
  const heldBuilds = (): Promise<Readonly<Record<string, unknown>>[]> => reader.rows('SELECT hour, argMax((build, has_outcomes), (version, build = 0, build)) AS newest, tupleElement(newest, 1) AS held, tupleElement(newest, 2) AS tells, max(version) AS newest_version FROM rollup_builds GROUP BY hour ORDER BY hour')

  const close = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 9))
  const production = (simulated: boolean, fromMs: number, toMs: number): Call[] => stored.calls.filter((call) => call.purpose === 'production' && call.target !== '' && call.simulated === simulated && call.startMs >= fromMs && call.startMs < toMs)

  /** All there is, edges inside hours (an old one, of which no minutes are kept), whole hours, and less than an hour. */
  const WINDOWS = [[hourAgo(60), hourAgo(-30)], [hourAgo(50) + 20 * MINUTE_MS, hourAgo(2) + 37 * MINUTE_MS], [hourAgo(3), hourAgo(1)], [hourAgo(2) + 5 * MINUTE_MS, hourAgo(2) + 40 * MINUTE_MS]] as const
  /** The five queries over windows with edges everywhere, both sides; how many observed calls were compared. */
  async function expectTruth(what = '', windows: readonly (readonly [fromMs: number, toMs: number])[] = WINDOWS): Promise<number> {
    let compared = 0
    for (const [fromMs, toMs] of windows) {
      for (const simulated of [false, true]) {
        const window = { simulated, from: new Date(fromMs), to: new Date(toMs), targets: [], tasks: [] }
        const calls = production(simulated, fromMs, toMs)
        const where = `${what}: ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}, ${simulated ? 'simulated' : 'real'}`
        const rows = await reader.query(answersByTarget, window)
        const groups = Map.groupBy(calls, ({ task, target, effort }) => `${task} ${target} ${effort}`)
        expect(Object.fromEntries(rows.map((row) => [`${row.task} ${row.target} ${row.effort}`, { calls: row.calls, observed: row.observed, retried: row.retried, edited: row.edited, accepted: row.accepted, rating: row.rating, cost_per_accepted_usd: row.cost_per_accepted_usd }])), where).toEqual(
          Object.fromEntries([...groups].map(([key, some]) => [key, closely(figuresOf(some, stored))])),
        )
        const { calls: all, observed, accepted, cost_per_accepted_usd } = figuresOf(calls, stored)
        expect(await reader.query(answerTotals, window), where).toMatchObject([{ calls: all, observed, accepted, cost_per_accepted_usd: close(cost_per_accepted_usd) }])
        for (const bucket_s of [600, 14_400]) {
          const points = await reader.query(answersOverTime, { ...window, bucket_s })
          const buckets = Map.groupBy(calls.filter((call) => fateOf(call, stored).observed), (call) => `${Math.floor(call.startMs / (bucket_s * 1000)) * bucket_s * 1000} ${call.target}`)
          expect(Object.fromEntries(points.map((row) => [`${row.at} ${row.target}`, { observed: row.observed, retried: Math.round((row.retried_rate ?? NaN) * row.observed), edited: Math.round((row.edited_rate ?? NaN) * row.observed) }])), `${where}, buckets of ${bucket_s} s`).toEqual(
            Object.fromEntries([...buckets].map(([key, some]) => [key, (({ observed: n, retried, edited }) => ({ observed: n, retried, edited }))(figuresOf(some, stored))])),
          )
        }
        const byTask = await reader.query(taskTargets, window)
        for (const row of byTask.filter(({ target }) => target !== '')) expect(row.retried, `${where}, ${row.task} ${row.target}`).toBe(figuresOf(calls.filter((call) => call.task === row.task && call.target === row.target), stored).retried)
        compared += observed
      }
    }
    for (const simulated of [false, true]) {
      const rows = await reader.query(modelMetrics, { simulated })
      const groups = Map.groupBy(production(simulated, 0, Infinity), ({ task, target }) => `${task} ${target}`)
      const share = (k: number, n: number): unknown => (n === 0 ? null : expect.closeTo(k / n, 9))
      expect(Object.fromEntries(rows.map((row) => [`${row.task} ${row.target}`, { calls: row.calls, observed_calls: row.observed_calls, retry_rate: row.retry_rate, edit_rate: row.edit_rate, cost_per_accepted_usd: row.cost_per_accepted_usd, avg_cost_usd: row.avg_cost_usd }])), `${what}: model_metrics`).toEqual(
        Object.fromEntries(
          [...groups].map(([key, some]) => {
            const { calls, observed, retried, edited, cost_per_accepted_usd } = figuresOf(some, stored)
            const costs = some.flatMap((call) => fateOf(call, stored).usd ?? [])
            return [key, { calls, observed_calls: observed, retry_rate: share(retried, observed), edit_rate: share(edited, observed), cost_per_accepted_usd: close(cost_per_accepted_usd), avg_cost_usd: share(costs.reduce((sum, usd) => sum + usd, 0), costs.length) }]
          }),
        ),
      )
    }
    return compared
  }
  const closely = (figures: ReturnType<typeof figuresOf>): unknown => ({ ...figures, rating: close(figures.rating), cost_per_accepted_usd: close(figures.cost_per_accepted_usd) })

  const call = (startMs: number, more: Partial<Call> = {}): Call => ({ traceId: hex(16), spanId: hex(8), startMs, durationMs: 2_000, task: 'qa', target: 'a', effort: '', failed: false, costUsd: 0.01, purpose: 'production', simulated: false, ...more })
  const saying = (of: Call, kind: string, more: Partial<Said> = {}): Said => ({ id: hex(8), traceId: of.traceId, spanId: of.spanId, kind, atMs: of.startMs + of.durationMs + 1_000, value: null, simulated: of.simulated, ...more })
  const correcting = (of: Call, deltaUsd: number, startMs: number): Correction => ({ of, deltaUsd, startMs, id: hex(8) })
  const totals = async (): Promise<unknown> => (await reader.query(answersByTarget, { simulated: false, from: new Date(hourAgo(70)), to: new Date(hourAgo(-3)), targets: [], tasks: [] }))[0]

  it('is the same as call by call before, after each build, and when more is said: a random mixture', async () => {
    const seed = 'first'
    await store(mixture(seed, [0, 1, 2, 5, 50].map(hourAgo), 24))
    expect(await expectTruth('raw')).toBeGreaterThan(60)
    // After every build that comes to hold, some hours are sums and some raw.
    let builds = 0
    const watching = { ...writer, insert: async (...given: Parameters<ClickHouse['insert']>) => {
      await writer.insert(...given)
      if (given[0] === 'rollup_builds' && (builds += 1) % 2 === 1) await expectTruth(`after build ${builds}`, WINDOWS.slice(1, 2))
    } }
    await sums(watching).buildDue()
    expect(builds).toBeGreaterThanOrEqual(4)
    await expectTruth('summed')
    const random = seededRandom(`more ${seed}`)
    const late = stored.calls.filter(() => random.next() < 0.3)
    await store({ said: late.map((of) => remark(of, random.next, hex(8))), corrections: late.filter((_, n) => n % 4 === 0).map((of) => correcting(of, 0.003, of.startMs + HOUR_MS)) })
    await sums().buildDue()
    await expectTruth('more said')
  }, 240_000)

  it('counts a call once, however many signals name it, and every call of a trace where one names none', async () => {
    const [one, other] = [call(hourAgo(3) + 1), call(hourAgo(3) + 2)]
    const beside = call(hourAgo(2) + 3, { traceId: other.traceId })
    await store({ calls: [one, other, beside], said: [saying(one, 'retry'), saying(one, 'rephrase'), saying(one, 'edit'), saying(one, 'feedback', { value: 0 }), saying(one, 'feedback', { value: 1, atMs: one.startMs + 9_000 }), saying(other, 'feedback', { spanId: '', value: 0.75 })] })
    const truth = { calls: 3, observed: 3, retried: 1, edited: 1, accepted: 2, rating: (1 + 0.75 + 0.75) / 3 }
    expect(await totals()).toMatchObject(truth)
    await sums().buildDue()
    expect(await totals()).toMatchObject(truth)
    await expectTruth()
  })

  it('hears what is said of an hour that is summed up, old or new, without ever taking the sums back', async () => {
    const [early, late] = [call(hourAgo(60) + 5), call(hourAgo(2) + 5)]
    await store({ calls: [early, late] })
    const rollups = sums()
    await rollups.buildDue()
    await store({ said: [saying(early, 'retry', { spanId: '' }), saying(late, 'accepted')] })
    const before = await heldBuilds()
    expect(await totals()).toMatchObject({ observed: 0 })
    expect(await rollups.buildDue()).toBe(2)
    expect(await totals()).toMatchObject({ observed: 2, retried: 1, accepted: 1 })
    const after = await heldBuilds()
    expect(after.map((row) => Number(row['newest_version']))).toEqual(before.map((row) => Number(row['newest_version']) + 1))
    expect((await reader.rows('SELECT count() AS n FROM rollup_builds WHERE build = 0'))[0]?.['n']).toBe('0')
    // What has been heard is not heard again, nor by the next one.
    expect(await rollups.buildDue()).toBe(0)
    expect(await sums().buildDue()).toBe(0)
  })

  it('hears after a restart what was stored in between, whatever the time it was ingested at', async () => {
    const of = call(hourAgo(4) + 5)
    await store({ calls: [of] })
    const first = sums()
    await first.buildDue()
    await first.stop()
    const late = saying(of, 'edit')
    stored.said.push(late)
    // It waited on the disk of a collector that could not reach ClickHouse for two days: older than the build.
    await insert('signals', signalRows([late]).map((row) => ({ ...row, ingested_at: new Date(Date.now() - 2 * 24 * HOUR_MS).toISOString() })))
    expect(await sums().buildDue()).toBe(1)
    expect(await totals()).toMatchObject({ observed: 1, edited: 1 })
  })

  it('knows that a build is stale which read its rows before a signal and came to hold after it', async () => {
    const of = call(hourAgo(6) + 5)
    await store({ calls: [of] })
    const slow = { ...writer, insert: async (...given: Parameters<ClickHouse['insert']>) => {
      if (given[0] === 'rollup_builds') await store({ said: [saying(of, 'retry')] })
      await writer.insert(...given)
    } }
    await buildHours(slow, [hourAgo(6)], () => Date.now())
    expect(await totals()).toMatchObject({ observed: 0 })
    expect(await sums().buildDue()).toBe(1)
    expect(await totals()).toMatchObject({ observed: 1, retried: 1 })
  })

  it('knows that a build is stale whose minutes were read before a signal and whose hours after it', async () => {
    const of = call(hourAgo(6) + 5)
    // Minutes are read from the day on after the oldest of them.
    await store({ calls: [of, call(hourAgo(60) + 5)] })
    const between = { ...writer, command: async (...given: Parameters<ClickHouse['command']>) => {
      await writer.command(...given)
      if (given[0].startsWith('INSERT INTO rollup_minutes')) await store({ said: [saying(of, 'retry')] })
    } }
    await buildHours(between, [hourAgo(60), hourAgo(6)], () => Date.now())
    await sums().buildDue()
    const [point] = await reader.query(answersOverTime, { simulated: false, from: new Date(hourAgo(6)), to: new Date(hourAgo(5)), targets: [], tasks: [], bucket_s: 60 })
    expect(point).toMatchObject({ observed: 1, retried_rate: 1 })
  })

  it('does not take a build for stale whose minutes retention took at once', async () => {
    const of = call(hourAgo(6) + 5)
    await store({ calls: [of], said: [saying(of, 'retry')] })
    const forgetful = { ...writer, command: async (...given: Parameters<ClickHouse['command']>) => {
      await writer.command(...given)
      if (given[0].startsWith('INSERT INTO rollup_minutes')) await admin.command('TRUNCATE TABLE rollup_minutes')
    } }
    expect(await sums(forgetful).buildDue()).toBe(1)
    expect(await sums().buildDue()).toBe(0)
  })

  it('counts corrections with what an accepted answer costs, also those that fall into another hour than their call', async () => {
    const [priced, unpriced] = [call(hourAgo(3) - 1_000), call(hourAgo(3) - 900, { costUsd: null })]
    await store({ calls: [priced, unpriced], said: [saying(priced, 'accepted'), saying(unpriced, 'accepted')] })
    const rollups = sums()
    await rollups.buildDue()
    expect(await totals()).toMatchObject({ accepted: 2, cost_per_accepted_usd: null })
    await store({ corrections: [correcting(unpriced, 0.02, hourAgo(3) + 500), correcting(priced, 0.005, hourAgo(3) + 600)] })
    await rollups.buildDue()
    expect(await totals()).toMatchObject({ accepted: 2, cost_per_accepted_usd: expect.closeTo(0.0175, 9) })
    await expectTruth()
  })

  it('reads hours raw whose builds are from before outcomes were summed up, and builds those anew in the background', async () => {
    const made = mixture('earlier', [2, 3, 6, 27, 51].map(hourAgo), 20)
    await admin.command('DROP TABLE IF EXISTS schema_migrations')
    for (const name of ['rollup_minutes', 'rollup_hours', 'rollup_builds', 'traffic_by_minute', 'traffic_by_hour', 'model_metrics']) await admin.command(`DROP TABLE IF EXISTS ${name}`)
    const before = MIGRATIONS.filter(({ number }) => number < 11)
    await migrate(admin, { migrations: before })
    await store(made)
    // As a collector of that time built them.
    for (const grain of ['minute', 'hour']) {
      await writer.command(`INSERT INTO rollup_${grain}s (at, hour, build, * EXCEPT (at, hour, build)) SELECT at, toStartOfHour(at), 7 * 1048576 + intDiv(toUnixTimestamp(at), 3600), * EXCEPT (at) FROM traffic_by_${grain}`)
    }
    await writer.command('INSERT INTO rollup_builds (hour, version, build, spans, built_at) SELECT hour, 1, any(build), sum(spans), now64(3) FROM rollup_hours GROUP BY hour')
    expect((await migrate(admin)).applied).toContain('0011_outcomes')
    expect(new Set((await heldBuilds()).map((row) => row['tells']))).toEqual(new Set([false]))
    expect(await expectTruth('builds without outcomes')).toBeGreaterThan(60)
    // One is taken back meanwhile.
    await takeBack(writer, [hourAgo(2)], Date.now())
    await expectTruth('one taken back', WINDOWS.slice(0, 1))
    const order: number[] = []
    sums(writer, { everyMs: 50, onBuilt: (hour) => order.push(hour) })
    await eventually(async () => (await heldBuilds()).every((row) => row['tells'] === true), 60_000)
    await expectTruth('built anew', WINDOWS.slice(0, 1))
    // Those that readers have to sum up themselves come first; of the others the newest day does.
    expect(order[0]).toBe(hourAgo(2))
    const daysBuilt = order.slice(1).map((hour) => Math.floor(hour / (24 * HOUR_MS)))
    expect(new Set(daysBuilt).size).toBeGreaterThanOrEqual(2)
    expect(daysBuilt).toEqual(daysBuilt.toSorted((a, b) => b - a))
  }, 120_000)

  it('looks every five minutes for what was said of recent calls, every hour for older ones, and lets more time pass where that takes long', async () => {
    let monotonicMs = 1e9
    // A look takes as long as the test says.
    let takesMs = 0
    let looks = 0
    const looking = { ...writer, rows: async (...given: Parameters<ClickHouse['rows']>) => {
      const rows = await writer.rows(...given)
      if (given[0].includes('sum(remarks) AS n')) [looks, monotonicMs] = [looks + 1, monotonicMs + takesMs]
      return rows
    } }
    const [recent, old] = [call(hourAgo(5) + 5), call(hourAgo(100) + 5)]
    await store({ calls: [recent, old] })
    sums(looking, { everyMs: 1, clock: { nowMs: () => Date.now(), monotonicMs: () => monotonicMs } })
    const observed = async (): Promise<number> => Number((await reader.query(answerTotals, { simulated: false, from: new Date(hourAgo(110)), to: new Date(hourAgo(-3)), targets: [], tasks: [] }))[0]?.observed)
    const heard = (n: number): Promise<unknown> => eventually(async () => (await observed()) === n, 30_000)
    await eventually(() => looks === 1)
    await eventually(async () => (await heldBuilds()).length === 2)
    await store({ said: [saying(recent, 'retry'), saying(old, 'retry')] })
    monotonicMs += 4 * MINUTE_MS
    await eventually(async () => (await observed()) === 0 && looks === 1)
    takesMs = 30_000
    monotonicMs += MINUTE_MS
    await heard(1)
    expect(looks).toBe(2)
    // It took half a minute: nine and a half later it is not yet time again.
    takesMs = 0
    monotonicMs += 9.5 * MINUTE_MS
    await store({ said: [saying(recent, 'edit')] })
    await heard(1)
    expect(looks).toBe(2)
    monotonicMs += HOUR_MS
    await heard(2)
    expect(looks).toBe(3)
  }, 120_000)

  it('goes on summing up hours when it cannot be asked what was said', async () => {
    await store(mixture('deaf', [1, 2].map(hourAgo), 10))
    const deaf = { ...writer, rows: async (...given: Parameters<ClickHouse['rows']>) => {
      if (given[0].includes('sum(remarks) AS n')) throw new Error('too much')
      return writer.rows(...given)
    } }
    expect(await sums(deaf).buildDue()).toBeGreaterThanOrEqual(2)
    await expectTruth()
  })
})
