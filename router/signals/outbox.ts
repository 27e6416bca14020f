// Log records of the router (signals, feedback) → a spool on disk, and from there to the collector like spans: what is added in
// one turn of the event loop becomes one record. It never drops silently, and no call waits for it.
import type { Logger } from 'pino'
import type { SegmentedLog } from '../../store/log/log.ts'
import { encodeLogs, type LogRecord } from '../../store/otlp/logs.ts'

export interface Outbox {
  add(records: readonly LogRecord[]): void
  /** Settles once everything added so far is written; `false` when that failed. */
  written(): Promise<boolean>
}

/** `resource`: names the sender. `onLost` is told how many records a failed write lost. */
export function createOutbox(spool: Pick<SegmentedLog, 'append'>, resource: LogRecord['attributes'], log: Logger, onLost: (records: number) => void): Outbox {
  let waiting: LogRecord[] = []
  let last: Promise<boolean> = Promise.resolve(true)
  let failing = false

  const write = async (): Promise<boolean> => {
    const records = waiting
    waiting = []
    try {
      await spool.append(encodeLogs(resource, records))
      failing = false
      return true
    } catch (error) {
      onLost(records.length)
      if (!failing) log.error({ err: error, records: records.length }, 'signals could not be written to the spool; calls go on')
      failing = true
      return false
    }
  }
  return {
    add(records) {
      if (records.length === 0) return
      if (waiting.length === 0) last = new Promise((resolve) => setImmediate(() => resolve(write())))
      waiting.push(...records)
    },
    written: () => last,
  }
}
