// A span → its row of `spans`: hot facts into typed columns by the dialect tables, everything else into the maps. Pure.
import { GEN_AI, WB } from '../../core/attributes.ts'
import type { SPAN_COLUMNS } from '../../core/tables.ts'
import { COST_SOURCES_OF_ATTEMPTS, COST_SOURCES_OF_CORRECTIONS, INFERENCE_MARKS, SPAN_SOURCES, USAGE_SOURCES } from './dialects.ts'
import type { ColumnSource, SpanColumn } from './dialects.ts'
import type { SpanRecord } from './otlp-model.ts'
import { isoMillis, isoNanos, plausible } from './times.ts'
import { asText, attributeMap, clean, LIMITS } from './values.ts'

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
const STATUSES = ['Unset', 'Ok', 'Error'] as const
const ROLES = ['call', 'attempt', 'correction'] as const
type Role = (typeof ROLES)[number] | 'other'
type Row = { -readonly [Name in keyof typeof SPAN_COLUMNS]?: unknown }

function roleOf({ attributes }: SpanRecord): Role {
  const stated = attributes.get(WB.role)
  const ours = ROLES.find((role) => role === stated)
  if (ours !== undefined || stated === 'other') return ours ?? 'other'
  const inference = INFERENCE_MARKS.some(({ attribute, values }) => values.includes(String(attributes.get(attribute))))
  return inference ? 'attempt' : 'other'
}

function fill(row: Row, sources: readonly ColumnSource[], { attributes }: SpanRecord, taken: Set<string>): void {
  for (const { column, read, from } of sources) {
    for (const name of from) {
      const value = attributes.get(name)
      if (value === undefined) continue
      const found = read(value)
      if (found === undefined) continue
      // Another spelling of a fact that is stored already is not stored twice.
      taken.add(name)
      if (row[column] === undefined) row[column] = found
    }
  }
}

function simulated(span: SpanRecord): boolean {
  return span.attributes.get(WB.simulated) === true || span.resource.get(WB.simulated) === true
}

/**
 * The row, without `batch`. Columns that keep their default are left out. A start that no clock could have shown (before 2000,
 * or over a day ahead) is replaced by the time of receipt, and kept as `weighbridge.stated_start`.
 */
export function spanRow(span: SpanRecord, receivedMs: number): Readonly<Partial<Record<SpanColumn, unknown>>> {
  const role = roleOf(span)
  const taken = new Set<string>([WB.role, WB.simulated])
  const row: Row = { trace_id: span.traceId, span_id: span.spanId }
  fill(row, SPAN_SOURCES, span, taken)
  if (role === 'correction') fill(row, COST_SOURCES_OF_CORRECTIONS, span, taken)
  else if (role !== 'other') fill(row, USAGE_SOURCES, span, taken)
  if (role === 'attempt') {
    fill(row, COST_SOURCES_OF_ATTEMPTS, span, taken)
    // A library's own sum is an estimate to us; no sum is no price.
    row.cost_source ??= row.cost_usd === undefined ? 'unpriced' : 'estimated'
    if (row.attempt === undefined || row.attempt === 0) row.attempt = 1
  }
  // The GenAI operation stays visible beside the columns.
  taken.delete(GEN_AI.operationName)

  const start = plausible(span.startNs, receivedMs)
  const startNs = start ?? BigInt(Math.round(receivedMs)) * 1_000_000n
  const duration = start !== undefined && span.endNs > span.startNs ? span.endNs - span.startNs : 0n
  const attributes = attributeMap(span.attributes, taken)
  if (start === undefined) attributes['weighbridge.stated_start'] = String(span.startNs)

  const service = span.resource.get('service.name')
  const events = span.events.slice(0, LIMITS.events)
  const links = span.links.slice(0, LIMITS.links)
  if (events.length < span.events.length) attributes['weighbridge.dropped_events'] = String(span.events.length - events.length)
  if (links.length < span.links.length) attributes['weighbridge.dropped_links'] = String(span.links.length - links.length)
  if (span.parentSpanId !== '') row.parent_span_id = span.parentSpanId
  if (span.traceState !== '') row.trace_state = clean(span.traceState, 4096)
  if (span.statusMessage !== '') row.status_message = clean(span.statusMessage, 4096)
  row.name = clean(span.name, LIMITS.wordChars)
  row.kind = KINDS[span.kind] ?? 'Unspecified'
  row.service = service === undefined ? '' : clean(asText(service), LIMITS.wordChars)
  row.scope = clean(span.scope, LIMITS.wordChars)
  row.started_at = isoNanos(startNs)
  row.duration_ns = String(duration > 9_223_372_036_854_775_807n ? 0n : duration)
  row.status = STATUSES[span.statusCode] ?? 'Unset'
  row.role = role
  row.purpose ??= 'production'
  row.is_simulated = simulated(span)
  row.attributes = attributes
  row.resource = attributeMap(span.resource)
  if (events.length > 0) {
    row['events.at'] = events.map((event) => isoNanos(plausible(event.timeNs, receivedMs) ?? startNs))
    row['events.name'] = events.map((event) => clean(event.name, LIMITS.wordChars))
    row['events.attributes'] = events.map((event) => attributeMap(event.attributes))
  }
  if (links.length > 0) {
    row['links.trace_id'] = links.map((link) => link.traceId)
    row['links.span_id'] = links.map((link) => link.spanId)
    row['links.attributes'] = links.map((link) => attributeMap(link.attributes))
  }
  row.ingested_at = isoMillis(receivedMs)
  return row
}
