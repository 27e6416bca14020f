// What was said of a trace's calls afterwards, what its calls said of earlier ones, and what text of them was kept. Pure.
import { duration, percent, printable } from '../output.ts'
import { startMs, type SignalRow, type TraceStory } from './story.ts'

const KINDS: Readonly<Record<string, readonly [about: string, showed: string]>> = {
  retry: ['asked again', 'asks again what'],
  rephrase: ['asked again in other words', 'asks in other words what'],
  edit: ['its answer came back changed', 'sends back changed what'],
  accepted: ['its answer was accepted', 'accepts what'],
  abandoned: ['its client hung up', 'comes after hanging up on what'],
  feedback: ['rated', 'rates what'],
  score: ['scored', 'scores what'],
}

/** Lines, empty when nothing was said and nothing kept. */
export function followUpLines({ spans, signals, kept }: TraceStory): string[] {
  const ended = Math.max(...spans.map((span) => startMs(span) + span.duration_ms))
  return [...signals.map((signal) => signalLine(signal, ended)), ...keptLines(kept)].map(printable)
}

function signalLine(signal: SignalRow, endedMs: number): string {
  const [about, showed] = KINDS[signal.kind] ?? [signal.kind, `${signal.kind} about what`]
  const facts = [
    ...(signal.basis === '' ? [] : [signal.basis.replaceAll('_', ' ')]),
    ...(signal.score === '' ? [] : [signal.score]),
    ...(signal.value === null ? [] : [signal.kind === 'edit' ? `${percent(signal.value)} changed` : `value ${signal.value}`]),
    ...(signal.survival === null ? [] : [`${percent(signal.survival)} of it is still there`]),
    ...(signal.confidence === null ? [] : [`sure to ${percent(signal.confidence)}`]),
    ...(signal.comment === '' ? [] : [`"${signal.comment}"`]),
  ]
  const detail = facts.length === 0 ? '' : ` (${facts.join(', ')})`
  if (!signal.about) return `this call ${showed} trace ${signal.trace_id} was about${detail}`
  const later = signal.at - endedMs
  return `${about}${detail}${signal.by_trace_id === '' ? '' : `, by trace ${signal.by_trace_id}`}${later >= 0 ? `, ${duration(later)} later` : ''}`
}

function keptLines(kept: TraceStory['kept']): string[] {
  if (kept.length === 0) return []
  const there = kept.filter((row) => row.is_there)
  if (there.length === 0) return ['its text was kept and has been deleted since']
  const kinds = [...new Set(there.map((row) => (row.form === 'metadata' ? `the shape of its ${row.kind}` : row.kind)))]
  return [`kept: ${kinds.join(', ')} (--content shows it)`]
}
