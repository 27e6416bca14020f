// The write-ahead log → ClickHouse: reads requests in order, makes rows, leaves out what was received before, inserts in
// batches, and releases the log. It waits as long as ClickHouse is away, and never drops a row by itself.
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock, Random } from '../../core/seams.ts'
import type { TableName } from '../../core/tables.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { SegmentedLog } from '../../store/log/log.ts'
import type { Counters } from '../counters.ts'
import type { Item } from '../decode/decode-request.ts'
import { itemsOf, KEEP_MS, splitRecord } from '../wal/wal.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { DecodedRows } from './decoded-rows.ts'
import { splitByDays } from './group-rows.ts'
import { insertRows } from './insert-rows.ts'
import type { BatchRow, InsertSeams } from './insert-rows.ts'
import { createRecentKeys } from './recent-keys.ts'
import type { RecentKeys } from './recent-keys.ts'

const BATCH_ROWS = 20_000
const BATCH_BYTES = 32 * 1024 * 1024
const LINGER_MS = 200
const FIRST_BACKOFF_MS = 200
const LONGEST_BACKOFF_MS = 10_000

export type WriterOptions = {
  readonly wal: SegmentedLog
  readonly clickhouse: ClickHouse
  readonly deadLetters: DeadLetters
  readonly counters: Counters
  /** Rows decoded at receipt; saves decoding them again. */
  readonly decoded: DecodedRows
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export interface Writer {
  /** Resolves when everything acknowledged so far is in ClickHouse (or a dead letter). Never while ClickHouse stays away. */
  settled(): Promise<void>
  /** Whether the last insert succeeded. */
  healthy(): boolean
  /** Writes on for up to `deadlineMs`, then stops; what is left stays in the log. */
  stop(deadlineMs: number): Promise<void>
}

type Batch = { readonly tables: Map<TableName, BatchRow[]>; readonly upTo: number; readonly suspect: boolean; readonly full: boolean; readonly deduplicated: number; readonly lost: number }

class Stopped extends Error {}

/** What an item is known by across tables; spans keep the bare form that packs well. */
function identity({ table, key }: Item): string {
  return table === 'spans' ? key : `${table} ${key}`
}

/** Starts writing. The positions up to where the log ends now may have been inserted by an earlier process. */
export function startWriter(options: WriterOptions): Writer {
  const { wal, clickhouse, deadLetters, counters, decoded, clock, random, log } = options
  // Up to here rows may be in ClickHouse already: an earlier process, or an interrupted pass of this one, may have sent them.
  let doubtfulUpTo = wal.end()
  const stopping = new AbortController()
  let hurried = 0
  let wakeLinger: (() => void) | undefined
  let healthy = true
  const settlers = new Set<() => void>()

  function pause(ms: number): Promise<void> {
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

  const seams: InsertSeams = {
    clickhouse,
    log,
    onInsert: (clean) => {
      healthy = clean
      if (clean) counters.inserts += 1
      else counters.failedInserts += 1
    },
    deadLetter: async (table, { batch, row }, reason) => {
      await deadLetters.add({ table, batch, reason, row })
      log.error({ table, batch, reason }, 'a row cannot be stored; it is in the dead letter file')
    },
    backOff: async (attempt) => {
      const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt - 1, 10))
      await pause(ceiling * (0.5 + random.next() / 2))
      if (stopping.signal.aborted) throw new Stopped()
    },
  }

  /** The rows of a record; none, and a dead letter, when the record cannot be read any more. */
  async function itemsAt(position: number, record: Uint8Array): Promise<{ items: readonly Item[]; lost: number }> {
    const known = decoded.take(position)
    if (known !== undefined) return { items: known, lost: 0 }
    try {
      const { header, body } = splitRecord(record)
      try {
        const items = await itemsOf(header, body)
        return { items, lost: Math.max(0, header.items - items.length) }
      } catch (error) {
        await deadLetters.add({ table: header.signal, batch: `${wal.id}-${position}`, reason: error instanceof Error ? error.message : String(error), row: { header, body: Buffer.from(body).toString('base64') } })
        return { items: [], lost: header.items }
      }
    } catch (error) {
      log.error({ err: error, position }, 'a record of the write-ahead log cannot be read')
      return { items: [], lost: 0 }
    }
  }

  /** Remembers what an earlier process stored within the window. */
  async function rebuild(): Promise<RecentKeys> {
    const recent = createRecentKeys(KEEP_MS, () => log.warn({ windowMs: KEEP_MS }, 'more spans than can be remembered: the window in which a span sent again is recognised is shorter now'))
    const since = clock.nowMs() - KEEP_MS
    const upTo = wal.released()
    for await (const { position, record, timeMs } of wal.read(0)) {
      if (position > upTo || stopping.signal.aborted) break
      if (timeMs < since) continue
      try {
        const { header, body } = splitRecord(record)
        for (const item of await itemsOf(header, body)) recent.add(identity(item), clock.nowMs())
      } catch (error) {
        log.warn({ err: error, position }, 'a kept record cannot be read; its spans would be stored again if they were sent again')
      }
    }
    return recent
  }

  async function gather(recent: RecentKeys): Promise<Batch | undefined> {
    const tables = new Map<TableName, BatchRow[]>()
    let upTo = wal.released()
    let suspect = false
    let rows = 0
    let bytes = 0
    let deduplicated = 0
    let lost = 0
    let full = false
    const started = clock.monotonicMs()
    for (;;) {
      for await (const { position, record } of wal.read(upTo)) {
        const found = await itemsAt(position, record)
        lost += found.lost
        const batch = `${wal.id}-${position}`
        const now = clock.nowMs()
        for (const item of found.items) {
          const { table, key, row } = item
          if (!recent.add(identity(item), now)) {
            deduplicated += 1
            continue
          }
          const group = tables.get(table)
          if (group === undefined) tables.set(table, [{ key, batch, row }])
          else group.push({ key, batch, row })
          rows += 1
        }
        if (position <= doubtfulUpTo) suspect = true
        upTo = position
        bytes += record.length
        full = rows >= BATCH_ROWS || bytes >= BATCH_BYTES
        if (full) break
      }
      const left = LINGER_MS - (clock.monotonicMs() - started)
      if (full || left <= 0 || hurried > 0 || stopping.signal.aborted) break
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        wakeLinger = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      wakeLinger = undefined
    }
    return upTo === wal.released() ? undefined : { tables, upTo, suspect, full, deduplicated, lost }
  }

  async function write(batch: Batch): Promise<void> {
    let stored = 0
    let refused = batch.lost
    for (const [table, rows] of batch.tables) {
      for (const part of splitByDays(table, rows)) {
        const taken = await insertRows(seams, table, part, batch.suspect)
        stored += taken
        refused += part.length - taken
      }
    }
    await wal.release(batch.upTo)
    // Together, so that the balance holds at every moment, and only once the batch cannot come again.
    counters.stored += stored
    counters.deduplicated += batch.deduplicated
    counters.deadLettered += refused
    decoded.forget(batch.upTo)
    for (const settle of [...settlers]) settle()
  }

  /** One pass: until the process stops, or something unforeseen happens. What it remembers dies with it. */
  async function pass(): Promise<void> {
    const recent = await rebuild()
    while (!stopping.signal.aborted) {
      await wal.waitBeyond(wal.released(), stopping.signal)
      if (stopping.signal.aborted) return
      const batch = await gather(recent)
      if (batch !== undefined) await write(batch)
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
