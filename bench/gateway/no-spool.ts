// The span spool's shape with nothing behind it; see without-spool.ts.
import type { SpanSpool } from '../../router/spans/span-spool.ts'

export function createSpanSpool(): SpanSpool {
  return {
    onStart: () => undefined,
    onEnd: () => undefined,
    end: (span) => span.end(),
    written: () => Promise.resolve(true),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
