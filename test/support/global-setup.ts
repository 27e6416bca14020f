// One ClickHouse for a whole test run: the server that CLICKHOUSE_URL names, or an embedded engine in a temporary folder.
// Tests take a database each (database.ts). Where no engine exists the run says why, once, and
// goes on without the tests that need one.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { startEngine } from '../../collector/engine/start-engine.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import { TEST_DATABASES } from './test-databases.ts'

/** Addresses of the run's ClickHouse. */
export type TestClickHouse = {
  /** `server`: accounts are whatever CLICKHOUSE_USER may do, so fences cannot be tested there. */
  readonly kind: 'embedded' | 'server'
  readonly version: string
  readonly migrator: ClickHouseAddress
  readonly writer: ClickHouseAddress
  readonly reader: ClickHouseAddress
  /** May read captured text, and nothing else. */
  readonly contentReader: ClickHouseAddress
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly clickhouse: TestClickHouse | { readonly missing: string }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env['CLICKHOUSE_URL']
  if (url !== undefined && url !== '') {
    const address = { url, database: 'default', user: process.env['CLICKHOUSE_USER'] ?? 'default', password: process.env['CLICKHOUSE_PASSWORD'] ?? '' }
    project.provide('clickhouse', { kind: 'server', version: '', migrator: address, writer: address, reader: address, contentReader: address })
    return async () => {}
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'weighbridge-engine-'))
  const removeFolder = (): Promise<void> => rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  try {
    const engine = await startEngine({ dataDir, httpPort: 0, log: pino({ level: 'fatal' }), databases: ['weighbridge', ...TEST_DATABASES] })
    project.provide('clickhouse', { kind: 'embedded', version: engine.version, migrator: engine.migrator, writer: engine.writer, reader: engine.reader, contentReader: engine.contentReader })
    return async () => {
      await engine.stop()
      await removeFolder()
    }
  } catch (error) {
    await removeFolder()
    if (!(error instanceof WeighbridgeError) || error.code !== 'engine_unsupported') throw error
    console.log(`skipped, all tests that need a ClickHouse: ${error.message}`)
    project.provide('clickhouse', { missing: error.message })
    return async () => {}
  }
}
