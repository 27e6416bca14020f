import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')
const config = (price: string): string => `
providers: { p: { base_url: "http://127.0.0.1:9/v1" } }
targets: { a: { provider: p, model: m${price} } }
chains: { default: [{ target: a }] }
`

describe.skipIf(clickhouseMissing() !== undefined)('weighbridge prices backfill', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let reader: ClickHouse
  let collector: RunningCollector
  let cwd: string
  let env: Record<string, string>

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
    cwd = await mkdtemp(join(tmpdir(), 'wb-backfill-'))
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: join(cwd, 'collector'), clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024 * 1024 })
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
    // 1,500 calls, more than a page: two attempts each, the second of them unpriced; and one whose cost its provider reported.
    const at = new Date(Date.now() - 3_600_000).toISOString()
    const shared = { task: 'general', provider: 'p', model: 'm', target: 'a', purpose: 'production', started_at: at, ingested_at: at, is_simulated: false, duration_ns: '1' }
    const rows = Array.from({ length: 1_500 }, (_, index) => index + 1).flatMap((n) => [
      { ...shared, role: 'call', trace_id: hex(n, 32), span_id: hex(n * 16, 16), attempts: 2, status: 'Ok' },
      { ...shared, role: 'attempt', trace_id: hex(n, 32), span_id: hex(n * 16 + 1, 16), parent_span_id: hex(n * 16, 16), attempt: 1, status: 'Error', cost_usd: '0', cost_source: 'estimated' },
      { ...shared, role: 'attempt', trace_id: hex(n, 32), span_id: hex(n * 16 + 2, 16), parent_span_id: hex(n * 16, 16), attempt: 2, status: 'Ok', finish_reason: 'stop', input_tokens: 1000, output_tokens: 100, ...(n === 7 ? { cost_usd: '0.5', cost_source: 'provider' } : { cost_source: 'unpriced' }) },
    ])
    await writer.insert('spans', rows.map((row) => JSON.stringify(row)).join('\n'), { token: 'calls' })
  })
  afterAll(async () => {
    await collector?.close({ deadlineMs: 5_000 })
    await Promise.all([writer?.close(), reader?.close()])
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  async function backfill(price: string, ...words: string[]): Promise<CommandResult> {
    await writeFile(join(cwd, 'weighbridge.yaml'), `${config(price)}\ncollector: { url: "${collector.url}" }\n`)
    const result = await runCommand(['prices', 'backfill', '--json', ...words], { cwd, env })
    await collector.settled()
    return result
  }
  const json = (result: CommandResult): unknown => JSON.parse(result.out || result.err)
  const sums = async (): Promise<unknown> => (await reader.rows("SELECT countIf(cost_source = 'unpriced') AS unpriced, countIf(cost_source = 'backfilled') AS backfilled, toFloat64(sum(cost_usd)) AS usd FROM model_calls"))[0]

  it('changes nothing without a price, and nothing in a dry run', async () => {
    expect(json(await backfill(''))).toMatchObject({ looked_at: 2_998, corrected: 0 })
    expect(json(await backfill(', price: { input: 1, output: 10 }', '--dry-run'))).toMatchObject({ corrected: 1_499, dry_run: true, targets: [{ target: 'a', replaces: 'unpriced', attempts: 1_499, before_usd: null }] })
    expect(await sums()).toEqual({ unpriced: '1499', backfilled: '0', usd: 0.5 })
  })

  it('stores each correction once, over several pages, and leaves reported costs alone', async () => {
    const result = json(await backfill(', price: { input: 1, output: 10 }'))
    expect(result).toMatchObject({ looked_at: 2_998, corrected: 1_499 })
    const found = await reader.rows("SELECT countIf(cost_source = 'unpriced') AS unpriced, countIf(cost_source = 'backfilled') AS backfilled FROM model_calls")
    expect(found).toEqual([{ unpriced: '0', backfilled: '1499' }])
    const [calls] = await reader.rows('SELECT count() AS calls, countIf(cost_usd IS NULL) AS unknown, toFloat64(sum(cost_usd)) AS usd FROM calls')
    expect(calls).toMatchObject({ calls: '1500', unknown: '1' })
    expect(Number(calls?.['usd'])).toBeCloseTo(1_499 * 0.002, 9)
  })

  it('run again changes nothing; told to, it follows a price that changed, and no more than that', async () => {
    expect(json(await backfill(', price: { input: 1, output: 10 }'))).toMatchObject({ corrected: 0 })
    expect(json(await backfill(', price: { input: 2, output: 20 }'))).toMatchObject({ corrected: 0 })
    expect(json(await backfill(', price: { input: 2, output: 20 }', '--changed'))).toMatchObject({ corrected: 1_499, targets: [{ replaces: 'backfilled' }] })
    const [calls] = await reader.rows('SELECT toFloat64(sum(cost_usd)) AS usd FROM calls')
    expect(Number(calls?.['usd'])).toBeCloseTo(1_499 * 0.004, 9)
    expect(json(await backfill(', price: { input: 2, output: 20 }', '--changed'))).toMatchObject({ corrected: 0 })
  })

  it('refuses a window that makes no sense', async () => {
    for (const vague of ['7', '30', 'Nov 1']) expect(await backfill('', '--since', vague)).toMatchObject({ code: 2, err: expect.stringMatching(/--since takes a date/) })
    expect(await backfill('', '--since', 'yesterday-ish')).toMatchObject({ code: 2, err: expect.stringMatching(/--since takes a date/) })
    expect(await backfill('', '--since', '1d', '--until', '2d')).toMatchObject({ code: 2, err: expect.stringMatching(/must lie before/) })
  })
})
