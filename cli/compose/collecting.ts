// The collector over storage.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { refuseOpenBind, type Base } from './base.ts'
import { secret } from './clickhouse-server.ts'
import type { Storage } from './storage.ts'

const CLOSE_MS = 10_000

/** Starts the collector over storage. */
export async function startCollecting(base: Base, storage: Storage, bind: { host?: string | undefined; port?: number | undefined; allowedHosts?: readonly string[] }): Promise<RunningCollector> {
  const { collector } = base.holder.current().settings
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
    allowedHosts: [...collector.allowed_hosts, ...(bind.allowedHosts ?? [])],
    ...(token === undefined ? {} : { token }),
  })
  // An insert into a database that hangs may outlast the deadline; what is not confirmed stays in the write-ahead log.
  return base.stack.add('collector', running, () => Promise.race([running.close({ deadlineMs: CLOSE_MS }), delay(CLOSE_MS + 2_000, undefined, { ref: false })]))
}
