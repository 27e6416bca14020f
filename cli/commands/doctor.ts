// `weighbridge doctor [--live]`: checks every hop a call's record takes, each with a real span and timed, and says what to do about each
// that fails. --live asks each target one short question, its largest cost said first.
import { z } from 'zod'
import { requireSchema, SCHEMA_VERSION } from '../../collector/migrate/migrate.ts'
import type { StorageForm } from '../../collector/migrate/define.ts'
import type { Config } from '../../core/config.ts'
import { asWeighbridgeError } from '../../core/errors.ts'
import { routerOperations } from '../../core/operations.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Terminal } from '../command.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { collectorClient } from '../compose/collector-client.ts'
import { openReader } from '../compose/reader.ts'
import { routerClient, type RouterClient } from '../compose/router-client.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { storageForm } from '../compose/storage.ts'
import { startChecks, type Checks } from '../doctor/check.ts'
import { callTargets } from '../doctor/live.ts'
import { awaitCall, awaitSpan, probeCollector, probeRouter, type Probe } from '../doctor/probes.ts'
import { collectorStatusSchema, judgeCollector, judgeSpool } from '../doctor/standing.ts'
import { duration } from '../output.ts'

export const command: Command = {
  name: 'doctor',
  summary: 'Check configuration, keys, and every hop from router to ClickHouse; --live calls each target once.',
  options: {
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
    'collector-url': { type: 'string', meaning: 'Address of the collector (default: the one running here, or collector.url)', value: 'URL' },
    live: { type: 'boolean', meaning: 'Call every enabled target once (spends money; the most it can cost is said first)' },
  },
  help: 'Sends two real spans: one to the collector, and one that the router writes of a call for a model that nobody has (purpose eval; no provider is asked). WEIGHBRIDGE_KEY needs the scopes read and eval where keys are in force, WEIGHBRIDGE_COLLECTOR_TOKEN the collector’s token where it has one.',
  run: async (terminal, args) => {
    const checks = startChecks(terminal, args.flag('json'))
    const settings = locate(terminal, args)
    const config = await checks.attempt('config', async () => {
      const loaded = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
      const unpriced = [...loaded.targets.values()].filter((target) => target.price === undefined).length
      return { value: loaded, said: `${settings.configPath}: ${loaded.targets.size} target(s), ${unpriced} unpriced, ${loaded.warnings.length} warning(s)` }
    })
    for (const warning of config?.warnings ?? []) checks.remark(`      ! ${warning}\n`)
    const router = await checkRouter(terminal, args, checks)
    if (config !== undefined) await checkHops(terminal, args, config, router, checks)
    if (args.flag('live') && config !== undefined && router !== undefined) await callTargets(config, router, checks)
    const ok = checks.all.every((check) => check.ok)
    if (args.flag('json')) terminal.out(`${JSON.stringify({ ok, checks: checks.all })}\n`)
    else terminal.out(ok ? '\nEverything answers.\n' : '\nSomething needs attention: see → above.\n')
    const code: ExitCode = ok ? EXIT.ok : config === undefined ? EXIT.usage : EXIT.infrastructure
    return code
  },
}

async function checkRouter(terminal: Terminal, args: Arguments, checks: Checks): Promise<RouterClient | undefined> {
  const router = await checks.attempt('router', async () => {
    const client = routerClient(terminal, args)
    const ready = await client.get('/readyz', z.looseObject({ route_version: z.number().optional() }))
    return { value: client, said: `${client.url} is ready, route version ${ready.route_version ?? 0}` }
  })
  return router
}

/** The database first, then the collector, then the router's way: a hop that is down is named by its own check before those that need it. */
async function checkHops(terminal: Terminal, args: Arguments, config: Config, router: RouterClient | undefined, checks: Checks): Promise<void> {
  const { clickhouse, close } = openReader(terminal, args)
  try {
    const hasDatabase = await checkDatabase(clickhouse, storageForm(config, clickhouse, terminal.env), checks)
    const probe = await checkCollector(terminal, args, checks)
    if (hasDatabase && probe !== undefined) await checks.attempt('table', () => awaitSpan(clickhouse, probe))
    if (router === undefined) return
    await checkSpool(router, checks)
    const call = await checks.attempt('call', () => probeRouter(router.url, terminal.env['WEIGHBRIDGE_KEY']))
    if (call === undefined || !hasDatabase) return
    const arrived = await checks.attempt('view', async () => {
      const { found, clock } = await awaitCall(clickhouse, call)
      return { ...found, value: clock }
    })
    if (arrived !== undefined) checks.add(arrived)
  } finally {
    await close()
  }
}

async function checkDatabase(clickhouse: ClickHouse, form: StorageForm, checks: Checks): Promise<boolean> {
  const answers = await checks.attempt('clickhouse', async () => {
    const started = performance.now()
    const version = await clickhouse.ping()
    const ms = performance.now() - started
    return { value: true, said: `version ${version} answers in ${duration(ms)}`, ms }
  })
  if (answers === undefined) return false
  const fits = await checks.attempt('schema', async () => {
    await requireSchema(clickhouse, form)
    return { value: true, said: `version ${SCHEMA_VERSION}, as this program needs it` }
  })
  return fits === true
}

/** A probe that the collector synced, and what it says of itself. */
async function checkCollector(terminal: Terminal, args: Arguments, checks: Checks): Promise<Probe | undefined> {
  const collector = collectorClient(terminal, args)
  const probe = await checks.attempt('collector', () => probeCollector(collector.url, secret(terminal.env, 'WEIGHBRIDGE_COLLECTOR_TOKEN')))
  if (probe === undefined) return undefined
  try {
    for (const check of judgeCollector(collectorStatusSchema.parse(await collector.get('/admin/status')))) checks.add(check)
  } catch (thrown) {
    const isShape = thrown instanceof z.ZodError
    const { message, remedy } = asWeighbridgeError(thrown)
    checks.add({ name: 'counters', ok: false, said: isShape ? `${collector.url} says of itself what this program does not understand` : message, remedy: isShape ? 'Run collector and commands of the same version.' : remedy })
  }
  return probe
}

async function checkSpool(router: RouterClient, checks: Checks): Promise<void> {
  try {
    checks.add(judgeSpool(await router.get('/admin/operations', routerOperations)))
  } catch (thrown) {
    const { message, remedy } = asWeighbridgeError(thrown)
    checks.add({ name: 'spool', ok: false, said: message, remedy })
  }
}
