// `weighbridge up`: engine, collector, router and pages in one process. Without a configuration it runs the demo, in a data
// directory of its own; it sends nothing to a real provider by itself.
import { setTimeout as delay } from 'node:timers/promises'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { fileLogger } from '../compose/logging.ts'
import { openStateIn, Stack, type Base } from '../compose/base.ts'
import { startCollecting } from '../compose/collecting.ts'
import { scheduleNights } from '../compose/evals.ts'
import { primaryMounts } from '../compose/primary.ts'
import { startRouting } from '../compose/routing.ts'
import { startStorage } from '../compose/storage.ts'
import { clearRunning, isAnswering, readRunning, writeRunning } from '../compose/running.ts'
import { followConfig, locate, makeDataDir, type Settings } from '../compose/settings.ts'
import { keyVariableIn, KNOWN_PROVIDERS } from '../init/known-providers.ts'
import { paint } from '../output.ts'

export const command: Command = {
  name: 'up',
  summary: 'Run everything: embedded ClickHouse, collector, router and pages.',
  help: 'Without ./weighbridge.yaml (or with --demo) it runs the demo on simulated providers, in ./.weighbridge-demo.',
  options: {
    demo: { type: 'boolean', meaning: 'Run the demo even where a configuration exists' },
    'no-demo': { type: 'boolean', meaning: 'Never run the demo: a configuration is needed' },
    port: { type: 'string', meaning: 'Router and pages (default 4000)', value: 'N' },
    'otlp-port': { type: 'string', meaning: 'Collector (default 4318)', value: 'N' },
    'clickhouse-port': { type: 'string', meaning: 'Embedded ClickHouse (default 8123)', value: 'N' },
    once: { type: 'boolean', meaning: 'Demo: stop after its evals and recommendation instead of running on' },
  },
  run: async (terminal, args) => {
    const started = performance.now()
    terminal.out('weighbridge up\n')
    const wantDemo = args.flag('demo') ? true : args.flag('no-demo') ? false : undefined
    const settings = locate(terminal, args, wantDemo)
    const bounds = { min: 0, max: 65_535, integer: true }
    const ports = { router: args.number('port', bounds), otlp: args.number('otlp-port', bounds), clickhouse: args.number('clickhouse-port', bounds) }
    const other = readRunning(settings.dataDir)
    if (other?.router !== undefined && (await isAnswering(other.router))) throw new WeighbridgeError('data_dir_locked', `weighbridge is already running on ${settings.dataDir} (process ${other.pid}, ${other.router})`)
    makeDataDir(settings.dataDir)
    const log = fileLogger(terminal, settings.dataDir)
    const stack = new Stack()
    try {
      const demo = settings.demo ? await (await import('../compose/demo.ts')).prepareDemo(settings, terminal.env, stack, log) : undefined
      const step = stepper(terminal, started)
      if (demo !== undefined) step('demo', `simulated providers at ${demo.simUrl}; nothing here is real, and no key is used`)
      const prices = priceBookIn(settings.dataDir)
      const base: Base = { holder: followConfig(settings.configPath, terminal.env, prices, log), prices, dataDir: settings.dataDir, configDir: settings.configDir, env: terminal.env, log, stack }
      stack.add('config', base.holder, () => base.holder.close())
      step('config', `${settings.configPath}: ${base.holder.current().targets.size} targets, ${base.holder.current().tasks.size} tasks`)
      for (const warning of base.holder.current().warnings) terminal.out(`  ! ${warning}\n`)
      const state = openStateIn(base)
      const storage = await startStorage(base, ports.clickhouse)
      step('storage', `ClickHouse ${storage.version} ${storage.embedded ? 'embedded' : 'server'} at ${storage.reader.url}${storage.applied.length > 0 ? `, ${storage.applied.length} migration(s) applied` : ''}`)
      const collector = await startCollecting(base, storage, { port: ports.otlp })
      step('collector', `OTLP at ${collector.url}`)
      const mounts = primaryMounts(base, { reader: storage.reader, contentReader: storage.contentReader, state, collectorUrl: collector.url })
      const router = await startRouting(base, { collectorUrl: collector.url, state, bind: { port: ports.router }, mounts, primary: true })
      step('router', `OpenAI-compatible at ${router.url}/v1`)
      const schedule = scheduleNights(base, { routerUrl: router.url, collectorUrl: collector.url, reader: storage.reader, state, signal: terminal.signal })
      const next = schedule.next()
      if (next !== undefined) step('evals', `scheduled, next at ${next.toISOString()}`)
      writeRunning(settings.dataDir, { pid: process.pid, router: router.url, collector: collector.url, clickhouse: storage.reader.url, demo: settings.demo })
      stack.add('note', undefined, () => clearRunning(settings.dataDir))
      terminal.out(readyText(terminal, router.url, settings, (performance.now() - started) / 1000))
      if (demo === undefined) await untilStopped(terminal.signal)
      else await demo.run({ terminal, routerUrl: router.url, collector, base, once: args.flag('once') })
      return EXIT.ok
    } finally {
      if (terminal.signal.aborted) terminal.out('\nstopping: finishing calls, flushing spans …\n')
      await stack.close(log)
      if (terminal.signal.aborted) terminal.out('stopped\n')
    }
  },
}

function stepper(terminal: Terminal, started: number): (name: string, what: string) => void {
  return (name, what) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    terminal.out(`  ${paint(terminal, 'green', '✓')} ${name.padEnd(10)} ${what} ${paint(terminal, 'dim', `(${seconds} s)`)}\n`)
  }
}

function readyText(terminal: Terminal, url: string, settings: Settings, seconds: number): string {
  const found = settings.demo ? KNOWN_PROVIDERS.map((known) => keyVariableIn(known, terminal.env)).filter((variable) => variable !== undefined) : []
  return [
    '',
    `  Ready in ${seconds.toFixed(1)} s. Open ${paint(terminal, ['bold', 'cyan'], `${url}/`)}`,
    `  Call it: curl ${url}/v1/chat/completions -H 'content-type: application/json' -d '{"model":"auto","messages":[{"role":"user","content":"Hello"}]}'`,
    ...(found.length > 0 ? [`  Found ${found.join(', ')}: left alone. \`npx weighbridge init\` writes a configuration that uses ${found.length === 1 ? 'it' : 'them'}.`] : []),
    '  Ctrl-C stops it.',
    '',
    '',
  ].join('\n')
}

async function untilStopped(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await delay(3_600_000, undefined, { signal }).catch(() => undefined)
}
