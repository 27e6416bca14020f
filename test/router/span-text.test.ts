import { SpanKind, SpanStatusCode, trace, ROOT_CONTEXT, type Attributes } from '@opentelemetry/api'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttributeText, MAX_VALUE } from '../../router/spans/attribute-text.ts'
import { requestText } from '../../router/spans/span-text.ts'

function recording(): { readonly ended: ReadableSpan[]; readonly provider: TracerProvider } {
  const ended: ReadableSpan[] = []
  const processor = { onStart: () => undefined, onEnd: (span: ReadableSpan) => void ended.push(span), forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() }
  return { ended, provider: new TracerProvider({ sampler: new AlwaysOnSampler(), resource: resourceFromAttributes({ 'service.name': 'r"1"', n: 3 }), spanProcessors: [processor] }) }
}

type OtlpSpans = { resourceSpans: { resource: { attributes: unknown }; scopeSpans: { scope: unknown; spans: unknown[] }[] }[] }
const parsed = (bytes: Uint8Array | string): OtlpSpans => JSON.parse(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString())

/** By the way of the SDK, and by ours: attributes on the span, and attributes as text. */
function bothWays(attributes: Attributes, name: string, message: string): { theirs: OtlpSpans; onSpan: OtlpSpans; asText: OtlpSpans } {
  const { ended, provider } = recording()
  const tracer = provider.getTracer('weighbridge', '1.0')
  const parent = trace.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true })
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
  span.addEvent('e', { at: 1.5, list: ['a', 'b'] })
  span.addLink({ context: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 1 }, attributes: { kind: 'x' } })
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  span.end()
  const first = ended[0]
  if (first === undefined) throw new Error('the span did not end')
  const text = new AttributeText()
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'string') text.text(key, value)
    else if (typeof value === 'number') text.number(key, value)
    else if (typeof value === 'boolean') text.flag(key, value)
    else if (Array.isArray(value)) text.list(key, value.map(String))
  }
  const bare = tracer.startSpan('bare')
  bare.end()
  const other = ended[1]
  if (other === undefined) throw new Error('the span did not end')
  return {
    theirs: parsed(JsonTraceSerializer.serializeRequest([first]) ?? '{}'),
    onSpan: parsed(requestText([{ span: first, attributes: '' }])),
    asText: parsed(requestText([{ span: other, attributes: text.inside() }])),
  }
}

describe('spans as OTLP/JSON text', () => {
  it('are what the official serializer makes of them, whatever the attributes hold', () => {
    // The SDK writes whole numbers beyond 2^53 as integers, in a form that no 64-bit reader takes.
    const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number))
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), double, fc.integer(), fc.boolean(), fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 }))
    const name = fc.stringMatching(/^[a-z][a-z._]{0,20}$/)
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 20, noNullPrototype: true }), fc.string({ minLength: 1 }), fc.string(), (attributes, spanName, message) => {
        const { theirs, onSpan, asText } = bothWays(attributes, spanName, message)
        const spanOf = (all: OtlpSpans): unknown => all.resourceSpans[0]?.scopeSpans[0]?.spans[0]
        expect(spanOf(onSpan)).toEqual(spanOf(theirs))
        expect(onSpan.resourceSpans[0]?.scopeSpans[0]?.scope).toEqual(theirs.resourceSpans[0]?.scopeSpans[0]?.scope)
        expect(onSpan.resourceSpans[0]?.resource.attributes).toEqual(theirs.resourceSpans[0]?.resource.attributes)
        expect(spanOf(asText)).toMatchObject({ attributes: attributesOf(spanOf(theirs)) })
      }),
      { numRuns: 300 },
    )
  })

  it('spell numbers that JSON has none for as proto3 does, and cut very long values', () => {
    const text = new AttributeText()
    text.number('nan', Number.NaN)
    text.number('beyond', 2 ** 60)
    text.text('long', 'x'.repeat(MAX_VALUE + 1))
    text.text('absent', undefined)
    text.list('empty', [])
    const attributes: { key: string; value: Record<string, unknown> }[] = JSON.parse(`[${text.inside()}]`)
    expect(attributes.map(({ key }) => key)).toEqual(['nan', 'beyond', 'long'])
    expect(attributes[0]?.value).toEqual({ doubleValue: 'NaN' })
    expect(attributes[1]?.value).toEqual({ doubleValue: 2 ** 60 })
    expect(String(attributes[2]?.value['stringValue']).length).toBe(MAX_VALUE)
  })

  it('are an empty request when there are none', () => {
    expect(parsed(requestText([]))).toEqual({ resourceSpans: [] })
  })
})

function attributesOf(span: unknown): unknown {
  return typeof span === 'object' && span !== null && 'attributes' in span ? span.attributes : undefined
}
