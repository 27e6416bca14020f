import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSegmentedLog } from '../../store/log/log.ts'
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

async function child(env: Record<string, string> = {}, spansWaitMs = 10_000): Promise<{ process: ChildProcess; url: string }> {
  const script = new URL('./support/router-child.ts', import.meta.url).pathname
  const started = spawn(process.execPath, [script, provider.url, dataDir, 'http://127.0.0.1:1', String(spansWaitMs)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
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

  it.each([{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_SAMPLER: 'always_off' }, { OTEL_TRACES_EXPORTER: 'none', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1' }])('are written whatever the environment says (%j)', async (env) => {
    const router = await child(env)
    await (await chat(router.url, false)).text()
    await kill(router.process)
    const spans = await spooled()
    expect(spans.map((span) => span.attributes['weighbridge.role']).sort()).toEqual(['attempt', 'call'])
    expect(spans.find((span) => span.attributes['weighbridge.role'] === 'attempt')?.attributes['weighbridge.cost.usd']).toBeCloseTo((1000 + 200) / 1e6, 15)
  }, 30_000)

  it('wait while the collector is down, slow no call, and reach it later', async () => {
    const up = await running(twoProviders(provider.url, provider.url), { dataDir, collectorUrl: 'http://127.0.0.1:1' })
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
