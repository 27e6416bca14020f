// The nightly job: run, report, gate, recommend, and everything a pull request needs as files. In: a world and what to ask. Out:
// the outcome, also as outcome.json. It never opens or merges anything, and never publishes where somebody else does.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../core/config.ts'
import { asWeighbridgeError } from '../../core/errors.ts'
import type { RouteTable } from '../../core/route-table.ts'
import { systemClock } from '../../core/seams.ts'
import { carriedText, carriedTrials, carry, mergeCarried, parseCarried, type Carried } from '../../evals/evidence/carry.ts'
import { storedTrials } from '../../evals/evidence/stored.ts'
import { changedTargets } from '../../evals/nightly/changed-targets.ts'
import { pullRequestBody, pullRequestTitle } from '../../evals/nightly/pull-request.ts'
import { askedAgain, reweighting, type NightlyOutcome } from '../../evals/nightly/outcome.ts'
import { openDrift } from '../../evals/learn/observe.ts'
import { LEARNING_RULES } from '../../evals/learn/rules.ts'
import { evaluationRecord } from '../../evals/replay/emit.ts'
import { listRuns } from '../../evals/replay/journal.ts'
import type { Repeat } from '../../evals/replay/repeats.ts'
import type { Trial } from '../../evals/replay/trial.ts'
import { renderTerminal } from '../../evals/report/render.ts'
import type { Report } from '../../evals/report/report.ts'
import { earlierRuns, previousRun, runResults } from '../../store/queries/eval-runs.ts'
import { Arguments, type Terminal } from '../command.ts'
import { table } from '../output.ts'
import { chooseTargets, type GraderChoice } from './choose.ts'
import type { NightlyWorld } from './nightly-world.ts'
import { reportRun } from './report-run.ts'
import { runSuites, type RunStart } from './run-suites.ts'
import type { RunProgress } from '../../evals/replay/run.ts'

export type NightlyPlan = {
  readonly config: Config
  readonly configDir: string
  readonly privateSeed: string | undefined
  readonly dataDir: string
  /** Folder of the files. */
  readonly outDir: string
  /** Evidence carried between nights; undefined: the deployment has it. */
  readonly evidencePath: string | undefined
  readonly suites: readonly string[]
  readonly targets: readonly string[]
  readonly domains: readonly string[]
  readonly epochs: number
  readonly limit: number | undefined
  readonly grader: GraderChoice
  readonly judges: readonly string[]
  readonly budgetUsd: number | undefined
  readonly concurrency: number | undefined
  readonly seed: number
  readonly onStart: (start: RunStart) => void
  readonly onProgress: (progress: RunProgress) => void
  /** Whether the report goes to standard output too. */
  readonly printReport: boolean
}

export type Night = { readonly outcome: NightlyOutcome; readonly report: Report; readonly next: RouteTable | undefined }

const DAY_MS = 86_400_000
/** Carried evidence is kept for so many half lives; what is older weighs less than 3%. */
const HALF_LIVES_KEPT = 5

/** Runs a night. Throws what starting a run throws; everything after it is in the outcome. */
export async function runNight(terminal: Terminal, plan: NightlyPlan, world: NightlyWorld): Promise<Night> {
  const carried = plan.evidencePath === undefined ? undefined : await readCarried(plan.evidencePath)
  if (carried !== undefined) await importCarried(carried, plan.config, world)
  const repeats = await repeatsOf(terminal, plan, world)
  const result = await runSuites({
    ...plan,
    repeats,
    routerUrl: world.routerUrl,
    apiKey: world.apiKey,
    cacheMaxAgeMs: undefined,
    resume: undefined,
    emit: world.emit,
    signal: terminal.signal,
    onProgress: (progress) => plan.onProgress(progress),
  })
  await mkdir(plan.outDir, { recursive: true })
  const baseline = await writeBaseline(plan, world, carried, result.runId, result.trials)
  // Parts go into the files; a terminal gets what fits on a screen or two.
  const report = await reportRun({ ...terminal, out: () => undefined }, outputs(plan.outDir, baseline), { dataDir: plan.dataDir, config: plan.config, runId: result.runId })
  if (plan.printReport) terminal.out(`\n${renderTerminal(report, { parts: false, answers: false }, table)}`)
  const simulated = result.trials.every((trial) => trial.simulated)
  const delivered = !result.overBudget && result.undelivered === 0 && (await world.arrived(result.runId, result.trials.length))
  const recommended = simulated || !delivered ? undefined : await world.recommend().catch((thrown: unknown) => void terminal.err(`weighbridge: no recommendation: ${asWeighbridgeError(thrown).message}\n`))
  const next = recommended?.next
  const facts = {
    simulated,
    capped: result.overBudget,
    undelivered: !delivered,
    hasHistory: await hasHistory(world, carried, result.runId, simulated),
    recommendation: recommended?.recommendation,
    next,
    parent: recommended?.recommendation.parent ?? world.live?.version ?? 0,
  }
  const outcome: NightlyOutcome = {
    run: result.runId,
    mode: world.mode,
    simulated,
    gates: report.outcome,
    reweighting: reweighting(facts),
    charged_usd: Number(result.chargedUsd.toFixed(6)),
    trials: result.trials.length,
    scored: result.trials.filter((trial) => trial.status === 'scored').length,
    asked_again: repeats === undefined ? null : askedAgain(result.repeated),
  }
  await writeFile(join(plan.outDir, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`)
  if (outcome.reweighting.status === 'proposed' && next !== undefined && recommended !== undefined) {
    await writeFile(join(plan.outDir, 'route-table.json'), `${JSON.stringify(next, undefined, 2)}\n`)
    await writeFile(join(plan.outDir, 'pull-request.md'), pullRequestBody(next, recommended.recommendation, outcome))
    await writeFile(join(plan.outDir, 'pull-request-title.txt'), `${pullRequestTitle(next, recommended.recommendation)}\n`)
  }
  // A night that was cut short is a biased sample: it is not carried on.
  if (plan.evidencePath !== undefined && !result.overBudget) await keepCarried(plan, carried, result.trials)
  return { outcome, report, next: outcome.reweighting.status === 'proposed' ? next : undefined }
}

/** Targets that open alarms and marks name, of both sides; `undefined`: they could not be read, and the night goes on without. */
async function repeatsOf(terminal: Terminal, plan: NightlyPlan, world: NightlyWorld): Promise<Repeat[] | undefined> {
  const targets = chooseTargets(plan.config, plan.targets)
  try {
    await world.settled()
    const sides = [...new Set(targets.map(({ provider }) => provider.simulated))]
    const found = await Promise.all(sides.map(async (simulated) => changedTargets(targets.filter(({ provider }) => provider.simulated === simulated), await openDrift(world.reader, plan.config, simulated, systemClock.nowMs(), LEARNING_RULES))))
    return found.flat()
  } catch (thrown) {
    terminal.err(`weighbridge: no probes are doubled, what has drifted cannot be read: ${asWeighbridgeError(thrown).message}\n`)
    return undefined
  }
}

function outputs(outDir: string, baseline: string | undefined): Arguments {
  return new Arguments({ markdown: join(outDir, 'report.md'), html: join(outDir, 'report.html'), junit: join(outDir, 'junit.xml'), parts: true, ...(baseline === undefined ? {} : { baseline }) }, [])
}

async function readCarried(path: string): Promise<Carried> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    // The first night has none.
    if (cause.code === 'ENOENT') return ''
    throw cause
  })
  return parseCarried(text, path)
}

/** Carried evidence goes through the collector like any other; its identity keeps it from counting twice. */
async function importCarried(carried: Carried, config: Config, { emit }: NightlyWorld): Promise<void> {
  const records = carriedTrials(carried).flatMap((trial) => {
    const target = config.targets.get(trial.target)
    return target === undefined ? [] : [evaluationRecord(trial, target)]
  })
  for (let at = 0; at < records.length; at += IMPORT_AT_ONCE) await emit(records.slice(at, at + IMPORT_AT_ONCE))
}
const IMPORT_AT_ONCE = 1_000

async function keepCarried(plan: NightlyPlan, carried: Carried | undefined, trials: readonly Trial[]): Promise<void> {
  if (plan.evidencePath === undefined) return
  const since = systemClock.nowMs() - HALF_LIVES_KEPT * plan.config.settings.learning.half_life_days.evals * DAY_MS
  await writeFile(plan.evidencePath, carriedText(mergeCarried(carried ?? { suites: [], results: [] }, carry(trials, plan.config.targets), since)))
}

/** A file with the run to compare with: the newest of the carried ones, of the deployment's, or of the data directory. */
async function writeBaseline(plan: NightlyPlan, world: NightlyWorld, carried: Carried | undefined, runId: string, trials: readonly Trial[]): Promise<string | undefined> {
  const path = join(plan.outDir, 'baseline.jsonl')
  if (carried !== undefined) {
    if (carried.results.length === 0) return undefined
    await writeFile(path, carriedText(carried))
    return path
  }
  if (world.mode === 'running') return (await listRuns(join(plan.dataDir, 'evals'))).length > 1 ? 'previous' : undefined
  const [previous] = await world.reader.query(previousRun, { simulated: trials.every((trial) => trial.simulated), suites: [...new Set(trials.map((trial) => trial.suite))], run_id: runId })
  if (previous === undefined) return undefined
  const rows = await world.reader.query(runResults, { run_id: previous.run_id })
  await writeFile(path, carriedText(carry(storedTrials(previous.run_id, rows), plan.config.targets)))
  return path
}

async function hasHistory(world: NightlyWorld, carried: Carried | undefined, runId: string, simulated: boolean): Promise<boolean> {
  if (carried !== undefined) return carried.results.some((line) => line.run !== runId)
  const [row] = await world.reader.query(earlierRuns, { simulated, run_id: runId })
  return (row?.n ?? 0) > 0
}
