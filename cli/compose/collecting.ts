// The collector over storage.
import { join } from 'node:path'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { refuseOpenBind, type Base } from './base.ts'
import { secret } from './clickhouse-server.ts'
import type { Storage } from './storage.ts'

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
  return base.stack.add('collector', running, () => running.close({ deadlineMs: 10_000 }))
}
