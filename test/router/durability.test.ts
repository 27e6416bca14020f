import { spawn, type ChildProcess } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SpanKind } from '@opentelemetry/api'
import { seededRandom } from '../../core/seams.ts'
import { startDrain } from '../../router/spans/drain.ts'
import { asWeighbridgeError } from '../../core/errors.ts'
import { endedBeforeAttempts, startCallSpan } from '../../router/spans/call-spans.ts'
import { createSpanSpool } from '../../router/spans/span-spool.ts'
import { startTracing } from '../../router/spans/tracing.ts'
import { openSegmentedLog, type SegmentedLog } from '../../store/log/log.ts'
import { answering, scriptedProvider, streaming, type ScriptedProvider } from './support/scripted-provider.ts'
import { collecting, eventually, running, silent, spansOf, twoProviders, type SpanFacts } from './support/running.ts'

let provider: ScriptedProvider
let dataDir: string
beforeEach(async () => {
  provider = await scriptedProvider(answering('hi'))
  dataDir = await mkdtemp(join(tmpdir(), 'weighbridge-durable-'))
})
afterEach(async () => {
  await provider.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function spooled(): Promise<SpanFacts[]> {
  const spool = await openSegmentedLog({ dir: join(dataDir, 'spool'), fsync: false, log: silent })
  const spans: SpanFacts[] = []
  for await (const { record } of spool.read()) spans.push(...spansOf(Buffer.from(record).toString()))
  await spool.close()
  return spans
}

async function child(env: Record<string, string> = {}, spansWaitMs = 10_000, flags: readonly string[] = []): Promise<{ process: ChildProcess; url: string }> {
  const script = new URL('./support/router-child.ts', import.meta.url).pathname
  const started = spawn(process.execPath, [...flags, script, provider.url, dataDir, 'http://127.0.0.1:1', String(spansWaitMs)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const url = await new Promise<string>((resolve, reject) => {
    started.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()))
    started.once('exit', (code) => reject(new Error(`the router exited with ${code}`)))
  })
  return { process: started, url }
}
async function kill(started: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => started.once('exit', resolve))
  started.kill('SIGKILL')
  await gone
}
const SLOW_DISK = ['--import', new URL('./support/slow-disk-for-child.ts', import.meta.url).pathname]
const chat = (url: string, stream: boolean): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', stream, messages: [{ role: 'user', content: 'the secret prompt' }] }) })

describe('spans on disk', () => {
  // The wait is made long here, so that a slow machine cannot use up the 20 ms that the product allows itself.
  it.each([false, true])('are there for every answer whose end a client received, after kill -9 under load (stream: %s)', async (stream) => {
    provider.script = stream ? streaming(['a', 'b']) : answering('a')
    const router = await child({}, 30_000)
    const received: string[] = []
    let killed = false
    const clients = Array.from({ length: 24 }, async () => {
      while (!killed) {
        try {
          const response = await chat(router.url, stream)
          const text = await response.text()
          if (stream ? text.endsWith('data: [DONE]\n\n') : text.length > 0) received.push(response.headers.get('x-weighbridge-trace-id') ?? '')
        } catch {
          return
        }
      }
    })
    await eventually(() => (received.length > 150 ? true : undefined), 20_000)
    await kill(router.process)
    killed = true
    await Promise.all(clients)
    const onDisk = new Map<string, string[]>()
    const spans = await spooled()
    for (const span of spans) onDisk.set(span.traceId, [...(onDisk.get(span.traceId) ?? []), String(span.attributes['weighbridge.role'])])
    expect(received.filter((traceId) => onDisk.get(traceId)?.sort().join() !== 'attempt,call')).toEqual([])
    expect(JSON.stringify(spans)).not.toContain('secret')
  }, 60_000)

  // On a quick disk an answer that did not wait would be caught at the coldest start only.
  it.each([false, true])('are there for every answer whose end a client received, after kill -9, on a disk that is slow (stream: %s)', async (stream) => {
    provider.script = stream ? streaming(['a', 'b']) : answering('a')
    const router = await child({}, 30_000, SLOW_DISK)
    const received: string[] = []
    const clients = Array.from({ length: 4 }, async () => {
      for (;;) {
        try {
          const response = await chat(router.url, stream)
          await response.text()
          received.push(response.headers.get('x-weighbridge-trace-id') ?? '')
        } catch {
          return
        }
      }
    })
    await eventually(() => (received.length > 20 ? true : undefined), 20_000)
    await kill(router.process)
    await Promise.all(clients)
    const onDisk = new Set((await spooled()).filter((span) => span.attributes['weighbridge.role'] === 'call').map((span) => span.traceId))
    expect(received.filter((traceId) => !onDisk.has(traceId))).toEqual([])
  }, 60_000)

  it('hold no answer up for longer than they may, and are counted when they come after it', async () => {
    const router = await child({}, 5, SLOW_DISK)
    await (await chat(router.url, false)).text()
    expect(await (await fetch(`${router.url}/metrics`)).text()).toContain('weighbridge_spans_not_durable_total 1')
    await kill(router.process)
  }, 30_000)

  it.each([{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_SAMPLER: 'always_off' }, { OTEL_TRACES_EXPORTER: 'none', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1' }])('are written whatever the environment says (%j)', async (env) => {
    const router = await child(env)
    await (await chat(router.url, false)).text()
    await kill(router.process)
    const spans = await spooled()
    expect(spans.map((span) => span.attributes['weighbridge.role']).sort()).toEqual(['attempt', 'call'])
    expect(spans.find((span) => span.attributes['weighbridge.role'] === 'attempt')?.attributes['weighbridge.cost.usd']).toBeCloseTo((1000 + 200) / 1e6, 15)
  }, 30_000)

  it('wait while the collector is down, slow no call, and reach it later', async () => {
    // The wait for the disk is long here: what is asked is whether the collector matters, not how busy this machine is.
    const up = await running(twoProviders(provider.url, provider.url), { dataDir, collectorUrl: 'http://127.0.0.1:1', spansWaitMs: 5_000 })
    const traces: (string | null)[] = []
    for (let i = 0; i < 10; i += 1) traces.push((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-trace-id'))
    const metrics = await (await fetch(`${up.router.url}/metrics`)).text()
    expect(metrics).toContain('weighbridge_spans_not_durable_total 0')
    expect(up.router.readiness().spool.records).toBeGreaterThan(0)
    await up.close()
    const collector = await collecting()
    const again = await running(twoProviders(provider.url, provider.url), { dataDir, collectorUrl: collector.url })
    await eventually(() => (traces.every((traceId) => collector.spans.filter((span) => span.traceId === traceId).length === 2) ? true : undefined))
    await eventually(() => (again.router.readiness().spool.records === 0 ? true : undefined))
    await again.close()
    await collector.close()
  }, 30_000)

  it('are set aside, not lost and not in the way, when the collector refuses them for good', async () => {
    const up = await running(twoProviders(provider.url, provider.url), { dataDir })
    up.collector.status = 400
    await up.chat({ model: 'auto' })
    await eventually(async () => ((await (await fetch(`${up.router.url}/metrics`)).text()).includes('spool_rejected_bytes_total 0') ? undefined : true))
    up.collector.status = 200
    const response = await up.chat({ model: 'auto' })
    await up.trace(response.headers.get('x-weighbridge-trace-id'))
    await up.close()
  }, 30_000)
})

describe('the span spool', () => {
  const traced = (append: SegmentedLog['append'], lost: number[] = []): { spool: ReturnType<typeof createSpanSpool>; span: (name: string) => void; shutdown: () => Promise<void> } => {
    const spool = createSpanSpool({ append }, silent, (spans) => lost.push(spans))
    const { tracer, shutdown } = startTracing(spool, 'test')
    return { spool, span: (name) => tracer.startSpan(name, { kind: SpanKind.SERVER }).end(), shutdown }
  }

  it('puts all spans that end in one turn into one record, and waits for exactly that', async () => {
    const records: Uint8Array[] = []
    const { spool, span, shutdown } = traced((record) => Promise.resolve(records.push(record)))
    expect(await spool.written(0)).toBe(true)
    for (const name of ['a', 'b', 'c']) span(name)
    expect(await spool.written(1_000)).toBe(true)
    expect(records.length).toBe(1)
    expect(spansOf(Buffer.from(records[0] ?? []).toString()).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    span('d')
    expect(await spool.written()).toBe(true)
    expect(records.length).toBe(2)
    await shutdown()
  })

  it('gets no message of an error that is not of our writing', async () => {
    const records: Uint8Array[] = []
    const spool = createSpanSpool({ append: (record) => Promise.resolve(records.push(record)) }, silent, () => undefined)
    const { tracer, shutdown } = startTracing(spool, 'test')
    const facts = { model: 'auto', task: undefined, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production', sessionId: undefined, userId: undefined, tags: [], effort: undefined, stream: false, inputTokens: 1, maxOutputTokens: undefined } as const
    const span = startCallSpan({ tracer, end: spool.end }, facts, { operation: 'chat', surface: 'chat', route: '/v1/chat/completions', requestId: 'req_1', keyId: undefined, parent: undefined, simulated: false })
    span.end(endedBeforeAttempts(asWeighbridgeError(new SyntaxError('near "my secret prompt"'))))
    expect(await spool.written()).toBe(true)
    const text = Buffer.concat(records).toString()
    expect([text.includes('"internal"'), text.includes('secret')]).toEqual([true, false])
    await shutdown()
  })

  it('says false for spans whose write failed, counts them, and true again for the next', async () => {
    const lost: number[] = []
    let full = true
    const { spool, span, shutdown } = traced(() => (full ? Promise.reject(new Error('no space')) : Promise.resolve(1)), lost)
    span('a')
    span('b')
    expect(await spool.written(1_000)).toBe(false)
    expect(lost).toEqual([2])
    full = false
    span('c')
    expect(await spool.written(1_000)).toBe(true)
    expect(lost).toEqual([2])
    await shutdown()
  })

  it('says false when the write takes longer than it may, to all who wait for it, and tells its end to who waits without a bound', async () => {
    let finish = (): void => undefined
    const { spool, span, shutdown } = traced(() => new Promise((resolve) => (finish = () => resolve(1))))
    span('a')
    expect(await Promise.all([spool.written(2), spool.written(2)])).toEqual([false, false])
    const whole = spool.written()
    finish()
    expect(await whole).toBe(true)
    await shutdown()
  })

  it('does not take a busy event loop for a slow disk', async () => {
    const spool = await openSegmentedLog({ dir: dataDir, fsync: false, log: silent })
    await spool.append(Buffer.from('the first write opens the file'))
    const { spool: spans, span, shutdown } = traced((record) => spool.append(record))
    const segment = join(dataDir, (await readdir(dataDir)).find((name) => name.endsWith('.seg')) ?? '')
    const before = statSync(segment).size
    span('a')
    // After this turn the write is under way. The loop then is busy until it is done and its time is over, and hears of neither before.
    await new Promise(setImmediate)
    const inTime = spans.written(1)
    const until = performance.now() + 20
    while (statSync(segment).size === before || performance.now() < until);
    expect(await inTime).toBe(true)
    await shutdown()
    await spool.close()
  })
})

describe('the drain of the spool', () => {
  const open = (): Promise<SegmentedLog> => openSegmentedLog({ dir: dataDir, fsync: false, log: silent })
  const record = (name: string): Buffer => Buffer.from(`{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{"name":"t"},"spans":[{"traceId":"${'1'.repeat(32)}","spanId":"${'2'.repeat(16)}","name":"${name}","kind":1,"attributes":[]}]}]}]}`)
  const draining = (spool: SegmentedLog, collectorUrl: string, sent: number[] = []): ReturnType<typeof startDrain> =>
    startDrain({ spool, signal: 'traces', collectorUrl, collectorToken: undefined, rejectedPath: join(dataDir, 'rejected'), random: seededRandom('drain'), log: silent, onSent: (bytes) => sent.push(bytes), onRejected: () => undefined })

  it('gets past a log of damaged bytes only, without turning round and round on it', async () => {
    const spool = await open()
    await spool.append(record('lost'))
    const segment = join(dataDir, (await readdir(dataDir)).find((name) => name.endsWith('.seg')) ?? '')
    await writeFile(segment, (await readFile(segment)).fill(0x58))
    let reads = 0
    const counted: SegmentedLog = { ...spool, read: (after) => ((reads += 1), spool.read(after)) }
    const collector = await collecting()
    const drain = draining(counted, collector.url)
    await eventually(() => (spool.released() === spool.end() ? true : undefined))
    expect(reads).toBe(1)
    expect(spool.stats()).toMatchObject({ corruptSegments: 1, records: 0 })
    await spool.append(record('after'))
    await eventually(() => (collector.spans.some(({ name }) => name === 'after') ? true : undefined))
    await drain.stop(1_000)
    await spool.close()
    await collector.close()
  })

  it('sends what ends within a moment together, and everything at once when it stops', async () => {
    const spool = await open()
    const collector = await collecting()
    const sent: number[] = []
    const drain = draining(spool, collector.url, sent)
    await spool.append(record('first'))
    // Time enough for a request of its own, were it sent at once.
    const until = performance.now() + 50
    while (performance.now() < until) await new Promise(setImmediate)
    await spool.append(record('second'))
    await eventually(() => (sent.length > 0 ? true : undefined))
    expect(collector.spans.map(({ name }) => name)).toEqual(['first', 'second'])
    await spool.append(record('last'))
    await drain.stop(2_000)
    expect(collector.spans.map(({ name }) => name)).toContain('last')
    expect(spool.released()).toBe(spool.end())
    await spool.close()
    await collector.close()
  })
})
