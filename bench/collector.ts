// How fast the collector is: spans a second from OTLP to durable and to queryable, in JSON and protobuf, with 11 and 40
// attributes; the time an acknowledgement takes at half of that; bytes a span takes in ClickHouse; memory. Opt-in; prints tables
// (or --json) and judges nothing. Sender, collector and engine share the machine.
//   node bench/collector.ts [--spans 400000] [--only json-11] [--rounds 3] [--json] [--profile]
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Encoding, Shape } from './collector/bodies.ts'
import type { SendJob, Sent } from './collector/sender.ts'
import { startStage, type Stage } from './collector/stage.ts'
import { median, quantile, table } from './gateway/figures.ts'
import { ask, startScript, stop, totalCpuUs, type Running } from './gateway/processes.ts'
import { attach } from './gateway/profiler.ts'
import { summarise } from './gateway/stages.ts'

const { values: flags } = parseArgs({
  options: {
    spans: { type: 'string', default: '400000' },
    rounds: { type: 'string', default: '3' },
    batch: { type: 'string', default: '500' },
    connections: { type: 'string', default: '8' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    root: { type: 'string', default: resolve(import.meta.dirname, '..') },
  },
})

type Mode = { readonly name: string; readonly encoding: Encoding; readonly attributes: 11 | 40 }
const ALL: readonly Mode[] = [
  { name: 'json-11', encoding: 'json', attributes: 11 },
  { name: 'protobuf-11', encoding: 'protobuf', attributes: 11 },
  { name: 'json-40', encoding: 'json', attributes: 40 },
  { name: 'protobuf-40', encoding: 'protobuf', attributes: 40 },
]
const modes = ALL.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name))
const spans = Number(flags.spans)
const connections = Number(flags.connections)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

type Round = { readonly durablePerSecond: number; readonly queryablePerSecond: number; readonly collectorUs: number | undefined; readonly engineUs: number | undefined; readonly senderUs: number | undefined; readonly bodyBytes: number }
type Figures = { readonly mode: string; readonly rounds: readonly Round[]; readonly halfLoad: { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number }; readonly bytesPerSpan: number; readonly collectorMb: number | undefined; readonly engineMb: number | undefined }

const processorUs = (pid: number | undefined): number | undefined => (pid === undefined ? undefined : totalCpuUs(pid))
const micros = (us: number | undefined): string => us?.toFixed(1) ?? '–'

const shapeOf = (mode: Mode): Shape => ({ encoding: mode.encoding, attributes: mode.attributes, spans: Number(flags.batch) })

/** Sends so many and waits until all of them can be asked for. */
async function round(stage: Stage, sender: Running, mode: Mode, count: number): Promise<Round & { sent: Sent }> {
  const before = await stored(stage)
  const pids = [stage.collector.pid, stage.enginePid(), sender.pid]
  const cpuBefore = pids.map(processorUs)
  const started = performance.now()
  const job: SendJob = { url: stage.url, shape: shapeOf(mode), connections, spans: count }
  const sent = await ask<Sent>(sender, job)
  while ((await stored(stage)) < before + sent.spans) await delay(20)
  const seconds = (performance.now() - started) / 1000
  const [collectorUs, engineUs, senderUs] = pids.map((pid, index) => {
    const [then, now] = [cpuBefore[index], processorUs(pid)]
    return then === undefined || now === undefined ? undefined : (now - then) / sent.spans
  })
  return { sent, durablePerSecond: sent.spans / sent.seconds, queryablePerSecond: sent.spans / seconds, collectorUs, engineUs, senderUs, bodyBytes: sent.bytes / sent.spans }
}

async function stored(stage: Stage): Promise<number> {
  const [row] = await stage.clickhouse.rows('SELECT count() AS n FROM spans')
  return Number(row?.['n'])
}

async function bytesPerSpan(stage: Stage): Promise<number> {
  const [row] = await stage.clickhouse.rows("SELECT total_bytes / total_rows AS bytes FROM system.tables WHERE database = currentDatabase() AND name = 'spans'")
  return Number(row?.['bytes'])
}

async function measureMode(mode: Mode, sender: Running): Promise<Figures> {
  const dir = mkdtempSync(join(tmpdir(), 'weighbridge-bench-'))
  const stage = await startStage(flags.root, dir, flags.profile ? ['--inspect=127.0.0.1:0'] : [])
  try {
    // Code that was never run is slow: not what is asked here.
    await round(stage, sender, mode, Math.min(spans, 50_000))
    if (flags.profile) await profile(stage, sender, mode)
    const rounds: Round[] = []
    for (let n = 0; n < Number(flags.rounds); n += 1) {
      const { sent, ...figures } = await round(stage, sender, mode, spans)
      say(`${mode.name}: ${Math.round(figures.durablePerSecond)}/s durable, ${Math.round(figures.queryablePerSecond)}/s queryable, µs/span: collector ${micros(figures.collectorUs)}, engine ${micros(figures.engineUs)}, sender ${micros(figures.senderUs)}; ${sent.refused} refused`)
      rounds.push(figures)
    }
    const memory = stage.memory()
    const perSecond = median(rounds.map((one) => one.queryablePerSecond)) / 2
    const half = await ask<Sent>(sender, { url: stage.url, shape: shapeOf(mode), connections, spans: Math.min(spans, perSecond * 10), perSecond } satisfies SendJob)
    return {
      mode: mode.name,
      rounds,
      halfLoad: { perSecond: half.spans / half.seconds, p50Ms: quantile(half.ackMs, 0.5), p99Ms: quantile(half.ackMs, 0.99) },
      bytesPerSpan: await bytesPerSpan(stage),
      collectorMb: memory?.collectorMb,
      engineMb: memory?.engineMb,
    }
  } finally {
    await stage.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function profile(stage: Stage, sender: Running, mode: Mode): Promise<void> {
  const profiler = await attach(stage.inspector ?? '')
  await profiler.start()
  const done = await round(stage, sender, mode, spans)
  const summary = summarise(await profiler.stop(), done.sent.spans)
  say(`${mode.name}: ${summary.totalUs.toFixed(1)} µs per span`)
  say(table(['function', 'µs/span'], summary.functions.slice(0, 45).map(({ name, us }) => [name, us.toFixed(2)])))
  profiler.close()
}

const sender = startScript('../collector/sender.ts', [])
try {
  const all: Figures[] = []
  for (const mode of modes) all.push(await measureMode(mode, sender))
  if (flags.json) process.stdout.write(`${JSON.stringify({ cores: cpus().length, node: process.version, spans, modes: all }, null, 2)}\n`)
  else process.stdout.write(report(all))
} finally {
  await stop(sender)
}

function report(all: readonly Figures[]): string {
  const rows = all.map(({ mode, rounds, halfLoad, bytesPerSpan: bytes, collectorMb, engineMb }) => [
    mode,
    Math.round(median(rounds.map((one) => one.durablePerSecond))).toString(),
    Math.round(median(rounds.map((one) => one.queryablePerSecond))).toString(),
    ...(['collectorUs', 'engineUs', 'senderUs'] as const).map((whose) => median(rounds.flatMap((one) => one[whose] ?? [])).toFixed(1)),
    halfLoad.p50Ms.toFixed(1),
    halfLoad.p99Ms.toFixed(1),
    Math.round(median(rounds.map((one) => one.bodyBytes))).toString(),
    bytes.toFixed(0),
    collectorMb?.toFixed(0) ?? '–',
    engineMb?.toFixed(0) ?? '–',
  ])
  return `
${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}; sender, collector and engine share them. Medians of ${flags.rounds} rounds of ${spans}
spans in bodies of ${flags.batch} over ${connections} connections; acknowledgements at half of the queryable rate, sent by the clock.

${table(['mode', 'durable/s', 'queryable/s', 'collector µs/span', 'engine µs/span', 'sender µs/span', 'ack p50 ms', 'ack p99 ms', 'B/span sent', 'B/span stored', 'collector MB', 'engine MB'], rows)}
`
}
