// `weighbridge router`: the router alone. It needs neither ClickHouse nor the collector to answer a call; with a ClickHouse
// server named it also serves the pages and the admin routes.
import type { Command } from '../command.ts'
import { openStateIn } from '../compose/base.ts'
import { clickhouseServer } from '../compose/clickhouse-server.ts'
import { runPart } from '../compose/part-command.ts'
import { startRouting } from '../compose/routing.ts'
import { clearRunning, writeRunning } from '../compose/running.ts'
import { locate } from '../compose/settings.ts'

export const command: Command = {
  name: 'router',
  summary: 'Run the router alone.',
  options: {
    host: { type: 'string', meaning: 'Address to bind (default from config, 127.0.0.1)', value: 'HOST' },
    'allow-host': { type: 'string', multiple: true, meaning: 'Further Host names to answer to (a container\'s name)', value: 'NAME' },
    port: { type: 'string', meaning: 'Port (default 4000)', value: 'N' },
    'collector-url': { type: 'string', meaning: 'Collector to send spans to (default from config)', value: 'URL' },
    primary: { type: 'boolean', meaning: 'Own the operational state whatever router.primary_url says; with CLICKHOUSE_URL also serve pages and routes over the evidence' },
  },
  run: (terminal, args) =>
    runPart(terminal, args, async (base) => {
      const config = base.holder.current()
      const collectorUrl = args.text('collector-url') ?? config.settings.collector.url ?? `http://127.0.0.1:${config.settings.collector.port}`
      const bind = { host: args.text('host'), allowedHosts: args.list('allow-host'), port: args.number('port', { min: 0, max: 65_535, integer: true }) }
      const server = args.flag('primary') ? clickhouseServer(config, base.env) : undefined
      const state = openStateIn(base)
      // Loaded only where they are served: a plain router carries neither pages nor learner.
      const mounts = server === undefined ? [] : (await import('../compose/primary.ts')).primaryMounts(base, { reader: server.reader, contentReader: server.writer, state, collectorUrl, configDir: locate(terminal, args, false).configDir })
      const router = await startRouting(base, { collectorUrl, state, bind, mounts, primary: args.flag('primary') })
      writeRunning(base.dataDir, { pid: process.pid, router: router.url, demo: false })
      base.stack.add('note', undefined, () => clearRunning(base.dataDir))
      base.log.info({ url: router.url, collectorUrl, pages: server !== undefined }, 'router ready')
    }),
}
