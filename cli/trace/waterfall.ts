// The spans of a trace as bars over time: under each call its attempts, and in an attempt's bar the wait until its first token apart from
// the stream. Pure.
import { WB } from '../../core/attributes.ts'
import type { Terminal } from '../command.ts'
import { duration, paint, printable, usd } from '../output.ts'
import { startMs, type SpanRow } from './story.ts'

const BAR_WIDTH = 40
const NAME_WIDTH = 30

/** One line per span, and under each attempt what is known of the exchange. */
export function waterfall(spans: readonly SpanRow[], terminal: Pick<Terminal, 'isTty'>): string[] {
  const first = Math.min(...spans.map(startMs))
  const length = Math.max(0.001, ...spans.map((span) => startMs(span) - first + span.duration_ms))
  const depths = depthsOf(spans)
  return ordered(spans).flatMap((span) => {
    const isFailed = span.status === 'Error'
    const bar = paint(terminal, isFailed ? 'red' : span.role === 'other' ? 'blue' : 'green', barOf(span, startMs(span) - first, length))
    const what = `${'  '.repeat(depths.get(span.span_id) ?? 0)}${nameOf(span)}`
    const tokens = span.input_tokens === null && span.output_tokens === null ? '' : `${span.input_tokens ?? '?'} in, ${span.output_tokens ?? '?'} out`
    const firstToken = span.role === 'attempt' && span.ttft_ms !== null ? `first token ${duration(span.ttft_ms)}` : ''
    const facts = [tokens, firstToken, isFailed ? paint(terminal, 'red', span.error_code || 'error') : span.error_code].filter((fact) => fact !== '').join(', ')
    const cost = span.role === 'other' ? '' : usd(span.role === 'call' ? span.call_cost_usd : span.cost_usd)
    const line = `${clipped(printable(what))} ${bar} ${duration(span.duration_ms).padStart(8)} ${cost.padStart(10)}  ${facts}`.trimEnd()
    const exchange = span.role === 'attempt' ? exchangeFacts(span) : []
    return exchange.length === 0 ? [line] : [line, `     ${printable(exchange.join(' · '))}`]
  })
}

function nameOf(span: SpanRow): string {
  if (span.role === 'call') return `call ${span.task}`
  return span.role === 'attempt' ? `#${span.attempt} ${span.target}` : span.name
}

function clipped(text: string): string {
  return text.length > NAME_WIDTH ? `${text.slice(0, NAME_WIDTH - 1)}…` : text.padEnd(NAME_WIDTH)
}

/** The bar in its place: ░ until the first token, █ from then on. */
function barOf(span: SpanRow, offsetMs: number, lengthMs: number): string {
  const from = Math.min(BAR_WIDTH - 1, Math.round((offsetMs / lengthMs) * BAR_WIDTH))
  const width = Math.min(BAR_WIDTH - from, Math.max(1, Math.round((span.duration_ms / lengthMs) * BAR_WIDTH)))
  const waits = span.role === 'attempt' && span.stream && span.ttft_ms !== null ? Math.min(width - 1, Math.round((span.ttft_ms / lengthMs) * BAR_WIDTH)) : 0
  return `${' '.repeat(from)}${'░'.repeat(Math.max(0, waits))}${'█'.repeat(width - Math.max(0, waits))}`.padEnd(BAR_WIDTH)
}

/** Parents before their children, and children in their order of start. */
function ordered(spans: readonly SpanRow[]): readonly SpanRow[] {
  const ids = new Set(spans.map((span) => span.span_id))
  const children = Map.groupBy(spans, (span) => (ids.has(span.parent_span_id) && span.parent_span_id !== span.span_id ? span.parent_span_id : ''))
  const out: SpanRow[] = []
  // With a stack of our own: a chain of ten thousand spans must not be one of the runtime's.
  const stack = (children.get('') ?? []).toReversed()
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    out.push(span)
    stack.push(...(children.get(span.span_id) ?? []).toReversed())
  }
  // Spans that are each other's parents hang from no root.
  if (out.length < spans.length) {
    const seen = new Set(out)
    out.push(...spans.filter((span) => !seen.has(span)))
  }
  return out
}

/** Deepest that names are set in. */
const DEEPEST = 6

function depthsOf(spans: readonly SpanRow[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  for (const span of ordered(spans)) depths.set(span.span_id, Math.min(DEEPEST, depths.has(span.parent_span_id) ? (depths.get(span.parent_span_id) ?? 0) + 1 : 0))
  return depths
}

/** What an attempt's span says of its exchange, each fact only where it is there. */
function exchangeFacts(attempt: SpanRow): string[] {
  const { attributes } = attempt
  const fact = (label: string, value: string | undefined): string[] => (value === undefined || value === '' ? [] : [`${label} ${value}`])
  return [
    ...fact('wire', attributes[WB.wire]),
    ...fact('key', attributes[WB.providerKey]),
    ...(attempt.http_status > 0 ? [`HTTP ${attempt.http_status}`] : []),
    ...fact('finished', attempt.finish_reason),
    ...(attempt.served_model === '' || attempt.served_model === attempt.model ? [] : [`served by ${attempt.served_model}`]),
    ...fact('fingerprint', attempt.system_fingerprint),
    ...fact('tier', attempt.service_tier),
    ...fact('schema', attributes[WB.schemaCheck]),
    ...fact('dropped', namesIn(attributes[WB.dropped])),
    ...fact('provider request', attributes[WB.providerRequestId]),
  ]
}

/** A list attribute, which is stored as JSON; anything else as it is. */
export function namesIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.map(String).join(', ') : text
  } catch {
    return text
  }
}
