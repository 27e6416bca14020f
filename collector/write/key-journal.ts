// The recent keys on disk, so that a collector killed and started again still knows what it has stored: one record per batch, synced
// after ClickHouse has the batch and before the write-ahead log lets go of it. Ages are counted in time that a collector ran, not by
// the wall clock: a clock that jumps, or a night off, forgets nothing too early.
import type { Logger } from 'pino'
import type { Clock } from '../../core/seams.ts'
import type { LogDisk } from '../../store/log/disk.ts'
import type { Position } from '../../store/log/frame.ts'
import { openSegmentedLog } from '../../store/log/log.ts'
import { KEY_BYTES, KEY_WORDS } from './row-keys.ts'

export type KeyJournalOptions = {
  readonly dir: string
  /** How long keys matter, in milliseconds of running time. */
  readonly windowMs: number
  /** Bound on disk; beyond it the oldest keys go before their time. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly log: Logger
  readonly disk?: LogDisk
}

export interface KeyJournal {
  /** Milliseconds that collectors on this directory have run with keys to remember; never goes back. */
  runningMs(): number
  /** Hands over every key that is still within the window, the oldest first; false when some could not be read. */
  replay(take: (key: Uint32Array, atMs: number) => void): Promise<boolean>
  /** Appends the keys of a batch (six words each); resolves once the device has them. Throws `disk_full`. */
  add(words: Uint32Array): Promise<void>
  /** Whether nothing was ever written: the first start, or an upgrade. */
  isNew(): boolean
  close(): Promise<void>
}

/** A record begins with the running time at which it was written, as a double. */
const TIME_BYTES = 8

/** Opens it. Throws `data_dir_locked`. */
export async function openKeyJournal({ dir, windowMs, maxBytes, clock, log, disk }: KeyJournalOptions): Promise<KeyJournal> {
  const journal = await openSegmentedLog({ dir, maxBytes, segmentBytes: Math.min(4 * 1024 * 1024, Math.ceil(maxBytes / 8)), fsync: true, whenFull: 'drop_oldest', log, clock, ...(disk === undefined ? {} : { disk }) })
  const wasNew = journal.end() === 0
  let beforeMs = 0
  let startedMs: number | undefined
  // Where each record ends and when it was written, to let go of those that no longer matter.
  let ages: { readonly position: Position; readonly atMs: number }[] = []
  const runningMs = (): number => {
    startedMs ??= clock.monotonicMs()
    return beforeMs + (clock.monotonicMs() - startedMs)
  }
  const letGo = async (): Promise<void> => {
    const oldest = runningMs() - windowMs
    const gone = ages.findLastIndex(({ atMs }) => atMs < oldest)
    const last = ages[gone]
    if (last === undefined) return
    ages = ages.slice(gone + 1)
    await journal.release(last.position)
  }

  return {
    runningMs,
    isNew: () => wasNew,
    async replay(take) {
      const key = new Uint32Array(KEY_WORDS)
      for await (const { position, record } of journal.read()) {
        const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
        if (bytes.length < TIME_BYTES || (bytes.length - TIME_BYTES) % KEY_BYTES !== 0) continue
        const atMs = bytes.readDoubleLE(0)
        if (!Number.isFinite(atMs)) continue
        beforeMs = Math.max(beforeMs, atMs)
        ages.push({ position, atMs })
        for (let at = TIME_BYTES; at < bytes.length; at += KEY_BYTES) {
          for (let word = 0; word < KEY_WORDS; word += 1) key[word] = bytes.readUInt32LE(at + word * 4)
          take(key, atMs)
        }
      }
      startedMs = clock.monotonicMs()
      return journal.stats().corruptSegments === 0
    },
    async add(words) {
      if (words.length === 0) return
      const atMs = runningMs()
      const record = Buffer.allocUnsafe(TIME_BYTES + words.length * 4)
      record.writeDoubleLE(atMs, 0)
      for (let word = 0; word < words.length; word += 1) record.writeUInt32LE(words[word] ?? 0, TIME_BYTES + word * 4)
      const position = await journal.append(record)
      ages.push({ position, atMs })
      await letGo()
    },
    close: () => journal.close(),
  }
}
