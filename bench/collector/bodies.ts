// OTLP bodies to send by the thousand: made once by the official SDK and its serialisers, then given new ids and times in place
// before every send, so that the sender costs next to nothing and no two spans are alike. Call and attempt come in pairs, as ours do.
import { randomFillSync } from 'node:crypto'
import { SpanKind, trace, ROOT_CONTEXT, type Attributes } from '@opentelemetry/api'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, TracerProvider, type IdGenerator, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { GEN_AI, WB } from '../../core/attributes.ts'
import { seededRandom, type Random } from '../../core/seams.ts'

export type Encoding = 'json' | 'protobuf'
export type Shape = { readonly encoding: Encoding; /** Attributes of each span. */ readonly attributes: 11 | 40; /** Spans of one body, even. */ readonly spans: number }

/** A body with the places of everything that must be new in each send. */
export type Template = { readonly bytes: Buffer; readonly traces: readonly number[][]; readonly spans: readonly number[][]; readonly requests: readonly number[][]; readonly starts: readonly number[]; readonly ends: readonly number[]; readonly encoding: Encoding }

const TASKS = ['simple_qa', 'code_generation', 'factual_recall', 'long_context', 'agent_tasks', 'general']
const TARGETS = [
  ['kimi-k2.6', 'moonshot', 'kimi-k2.6'],
  ['gpt-5.4', 'openai', 'gpt-5.4'],
  ['gpt-5.5-low', 'openai', 'gpt-5.5'],
  ['claude-opus-4.7', 'anthropic', 'claude-opus-4-7'],
  ['deepseek-v4', 'deepseek', 'deepseek-v4-pro'],
] as const
const REASONS = ['weighted', 'weighted', 'weighted', 'sticky', 'failover']
const BASE_SECONDS = 1_700_000_000

const pick = <T>(random: Random, from: readonly T[]): T => {
  const found = from[Math.floor(random.next() * from.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

/** The eleven facts that every span of a model call has. */
function fewAttributes(random: Random, role: 'call' | 'attempt'): Attributes {
  const [target, provider, model] = pick(random, TARGETS)
  const input = Math.floor(20 * 400 ** random.next())
  const output = Math.floor(10 * 100 ** random.next())
  return {
    [WB.role]: role,
    [WB.task]: pick(random, TASKS),
    [WB.target]: target,
    [GEN_AI.providerName]: provider,
    [GEN_AI.requestModel]: model,
    [GEN_AI.operationName]: 'chat',
    [GEN_AI.inputTokens]: input,
    [GEN_AI.outputTokens]: output,
    [role === 'call' ? WB.callCostUsd : WB.costUsd]: (input * 0.95 + output * 4) / 1e6,
    [WB.purpose]: 'production',
    [WB.reason]: pick(random, REASONS),
  }
}

/** Twenty-nine more: what the router writes of a call besides, and a few of an application's own. */
function moreAttributes(random: Random, request: string): Attributes {
  const served = pick(random, TARGETS)[2]
  const ttftMs = 80 + random.next() * 900
  return {
    [GEN_AI.requestStream]: random.next() < 0.7,
    [GEN_AI.requestMaxTokens]: pick(random, [256, 1024, 4096]),
    [GEN_AI.responseModel]: served,
    [GEN_AI.responseId]: `chatcmpl-${request}`,
    [GEN_AI.finishReasons]: ['stop'],
    [GEN_AI.httpStatus]: 200,
    [GEN_AI.serverAddress]: 'api.example.com',
    [GEN_AI.timeToFirstChunk]: ttftMs / 1000,
    [GEN_AI.cacheReadTokens]: Math.floor(random.next() * 20),
    [GEN_AI.reasoningTokens]: Math.floor(random.next() * 10),
    [GEN_AI.systemFingerprint]: pick(random, ['fp_1a2b', 'fp_3c4d']),
    [GEN_AI.serviceTier]: 'default',
    [GEN_AI.userId]: `user-${Math.floor(random.next() * 500)}`,
    [WB.taskSource]: 'caller',
    [WB.modelRequested]: 'auto',
    [WB.surface]: 'chat',
    [WB.requestId]: `req_${request}`,
    [WB.attempt]: 1,
    [WB.attempts]: 1,
    [WB.propensity]: pick(random, [0.7, 0.2, 0.1]),
    [WB.routeVersion]: 12,
    [WB.costSource]: 'priced',
    [WB.ttftMs]: ttftMs,
    [WB.sessionId]: `session-${Math.floor(random.next() * 2_000)}`,
    [WB.tags]: ['team=search', `feature=${pick(random, ['chat', 'summary', 'draft'])}`],
    [WB.wire]: 'openai-chat',
    [WB.keyId]: pick(random, ['key_a', 'key_b', 'key_c']),
    'app.release': pick(random, ['2026.11.1', '2026.11.2']),
    'app.region': pick(random, ['eu', 'us', 'ap']),
  }
}

/** Ids that can be found again in the bytes: counted up from a mark that nothing else looks like. */
class CountedIds implements IdGenerator {
  #count = 0
  readonly traceIds: string[] = []
  readonly spanIds: string[] = []
  generateTraceId(): string {
    const id = `feedfacecafe${(this.#count += 1).toString(16).padStart(20, '0')}`
    this.traceIds.push(id)
    return id
  }
  generateSpanId(): string {
    const id = `dabbadab${(this.#count += 1).toString(16).padStart(8, '0')}`
    this.spanIds.push(id)
    return id
  }
}

function finished(random: Random, shape: Shape, ids: CountedIds): { readonly spans: readonly ReadableSpan[]; readonly requests: readonly string[] } {
  const spans: ReadableSpan[] = []
  const keep = { onStart: () => undefined, onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: async () => undefined, shutdown: async () => undefined }
  const resource = resourceFromAttributes({ 'service.name': 'weighbridge-router', 'service.instance.id': 'bench' })
  const tracer = new TracerProvider({ sampler: new AlwaysOnSampler(), idGenerator: ids, resource, spanProcessors: [keep] }).getTracer('weighbridge')
  const requests: string[] = []
  for (let pair = 0; pair < shape.spans / 2; pair += 1) {
    const request = `beefbeef${pair.toString(16).padStart(24, '0')}`
    requests.push(request)
    const more = shape.attributes === 40 ? moreAttributes(random, request) : {}
    // Unlike in every digit that a search looks at.
    const startTime: [number, number] = [BASE_SECONDS, pair * 1_000 + 123]
    const endTime: [number, number] = [BASE_SECONDS + 1, pair * 1_000 + 456]
    const call = tracer.startSpan('POST /v1/chat/completions', { kind: SpanKind.SERVER, startTime, attributes: { ...fewAttributes(random, 'call'), ...more } }, ROOT_CONTEXT)
    const attempt = tracer.startSpan('chat gpt-5.4', { kind: SpanKind.CLIENT, startTime, attributes: { ...fewAttributes(random, 'attempt'), ...more } }, trace.setSpan(ROOT_CONTEXT, call))
    attempt.end(endTime)
    call.end(endTime)
  }
  return { spans, requests }
}

function places(bytes: Buffer, needle: Uint8Array): number[] {
  const found: number[] = []
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) found.push(at)
  return found
}

/** One body of the shape, values drawn from the seed. */
export function makeTemplate(shape: Shape, seed: number): Template {
  const ids = new CountedIds()
  const { spans, requests } = finished(seededRandom(seed), shape, ids)
  const serializer = shape.encoding === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer
  const bytes = Buffer.from(serializer.serializeRequest([...spans]) ?? '')
  const idBytes = (id: string): Uint8Array => (shape.encoding === 'json' ? Buffer.from(id) : Buffer.from(id, 'hex'))
  const timeBytes = ([seconds, nanos]: [number, number]): Uint8Array => {
    const ns = BigInt(seconds) * 1_000_000_000n + BigInt(nanos)
    if (shape.encoding === 'json') return Buffer.from(String(ns))
    const buffer = Buffer.alloc(8)
    buffer.writeBigUInt64LE(ns)
    return buffer
  }
  const template: Template = {
    bytes,
    encoding: shape.encoding,
    traces: ids.traceIds.map((id) => places(bytes, idBytes(id))),
    spans: ids.spanIds.map((id) => places(bytes, idBytes(id))),
    requests: shape.attributes === 40 ? requests.map((id) => places(bytes, Buffer.from(id))) : [],
    starts: [...new Map(spans.map((span) => [span.startTime[1], span.startTime])).values()].flatMap((time) => places(bytes, timeBytes(time))),
    ends: [...new Map(spans.map((span) => [span.endTime[1], span.endTime])).values()].flatMap((time) => places(bytes, timeBytes(time))),
  }
  if (template.traces.length !== shape.spans / 2 || template.traces.some((found) => found.length !== 2)) throw new Error('the template’s trace ids were not found')
  if (template.spans.length !== shape.spans || template.starts.length !== shape.spans || template.ends.length !== shape.spans) throw new Error('the template’s span ids or times were not found')
  return template
}

const pool = Buffer.allocUnsafe(1 << 16)
let poolAt = pool.length

function randomBytes(count: number): Buffer {
  if (poolAt + count > pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  poolAt += count
  return pool.subarray(poolAt - count, poolAt)
}

/** Gives the body new ids, and times of now: each pair a microsecond after the one before, each span as long as `durationNs` says. */
export function renew(template: Template, nowMs: number, durationNs: (index: number) => bigint): Buffer {
  const { bytes, encoding } = template
  const json = encoding === 'json'
  const put = (all: readonly number[][], length: number): void => {
    for (const found of all) {
      const id = randomBytes(length)
      for (const at of found) {
        if (json) bytes.write(id.toString('hex'), at, 'latin1')
        else id.copy(bytes, at)
      }
    }
  }
  put(template.traces, 16)
  put(template.spans, 8)
  for (const found of template.requests) {
    const id = randomBytes(16).toString('hex')
    for (const at of found) bytes.write(id, at, 'latin1')
  }
  const startNs = BigInt(nowMs) * 1_000_000n
  const write = (at: number, ns: bigint): void => {
    if (json) bytes.write(String(ns), at, 'latin1')
    else bytes.writeBigUInt64LE(ns, at)
  }
  for (const [index, at] of template.starts.entries()) write(at, startNs + BigInt(index) * 1_000n)
  for (const [index, at] of template.ends.entries()) write(at, startNs + BigInt(index) * 1_000n + durationNs(index))
  return bytes
}
