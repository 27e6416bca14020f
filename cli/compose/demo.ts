// The demo: simulated providers, production-like traffic through the front door, both probe suites against every target, and
// the recommendation that follows. Everything in it is marked simulated and stays in the demo's own data directory.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Environment } from '../../core/config.ts'
import { readConfigFile } from '../../core/config.ts'
import { asWeighbridgeError } from '../../core/errors.ts'
import { seededRandom, systemClock } from '../../core/seams.ts'
import type { RunningCollector } from '../../collector/start.ts'
import { BUILT_IN_SUITES, loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import { recommendationSchema } from '../../evals/learn/recommendation.ts'
import { listRuns } from '../../evals/replay/journal.ts'
import { loadBank } from '../../sim/bank.ts'
import { demoConfig, targetName } from '../../sim/demo-config.ts'
import { DEMO_MODELS } from '../../sim/profiles.ts'
import { startSim, type RunningSim } from '../../sim/server.ts'
import { runTraffic } from '../../sim/traffic.ts'
import type { Terminal } from '../command.ts'
import { runSuites } from '../eval/run-suites.ts'
import { paint, percent, usd } from '../output.ts'
import type { Base, Stack } from './base.ts'
import { emitter } from './emit.ts'
import { routerClientAt } from './router-client.ts'
import type { Settings } from './settings.ts'
import { z } from 'zod'

const SEED = 7
const OPENING_CALLS = 260
/** The opening incident: so many calls while the provider behind most weights refuses some. */
const OUTAGE_CALLS = 40
const OUTAGE_FAULTS = 12
const OUTAGE_PROVIDER = 'openai'
/** Trials in flight per provider: simulated answers take as long as real ones, and a first look should not. */
const EVAL_CONCURRENCY = 32
const OPENING_CONCURRENCY = 32
/** Probes per suite of the first look; `eval run` asks them all. */
const OPENING_PROBES = 120
const LASTING_CALLS_PER_SECOND = 0.5
/** The demo's traffic ends by itself; nobody's laptop should talk to itself for days. */
const LASTING_CALLS = 7_200

/** What people do with the answers of a simulated target; its name is its model's with an ending. */
function habitsOf(target: string): (typeof DEMO_MODELS)[number]['habits']['value'] | undefined {
  return DEMO_MODELS.find((profile) => targetName(profile) === target)?.habits.value
}

export type Demo = {
  readonly simUrl: string
  run(seams: { terminal: Terminal; routerUrl: string; collector: RunningCollector; base: Base; once: boolean }): Promise<void>
}

/**
 * Starts the simulated providers and writes the demo's configuration where none stands yet. A file that a person has changed
 * (a real provider added) is kept, and the simulated providers take the port it names.
 */
export async function prepareDemo(settings: Settings, env: Environment, stack: Stack, log: Logger): Promise<Demo> {
  const sim = await startDemoSim(portInFile(settings.configPath) ?? 0, env, log)
  stack.add('sim', sim, () => sim.close())
  if (!existsSync(settings.configPath)) {
    mkdirSync(dirname(settings.configPath), { recursive: true })
    writeFileSync(settings.configPath, demoConfig(sim.url))
  }
  return {
    simUrl: sim.url,
    run: async ({ terminal, routerUrl, collector, base, once }) => {
      try {
        await openDemo(terminal, routerUrl, collector, base, settings, sim)
        if (!once) await keepTalking(terminal, routerUrl)
      } catch (thrown) {
        if (terminal.signal.aborted) return
        throw thrown
      }
    },
  }
}

/** Starts the simulated providers over the built-in suites and the bank of answers. */
export async function startDemoSim(port: number, env: Environment, log: Logger): Promise<RunningSim> {
  const suites = await Promise.all(BUILT_IN_SUITES.map((name) => loadSuite(suiteFolder(`builtin:${name}`, '.'))))
  const bank = await loadBank()
  return startSim({ port, models: DEMO_MODELS, probes: suites.flatMap((suite) => suite.probes), ...bank, seed: SEED, timeScale: timeScaleIn(env), clock: systemClock, log })
}

/** Factor on how long simulated answers, and people between them, take. */
function timeScaleIn(env: Environment): number {
  return Number(env['WEIGHBRIDGE_SIM_TIME_SCALE'] ?? '1')
}

function portInFile(path: string): number | undefined {
  if (!existsSync(path)) return undefined
  const simulated = Object.values(readConfigFile(readFileSync(path, 'utf8')).providers).find((provider) => provider.simulated)
  return simulated === undefined ? undefined : Number(new URL(simulated.base_url).port)
}

async function openDemo(terminal: Terminal, routerUrl: string, collector: RunningCollector, base: Base, settings: Settings, sim: RunningSim): Promise<void> {
  const evalsDir = join(settings.dataDir, 'evals')
  if ((await listRuns(evalsDir)).length > 0) {
    terminal.out('  The demo ran here before: its evals are kept. Delete the data directory to start over.\n')
    return
  }
  const say = progressLine(terminal)
  const { traffic } = await loadBank()
  const talk = (total: number, seed: number): ReturnType<typeof runTraffic> =>
    runTraffic({ routerUrl, traffic, total, concurrency: OPENING_CONCURRENCY, random: seededRandom(seed), clock: systemClock, signal: terminal.signal, habits: habitsOf, paceScale: timeScaleIn(terminal.env) })
  terminal.out(`  Demo: an outage first. ${OUTAGE_CALLS} calls while ${OUTAGE_PROVIDER} answers 503 now and then …\n`)
  sim.control.setFault(OUTAGE_PROVIDER, 'overloaded_503', { times: OUTAGE_FAULTS })
  const outage = await talk(OUTAGE_CALLS, SEED - 1)
  sim.control.setFault(OUTAGE_PROVIDER, null)
  terminal.out(`  ${outage.completed} of ${outage.sent} answered: failed attempts went on to the next link of their chain.\n`)
  const calls = talk(OPENING_CALLS, SEED)
  const config = base.holder.current()
  const simulated = [...config.targets.values()].filter((target) => target.provider.simulated).map((target) => target.name)
  const run = await runSuites({
    config,
    configDir: settings.configDir,
    privateSeed: undefined,
    dataDir: settings.dataDir,
    routerUrl,
    apiKey: undefined,
    suites: [],
    targets: simulated,
    epochs: 1,
    limit: OPENING_PROBES,
    domains: [],
    grader: undefined,
    judges: [],
    cacheMaxAgeMs: undefined,
    budgetUsd: undefined,
    concurrency: EVAL_CONCURRENCY,
    seed: SEED,
    resume: undefined,
    emit: emitter(collector.url, base.env),
    signal: terminal.signal,
    onStart: ({ trials }) => terminal.out(`  Then ${OPENING_CALLS} calls as an app would make them, and ${trials} probes: up to ${OPENING_PROBES} questions of each suite to ${simulated.length} targets.\n`),
    onProgress: (progress) => say(`  probes ${progress.done}/${progress.total} (${percent(progress.done / progress.total)}), simulated spend ${usd(progress.spentUsd)}, ${progress.perSecond.toFixed(0)}/s`),
  })
  const traffic1 = await calls
  say(`  probes ${run.trials.length} done; ${traffic1.completed} of ${traffic1.sent} calls answered\n`, true)
  await collector.settled()
  const answer = await routerClientAt(routerUrl, undefined).post('/admin/routes/recommend', {}, z.looseObject({ recommendation: recommendationSchema }))
  terminal.out(`\n${answer.recommendation.tasks.map((task) => task.verdict === 'move' ? `  ${paint(terminal, 'bold', task.headline)}\n` : `  ${task.task}: ${task.headline}\n`).join('')}\n`)
  terminal.out(`  Look at ${routerUrl}/ and apply it there, or: npx weighbridge routes apply\n\n`)
}

async function keepTalking(terminal: Terminal, routerUrl: string): Promise<void> {
  const { traffic } = await loadBank()
  terminal.out(`  Traffic goes on at ${LASTING_CALLS_PER_SECOND} calls a second until Ctrl-C.\n`)
  try {
    await runTraffic({ routerUrl, traffic, total: LASTING_CALLS, ratePerSecond: LASTING_CALLS_PER_SECOND, concurrency: 8, random: seededRandom(SEED + 1), clock: systemClock, signal: terminal.signal, habits: habitsOf, paceScale: timeScaleIn(terminal.env) })
  } catch (thrown) {
    if (!terminal.signal.aborted) terminal.err(`  ! the demo's traffic ended: ${asWeighbridgeError(thrown).message}\n`)
  }
  while (!terminal.signal.aborted) await delay(3_600_000, undefined, { signal: terminal.signal }).catch(() => undefined)
}

/** A line that redraws itself on a terminal; elsewhere only every fifth second. */
function progressLine(terminal: Terminal): (text: string, last?: boolean) => void {
  let said = 0
  return (text, last = false) => {
    const now = performance.now()
    if (!last && now - said < (terminal.isTty ? 100 : 5_000)) return
    said = now
    terminal.out(terminal.isTty ? `\r\u001b[2K${text}` : `${text.trimEnd()}\n`)
  }
}
