// A durable log in numbered segment files: records in, the same records out in order, until they are released.
// Used by the router's spool and the collector's write-ahead log. It knows nothing of what a record means.
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, truncate, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock } from '../../core/seams.ts'
import type { Clock } from '../../core/seams.ts'
import { readCursor, readName, writeCursor, writeName } from './cursor.ts'
import { realDisk, syncDirectory, writeFailure } from './disk.ts'
import type { LogDisk } from './disk.ts'
import { FRAME_HEADER_BYTES, MAX_RECORD_BYTES, writeFrame } from './frame.ts'
import type { Position } from './frame.ts'
import { lockDirectory } from './lock.ts'
import { dropCopies, setCopyAside } from './quarantine.ts'
import { readSegment, segmentBase, segmentName } from './segment.ts'

export type SegmentedLogOptions = {
  /** Its own directory; made when missing. */
  readonly dir: string
  /** A segment is closed once it is this long. Default 16 MiB, at most an eighth of `maxBytes`. */
  readonly segmentBytes?: number
  /** Bound on what lies on disk. Default 1 GiB. Released segments that are still kept make way first. */
  readonly maxBytes?: number
  /** At the bound: `reject` new records with `disk_full` (default), or `drop_oldest` whole segments, counted. */
  readonly whenFull?: 'reject' | 'drop_oldest'
  /** Released segments stay this many milliseconds. Default 0. */
  readonly keepMs?: number
  /** true: an append returns after the device has it (survives power loss). false: after the write (survives kill -9). */
  readonly fsync: boolean
  readonly log: Logger
  readonly clock?: Clock
  /** Default: the machine's disk. */
  readonly disk?: LogDisk
  /** Is shown every record found at opening that is not released, in order. */
  readonly onRecord?: (record: Uint8Array) => void
}

export type LogEntry = { readonly position: Position; readonly record: Uint8Array; readonly timeMs: number }

export type LogStats = {
  /** Bytes not yet released. */
  readonly bytes: number
  /** Bytes released and still kept. */
  readonly keptBytes: number
  /** Records not yet released. */
  readonly records: number
  /** Wall time at which the oldest record that is not released was appended; `undefined` when none waits. */
  readonly oldestMs: number | undefined
  /** Records dropped unread at the bound since the log was opened. */
  readonly dropped: number
  /** Segments with damage found since the log was opened; copies of the last few lie beside them as `.corrupt`. */
  readonly corruptSegments: number
  /** Bytes inside segments that could not be read. */
  readonly lostBytes: number
}

export interface SegmentedLog {
  /** Names this log for its whole life: positions are unique under it. */
  readonly id: string
  /** Whether the name is new although records were there: both files that hold it were unreadable. */
  readonly isRenamed: boolean
  /** Stores a record; resolves with its position once it is as durable as `fsync` promises. Throws `disk_full` (nothing stored, try later) or `body_too_large`. */
  append(record: Uint8Array): Promise<Position>
  /** The stored records after a position (default: after the last released one), in order, up to the end as it is when reached. */
  read(after?: Position): AsyncIterable<LogEntry>
  /** Resolves when a record lies beyond the position, when the signal aborts, or when the log closes. */
  waitBeyond(position: Position, signal?: AbortSignal): Promise<void>
  /** Marks everything up to and including a position as done with; never moves back. */
  release(upTo: Position): Promise<void>
  /** Position of the last durable record. */
  end(): Position
  /** Position up to which records are released. */
  released(): Position
  stats(): LogStats
  /** Finishes the appends under way, then lets go of the directory. */
  close(): Promise<void>
}

/** A segment's records: where each ends and when it was appended, in order. */
type Segment = { readonly base: Position; readonly path: string; end: Position; readonly ends: number[]; readonly times: number[]; releasedAtMs: number | undefined; readonly damagedAt: Set<Position> }
type Pending = { readonly record: Uint8Array; readonly resolve: (position: Position) => void; readonly reject: (error: Error) => void }

const WRITE_BYTES = 4 * 1024 * 1024

/** Index of the first record that ends after a position. */
function firstAfter(ends: readonly number[], position: Position): number {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ends[middle] ?? 0) <= position) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Opens the log of a directory, repairing what a crash left: an interrupted last write is cut off; a damaged stretch is
 * skipped, its segment copied aside and counted. Throws `data_dir_locked` when another process has it open.
 */
export async function openSegmentedLog(options: SegmentedLogOptions): Promise<SegmentedLog> {
  const { dir, fsync, log } = options
  const maxBytes = options.maxBytes ?? 1024 * 1024 * 1024
  const segmentBytes = options.segmentBytes ?? Math.min(16 * 1024 * 1024, Math.ceil(maxBytes / 8))
  const whenFull = options.whenFull ?? 'reject'
  const keepMs = options.keepMs ?? 0
  const clock = options.clock ?? systemClock
  const disk = options.disk ?? realDisk

  await mkdir(dir, { recursive: true, mode: 0o700 })
  const unlock = lockDirectory(dir)
  const stored = await readCursor(dir)
  const named = await readName(dir)
  const known = named ?? stored?.id
  const id = known ?? randomUUID().replaceAll('-', '').slice(0, 16)
  let released: Position = stored?.released ?? 0
  let dropped = 0
  let corruptSegments = 0
  let lostBytes = 0
  let segments: Segment[] = []

  async function setAside(segment: Segment, start: Position, end: Position): Promise<void> {
    if (segment.damagedAt.has(start)) return
    segment.damagedAt.add(start)
    lostBytes += end - start
    if (segment.damagedAt.size > 1) return
    corruptSegments += 1
    log.error({ code: 'log_corrupt', segment: segment.path, bytes: end - start }, 'a log segment is damaged; the readable records are kept and a copy is set aside')
    await setCopyAside(dir, segment.path).catch((error: unknown) => log.error({ err: error }, 'the damaged segment could not be copied aside'))
  }

  async function recover(): Promise<void> {
    const bases = (await readdir(dir)).map(segmentBase).filter((base) => base !== undefined).sort((a, b) => a - b)
    for (const [index, base] of bases.entries()) {
      const next = bases[index + 1]
      const segment: Segment = { base, path: join(dir, segmentName(base)), end: base, ends: [], times: [], releasedAtMs: undefined, damagedAt: new Set() }
      for await (const part of readSegment(segment.path, base, base, next ?? Number.MAX_SAFE_INTEGER)) {
        if (part.kind === 'record') {
          segment.end = part.end
          segment.ends.push(part.end)
          segment.times.push(part.timeMs)
          if (part.end > released) options.onRecord?.(part.record)
        } else if (next === undefined && part.tail) {
          if (part.unfinished) log.warn({ segment: segment.path, bytes: part.end - part.start }, 'cut an unfinished write off the end of the log')
          else await setAside(segment, part.start, part.end)
          await truncate(segment.path, part.start - base)
        } else {
          await setAside(segment, part.start, part.end)
          segment.end = part.end
        }
      }
      if (segment.end <= released) segment.releasedAtMs = stored?.released_at_ms ?? clock.nowMs()
      segments.push(segment)
    }
  }

  try {
    await recover()
    if (named === undefined) await writeName(dir, id, fsync)
    if (stored === undefined) await writeCursor(dir, { id, released, released_at_ms: clock.nowMs() }, fsync)
  } catch (error) {
    unlock()
    throw error
  }
  // After a lost tail the cursor may lie beyond the last record; positions are never given twice.
  let end: Position = Math.max(released, segments.at(-1)?.end ?? 0)

  const isRenamed = known === undefined && end > 0

  let active: { segment: Segment; file: FileHandle } | undefined
  let queue: Pending[] = []
  let writer: Promise<void> | undefined
  let closing = false
  const waiters = new Set<() => void>()

  const waitingBytes = (): number => segments.reduce((sum, segment) => sum + Math.max(0, segment.end - Math.max(segment.base, released)), 0)
  const totalBytes = (): number => segments.reduce((sum, segment) => sum + segment.end - segment.base, 0)

  /** Deletes segments that are wholly released and kept long enough (or in the way). The last one stays: it carries the position. */
  async function sweep(incomingBytes = 0): Promise<void> {
    const now = clock.nowMs()
    for (const segment of segments) if (segment.end <= released) segment.releasedAtMs ??= now
    let total = totalBytes() + incomingBytes
    const gone: Segment[] = []
    for (const segment of segments.slice(0, -1)) {
      if (segment.end > released) break
      if (now - (segment.releasedAtMs ?? now) < keepMs && total <= maxBytes) break
      total -= segment.end - segment.base
      gone.push(segment)
    }
    if (gone.length === 0) return
    segments = segments.filter((segment) => !gone.includes(segment))
    for (const segment of gone) await unlink(segment.path).catch((error: unknown) => log.warn({ err: error, segment: segment.path }, 'a released segment could not be deleted'))
  }

  let cursorWrite: Promise<void> | undefined
  let cursorStale = false
  /** Writes the cursor, once for all the releases that came while the last write was under way. */
  async function persistCursor(): Promise<void> {
    cursorStale = true
    cursorWrite ??= (async () => {
      while (cursorStale) {
        cursorStale = false
        await writeCursor(dir, { id, released, released_at_ms: clock.nowMs() }, fsync)
      }
    })().finally(() => {
      cursorWrite = undefined
    })
    // A stale cursor only repeats deliveries; the next release writes it again.
    await cursorWrite.catch((error: unknown) => log.warn({ err: error }, 'the log cursor could not be written'))
  }

  async function closeActive(): Promise<void> {
    const closed = active
    active = undefined
    await closed?.file.close().catch(() => undefined)
  }

  /** Begins a new segment. */
  async function activate(): Promise<{ segment: Segment; file: FileHandle }> {
    await closeActive()
    const last = segments.at(-1)
    // A segment in which nothing could be stored has the name that the next one needs.
    const reusable = last !== undefined && last.base === end ? last : undefined
    const segment: Segment = reusable ?? { base: end, path: join(dir, segmentName(end)), end, ends: [], times: [], releasedAtMs: undefined, damagedAt: new Set() }
    const file = await disk.create(segment.path)
    active = { segment, file }
    if (reusable === undefined) segments.push(segment)
    if (fsync) await syncDirectory(dir)
    await sweep()
    return active
  }

  /** Whether so many more bytes fit, after making room as configured. */
  async function makeRoom(bytes: number): Promise<boolean> {
    if (totalBytes() + bytes > maxBytes) await sweep(bytes)
    while (waitingBytes() + bytes > maxBytes) {
      if (whenFull === 'reject') return false
      const oldest = segments.find((segment) => segment.end > released)
      if (oldest === undefined) return false
      if (oldest === active?.segment) await closeActive()
      dropped += oldest.ends.length - firstAfter(oldest.ends, released)
      released = oldest.end
      await persistCursor()
      await sweep(bytes)
    }
    return true
  }

  async function writeBatch(batch: readonly Pending[]): Promise<void> {
    const accepted: Pending[] = []
    let bytes = 0
    for (const pending of batch) {
      const size = FRAME_HEADER_BYTES + pending.record.length
      if (totalBytes() + bytes + size <= maxBytes || (await makeRoom(bytes + size))) {
        bytes += size
        accepted.push(pending)
      } else {
        pending.reject(new WeighbridgeError('disk_full', `The log holds ${waitingBytes()} bytes, its bound is ${maxBytes}.`, { retryAfterMs: 3000, remedy: 'Wait until the backlog drains, or raise the bound.', details: { bound: true } }))
      }
    }
    if (accepted.length === 0) return
    let target: { segment: Segment; file: FileHandle } | undefined
    try {
      target = active !== undefined && active.segment.end - active.segment.base < segmentBytes ? active : await activate()
      const { segment, file } = target
      const timeMs = clock.nowMs()
      const frames = Buffer.allocUnsafe(bytes)
      const ends: number[] = []
      let filled = 0
      for (const { record } of accepted) {
        filled = writeFrame(frames, filled, segment.end + filled, timeMs, record)
        ends.push(segment.end + filled)
      }
      const at = segment.end + filled
      await disk.write(file, frames, segment.end - segment.base)
      if (fsync) await disk.sync(file)
      for (const position of ends) {
        segment.ends.push(position)
        segment.times.push(timeMs)
      }
      segment.end = at
      end = at
      for (const [index, pending] of accepted.entries()) pending.resolve(ends[index] ?? at)
      for (const wake of [...waiters]) wake()
    } catch (cause) {
      // After a failed write or sync the file's tail cannot be trusted: cut it and go on in a new segment.
      await target?.file.truncate(target.segment.end - target.segment.base).catch(() => undefined)
      await closeActive()
      log.error({ err: cause, records: accepted.length }, 'the log could not be written')
      // What is kept for people to look at must not be what leaves no room for records.
      await dropCopies(dir)
      for (const pending of accepted) pending.reject(writeFailure(cause))
    }
  }

  /** One write in flight; whatever is queued when it returns goes into the next. */
  async function drainQueue(): Promise<void> {
    while (queue.length > 0) {
      let bytes = 0
      let count = 0
      while (count < queue.length && (count === 0 || bytes + (queue[count]?.record.length ?? 0) <= WRITE_BYTES)) {
        bytes += queue[count]?.record.length ?? 0
        count += 1
      }
      const batch = queue.slice(0, count)
      queue = queue.slice(count)
      await writeBatch(batch).catch((error: unknown) => {
        for (const pending of batch) pending.reject(writeFailure(error))
      })
    }
  }

  /** Starts the writer unless it runs. The microtask lets everything appended in this turn share the first write. */
  function startWriter(): void {
    writer ??= Promise.resolve().then(drainQueue).finally(() => {
      writer = undefined
      if (queue.length > 0) startWriter()
    })
  }

  return {
    id,
    isRenamed,
    append(record) {
      if (closing) return Promise.reject(new WeighbridgeError('disk_full', 'The log is closing.', { remedy: 'Try again once the process has restarted.' }))
      if (record.length > Math.min(MAX_RECORD_BYTES, maxBytes - FRAME_HEADER_BYTES)) {
        return Promise.reject(new WeighbridgeError('body_too_large', `A record of ${record.length} bytes is more than the log takes.`))
      }
      const position = new Promise<Position>((resolve, reject) => queue.push({ record, resolve, reject }))
      startWriter()
      return position
    },
    async *read(after = released) {
      let at = after
      while (at < end) {
        const from = at
        const segment = segments.find((candidate) => candidate.end > from)
        if (segment === undefined) return
        const stop = segment.end
        for await (const part of readSegment(segment.path, segment.base, Math.max(at, segment.base), stop)) {
          if (part.kind === 'record') yield { position: part.end, record: part.record, timeMs: part.timeMs }
          else await setAside(segment, part.start, part.end)
        }
        at = stop
      }
    },
    waitBeyond(position, signal) {
      if (end > position || closing || signal?.aborted === true) return Promise.resolve()
      return new Promise((resolve) => {
        const wake = (): void => {
          if (end <= position && !closing && signal?.aborted !== true) return
          waiters.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        waiters.add(wake)
        signal?.addEventListener('abort', wake)
      })
    },
    async release(upTo) {
      const target = Math.min(upTo, end)
      if (target <= released) return
      released = target
      await persistCursor()
      await sweep()
    },
    end: () => end,
    released: () => released,
    stats() {
      const firstWaiting = segments.find((segment) => segment.ends.length > 0 && segment.end > released && firstAfter(segment.ends, released) < segment.ends.length)
      return {
        bytes: waitingBytes(),
        keptBytes: totalBytes() - waitingBytes(),
        records: segments.reduce((sum, segment) => sum + (segment.end > released ? segment.ends.length - firstAfter(segment.ends, released) : 0), 0),
        oldestMs: firstWaiting?.times[firstAfter(firstWaiting.ends, released)],
        dropped,
        corruptSegments,
        lostBytes,
      }
    },
    async close() {
      if (closing) return
      closing = true
      while (writer !== undefined) await writer
      await cursorWrite?.catch(() => undefined)
      for (const wake of [...waiters]) wake()
      await closeActive()
      unlock()
    },
  }
}
