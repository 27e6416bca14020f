// Orders the spans of a trace: as a tree for the waterfall, and as calls with their attempts. Pure.
import type { Span } from '../../api.ts'

/** A call span with its attempts in order; `call` is missing while only attempts have arrived. */
export type Call = { readonly call: Span | undefined; readonly attempts: readonly Span[] }

/** A span, how deep it lies, and its start in ms after the first span of the trace. */
export type Placed = { readonly span: Span; readonly depth: number; readonly startMs: number }

export function callsOf(spans: readonly Span[]): Call[] {
  const attempts = spans.filter((span) => span.role === 'attempt')
  const calls = spans.filter((span) => span.role === 'call').map((call) => ({ call, attempts: inOrder(attempts.filter((a) => a.parent_span_id === call.span_id)) }))
  const known = new Set(calls.map(({ call }) => call.span_id))
  const orphans = attempts.filter((a) => !known.has(a.parent_span_id))
  return orphans.length === 0 ? calls : [...calls, { call: undefined, attempts: inOrder(orphans) }]
}

function inOrder(attempts: readonly Span[]): Span[] {
  return attempts.toSorted((a, b) => a.attempt - b.attempt)
}

/** All spans, parents before children, siblings by start. A span whose parent is not in the trace is a root. */
export function placed(spans: readonly Span[]): Placed[] {
  const ids = new Set(spans.map((span) => span.span_id))
  const children = Map.groupBy(spans, (span) => (ids.has(span.parent_span_id) && span.parent_span_id !== span.span_id ? span.parent_span_id : ''))
  const origin = spans.map((span) => BigInt(span.started_ns)).reduce((a, b) => (b < a ? b : a), BigInt(spans[0]?.started_ns ?? 0))
  const out: Placed[] = []
  const seen = new Set<string>()
  const walk = (parent: string, depth: number): void => {
    for (const span of (children.get(parent) ?? []).toSorted((a, b) => (BigInt(a.started_ns) < BigInt(b.started_ns) ? -1 : 1))) {
      if (seen.has(span.span_id)) continue
      seen.add(span.span_id)
      out.push({ span, depth, startMs: Number(BigInt(span.started_ns) - origin) / 1e6 })
      walk(span.span_id, depth + 1)
    }
  }
  walk('', 0)
  return out
}
