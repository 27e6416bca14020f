// How long a page takes on many spans: from the click to the first figures a person can read, in a real Chromium, and how long each query
// behind them took (Server-Timing). Rows as in storage-growth. Opt-in; judges nothing.
//   node bench/pages.ts [--spans 1e7] [--days 30] [--runs 3] [--only TEXT] [--dir DIR [--reuse]] [--keep] [--json]
// --only: pages whose name holds the text. The pages must be built (npm run build:web). CHROMIUM_PATH names a browser; without one only the server's answers are timed.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { chromium, type Browser } from 'playwright-core'
import { startEngine } from '../collector/engine/start-engine.ts'
import { migrate } from '../collector/migrate/migrate.ts'
import { startRollups } from '../collector/rollup/rollups.ts'
import { systemClock } from '../core/seams.ts'
import { webMounts } from '../dashboards/web/server.ts'
import { createClickHouse } from '../store/clickhouse/clickhouse.ts'
import { median, table } from './gateway/figures.ts'
import { fill } from './growth/fill.ts'
import { sampleOf } from './growth/pages.ts'

const { values: flags } = parseArgs({
  options: {
    spans: { type: 'string', default: '1e7' },
    days: { type: 'string', default: '30' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    dir: { type: 'string' },
    keep: { type: 'boolean', default: false },
    reuse: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const runs = Number(flags.runs)
const log = pino({ level: 'silent' })
const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** A page, what on it a person waits for, and the answer it is drawn from. */
type Measured = { readonly page: string; readonly path: string; readonly shows: string; readonly api: string }
type Timed = Measured & { readonly answerMs: number; readonly queries: readonly (readonly [name: string, ms: number])[]; readonly paintMs: number | undefined }

const dir = flags.dir ?? mkdtempSync(join(tmpdir(), 'weighbridge-pages-'))
const engine = await startEngine({ dataDir: dir, httpPort: 0, log })
const [migrator, writer, reader] = [createClickHouse({ ...engine.migrator, requestTimeoutMs: 3_600_000 }), createClickHouse({ ...engine.writer, requestTimeoutMs: 3_600_000 }), createClickHouse(engine.reader)]

async function store(nowMs: number): Promise<number> {
  await migrate(migrator)
  if (!flags.reuse) {
    const spans = await fill(writer, { spans: Number(flags.spans), days: Number(flags.days) }, nowMs, (share) => say(`filled ${(share * 100).toFixed(0)}%`))
    const sums = startRollups({ clickhouse: writer, clock: systemClock, log, retentionDays: undefined, everyMs: Infinity, onBuilt: () => undefined })
    await sums.buildDue()
    await sums.stop()
    return spans
  }
  return Number((await reader.rows('SELECT count() AS n FROM spans'))[0]?.['n'])
}

/** The pages alone, as the router serves them, without its admin side. */
async function serve(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const mounts = webMounts({ clickhouse: reader, distDir: fileURLToPath(new URL('../dashboards/web/dist/', import.meta.url)), clock: systemClock, log, simulatedDefault: () => true }).toSorted((a, b) => b.prefix.length - a.prefix.length)
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://bench')
    const mount = mounts.find(({ prefix }) => url.pathname.startsWith(prefix))
    Promise.resolve(url.pathname.startsWith('/admin') ? undefined : mount?.handle(request, response, url))
      .catch(() => undefined)
      .finally(() => {
        if (!response.writableEnded) response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function measure(url: string, browser: Browser | undefined, one: Measured): Promise<Timed> {
  const answers: { ms: number; timing: string }[] = []
  const paints: number[] = []
  for (let run = 0; run <= runs; run += 1) {
    const started = performance.now()
    const answer = await fetch(url + one.api)
    await answer.text()
    if (!answer.ok) throw new Error(`${one.api} answered ${answer.status}`)
    // The first run warms up.
    if (run > 0) answers.push({ ms: performance.now() - started, timing: answer.headers.get('server-timing') ?? '' })
    if (browser === undefined) continue
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 } })
    const page = await context.newPage()
    const opened = performance.now()
    await page.goto(url + one.path, { waitUntil: 'commit' })
    await page.locator(one.shows).first().waitFor({ timeout: 120_000 })
    if (run > 0) paints.push(performance.now() - opened)
    await context.close()
  }
  const middle = answers.toSorted((a, b) => a.ms - b.ms)[Math.floor(answers.length / 2)]
  const queries = (middle?.timing ?? '').split(', ').flatMap((part): [string, number][] => {
    const match = /^(\w+);dur=([\d.]+)$/.exec(part)
    return match === null ? [] : [[match[1] ?? '', Number(match[2])]]
  })
  const timed: Timed = { ...one, answerMs: median(answers.map(({ ms }) => ms)), queries: queries.toSorted((a, b) => b[1] - a[1]), paintMs: paints.length === 0 ? undefined : median(paints) }
  say(`${one.page}: first figures after ${timed.paintMs?.toFixed(0) ?? '–'} ms, the answer after ${timed.answerMs.toFixed(0)} ms (${timed.queries.slice(0, 3).map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(', ')})`)
  return timed
}

async function pages(): Promise<Measured[]> {
  const { traceId } = await sampleOf(reader)
  const ranged = ['24h', '7d', '30d'].flatMap((range): Measured[] => [
    { page: `overview, ${range}`, path: `/?range=${range}`, shows: '.figures .value', api: `/api/ui/overview?range=${range}` },
    { page: `spend, ${range}`, path: `/spend?range=${range}`, shows: '.figures .value', api: `/api/ui/spend?range=${range}` },
    { page: `traces, ${range}`, path: `/traces?range=${range}`, shows: 'ol.calls li', api: `/api/ui/traces?range=${range}` },
    { page: `traces, facets, ${range}`, path: `/traces?range=${range}`, shows: '.facets button', api: `/api/ui/facets?range=${range}` },
    { page: `traces, a search, ${range}`, path: `/traces?range=${range}&q=attempts%3E1%20task%3Along_context`, shows: 'ol.calls li', api: `/api/ui/traces?range=${range}&q=attempts%3E1%20task%3Along_context` },
  ])
  return [...ranged, { page: 'quality, 30d', path: '/quality?range=30d', shows: '.probes, .empty', api: '/api/ui/quality?range=30d' }, { page: 'bill, this month', path: '/bill', shows: '.figures .value', api: '/api/ui/bill' }, { page: 'a trace by its id', path: `/trace/${traceId}`, shows: '.falls li', api: `/api/ui/trace/${traceId}` }]
}

const executablePath = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path !== '' && existsSync(path))
const browser = executablePath === undefined ? undefined : await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
const server = await serve()
try {
  const spans = await store(Date.now())
  const timed: Timed[] = []
  for (const one of (await pages()).filter(({ page }) => page.includes(flags.only))) timed.push(await measure(server.url, browser, one))
  const words = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}); ${spans} spans over ${flags.days} days; medians of ${runs} warm runs in ms. First figures: from the address to what a person reads, all of the page loaded anew.

${table(['page', 'first figures', 'answer', 'its dearest queries'], timed.map((one) => [one.page, one.paintMs?.toFixed(0) ?? '–', one.answerMs.toFixed(0), one.queries.slice(0, 4).map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(', ')]))}
`
  process.stdout.write(flags.json ? `${JSON.stringify({ cores: cpus().length, spans, days: Number(flags.days), timed }, null, 2)}\n` : words)
} finally {
  await server.close()
  await browser?.close()
  for (const client of [migrator, writer, reader]) await client.close()
  await engine.stop()
  if (!flags.keep && flags.dir === undefined) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}
