// A router under test: its configuration as text, a collector that keeps what it is sent, a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import pino from 'pino'
import { parseConfig, type Config } from '../../../core/config.ts'
import { seededRandom, systemClock } from '../../../core/seams.ts'
import { startRouter, type RouterOptions, type RunningRouter } from '../../../router/start.ts'

export const silent = pino({ level: 'silent' })

export type SpanFacts = { readonly name: string; readonly traceId: string; readonly spanId: string; readonly parentSpanId: string; readonly kind: number; readonly status: number; readonly attributes: Record<string, unknown> }

export type LogFacts = { readonly eventName: string; readonly traceId: string; readonly spanId: string; readonly attributes: Record<string, unknown> }

export interface Collector {
  readonly url: string
  readonly spans: SpanFacts[]
  readonly logs: LogFacts[]
  /** What it answers; 200 unless a test says otherwise. */
  status: number
  close(): Promise<void>
}

type AnyValue = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean; arrayValue?: { values?: AnyValue[] } }
type OtlpSpan = { name: string; traceId: string; spanId: string; parentSpanId?: string; kind: number; status?: { code?: number }; attributes: { key: string; value: AnyValue }[] }

function plain(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain)
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.doubleValue ?? value.boolValue
}

export function spansOf(text: string): SpanFacts[] {
  const request = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }
  return request.resourceSpans
    .flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans))
    .map((span) => ({
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId ?? '',
      kind: span.kind,
      status: span.status?.code ?? 0,
      attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)])),
    }))
}

function logsOf(text: string): LogFacts[] {
  const request = JSON.parse(text) as { resourceLogs: { scopeLogs: { logRecords: { eventName: string; traceId?: string; spanId?: string; attributes: { key: string; value: AnyValue }[] }[] }[] }[] }
  return request.resourceLogs
    .flatMap((resource) => resource.scopeLogs.flatMap((scope) => scope.logRecords))
    .map((record) => ({ eventName: record.eventName, traceId: record.traceId ?? '', spanId: record.spanId ?? '', attributes: Object.fromEntries(record.attributes.map(({ key, value }) => [key, plain(value)])) }))
}

export async function collecting(): Promise<Collector> {
  const spans: SpanFacts[] = []
  const logs: LogFacts[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
      if (collector.status === 200 && request.url === '/v1/logs') logs.push(...logsOf(text))
      else if (collector.status === 200) spans.push(...spansOf(text))
      response.writeHead(collector.status, { 'content-type': 'application/json' })
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    logs,
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return collector
}

export type Running = {
  readonly router: RunningRouter
  readonly collector: Collector
  readonly dataDir: string
  reconfigure(text: string): void
  chat(body: Record<string, unknown>, headers?: Record<string, string>): Promise<Response>
  /** The spans of a trace, once its call span has arrived. */
  trace(traceId: string | null): Promise<{ call: SpanFacts; attempts: SpanFacts[] }>
  close(): Promise<void>
}

export async function running(yaml: string, options: Partial<RouterOptions> = {}): Promise<Running> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'weighbridge-router-')))
  const collector = await collecting()
  let config: Config = parse(yaml)
  const listeners = new Set<(config: Config) => void>()
  const router = await startRouter({
    config: {
      current: () => config,
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    dataDir,
    collectorUrl: collector.url,
    mounts: [],
    clock: systemClock,
    random: seededRandom('router'),
    log: silent,
    port: 0,
    routesPollMs: 20,
    ...options,
  })
  return {
    router,
    collector,
    dataDir,
    reconfigure(text) {
      config = parse(text)
      for (const listener of listeners) listener(config)
    },
    chat: (body, headers = {}) =>
      fetch(`${router.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello there' }], ...body }),
      }),
    async trace(traceId) {
      const call = await eventually(() => collector.spans.find((span) => span.traceId === traceId && span.attributes['weighbridge.role'] === 'call'))
      const attempts = collector.spans.filter((span) => span.traceId === traceId && span.attributes['weighbridge.role'] === 'attempt')
      return { call, attempts: attempts.sort((a, b) => Number(a.attributes['weighbridge.attempt']) - Number(b.attributes['weighbridge.attempt'])) }
    },
    async close() {
      await router.close()
      await collector.close()
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export function parse(yaml: string): Config {
  return parseConfig(yaml, {}, { find: () => undefined })
}

/** Polls until there is something. */
export async function eventually<Value>(find: () => Value | undefined | Promise<Value | undefined>, withinMs = 5_000): Promise<Value> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`nothing within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Two priced targets at two providers, chained; nothing is tried twice at one of them while the other is left. */
export function twoProviders(first: string, second: string, extra = '', timeouts = '{ connect_ms: 500, first_token_ms: 300, idle_ms: 200, total_ms: 2000 }'): string {
  return `
providers:
  one: { retries: 0, base_url: "${first}", api_key: sk-one, timeouts: ${timeouts} }
  two: { retries: 0, base_url: "${second}", timeouts: ${timeouts} }
targets:
  alpha: { provider: one, model: alpha-model, price: { input: 2.5, cache_read: 0.25, output: 15 } }
  beta: { provider: two, model: beta-model, price: { input: 5, output: 30 } }
chains:
  default: [ { target: alpha }, { target: beta } ]
${extra}`
}
