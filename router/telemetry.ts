// What the router tells the collector, and the disk between: spans in one spool, signals and feedback in another, each drained by
// itself. In: ended spans, log records. The collector may be down for as long as the spools have room; nothing here fails a call.
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ConfigFile } from '../core/config-schema.ts'
import type { Clock, Random } from '../core/seams.ts'
import { openSegmentedLog, type LogStats } from '../store/log/log.ts'
import type { Metrics } from './metrics.ts'
import { createOutbox, type Outbox } from './signals/outbox.ts'
import type { SpanSource } from './spans/call-spans.ts'
import { startDrain, type Drain } from './spans/drain.ts'
import { createSpanSpool } from './spans/span-spool.ts'
import { startTracing } from './spans/tracing.ts'

export type TelemetryOptions = {
  readonly dataDir: string
  readonly settings: ConfigFile['spool']
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
  /** See SpanSpool.written. */
  written(withinMs?: number): Promise<boolean>
  /** Of the span spool. */
  stats(): LogStats
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
  const spanSpool = createSpanSpool(spool, log, (spans) => metrics.add('weighbridge_spans_lost_total', spans))
  const tracing = startTracing(spanSpool, instanceId)
  const outbox = createOutbox(signals, { 'service.name': 'weighbridge-router', 'service.instance.id': instanceId }, log, (records) => metrics.add('weighbridge_signals_lost_total', records))
  const drains: Drain[] = [
    { from: spool, signal: 'traces', rejected: 'spool-rejected.ndjson' } as const,
    { from: signals, signal: 'logs', rejected: 'signals-rejected.ndjson' } as const,
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
    written: (withinMs) => spanSpool.written(withinMs),
    stats: () => spool.stats(),
    async close(graceMs) {
      await tracing.shutdown()
      await outbox.written()
      await Promise.all(drains.map((drain) => drain.stop(graceMs)))
      await spool.close()
      await signals.close()
    },
  }
}
