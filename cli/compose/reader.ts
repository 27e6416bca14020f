// The read-only ClickHouse connection of a command: the running engine's, or the server that config and environment name.
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import type { Arguments, Terminal } from '../command.ts'
import { clickhouseServer } from './clickhouse-server.ts'
import { readRunning } from './running.ts'
import { loadConfig, locate } from './settings.ts'

/** Opens the reader. Errors appear at the first query (`clickhouse_unreachable`). */
export function openReader(terminal: Terminal, args: Arguments): { clickhouse: ClickHouse; close: () => Promise<void> } {
  const settings = locate(terminal, args)
  const running = readRunning(settings.dataDir)
  const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
  const server = clickhouseServer(config, terminal.env)
  const address = server?.reader ?? {
    url: running?.clickhouse ?? `http://127.0.0.1:${config.settings.clickhouse.port}`,
    database: config.settings.clickhouse.database,
    user: 'reader',
    password: '',
  }
  const clickhouse = createClickHouse(address)
  return { clickhouse, close: () => clickhouse.close() }
}
