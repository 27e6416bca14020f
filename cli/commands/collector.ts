// `weighbridge collector`: the collector alone, with the embedded engine or a ClickHouse server. Logs to standard output.
import type { Command } from '../command.ts'
import { startCollecting } from '../compose/collecting.ts'
import { runPart } from '../compose/part-command.ts'
import { startStorage } from '../compose/storage.ts'

export const command: Command = {
  name: 'collector',
  summary: 'Run the collector: OTLP in, ClickHouse out.',
  options: {
    host: { type: 'string', meaning: 'Address to bind (default from config, 127.0.0.1)', value: 'HOST' },
    'allow-host': { type: 'string', multiple: true, meaning: 'Further Host names to answer to (a container\'s name)', value: 'NAME' },
    'otlp-port': { type: 'string', meaning: 'Port (default 4318)', value: 'N' },
    'clickhouse-port': { type: 'string', meaning: 'Embedded ClickHouse (default 8123)', value: 'N' },
  },
  run: (terminal, args) =>
    runPart(terminal, args, async (base) => {
      const bounds = { min: 0, max: 65_535, integer: true }
      const storage = await startStorage(base, args.number('clickhouse-port', bounds))
      const collector = await startCollecting(base, storage, { host: args.text('host'), port: args.number('otlp-port', bounds), allowedHosts: args.list('allow-host') })
      base.log.info({ url: collector.url, clickhouse: storage.reader.url, version: storage.version, applied: storage.applied }, 'collector ready')
    }),
}
