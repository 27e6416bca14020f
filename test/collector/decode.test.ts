import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRequest } from '../../collector/decode/decode-request.ts'
import { COST_SOURCES_OF_ATTEMPTS, INFERENCE_MARKS, SPAN_SOURCES, USAGE_SOURCES } from '../../collector/decode/dialects.ts'
import { isoNanos } from '../../collector/decode/times.ts'
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import { TABLES } from '../../core/tables.ts'
import { encodeLogs } from '../../store/otlp/logs.ts'
import { itemsOf, type Item } from './decoded-items.ts'
import { attemptSpan, attribute, attributes, tracesBody } from './receive-bodies.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const decodeJson = (body: string, signal: 'traces' | 'logs' = 'traces') => {
  const decoded = decodeRequest(signal, 'json', Buffer.from(body), NOW)
  return { items: itemsOf(decoded), rejected: decoded.rejected, reason: decoded.reason }
}
const rowOf = (span: unknown): Readonly<Record<string, unknown>> => {
  const [item] = decodeJson(tracesBody([span])).items
  if (item === undefined) throw new Error('the span was rejected')
  return item.row
}

const hexOf = (bytes: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from([1, ...id.subarray(1)]).toString('hex'))
const time = fc.tuple(fc.integer({ min: 1_700_000_000, max: 1_763_000_000 }), fc.integer({ min: 0, max: 999_999_999 })) as fc.Arbitrary<[number, number]>
const anyText = fc.string({ unit: 'grapheme', maxLength: 12 })
const value = fc.oneof(
  anyText,
  fc.boolean(),
  fc.integer(),
  fc.integer({ min: 2 ** 33, max: Number.MAX_SAFE_INTEGER }),
  // The SDK writes a whole double beyond 2^53 as an integer: its shortest digits in JSON, its exact value in protobuf.
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number)),
  fc.array(anyText, { maxLength: 4 }),
  fc.array(fc.integer(), { maxLength: 4 }),
  fc.array(fc.boolean(), { maxLength: 3 }),
)
const attributeSet = fc.dictionary(fc.oneof(fc.constantFrom(...Object.values(WB), ...Object.values(GEN_AI)), fc.string({ minLength: 1, maxLength: 10 })), value, { maxKeys: 12 })

/** Spans as the SDK hands them to its serialisers. */
const readableSpan: fc.Arbitrary<ReadableSpan> = fc
  .record({
    traceId: hexOf(16),
    spanId: hexOf(8),
    parent: fc.option(hexOf(8), { nil: undefined }),
    name: anyText,
    kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
    startTime: time,
    endTime: time,
    status: fc.record({ code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR), message: anyText }),
    attributes: attributeSet,
    events: fc.array(fc.record({ name: anyText, time, attributes: attributeSet }), { maxLength: 3 }),
    links: fc.array(fc.record({ traceId: hexOf(16), spanId: hexOf(8), attributes: attributeSet }), { maxLength: 2 }),
    resource: attributeSet,
    scope: anyText,
  })
  .map(({ traceId, spanId, parent, links, resource, scope, ...rest }) => ({
    ...rest,
    spanContext: () => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    ...(parent === undefined ? {} : { parentSpanContext: { traceId, spanId: parent, traceFlags: TraceFlags.SAMPLED } }),
    links: links.map((link) => ({ context: { traceId: link.traceId, spanId: link.spanId, traceFlags: 1 }, attributes: link.attributes })),
    resource: resourceFromAttributes(resource),
    instrumentationScope: { name: scope },
    duration: [0, 0],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }))

describe('decoding OTLP', () => {
  it('gives the same rows for the JSON and the protobuf of one request', () => {
    fc.assert(
      fc.property(fc.array(readableSpan, { minLength: 1, maxLength: 4 }), (spans) => {
        const json = JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array()
        const protobuf = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array()
        const fromJson = decodeRequest('traces', 'json', json, NOW)
        expect(fromJson.items).toBe(spans.length)
        expect(itemsOf(decodeRequest('traces', 'protobuf', protobuf, NOW))).toEqual(itemsOf(fromJson))
      }),
      { numRuns: 200 },
    )
  })

  it('never throws anything but otlp_undecodable, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('traces' as const, 'logs' as const, 'metrics' as const), fc.constantFrom('json' as const, 'protobuf' as const), (bytes, signal, encoding) => {
        try {
          decodeRequest(signal, encoding, bytes, NOW)
        } catch (error) {
          expect(error).toMatchObject({ code: 'otlp_undecodable' })
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('survives any JSON in any place of a span, with a row that holds only columns of the table', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(attemptSpan())), fc.jsonValue({ maxDepth: 3 })), (odd) => {
        try {
          for (const { row } of decodeJson(tracesBody([{ ...attemptSpan(), ...odd }])).items) {
            expect(Object.keys(row).filter((column) => !(column in TABLES.spans))).toEqual([])
            expect(JSON.stringify(row).isWellFormed()).toBe(true)
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'otlp_undecodable' })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('reads protobuf cut at any byte as an error or as fewer spans, never as other spans', () => {
    const spans = fc.sample(readableSpan, { numRuns: 3, seed: 5 })
    const whole = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array()
    const ids = new Set(spans.map((span) => span.spanContext().traceId + span.spanContext().spanId))
    for (let cut = 0; cut < whole.length; cut += 1) {
      let items: readonly Item[] = []
      try {
        items = itemsOf(decodeRequest('traces', 'protobuf', whole.subarray(0, cut), NOW))
      } catch (error) {
        expect(error).toMatchObject({ code: 'otlp_undecodable' })
      }
      expect(items.filter((item) => !ids.has(item.key))).toEqual([])
    }
  })

  it('takes ids in either case and stores them in lower case', () => {
    const row = rowOf(attemptSpan({}, { traceId: 'ABCDEF0123456789ABCDEF0123456789', spanId: 'ABCDEF0123456789' }))
    expect(row).toMatchObject({ trace_id: 'abcdef0123456789abcdef0123456789', span_id: 'abcdef0123456789' })
  })

  it('takes 64-bit integers as strings and as numbers, to the last digit', () => {
    const span = JSON.stringify(attemptSpan({}, { startTimeUnixNano: 'START', endTimeUnixNano: 'END', attributes: [{ key: 'big', value: { intValue: 'BIG' } }] }))
    const bare = span.replace('"START"', '1763640000123456789').replace('"END"', '1763640001123456790').replace('"BIG"', '-9223372036854775807')
    const row = decodeJson(`{"resourceSpans":[{"scopeSpans":[{"spans":[${bare}]}]}]}`).items[0]?.row
    expect(row).toMatchObject({ started_at: '2025-11-20T12:00:00.123456789Z', duration_ns: '1000000001', attributes: { big: '-9223372036854775807' } })
    expect(rowOf(attemptSpan({}, { startTimeUnixNano: '1763640000123456789' }))).toMatchObject({ started_at: '2025-11-20T12:00:00.123456789Z' })
  })

  it('keeps a number that its unit makes infinite out of its column', () => {
    expect(rowOf(attemptSpan({}, { attributes: [attribute(GEN_AI.timeToFirstChunk, 1e306)] }))['ttft_ms']).toBeNull()
  })

  it('keeps NaN and Infinity out of number columns and as text among the attributes', () => {
    const row = rowOf(attemptSpan({}, { attributes: [attribute(WB.role, 'attempt'), { key: WB.costUsd, value: { doubleValue: 'NaN' } }, { key: WB.ttftMs, value: { doubleValue: '-Infinity' } }] }))
    expect(row).toMatchObject({ role: 'attempt', cost_source: 'unpriced', attributes: { [WB.costUsd]: 'NaN', [WB.ttftMs]: '-Infinity' } })
    expect(row['cost_usd']).toBeNull()
  })

  it('ignores fields it does not know, at every level', () => {
    const body = JSON.stringify({ new: 1, resourceSpans: [{ new: 1, scopeSpans: [{ new: [], scope: { new: 1 }, spans: [{ ...attemptSpan(), new: { deep: [] } }] }] }] })
    expect(decodeJson(body).items.length).toBe(1)
  })

  it('rejects logs that were posted as traces, in both encodings', () => {
    const logs = encodeLogs({}, [{ eventName: 'x', timeMs: NOW, attributes: {} }])
    expect(() => decodeRequest('traces', 'json', logs, NOW)).toThrow(expect.objectContaining({ code: 'otlp_undecodable' }))
    // LogRecord { time_unix_nano: 1, body: … } in the place of a span: fields of other wire types, no ids.
    const record = Buffer.concat([Buffer.from([0x09]), Buffer.alloc(8, 1), Buffer.from([0x2a, 0x04, 0x0a, 0x02, 0x68, 0x69])])
    const wrap = (inner: Buffer): Buffer => Buffer.concat([Buffer.from([0x12, inner.length]), inner])
    const request = wrap(wrap(wrap(record)))
    request[0] = 0x0a
    expect(decodeRequest('traces', 'protobuf', request, NOW)).toMatchObject({ items: 0, rows: [], rejected: 1 })
  })

  it('puts a start that no clock showed at the time of receipt, and keeps what was stated', () => {
    for (const stated of ['0', '1000', '4102444800000000000', '18446744073709551615']) {
      expect(rowOf(attemptSpan({}, { startTimeUnixNano: stated }))).toMatchObject({ started_at: isoNanos(BigInt(NOW) * 1_000_000n), duration_ns: '0', attributes: { 'weighbridge.stated_start': stated } })
    }
  })
})

describe('the dialects', () => {
  const examples: Readonly<Record<string, string | number>> = { task_source: 'rule', purpose: 'eval', reason: 'failover', cost_source: 'provider' }
  const SECONDS: ReadonlySet<string> = new Set([GEN_AI.timeToFirstChunk, 'gen_ai.client.operation.time_to_first_chunk', 'gen_ai.server.time_to_first_token'])
  const all = [...SPAN_SOURCES, ...USAGE_SOURCES, ...COST_SOURCES_OF_ATTEMPTS]
  const cases = all.flatMap(({ column, from }) => from.map((name) => ({ column, name })))

  it.each(cases)('fill $column from $name', ({ column, name }) => {
    const type = TABLES.spans[column].type
    const given = examples[column] ?? (type === 'Bool' ? 'true' : column === 'tags' ? 'k=v' : /Int|Float|Decimal/.test(type) ? 1 : 'some text')
    const row = rowOf(attemptSpan({}, { attributes: attributes({ [WB.role]: 'attempt', [name]: given }) }))
    const expected = type === 'Bool' ? true : column === 'tags' ? { k: 'v' } : type.includes('UInt64') || type.includes('Decimal') ? '1' : SECONDS.has(name) ? 1000 : given
    expect(row[column]).toEqual(expected)
    expect(row['attributes']).not.toHaveProperty([name])
  })

  it('prefer the current name where several are given', () => {
    expect(rowOf(attemptSpan({ 'gen_ai.usage.prompt_tokens': 7 }))).toMatchObject({ input_tokens: '1200' })
  })

  it.each(INFERENCE_MARKS.flatMap(({ attribute: name, values }) => values.map((said) => ({ name, said }))))("take another sender's span for an attempt when $name is $said", ({ name, said }) => {
    expect(rowOf(attemptSpan({}, { attributes: attributes({ [name]: said, 'gen_ai.system': 'openai' }) }))).toMatchObject({ role: 'attempt', attempt: 1, provider: 'openai', purpose: 'production', is_simulated: false })
  })

  it('count no cost and no tokens on spans that repeat those of their children', () => {
    const row = rowOf(attemptSpan({}, { attributes: attributes({ [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.inputTokens]: 100, 'gen_ai.usage.cost': 0.5 }) }))
    expect(row).toMatchObject({ role: 'other', attributes: { [GEN_AI.inputTokens]: '100', 'gen_ai.usage.cost': '0.5' } })
    expect([row['input_tokens'], row['cost_usd']]).toEqual([null, null])
  })

  it('keep the call span free of attempt cost', () => {
    const row = rowOf(attemptSpan({}, { attributes: attributes({ [WB.role]: 'call', [WB.callCostUsd]: 0.02, [WB.costUsd]: 0.02, [GEN_AI.inputTokens]: 9 }) }))
    expect(row).toMatchObject({ role: 'call', call_cost_usd: '0.02', input_tokens: '9', cost_usd: null })
  })
})

describe('log records', () => {
  const record = (eventName: string, given: Record<string, string | number | boolean>, traceId?: string): ReturnType<typeof decodeJson> =>
    decodeJson(Buffer.from(encodeLogs({}, [{ eventName, timeMs: NOW, traceId, attributes: given }])).toString(), 'logs')

  it('are known by the attribute event.name too', () => {
    expect(record('', { 'event.name': EVENT.evaluation, [GEN_AI.evaluationLabel]: 'correct' }).items[0]).toMatchObject({ table: 'eval_results', row: { status: 'scored', label: 'correct' } })
  })

  it('of an evaluation that failed carry no score', () => {
    const row = record(EVENT.evaluation, { [WB.evalStatus]: 'judge_error', [GEN_AI.evaluationScore]: 0, [GEN_AI.evaluationLabel]: 'incorrect' }).items[0]?.row
    expect(row).toMatchObject({ status: 'judge_error', score: null, label: '' })
  })

  it.each([
    ['an unknown event', 'app.click', {}],
    ['a scored result without score', EVENT.evaluation, { [WB.evalRun]: 'r' }],
    ['a score beyond 1', EVENT.evaluation, { [GEN_AI.evaluationScore]: 3 }],
    ['an unknown status', EVENT.evaluation, { [WB.evalStatus]: 'fine', [GEN_AI.evaluationLabel]: 'x' }],
    ['an unknown kind of probe', EVENT.evaluation, { [WB.evalProbeKind]: 'riddle', [GEN_AI.evaluationLabel]: 'x' }],
    ['a signal about no call', EVENT.signal, { [WB.signalKind]: 'edit' }],
    ['a route table without a body', EVENT.routeTable, {}],
  ])('are refused with a reason: %s', (_what, eventName, given) => {
    const { items, rejected, reason } = record(eventName, given)
    expect([items.length, rejected]).toEqual([0, 1])
    expect(reason).not.toBe('')
  })

  it('have one identity however often they are sent, and another for another probe', () => {
    const key = (probe: string): string | undefined => record(EVENT.evaluation, { [WB.evalRun]: 'r', [WB.evalProbe]: probe, [GEN_AI.evaluationLabel]: 'correct' }).items[0]?.key
    expect(key('p')).toBe(key('p'))
    expect(key('p')).not.toBe(key('q'))
  })

  it('keep the identity that their sender gave, or its hash where it is too long to be asked for', () => {
    const key = (id: string): string | undefined => record(EVENT.signal, { [WB.signalKind]: 'feedback', [WB.signalAbout]: 'a', [WB.signalId]: id }).items[0]?.key
    expect(key('mine')).toBe('mine')
    const [one, other] = [key(`${'x'.repeat(100_000)}1`), key(`${'x'.repeat(100_000)}2`)]
    expect(one).not.toBe(other)
    expect(one).toBe(key(`${'x'.repeat(100_000)}1`))
    expect(one?.length).toBeLessThanOrEqual(256)
  })

  it('give rows that hold only columns of their tables', () => {
    const items = [record(EVENT.evaluation, { [GEN_AI.evaluationLabel]: 'correct' }), record(EVENT.signal, { [WB.signalKind]: 'edit' }, '0123456789abcdef0123456789abcdef')].flatMap((decoded) => decoded.items)
    expect(items.length).toBe(2)
    for (const { table, row } of items) expect(Object.keys(row).filter((column) => !(column in TABLES[table]))).toEqual([])
  })
})
