// Ended spans → the spool on disk: all spans that end in one turn of the event loop are serialised once and appended as one
// record (an OTLP/JSON request). It never drops silently: a failed write is counted and logged, and fails no call.
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import type { SegmentedLog } from '../../store/log/log.ts'

export interface SpanSpool extends SpanProcessor {
  /** Settles once every span ended so far is written; `false` when a write failed. */
  written(): Promise<boolean>
}

/** The processor over an open log. `onLost` is told how many spans a failed write lost. */
export function createSpanSpool(spool: Pick<SegmentedLog, 'append'>, log: Logger, onLost: (spans: number) => void): SpanSpool {
  let ended: ReadableSpan[] = []
  let turn: Promise<boolean> | undefined
  let last: Promise<boolean> = Promise.resolve(true)
  let failing = false

  const write = async (): Promise<boolean> => {
    const spans = ended
    ended = []
    turn = undefined
    const bytes = JsonTraceSerializer.serializeRequest(spans)
    if (bytes === undefined) return true
    try {
      await spool.append(bytes)
      failing = false
      return true
    } catch (error) {
      onLost(spans.length)
      if (!failing) log.error({ err: error, spans: spans.length }, 'spans could not be written to the spool; calls go on')
      failing = true
      return false
    }
  }

  return {
    onStart: () => undefined,
    onEnd(span) {
      ended.push(span)
      turn ??= new Promise((resolve) => setImmediate(() => resolve(write())))
      last = turn
    },
    written: () => last,
    forceFlush: async () => void (await last),
    shutdown: async () => void (await last),
  }
}
