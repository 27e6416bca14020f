// `weighbridge eval nightly`: run, report, gate, recommend, as a workflow or a timer does it every night.
import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { parseRouteTable, type RouteTable } from '../../core/route-table.ts'
import { askedAgainLine, nightlyExit } from '../../evals/nightly/outcome.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Terminal } from '../command.ts'
import { Stack, type Base } from '../compose/base.ts'
import { clickhouseServer, secret } from '../compose/clickhouse-server.ts'
import { emitter } from '../compose/emit.ts'
import { fileLogger } from '../compose/logging.ts'
import { openReader } from '../compose/reader.ts'
import { readRunning } from '../compose/running.ts'
import { followConfig, loadConfig, locate, makeDataDir, type Settings } from '../compose/settings.ts'
import { runNight, type NightlyPlan } from '../eval/nightly.ts'
import { attachedWorld, liveVersion, runningWorld, standaloneWorld } from '../eval/nightly-world.ts'
import { budgetOf, GRADER_OPTIONS, graderOf, SCOPE_OPTIONS, scopeOf } from '../eval/options.ts'
import { progressLine } from './eval-run.ts'

const NIGHTLY_DATA = '.weighbridge-nightly'

export const command: Command = {
  name: 'eval nightly',
  summary: 'Run, report, gate and recommend in one go: what the nightly workflow does, on this machine.',
  help: `standalone: an engine of its own; evidence is carried between nights in --evidence (text-free JSONL), --table is the route table in force.
attached: a router of its own at a deployment's collector (--collector-url) and its ClickHouse (CLICKHOUSE_URL, a reading account is enough).
running: the router on this data directory. Files in --out: report.md, report.html, junit.xml, outcome.json and, where weights should move,
route-table.json and pull-request.md. --check TABLE says whether a proposed table's parent is still the version in force (exit 1: it moved).`,
  options: {
    mode: { type: 'string', meaning: 'standalone, attached or running (default: attached with CLICKHOUSE_URL, running where a router runs, else standalone)', value: 'MODE' },
    ...SCOPE_OPTIONS,
    ...GRADER_OPTIONS,
    out: { type: 'string', meaning: 'Folder for the files (default ./nightly)', value: 'DIR' },
    evidence: { type: 'string', meaning: 'Carried evidence, read and extended (standalone; default ./evals-evidence.jsonl)', value: 'FILE' },
    table: { type: 'string', meaning: 'Route table in force (standalone; default ./route-table.json where there is one)', value: 'FILE' },
    'collector-url': { type: 'string', meaning: "The deployment's collector (attached; default from config)", value: 'URL' },
    'budget-usd': { type: 'string', meaning: 'Most to spend on real targets and judges', value: 'USD' },
    concurrency: { type: 'string', meaning: 'Trials in flight per provider', value: 'N' },
    seed: { type: 'string', meaning: 'Seed sent to the provider (default 1)', value: 'N' },
    check: { type: 'string', meaning: 'Only check that this proposed table still builds on the version in force', value: 'TABLE' },
  },
  run: async (terminal, args) => {
    const proposed = args.text('check')
    if (proposed !== undefined) return await checkParent(terminal, args, proposed)
    const settings = locate(terminal, args, false)
    const mode = modeOf(terminal, args, settings)
    const stack = new Stack()
    const dataDir = mode === 'running' || args.text('data') !== undefined ? settings.dataDir : resolve(terminal.cwd, NIGHTLY_DATA)
    makeDataDir(dataDir)
    const log = fileLogger(terminal, dataDir)
    try {
      const night = mode === 'running' ? await inRunning(terminal, args, settings) : await alone(terminal, args, { ...settings, dataDir }, mode, stack)
      const { outcome } = night
      if (args.flag('json')) terminal.out(`${JSON.stringify(outcome)}\n`)
      else terminal.out(`\nNight of run ${outcome.run} (${outcome.mode}): gates ${outcome.gates}; weights: ${outcome.reweighting.status}, ${outcome.reweighting.reason}\n${(outcome.asked_again ?? []).map((one) => `${askedAgainLine(one)}\n`).join('')}`)
      return EXIT[nightlyExit(outcome.gates, night.report.capped)]
    } finally {
      await stack.close(log)
    }
  },
}

function modeOf(terminal: Terminal, args: Arguments, settings: Settings): 'standalone' | 'attached' | 'running' {
  const asked = args.text('mode')
  if (asked !== undefined) {
    if (asked !== 'standalone' && asked !== 'attached' && asked !== 'running') throw new WeighbridgeError('usage', `--mode takes standalone, attached or running, not "${asked}"`)
    return asked
  }
  if ((terminal.env['CLICKHOUSE_URL'] ?? '') !== '') return 'attached'
  return readRunning(settings.dataDir)?.router === undefined ? 'standalone' : 'running'
}

async function alone(terminal: Terminal, args: Arguments, settings: Settings, mode: 'standalone' | 'attached', stack: Stack) {
  const log = fileLogger(terminal, settings.dataDir)
  const prices = priceBookIn(settings.dataDir)
  // The embedded engine is what standalone means, whatever the environment names.
  const env = mode === 'standalone' ? { ...terminal.env, CLICKHOUSE_URL: '' } : terminal.env
  // The stack begins empty every night: what is known of earlier ones is the carried evidence, or the deployment's.
  const stackDir = join(settings.dataDir, 'stack')
  await rm(mode === 'standalone' ? stackDir : join(stackDir, 'state.sqlite'), { recursive: true, force: true })
  makeDataDir(stackDir)
  const base: Base = { holder: followConfig(settings.configPath, env, prices, log), prices, dataDir: stackDir, configDir: settings.configDir, env, log, stack }
  stack.add('config', base.holder, () => base.holder.close())
  const plan = planOf(terminal, args, settings, base.holder.current())
  const evalsDir = join(settings.dataDir, 'evals')
  if (mode === 'attached') {
    const collectorUrl = args.text('collector-url') ?? base.holder.current().settings.collector.url
    if (collectorUrl === undefined) throw new WeighbridgeError('usage', "An attached night needs the deployment's collector.", { remedy: 'Pass --collector-url URL, or set collector.url.' })
    return await runNight(terminal, { ...plan, evidencePath: undefined }, await attachedWorld(base, collectorUrl, evalsDir))
  }
  const tablePath = resolve(terminal.cwd, args.text('table') ?? 'route-table.json')
  return await runNight(terminal, plan, await standaloneWorld(base, await readTable(tablePath, args.text('table') !== undefined), evalsDir))
}

async function inRunning(terminal: Terminal, args: Arguments, settings: Settings) {
  const running = readRunning(settings.dataDir)
  if (running?.router === undefined) throw new WeighbridgeError('router_unreachable', `No weighbridge is running on ${settings.dataDir}`)
  const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
  const { clickhouse, close } = openReader(terminal, args)
  try {
    const emit = emitter(running.collector ?? config.settings.collector.url ?? `http://127.0.0.1:${config.settings.collector.port}`, terminal.env)
    return await runNight(terminal, { ...planOf(terminal, args, settings, config), evidencePath: undefined }, runningWorld({ routerUrl: running.router, apiKey: terminal.env['WEIGHBRIDGE_KEY'], emit, reader: clickhouse }))
  } finally {
    await close()
  }
}

function planOf(terminal: Terminal, args: Arguments, settings: Settings, config: NightlyPlan['config']): NightlyPlan {
  const progress = progressLine(terminal, args)
  return {
    config,
    configDir: settings.configDir,
    privateSeed: secret(terminal.env, 'WEIGHBRIDGE_PRIVATE_SEED'),
    dataDir: settings.dataDir,
    outDir: resolve(terminal.cwd, args.text('out') ?? 'nightly'),
    evidencePath: resolve(terminal.cwd, args.text('evidence') ?? 'evals-evidence.jsonl'),
    ...scopeOf(args),
    ...graderOf(args),
    budgetUsd: budgetOf(args, config.settings.evals.budget_usd),
    concurrency: args.number('concurrency', { min: 1, max: 256, integer: true }),
    seed: args.number('seed', { min: 0, max: 2 ** 31, integer: true }) ?? 1,
    onStart: ({ runId, trials, grader, warnings }) => {
      for (const warning of warnings) terminal.err(`weighbridge: ${warning}\n`)
      if (!args.flag('json')) terminal.out(`run ${runId}: ${trials} trials, graded by ${grader}\n`)
    },
    onProgress: progress.show,
    printReport: !args.flag('json'),
  }
}

async function readTable(path: string, wanted: boolean): Promise<RouteTable | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (wanted) throw new WeighbridgeError('usage', `${path} cannot be read`, { cause, remedy: 'Check the path.' })
    return undefined
  })
  return text === undefined ? undefined : parseRouteTable(text)
}

/** Whether a proposed table still builds on what is in force: the deployment's version, or the file that `--table` names. */
async function checkParent(terminal: Terminal, args: Arguments, path: string): Promise<ExitCode> {
  const proposed = await readTable(resolve(terminal.cwd, path), true)
  if (proposed === undefined) throw new WeighbridgeError('usage', `${path} is no route table`)
  const inForce = await versionInForce(terminal, args)
  const fits = inForce.version === proposed.parent && (inForce.version === 0 || inForce.simulated === proposed.simulated)
  const text = fits ? `version ${proposed.version} builds on version ${proposed.parent}, which is in force` : `version ${proposed.version} builds on version ${proposed.parent}, but version ${inForce.version} is in force: it is stale`
  if (args.flag('json')) terminal.out(`${JSON.stringify({ fits, parent: proposed.parent, version: proposed.version, in_force: inForce.version })}\n`)
  else terminal.out(`${text}\n`)
  return fits ? EXIT.ok : EXIT.gateFailed
}

async function versionInForce(terminal: Terminal, args: Arguments): Promise<{ version: number; simulated: boolean }> {
  const file = args.text('table')
  if (file !== undefined) {
    const table = await readTable(resolve(terminal.cwd, file), false)
    return { version: table?.version ?? 0, simulated: table?.simulated ?? false }
  }
  const settings = locate(terminal, args, false)
  const server = clickhouseServer(loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir)), terminal.env)
  if (server === undefined) throw new WeighbridgeError('usage', 'What is in force cannot be asked.', { remedy: 'Set CLICKHOUSE_URL, or name the table in force with --table FILE.' })
  const clickhouse = createClickHouse(server.reader)
  try {
    const live = await liveVersion(clickhouse)
    return { version: live?.version ?? 0, simulated: live?.simulated ?? false }
  } finally {
    await clickhouse.close()
  }
}
