// The two real spans `doctor` sends through the hops: one to the collector, through the official exporter, and one that a router
// writes of a call for a model nobody has: it takes the way of every call's record, and asks no provider.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { duration } from '../output.ts'
import type { Check, Found } from './check.ts'
import { judgeClock } from './standing.ts'

/** A span not there by then has met something that needs a look. */
const WITHIN_MS = 15_000
const LOOK_EVERY_MS = 20
const PROBE_MODEL = 'weighbridge-doctor-probe'

export type Probe = { readonly traceId: string; /** On the monotonic clock, when it was taken. */ readonly takenMs: number }

/** Sends a span to a collector; a 200 means that it is synced to disk. Throws `collector_unreachable`. */
export async function probeCollector(url: string, token: string | undefined): Promise<Found<Probe>> {
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, timeoutMillis: 5_000, ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) })
  const ended: ReadableSpan[] = []
  const keep = { onStart: () => {}, onEnd: (span: ReadableSpan) => void ended.push(span), forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() }
  const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), resource: resourceFromAttributes({ 'service.name': 'weighbridge-doctor' }), spanProcessors: [keep] })
  const span = provider.getTracer('weighbridge-doctor').startSpan('doctor probe', { root: true })
  span.end()
  const started = performance.now()
  try {
    await new Promise<void>((resolve, reject) => {
      exporter.export(ended, (result) => {
        if (result.code === 0) resolve()
        else reject(new WeighbridgeError('collector_unreachable', `${url} did not take the probe span: ${result.error?.message || `export result ${result.code}`}`))
      })
    })
  } finally {
    await exporter.shutdown()
  }
  const takenMs = performance.now()
  return { value: { traceId: span.spanContext().traceId, takenMs }, said: `${url} synced a probe span to its log in ${duration(takenMs - started)}`, ms: takenMs - started }
}

/** Waits for the span in `spans`. Throws `clickhouse_unreachable` after 15 s. */
export async function awaitSpan(clickhouse: ClickHouse, { traceId, takenMs }: Probe): Promise<Found<undefined>> {
  const seen = await look(clickhouse, 'spans', traceId)
  if (seen === undefined) {
    throw new WeighbridgeError('clickhouse_unreachable', `The probe span is in the collector's log, but was not in ClickHouse after ${WITHIN_MS / 1000} s`, {
      remedy: "Read the collector's log for ClickHouse's answer: spans wait on disk until an insert succeeds. That the collector and this command name the same ClickHouse is worth a look.",
    })
  }
  return { value: undefined, said: `the probe span was in the table ${duration(seen.atMs - takenMs)} after it was synced`, ms: seen.atMs - takenMs }
}

export type RouterProbe = Probe & { /** Since the epoch, just before and just after the call. */ readonly wallMs: readonly [before: number, after: number] }

/** Calls the router for a model that it does not have. Throws `router_unreachable`, or what it answers instead of `model_unknown`. */
export async function probeRouter(url: string, key: string | undefined): Promise<Found<RouterProbe>> {
  const [started, before] = [performance.now(), Date.now()]
  const answer = await request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-weighbridge-purpose': 'eval', 'x-weighbridge-tags': 'doctor=probe', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model: PROBE_MODEL, max_tokens: 1, messages: [{ role: 'user', content: 'Probe of weighbridge doctor; no provider is asked.' }] }),
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  }).catch((cause: unknown) => {
    throw new WeighbridgeError('router_unreachable', `${url} does not answer: ${asWeighbridgeError(cause).message}`, { cause })
  })
  const text = await answer.body.text()
  const [takenMs, after] = [performance.now(), Date.now()]
  const traceId = answer.headers['x-weighbridge-trace-id']
  if (typeof traceId !== 'string') {
    throw new WeighbridgeError(answer.statusCode === 401 ? 'key_missing' : answer.statusCode === 403 ? 'key_scope' : 'router_unreachable', `${url} refused the probe call: ${reasonIn(text) ?? `HTTP ${answer.statusCode}`}`, {
      remedy: 'Set WEIGHBRIDGE_KEY to a key with the scope eval.',
    })
  }
  return { value: { traceId, takenMs, wallMs: [before, after] }, said: `answered a probe call in ${duration(takenMs - started)}`, ms: takenMs - started }
}

/** Waits for the call in the table and in the view `calls`; then the router's clock is known too. Throws `collector_unreachable` after 15 s. */
export async function awaitCall(clickhouse: ClickHouse, probe: RouterProbe): Promise<{ readonly found: Found<undefined>; readonly clock: Check }> {
  const stored = await look(clickhouse, 'spans', probe.traceId)
  const seen = stored === undefined ? undefined : await look(clickhouse, 'calls', probe.traceId)
  if (stored === undefined || seen === undefined) {
    throw new WeighbridgeError('collector_unreachable', `The record of the probe call was not in ${stored === undefined ? 'the table' : 'the view calls'} after ${WITHIN_MS / 1000} s`, {
      remedy: "It waits in the router's spool or in the collector's log: weighbridge_spool_bytes of the router's /metrics tells which, and the router's log why. The router must name the same collector (collector.url) as this command.",
    })
  }
  const [tableMs, viewMs] = [stored.atMs - probe.takenMs, seen.atMs - probe.takenMs]
  const [before, after] = probe.wallMs
  const startedMs = seen.startedMs
  const clock = judgeClock('this machine', (before + after) / 2, 'the router', startedMs, (after - before) / 2 + 1)
  return { found: { value: undefined, said: `its record went through spool, collector and log into the table in ${duration(tableMs)}, and was in the view calls after ${duration(viewMs)}`, ms: viewMs }, clock }
}

type Seen = { readonly atMs: number; readonly startedMs: number }

/** Asks again and again; `undefined` when it is not there in time. */
async function look(clickhouse: ClickHouse, from: 'spans' | 'calls', traceId: string): Promise<Seen | undefined> {
  const since = performance.now()
  do {
    const [row] = await clickhouse.rows(`SELECT toUnixTimestamp64Milli(toDateTime64(started_at, 3)) AS started FROM ${from} WHERE trace_id = {id:String} LIMIT 1`, { id: traceId })
    if (row !== undefined) return { atMs: performance.now(), startedMs: Number(row['started']) }
    await delay(LOOK_EVERY_MS)
  } while (performance.now() - since < WITHIN_MS)
  return undefined
}

function reasonIn(text: string): string | undefined {
  try {
    // Whatever answered: its message is read as far as it has one.
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message
  } catch {
    return undefined
  }
}
