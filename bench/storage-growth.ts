// How storage grows: bytes a span takes and the time of each page's query, at sizes up to what disk and patience allow. The rows are
// a router's (bench/growth/fill.ts), made inside the engine; sums by hour are built as the collector builds them. Opt-in; judges nothing.
//   node bench/storage-growth.ts [--spans 1e6,1e7] [--days 30] [--runs 7] [--dir DIR [--reuse]] [--keep] [--json]
// --reuse: asks what DIR holds, and fills nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { startEngine } from '../collector/engine/start-engine.ts'
import { migrate } from '../collector/migrate/migrate.ts'
import { startRollups } from '../collector/rollup/rollups.ts'
import { systemClock } from '../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../store/clickhouse/clickhouse.ts'
import { median, table } from './gateway/figures.ts'
import { cpuUs } from './gateway/processes.ts'
import { fill } from './growth/fill.ts'
import { pagesOf, sampleOf, WINDOWS, type Asked } from './growth/pages.ts'

const { values: flags } = parseArgs({
  options: {
    spans: { type: 'string', default: '1e6,1e7' },
    days: { type: 'string', default: '30' },
    runs: { type: 'string', default: '7' },
    dir: { type: 'string' },
    keep: { type: 'boolean', default: false },
    reuse: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const sizes = flags.spans.split(',').map(Number)
const days = Number(flags.days)
const runs = Number(flags.runs)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

type Timed = { readonly query: string; readonly window: string; /** `undefined`: it was refused, usually for taking too long. */ readonly medianMs: number | undefined; readonly cpuMs: number | undefined }
type Filled = { readonly seconds: number; readonly sumSeconds: number; readonly bytesFresh: number }
type Size = { readonly spans: number; readonly filled: Filled | undefined; readonly minuteRows: number; readonly hourRows: number; readonly bytesMerged: number; readonly columns: readonly (readonly [column: string, bytesPerSpan: number])[]; readonly timed: readonly Timed[] }

const dir = flags.dir ?? mkdtempSync(join(tmpdir(), 'weighbridge-growth-'))
const engine = await startEngine({ dataDir: dir, httpPort: 0, log: pino({ level: 'silent' }) })
const [migrator, writer, reader] = [createClickHouse({ ...engine.migrator, requestTimeoutMs: 3_600_000 }), createClickHouse({ ...engine.writer, requestTimeoutMs: 3_600_000 }), createClickHouse(engine.reader)]

/** Bytes on disk per span, marks and indexes with them. */
async function bytes(): Promise<number> {
  const [row] = await migrator.rows("SELECT total_bytes / total_rows AS bytes FROM system.tables WHERE database = currentDatabase() AND name = 'spans'")
  return Number(row?.['bytes'])
}

async function columns(spans: number): Promise<(readonly [string, number])[]> {
  const rows = await migrator.rows("SELECT name, data_compressed_bytes + marks_bytes AS bytes FROM system.columns WHERE database = currentDatabase() AND table = 'spans' ORDER BY bytes DESC LIMIT 12")
  return rows.map((row) => [String(row['name']), Number(row['bytes']) / spans])
}

async function time(asked: Asked, window: string): Promise<Timed> {
  try {
    await reader.rows(asked.sql, asked.params)
  } catch (error) {
    say(`${asked.name} over ${window}: ${String(error).slice(0, 200)}`)
    return { query: asked.name, window, medianMs: undefined, cpuMs: undefined }
  }
  const times: number[] = []
  const before = cpuUs(engine.pid() ?? 0)
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now()
    await reader.rows(asked.sql, asked.params)
    times.push(performance.now() - started)
  }
  const after = cpuUs(engine.pid() ?? 0)
  return { query: asked.name, window, medianMs: median(times), cpuMs: before === undefined || after === undefined ? undefined : (after - before) / 1000 / runs }
}

async function fillAnew(spans: number, clickhouse: ClickHouse, nowMs: number): Promise<Filled> {
  for (const name of ['spans', 'signals', 'rollup_minutes', 'rollup_hours', 'rollup_builds']) await clickhouse.command(`TRUNCATE TABLE ${name}`)
  let started = performance.now()
  const rows = await fill(writer, { spans, days }, nowMs, () => undefined)
  const seconds = (performance.now() - started) / 1000
  const bytesFresh = await bytes()
  say(`${rows} spans in ${seconds.toFixed(0)} s, ${bytesFresh.toFixed(1)} B each`)
  started = performance.now()
  const sums = startRollups({ clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), retentionDays: undefined, everyMs: Infinity, onBuilt: () => undefined })
  const hours = await sums.buildDue()
  await sums.stop()
  const sumSeconds = (performance.now() - started) / 1000
  say(`${hours} hours summed up in ${sumSeconds.toFixed(0)} s`)
  await clickhouse.command('OPTIMIZE TABLE spans FINAL')
  return { seconds, sumSeconds, bytesFresh }
}

async function one(spans: number, clickhouse: ClickHouse): Promise<Size> {
  const nowMs = Date.now()
  const filled = flags.reuse ? undefined : await fillAnew(spans, clickhouse, nowMs)
  const [stored] = await reader.rows('SELECT (SELECT count() FROM spans) AS spans, (SELECT count() FROM rollup_minutes) AS minutes, (SELECT count() FROM rollup_hours) AS hours')
  const rows = Number(stored?.['spans'])
  const sample = await sampleOf(reader)
  const timed: Timed[] = []
  for (const window of WINDOWS) for (const asked of pagesOf(window, nowMs, sample)) if (!asked.isById || window.days >= 7) timed.push(await time(asked, window.name))
  return { spans: rows, filled, minuteRows: Number(stored?.['minutes']), hourRows: Number(stored?.['hours']), bytesMerged: await bytes(), columns: await columns(rows), timed }
}

function report(all: readonly Size[]): string {
  const queries = [...new Set(all.flatMap(({ timed }) => timed.map(({ query }) => query)))]
  const cell = (size: Size, query: string, window: string): string => {
    const found = size.timed.find((timed) => timed.query === query && timed.window === window)
    return found === undefined ? '' : found.medianMs === undefined ? 'refused' : `${found.medianMs.toFixed(0)} (${found.cpuMs?.toFixed(0) ?? '–'})`
  }
  return `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}); medians of ${runs} warm runs in ms, asked as the reader over HTTP; in brackets CPU ms of the engine.
${all
  .map(
    (size) => `
${size.spans} spans over ${days} days${size.filled === undefined ? '' : `: filled in ${size.filled.seconds.toFixed(0)} s, ${size.filled.bytesFresh.toFixed(1)} B a span as inserted, summed up in ${size.filled.sumSeconds.toFixed(0)} s`};
${size.bytesMerged.toFixed(1)} B a span merged; ${size.hourRows} sums by hour, ${size.minuteRows} by minute. Largest columns: ${size.columns.map(([name, each]) => `${name} ${each.toFixed(1)}`).join(', ')}

${table(['query', ...WINDOWS.map(({ name }) => name)], queries.map((query) => [query, ...WINDOWS.map(({ name }) => cell(size, query, name))]))}
`,
  )
  .join('')}`
}

try {
  await migrate(migrator)
  const all: Size[] = []
  for (const size of sizes) {
    const done = await one(size, migrator)
    all.push(done)
    if (!flags.json) process.stdout.write(report([done]))
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ cores: cpus().length, days, sizes: all }, null, 2)}\n`)
} finally {
  for (const client of [migrator, writer, reader]) await client.close()
  await engine.stop()
  if (!flags.keep && flags.dir === undefined) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}
