// `weighbridge migrate`: brings the schema of a ClickHouse server up to date; the embedded engine migrates itself at start.
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { EXIT, type Command } from '../command.ts'
import { clickhouseServer } from '../compose/clickhouse-server.ts'
import { migrateAt } from '../compose/storage.ts'
import { loadConfig, locate } from '../compose/settings.ts'

export const command: Command = {
  name: 'migrate',
  summary: 'Bring the ClickHouse schema up to date.',
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    const server = clickhouseServer(config, terminal.env)
    if (server === undefined) throw new WeighbridgeError('usage', 'No CLICKHOUSE_URL is set: the embedded engine migrates itself when `up` or `collector` starts')
    const applied = await migrateAt(server.migrator, config, terminal.env)
    terminal.out(args.flag('json') ? `${JSON.stringify({ applied })}\n` : applied.length === 0 ? 'The schema is up to date.\n' : `Applied ${applied.join(', ')}.\n`)
    return EXIT.ok
  },
}
