// What the router costs, side by side and in one run: a direct call, the barest Node proxy, this router with routing, prices
// and spans on, and Portkey's gateway, before one provider. Opt-in; prints tables (or --json) and judges nothing.
//   node bench/gateway.ts [--quick] [--json] [--no-portkey] [--spool-off] [--also NAME=CHECKOUT[,FLAG…] …] [--profile] [--start]
// --spool-off: this router once more, with spans that go nowhere instead of onto disk.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bareProxy, direct, FAST_MODEL, frontOf, portkey, weighbridge, type Contender } from './gateway/contenders.ts'
import { median, table } from './gateway/figures.ts'
import type { Done, Job } from './gateway/load.ts'
import { measure, MODES } from './gateway/measure.ts'
import { installPortkey } from './gateway/portkey.ts'
import { ask, memoryMb, startScript, stop, type Running } from './gateway/processes.ts'
import { attach } from './gateway/profiler.ts'
import { figures, latencyTable, throughputTable } from './gateway/report.ts'
import { summarise, type Share } from './gateway/stages.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'no-portkey': { type: 'boolean', default: false },
    'spool-off': { type: 'boolean', default: false },
    also: { type: 'string', multiple: true, default: [] },
    profile: { type: 'boolean', default: false },
    start: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'round-ms': { type: 'string' },
    root: { type: 'string', default: resolve(import.meta.dirname, '..') },
    /** Kept from run to run, so that Portkey is installed once. */
    'portkey-dir': { type: 'string', default: join(tmpdir(), 'weighbridge-bench-portkey') },
  },
})

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const workDir = mkdtempSync(join(tmpdir(), 'weighbridge-bench-'))
const running: Running[] = []
const track = <Started extends Running>(started: Started): Started => {
  running.push(started)
  return started
}
async function originOf(script: string): Promise<{ origin: string; running: Running }> {
  const started = track(startScript(script, []))
  const { port } = await ask<{ port: number }>(started)
  return { origin: `http://127.0.0.1:${port}`, running: started }
}

const provider = await originOf('provider.ts')
const sink = await originOf('sink.ts')
const generator = track(startScript('load.ts', []))
/** Remembered as soon as it runs, so that it is stopped whatever happens to the next one. */
async function started(starting: Promise<Contender>): Promise<Contender> {
  const contender = await starting
  if (contender.running !== undefined) track(contender.running)
  return contender
}
const ours = (name: string, root: string, nodeFlags: readonly string[] = []): Promise<Contender> => started(weighbridge({ name, root, providerOrigin: provider.origin, collectorUrl: sink.origin, workDir, nodeFlags }))
/** NAME=CHECKOUT[,FLAG…]: another checkout, or the same one under other flags of Node. */
const checkouts = [
  { name: 'weighbridge', root: flags.root, nodeFlags: [] as string[] },
  ...(flags['spool-off'] ? [{ name: 'spool off', root: flags.root, nodeFlags: [`--import=${new URL('gateway/without-spool.ts', import.meta.url).href}`] }] : []),
  ...flags.also.map(checkoutOf),
]
function checkoutOf(text: string): { name: string; root: string; nodeFlags: string[] } {
  const [name = text, rest = '.'] = text.split(/=(.*)/s)
  const [root = '.', ...nodeFlags] = rest.split(',')
  return { name, root: resolve(root), nodeFlags }
}

try {
  if (flags.profile) await profile()
  else if (flags.start) await startAndMemory()
  else await compare()
} finally {
  await Promise.all(running.map(stop))
  rmSync(workDir, { recursive: true, force: true })
}

async function compare(): Promise<void> {
  const rounds = Number(flags.rounds ?? (flags.quick ? 3 : 7))
  const roundMs = Number(flags['round-ms'] ?? (flags.quick ? 1_000 : 2_000))
  const contenders: Contender[] = [direct(provider.origin), await started(bareProxy(provider.origin))]
  for (const { name, root, nodeFlags } of checkouts) contenders.push(await ours(name, root, nodeFlags))
  const script = flags['no-portkey'] ? undefined : await installPortkey(flags['portkey-dir'])
  if (script !== undefined) contenders.push(await started(portkey(script, provider.origin)))

  await new Promise((done) => setTimeout(done, 1_500))
  const idle = contenders.map((contender) => (contender.running === undefined ? undefined : memoryMb(contender.running.pid)?.now))
  const measured = await measure(contenders, generator, { rounds, roundMs, connections: 32, turns: flags.quick ? 400 : 1_500, pacedConnections: 8, onProgress: say })
  const peak = contenders.map((contender) => (contender.running === undefined ? undefined : memoryMb(contender.running.pid)?.peak))
  const ledgers = await Promise.all(contenders.map(ledger))
  const { bytes: spanBytes } = await ask<{ bytes: number }>(sink.running, {})
  const all = figures(contenders.map(({ name }) => name), 1, measured)
  const resources = contenders.map((contender, index) => ({ name: contender.name, readyMs: contender.readyMs, idleMb: idle[index] ?? null, peakMb: peak[index] ?? null, ledger: ledgers[index] ?? null }))
  if (flags.json) return void process.stdout.write(`${JSON.stringify({ cores: cpus().length, rounds, roundMs, contenders: all, resources, spanBytes }, null, 2)}\n`)
  process.stdout.write(`
${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}; provider, load generator, span sink and contender share them, one contender
at work at a time. Medians of ${rounds} interleaved rounds of ${roundMs} ms at 32 connections; ratios within a round.

${throughputTable(all)}

${latencyTable(all)}

${table(['process', 'ready ms', 'idle MB', 'peak MB'], resources.slice(1).map(({ name, readyMs, idleMb, peakMb }) => [name, readyMs.toFixed(0), idleMb?.toFixed(0) ?? '–', peakMb?.toFixed(0) ?? '–']))}

${resources.flatMap(({ name, ledger: book }) => (book === null ? [] : [`${name}: ${book}`])).join('\n')}
${(spanBytes / 1e6).toFixed(1)} MB of compressed spans reached the sink.
`)
}

/** What a router says it accounted for: a fast one that lost its spans would not be a fast one. */
async function ledger({ name, origin }: Contender): Promise<string | null> {
  if (!checkouts.some((checkout) => checkout.name === name)) return null
  const text = await fetch(`${origin}/metrics`).then((response) => response.text())
  const sum = (metric: string): number => [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((total, match) => total + Number(match[1]), 0)
  return `${sum('weighbridge_calls_total')} calls, $${sum('weighbridge_cost_usd_total').toFixed(4)} accounted, ${sum('weighbridge_spans_lost_total')} spans lost, ${sum('weighbridge_spans_not_durable_total')} answers before their spans`
}

/** Where a warm call's processor time goes. The profiler itself costs some: read the shares, not the sum. */
async function profile(): Promise<void> {
  const measureMs = flags.quick ? 4_000 : 10_000
  for (const { name, root, nodeFlags } of checkouts) {
    const contender = await ours(name, root, [...nodeFlags, '--inspect=127.0.0.1:0'])
    const profiler = await attach(contender.inspector ?? '')
    for (const mode of MODES) {
      const front = frontOf(contender, FAST_MODEL, mode.stream, mode.characters)
      const job = (durationMs: number): Job => ({ kind: 'throughput', front, stream: mode.stream, connections: 32, durationMs })
      await ask<Done>(generator, job(measureMs))
      await profiler.start()
      const done = await ask<Extract<Done, { kind: 'throughput' }>>(generator, job(measureMs))
      const summary = summarise(await profiler.stop(), done.calls)
      const show = (list: readonly Share[], head: string): string => table([head, 'µs/call', 'share'], list.map(({ name: what, us }) => [what, us.toFixed(1), `${((us / summary.totalUs) * 100).toFixed(0)}%`]))
      if (flags.json) process.stdout.write(`${JSON.stringify({ name, mode: mode.name, calls: done.calls, ...summary, functions: summary.functions.slice(0, 60), owners: summary.owners.slice(0, 60) })}\n`)
      else process.stdout.write(`\n${name}, ${mode.name}: ${done.calls} calls, ${summary.totalUs.toFixed(0)} µs each\n${show(summary.stages, 'stage')}\n\n${show(summary.owners.slice(0, 40), 'function, with what Node does for it')}\n\n${show(summary.functions.slice(0, 20), 'function alone')}\n`)
    }
    profiler.close()
  }
}

/** Start time and resident memory of routers alone: nothing called them yet. */
async function startAndMemory(): Promise<void> {
  const rows: string[][] = []
  const starts = new Map<string, number[]>()
  const sizes = new Map<string, number[]>()
  // The first start fills the compile cache and is not counted.
  for (let round = 0; round <= (flags.quick ? 3 : 7); round += 1) {
    for (const { name, root, nodeFlags } of checkouts) {
      const contender = await ours(name, root, nodeFlags)
      await new Promise((done) => setTimeout(done, 1_500))
      const mb = contender.running === undefined ? undefined : memoryMb(contender.running.pid)?.now
      if (contender.running !== undefined) await stop(contender.running)
      if (round === 0) continue
      starts.set(name, [...(starts.get(name) ?? []), contender.readyMs])
      if (mb !== undefined) sizes.set(name, [...(sizes.get(name) ?? []), mb])
    }
  }
  for (const { name } of checkouts) rows.push([name, median(starts.get(name) ?? []).toFixed(0), median(sizes.get(name) ?? []).toFixed(0)])
  process.stdout.write(`${flags.json ? JSON.stringify({ starts: Object.fromEntries(starts), sizes: Object.fromEntries(sizes) }) : table(['router alone', 'ready ms', 'idle MB'], rows)}\n`)
}
