// Replays suites against targets: plans the trials, asks through the router at the pace of each provider, grades, journals, and
// hands every finished trial on. It holds the budget, and counts what it could not score instead of guessing.
import { randomBytes } from 'node:crypto'
import { Pool } from 'undici'
import type { Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock, Random } from '../../core/seams.ts'
import type { ProbeSuite } from '../probes/load.ts'
import { ask, type Question, type Reply } from './ask.ts'
import type { AnswerCache } from './answer-cache.ts'
import { Budget } from './budget.ts'
import type { Grader } from './grader.ts'
import type { Journal } from './journal.ts'
import type { CallRecord, LostCall, RunHead, RunRecord } from './journal-events.ts'
import { judgeDesk, type DeskParts } from './judge-desk.ts'
import { Lane, type LaneFacts, type Sleeper } from './lane.ts'
import { answerTrial, type TrialParts } from './one-trial.ts'
import type { PaceSettings } from './pace.ts'
import { planRepeats, planTrials, type PlannedTrial, type Scope } from './plan.ts'
import { affordable, type Repeat, type Repeated } from './repeats.ts'
import { isAnswered, trialKey, type Trial } from './trial.ts'

export type RunPlan = Scope & {
  readonly runId: string
  /** Task label of the calls of a suite. */
  readonly taskOf: (suite: ProbeSuite) => string
  readonly maxOutputTokens: number
  /** Trials in flight per provider. */
  readonly concurrency: number
  /** What a provider allows, as far as it is known, already cut to the share that evals may take. */
  readonly allowed: (provider: string) => Pick<PaceSettings, 'callsPerSecond' | 'tokensPerSecond'>
  /** Most dollars to spend on targets that are not simulated; `undefined`: only simulated targets may run. */
  readonly budgetUsd: number | undefined
  readonly seed: number
  /** Targets that judge, by name. */
  readonly judges: ReadonlyMap<string, Target>
  /** Targets to ask again once everybody was asked, out of what is left of the budget then. */
  readonly repeats?: readonly Repeat[] | undefined
}

export type RunSeams = {
  readonly routerUrl: string
  readonly apiKey: string | undefined
  readonly grader: Grader
  readonly journal: Journal
  readonly clock: Clock
  readonly sleeper: Sleeper
  readonly random: Random
  readonly signal: AbortSignal
  readonly onTrial: (trial: Trial, progress: RunProgress) => void
  /** Answers of earlier runs that may stand for new ones. */
  readonly cache?: AnswerCache | undefined
  /** What calls cost that left no answer, by trace id; those it does not know are charged at their worst. */
  readonly costOfLost?: ((traceIds: readonly string[]) => Promise<ReadonlyMap<string, number>>) | undefined
}

/** How far a run is. `perSecond` counts trials finished by this process; `limited` the answers that said "too many". */
export type RunProgress = { readonly done: number; readonly total: number; readonly spentUsd: number; readonly perSecond: number; readonly limited: number }

export type RunResult = {
  readonly trials: readonly Trial[]
  /** Dollars charged over the whole run: answers, judges, and calls that were lost. */
  readonly chargedUsd: number
  /** Calls did not fit into the budget: the run is inconclusive. */
  readonly overBudget: boolean
  /** What became of the plan's repeats. Those that did not fit into the budget are no trials, and cap no run. */
  readonly repeated: readonly Repeated[]
  /** Trials that an earlier part of the run had finished. */
  readonly resumed: number
  /** Calls that earlier kills of this run left without an answer. */
  readonly lost: readonly LostCall[]
  /** Answers taken from earlier runs. */
  readonly cached: number
  /** By provider. */
  readonly lanes: ReadonlyMap<string, LaneFacts>
}

/** Runs what the journal does not hold yet. Resolves when every trial is journalled; rejects when aborted, or with `eval_run_differs`, `suite_invalid`, `disk_full`. */
export async function runEval(plan: RunPlan, seams: RunSeams): Promise<RunResult> {
  const { record } = seams.journal
  const planned = planTrials(plan)
  const head = headOf(plan, seams.grader)
  refuseOtherRun(head, record)
  if (record.head === undefined) await seams.journal.append({ t: 'run', ...head, startedAtMs: seams.clock.nowMs() })
  const lost = [...record.lost, ...(await accountFor(record.open, seams))]
  const budget = new Budget(plan.budgetUsd, record.chargedUsd + lost.slice(record.lost.length).reduce((sum, call) => sum + call.chargedUsd, 0))
  const done = new Map(record.trials.filter(isAnswered).map((trial) => [trialKey(trial), trial]))
  const undone = (list: readonly PlannedTrial[]): PlannedTrial[] => list.filter(({ key }) => !done.has(key))
  const repeats = (plan.repeats ?? []).map((repeat) => ({ ...repeat, planned: planRepeats(plan, repeat) }))
  const trials: Trial[] = [...planned, ...repeats.flatMap((repeat) => repeat.planned)].flatMap(({ key }) => done.get(key) ?? [])
  const resumed = trials.length
  const started = seams.clock.monotonicMs()
  // One failure that nobody can go on after (a full disk, a stop) ends every worker.
  const failing = new AbortController()
  const signal = AbortSignal.any([seams.signal, failing.signal])
  const lanes = new Map<string, Lane>()
  const laneOf = ({ provider }: Target): Lane => {
    const lane = lanes.get(provider.name) ?? new Lane({ maxInFlight: plan.concurrency, ...plan.allowed(provider.name) }, { ...seams, signal })
    lanes.set(provider.name, lane)
    return lane
  }
  const providers = new Set([...plan.targets, ...plan.judges.values()].map((target) => target.provider.name))
  const router = new Pool(new URL(seams.routerUrl).origin, { connections: plan.concurrency * providers.size, headersTimeout: 0, bodyTimeout: 0 })
  const parts: TrialParts & DeskParts = {
    ...plan,
    record,
    budget,
    laneOf,
    journal: seams.journal,
    grader: seams.grader,
    cache: seams.cache,
    put: (question: Question): Promise<Reply> => ask(router, seams.apiKey, question, seams.clock, signal),
    newTraceId: () => randomBytes(16).toString('hex'),
    nowMs: () => seams.clock.nowMs(),
  }
  let total = planned.length
  const finish = async (trial: Trial): Promise<void> => {
    await seams.journal.append({ t: 'trial', ...trial })
    trials.push(trial)
    const seconds = Math.max(0.001, (seams.clock.monotonicMs() - started) / 1000)
    const limited = [...lanes.values()].reduce((sum, lane) => sum + lane.facts().limited, 0)
    seams.onTrial(trial, { done: trials.length, total, spentUsd: budget.spent, perSecond: (trials.length - resumed) / seconds, limited })
  }
  const workOn = (todo: readonly PlannedTrial[], finished: (trial: Trial) => Promise<void>): Promise<void> =>
    workThrough(todo, plan.concurrency, (one) => answerTrial(parts, one, judgeDesk(parts, one.key, plan.taskOf(one.suite))), finished, (cause) => failing.abort(cause))
  let overBudget = false
  const left = new Map<string, string>()
  try {
    await workOn(undone(planned), finish)
    overBudget = budget.refused > 0
    const wanted = repeats.map((repeat) => ({ ...repeat, todo: undone(repeat.planned).length, first: trials.filter(({ target, epoch }) => target === repeat.target && epoch < plan.epochs) }))
    for (const decision of overBudget ? wanted.map(({ target }) => ({ target, left: 'the budget was reached before' })) : affordable(wanted, (plan.budgetUsd ?? 0) - budget.spent)) if (decision.left !== undefined) left.set(decision.target, decision.left)
    const chosen = repeats.filter(({ target }) => !left.has(target)).flatMap((repeat) => repeat.planned)
    total += chosen.length
    await workOn(undone(chosen), async (trial) => {
      // Everybody was asked the same already: what does not fit now is left out, and makes no run inconclusive.
      if (trial.status === 'budget_skipped') left.set(trial.target, trial.reason)
      else await finish(trial)
    })
  } finally {
    await (signal.aborted ? router.destroy() : router.close())
  }
  return {
    trials,
    chargedUsd: budget.spent,
    overBudget,
    repeated: repeats.map(({ target, times, because, planned: wanted }) => ({ target, times, because, asked: trials.filter((trial) => trial.target === target && trial.epoch >= plan.epochs).length, of: wanted.length, left: left.get(target) })),
    resumed,
    lost,
    cached: trials.filter((trial) => trial.cachedFrom !== undefined).length,
    lanes: new Map([...lanes].map(([name, lane]) => [name, lane.facts()])),
  }
}

function headOf(plan: RunPlan, grader: Grader): RunHead {
  return {
    runId: plan.runId,
    startedAtMs: 0,
    suites: plan.suites.map(({ name, hash, title, probes }) => ({ name, hash, title, probes: probes.length })),
    targets: plan.targets.map(({ name, evidenceKey, provider }) => ({ name, evidenceKey, simulated: provider.simulated })),
    epochs: plan.epochs,
    limit: plan.limit,
    domains: plan.domains,
    seed: plan.seed,
    maxOutputTokens: plan.maxOutputTokens,
    grader: grader.id,
    judges: grader.judges,
    ...(plan.repeats === undefined || plan.repeats.length === 0 ? {} : { repeats: plan.repeats }),
  }
}

/** A resumed run must ask and grade the same: anything else is another sample. */
function refuseOtherRun(head: RunHead, record: RunRecord): void {
  const before = record.head
  if (before === undefined) return
  const differs = (what: string, was: unknown, is: unknown): void => {
    if (was !== is) throw new WeighbridgeError('eval_run_differs', `Run ${before.runId} was started with ${what} ${String(was)}; it is ${String(is)} now.`)
  }
  for (const suite of head.suites) {
    const was = before.suites.find(({ name }) => name === suite.name)
    if (was !== undefined) differs(`suite ${suite.name} of hash`, was.hash, suite.hash)
  }
  differs('seed', before.seed, head.seed)
  differs('max_output_tokens', before.maxOutputTokens, head.maxOutputTokens)
  differs('grader', before.grader, head.grader)
}

/** Calls that were under way when the run was killed: what each cost, written down once. */
async function accountFor(open: readonly CallRecord[], seams: RunSeams): Promise<LostCall[]> {
  if (open.length === 0) return []
  const known = (await seams.costOfLost?.(open.map((call) => call.traceId)).catch(() => undefined)) ?? new Map<string, number>()
  const lost = open.map(({ key, traceId, judge, worstUsd }): LostCall => {
    const cost = worstUsd === 0 ? 0 : known.get(traceId)
    return { key, traceId, judge, chargedUsd: cost ?? worstUsd, known: cost !== undefined }
  })
  await Promise.all(lost.map((call) => seams.journal.append({ t: 'lost', ...call })))
  return lost
}

type Step = { readonly graded: Promise<Trial> }

/**
 * Lets so many workers per provider ask, in order; what comes back is graded beside them, so that a slow judge does not hold up
 * the questions. Rejects with the first failure, after every worker has ended.
 */
async function workThrough(todo: readonly PlannedTrial[], workers: number, begin: (one: PlannedTrial) => Promise<Step>, finish: (trial: Trial) => Promise<void>, fail: (cause: unknown) => void): Promise<void> {
  const grading: Promise<void>[] = []
  let failure: { readonly cause: unknown } | undefined
  const caught = (cause: unknown): void => {
    failure ??= { cause }
    fail(cause)
  }
  const asking = [...Map.groupBy(todo, (one) => one.target.provider.name).values()].flatMap((queue) => {
    let next = 0
    const work = async (): Promise<void> => {
      while (failure === undefined) {
        const one = queue[next]
        if (one === undefined) return
        next += 1
        const { graded } = await begin(one)
        grading.push(graded.then((trial) => (failure === undefined ? finish(trial) : undefined)).catch(caught))
      }
    }
    return Array.from({ length: Math.min(workers, queue.length) }, () => work().catch(caught))
  })
  await Promise.all(asking)
  await Promise.all(grading)
  if (failure !== undefined) throw failure.cause
}
