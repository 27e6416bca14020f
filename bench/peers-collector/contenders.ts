// What stands side by side: `weighbridge collector` with its embedded engine, and the OpenTelemetry Collector with its ClickHouse
// exporter before an engine of the same kind, in the configurations whose promises differ. Each on a directory of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { stringify } from 'yaml'
import { startEngine, type RunningEngine } from '../../collector/engine/start-engine.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { startStage } from '../collector/stage.ts'
import { freePort, pidOf, stop } from '../gateway/processes.ts'

/** A collector that runs. Everything but `close` may change after `killAndRestart`. */
export interface Live {
  /** Origin that takes POST /v1/traces. */
  readonly url: string
  readonly collectorPid: number
  readonly enginePid: number | undefined
  /** An account that reads. */
  readonly clickhouse: ClickHouse
  /** SIGKILL to the collector's process, then the same start on the same directory; resolves once it takes spans again. */
  killAndRestart(): Promise<void>
  close(): Promise<void>
}

export type Contender = {
  readonly name: string
  /** What an answer of 200 says, in a few words. */
  readonly promise: string
  /** The table of spans and its column of span ids (hexadecimal text in both schemas). */
  readonly table: string
  readonly spanId: string
  start(dir: string): Promise<Live>
}

export type PeerSettings = { readonly binary: string; readonly minBatch: number; readonly flush: string }

export function ours(root: string): Contender {
  return {
    name: 'weighbridge',
    promise: 'fsynced in its log',
    table: 'spans',
    spanId: 'span_id',
    async start(dir) {
      let stage = await startStage(root, dir)
      return {
        get url() {
          return stage.url
        },
        get collectorPid() {
          return stage.collector.pid
        },
        get enginePid() {
          return stage.enginePid()
        },
        get clickhouse() {
          return stage.clickhouse
        },
        async killAndRestart() {
          await kill(stage.collector.process)
          await stage.clickhouse.close()
          // Its engine was its child and goes with it; the start waits until the directory is free.
          stage = await startStage(root, dir)
        },
        close: () => stage.close(),
      }
    },
  }
}

type Queue = 'memory' | 'disk'

/** The three ways to run it that answer 200 for different reasons. `processor`: the batch processor in the pipeline, instead of batches made behind the queue. */
export function peers(settings: PeerSettings): readonly Contender[] {
  const peer = (name: string, promise: string, queue: Queue, processor: boolean): Contender => ({ name, promise, table: 'otel_traces', spanId: 'SpanId', start: (dir) => startPeer(settings, dir, queue, processor) })
  return [
    peer('otelcol memory', 'in memory', 'memory', false),
    peer('otelcol disk', 'fsynced in its queue', 'disk', false),
    peer('otelcol processor+disk', 'in memory of the batch processor', 'disk', true),
  ]
}

/** Everything that is not the collector's default, as a line for the report. */
export function peerSettingsLine({ minBatch, flush }: PeerSettings): string {
  return `exporter over the native protocol, async_insert true, compress lz4, timeout 30s; sending_queue of 10 consumers and 1000 requests with block_on_overflow; batches of ${minBatch} to ${2 * minBatch} spans or ${flush}, made behind the queue (in "processor+disk" before it, by the batch processor); disk: file_storage with fsync`
}

async function startPeer(settings: PeerSettings, dir: string, queue: Queue, processor: boolean): Promise<Live> {
  mkdirSync(dir, { recursive: true })
  const tcpPort = await freePort()
  const engine = await startEngine({ dataDir: join(dir, 'engine'), httpPort: 0, tcpPort, databases: ['otel'], log: pino({ level: 'warn' }, pino.destination(2)) })
  const clickhouse = createClickHouse({ ...engine.reader, database: 'otel' })
  const startOnce = async (): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
    const [configFile, logFile] = [join(dir, 'otelcol.yaml'), join(dir, 'otelcol.log')]
    const [httpPort, grpcPort] = [await freePort(), await freePort()]
    writeFileSync(configFile, stringify(peerConfig(settings, { engine, tcpPort, httpPort, grpcPort, queueDir: join(dir, 'queue'), queue, processor })), { mode: 0o600 })
    const log = openSync(logFile, 'w')
    const child = spawn(settings.binary, ['--config', `file:${configFile}`], { stdio: ['ignore', log, log], env: { PATH: process.env['PATH'] } })
    closeSync(log)
    const url = `http://127.0.0.1:${httpPort}`
    await untilTaken(url, child, logFile)
    return { child, url }
  }
  const start = async (): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await startOnce()
      } catch (error) {
        // A port may have been given away in between, and the embedded engine may be starting again: it was seen to abort (SIGABRT)
        // right after a kill of the peer. A service manager would try again too.
        if (tries === START_TRIES) throw error
        process.stderr.write(`tried again: ${String(error).slice(0, 400)}\n`)
        await delay(500)
      }
    }
  }
  let running: Awaited<ReturnType<typeof start>>
  try {
    running = await start()
  } catch (error) {
    await engine.stop()
    throw error
  }
  return {
    get url() {
      return running.url
    },
    get collectorPid() {
      return pidOf(running.child)
    },
    get enginePid() {
      return engine.pid()
    },
    clickhouse,
    async killAndRestart() {
      await kill(running.child)
      running = await start()
    },
    async close() {
      await stop({ process: running.child, pid: pidOf(running.child) })
      await clickhouse.close()
      await engine.stop()
    },
  }
}

type Places = { readonly engine: RunningEngine; readonly tcpPort: number; readonly httpPort: number; readonly grpcPort: number; readonly queueDir: string; readonly queue: Queue; readonly processor: boolean }

/** The collector's configuration file. Its exporter makes database and tables itself, by the account that may. */
function peerConfig({ minBatch, flush }: PeerSettings, { engine, tcpPort, httpPort, grpcPort, queueDir, queue, processor }: Places): object {
  const disk = queue === 'disk'
  return {
    ...(disk ? { extensions: { file_storage: { directory: queueDir, create_directory: true, fsync: true } } } : {}),
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${httpPort}` }, grpc: { endpoint: `127.0.0.1:${grpcPort}` } } } },
    ...(processor ? { processors: { batch: { send_batch_size: minBatch, send_batch_max_size: 2 * minBatch, timeout: flush } } } : {}),
    exporters: {
      clickhouse: {
        endpoint: `tcp://127.0.0.1:${tcpPort}?dial_timeout=10s`,
        database: 'otel',
        username: engine.migrator.user,
        password: engine.migrator.password,
        async_insert: true,
        compress: 'lz4',
        // The default of 5 s is short for two cores under load, and an insert that is given up but stored would be a double of the bench's making.
        timeout: '30s',
        sending_queue: {
          num_consumers: 10,
          queue_size: 1000,
          block_on_overflow: true,
          ...(disk ? { storage: 'file_storage' } : {}),
          ...(processor ? {} : { batch: { min_size: minBatch, max_size: 2 * minBatch, flush_timeout: flush } }),
        },
      },
    },
    service: {
      ...(disk ? { extensions: ['file_storage'] } : {}),
      telemetry: { logs: { level: 'warn' }, metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], ...(processor ? { processors: ['batch'] } : {}), exporters: ['clickhouse'] } },
    },
  }
}

const READY_MS = 30_000
const START_TRIES = 5

async function untilTaken(url: string, child: ChildProcess, log: string): Promise<void> {
  const deadline = performance.now() + READY_MS
  for (;;) {
    const taken = await fetch(`${url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (taken) return
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`the OpenTelemetry Collector did not start: ${readFileSync(log, 'utf8').slice(-2_000)}`)
    await delay(20)
  }
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
