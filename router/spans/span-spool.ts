// Ended spans → the spool on disk: all spans that end in one turn of the event loop are serialised once and appended as one
// record (an OTLP/JSON request). It never drops silently: a failed write is counted and logged, and fails no call.
import type { Span } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import type { SegmentedLog } from '../../store/log/log.ts'
import type { AttributeText } from './attribute-text.ts'
import { requestText, type EndedSpan } from './span-text.ts'

/** Ends a span with attributes that are text already. */
export type EndSpan = (span: Span, attributes: AttributeText) => void

export interface SpanSpool extends SpanProcessor {
  readonly end: EndSpan
  /**
   * Settles once every span ended so far is written, `false` when a write failed; with `withinMs`, also `false` when that takes
   * longer. All who wait for the same write share one timer, set by the first of them.
   */
  written(withinMs?: number): Promise<boolean>
}

/** What one turn's spans wait for. */
type Turn = { readonly done: Promise<boolean>; inTime: Promise<boolean> | undefined }

const NOTHING_WAITS: Turn = { done: Promise.resolve(true), inTime: Promise.resolve(true) }

/** The processor over an open log. `onLost` is told how many spans a failed write lost. */
export function createSpanSpool(spool: Pick<SegmentedLog, 'append'>, log: Logger, onLost: (spans: number) => void): SpanSpool {
  let ended: EndedSpan[] = []
  /** Attributes of the span that is ending: the SDK tells of the end before `end` returns. */
  let ending = ''
  let last: Turn = NOTHING_WAITS
  let failing = false

  const write = async (): Promise<boolean> => {
    const spans = ended
    ended = []
    try {
      await spool.append(Buffer.from(requestText(spans)))
      failing = false
      return true
    } catch (error) {
      onLost(spans.length)
      if (!failing) log.error({ err: error, spans: spans.length }, 'spans could not be written to the spool; calls go on')
      failing = true
      return false
    }
  }
  const nextTurn = (): Turn => ({ done: new Promise((resolve) => setImmediate(() => resolve(write()))), inTime: undefined })

  return {
    onStart: () => undefined,
    onEnd(span) {
      if (ended.length === 0) last = nextTurn()
      ended.push({ span, attributes: ending })
    },
    end(span, attributes) {
      ending = attributes.inside()
      span.end()
      ending = ''
    },
    written(withinMs) {
      if (withinMs === undefined) return last.done
      last.inTime ??= within(last.done, withinMs)
      return last.inTime
    },
    forceFlush: async () => void (await last.done),
    shutdown: async () => void (await last.done),
  }
}

/** The promise's own value, or `false` when it takes longer. */
function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Timers run before finished writes are looked at: one more turn, so that a busy event loop is not taken for a slow disk.
    const timer = setTimeout(() => setImmediate(() => resolve(false)), ms)
    void done.then((written) => {
      clearTimeout(timer)
      resolve(written)
    })
  })
}
