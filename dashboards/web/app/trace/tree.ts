// Orders the spans of a trace for the waterfall: parents before children, siblings by start. Pure, and linear in the number of spans but
// for sorting siblings; nothing here recurses, since a chain of agents may be thousands of spans deep.
import type { Outlined } from '../../api/trace.ts'

/** A span, how deep it lies, and its start in ms after the first span of the trace. */
export type Placed = { readonly span: Outlined; readonly depth: number; readonly startMs: number }

/** All spans; one whose parent is not in the trace is a root. */
export function placed(spans: readonly Outlined[]): Placed[] {
  const origin = spans.reduce((first, span) => (BigInt(span.started_ns) < first ? BigInt(span.started_ns) : first), BigInt(spans[0]?.started_ns ?? 0))
  const start = new Map(spans.map((span) => [span, Number(BigInt(span.started_ns) - origin) / 1e6]))
  const startOf = (span: Outlined): number => start.get(span) ?? 0
  const ids = new Set(spans.map((span) => span.span_id))
  const children = Map.groupBy(spans, (span) => (ids.has(span.parent_span_id) && span.parent_span_id !== span.span_id ? span.parent_span_id : ''))
  // Later siblings first, since the last one put down is the next one taken up.
  const inReverse = (parent: string): Outlined[] => (children.get(parent) ?? []).toSorted((a, b) => startOf(b) - startOf(a) || b.attempt - a.attempt)
  const out: Placed[] = []
  const seen = new Set<string>()
  const take = (roots: readonly Outlined[]): void => {
    const waiting = roots.map((span) => ({ span, depth: 0 }))
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { span, depth } = next
      if (seen.has(span.span_id)) continue
      seen.add(span.span_id)
      out.push({ span, depth, startMs: startOf(span) })
      for (const child of inReverse(span.span_id)) waiting.push({ span: child, depth: depth + 1 })
    }
  }
  take(inReverse(''))
  // Spans that are each other's parents have no root: they stand at the end.
  for (const span of spans) if (!seen.has(span.span_id)) take([span])
  return out
}

export const KINDS = ['all', 'calls', 'errors'] as const
export type Kind = (typeof KINDS)[number]

/** The rows of one kind; with only calls, the client's own spans and their depths go. */
export function ofKind(rows: readonly Placed[], kind: Kind): readonly Placed[] {
  if (kind === 'all') return rows
  if (kind === 'errors') return rows.filter(({ span }) => span.status === 'Error').map((row) => ({ ...row, depth: 0 }))
  return rows.filter(({ span }) => span.role === 'call' || span.role === 'attempt').map((row) => ({ ...row, depth: row.span.role === 'attempt' ? 1 : 0 }))
}
