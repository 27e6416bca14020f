// Where spans end up: the embedded engine, or the server that config or environment name; migrated before anything is written.
import { join } from 'node:path'
import { startEngine } from '../../collector/engine/start-engine.ts'
import { migrate } from '../../collector/migrate/migrate.ts'
import { createClickHouse, type ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import type { Base } from './base.ts'
import { clickhouseServer } from './clickhouse-server.ts'

export type Storage = { readonly writer: ClickHouseAddress; readonly reader: ClickHouseAddress; readonly version: string; readonly embedded: boolean; readonly applied: readonly string[] }

/** Starts the embedded engine, or takes the server that config or environment name, and migrates it. */
export async function startStorage(base: Base, port: number | undefined): Promise<Storage> {
  const config = base.holder.current()
  const server = clickhouseServer(config, base.env)
  if (server === undefined) {
    const engine = await startEngine({ dataDir: join(base.dataDir, 'clickhouse'), httpPort: port ?? config.settings.clickhouse.port, log: base.log, databases: [config.settings.clickhouse.database] })
    base.stack.add('engine', engine, () => engine.stop())
    const applied = await migrateAt(engine.migrator)
    return { writer: engine.writer, reader: engine.reader, version: engine.version, embedded: true, applied }
  }
  const applied = await migrateAt(server.migrator)
  const reader = createClickHouse(server.reader)
  try {
    return { writer: server.writer, reader: server.reader, version: await reader.ping(), embedded: false, applied }
  } finally {
    await reader.close()
  }
}

/** Brings the schema up to date; gives the names of the migrations applied. */
export async function migrateAt(address: ClickHouseAddress): Promise<readonly string[]> {
  const migrator = createClickHouse({ ...address, requestTimeoutMs: 600_000 })
  try {
    const { applied } = await migrate(migrator, { database: address.database })
    return applied
  } finally {
    await migrator.close()
  }
}
