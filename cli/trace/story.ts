// A trace as the command shows it: its spans, what was said of its calls, what text was kept, and the prices that split its costs.
import type { z } from 'zod'
import type { TargetPrice } from '../../core/prices.ts'
import type { traceKept, traceSignals } from '../../store/queries/trace-story.ts'
import type { traceSpans } from '../../store/queries/traces.ts'

export type SpanRow = z.output<typeof traceSpans.row>
export type SignalRow = z.output<typeof traceSignals.row>
export type KeptRow = z.output<typeof traceKept.row>

export type TraceStory = {
  readonly traceId: string
  readonly simulated: boolean
  readonly spans: readonly SpanRow[]
  /** Whether there are more spans than these. */
  readonly truncated: boolean
  readonly signals: readonly SignalRow[]
  readonly kept: readonly KeptRow[]
  /** Today's price of a target; `undefined`: not configured here, or unpriced. */
  readonly priceOf: (target: string) => TargetPrice | undefined
}

/** When a span began, in milliseconds with their fraction. */
export function startMs(span: SpanRow): number {
  return Number(BigInt(span.started_ns) / 1_000n) / 1_000
}
