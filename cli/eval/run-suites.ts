// An eval run as a command, the nightly job or the demo starts it: suites, targets and judges from config, journal, grading, and
// the results on their way to the collector once the run is whole. Returns the trials; what to print is the caller's business.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock, systemRandom } from '../../core/seams.ts'
import type { ProbeSuite } from '../../evals/probes/load.ts'
import { readAnswerCache } from '../../evals/replay/answer-cache.ts'
import { openJournal, readHead } from '../../evals/replay/journal.ts'
import type { Sleeper } from '../../evals/replay/lane.ts'
import { planTrials } from '../../evals/replay/plan.ts'
import type { Repeat } from '../../evals/replay/repeats.ts'
import { runEval, type RunProgress, type RunResult } from '../../evals/replay/run.ts'
import type { Trial } from '../../evals/replay/trial.ts'
import { allowedBy, chooseGrader, chooseSuites, chooseTargets, mainTask, withoutLimit, type GraderChoice } from './choose.ts'
import { sendResults, type Emit } from './send-results.ts'

export type SuiteRun = {
  readonly config: Config
  readonly configDir: string
  /** Secret of the suites `private:KIND`; `undefined`: they cannot run. */
  readonly privateSeed: string | undefined
  readonly dataDir: string
  readonly routerUrl: string
  readonly apiKey: string | undefined
  /** Empty: all configured. */
  readonly suites: readonly string[]
  /** Empty: all enabled. */
  readonly targets: readonly string[]
  readonly epochs: number
  readonly limit: number | undefined
  readonly domains: readonly string[]
  readonly budgetUsd: number | undefined
  readonly concurrency: number | undefined
  readonly seed: number
  readonly grader: GraderChoice
  /** Empty: the configured ones. */
  readonly judges: readonly string[]
  /** Takes answers of earlier runs that are at most so old; `undefined`: asks everything anew. */
  readonly cacheMaxAgeMs: number | undefined
  /** `undefined`: a new run. What the run was started with then counts, whatever is said here. */
  readonly resume: string | undefined
  /** Targets to ask again; a resumed run keeps its own. */
  readonly repeats?: readonly Repeat[] | undefined
  readonly emit: Emit
  /** What calls cost whose answer was lost, by trace id. */
  readonly costOfLost?: ((traceIds: readonly string[]) => Promise<ReadonlyMap<string, number>>) | undefined
  readonly signal: AbortSignal
  readonly onStart: (start: RunStart) => void
  readonly onProgress: (progress: RunProgress, trial: Trial) => void
}

export type RunStart = { readonly runId: string; readonly trials: number; readonly resumed: number; readonly grader: string; readonly warnings: readonly string[] }

export type SuiteRunResult = RunResult & { readonly runId: string; readonly suites: readonly ProbeSuite[]; /** Results that did not reach the collector. */ readonly undelivered: number }

/** Runs it. Throws `unknown_target`, `suite_invalid`, `judges_needed`, `eval_run_unknown`, `eval_run_differs`, or `eval_budget_needed` when a real target has no budget. */
export async function runSuites(plan: SuiteRun): Promise<SuiteRunResult> {
  const evalsDir = join(plan.dataDir, 'evals')
  const { config } = plan
  const before = plan.resume === undefined ? undefined : await readHead(evalsDir, plan.resume)
  if (plan.resume !== undefined && before === undefined) throw new WeighbridgeError('eval_run_unknown', `There is no eval run "${plan.resume}" in ${evalsDir}`)
  const targets = chooseTargets(config, before?.targets.map(({ name }) => name) ?? plan.targets)
  const suites = await chooseSuites(config, plan, before?.suites.map(({ name }) => name) ?? plan.suites)
  const { epochs, limit, domains, seed, maxOutputTokens } = before ?? { ...plan, maxOutputTokens: config.settings.evals.max_output_tokens }
  const choice = before === undefined ? plan.grader : before.judges.length > 0 ? 'panel' : 'offline'
  const { grader, judges } = await chooseGrader(config, { choice, judges: before?.judges ?? plan.judges, candidates: targets, suites, maxOutputTokens, signal: plan.signal })
  refuseUnbudgeted([...targets, ...judges.values()], plan.budgetUsd)
  const runId = plan.resume ?? newRunId()
  const cache = plan.cacheMaxAgeMs === undefined ? undefined : await readAnswerCache(evalsDir, systemClock.nowMs() - plan.cacheMaxAgeMs, runId)
  const journal = await openJournal(evalsDir, runId)
  try {
    const scope = { suites, targets, epochs, limit, domains }
    const unlimited = withoutLimit([...targets, ...judges.values()])
    plan.onStart({
      runId,
      trials: planTrials(scope).length,
      resumed: journal.record.trials.length,
      grader: grader.id,
      warnings: unlimited.length === 0 ? [] : [`no rate_limit is configured for ${unlimited.join(', ')}: evals cannot keep to ${Math.round(100 * config.settings.evals.provider_share)}% of it, they slow down when it is met`],
    })
    const result = await runEval(
      {
        runId,
        ...scope,
        taskOf: (suite) => mainTask(config, suite.name),
        maxOutputTokens,
        concurrency: plan.concurrency ?? config.settings.evals.concurrency,
        allowed: allowedBy(config),
        budgetUsd: plan.budgetUsd,
        seed,
        judges,
        repeats: before === undefined ? plan.repeats : before.repeats,
      },
      {
        routerUrl: plan.routerUrl,
        apiKey: plan.apiKey,
        grader,
        journal,
        clock: systemClock,
        sleeper: SYSTEM_SLEEPER,
        random: systemRandom,
        signal: plan.signal,
        onTrial: (trial, progress) => plan.onProgress(progress, trial),
        cache,
        costOfLost: plan.costOfLost,
      },
    )
    // What a budget cut short is a biased sample: it moves nothing, so it is not sent.
    const undelivered = result.overBudget ? 0 : await sendResults(result.trials, new Map(targets.map((target) => [target.name, target])), journal, plan.emit, cache)
    return { ...result, runId, suites, undelivered }
  } finally {
    await journal.close()
  }
}

/** The machine's own timers. */
export const SYSTEM_SLEEPER: Sleeper = { sleep: (ms, signal) => delay(ms, undefined, { signal }) }

function refuseUnbudgeted(targets: readonly { readonly name: string; readonly provider: { readonly simulated: boolean } }[], budgetUsd: number | undefined): void {
  const real = [...new Set(targets.filter((target) => !target.provider.simulated).map((target) => target.name))]
  if (real.length > 0 && budgetUsd === undefined) {
    throw new WeighbridgeError('eval_budget_needed', `${real.join(', ')} ${real.length === 1 ? 'is a real target' : 'are real targets'} and no budget is set`)
  }
}

function newRunId(): string {
  const stamp = new Date(systemClock.nowMs()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${Math.floor(Math.random() * 0x10000).toString(16).padStart(4, '0')}`
}
