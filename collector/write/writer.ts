// The write-ahead log → ClickHouse: gathers batches, inserts them, remembers their keys, and releases the log. It waits as long as
// ClickHouse is away, and never drops a row by itself.
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock, Random } from '../../core/seams.ts'
import type { TableName } from '../../core/tables.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { Position } from '../../store/log/frame.ts'
import type { SegmentedLog } from '../../store/log/log.ts'
import { waiting, type Counters } from '../counters.ts'
import type { ForeignOptions } from '../decode/span-row.ts'
import type { Arrivals } from './arrivals.ts'
import { hoursOf, keyOfRow, objectOf, splitByDays, type BatchRow } from './batch-rows.ts'
import type { DeadLetters } from './dead-letters.ts'
import { gather, type Batch } from './gather.ts'
import { insertRows, type Doubt, type InsertSeams } from './insert-rows.ts'
import type { KeyJournal } from './key-journal.ts'
import { rememberedKeys } from './remembered-keys.ts'

const FIRST_BACKOFF_MS = 200
const LONGEST_BACKOFF_MS = 10_000

export type WriterOptions = {
  readonly wal: SegmentedLog
  readonly clickhouse: ClickHouse
  /** Name of the cluster that tables are spread over; `undefined`: one server. */
  readonly cluster: string | undefined
  readonly deadLetters: DeadLetters
  readonly journal: KeyJournal
  readonly counters: Counters
  /** Is told the hours of spans before they are inserted; what it answers is called after. */
  readonly beforeInsert: (hours: Iterable<number>) => Promise<() => void>
  /** The same rows, without what was to be forgotten. */
  readonly amend: (table: TableName, rows: readonly BatchRow[]) => readonly BatchRow[]
  /** Requests decoded at receipt; saves decoding them again. */
  readonly arrivals: Arrivals
  /** Our own price book, and whether texts are kept, for spans of other senders. */
  readonly foreign: ForeignOptions
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export interface Writer {
  /** Resolves when everything acknowledged so far is in ClickHouse (or a dead letter). Never while ClickHouse stays away. */
  settled(): Promise<void>
  /** Resolves when the batch at hand, if any, is in ClickHouse: what is gathered from here on has not been looked at yet. */
  batchDone(): Promise<void>
  /** Whether the last insert succeeded. */
  healthy(): boolean
  /** Writes on for up to `deadlineMs`, then stops; what is left stays in the log. */
  stop(deadlineMs: number): Promise<void>
}

class Stopped extends Error {}

/** Starts writing. The positions up to where the log ends now may have been inserted by an earlier process. */
export function startWriter(options: WriterOptions): Writer {
  const { wal, clickhouse, deadLetters, journal, counters, arrivals, clock, random, log } = options
  // Up to here rows may be in ClickHouse already: an earlier process, or an interrupted pass of this one, may have sent them.
  let doubtfulUpTo = wal.end()
  const stopping = new AbortController()
  let hurried = 0
  let wakeLinger: (() => void) | undefined
  let healthy = true
  const settlers = new Set<() => void>()

  function pause(ms: number): Promise<void> {
    if (stopping.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        stopping.signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      stopping.signal.addEventListener('abort', done)
    })
  }

  const backOff = async (attempt: number): Promise<void> => {
    const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt - 1, 10))
    await pause(ceiling * (0.5 + random.next() / 2))
    if (stopping.signal.aborted) throw new Stopped()
  }
  const seams: InsertSeams = {
    clickhouse,
    cluster: options.cluster,
    log,
    onInsert: (clean) => {
      healthy = clean
      if (clean) counters.inserts += 1
      else counters.failedInserts += 1
    },
    deadLetter: async (table, row, reason) => {
      await deadLetters.add({ kind: 'row', table, key: keyOfRow(row), batch: row.batch, reason, row: objectOf(row) })
      log.error({ table, batch: row.batch, reason }, 'a row cannot be stored; it is in the dead letter file')
    },
    backOff,
  }
  // A log that lost its name has batches that nobody can look for.
  const doubtOf = (position: Position): Doubt => (position > doubtfulUpTo ? 'new' : wal.isRenamed ? 'by_key' : 'by_batch')

  async function linger(ms: number): Promise<boolean> {
    if (ms <= 0 || hurried > 0 || stopping.signal.aborted) return false
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeLinger = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    wakeLinger = undefined
    return true
  }

  let atHand: Position = 0
  async function write(batch: Batch): Promise<void> {
    atHand = batch.upTo
    let stored = 0
    let refused = batch.undecodable
    for (const [table, rows] of batch.tables) {
      for (const part of splitByDays(options.amend(table, rows))) {
        const inserted = table === 'spans' ? await untilTaken(() => options.beforeInsert(hoursOf(part))) : undefined
        try {
          const taken = await insertRows(seams, table, part, batch.doubt)
          stored += taken
          refused += part.length - taken
        } finally {
          inserted?.()
        }
      }
    }
    // Before the log lets go: a span sent again after a crash must be known.
    await untilTaken(() => journal.add(batch.keys))
    await wal.release(batch.upTo)
    // Together, so that the balance holds at every moment, and only once the batch cannot come again.
    counters.stored += stored
    counters.deduplicated += batch.deduplicated
    counters.deadLettered += refused
    arrivals.forget(batch.upTo)
    // With nothing left in the log, what is still counted as waiting was in a damaged segment.
    if (wal.released() === wal.end()) counters.lost += Math.max(0, waiting(counters))
    for (const settle of [...settlers]) settle()
  }

  /** Tries until the disk, or ClickHouse, takes it. */
  async function untilTaken<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof WeighbridgeError) || error.code === 'internal') throw error
        healthy = false
        log[attempt === 1 ? 'warn' : 'debug']({ err: error, attempt }, 'a step of writing failed; rows wait on disk')
        await backOff(attempt)
      }
    }
  }

  /** One pass: until the process stops, or something unforeseen happens. What it remembers dies with it. */
  async function pass(): Promise<void> {
    const recent = await rememberedKeys({ journal, clickhouse, hasHistory: wal.end() > 0, clock, log, backOff })
    counters.knownKeys = () => recent.size()
    while (!stopping.signal.aborted) {
      await wal.waitBeyond(wal.released(), stopping.signal)
      if (stopping.signal.aborted) return
      const batch = await gather({ wal, arrivals, deadLetters, recent, runningMs: journal.runningMs, doubtOf, foreign: options.foreign, clock, log, linger }, wal.released())
      if (batch.upTo > wal.released()) await write(batch)
    }
  }

  async function run(): Promise<void> {
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      try {
        await pass()
      } catch (error) {
        if (error instanceof Stopped) return
        healthy = false
        doubtfulUpTo = wal.end()
        log.error({ err: error }, 'writing was interrupted; it starts again from the write-ahead log')
        await pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 10)))
      }
    }
  }
  const running = run()

  function settledUpTo(target: number): Promise<void> {
    if (wal.released() >= target) return Promise.resolve()
    hurried += 1
    wakeLinger?.()
    return new Promise((resolve) => {
      const check = (): void => {
        if (wal.released() < target) return
        settlers.delete(check)
        hurried -= 1
        resolve()
      }
      settlers.add(check)
    })
  }

  return {
    settled: () => settledUpTo(wal.end()),
    batchDone: () => settledUpTo(atHand),
    healthy: () => healthy,
    async stop(deadlineMs) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, deadlineMs)
      })
      await Promise.race([settledUpTo(wal.end()), running, late])
      clearTimeout(timer)
      stopping.abort()
      wakeLinger?.()
      await running
      if (wal.released() < wal.end()) {
        const error = new WeighbridgeError('clickhouse_unreachable', `${wal.stats().records} requests are not in ClickHouse yet; they wait on disk for the next start.`)
        log.warn({ err: error }, 'the collector stops with requests waiting')
      }
    },
  }
}
