// Ended spans → the bytes of one OTLP/JSON request. The same as the SDK's own serializer makes (a test holds them together), but for
// attributes that come as text already.
import type { Attributes, AttributeValue, HrTime, Link, SpanContext } from '@opentelemetry/api'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import { jsonText, numberText } from './attribute-text.ts'

/** A span that ended, with the attributes that are not in it. */
export type EndedSpan = { readonly span: ReadableSpan; /** The inside of a list of attributes; may be empty. */ readonly attributes: string }

/** OTLP's flags: W3C's in the low byte, then "is remote" is known, then is remote. */
const REMOTE_KNOWN = 0x100
const REMOTE = 0x200

/** One request; all spans must be of one resource and scope (the router has one of each). */
export function requestText(spans: readonly EndedSpan[]): string {
  const first = spans[0]?.span
  if (first === undefined) return '{"resourceSpans":[]}'
  let list = ''
  for (const ended of spans) list += `${list === '' ? '' : ','}${spanText(ended)}`
  const { name, version } = first.instrumentationScope
  const scope = `{"name":${jsonText(name)}${version === undefined || version === '' ? '' : `,"version":${jsonText(version)}`}}`
  return `{"resourceSpans":[{"resource":{"attributes":[${attributesText(first.resource.attributes)}]},"scopeSpans":[{"scope":${scope},"spans":[${list}]}]}]}`
}

function spanText({ span, attributes }: EndedSpan): string {
  const context = span.spanContext()
  const parent = span.parentSpanContext
  const own = attributesText(span.attributes)
  const all = own === '' ? attributes : attributes === '' ? own : `${own},${attributes}`
  const state = context.traceState?.serialize()
  const { code, message } = span.status
  return `{"traceId":"${context.traceId}","spanId":"${context.spanId}"${
    parent?.spanId === undefined ? '' : `,"parentSpanId":"${parent.spanId}"`
  }${state === undefined ? '' : `,"traceState":${jsonText(state)}`},"name":${jsonText(span.name)},"kind":${span.kind + 1},"startTimeUnixNano":"${nanos(span.startTime)}","endTimeUnixNano":"${nanos(span.endTime)}","attributes":[${all}],"droppedAttributesCount":${
    span.droppedAttributesCount
  },"events":[${span.events.map(eventText).join(',')}],"droppedEventsCount":${span.droppedEventsCount},"status":{"code":${code}${
    message === undefined ? '' : `,"message":${jsonText(message)}`
  }},"links":[${span.links.map(linkText).join(',')}],"droppedLinksCount":${span.droppedLinksCount},"flags":${flags(context, parent?.isRemote)}}`
}

function eventText({ name, time, attributes, droppedAttributesCount }: TimedEvent): string {
  return `{"attributes":[${attributesText(attributes ?? {})}],"name":${jsonText(name)},"timeUnixNano":"${nanos(time)}","droppedAttributesCount":${droppedAttributesCount ?? 0}}`
}

function linkText({ context, attributes, droppedAttributesCount }: Link): string {
  const state = context.traceState?.serialize()
  return `{"attributes":[${attributesText(attributes ?? {})}],"spanId":"${context.spanId}","traceId":"${context.traceId}"${state === undefined ? '' : `,"traceState":${jsonText(state)}`},"droppedAttributesCount":${droppedAttributesCount ?? 0},"flags":${flags(context, context.isRemote)}}`
}

function flags(context: SpanContext, isRemote: boolean | undefined): number {
  return (context.traceFlags & 0xff) | REMOTE_KNOWN | (isRemote === true ? REMOTE : 0)
}

/** Seconds and nanoseconds as one number of nanoseconds, which no JavaScript number holds. */
function nanos([seconds, nanoseconds]: HrTime): string {
  return `${Math.trunc(seconds)}${String(Math.trunc(nanoseconds)).padStart(9, '0')}`
}

/** The inside of a list of attributes. */
export function attributesText(attributes: Attributes): string {
  let text = ''
  for (const name in attributes) text += `${text === '' ? '' : ','}{"key":${jsonText(name)},"value":{${valueText(attributes[name])}}}`
  return text
}

function valueText(value: AttributeValue | null | undefined): string {
  switch (typeof value) {
    case 'string':
      return `"stringValue":${jsonText(value)}`
    case 'number':
      return numberText(value)
    case 'boolean':
      return `"boolValue":${value}`
    default:
      return Array.isArray(value) ? `"arrayValue":{"values":[${value.map((item) => `{${valueText(item)}}`).join(',')}]}` : ''
  }
}
