// A decoded message tree, from JSON or from protobuf, to our own records. Both encodings use the same field names and nesting;
// they differ only in how ids, 64-bit numbers and bytes are written, which a `Leaves` reads. Pure; throws `otlp_undecodable`
// where a list or an object is something else, and leaves everything it does not know alone.
import { WeighbridgeError } from '../../core/errors.ts'
import type { Attributes, AttributeValue, LogEvent } from './otlp-model.ts'
import type { SpanDraft } from './span-draft.ts'

/** How one encoding writes the leaves that differ. */
export interface Leaves {
  /** Lower-case hex of an id of so many bytes; empty when absent; `undefined` when it is something else. */
  id(value: unknown, bytes: number): string | undefined
  /** An unsigned 64-bit number; 0 when absent or unreadable. */
  uint64(value: unknown): bigint
  /** A signed 64-bit number, a `number` where that holds it; `undefined` when unreadable. */
  int64(value: unknown): bigint | number | undefined
  /** A double; `undefined` when unreadable. */
  double(value: unknown): number | undefined
  /** Base64 of a bytes field. */
  base64(value: unknown): string
}

/** A message whose fields are not known to be what they should be. */
export type Tree = Readonly<Record<string, unknown>>

/** Deeper values are dropped: no sender nests so far on purpose. */
const DEEPEST_VALUE = 24
const NOTHING: Attributes = new Map()
const NANOS = 1_000_000n

function undecodable(what: string): WeighbridgeError {
  return new WeighbridgeError('otlp_undecodable', `The request is not OTLP: ${what}.`)
}

/** The object in a field; empty when absent. Throws `otlp_undecodable` for anything else. */
export function object(value: unknown, field: string): Tree {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw undecodable(`${field} is not an object`)
  return value as Tree // any non-array object may be indexed by name
}

/** The list in a field; empty when absent. Throws `otlp_undecodable` for anything else. */
export function list(tree: Tree, field: string): readonly unknown[] {
  const value = tree[field]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw undecodable(`${field} is not a list`)
  return value
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const small = (value: unknown): number => (typeof value === 'number' && Number.isInteger(value) ? value : 0)

function has(tree: Tree, field: string): boolean {
  const value = tree[field]
  return value !== undefined && value !== null && Object.hasOwn(tree, field)
}

/** A value of an attribute or a body; `null` when it is empty, of an unknown kind, or nested too deep. */
export function anyValue(value: unknown, leaves: Leaves, depth = 0): AttributeValue {
  if (value === null || typeof value !== 'object' || depth > DEEPEST_VALUE) return null
  const tree = value as Tree // checked just above
  const said = tree['stringValue']
  // Most values are texts. One that is not empty can be no default of a message class, so nothing more need be asked.
  if (typeof said === 'string' && (said !== '' || Object.hasOwn(tree, 'stringValue'))) return said
  if (has(tree, 'stringValue')) return null
  if (has(tree, 'intValue')) {
    const whole = leaves.int64(tree['intValue'])
    if (typeof whole !== 'bigint') return whole ?? null
    return whole >= Number.MIN_SAFE_INTEGER && whole <= Number.MAX_SAFE_INTEGER ? Number(whole) : whole
  }
  if (has(tree, 'doubleValue')) return leaves.double(tree['doubleValue']) ?? null
  if (has(tree, 'boolValue')) return tree['boolValue'] === true
  if (has(tree, 'arrayValue')) return list(object(tree['arrayValue'], 'arrayValue'), 'values').map((member) => anyValue(member, leaves, depth + 1))
  if (has(tree, 'kvlistValue')) return Object.fromEntries(keyValues(object(tree['kvlistValue'], 'kvlistValue'), 'values', leaves, depth + 1))
  if (has(tree, 'bytesValue')) return leaves.base64(tree['bytesValue'])
  return null
}

/** Attributes of a message; of a name given twice the last value holds. */
export function keyValues(tree: Tree, field: string, leaves: Leaves, depth = 0): Attributes {
  const entries = list(tree, field)
  if (entries.length === 0) return NOTHING
  const attributes = new Map<string, AttributeValue>()
  for (const entry of entries) {
    const pair = object(entry, field)
    const key = text(pair['key'])
    const value = anyValue(pair['value'], leaves, depth)
    if (key !== '' && value !== null) attributes.set(key, value)
  }
  return attributes
}

/** The root of a request; a request of another signal is named as such instead of being taken for an empty one. */
export function root(tree: unknown, wanted: string): readonly unknown[] {
  const request = object(tree, 'the body')
  if (!has(request, wanted)) {
    const other = ['resourceSpans', 'resourceLogs', 'resourceMetrics'].find((field) => has(request, field))
    if (other !== undefined) throw undecodable(`it holds ${other} where ${wanted} belongs`)
  }
  return list(request, wanted)
}

/** Takes the spans of a request as they are met, with what they share. */
export interface SpanSink {
  /** Where its reader puts a span before `span`. */
  readonly draft: SpanDraft
  /** The resource of the spans that follow. */
  resource(attributes: Attributes): void
  /** The scope of the spans that follow. */
  scope(name: string): void
  /** Takes the draft; false when it can never be stored. */
  span(): boolean
}

/** Hands every span of an ExportTraceServiceRequest to the sink; how many it refused. */
export function walkTraces(tree: unknown, leaves: Leaves, sink: SpanSink): number {
  let rejected = 0
  for (const group of root(tree, 'resourceSpans')) {
    const ofResource = object(group, 'resourceSpans')
    sink.resource(keyValues(object(ofResource['resource'], 'resource'), 'attributes', leaves))
    for (const entry of list(ofResource, 'scopeSpans')) {
      const ofScope = object(entry, 'scopeSpans')
      sink.scope(text(object(ofScope['scope'], 'scope')['name']))
      for (const member of list(ofScope, 'spans')) {
        draftSpan(object(member, 'spans'), leaves, sink.draft)
        if (!sink.span()) rejected += 1
      }
    }
  }
  return rejected
}

function draftSpan(tree: Tree, leaves: Leaves, draft: SpanDraft): void {
  draft.begin()
  draft.hasTrace = draft.putId('trace', leaves.id(tree['traceId'], 16))
  draft.hasSpan = draft.putId('span', leaves.id(tree['spanId'], 8))
  draft.hasParent = draft.putId('parent', leaves.id(tree['parentSpanId'], 8))
  draft.traceState = text(tree['traceState'])
  draft.name = text(tree['name'])
  draft.kind = small(tree['kind'])
  const [start, end] = [leaves.uint64(tree['startTimeUnixNano']), leaves.uint64(tree['endTimeUnixNano'])]
  draft.startMs = Number(start / NANOS)
  draft.startNanos = Number(start % NANOS)
  draft.endMs = Number(end / NANOS)
  draft.endNanos = Number(end % NANOS)
  const status = object(tree['status'], 'status')
  draft.statusCode = small(status['code'])
  draft.statusMessage = text(status['message'])
  for (const entry of list(tree, 'attributes')) {
    const pair = object(entry, 'attributes')
    draft.put(draft.nameOf(text(pair['key'])), anyValue(pair['value'], leaves))
  }
  draft.events = list(tree, 'events')
  draft.links = list(tree, 'links')
}

/** The log records of an ExportLogsServiceRequest. */
export function walkLogs(tree: unknown, leaves: Leaves): readonly LogEvent[] {
  const items: LogEvent[] = []
  for (const group of root(tree, 'resourceLogs')) {
    const ofResource = object(group, 'resourceLogs')
    const resource = keyValues(object(ofResource['resource'], 'resource'), 'attributes', leaves)
    for (const entry of list(ofResource, 'scopeLogs')) {
      for (const member of list(object(entry, 'scopeLogs'), 'logRecords')) {
        const record = object(member, 'logRecords')
        const attributes = keyValues(record, 'attributes', leaves)
        const at = leaves.uint64(record['timeUnixNano'])
        const named = attributes.get('event.name')
        items.push({
          timeNs: at === 0n ? leaves.uint64(record['observedTimeUnixNano']) : at,
          eventName: text(record['eventName']) || (typeof named === 'string' ? named : ''),
          traceId: leaves.id(record['traceId'], 16) ?? '',
          spanId: leaves.id(record['spanId'], 8) ?? '',
          body: anyValue(record['body'], leaves, 0),
          attributes,
          resource,
        })
      }
    }
  }
  return items
}

/** How many metrics an ExportMetricsServiceRequest holds. */
export function walkMetrics(tree: unknown): number {
  let metrics = 0
  for (const group of root(tree, 'resourceMetrics')) {
    for (const entry of list(object(group, 'resourceMetrics'), 'scopeMetrics')) metrics += list(object(entry, 'scopeMetrics'), 'metrics').length
  }
  return metrics
}
