// Spans read straight from their bytes against the same spans read as a tree: whatever the body, both must give the same rows, or both
// none. A body behind a space is JSON as well, and is always read as a tree.
import fc from 'fast-check'
import protobuf, { type Type } from 'protobufjs/light.js'
import { describe, expect, it } from 'vitest'
import { decodeRequest } from '../../collector/decode/decode-request.ts'
import { readJsonSpans } from '../../collector/decode/json-spans.ts'
import { jsonLeaves } from '../../collector/decode/otlp-json.ts'
import { parseProtobuf, protobufLeaves } from '../../collector/decode/otlp-protobuf.ts'
import { walkTraces } from '../../collector/decode/otlp-walk.ts'
import { readProtobufSpans } from '../../collector/decode/protobuf-spans.ts'
import { SpanRows } from '../../collector/decode/span-row.ts'
import { GEN_AI, WB } from '../../core/attributes.ts'
import { makeTemplate } from '../../bench/collector/bodies.ts'
import { itemsOf, type Item } from './decoded-items.ts'
import { attemptSpan, tracesBody } from './receive-bodies.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')

/** Rows and refusals of a body, or `undefined` when it cannot be decoded. */
function outcome(body: Buffer): { items: Item[]; rejected: number } | undefined {
  try {
    const decoded = decodeRequest('traces', 'json', body, NOW)
    return { items: itemsOf(decoded), rejected: decoded.rejected }
  } catch (error) {
    expect(error).toMatchObject({ code: 'otlp_undecodable' })
    return undefined
  }
}
const asTree = (body: Buffer): ReturnType<typeof outcome> => outcome(Buffer.concat([Buffer.from(' '), body]))
/** Whether the bytes are read without a tree. */
const isStraight = (body: Buffer): boolean => readJsonSpans(body, new SpanRows(jsonLeaves, NOW, body.length)) !== undefined

const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('', 'chat', 'kimi-k2.6', 'a"b\\c\n', '\u2028ü🚚', 'x'.repeat(100)))
const scalar = fc.oneof(
  fc.record({ stringValue: texts }),
  fc.record({ intValue: fc.oneof(fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String), fc.integer().map(String), fc.constantFrom('007', '-0', '', '1.5', 'x', -0, 2 ** 53 + 2)) }),
  fc.record({ doubleValue: fc.oneof(fc.double(), fc.constantFrom('NaN', 'Infinity', '1e3', 0.1 + 0.2, 5e-324, 1.7976931348623157e308, 123456789.125)) }),
  fc.record({ boolValue: fc.oneof(fc.boolean(), fc.constant('true')) }),
  fc.constantFrom({}, null, { bytesValue: 'AAEC' }, { stringValue: 7 }, { stringValue: 'a', intValue: 1 }),
)
const value = fc.oneof(scalar, fc.record({ arrayValue: fc.record({ values: fc.array(scalar, { maxLength: 3 }) }) }), fc.record({ kvlistValue: fc.record({ values: fc.array(fc.record({ key: texts, value: scalar }), { maxLength: 2 }) }) }))
const attributes = fc.array(fc.record({ key: fc.oneof(fc.constantFrom(...Object.values(WB), ...Object.values(GEN_AI)), texts), value }), { maxLength: 14 })
const hex = (bytes: number): fc.Arbitrary<string> => fc.oneof({ weight: 6, arbitrary: fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex')) }, { weight: 1, arbitrary: fc.constantFrom('0'.repeat(bytes * 2), '', 'A'.repeat(bytes * 2), 'zz') })
const time = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 999_999_999 }).map((nanos) => `${Math.floor(NOW / 1000) - (nanos % 1000)}${String(nanos).padStart(9, '0')}`) }, { weight: 1, arbitrary: fc.constantFrom('0', 0, '12', '18446744073709551615', '99999999999999999999', '-5', 'x', 1.5, '007', null) })
const span = fc.record(
  {
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: hex(8),
    traceState: texts,
    name: texts,
    kind: fc.constantFrom(0, 1, 2, 3, 12, 'SPAN_KIND_SERVER', -1, 1.5),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes,
    droppedAttributesCount: fc.nat(3),
    events: fc.array(fc.record({ timeUnixNano: time, name: texts, attributes }), { maxLength: 2 }),
    links: fc.array(fc.record({ traceId: hex(16), spanId: hex(8), attributes }), { maxLength: 1 }),
    status: fc.oneof(fc.record({ code: fc.nat(3) }), fc.record({ code: fc.nat(3), message: texts }), fc.constantFrom({}, { message: 'm' })),
    flags: fc.constantFrom(257, 1e3, { a: [1, 'b', null, true, -0.5e-3] }, []),
  },
  { requiredKeys: ['traceId', 'spanId', 'startTimeUnixNano', 'endTimeUnixNano', 'attributes'] },
)
const request = fc.array(
  fc.record({ resource: fc.record({ attributes }), scopeSpans: fc.array(fc.record({ scope: fc.record({ name: texts }), spans: fc.array(span, { maxLength: 5 }), schemaUrl: fc.constant('https://x') }, { requiredKeys: ['spans'] }), { maxLength: 2 }), schemaUrl: fc.constant('') }, { requiredKeys: ['scopeSpans'] }),
  { maxLength: 2 },
)

describe('spans read straight from JSON', () => {
  it('are the spans of the tree, whatever is in them', () => {
    fc.assert(
      fc.property(request, (resourceSpans) => {
        const body = Buffer.from(JSON.stringify({ resourceSpans }))
        expect(outcome(body)).toEqual(asTree(body))
      }),
      { numRuns: 400 },
    )
  })

  it('are the same in a body with any byte changed, left out or doubled', () => {
    const bodies = fc.sample(request.filter((groups) => groups.length > 0), { numRuns: 20, seed: 3 }).map((resourceSpans) => JSON.stringify({ resourceSpans }))
    bodies.push(tracesBody(Array.from({ length: 3 }, () => attemptSpan())))
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\', '0', '-', '.', 'e', 'n', ' ', '\n', '\u0000', 'ÿ', ''), fc.nat(3), (body, where, byte, cut) => {
        const bytes = Buffer.from(body)
        const at = Math.floor(where * bytes.length)
        const spoiled = Buffer.concat([bytes.subarray(0, at), Buffer.from(byte, 'latin1'), bytes.subarray(at + cut)])
        expect(outcome(spoiled)).toEqual(asTree(spoiled))
      }),
      { numRuns: 4_000 },
    )
  })

  it('are what the official exporter writes', () => {
    for (const attributeCount of [11, 40] as const) expect(isStraight(makeTemplate({ encoding: 'json', attributes: attributeCount, spans: 20 }, 1).bytes)).toBe(true)
  })

  it.each([
    ['a field given twice', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","traceId":"02"}]}]}]}'],
    ['a resource behind its spans', '{"resourceSpans":[{"scopeSpans":[],"resource":{"attributes":[]}}]}'],
    ['white space', '{"resourceSpans": []}'],
    ['a second list', '{"resourceSpans":[],"resourceSpans":[]}'],
    ['bytes that are no UTF-8', Buffer.from([...Buffer.from('{"resourceSpans":[{"x":"'), 0xff, ...Buffer.from('"}]}')])],
  ])('leave the tree to decide about %s', (_what, body) => {
    expect(isStraight(Buffer.from(body))).toBe(false)
  })

  it('take an outer exchange for what it is, also where the inner one comes first', () => {
    const outer = attemptSpan({}, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: [{ key: GEN_AI.operationName, value: { stringValue: 'chat' } }] })
    const inner = { ...outer, spanId: 'c'.repeat(16), parentSpanId: 'b'.repeat(16) }
    for (const spans of [[outer, inner], [inner, outer]]) {
      const roles = Object.fromEntries((outcome(Buffer.from(tracesBody(spans)))?.items ?? []).map(({ row }) => [row['span_id'], row['role']]))
      expect(roles).toEqual({ ['b'.repeat(16)]: 'other', ['c'.repeat(16)]: 'attempt' })
    }
  })
})

describe('spans read straight from protobuf', () => {
  const read = (body: Uint8Array, isTree: boolean): { items: Item[]; rejected: number } | undefined => {
    const sink = new SpanRows(protobufLeaves, NOW, body.length)
    try {
      const rejected = isTree ? walkTraces(parseProtobuf('traces', body), protobufLeaves, sink) : readProtobufSpans(body, sink)
      return rejected === undefined ? read(body, true) : { items: itemsOf({ rows: sink.rows(), items: 0, rejected, reason: '' }), rejected }
    } catch (error) {
      expect(error).toMatchObject({ code: 'otlp_undecodable' })
      return undefined
    }
  }
  const bodies = ([11, 40] as const).map((attributeCount) => Buffer.from(makeTemplate({ encoding: 'protobuf', attributes: attributeCount, spans: 4 }, 1).bytes))
  const { tracesType } = protobufTypes()
  /** Any request of the property above as protobuf: ids as bytes, numbers as they are. */
  const encoded = request.map((resourceSpans) => Buffer.from(tracesType.encode(tracesType.fromObject({ resourceSpans: JSON.parse(JSON.stringify(resourceSpans), forProtobuf) })).finish()))

  it('are the spans of the tree, whatever is in them', () => {
    fc.assert(
      fc.property(encoded, (body) => {
        expect(readProtobufSpans(body, new SpanRows(protobufLeaves, NOW, body.length))).not.toBe(undefined)
        expect(read(body, false)).toEqual(read(body, true))
      }),
      { numRuns: 300 },
    )
  })

  it('are the same in a body with any byte changed, left out or added', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...bodies), encoded), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.array(fc.nat(255), { maxLength: 2 }), fc.nat(3), (body, where, more, cut) => {
        const at = Math.floor(where * body.length)
        const spoiled = Buffer.concat([body.subarray(0, at), Buffer.from(more), body.subarray(at + cut)])
        expect(read(spoiled, false)).toEqual(read(spoiled, true))
      }),
      { numRuns: 3_000 },
    )
  })
})

/** The request message, encoded by protobufjs from objects. */
function protobufTypes(): { tracesType: Type } {
  const value = { stringValue: [1, 'string'], boolValue: [2, 'bool'], intValue: [3, 'int64'], doubleValue: [4, 'double'], arrayValue: [5, 'ArrayValue'], kvlistValue: [6, 'KeyValueList'], bytesValue: [7, 'bytes'] } as const
  const fields = (all: Readonly<Record<string, readonly [id: number, type: string, rule?: 'repeated']>>): { fields: Record<string, { id: number; type: string; rule?: string }> } => ({ fields: Object.fromEntries(Object.entries(all).map(([name, [id, type, rule]]) => [name, { id, type, ...(rule === undefined ? {} : { rule }) }])) })
  const root = protobuf.Root.fromJSON({
    nested: {
      AnyValue: { oneofs: { value: { oneof: Object.keys(value) } }, ...fields(value) },
      ArrayValue: fields({ values: [1, 'AnyValue', 'repeated'] }),
      KeyValueList: fields({ values: [1, 'KeyValue', 'repeated'] }),
      KeyValue: fields({ key: [1, 'string'], value: [2, 'AnyValue'] }),
      Scope: fields({ name: [1, 'string'] }),
      Resource: fields({ attributes: [1, 'KeyValue', 'repeated'] }),
      Status: fields({ message: [2, 'string'], code: [3, 'int32'] }),
      Event: fields({ timeUnixNano: [1, 'fixed64'], name: [2, 'string'], attributes: [3, 'KeyValue', 'repeated'] }),
      Link: fields({ traceId: [1, 'bytes'], spanId: [2, 'bytes'], attributes: [4, 'KeyValue', 'repeated'] }),
      Span: fields({ traceId: [1, 'bytes'], spanId: [2, 'bytes'], traceState: [3, 'string'], parentSpanId: [4, 'bytes'], name: [5, 'string'], kind: [6, 'int32'], startTimeUnixNano: [7, 'fixed64'], endTimeUnixNano: [8, 'fixed64'], attributes: [9, 'KeyValue', 'repeated'], droppedAttributesCount: [10, 'uint32'], events: [11, 'Event', 'repeated'], links: [13, 'Link', 'repeated'], status: [15, 'Status'] }),
      ScopeSpans: fields({ scope: [1, 'Scope'], spans: [2, 'Span', 'repeated'], schemaUrl: [3, 'string'] }),
      ResourceSpans: fields({ resource: [1, 'Resource'], scopeSpans: [2, 'ScopeSpans', 'repeated'], schemaUrl: [3, 'string'] }),
      TraceRequest: fields({ resourceSpans: [1, 'ResourceSpans', 'repeated'] }),
    },
  })
  return { tracesType: root.lookupType('TraceRequest') }
}

/** What JSON says in words, as protobufjs takes it: ids as bytes, no nulls, whole numbers where the message has them. */
function forProtobuf(key: string, member: unknown): unknown {
  if (member === null) return /^\d+$/.test(key) ? {} : undefined
  if (key === 'traceId' || key === 'spanId' || key === 'parentSpanId') return Buffer.from(String(member), 'hex')
  if (key === 'startTimeUnixNano' || key === 'endTimeUnixNano' || key === 'timeUnixNano' || key === 'intValue') return /^\d{1,19}$/.test(String(member)) ? String(member) : 5
  if (key === 'kind') return typeof member === 'number' && Number.isInteger(member) && member >= 0 ? member : 0
  if (key === 'doubleValue') return Number(member)
  if (key === 'bytesValue') return Buffer.from('AAEC', 'base64')
  if (key === 'stringValue') return String(member).toWellFormed()
  if (key === 'boolValue') return member === true
  return typeof member === 'string' ? member.toWellFormed() : member
}
