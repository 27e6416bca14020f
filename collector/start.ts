// The collector, put together back to front: dead letters and ClickHouse, the writer over the write-ahead log, the receiver
// that appends to it. A 200 means the bytes are synced; everything after that survives whatever dies.
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { WeighbridgeError } from '../core/errors.ts'
import { systemRandom } from '../core/seams.ts'
import type { Clock, Random } from '../core/seams.ts'
import type { ClickHouse } from '../store/clickhouse/clickhouse.ts'
import type { LogDisk } from '../store/log/disk.ts'
import { FRAME_HEADER_BYTES } from '../store/log/frame.ts'
import { clusterForm, SINGLE_SERVER } from './migrate/define.ts'
import type { CollectorAdmin } from './receive/admin.ts'
import { collectorStatus } from './status.ts'
import { erase } from './write/erase.ts'
import { openForgotten } from './write/forgotten.ts'
import { replayDeadLetters } from './write/replay.ts'
import { newCounters, prometheusText, waiting } from './counters.ts'
import type { ForeignOptions } from './decode/span-row.ts'
import { createReceiver, type TlsFiles } from './receive/receiver.ts'
import { startRollups } from './rollup/rollups.ts'
import { encodeRecord, headerOf, openWal } from './wal/wal.ts'
import { holdArrivals } from './write/arrivals.ts'
import { deadLetterFile } from './write/dead-letters.ts'
import { openKeyJournal } from './write/key-journal.ts'
import { KEEP_MS } from './write/remembered-keys.ts'
import { startWriter } from './write/writer.ts'

/** How long a request to forget waits for rows under way. */
const FORGET_WAIT_MS = 15_000
const DEFAULT_WAL_BYTES = 4 * 1024 * 1024 * 1024
const IN_FLIGHT_BYTES = 256 * 1024 * 1024
/** Rows kept decoded between receipt and insert; beyond it they are decoded again out of the log. */
const ARRIVAL_BYTES = 96 * 1024 * 1024
/** Bound of the journal of recent keys: 44 million of them. */
const JOURNAL_BYTES = 1024 * 1024 * 1024

export type CollectorOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Holds `wal/`, `recent/` and `dead-letter.jsonl`; one collector per directory. */
  readonly dataDir: string
  /** Under an account that may SELECT, INSERT and KILL QUERY. The caller closes it, after the collector. */
  readonly clickhouse: ClickHouse
  /** Name of the cluster that tables are spread over; `undefined`: one server. */
  readonly cluster?: string | undefined
  /** Whether the cluster's tables are Replicated ones; default true. */
  readonly isReplicated?: boolean
  readonly clock: Clock
  readonly log: Logger
  /** Largest body before and after decompression. */
  readonly maxBodyBytes: number
  /** Senders must show it; `undefined`: none is needed. */
  readonly token?: string
  /** Needed besides for what changes stored rows (`/admin/forget`, `/admin/replay`); without it `token` is enough. */
  readonly adminToken?: string | undefined
  /** Certificate and key in PEM, to serve HTTPS; `undefined`: plain HTTP. */
  readonly tls?: TlsFiles | undefined
  /** Names by which senders may ask for it besides loopback and `host`. */
  readonly allowedHosts?: readonly string[]
  /** Bound of the write-ahead log, default 4 GiB; at it senders are asked to come again. */
  readonly maxWalBytes?: number
  /** Days that ClickHouse keeps spans; `undefined`: for ever. Hours about to lose rows are not summed up again. */
  readonly spansKeptDays?: number | undefined
  /** Milliseconds that a request to forget waits for rows under way; default 15,000. */
  readonly forgetWaitMs?: number | undefined
  /** Milliseconds between two looks for hours to sum up; Infinity: only when asked. */
  readonly sumUpEveryMs?: number | undefined
  /** Our own price book, and whether texts are kept, for spans of other senders. */
  readonly foreign?: ForeignOptions | undefined
  readonly random?: Random
  /** Default: the machine's disk. */
  readonly disk?: LogDisk
}

/** received = stored + deduplicated + deadLettered + lost + waiting. */
export type CollectorStats = { readonly received: number; readonly stored: number; readonly deduplicated: number; readonly deadLettered: number; readonly lost: number; readonly waiting: number; readonly rejected: number; readonly failedInserts: number; readonly walBytes: number }

export type RunningCollector = {
  /** Base address for OTLP/HTTP, without /v1/…. */
  readonly url: string
  readonly port: number
  stats(): CollectorStats
  /** Resolves when everything acknowledged so far can be queried; never while ClickHouse is away. */
  settled(): Promise<void>
  /** Sums up every hour that is over and not summed up yet; how many. */
  sumUpHours(): Promise<number>
  /** Takes nothing new, writes what waits for up to `deadlineMs`; the rest waits on disk. */
  close(options: { deadlineMs: number }): Promise<void>
}

function urlOf(scheme: 'http' | 'https', host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  return `${scheme}://${name}:${port}`
}

/** Whether it settles in so many milliseconds. */
async function within(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}

/** Starts it; ClickHouse may be away. Throws `port_taken`, or `data_dir_locked` when another collector uses the directory. */
export async function startCollector(options: CollectorOptions): Promise<RunningCollector> {
  const { host, dataDir, clickhouse, clock, log } = options
  const foreign = options.foreign ?? {}
  const disk = options.disk === undefined ? {} : { disk: options.disk }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const counters = newCounters()
  const wal = await openWal({
    dir: join(dataDir, 'wal'),
    maxBytes: options.maxWalBytes ?? DEFAULT_WAL_BYTES,
    log,
    clock,
    // What an earlier process acknowledged and did not finish.
    onRecord: (record) => {
      try {
        counters.received += headerOf(record).items
      } catch (error) {
        log.error({ err: error }, 'a record of the write-ahead log cannot be read')
      }
    },
    ...disk,
  })
  const journal = await openKeyJournal({ dir: join(dataDir, 'recent'), windowMs: KEEP_MS, maxBytes: JOURNAL_BYTES, clock, log, ...disk })
  const arrivals = holdArrivals(ARRIVAL_BYTES)
  const deadLetters = deadLetterFile(join(dataDir, 'dead-letter.jsonl'), clock)
  const forgotten = await openForgotten(join(dataDir, 'forgotten.json'), clock, (error) => log.error({ err: error }, 'the list of whom to forget cannot be read; late rows about them would be stored'))
  const form = options.cluster === undefined ? SINGLE_SERVER : clusterForm({ cluster: options.cluster, database: clickhouse.database, replicated: options.isReplicated ?? true })
  const rollups = startRollups({ clickhouse, form, clock, log, retentionDays: options.spansKeptDays, everyMs: options.sumUpEveryMs, onBuilt: () => (counters.hoursBuilt += 1) })
  const writer = startWriter({ wal, clickhouse, cluster: options.cluster, deadLetters, journal, counters, beforeInsert: rollups.beforeInsert, amend: forgotten.amend, arrivals, foreign, clock, random: options.random ?? systemRandom, log })
  let appendFailing = false

  const admin: CollectorAdmin = {
    status: () => collectorStatus({ dataDir, clickhouse, counters, wal, journal, isHealthy: () => writer.healthy(), clock }),
    async replay() {
      const done = await replayDeadLetters(deadLetters, wal, clock.nowMs(), (items) => {
        counters.received += items
        counters.replayed += items
      })
      log.info(done, 'dead letters were taken up again')
      return done
    },
    async forget(subject, name) {
      // From here on rows that arrive do not bring it back; those on their way into ClickHouse are waited for.
      await forgotten.add(subject, name)
      await within(writer.settled(), options.forgetWaitMs ?? FORGET_WAIT_MS)
      // Rows that were looked at before would arrive after, with the name on them.
      if (!(await within(writer.batchDone(), 0))) throw new WeighbridgeError('clickhouse_unreachable', 'Rows are on their way into ClickHouse, and it does not take them.', { remedy: 'Ask again once ClickHouse answers. What is inserted later does not bring the subject back.' })
      const erased = await erase(clickhouse, form, subject, name)
      log.info({ subject, ...erased }, 'a subject was forgotten')
      return erased
    },
  }
  const receiver = createReceiver({
    admin,
    tls: options.tls,
    guard: { boundHost: host, allowedHosts: options.allowedHosts ?? [], token: options.token, adminToken: options.adminToken },
    maxBodyBytes: options.maxBodyBytes,
    maxInFlightBytes: Math.max(IN_FLIGHT_BYTES, options.maxBodyBytes),
    foreign,
    async store({ signal, encoding, compressed, receivedMs, raw, rows, items }) {
      try {
        const record = encodeRecord({ v: 1, signal, encoding, compressed, received_ms: receivedMs, items, ...(foreign.keepsText === true ? { keeps_text: true } : {}) }, raw)
        const position = await wal.append(record)
        appendFailing = false
        counters.received += items
        arrivals.put({ start: position - FRAME_HEADER_BYTES - record.length, position, rows, items })
      } catch (error) {
        if (!appendFailing) log.error({ err: error }, 'requests cannot be written to disk; senders are asked to come again')
        appendFailing = true
        throw error
      }
    },
    ready: () => ({ ok: !appendFailing, facts: { clickhouse: writer.healthy() ? 'ok' : 'waiting', waiting: waiting(counters) } }),
    metrics: () => prometheusText(counters, wal.stats(), clock.nowMs()),
    counters,
    clock,
    log,
  })

  const { server } = receiver
  try {
    server.listen(options.port, host)
    await once(server, 'listening')
  } catch (cause) {
    await writer.stop(0)
    await rollups.stop()
    await journal.close()
    await wal.close()
    const taken = cause instanceof Error && 'code' in cause && (cause.code === 'EADDRINUSE' || cause.code === 'EACCES')
    throw taken ? new WeighbridgeError('port_taken', `The collector cannot listen on ${host}:${options.port}.`, { cause }) : cause
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port

  let closed: Promise<void> | undefined
  return {
    url: urlOf(options.tls === undefined ? 'http' : 'https', host, port),
    port,
    stats: () => ({
      received: counters.received,
      stored: counters.stored,
      deduplicated: counters.deduplicated,
      deadLettered: counters.deadLettered,
      lost: counters.lost,
      waiting: waiting(counters),
      rejected: counters.rejected,
      failedInserts: counters.failedInserts,
      walBytes: wal.stats().bytes,
    }),
    settled: () => writer.settled(),
    sumUpHours: () => rollups.buildDue(),
    close({ deadlineMs }) {
      closed ??= (async () => {
        const started = clock.monotonicMs()
        await receiver.close(deadlineMs)
        await writer.stop(Math.max(0, deadlineMs - (clock.monotonicMs() - started)))
        await rollups.stop()
        await journal.close()
        await wal.close()
      })()
      return closed
    },
  }
}
