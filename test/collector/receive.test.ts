import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import { sealRouteTable } from '../../core/route-table.ts'
import { systemClock } from '../../core/seams.ts'
import { newCounters } from '../../collector/counters.ts'
import { createReceiver } from '../../collector/receive/receiver.ts'
import { startCollector, type CollectorOptions, type RunningCollector } from '../../collector/start.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { realDisk } from '../../store/log/disk.ts'
import { encodeLogs } from '../../store/otlp/logs.ts'
import { isRetryable, sendOtlp } from '../../store/otlp/send.ts'
import { eventually } from '../support/eventually.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { attemptSpan, hex, post, tracesBody } from './receive-bodies.ts'

const silent = pino({ level: 'silent' })
const MIB = 1024 * 1024

describe.skipIf(clickhouseMissing() !== undefined)('the collector', () => {
  let database: TestDatabase
  let clickhouse: ClickHouse
  let dir = ''
  let running: RunningCollector[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    clickhouse = createClickHouse(database.writer)
  })
  afterAll(async () => {
    await clickhouse.close()
    await database.drop()
  })
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-collector-'))
    running = []
  })
  afterEach(async () => {
    for (const collector of running) await collector.close({ deadlineMs: 5_000 })
    await rm(dir, { recursive: true, force: true })
  })

  async function start(options: Partial<CollectorOptions> = {}): Promise<RunningCollector> {
    const collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse, clock: systemClock, log: silent, maxBodyBytes: 1024 * 1024, ...options })
    running.push(collector)
    return collector
  }

  it('stores a span that was posted as JSON, every fact in its column', async () => {
    const collector = await start()
    const span = attemptSpan()
    const answer = await post(collector.url, '/v1/traces', tracesBody([span]))
    expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([200, 'application/json', {}])
    await collector.settled()
    const [row] = await clickhouse.rows('SELECT * FROM model_calls WHERE trace_id = {id:String}', { id: span.traceId })
    expect(row).toMatchObject({
      span_id: span.spanId,
      parent_span_id: span['parentSpanId'],
      duration_ms: 1500,
      ttft_ms: 210.5,
      task: 'simple_qa',
      provider: 'openai',
      target: 'gpt-5.4',
      attempt: 1,
      status: 'Ok',
      http_status: 200,
      finish_reason: 'stop',
      stream: true,
      input_tokens: '1200',
      output_tokens: '80',
      cache_read_tokens: null,
      cost_usd: '0.001234567891',
      cost_source: 'priced',
      route_version: 3,
      propensity: 0.7,
      reason: 'weighted',
      tags: { eval_run: 'r1', team: 'search' },
      purpose: 'production',
      is_simulated: true,
    })
    const [full] = await clickhouse.rows('SELECT attributes, resource, kind, service, started_at FROM spans WHERE trace_id = {id:String}', { id: span.traceId })
    expect(full).toMatchObject({ attributes: { 'app.colour': 'green', [GEN_AI.operationName]: 'chat' }, resource: { 'service.name': 'weighbridge-router' }, kind: 'Client', service: 'weighbridge-router' })
    expect(Date.parse(String(full?.['started_at']))).toBe(Number(BigInt(String(span['startTimeUnixNano'])) / 1_000_000n))
    expect(collector.stats()).toMatchObject({ received: 1, stored: 1, waiting: 0, deduplicated: 0, deadLettered: 0 })
  })

  it("takes what the OpenTelemetry SDK's own exporter and its protobuf serialiser send", async () => {
    const collector = await start()
    const kept = new InMemorySpanExporter()
    const exporter = new OTLPTraceExporter({ url: `${collector.url}/v1/traces` })
    const provider = new TracerProvider({ resource: resourceFromAttributes({ 'service.name': 'sdk' }), spanProcessors: [new SimpleSpanProcessor({ exporter }), new SimpleSpanProcessor({ exporter: kept })] })
    const parent = provider.getTracer('t').startSpan('over json', { attributes: { [WB.role]: 'call', [WB.attempts]: 2, [WB.callCostUsd]: 0.5 } })
    parent.addEvent('first token', { n: 1 })
    parent.end()
    await provider.forceFlush()
    const spans = kept.getFinishedSpans()
    expect(spans.length).toBe(1)
    const again = provider.getTracer('t').startSpan('over protobuf', { attributes: { [WB.role]: 'attempt', [GEN_AI.inputTokens]: 7 } })
    again.end()
    await provider.forceFlush()
    const bytes = ProtobufTraceSerializer.serializeRequest(kept.getFinishedSpans().slice(1))
    const answer = await post(collector.url, '/v1/traces', bytes ?? '', { 'content-type': 'application/x-protobuf' })
    expect([answer.status, answer.headers.get('content-type'), (await answer.arrayBuffer()).byteLength]).toEqual([200, 'application/x-protobuf', 0])
    await provider.shutdown()
    await collector.settled()
    const [call] = await clickhouse.rows('SELECT attempts, call_cost_usd, events.name AS names, role FROM spans WHERE span_id = {id:String}', { id: parent.spanContext().spanId })
    expect(call).toEqual({ attempts: 2, call_cost_usd: '0.5', names: ['first token'], role: 'call' })
    const attempts = await clickhouse.rows('SELECT input_tokens, service, cost_source FROM spans WHERE span_id = {id:String}', { id: again.spanContext().spanId })
    // The exporter sent the second span too; the protobuf copy of it is the same span.
    expect(attempts).toEqual([{ input_tokens: '7', service: 'sdk', cost_source: 'unpriced' }])
    expect(collector.stats()).toMatchObject({ received: 3, stored: 2, deduplicated: 1 })
  })

  it('stores a batch once that is sent again', async () => {
    const collector = await start()
    const spans = Array.from({ length: 20 }, () => attemptSpan())
    const body = gzipSync(tracesBody(spans))
    for (let time = 0; time < 3; time += 1) {
      expect((await post(collector.url, '/v1/traces', body, { 'content-encoding': 'gzip' })).status).toBe(200)
      await collector.settled()
    }
    const [count] = await clickhouse.rows('SELECT count() AS n FROM spans WHERE span_id IN {ids:Array(String)}', { ids: spans.map((span) => span.spanId) })
    expect(count).toEqual({ n: '20' })
    expect(collector.stats()).toMatchObject({ received: 60, stored: 20, deduplicated: 40 })
  })

  it('knows after a restart what it stored before', async () => {
    const span = attemptSpan()
    const first = await start()
    await post(first.url, '/v1/traces', tracesBody([span]))
    await first.close({ deadlineMs: 5_000 })
    const second = await start()
    await post(second.url, '/v1/traces', tracesBody([span]))
    await second.settled()
    expect(second.stats()).toMatchObject({ deduplicated: 1, stored: 0 })
    expect(await clickhouse.rows('SELECT count() AS n FROM spans WHERE span_id = {id:String}', { id: span.spanId })).toEqual([{ n: '1' }])
  })

  it('stores evaluation results, signals and route tables that arrive as log records', async () => {
    const collector = await start()
    const traceId = hex(16)
    const table = sealRouteTable({ schema: 1, version: 4, parent: 3, created_at: '2026-11-01T00:00:00Z', author: 'learner', rule: 'r', simulated: true, tasks: {} })
    const timeMs = Date.now()
    const body = encodeLogs({ 'service.name': 'test' }, [
      {
        eventName: EVENT.evaluation,
        timeMs,
        traceId,
        attributes: { [WB.evalRun]: 'run-1', [WB.evalSuite]: 'factual', [WB.evalProbe]: 'p1', [WB.evalProbeKind]: 'factual', [WB.evalAnswerable]: true, [WB.evalEpoch]: 0, [WB.evalStatus]: 'scored', [WB.evalGrader]: 'g@1', [WB.target]: 'gpt-5.4', [GEN_AI.evaluationLabel]: 'correct', [GEN_AI.evaluationScore]: 1, [WB.costUsd]: 0.25, [WB.simulated]: true, note: 'x' },
      },
      { eventName: EVENT.signal, timeMs, traceId, attributes: { [WB.signalKind]: 'edit', [WB.signalValue]: 0.4 } },
      { eventName: EVENT.routeTable, timeMs, attributes: { [WB.routeAction]: 'apply', [WB.routeAuthor]: 'cli' }, body: JSON.stringify(table) },
      { eventName: EVENT.signal, timeMs, traceId, attributes: { [WB.signalKind]: 'sneezed' } },
    ])
    expect(await sendOtlp({ url: collector.url, signal: 'logs', body, gzip: true, timeoutMs: 5_000 })).toMatchObject({ rejected: 1, reason: expect.stringContaining('retry, rephrase') })
    expect(await sendOtlp({ url: collector.url, signal: 'logs', body, timeoutMs: 5_000 })).toMatchObject({ rejected: 1 })
    await collector.settled()
    expect(await clickhouse.rows('SELECT probe_id, label, score, cost_usd, is_simulated, attributes FROM eval_results WHERE run_id = {run:String}', { run: 'run-1' })).toEqual([
      { probe_id: 'p1', label: 'correct', score: 1, cost_usd: '0.25', is_simulated: true, attributes: { note: 'x' } },
    ])
    expect(await clickhouse.rows('SELECT kind, value FROM signals WHERE trace_id = {id:String}', { id: traceId })).toEqual([{ kind: 'edit', value: 0.4 }])
    expect(await clickhouse.rows('SELECT version, parent, action, author, is_simulated FROM route_tables')).toEqual([{ version: 4, parent: 3, action: 'apply', author: 'cli', is_simulated: true }])
    expect(collector.stats()).toMatchObject({ received: 6, stored: 3, deduplicated: 3, rejected: 2 })
  })

  it('refuses spans without ids with a partial success, and keeps the others', async () => {
    const collector = await start()
    const good = attemptSpan()
    const answer = await post(collector.url, '/v1/traces', tracesBody([good, { ...attemptSpan(), traceId: '' }, { ...attemptSpan(), spanId: '0000000000000000' }]))
    expect([answer.status, await answer.json()]).toEqual([200, { partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringContaining('trace id of 16 bytes') } }])
    await collector.settled()
    expect(collector.stats()).toMatchObject({ received: 1, stored: 1, rejected: 2 })
  })

  it('accepts metrics and counts them', async () => {
    const collector = await start()
    const answer = await post(collector.url, '/v1/metrics', JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'a' }, { name: 'b' }] }] }] }))
    expect([answer.status, await answer.json()]).toEqual([200, {}])
    expect(await (await fetch(`${collector.url}/metrics`)).text()).toContain('weighbridge_collector_metrics_received_total 2')
  })

  it('answers what it cannot take with the right status, in the encoding of the request', async () => {
    const collector = await start()
    const status = async (path: string, init: RequestInit): Promise<[number, string | null]> => {
      const answer = await fetch(`${collector.url}${path}`, init)
      await answer.arrayBuffer()
      return [answer.status, answer.headers.get('content-type')]
    }
    const json = { 'content-type': 'application/json' }
    const protobuf = { 'content-type': 'application/x-protobuf' }
    expect(await status('/v1/traces', { method: 'GET' })).toEqual([405, 'application/json'])
    expect(await status('/v1/traces', { method: 'PUT', body: '{}', headers: json })).toEqual([405, 'application/json'])
    expect(await status('/v1/nothing', { method: 'POST', body: '{}', headers: json })).toEqual([404, 'application/json'])
    expect(await status('/v1/traces', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } })).toEqual([415, 'application/json'])
    expect(await status('/v1/traces', { method: 'POST', body: '{}', headers: { ...json, 'content-encoding': 'br' } })).toEqual([415, 'application/json'])
    expect(await status('/v1/traces', { method: 'POST', body: '{"resourceSpans":', headers: json })).toEqual([400, 'application/json'])
    expect(await status('/v1/traces', { method: 'POST', body: '{"resourceSpans":{}}', headers: json })).toEqual([400, 'application/json'])
    expect(await status('/v1/traces', { method: 'POST', body: '{"resourceLogs":[]}', headers: json })).toEqual([400, 'application/json'])
    expect(await status('/v1/traces', { method: 'POST', body: '\xff\xfe', headers: protobuf })).toEqual([400, 'application/x-protobuf'])
    expect(await status('/v1/traces', { method: 'POST', body: 'not gzip', headers: { ...json, 'content-encoding': 'gzip' } })).toEqual([400, 'application/json'])
    expect(await status('/v1/traces', { method: 'POST', body: ' '.repeat(1024 * 1024 + 1), headers: json })).toEqual([413, 'application/json'])
    expect(collector.stats().received).toBe(0)
  })

  it('stops a gzip bomb at the limit', async () => {
    const collector = await start()
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '))
    expect(bomb.length).toBeLessThan(1024 * 1024)
    expect((await post(collector.url, '/v1/traces', bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
  })

  it('stops a body without a length at the limit, and a google.rpc.Status says so in protobuf', async () => {
    const collector = await start()
    const answer = await new Promise<{ status: number | undefined; body: Buffer }>((resolve, reject) => {
      const sent = httpRequest(`${collector.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', 'transfer-encoding': 'chunked' } }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('close', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) }))
      })
      sent.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error)))
      for (let n = 0; n < 18; n += 1) sent.write(Buffer.alloc(64 * 1024))
      sent.end()
    })
    expect(answer.status).toBe(413)
    // Field 1, varint 8 (OUT_OF_RANGE stands apart from INVALID_ARGUMENT); field 2, the text.
    expect([...answer.body.subarray(0, 3)]).toEqual([0x08, 0x08, 0x12])
  })

  it('holds no more bodies at once than it may, also of senders that do not say how much they send', async () => {
    const receiver = createReceiver({
      guard: { boundHost: '127.0.0.1', allowedHosts: [], token: undefined },
      maxBodyBytes: 8 * MIB,
      maxInFlightBytes: 6 * MIB,
      store: () => Promise.resolve(),
      ready: () => ({ ok: true, facts: {} }),
      metrics: () => '',
      admin: { status: () => Promise.resolve({}), replay: () => Promise.resolve({}), forget: () => Promise.resolve({}) },
      tls: undefined,
      counters: newCounters(),
      foreign: {},
      clock: systemClock,
      log: silent,
    })
    receiver.server.listen(0, '127.0.0.1')
    await once(receiver.server, 'listening')
    const { port } = receiver.server.address() as AddressInfo // a TCP server's address is one
    const senders = [0, 1].map(() => {
      const sent = httpRequest({ host: '127.0.0.1', port, path: '/v1/metrics', method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } })
      const answered = new Promise<IncomingMessage>((resolve) => sent.on('response', (response: IncomingMessage) => resolve(response.resume())))
      sent.on('error', () => undefined)
      sent.write(`{${' '.repeat(4 * MIB)}`)
      return { sent, answered }
    })
    // Neither has come to its end: what is refused is refused for what both hold together.
    const first = await Promise.race(senders.map(({ answered }, index) => answered.then((answer) => ({ answer, index }))))
    expect([first.answer.statusCode, first.answer.headers['retry-after']]).toEqual([429, '2'])
    const other = senders[1 - first.index]
    other?.sent.end('}')
    expect((await other?.answered)?.statusCode).toBe(200)
    for (const { sent } of senders) sent.destroy()
    await receiver.close(1_000)
  })

  it('answers no foreign page and no foreign name, and wants its token', async () => {
    const collector = await start({ token: 'secret-token' })
    const ask = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(`${collector.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        sent.on('error', reject)
        sent.end('{}')
      })
    const token = { authorization: 'Bearer secret-token' }
    expect(await ask({ ...token, origin: 'https://evil.example' })).toBe(403)
    expect(await ask({ ...token, origin: 'null' })).toBe(403)
    expect(await ask({ ...token, host: 'rebound.example' })).toBe(403)
    expect(await ask({})).toBe(401)
    expect(await ask({ authorization: 'Bearer wrong' })).toBe(401)
    expect(await ask(token)).toBe(200)
    expect((await fetch(`${collector.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${collector.url}/metrics`)).status).toBe(401)
  })

  it('asks to come again while its disk is full, and takes everything afterwards', async () => {
    let full = true
    const collector = await start({
      disk: {
        ...realDisk,
        async write(...args) {
          if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          await realDisk.write(...args)
        },
      },
    })
    const body = tracesBody([attemptSpan()])
    const refused = await post(collector.url, '/v1/traces', body)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    const error = await sendOtlp({ url: collector.url, signal: 'traces', body: Buffer.from(body), timeoutMs: 5_000 }).catch((thrown: unknown) => thrown)
    expect(isRetryable(error)).toBe(true)
    expect(error).toMatchObject({ code: 'collector_unreachable', retryAfterMs: 2_000 })
    expect((await fetch(`${collector.url}/readyz`)).status).toBe(503)
    full = false
    expect((await post(collector.url, '/v1/traces', body)).status).toBe(200)
    expect((await fetch(`${collector.url}/readyz`)).status).toBe(200)
    await collector.settled()
    expect(collector.stats()).toMatchObject({ received: 1, stored: 1 })
  })

  it('acknowledges nothing before the device has it', async () => {
    const release = Promise.withResolvers<void>()
    let syncing = 0
    const collector = await start({
      disk: {
        ...realDisk,
        async sync(file) {
          syncing += 1
          await release.promise
          await realDisk.sync(file)
        },
      },
    })
    let answered = false
    const answer = post(collector.url, '/v1/traces', tracesBody([attemptSpan()])).then((response) => {
      answered = true
      return response.status
    })
    await eventually(() => syncing > 0)
    // Another round trip through the same server: had the first been answered early, it would be here by now.
    await fetch(`${collector.url}/healthz`)
    expect([answered, collector.stats().received]).toEqual([false, 0])
    release.resolve()
    expect(await answer).toBe(200)
  })

  it('keeps its balance in the metrics', async () => {
    const collector = await start()
    const span = attemptSpan()
    await post(collector.url, '/v1/traces', tracesBody([span, span, attemptSpan()]))
    await collector.settled()
    const text = await (await fetch(`${collector.url}/metrics`)).text()
    const value = (name: string): number => Number(new RegExp(`^weighbridge_collector_${name} (\\d+)$`, 'm').exec(text)?.[1])
    expect(value('items_received_total')).toBe(3)
    expect(value('items_stored_total') + value('items_deduplicated_total') + value('items_dead_lettered_total') + value('items_waiting')).toBe(3)
  })

  it('keeps no span in a dead letter file that ClickHouse could store', async () => {
    const collector = await start()
    const strange = [
      attemptSpan({ [WB.costUsd]: 'a fortune', [GEN_AI.inputTokens]: -5, [GEN_AI.outputTokens]: '9'.repeat(400), [WB.attempt]: 70_000, [WB.propensity]: 7 }),
      attemptSpan({}, { attributes: [{ key: WB.costUsd, value: { doubleValue: 'NaN' } }, { key: WB.role, value: { stringValue: 'attempt' } }] }),
      attemptSpan({}, { name: `lone \ud800 surrogate`, startTimeUnixNano: '0', endTimeUnixNano: '18446744073709551615' }),
      attemptSpan({}, { startTimeUnixNano: '18446744073709551615', endTimeUnixNano: 5, events: [{ timeUnixNano: '1', name: 'e' }], links: [{ traceId: 'xyz', spanId: '' }] }),
      attemptSpan({}, { attributes: Array.from({ length: 5_000 }, (_, n) => ({ key: `bomb.${n}`, value: { stringValue: 'b' } })), kind: 99, status: { code: 77 } }),
      attemptSpan({ '__proto__': 'x', 'nul\u0000': '\u0000', [WB.tags]: ['=', 'a=b=c', 'plain'] }, { parentSpanId: 'nonsense' }),
    ]
    expect((await post(collector.url, '/v1/traces', tracesBody(strange))).status).toBe(200)
    await collector.settled()
    const rows = await clickhouse.rows('SELECT span_id, cost_usd, input_tokens, output_tokens, attempt, propensity, length(attributes) AS attributes, tags FROM spans WHERE span_id IN {ids:Array(String)}', { ids: strange.map((span) => span.spanId) })
    const of = (n: number): unknown => rows.find((row) => row['span_id'] === strange[n]?.spanId)
    expect(rows.length).toBe(strange.length)
    expect(of(0)).toMatchObject({ cost_usd: null, input_tokens: null, output_tokens: null, attempt: 1, propensity: null })
    expect(of(1)).toMatchObject({ cost_usd: null })
    expect(of(4)).toMatchObject({ attributes: '257' })
    expect(of(5)).toMatchObject({ tags: { a: 'b=c', plain: '' } })
    expect(collector.stats()).toMatchObject({ deadLettered: 0, failedInserts: 0 })
    await expect(readFile(join(dir, 'dead-letter.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
