// The next batch out of the write-ahead log: requests in order, from memory where they are still held, else from disk; what was
// received before is left out. Nothing is inserted here.
import type { Logger } from 'pino'
import type { Clock } from '../../core/seams.ts'
import type { TableName } from '../../core/tables.ts'
import type { Position } from '../../store/log/frame.ts'
import type { SegmentedLog } from '../../store/log/log.ts'
import { keyOf, type EncodedRows } from '../decode/encoded-rows.ts'
import type { ForeignOptions } from '../decode/span-row.ts'
import { rowsOf, splitRecord } from '../wal/wal.ts'
import type { Arrivals } from './arrivals.ts'
import type { BatchRow } from './batch-rows.ts'
import type { DeadLetter, DeadLetters } from './dead-letters.ts'
import type { Doubt } from './insert-rows.ts'
import type { RecentKeys } from './recent-keys.ts'
import { KEY_WORDS, writeKey } from './row-keys.ts'

const BATCH_ROWS = 50_000
const BATCH_BYTES = 32 * 1024 * 1024
/** Rows whose identity must be looked for one by one: fewer at once. */
const BATCH_ROWS_BY_KEY = 2_000
/** How long the first row of a batch waits for company. */
const LINGER_MS = 250
/**
 * Where that much company has come by then, it goes on waiting for up to this long: every insert is a part, and what parts cost is to
 * merge them. Measured per span of the engine's processor time, merges included: 33 µs in inserts of 6,000 rows, 5 µs in those of 50,000.
 */
const BUSY_ROWS = 1_000
const BUSY_LINGER_MS = 2_000

/** What one insert per table will store. */
export type Batch = {
  readonly tables: ReadonlyMap<TableName, readonly BatchRow[]>
  /** Everything up to here is in this batch, in an earlier one, or unreadable. */
  readonly upTo: Position
  readonly doubt: Doubt
  readonly deduplicated: number
  /** Items of requests that cannot be decoded any more; they are in the dead letters. */
  readonly undecodable: number
  /** The keys that this batch adds, six words each. */
  readonly keys: Uint32Array
}

export type GatherOptions = {
  readonly wal: SegmentedLog
  readonly arrivals: Arrivals
  readonly deadLetters: DeadLetters
  readonly recent: RecentKeys
  /** Time by which keys age. */
  readonly runningMs: () => number
  /** How a record at a position that an earlier pass may have sent is looked at. */
  readonly doubtOf: (position: Position) => Doubt
  readonly foreign: ForeignOptions
  readonly clock: Clock
  readonly log: Logger
  /** Waits for company; returns at once when nobody should wait. */
  readonly linger: (ms: number) => Promise<boolean>
}

/** A growing list of keys. */
class KeyList {
  #words = new Uint32Array(1_024 * KEY_WORDS)
  #length = 0
  push(key: Uint32Array): void {
    if (this.#length + KEY_WORDS > this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2)
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words.set(key, this.#length)
    this.#length += KEY_WORDS
  }
  all(): Uint32Array {
    return this.#words.subarray(0, this.#length)
  }
}

/** Gathers one batch that begins after `from`. */
export async function gather(options: GatherOptions, from: Position): Promise<Batch> {
  const { wal, arrivals, clock } = options
  const building = new Building(options, from)
  const started = clock.monotonicMs()
  let seen = 0
  for (;;) {
    const reached = wal.end()
    while (building.upTo < reached && !building.full) {
      const arrival = arrivals.takeAt(building.upTo)
      if (arrival !== undefined) {
        if (!building.take(arrival.position, arrival.rows, options.doubtOf(arrival.position))) break
        continue
      }
      if (!(await fromDisk(options, building, reached))) break
    }
    if (building.full) return building.batch()
    // Company that has stopped coming is not waited for.
    const isBusy = building.rows >= BUSY_ROWS && building.rows > seen
    seen = building.rows
    const left = (isBusy ? BUSY_LINGER_MS : LINGER_MS) - (clock.monotonicMs() - started)
    // In steps, so that a batch that is full does not wait.
    if (!(await options.linger(Math.min(left, LINGER_MS)))) return building.batch()
  }
}

/** Takes records from disk until one is in memory again; false when the batch must end here. */
async function fromDisk({ wal, arrivals, deadLetters, doubtOf, foreign, log }: GatherOptions, building: Building, reached: Position): Promise<boolean> {
  let found = false
  for await (const { position, record } of wal.read(building.upTo)) {
    found = true
    let rows: readonly EncodedRows[] = []
    let doubt = doubtOf(position)
    let lost = 0
    let letter: DeadLetter | undefined
    try {
      const { header, body } = splitRecord(record)
      if (header.signal === 'rows' || header.replayed === true) doubt = 'by_key'
      try {
        rows = await rowsOf(header, body, foreign)
        lost = header.items - rows.reduce((sum, { ends }) => sum + ends.length, 0)
      } catch (error) {
        lost = header.items
        letter = { kind: 'request', signal: header.signal, batch: `${wal.id}-${position}`, reason: error instanceof Error ? error.message : String(error), header, body: Buffer.from(body).toString('base64') }
      }
    } catch (error) {
      log.error({ err: error, position }, 'a record of the write-ahead log cannot be read')
    }
    if (!building.take(position, rows, doubt)) return false
    // Only now: a record that belongs into the next batch comes again.
    if (letter !== undefined) await deadLetters.add(letter)
    building.undecodable += Math.max(0, lost)
    if (building.full || position >= reached || arrivals.beginsAt(position)) return true
  }
  // Nothing up to there can be read: the log has set the damage aside, and waiting for more of it would never end.
  if (!found) building.skipTo(reached)
  return true
}

/** A batch as it grows. */
class Building {
  upTo: Position
  full = false
  undecodable = 0
  rows = 0
  readonly #options: GatherOptions
  readonly #tables = new Map<TableName, BatchRow[]>()
  readonly #keys = new KeyList()
  readonly #key = new Uint32Array(KEY_WORDS)
  /** Of rows whose identity is asked of ClickHouse: it cannot know yet what this batch itself holds twice. */
  readonly #own = new Set<string>()
  #doubt: Doubt | undefined
  #bytes = 0
  #deduplicated = 0

  constructor(options: GatherOptions, from: Position) {
    this.#options = options
    this.upTo = from
  }

  skipTo(position: Position): void {
    this.upTo = Math.max(this.upTo, position)
  }

  /** Takes the rows of a record; false when it belongs into a batch of its own, because less or more is known of it. */
  take(position: Position, all: readonly EncodedRows[], doubt: Doubt): boolean {
    if (this.#doubt !== undefined && this.#doubt !== doubt && this.rows > 0) {
      this.full = true
      return false
    }
    this.#doubt = doubt
    const { recent, runningMs, wal } = this.#options
    const batch = `${wal.id}-${position}`
    const nowMs = runningMs()
    for (const rows of all) {
      let group = this.#tables.get(rows.table)
      if (group === undefined) this.#tables.set(rows.table, (group = []))
      for (let index = 0; index < rows.ends.length; index += 1) {
        writeKey(rows, index, this.#key)
        const isNew = recent.add(this.#key, nowMs)
        if (isNew) this.#keys.push(this.#key)
        // A row that was set aside is known already; whether it is stored is asked of ClickHouse.
        if (doubt === 'by_key' ? this.#isOwn(`${rows.table} ${keyOf(rows, index)}`) : !isNew) {
          this.#deduplicated += 1
          continue
        }
        group.push({ rows, index, batch })
        this.rows += 1
      }
      this.#bytes += rows.bytes.length
    }
    this.upTo = position
    this.full = this.rows >= (doubt === 'by_key' ? BATCH_ROWS_BY_KEY : BATCH_ROWS) || this.#bytes >= BATCH_BYTES
    return true
  }

  #isOwn(key: string): boolean {
    if (this.#own.has(key)) return true
    this.#own.add(key)
    return false
  }

  batch(): Batch {
    return { tables: this.#tables, upTo: this.upTo, doubt: this.#doubt ?? 'new', deduplicated: this.#deduplicated, undecodable: this.undecodable, keys: this.#keys.all() }
  }
}
