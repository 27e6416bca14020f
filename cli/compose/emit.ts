// Log records (evaluation results, route tables) on their way to the collector.
import type { Environment } from '../../core/config.ts'
import { encodeLogs, type LogRecord } from '../../store/otlp/logs.ts'
import { sendOtlp } from '../../store/otlp/send.ts'
import { secret } from './clickhouse-server.ts'

/** Sends log records (evaluation results, route tables) to the collector. */
export function emitter(collectorUrl: string, env: Environment): (records: readonly LogRecord[]) => Promise<void> {
  const token = secret(env, 'WEIGHBRIDGE_COLLECTOR_TOKEN')
  return async (records) => {
    if (records.length === 0) return
    await sendOtlp({
      url: collectorUrl,
      signal: 'logs',
      body: encodeLogs({ 'service.name': 'weighbridge' }, records),
      gzip: true,
      timeoutMs: 10_000,
      ...(token === undefined || token === '' ? {} : { token }),
    })
  }
}
