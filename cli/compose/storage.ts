// Where spans end up: the embedded engine, or the server that config or environment name; migrated before anything is written.
import { join } from 'node:path'
import { startEngine } from '../../collector/engine/start-engine.ts'
import { clusterForm, SINGLE_SERVER, type StorageForm } from '../../collector/migrate/define.ts'
import { migrate } from '../../collector/migrate/migrate.ts'
import { applyRetention } from '../../collector/migrate/retention.ts'
import type { Config, Environment } from '../../core/config.ts'
import { createClickHouse, type ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import type { Base } from './base.ts'
import { clickhouseServer } from './clickhouse-server.ts'

export type Storage = {
  readonly writer: ClickHouseAddress
  readonly reader: ClickHouseAddress
  /** May read captured text, and nothing else. */
  readonly contentReader: ClickHouseAddress
  readonly version: string
  readonly embedded: boolean
  readonly applied: readonly string[]
}

/** Starts the embedded engine, or takes the server that config or environment name, and migrates it. */
export async function startStorage(base: Base, port: number | undefined): Promise<Storage> {
  const config = base.holder.current()
  const server = clickhouseServer(config, base.env)
  if (server === undefined) {
    const engine = await startEngine({ dataDir: join(base.dataDir, 'clickhouse'), httpPort: port ?? config.settings.clickhouse.port, log: base.log, databases: [config.settings.clickhouse.database] })
    base.stack.add('engine', engine, () => engine.stop())
    const applied = await migrateAt(engine.migrator, config, base.env)
    return { writer: engine.writer, reader: engine.reader, contentReader: engine.contentReader, version: engine.version, embedded: true, applied }
  }
  const applied = await migrateAt(server.migrator, config, base.env)
  const reader = createClickHouse(server.reader)
  try {
    return { writer: server.writer, reader: server.reader, contentReader: server.contentReader, version: await reader.ping(), embedded: false, applied }
  } finally {
    await reader.close()
  }
}

/** One server, or the cluster that the configuration names; the embedded engine is always one server. */
export function storageForm(config: Config, address: Pick<ClickHouseAddress, 'database'>, env: Environment): StorageForm {
  const { cluster } = config.settings.clickhouse
  return cluster === undefined || clickhouseServer(config, env) === undefined ? SINGLE_SERVER : clusterForm({ cluster, database: address.database, replicated: true })
}

/** Brings schema and retention up to date; gives the names of the migrations applied. */
export async function migrateAt(address: ClickHouseAddress, config: Config, env: Environment): Promise<readonly string[]> {
  const migrator = createClickHouse({ ...address, requestTimeoutMs: 600_000 })
  const form = storageForm(config, address, env)
  const { storage, capture } = config.settings
  try {
    const { applied } = await migrate(migrator, { database: address.database, form })
    await applyRetention(migrator, { ...storage.retention_days, content: capture.retention_days }, form)
    return applied
  } finally {
    await migrator.close()
  }
}
