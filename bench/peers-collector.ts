// Our collector beside the OpenTelemetry Collector with its ClickHouse exporter: the same spans from the same sender, each before an
// embedded engine of its own, in interleaved rounds; then each is killed in the middle of a round. Opt-in: needs Go 1.26 or later
// (without it, it says so and ends), a few minutes and some gigabytes for Go's modules and caches; the peer is built outside the
// repository from pinned modules, nothing of it is a dependency. Prints tables (or --json) and judges nothing.
//   node bench/peers-collector.ts [--spans 100000] [--rounds 3] [--kills 3] [--only json-11] [--against disk] [--otelcol FILE] [--json]
// --otelcol: where the built peer is kept, and taken from if it is there; otherwise it is built anew and removed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Encoding, Shape } from './collector/bodies.ts'
import type { SendJob, Sent } from './collector/sender.ts'
import { median, medianRatio, table } from './gateway/figures.ts'
import { ask, memoryMb, startScript, stop, type Running } from './gateway/processes.ts'
import { buildPeer, goVersion } from './peers-collector/build.ts'
import { ours, peers, peerSettingsLine, type Contender, type Live } from './peers-collector/contenders.ts'
import { killedRound, type Killed } from './peers-collector/killed.ts'

const { values: flags } = parseArgs({
  options: {
    spans: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '3' },
    'kill-spans': { type: 'string', default: '40000' },
    'calm-rate': { type: 'string', default: '5000' },
    batch: { type: 'string', default: '500' },
    connections: { type: 'string', default: '8' },
    'peer-batch': { type: 'string', default: '5000' },
    'peer-flush': { type: 'string', default: '200ms' },
    only: { type: 'string', multiple: true, default: [] },
    against: { type: 'string', multiple: true, default: [] },
    otelcol: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

type Mode = { readonly name: string; readonly encoding: Encoding; readonly attributes: 11 | 40 }
const ALL: readonly Mode[] = [
  { name: 'json-11', encoding: 'json', attributes: 11 },
  { name: 'protobuf-11', encoding: 'protobuf', attributes: 11 },
  { name: 'json-40', encoding: 'json', attributes: 40 },
  { name: 'protobuf-40', encoding: 'protobuf', attributes: 40 },
]
/** The one in which collectors are killed. */
const KILLED: Mode = { name: 'protobuf-11', encoding: 'protobuf', attributes: 11 }

const spans = Number(flags.spans)
const rounds = Number(flags.rounds)
const kills = Number(flags.kills)
const killSpans = Number(flags['kill-spans'])
/** Spans a second that each of them takes with ease, so that what a kill costs is not the length of a backlog alone. */
const calmRate = Number(flags['calm-rate'])
const connections = Number(flags.connections)
const modes = ALL.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name))
const say = (text: string): void => void process.stderr.write(`${text}\n`)
const shapeOf = (mode: Mode): Shape => ({ encoding: mode.encoding, attributes: mode.attributes, spans: Number(flags.batch) })

type Round = {
  readonly acknowledgedPerSecond: number
  readonly queryablePerSecond: number
  /** Processor time until both were quiet again, merges with it; `undefined` where the system does not tell. */
  readonly collectorUs: number | undefined
  readonly engineUs: number | undefined
  /** Answers other than 200; those bodies were sent again. */
  readonly refused: number
  /** Acknowledged and not in the table a minute after the last one arrived. */
  readonly missing: number
}
type Figures = { readonly mode: string; readonly contender: string; readonly rounds: readonly Round[]; readonly collectorMb: number | undefined; readonly engineMb: number | undefined; readonly bytesPerSpan: number }
type KilledFigures = { readonly contender: string; readonly promise: string; /** `undefined`: as fast as they are taken. */ readonly perSecond: number | undefined; readonly rounds: readonly Killed[] }

const TICK_US = 10_000
const POLL_MS = 25
const MISSING_MS = 60_000
const QUIET_MS = 500
const QUIET_SHARE = 0.05
const QUIET_MOST_MS = 20_000

/** Processor time of a process with the threads that have ended, in ticks of 10 ms: the engine lets threads go, and a count of living ones would run backwards. */
function processUs(pid: number | undefined): number | undefined {
  try {
    const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const fields = after.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_US
  } catch {
    return undefined
  }
}

async function stored({ table: name }: Contender, live: Live): Promise<number> {
  const [row] = await live.clickhouse.rows(`SELECT count() AS n FROM ${name}`)
  return Number(row?.['n'])
}

/** Waits until neither works on what came before, so that a round pays for its own merges and not for another's. */
async function untilQuiet(live: Live): Promise<void> {
  const used = (): number => (processUs(live.collectorPid) ?? 0) + (processUs(live.enginePid) ?? 0)
  const started = performance.now()
  for (let before = used(); performance.now() - started < QUIET_MOST_MS; ) {
    await delay(QUIET_MS)
    const now = used()
    if (now - before <= QUIET_MS * 1000 * QUIET_SHARE) return
    before = now
  }
}

async function round(contender: Contender, live: Live, sender: Running, mode: Mode, count: number): Promise<Round> {
  const before = await stored(contender, live)
  const [collectorBefore, engineBefore] = [processUs(live.collectorPid), processUs(live.enginePid)]
  const sent = await ask<Sent>(sender, { url: live.url, shape: shapeOf(mode), connections, spans: count } satisfies SendJob)
  const answered = performance.now()
  let [rows, changed] = [0, answered]
  for (;;) {
    const now = (await stored(contender, live)) - before
    if (now !== rows) [rows, changed] = [now, performance.now()]
    if (rows >= sent.spans || performance.now() - changed > MISSING_MS) break
    await delay(POLL_MS)
  }
  // By the sender's own clock: before its first body it makes them.
  const seconds = sent.seconds + (changed - answered) / 1000
  await untilQuiet(live)
  const perSpan = (from: number | undefined, to: number | undefined): number | undefined => (from === undefined || to === undefined ? undefined : (to - from) / sent.spans)
  return {
    acknowledgedPerSecond: sent.spans / sent.seconds,
    queryablePerSecond: rows / seconds,
    collectorUs: perSpan(collectorBefore, processUs(live.collectorPid)),
    engineUs: perSpan(engineBefore, processUs(live.enginePid)),
    refused: sent.refused,
    missing: Math.max(0, sent.spans - rows),
  }
}

/** Of every table that belongs to the spans: sums by hour here, the lookup of traces there. */
async function bytesPerSpan(contender: Contender, live: Live): Promise<number> {
  const [row] = await live.clickhouse.rows('SELECT sum(total_bytes) AS bytes FROM system.tables WHERE database = currentDatabase()')
  return Number(row?.['bytes']) / (await stored(contender, live))
}

async function measureMode(mode: Mode, all: readonly Contender[], sender: Running): Promise<Figures[]> {
  return onStages(all, async (stages) => {
    // Code that was never run is slow: not what is asked here.
    for (const [contender, live] of stages) await round(contender, live, sender, mode, Math.min(spans, 50_000))
    const done = new Map<Contender, Round[]>(all.map((contender) => [contender, []]))
    for (let n = 0; n < rounds; n += 1) {
      // Another one first each time.
      for (const [contender, live] of [...stages.slice(n % stages.length), ...stages.slice(0, n % stages.length)]) {
        const one = await round(contender, live, sender, mode, spans)
        done.get(contender)?.push(one)
        say(`${mode.name}, ${contender.name}: ${Math.round(one.acknowledgedPerSecond)}/s acknowledged, ${Math.round(one.queryablePerSecond)}/s queryable, collector ${one.collectorUs?.toFixed(1) ?? '–'} µs, engine ${one.engineUs?.toFixed(1) ?? '–'} µs`)
      }
    }
    const figures: Figures[] = []
    for (const [contender, live] of stages) {
      const [collectorMb, engineMb] = [memoryMb(live.collectorPid)?.peak, live.enginePid === undefined ? undefined : memoryMb(live.enginePid)?.peak]
      figures.push({ mode: mode.name, contender: contender.name, rounds: done.get(contender) ?? [], collectorMb, engineMb, bytesPerSpan: await bytesPerSpan(contender, live) })
    }
    return figures
  })
}

/** Starts all of them, each on a folder of its own, and leaves nothing behind. */
async function onStages<Result>(all: readonly Contender[], work: (stages: readonly (readonly [Contender, Live])[]) => Promise<Result>): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'weighbridge-peers-'))
  const stages: (readonly [Contender, Live])[] = []
  try {
    for (const [index, contender] of all.entries()) stages.push([contender, await contender.start(join(dir, String(index)))])
    return await work(stages)
  } finally {
    for (const [, live] of stages) await live.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measureKills(contender: Contender): Promise<KilledFigures[]> {
  return onStages([contender], async (stages) => {
    const all: KilledFigures[] = []
    for (const perSecond of [calmRate, undefined]) {
      const done: Killed[] = []
      for (const [, live] of stages) {
        for (let n = 0; n < kills; n += 1) {
          // At another point each time.
          const killAt = Math.round(killSpans * (0.3 + (0.4 * n) / Math.max(1, kills - 1)))
          const one = await killedRound(contender, live, { shape: shapeOf(KILLED), connections, spans: killSpans, killAt, perSecond })
          say(`${contender.name} at ${perSecond ?? 'most'}/s, killed after ${one.acknowledgedBefore}: ${one.lost} of them lost, ${one.lostAfter} of later ones; ${one.doubled} doubled, ${one.doubledResent} of those sent again`)
          done.push(one)
        }
      }
      all.push({ contender: contender.name, promise: contender.promise, perSecond, rounds: done })
    }
    return all
  })
}

const shown = (value: number | undefined, digits = 0): string => (value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits))
const known = (values: readonly (number | undefined)[]): number[] => values.flatMap((value) => (value === undefined ? [] : [value]))

function speedTable(all: readonly Figures[]): string {
  const rows = all.map((figures) => {
    const base = all.find(({ mode }) => mode === figures.mode)
    const ratio = (of: (one: Round) => number): string => shown(medianRatio(figures.rounds.map(of), base?.rounds.map(of) ?? []), 2)
    const of = (pick: (one: Round) => number | undefined): number => median(known(figures.rounds.map(pick)))
    return [
      `${figures.mode}, ${figures.contender}`,
      shown(of((one) => one.acknowledgedPerSecond)),
      ratio((one) => one.acknowledgedPerSecond),
      shown(of((one) => one.queryablePerSecond)),
      ratio((one) => one.queryablePerSecond),
      shown(of((one) => one.collectorUs), 1),
      shown(of((one) => one.engineUs), 1),
      shown(figures.collectorMb),
      shown(figures.engineMb),
      shown(figures.bytesPerSpan),
      String(figures.rounds.reduce((sum, one) => sum + one.refused, 0)),
      String(figures.rounds.reduce((sum, one) => sum + one.missing, 0)),
    ]
  })
  return table(['mode, collector', 'acknowledged/s', '× ours', 'queryable/s', '× ours', 'collector µs/span', 'engine µs/span', 'collector MB', 'engine MB', 'B/span stored', 'refused bodies', 'missing spans'], rows)
}

function killTable(all: readonly KilledFigures[]): string {
  const sum = (done: readonly Killed[], pick: (one: Killed) => number): string => String(done.reduce((total, one) => total + pick(one), 0))
  const rows = all.map(({ contender, promise, perSecond, rounds: done }) => [contender, promise, perSecond === undefined ? 'as taken' : String(perSecond), sum(done, (one) => one.issued), sum(done, (one) => one.acknowledgedBefore), sum(done, (one) => one.lost), sum(done, (one) => one.lostAfter), sum(done, (one) => one.doubled), sum(done, (one) => one.doubledResent)])
  return table(['collector', 'a 200 says', 'sent/s', 'spans', 'acknowledged before', 'of them lost', 'later ones lost', 'doubled', 'doubled, sent again'], rows)
}

function report(go: string, all: readonly Figures[], killed: readonly KilledFigures[]): string {
  return `
${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, ${go}; sender, collector and engine share them. Medians of ${rounds} interleaved
rounds of ${spans} spans in bodies of ${flags.batch} over ${connections} connections; ratios round by round. Processor time until both are quiet again; memory at most.
Weighbridge: defaults. otelcol: ${peerSettingsLine(peerSettings)}.
A 200 of "memory" is in memory and no more; "disk" has fsynced it, as ours; "processor+disk" holds it in the batch processor first, which is memory.

${speedTable(all)}

Killed by SIGKILL in the middle of a round of ${killSpans} spans (${KILLED.name}) and started again, ${kills} times each; bodies without an answer are sent again. Ours
loses its engine with it, the peer's engine goes on. The machine stays up: what fsync is for is not tried here.

${killTable(killed)}
`
}

const go = await goVersion()
if (go === undefined) {
  process.stdout.write('skipped: there is no `go` to build the OpenTelemetry Collector with\n')
  process.exit(0)
}
const buildDir = mkdtempSync(join(tmpdir(), 'weighbridge-otelcol-'))
const binary = resolve(flags.otelcol ?? join(buildDir, 'otelcol-peer'))
const peerSettings = { binary, minBatch: Number(flags['peer-batch']), flush: flags['peer-flush'] }
try {
  say('building the OpenTelemetry Collector …')
  await buildPeer(binary)
  const contenders = [ours(resolve(import.meta.dirname, '..')), ...peers(peerSettings).filter(({ name }) => flags.against.length === 0 || flags.against.includes(name.replace('otelcol ', '')))]
  const all: Figures[] = []
  const sender = startScript('../collector/sender.ts', [])
  try {
    for (const mode of modes) {
      const figures = await measureMode(mode, contenders, sender)
      say(speedTable(figures))
      all.push(...figures)
    }
  } finally {
    await stop(sender)
  }
  const killed: KilledFigures[] = []
  if (kills > 0) for (const contender of contenders) killed.push(...(await measureKills(contender)))
  if (flags.json) process.stdout.write(`${JSON.stringify({ cores: cpus().length, node: process.version, go, settings: peerSettingsLine(peerSettings), spans, modes: all, killed }, null, 2)}\n`)
  else process.stdout.write(report(go, all, killed))
} finally {
  rmSync(buildDir, { recursive: true, force: true })
}
