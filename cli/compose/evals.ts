// What a primary router does about evals: the routes that label and harvest, the corrections that labels make to evidence, and the
// scheduled night. Loaded only where pages and learning are.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../core/config.ts'
import type { Mount } from '../../core/mount.ts'
import { systemClock } from '../../core/seams.ts'
import { evalsMount } from '../../evals/http/mount.ts'
import { readCalibrations } from '../../evals/labels/calibrations.ts'
import type { Calibration } from '../../evals/learn/evidence.ts'
import { listRuns } from '../../evals/replay/journal.ts'
import { createClickHouse, type ClickHouse, type ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import type { State } from '../../store/state/state.ts'
import { chooseSuites } from '../eval/choose.ts'
import { runNight } from '../eval/nightly.ts'
import { runningWorld } from '../eval/nightly-world.ts'
import type { Base } from './base.ts'
import { secret } from './clickhouse-server.ts'
import { emitter } from './emit.ts'
import { startSchedule, type Schedule } from './schedule.ts'

/** The mount below /admin/evals. `contentReader`: an account that may read captured text; undefined: none here. */
export function evalsMounts(base: Base, plan: { readonly collectorUrl: string; readonly contentReader: ClickHouseAddress | undefined }): Mount[] {
  const { holder, dataDir, env, stack } = base
  const content = plan.contentReader === undefined ? undefined : createClickHouse({ ...plan.contentReader, maxConnections: 2 })
  if (content !== undefined) stack.add('harvest reader', content, () => content.close())
  const emit = emitter(plan.collectorUrl, env)
  const parts = () => {
    const config = holder.current()
    return { evalsDir: join(dataDir, 'evals'), config, suites: (names: readonly string[]) => chooseSuites(config, { configDir: base.configDir, privateSeed: secret(env, 'WEIGHBRIDGE_PRIVATE_SEED') }, names), emit, clock: systemClock }
  }
  return [evalsMount(parts, content)]
}

const LOOK_EVERY_MS = 30_000

/** Corrections by labels, read again when a label or a run came. The first ones are there a moment after the start. */
export function followCalibrations({ holder, dataDir, log, stack }: Base): () => readonly Calibration[] {
  const evalsDir = join(dataDir, 'evals')
  let found: readonly Calibration[] = []
  let seen = ''
  const look = async (): Promise<void> => {
    const stamp = await stampOf(evalsDir)
    if (stamp === seen) return
    found = await readCalibrations(evalsDir, holder.current())
    seen = stamp
  }
  const looking = (): void => void look().catch((error: unknown) => log.warn({ err: error }, 'labels could not be read; evidence goes uncorrected'))
  looking()
  const timer = setInterval(looking, LOOK_EVERY_MS)
  timer.unref()
  stack.add('calibrations', timer, () => clearInterval(timer))
  return () => found
}

async function stampOf(evalsDir: string): Promise<string> {
  const paths = [join(evalsDir, 'labels.jsonl'), ...(await listRuns(evalsDir)).map((run) => join(evalsDir, run, 'trials.jsonl'))]
  return paths.map((path) => statSync(path, { throwIfNoEntry: false })).map((stat) => (stat === undefined ? '' : `${stat.mtimeMs}:${stat.size}`)).join('|')
}

/** Starts the scheduled nights of a running stack; what they write is below `nightly` in the data directory. */
export function scheduleNights(base: Base, plan: { readonly routerUrl: string; readonly collectorUrl: string; readonly reader: ClickHouseAddress; readonly state: State; readonly signal: AbortSignal }): Schedule {
  const { holder, dataDir, env, log, stack } = base
  const night = async (): Promise<void> => {
    const config = holder.current()
    const clickhouse = createClickHouse(plan.reader)
    // A key of its own where keys are in force; where none are, one would put them in force.
    const own = needsKey(plan.state) && env['WEIGHBRIDGE_KEY'] === undefined ? plan.state.keys.create('scheduled evals', ['eval', 'admin']) : undefined
    try {
      const world = runningWorld({ routerUrl: plan.routerUrl, apiKey: env['WEIGHBRIDGE_KEY'] ?? own?.secret, emit: emitter(plan.collectorUrl, env), reader: clickhouse })
      const { outcome } = await runNight({ env, cwd: dataDir, out: () => undefined, err: (text) => log.warn(text.trim()), isTty: false, columns: 100, signal: plan.signal }, { ...nightPlan(config, base.configDir, dataDir, log), privateSeed: secret(env, 'WEIGHBRIDGE_PRIVATE_SEED') }, world)
      log.info({ ...outcome }, `scheduled evals: gates ${outcome.gates}, weights ${outcome.reweighting.status}`)
    } finally {
      if (own !== undefined) plan.state.keys.revoke(own.id)
      await closeQuietly(clickhouse)
    }
  }
  const schedule = startSchedule({ current: () => holder.current(), subscribe: (changed) => holder.subscribe(changed), night, log })
  return stack.add('schedule', schedule, () => schedule.stop())
}

function nightPlan(config: Config, configDir: string, dataDir: string, log: Base['log']) {
  const stamp = new Date(systemClock.nowMs()).toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-')
  return {
    config, configDir, dataDir, outDir: join(dataDir, 'nightly', stamp), evidencePath: undefined, suites: [], targets: [], domains: [], epochs: 1, limit: undefined, grader: undefined, judges: [],
    budgetUsd: config.settings.evals.budget_usd, concurrency: undefined,
    // Another seed each night, and one for what is asked again: the same answers again would be no new evidence.
    seed: 2 * Math.floor(systemClock.nowMs() / 86_400_000),
    onStart: ({ runId, trials }: { runId: string; trials: number }) => log.info({ run: runId, trials }, 'scheduled evals begin'),
    onProgress: () => undefined,
    printReport: false,
  }
}

const needsKey = (state: State): boolean => state.keyRing.has('call') || state.keyRing.has('eval') || state.keyRing.has('read') || state.keyRing.has('admin')

async function closeQuietly(clickhouse: ClickHouse): Promise<void> {
  await clickhouse.close().catch(() => undefined)
}
