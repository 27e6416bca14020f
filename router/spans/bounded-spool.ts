// The span spool at its bound: optional attributes go first, then the oldest spans of which no signal tells, and only when nothing
// else is left the rest. It rewrites the oldest records at the end of the log, a few at a time, while calls go on; a crash in between
// leaves some spans twice in the spool, which the collector takes for one.
import type { Logger } from 'pino'
import { asWeighbridgeError } from '../../core/errors.ts'
import type { Position } from '../../store/log/frame.ts'
import type { LogStats, SegmentedLog } from '../../store/log/log.ts'
import { onlyTraces, readSpooled, spansIn, withoutOptional, writeSpooled } from './optional-attributes.ts'

/** What is dropped, in the order in which it is. */
export const DROP_CLASSES = ['optional_attributes', 'without_signals', 'with_signals', 'overrun'] as const
export type DropClass = (typeof DROP_CLASSES)[number]

/** Above this share of the bound spans are written without optional attributes; above the second, room is made. */
const TIGHT = 0.7
const FULL = 0.85
/** Room is made until this share is left. */
const ENOUGH = 0.8
/** Records rewritten before calls have their turn again. */
const STEP_BYTES = 128 * 1024

export type BoundedSpoolOptions = {
  /** Opened with `drop_oldest`: what it drops by itself is counted as overrun. */
  readonly spool: SegmentedLog
  readonly maxBytes: number
  /** Traces that a signal tells of, among those that are still waiting to be sent. */
  readonly tracesWithSignals: () => Promise<ReadonlySet<string>>
  /** Counts spans (of `optional_attributes`: attributes). */
  readonly onDropped: (kind: DropClass, count: number) => void
  readonly log: Logger
}

export interface BoundedSpool {
  append(record: Uint8Array): Promise<Position>
  /** As the log's own; `dropped` counts records that this dropped too. */
  stats(): LogStats
  /** Settles once no room is being made. */
  idle(): Promise<void>
}

export function boundSpool({ spool, maxBytes, tracesWithSignals, onDropped, log }: BoundedSpoolOptions): BoundedSpool {
  /** From here on records hold no optional attributes. */
  let trimmedFrom: Position = Infinity
  let droppedRecords = 0
  let overrunSeen = 0
  let making: Promise<void> | undefined
  let isTold = false

  const waitingBytes = (): number => spool.end() - spool.released()

  /** Takes the oldest records, writes what is left of each at the end, and lets go of them. Answers whether any room came of it. */
  async function rewriteOldest(keep: (record: Uint8Array, position: Position) => Uint8Array | undefined): Promise<boolean> {
    let [taken, left] = [0, 0]
    let upTo: Position | undefined
    for await (const { position, record } of spool.read()) {
      const kept = keep(record, position)
      taken += record.length
      if (kept !== undefined) {
        left += kept.length
        await spool.append(kept)
      }
      upTo = position
      if (taken >= STEP_BYTES) break
    }
    if (upTo === undefined) return false
    await spool.release(upTo)
    // Calls have their turn between two steps.
    await new Promise<void>((resolve) => setImmediate(resolve))
    return left < taken
  }

  async function makeRoom(): Promise<void> {
    if (!isTold) log.error({ bytes: waitingBytes(), bound: maxBytes }, 'the spool is nearly full: optional attributes of spans are dropped, then the oldest spans without signals; is the collector down?')
    isTold = true
    // What was written before room was short goes first.
    const untrimmedUpTo = trimmedFrom === Infinity ? spool.end() : trimmedFrom
    trimmedFrom = Math.min(trimmedFrom, spool.end())
    while (waitingBytes() > maxBytes * ENOUGH && spool.released() < untrimmedUpTo) {
      await rewriteOldest((record, position) => {
        const request = position > untrimmedUpTo ? undefined : readSpooled(record)
        if (request === undefined) return record
        const { request: trimmed, dropped } = withoutOptional(request)
        if (dropped > 0) onDropped('optional_attributes', dropped)
        return writeSpooled(trimmed)
      })
    }
    if (waitingBytes() <= maxBytes * ENOUGH) return
    const spared = await tracesWithSignals()
    const lastBefore = spool.end()
    while (waitingBytes() > maxBytes * ENOUGH && spool.released() < lastBefore) {
      await rewriteOldest((record) => {
        const request = readSpooled(record)
        if (request === undefined) return undefined
        const kept = onlyTraces(request, (traceId) => spared.has(traceId))
        const gone = spansIn(request) - spansIn(kept)
        if (gone > 0) {
          onDropped('without_signals', gone)
          droppedRecords += 1
        }
        return spansIn(kept) === 0 ? undefined : writeSpooled(kept)
      })
    }
    while (waitingBytes() > maxBytes * FULL) {
      const more = await rewriteOldest((record) => {
        const request = readSpooled(record)
        onDropped('with_signals', request === undefined ? 0 : spansIn(request))
        droppedRecords += 1
        return undefined
      })
      if (!more) break
    }
  }

  function kick(): void {
    making ??= makeRoom()
      .catch((error: unknown) => log.error({ err: asWeighbridgeError(error) }, 'no room could be made in the spool; its oldest segments go'))
      .finally(() => {
        making = undefined
      })
  }

  return {
    async append(record) {
      const waiting = waitingBytes()
      if (waiting > maxBytes * FULL) kick()
      if (waiting < maxBytes * TIGHT) {
        trimmedFrom = Infinity
        isTold = false
        return spool.append(record)
      }
      const request = readSpooled(record)
      if (request === undefined) return spool.append(record)
      trimmedFrom = Math.min(trimmedFrom, spool.end())
      const { request: trimmed, dropped } = withoutOptional(request)
      if (dropped > 0) onDropped('optional_attributes', dropped)
      return spool.append(writeSpooled(trimmed))
    },
    stats() {
      const stats = spool.stats()
      if (stats.dropped > overrunSeen) onDropped('overrun', stats.dropped - overrunSeen)
      overrunSeen = stats.dropped
      return { ...stats, dropped: stats.dropped + droppedRecords }
    },
    async idle() {
      await making
    },
  }
}
