// What the router tells the collector, and the disk between: spans in one spool, signals and feedback in another, captured text in a
// third, each drained by itself. In: ended spans, log records. The collector may be down for as long as the spools have room; nothing here fails a call.
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ConfigFile } from '../core/config-schema.ts'
import type { Clock, Random } from '../core/seams.ts'
import { openSegmentedLog, type LogStats, type SegmentedLog } from '../store/log/log.ts'
import { createCapture, type Capture } from './capture/capture.ts'
import type { Metrics } from './metrics.ts'
import { createOutbox, type Outbox } from './signals/outbox.ts'
import type { SpanSource } from './spans/call-spans.ts'
import { boundSpool } from './spans/bounded-spool.ts'
import { startDrain, type Drain } from './spans/drain.ts'
import { createSpanSpool } from './spans/span-spool.ts'
import { startTracing } from './spans/tracing.ts'

export type TelemetryOptions = {
  readonly dataDir: string
  readonly settings: ConfigFile['spool']
  readonly capture: ConfigFile['capture']
  readonly collectorUrl: string
  /** Bearer token of a collector that wants one; `undefined`: none is sent. */
  readonly collectorToken?: string | undefined
  /** Names this process among routers. */
  readonly instanceId: string
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export interface Telemetry {
  readonly spans: SpanSource
  /** Where signals and feedback go. */
  readonly outbox: Outbox
  /** What captures calls whose texts are to be kept. */
  readonly capture: Capture
  /** See SpanSpool.written. */
  written(withinMs?: number): Promise<boolean>
  /** Of the span spool. */
  stats(): LogStats
  /** Of the spool of captured text. */
  contentStats(): LogStats
  /** Writes what is left, sends what can be sent within `graceMs`, closes. */
  close(graceMs: number): Promise<void>
}

/** Signals are a few hundred bytes, a few calls apart: a sixteenth of the spans' room, but not less than this. */
const SIGNALS_SHARE = 16
const SIGNALS_LEAST_BYTES = 4 * 1024 * 1024

/** Throws `data_dir_locked` when another process has a spool open. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { dataDir, settings, metrics, clock, log, random, instanceId } = options
  const open = (name: string, maxBytes: number): ReturnType<typeof openSegmentedLog> => openSegmentedLog({ dir: join(dataDir, name), maxBytes, fsync: settings.fsync, whenFull: 'drop_oldest', log, clock })
  const spool = await open('spool', settings.max_bytes)
  const signals = await open('spool-signals', Math.max(SIGNALS_LEAST_BYTES, Math.floor(settings.max_bytes / SIGNALS_SHARE))).catch(async (error: unknown) => {
    await spool.close()
    throw error
  })
  const content = await open('spool-content', options.capture.spool_bytes).catch(async (error: unknown) => {
    await signals.close()
    await spool.close()
    throw error
  })
  const bounded = boundSpool({
    spool,
    maxBytes: settings.max_bytes,
    tracesWithSignals: () => tracesIn(signals),
    onDropped: (kind, count) => metrics.add('weighbridge_spool_dropped_spans_total', count, { class: kind }),
    log,
  })
  const spanSpool = createSpanSpool(bounded, log, (spans) => metrics.add('weighbridge_spans_lost_total', spans))
  const tracing = startTracing(spanSpool, instanceId)
  const resource = { 'service.name': 'weighbridge-router', 'service.instance.id': instanceId }
  const contentOutbox = createOutbox(content, resource, log, (records) => metrics.add('weighbridge_content_lost_total', records))
  const capture = createCapture({ outbox: contentOutbox, metrics, clock, log })
  const signalOutbox = createOutbox(signals, resource, log, (records) => metrics.add('weighbridge_signals_lost_total', records))
  // What is said of a call may be the reason to keep its texts.
  const outbox: Outbox = {
    written: signalOutbox.written,
    add(records) {
      capture.signalled(records)
      signalOutbox.add(records)
    },
  }
  const drains: Drain[] = [
    { from: spool, signal: 'traces', rejected: 'spool-rejected.ndjson' } as const,
    { from: signals, signal: 'logs', rejected: 'signals-rejected.ndjson' } as const,
    { from: content, signal: 'logs', rejected: 'content-rejected.ndjson' } as const,
  ].map(({ from, signal, rejected }) =>
    startDrain({
      spool: from,
      signal,
      collectorUrl: options.collectorUrl,
      collectorToken: options.collectorToken,
      rejectedPath: join(dataDir, rejected),
      random,
      log,
      onSent: (bytes) => metrics.add('weighbridge_spool_sent_bytes_total', bytes),
      onRejected: (bytes) => metrics.add('weighbridge_spool_rejected_bytes_total', bytes),
    }),
  )
  return {
    spans: { tracer: tracing.tracer, end: spanSpool.end },
    outbox,
    capture,
    written: (withinMs) => spanSpool.written(withinMs),
    stats: () => bounded.stats(),
    contentStats: () => content.stats(),
    async close(graceMs) {
      await tracing.shutdown()
      await outbox.written()
      await capture.settled()
      await contentOutbox.written()
      await bounded.idle()
      await Promise.all(drains.map((drain) => drain.stop(graceMs)))
      await spool.close()
      await signals.close()
      await content.close()
    },
  }
}

/** The traces that waiting signals tell of. */
async function tracesIn(signals: SegmentedLog): Promise<ReadonlySet<string>> {
  const traces = new Set<string>()
  // Written by store/otlp/logs.ts; a trace id stands nowhere else in these records.
  for await (const { record } of signals.read()) for (const [, traceId] of Buffer.from(record).toString().matchAll(/"traceId":"([0-9a-f]{32})"/g)) if (traceId !== undefined) traces.add(traceId)
  return traces
}
