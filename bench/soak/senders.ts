// Senders of uniquely numbered spans: each 200 is a debt; what was not acknowledged is sent again, in other batches and another
// order; some of what was acknowledged is sent again too, as exporters do that missed the answer.
import { gzipSync } from 'node:zlib'
import { request } from 'undici'
import protobuf from 'protobufjs/light.js'
import type { Random } from '../../core/seams.ts'
import type { Ledger, SpanId } from './ledger.ts'

type NumberedSpan = { readonly traceId: string; readonly spanId: string; readonly startNs: bigint }

const idOf = (span: NumberedSpan): SpanId => span.traceId + span.spanId
const TASKS = ['simple_qa', 'code_generation', 'general']

function attributes(span: NumberedSpan): { key: string; value: object }[] {
  const text = (key: string, stringValue: string): { key: string; value: object } => ({ key, value: { stringValue } })
  return [text('weighbridge.role', 'attempt'), text('weighbridge.task', TASKS[Number.parseInt(span.spanId.slice(-2), 16) % TASKS.length] ?? 'general'), text('weighbridge.target', 'soak'), text('weighbridge.purpose', 'production'), { key: 'weighbridge.simulated', value: { boolValue: true } }]
}

function jsonBody(spans: readonly NumberedSpan[]): Buffer {
  const all = spans.map((span) => ({ traceId: span.traceId, spanId: span.spanId, name: 'soak', kind: 3, startTimeUnixNano: String(span.startNs), endTimeUnixNano: String(span.startNs + 5_000_000n), attributes: attributes(span), status: { code: 1 } }))
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 'soak' }, spans: all }] }] }))
}

// Field numbers of opentelemetry-proto 1.x, spelled apart from the collector's own so that both cannot be wrong alike.
const field = (id: number, type: string, rule?: 'repeated'): object => ({ id, type, ...(rule === undefined ? {} : { rule }) })
const REQUEST = protobuf.Root.fromJSON({
  nested: {
    AnyValue: { fields: { stringValue: field(1, 'string'), boolValue: field(2, 'bool') } },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    Status: { fields: { code: field(3, 'int32') } },
    Span: { fields: { traceId: field(1, 'bytes'), spanId: field(2, 'bytes'), name: field(5, 'string'), kind: field(6, 'int32'), startTimeUnixNano: field(7, 'fixed64'), endTimeUnixNano: field(8, 'fixed64'), attributes: field(9, 'KeyValue', 'repeated'), status: field(15, 'Status') } },
    ScopeSpans: { fields: { spans: field(2, 'Span', 'repeated') } },
    ResourceSpans: { fields: { scopeSpans: field(2, 'ScopeSpans', 'repeated') } },
    Request: { fields: { resourceSpans: field(1, 'ResourceSpans', 'repeated') } },
  },
} as protobuf.INamespace).lookupType('Request')

function protobufBody(spans: readonly NumberedSpan[]): Buffer {
  const long = (ns: bigint): { low: number; high: number; unsigned: boolean } => ({ low: Number(ns & 0xffff_ffffn) | 0, high: Number(ns >> 32n) | 0, unsigned: true })
  const all = spans.map((span) => ({ traceId: Buffer.from(span.traceId, 'hex'), spanId: Buffer.from(span.spanId, 'hex'), name: 'soak', kind: 3, startTimeUnixNano: long(span.startNs), endTimeUnixNano: long(span.startNs + 5_000_000n), attributes: attributes(span), status: { code: 1 } }))
  return Buffer.from(REQUEST.encode(REQUEST.create({ resourceSpans: [{ scopeSpans: [{ spans: all }] }] })).finish())
}

/** How many acknowledged batches are kept to be sent again. */
const MEMORY = 60
const REFUSED_PAUSE_MS = 15

export type Senders = {
  /** Requests answered with 200, and all others, since the start. */
  acknowledged(): number
  failed(): number
  /** No new spans; resolves once everything issued is acknowledged. */
  settle(): Promise<void>
  /** New spans again. */
  resume(): void
  stop(): Promise<void>
}

/** Starts so many senders. `url` may change when the collector is started again. */
export function startSenders(options: { readonly count: number; readonly url: () => string | undefined; readonly ledger: Ledger; readonly random: Random; readonly pauseMs: number }): Senders {
  const { ledger, random } = options
  let number = 0
  let isStopped = false
  let isSettling = false
  let [acknowledged, failed] = [0, 0]
  let unsettled: NumberedSpan[] = []
  const remembered: NumberedSpan[][] = []

  const fresh = (sender: number): NumberedSpan[] =>
    Array.from({ length: 1 + Math.floor(random.next() * 30) }, () => {
      number += 1
      const count = number.toString(16)
      // A few lie in hours that are closed by now: late spans.
      const ageMs = random.next() < 0.02 ? Math.floor(random.next() * 7_200_000) : 0
      return { traceId: `50a4${sender.toString(16).padStart(2, '0')}${count.padStart(26, '0')}`, spanId: count.padStart(16, '0'), startNs: BigInt(Date.now() - ageMs) * 1_000_000n }
    })

  const post = async (spans: readonly NumberedSpan[]): Promise<boolean> => {
    const url = options.url()
    if (url === undefined) return false
    const isJson = random.next() < 0.5
    const plain = isJson ? jsonBody(spans) : protobufBody(spans)
    const zipped = random.next() < 0.3
    try {
      const answer = await request(`${url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': isJson ? 'application/json' : 'application/x-protobuf', ...(zipped ? { 'content-encoding': 'gzip' } : {}) },
        body: zipped ? gzipSync(plain) : plain,
        headersTimeout: 20_000,
        bodyTimeout: 20_000,
      })
      await answer.body.dump()
      if (![200, 429, 503].includes(answer.statusCode)) throw new Error(`the collector answered ${answer.statusCode}`)
      return answer.statusCode === 200
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('the collector answered')) throw error
      return false
    }
  }

  /** What to send next: now and then old things, in other company. */
  const next = (sender: number): { readonly spans: NumberedSpan[]; readonly isOld: boolean } | undefined => {
    if (unsettled.length > 0 && (isSettling || random.next() < 0.6)) {
      const shuffled = unsettled.toSorted(() => random.next() - 0.5)
      const spans = shuffled.slice(0, 40)
      unsettled = shuffled.slice(40)
      return { spans, isOld: false }
    }
    if (isSettling) return undefined
    const old = random.next() < 0.12 ? remembered[Math.floor(random.next() * remembered.length)] : undefined
    if (old !== undefined) return { spans: old.filter(() => random.next() < 0.7).toReversed(), isOld: true }
    const spans = fresh(sender)
    ledger.issue(spans.map(idOf))
    return { spans, isOld: false }
  }

  let underWay = 0
  let fault: unknown
  const loop = async (sender: number): Promise<void> => {
    while (!isStopped) {
      const work = next(sender)
      if (work === undefined || work.spans.length === 0) {
        await pause(5)
        continue
      }
      underWay += 1
      const isTaken = await post(work.spans).finally(() => {
        underWay -= 1
      })
      if (isTaken) {
        acknowledged += 1
        ledger.acknowledge(work.spans.map(idOf))
        if (!work.isOld) {
          remembered.push(work.spans)
          if (remembered.length > MEMORY) remembered.shift()
        }
        if (options.pauseMs > 0) await pause(options.pauseMs * random.next())
      } else {
        failed += 1
        if (!work.isOld) unsettled.push(...work.spans)
        await pause(REFUSED_PAUSE_MS)
      }
    }
  }
  const loops = Array.from({ length: options.count }, (_, sender) =>
    loop(sender).catch((error: unknown) => {
      fault = error
    }),
  )
  return {
    acknowledged: () => acknowledged,
    failed: () => failed,
    async settle() {
      isSettling = true
      while (unsettled.length > 0 || underWay > 0) {
        if (fault !== undefined) throw fault
        await pause(10)
      }
      if (fault !== undefined) throw fault
    },
    resume() {
      isSettling = false
    },
    async stop() {
      isStopped = true
      await Promise.all(loops)
      if (fault !== undefined) throw fault
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
