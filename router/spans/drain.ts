// A spool → the collector, through the official OTLP exporter's transport: records are joined into requests, released
// when the collector has them, kept and tried again while it is away, and set aside when it can never accept them.
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { OTLPExporterBase, OTLPExporterError, type CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from '@opentelemetry/otlp-exporter-base/node-http'
import type { ISerializer } from '@opentelemetry/otlp-transformer'
import type { Logger } from 'pino'
import { isLoopback } from '../../core/host-guard.ts'
import type { Random } from '../../core/seams.ts'
import type { SegmentedLog } from '../../store/log/log.ts'

export type DrainOptions = {
  readonly spool: SegmentedLog
  /** What its records are: OTLP/JSON requests of this signal. */
  readonly signal: 'traces' | 'logs'
  /** Base address of the collector, without /v1/…. */
  readonly collectorUrl: string
  /** Bearer token of a collector that wants one; `undefined`: none is sent. */
  readonly collectorToken: string | undefined
  /** File that takes requests the collector can never accept. */
  readonly rejectedPath: string
  readonly random: Random
  readonly log: Logger
  readonly onSent: (bytes: number) => void
  readonly onRejected: (bytes: number) => void
}

export interface Drain {
  /** Ends the loop: what waits gets up to `graceMs` to leave first, and a request under way as long again; the rest stays on disk. */
  stop(graceMs: number): Promise<void>
}

const REQUEST_BYTES = 2 * 1024 * 1024
/** How long the first waiting span waits for company, unless this much waits already: a request, a read and a cursor for each call cost more than the call. */
const LINGER_MS = 100
const NO_LINGER_BYTES = 512 * 1024
const TIMEOUT_MS = 5_000
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 10_000
/** Answers that say this request can never be accepted; everything else (also 401 and 404: a person can mend them) is tried again. */
const PERMANENT = new Set([400, 413, 415, 422])

/** Starts the loop. */
export function startDrain(options: DrainOptions): Drain {
  const { spool, log, random } = options
  const stopping = new AbortController()
  const exporter = exporterTo(`${options.collectorUrl.replace(/\/+$/, '')}/v1/${options.signal}`, options.collectorToken)
  const frame = FRAMES[options.signal]
  let requestBytes = REQUEST_BYTES
  let backoffMs = 0
  let abandoned = false
  let hurried = false

  const pass = async (): Promise<void> => {
    const reached = spool.end()
    const batch = await nextBatch(spool, frame, reached, requestBytes)
    if (abandoned) return
    // Nothing up to there can be read: the log has set the damage aside, and waiting for more of it would never end.
    if (batch === undefined) return spool.release(reached)
    const failure = await send(exporter, batch.body)
    // The log may be closed by now; what was sent is sent again at the next start and deduplicated by the collector.
    if (abandoned) return
    if (failure === undefined) {
      if (backoffMs > 0) log.info(`the collector takes ${options.signal} again`)
      backoffMs = 0
      requestBytes = REQUEST_BYTES
      options.onSent(batch.body.byteLength)
      await spool.release(batch.upTo)
      return
    }
    const status = failure instanceof OTLPExporterError ? failure.code : undefined
    if (status === 413 && batch.records > 1) {
      requestBytes = Math.max(1, Math.floor(batch.body.byteLength / 2))
    } else if (status !== undefined && PERMANENT.has(status)) {
      log.error({ status, bytes: batch.body.byteLength, file: options.rejectedPath }, `the collector refused ${options.signal} for good; they are set aside`)
      await setAside(options.rejectedPath, batch.body)
      options.onRejected(batch.body.byteLength)
      await spool.release(batch.upTo)
    } else {
      if (backoffMs === 0) log.warn({ status, err: failure.message, collector: options.collectorUrl }, `the collector does not take ${options.signal}; they wait on disk`)
      backoffMs = Math.min(LONGEST_BACKOFF_MS, Math.max(FIRST_BACKOFF_MS, backoffMs * 2))
    }
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await spool.waitBeyond(spool.released(), stopping.signal)
        if (stopping.signal.aborted) break
        if (!hurried && spool.end() - spool.released() < NO_LINGER_BYTES) await pause(LINGER_MS, stopping.signal)
        await pass()
      } catch (error) {
        log.error({ err: error }, 'the spool could not be drained')
        backoffMs = LONGEST_BACKOFF_MS
      }
      if (backoffMs > 0) await pause(backoffMs * (0.5 + random.next() / 2), stopping.signal)
    }
  }
  const running = run()

  return {
    async stop(graceMs) {
      const deadline = performance.now() + graceMs
      hurried = true
      while (backoffMs === 0 && spool.end() > spool.released() && performance.now() < deadline) await pause(10)
      stopping.abort()
      await Promise.race([running.then(() => exporter.shutdown()), pause(graceMs)])
      abandoned = true
    },
  }
}

/** What stands before the list in a record, by signal. */
const FRAMES = { traces: Buffer.from('{"resourceSpans":['), logs: Buffer.from('{"resourceLogs":[') } as const
const SUFFIX = Buffer.from(']}')
const COMMA = Buffer.from(',')

type Batch = { readonly body: Uint8Array; readonly upTo: number; readonly records: number }

// Records are requests of one form (span-text.ts, store/otlp/logs.ts), so their lists join without being parsed. `reached` bounds the read:
// what is appended meanwhile would be followed record by record, with an opened file each.
async function nextBatch(spool: SegmentedLog, prefix: Buffer, reached: number, limitBytes: number): Promise<Batch | undefined> {
  const parts: Uint8Array[] = [prefix]
  let bytes = 0
  let records = 0
  let upTo: number | undefined
  for await (const { position, record } of spool.read()) {
    const list = record.subarray(prefix.length, record.length - SUFFIX.length)
    if (records > 0) {
      if (bytes + list.length > limitBytes) break
      parts.push(COMMA)
    }
    parts.push(list)
    bytes += list.length
    records += 1
    upTo = position
    if (position >= reached) break
  }
  return upTo === undefined ? undefined : { body: Buffer.concat([...parts, SUFFIX]), upTo, records }
}

const passThrough: ISerializer<Uint8Array, unknown> = { serializeRequest: (bytes) => bytes, deserializeResponse: (bytes) => (bytes.length === 0 ? {} : JSON.parse(Buffer.from(bytes).toString())) }

// Built from explicit options only: the exporter's own reading of OTEL_EXPORTER_* would send another vendor's headers along.
function exporterTo(url: string, token: string | undefined): OTLPExporterBase<Uint8Array> {
  // Inside one machine bytes are free and compressing them is not: it would take more time than all else here together.
  // The enum is declared by the package but its values are these strings.
  const compression = (isLoopback(new URL(url).hostname) ? 'none' : 'gzip') as CompressionAlgorithm
  return new OTLPExporterBase(
    createOtlpHttpExportDelegate(
      {
        url,
        headers: async () => ({ 'Content-Type': 'application/json', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) }),
        compression,
        timeoutMillis: TIMEOUT_MS,
        concurrencyLimit: 2,
        agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
        userAgent: 'weighbridge-router',
      },
      passThrough,
      'otlp_http_span_exporter',
      { name: 'span', countItems: () => 1 },
      undefined,
    ),
  )
}

function send(exporter: OTLPExporterBase<Uint8Array>, body: Uint8Array): Promise<Error | undefined> {
  return new Promise((resolve) => exporter.export(body, (result) => resolve(result.code === 0 ? undefined : (result.error ?? new Error('the export failed')))))
}

async function setAside(path: string, body: Uint8Array): Promise<void> {
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 })
  file.write(body)
  file.end('\n')
  await finished(file)
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}
