// `weighbridge collector`: the collector alone, with the embedded engine or a ClickHouse server. Logs to standard output.
import { once } from 'node:events'
import { genaiPriceBook } from '../../store/prices/genai.ts'
import { EXIT, type Command } from '../command.ts'
import { streamLogger } from '../compose/logging.ts'
import { Stack, type Base } from '../compose/base.ts'
import { startCollecting } from '../compose/collecting.ts'
import { startStorage } from '../compose/storage.ts'
import { followConfig, locate, makeDataDir } from '../compose/settings.ts'

export const command: Command = {
  name: 'collector',
  summary: 'Run the collector: OTLP in, ClickHouse out.',
  options: {
    host: { type: 'string', meaning: 'Address to bind (default from config, 127.0.0.1)', value: 'HOST' },
    'allow-host': { type: 'string', multiple: true, meaning: 'Further Host names to answer to (a container\'s name)', value: 'NAME' },
    'otlp-port': { type: 'string', meaning: 'Port (default 4318)', value: 'N' },
    'clickhouse-port': { type: 'string', meaning: 'Embedded ClickHouse (default 8123)', value: 'N' },
  },
  run: async (terminal, args) => {
    const settings = locate(terminal, args, false)
    makeDataDir(settings.dataDir)
    const log = streamLogger(terminal)
    const stack = new Stack()
    try {
      const base: Base = { holder: followConfig(settings.configPath, terminal.env, genaiPriceBook(), log), dataDir: settings.dataDir, env: terminal.env, log, stack }
      stack.add('config', base.holder, () => base.holder.close())
      const bounds = { min: 0, max: 65_535, integer: true }
      const storage = await startStorage(base, args.number('clickhouse-port', bounds))
      const collector = await startCollecting(base, storage, { host: args.text('host'), port: args.number('otlp-port', bounds), allowedHosts: args.list('allow-host') })
      log.info({ url: collector.url, clickhouse: storage.reader.url, version: storage.version, applied: storage.applied }, 'collector ready')
      if (!terminal.signal.aborted) await once(terminal.signal, 'abort')
      log.info('stopping: writing what is acknowledged')
      return EXIT.ok
    } finally {
      await stack.close(log)
    }
  },
}
