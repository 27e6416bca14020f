// Sound OTLP bodies of every signal and encoding, to be spoiled: spans as our router and six other libraries send them, log records of
// every event, metrics, and the corners of the format.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OtlpEncoding, OtlpSignal } from '../../collector/decode/decode-request.ts'
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import { encodeLogs } from '../../store/otlp/logs.ts'
import { encodeSpans } from '../../store/otlp/spans.ts'
import { makeTemplate } from '../collector/bodies.ts'

export type Seed = { readonly signal: OtlpSignal; readonly encoding: OtlpEncoding; readonly bytes: Buffer }

const NOW_MS = 1_764_000_000_000
const DIALECTS = join(import.meta.dirname, '../../test/collector/dialects')

/** The corners: every kind of value, nesting, repeated keys, extremes of numbers and times, fields of a later version. */
const CORNERS = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'corner' } }], droppedAttributesCount: 4294967295, entityRefs: [{ type: 'host' }] },
      scopeSpans: [
        {
          scope: { name: 's', version: '1', attributes: [{ key: 'a', value: { boolValue: true } }] },
          schemaUrl: 'https://opentelemetry.io/schemas/1.99.0',
          spans: [
            {
              traceId: '5B8EFFF798038103D269B633813FC60C',
              spanId: 'eee19b7ec3c1b174',
              traceState: 'a=1,b=2',
              flags: 769,
              name: 'λ\u0000\u001f',
              kind: 99,
              startTimeUnixNano: '18446744073709551615',
              endTimeUnixNano: 0,
              attributes: [
                { key: WB.role, value: { stringValue: 'attempt' } },
                { key: WB.role, value: { stringValue: 'call' } },
                { key: GEN_AI.inputTokens, value: { intValue: '-9223372036854775808' } },
                { key: GEN_AI.outputTokens, value: { doubleValue: 1e308 } },
                { key: WB.costUsd, value: { doubleValue: 'NaN' } },
                { key: 'bytes', value: { bytesValue: 'AAEC/w==' } },
                { key: 'deep', value: { arrayValue: { values: [{ kvlistValue: { values: [{ key: 'k', value: { arrayValue: { values: [{}] } } }] } }] } } },
                { key: '', value: {} },
              ],
              events: [{ timeUnixNano: '1', name: 'e', attributes: [{ key: 'x', value: { intValue: 1 } }], droppedAttributesCount: 1 }],
              links: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', attributes: [], traceState: '', flags: 1 }],
              status: { code: 2, message: '\ud83d\ude00' },
              fieldOfALaterVersion: { a: [1, null] },
            },
          ],
        },
      ],
    },
  ],
}

const LOG_RECORDS = [
  { eventName: EVENT.content, timeMs: NOW_MS, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), body: '{"parts":[{"kind":"text","text":"ü"}]}', attributes: { [WB.contentKind]: 'answer' } },
  { eventName: 'gen_ai.evaluation.result', timeMs: NOW_MS, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: { 'gen_ai.evaluation.name': 'correct', 'gen_ai.evaluation.score.value': 0.5, 'gen_ai.evaluation.score.label': 'yes' } },
  ...Object.values(EVENT).map((eventName) => ({ eventName, timeMs: NOW_MS, traceId: 'ef'.repeat(16), spanId: '01'.repeat(8), attributes: { [WB.signalKind]: 'retry', value: 1, [WB.tags]: ['a=b'] } })),
]

const METRICS = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'calls', unit: '1', sum: { dataPoints: [{ asInt: '3', timeUnixNano: '1' }], aggregationTemporality: 2, isMonotonic: true } }] }] }] }

/** All of them. */
export function seeds(): Seed[] {
  const json = (signal: OtlpSignal, value: unknown): Seed => ({ signal, encoding: 'json', bytes: Buffer.from(JSON.stringify(value)) })
  const dialects = readdirSync(DIALECTS).filter((name) => name.endsWith('.json')).flatMap((name) => {
    // Recorded bodies: an array of requests, or one.
    const recorded = JSON.parse(readFileSync(join(DIALECTS, name), 'utf8')) as unknown
    return requestsIn(recorded).map((request) => json('traces', request))
  })
  const shapes = ([['json', 11], ['json', 40], ['protobuf', 11], ['protobuf', 40]] as const).map(([encoding, attributes]): Seed => ({ signal: 'traces', encoding, bytes: makeTemplate({ encoding, attributes, spans: 4 }, 7).bytes }))
  const logs: Seed = { signal: 'logs', encoding: 'json', bytes: Buffer.from(encodeLogs({ 'service.name': 'seed' }, LOG_RECORDS)) }
  const spans: Seed = { signal: 'traces', encoding: 'json', bytes: Buffer.from(encodeSpans({ 'service.name': 'seed' }, [])) }
  return [...shapes, ...dialects, json('traces', CORNERS), json('traces', {}), logs, spans, json('metrics', METRICS), ...PROTOBUF]
}

function requestsIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(requestsIn)
  if (typeof value !== 'object' || value === null) return []
  if ('resourceSpans' in value) return [value]
  return Object.values(value).flatMap(requestsIn)
}

/** A log record and a metric in protobuf by hand: fields of the .proto files of OTLP 1.11, shortest forms. */
const field = (number: number, bytes: Buffer | string): Buffer => {
  const inner = Buffer.from(bytes)
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(inner.length), inner])
}
function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}
const stringValue = (text: string): Buffer => field(1, text)
const keyValue = (key: string, text: string): Buffer => Buffer.concat([field(1, key), field(2, stringValue(text))])
const LOG = Buffer.concat([field(5, stringValue('a body')), field(6, keyValue('event.name', 'gen_ai.evaluation.result')), field(9, Buffer.alloc(16, 7)), field(10, Buffer.alloc(8, 7)), field(12, 'gen_ai.evaluation.result')])
const PROTOBUF: readonly Seed[] = [
  { signal: 'logs', encoding: 'protobuf', bytes: field(1, Buffer.concat([field(1, field(1, keyValue('service.name', 'seed'))), field(2, field(2, LOG))])) },
  { signal: 'metrics', encoding: 'protobuf', bytes: field(1, field(2, field(2, field(1, 'calls')))) },
]
