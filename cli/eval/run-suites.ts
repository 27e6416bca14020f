// An eval run as a command or the demo starts it: suites from config, targets, journal, grading, and the results on their way
// to the collector. Returns the trials; what to print is the caller's business.
import { join } from 'node:path'
import type { Config, Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock } from '../../core/seams.ts'
import { gradeAnswer } from '../../evals/grade/grade-answer.ts'
import { refuseCommands } from '../../evals/grade/task/command.ts'
import type { ProbeSuite } from '../../evals/probes/load.ts'
import { openSuite, type SuiteSources } from '../../evals/probes/open-suite.ts'
import { evaluationRecord } from '../../evals/replay/emit.ts'
import { openJournal } from '../../evals/replay/journal.ts'
import { runEval, type RunProgress, type RunResult } from '../../evals/replay/run.ts'
import type { Trial } from '../../evals/replay/trial.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'

export type SuiteRun = {
  readonly config: Config
  readonly configDir: string
  readonly dataDir: string
  readonly routerUrl: string
  readonly apiKey: string | undefined
  readonly suites: readonly string[]
  readonly targets: readonly string[]
  readonly epochs: number
  readonly limit: number | undefined
  readonly budgetUsd: number | undefined
  /** Secret of the suites `private:KIND`; left out or `undefined`: they cannot run. */
  readonly privateSeed?: string | undefined
  readonly concurrency: number | undefined
  readonly seed: number
  /** `undefined`: a new run. */
  readonly resume: string | undefined
  readonly emit: (records: readonly LogRecord[]) => Promise<void>
  readonly signal: AbortSignal
  readonly onStart: (runId: string, total: number) => void
  readonly onProgress: (progress: RunProgress, trial: Trial) => void
}

const EMIT_AT_ONCE = 200

/** Runs it. Throws `unknown_target`, `suite_invalid`, or `eval_budget_needed` when a real target has no budget. */
export async function runSuites(plan: SuiteRun): Promise<RunResult & { runId: string; suites: readonly ProbeSuite[]; undelivered: number }> {
  const targets = chooseTargets(plan.config, plan.targets)
  const suites = await chooseSuites(plan.config, { configDir: plan.configDir, privateSeed: plan.privateSeed, privateProbes: plan.config.settings.evals.private_probes }, plan.suites)
  refuseCommands(suites, plan.config.settings.evals.commands)
  const real = targets.filter((target) => !target.provider.simulated)
  if (real.length > 0 && plan.budgetUsd === undefined)
    throw new WeighbridgeError('eval_budget_needed', `${real.map((target) => target.name).join(', ')} ${real.length === 1 ? 'is a real target' : 'are real targets'} and no budget is set`)
  const runId = plan.resume ?? newRunId()
  const journal = await openJournal(join(plan.dataDir, 'evals'), runId)
  let waiting: LogRecord[] = []
  let undelivered = 0
  let sending: Promise<void> = Promise.resolve()
  // Results go out while the run goes on; a collector that is down costs a count, not the run: the journal keeps everything.
  const send = (): void => {
    const batch = waiting
    waiting = []
    sending = sending.then(() => plan.emit(batch)).catch(() => void (undelivered += batch.length))
  }
  try {
    plan.onStart(runId, targets.length * suites.reduce((sum, suite) => sum + Math.min(suite.probes.length, plan.limit ?? Infinity), 0) * plan.epochs)
    const byName = new Map(targets.map((target) => [target.name, target]))
    const result = await runEval(
      {
        runId,
        suites,
        targets,
        taskOf: (suite) => mainTask(plan.config, suite.name),
        epochs: plan.epochs,
        limit: plan.limit,
        maxOutputTokens: plan.config.settings.evals.max_output_tokens,
        concurrency: plan.concurrency ?? plan.config.settings.evals.concurrency,
        budgetUsd: plan.budgetUsd,
        seed: plan.seed,
      },
      {
        routerUrl: plan.routerUrl,
        apiKey: plan.apiKey,
        grade: gradeAnswer,
        journal,
        clock: systemClock,
        signal: plan.signal,
        onTrial: (trial, progress) => {
          const target = byName.get(trial.target)
          if (target !== undefined) waiting.push(evaluationRecord(trial, target))
          if (waiting.length >= EMIT_AT_ONCE) send()
          plan.onProgress(progress, trial)
        },
      },
    )
    send()
    await sending
    return { ...result, runId, suites, undelivered }
  } finally {
    await journal.close()
  }
}

/** The named targets, or all enabled ones. */
function chooseTargets(config: Config, names: readonly string[]): Target[] {
  if (names.length === 0) return [...config.targets.values()]
  return names.map((name) => {
    const target = config.targets.get(name)
    if (target === undefined) throw new WeighbridgeError('unknown_target', `There is no enabled target "${name}"`, { remedy: `Enabled: ${[...config.targets.keys()].join(', ') || 'none'}.` })
    return target
  })
}

async function chooseSuites(config: Config, sources: SuiteSources, names: readonly string[]): Promise<ProbeSuite[]> {
  const wanted = names.length > 0 ? names : [...config.suites.keys()]
  if (wanted.length === 0) throw new WeighbridgeError('suite_invalid', 'The configuration names no suites', { remedy: 'Add suites: { factual: { path: builtin:factual, informs: { factual_recall: 1 } } }.' })
  return Promise.all(
    wanted.map(async (name) => {
      const configured = config.suites.get(name)
      if (configured === undefined) throw new WeighbridgeError('suite_invalid', `There is no suite "${name}" in the configuration`, { remedy: `Configured: ${[...config.suites.keys()].join(', ') || 'none'}.` })
      // The configured name is what `informs` speaks of, whatever the suite calls itself.
      return { ...(await openSuite(configured.path, sources)), name }
    }),
  )
}

/** The task a suite says most about; its calls carry that label. */
function mainTask(config: Config, suite: string): string {
  const informs = [...(config.suites.get(suite)?.informs ?? [])].sort((a, b) => b[1] - a[1])
  return informs[0]?.[0] ?? 'general'
}

function newRunId(): string {
  const stamp = new Date(systemClock.nowMs()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${Math.floor(Math.random() * 0x10000).toString(16).padStart(4, '0')}`
}
