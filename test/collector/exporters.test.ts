// The official exporters of every signal, in JSON and in protobuf, plain and compressed, against a collector: each is acknowledged, and
// what can be stored is.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import type { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { hex } from './receive-bodies.ts'

describe.skipIf(clickhouseMissing() !== undefined)('the official exporter', () => {
  let database: TestDatabase
  let clickhouse: ClickHouse
  let dir = ''
  let collector: RunningCollector

  beforeAll(async () => {
    database = await createTestDatabase()
    clickhouse = createClickHouse(database.writer)
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-exporters-'))
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024 * 1024, sumUpEveryMs: Infinity })
  })
  afterAll(async () => {
    await collector.close({ deadlineMs: 5_000 })
    await clickhouse.close()
    await database.drop()
    await rm(dir, { recursive: true, force: true })
  })

  // The enum is declared by the package but its values are these strings.
  const forms = (['none', 'gzip'] as const).map((name) => ({ compression: name as CompressionAlgorithm }))
  const to = (signal: string, compression: CompressionAlgorithm): { url: string; compression: CompressionAlgorithm } => ({ url: `${collector.url}/v1/${signal}`, compression })
  const seen = async (): Promise<string> => (await fetch(`${collector.url}/metrics`)).text()

  it.each(forms.flatMap((form) => [{ ...form, wire: 'JSON', Exporter: JsonTraces }, { ...form, wire: 'protobuf', Exporter: ProtobufTraces }]))('of spans: $wire, compression $compression', async ({ compression, Exporter }) => {
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: new Exporter(to('traces', compression)) })] })
    const span = provider.getTracer('t').startSpan('chat m', { attributes: { [GEN_AI.operationName]: 'chat', [GEN_AI.providerName]: 'openai', [GEN_AI.requestModel]: 'm', [GEN_AI.inputTokens]: 7 } })
    span.end()
    await provider.shutdown()
    await collector.settled()
    expect(await clickhouse.rows('SELECT role, provider, model, input_tokens FROM spans WHERE span_id = {id:String}', { id: span.spanContext().spanId })).toEqual([{ role: 'attempt', provider: 'openai', model: 'm', input_tokens: '7' }])
  })

  it.each(forms.flatMap((form) => [{ ...form, wire: 'JSON', Exporter: JsonLogs }, { ...form, wire: 'protobuf', Exporter: ProtobufLogs }]))('of log records: $wire, compression $compression', async ({ compression, Exporter }) => {
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: new Exporter(to('logs', compression)) })] })
    const run = hex(8)
    provider.getLogger('t').emit({ eventName: EVENT.evaluation, attributes: { [WB.evalRun]: run, [GEN_AI.evaluationLabel]: 'correct', [GEN_AI.evaluationScore]: 1 } })
    await provider.shutdown()
    await collector.settled()
    expect(await clickhouse.rows('SELECT status, label, score FROM eval_results WHERE run_id = {run:String}', { run })).toEqual([{ status: 'scored', label: 'correct', score: 1 }])
  })

  it.each(forms.flatMap((form) => [{ ...form, wire: 'JSON', Exporter: JsonMetrics }, { ...form, wire: 'protobuf', Exporter: ProtobufMetrics }]))('of metrics: $wire, compression $compression', async ({ compression, Exporter }) => {
    const count = async (): Promise<number> => Number(/metrics_received_total (\d+)$/m.exec(await seen())?.[1])
    const before = await count()
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: new Exporter(to('metrics', compression)), exportIntervalMillis: 3_600_000 })] })
    provider.getMeter('t').createCounter('calls').add(3)
    provider.getMeter('t').createHistogram('duration').record(1.5)
    await provider.shutdown()
    expect((await count()) - before).toBe(2)
  })

  it('is refused nothing that can be stored', async () => {
    expect(collector.stats()).toMatchObject({ rejected: 0, received: 8, stored: 8, waiting: 0, deadLettered: 0 })
    expect(await seen()).not.toMatch(/requests_total\{status="[45]/)
  })
})
