// Where a drain is written: at the router that runs here (or the primary it follows), at the primary that the configuration names, or
// in the state file when no router runs. The same four questions either way.
import { existsSync, readFileSync } from 'node:fs'
import { parseConfig, readConfigFile, type Config, type Environment } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { drainAnswer, drainsDocument, type Drain, type DrainAnswer } from '../../core/operations.ts'
import { systemClock } from '../../core/seams.ts'
import { drainWarnings, returnWarnings } from '../../router/admin/drain-warnings.ts'
import { drainedSubject, namesOf, resolveSubject } from '../../router/admin/subjects.ts'
import { drainView } from '../../router/drains.ts'
import type { State } from '../../store/state/state.ts'
import type { Arguments, Terminal } from '../command.ts'
import { openStateIn, Stack } from './base.ts'
import { routerClientAt, type RouterClient } from './router-client.ts'
import { isAnswering, readRunning } from './running.ts'
import { locate, type Settings } from './settings.ts'

/** Drains behind whichever door is open. */
export type DrainDoor = {
  /** For people: what was asked. */
  readonly where: string
  start(drain: { readonly name: string; readonly reason: string; readonly by: string; readonly untilAt: number }): Promise<DrainAnswer>
  end(name: string, by: string): Promise<DrainAnswer>
  active(): Promise<readonly Drain[]>
  history(limit: number): Promise<readonly Drain[]>
}

/** How long a router may take to answer before an operator should hear that it does not. */
export const OPERATOR_PATIENCE_MS = 10_000

/** Opens the door, lets `work` use it, and closes it. */
export async function throughDrainDoor<T>(terminal: Terminal, args: Arguments, work: (door: DrainDoor) => Promise<T>): Promise<T> {
  const settings = locate(terminal, args)
  const url = await doorUrl(terminal, args, settings)
  if (url !== undefined) return work(routerDoor(await atPrimary(routerClientAt(url, terminal.env['WEIGHBRIDGE_KEY'], OPERATOR_PATIENCE_MS), terminal.env)))
  const stack = new Stack()
  const state = openStateIn({ dataDir: settings.dataDir, stack })
  try {
    return await work(stateDoor(state, settings))
  } finally {
    state.close()
  }
}

async function doorUrl(terminal: Terminal, args: Arguments, settings: Settings): Promise<string | undefined> {
  const given = args.text('url') ?? terminal.env['WEIGHBRIDGE_URL']
  if (given !== undefined && given !== '') return given.replace(/\/+$/, '')
  const running = readRunning(settings.dataDir)?.router
  if (running !== undefined && (await isAnswering(running))) return running
  return existsSync(settings.configPath) ? readConfigFile(readFileSync(settings.configPath, 'utf8')).router.primary_url?.replace(/\/+$/, '') : undefined
}

/** A router that follows another keeps no drains of its own. */
async function atPrimary(client: RouterClient, env: Environment): Promise<RouterClient> {
  const { primary } = await client.get('/admin/drains', drainsDocument)
  return primary === null ? client : routerClientAt(primary, env['WEIGHBRIDGE_KEY'], OPERATOR_PATIENCE_MS)
}

function routerDoor(client: RouterClient): DrainDoor {
  return {
    where: `the router at ${client.url}`,
    start: ({ name, reason, by, untilAt }) => client.post('/admin/drains', { name, reason, by, until_at: untilAt }, drainAnswer),
    end: (name, by) => client.delete(`/admin/drains/${encodeURIComponent(name)}?by=${encodeURIComponent(by)}`, drainAnswer),
    active: async () => (await client.get('/admin/drains', drainsDocument)).active,
    history: async (limit) => (await client.get(`/admin/drains?history=${limit}`, drainsDocument)).history ?? [],
  }
}

function stateDoor(state: State, settings: Settings): DrainDoor {
  const view = (config: Config): ReturnType<typeof drainView> => {
    const drains = drainView(() => config, systemClock)
    drains.take(state.drains.active())
    return drains
  }
  return {
    where: `the state file in ${settings.dataDir}, since no router runs here`,
    start: async ({ name, reason, by, untilAt }) => {
      const config = configAsIfEnabled(settings)
      const subject = resolveSubject(name, namesOf(config))
      const drain = state.drains.start(subject, { reason, author: by, untilAt })
      return { drains: [drain], warnings: drainWarnings(config, subject, view(config), undefined) }
    },
    end: async (name, by) => {
      const ended = state.drains.end(drainedSubject(name, state.drains.active()), by)
      const config = existsSync(settings.configPath) ? configAsIfEnabled(settings) : undefined
      return { drains: [ended], warnings: config === undefined ? [] : returnWarnings(config, ended, view(config), undefined) }
    },
    active: async () => state.drains.active(),
    history: async (limit) => state.drains.history(limit),
  }
}

/** The configuration with every provider enabled: the keys are in the router's environment, not in the operator's. */
export function configAsIfEnabled(settings: Settings): Config {
  if (!existsSync(settings.configPath)) {
    throw new WeighbridgeError('config_missing', `There is no configuration at ${settings.configPath} to find the name in`, { remedy: 'Pass --config FILE, or --url of a running router.' })
  }
  const everythingSet: Environment = new Proxy({}, { get: () => 'set' })
  return parseConfig(readFileSync(settings.configPath, 'utf8'), everythingSet, { find: () => undefined })
}
