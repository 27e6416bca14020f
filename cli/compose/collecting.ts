// The collector over storage.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock } from '../../core/seams.ts'
import { redaction } from '../../router/capture/redact.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { foreignPrices } from '../../store/prices/foreign.ts'
import { refuseOpenBind, type Base } from './base.ts'
import { secret } from './clickhouse-server.ts'
import type { Storage } from './storage.ts'

const CLOSE_MS = 10_000

/** Starts the collector over storage. */
export async function startCollecting(base: Base, storage: Storage, bind: { host?: string | undefined; port?: number | undefined; allowedHosts?: readonly string[] }): Promise<RunningCollector> {
  const { collector, capture, clickhouse: database, storage: retention } = base.holder.current().settings
  const { cluster } = database
  const clickhouse = createClickHouse({ ...storage.writer, requestTimeoutMs: 600_000 })
  base.stack.add('writer', clickhouse, () => clickhouse.close())
  const token = secret(base.env, 'WEIGHBRIDGE_COLLECTOR_TOKEN')
  const host = bind.host ?? collector.host
  refuseOpenBind('collector', host, token !== undefined, 'Set WEIGHBRIDGE_COLLECTOR_TOKEN (any long random text), or bind to 127.0.0.1.')
  const running = await startCollector({
    host,
    port: bind.port ?? collector.port,
    dataDir: join(base.dataDir, 'collector'),
    clickhouse,
    clock: systemClock,
    log: base.log,
    maxBodyBytes: collector.max_body_bytes,
    maxWalBytes: collector.max_wal_bytes,
    tls: tlsFiles(collector.tls, base.configDir),
    ...(storage.embedded || cluster === undefined ? {} : { cluster }),
    spansKeptDays: retention.retention_days.spans,
    foreign: { priceOf: foreignPrices(base.prices, () => base.holder.current().settings.prices), keepsText: capture.foreign, redact: redaction(capture.redact) },
    allowedHosts: [...collector.allowed_hosts, ...(bind.allowedHosts ?? [])],
    ...(token === undefined ? {} : { token }),
    adminToken: secret(base.env, 'WEIGHBRIDGE_COLLECTOR_ADMIN_TOKEN'),
  })
  // An insert into a database that hangs may outlast the deadline; what is not confirmed stays in the write-ahead log.
  return base.stack.add('collector', running, () => Promise.race([running.close({ deadlineMs: CLOSE_MS }), delay(CLOSE_MS + 2_000, undefined, { ref: false })]))
}

/** The certificate and key that the configuration names. Throws `config_invalid` for one that cannot be read. */
function tlsFiles(files: { readonly cert: string; readonly key: string } | undefined, configDir: string): { cert: string; key: string } | undefined {
  if (files === undefined) return undefined
  const read = (name: 'cert' | 'key'): string => {
    const path = resolve(configDir, files[name])
    try {
      return readFileSync(path, 'utf8')
    } catch (cause) {
      throw new WeighbridgeError('config_invalid', `collector.tls.${name} names ${path}, which cannot be read`, { cause })
    }
  }
  return { cert: read('cert'), key: read('key') }
}
