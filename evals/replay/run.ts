// Replays suites against targets: plans the trials, asks through the router with bounded concurrency per target, grades,
// journals, and hands every finished trial on. It holds the budget, and counts what it could not score instead of guessing.
import { Pool } from 'undici'
import { costOf } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import type { Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { fnv1a, type Clock } from '../../core/seams.ts'
import type { Probe, ProbeSuite } from '../probes/load.ts'
import { ask, type Reply } from './ask.ts'
import type { Journal } from './journal.ts'
import { isAnswered, trialKey, type Trial, type TrialStatus } from './trial.ts'

/** A grader's verdict on one answer, as `evals/grade` gives it. */
export type Verdict = { readonly status: TrialStatus; readonly label?: string | undefined; readonly confidence: number; readonly grader: string; readonly reason: string }
export type GradeAnswer = (probe: Probe, answer: { text: string; finishReason: string | undefined }) => Verdict

export type RunPlan = {
  readonly runId: string
  readonly suites: readonly ProbeSuite[]
  readonly targets: readonly Target[]
  /** Task label of the calls of a suite. */
  readonly taskOf: (suite: ProbeSuite) => string
  readonly epochs: number
  /** At most so many probes per suite, spread evenly over it; controls keep their pairs. */
  readonly limit: number | undefined
  readonly maxOutputTokens: number
  /** Trials in flight per target. */
  readonly concurrency: number
  /** Most dollars to spend on targets that are not simulated; `undefined`: only simulated targets may run. */
  readonly budgetUsd: number | undefined
  readonly seed: number
}

export type RunSeams = {
  readonly routerUrl: string
  readonly apiKey: string | undefined
  readonly grade: GradeAnswer
  readonly journal: Journal
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onTrial: (trial: Trial, progress: RunProgress) => void
}

export type RunProgress = { readonly done: number; readonly total: number; readonly spentUsd: number; readonly perSecond: number }
export type RunResult = { readonly trials: readonly Trial[]; readonly spentUsd: number; readonly overBudget: boolean; readonly resumed: number }

/** Runs what the journal does not hold yet. Resolves when every trial is journalled; rejects when aborted. */
export async function runEval(plan: RunPlan, seams: RunSeams): Promise<RunResult> {
  refuseOtherProbes(plan, seams.journal.trials)
  const done = new Map(seams.journal.trials.filter(isAnswered).map((trial) => [trialKey(trial), trial]))
  const planned = planTrials(plan)
  const trials: Trial[] = planned.flatMap((p) => done.get(trialKey(p)) ?? [])
  const resumed = trials.length
  // Everything this run was ever charged for, answered or not.
  const budget = new Budget(plan.budgetUsd, seams.journal.trials.reduce((sum, trial) => sum + trial.chargedUsd, 0))
  let spentUsd = trials.reduce((sum, trial) => sum + (trial.costUsd ?? 0), 0)
  const started = seams.clock.monotonicMs()
  const router = new Pool(new URL(seams.routerUrl).origin, { connections: plan.concurrency * plan.targets.length, headersTimeout: 0, bodyTimeout: 0 })
  try {
    await Promise.all(
      plan.targets.map((target) => {
        const queue = planned.filter((p) => p.target === target.name && !done.has(trialKey(p)))
        return drainQueue(queue, plan.concurrency, async (p) => {
          const trial = await runTrial(plan, seams, router, target, p, budget)
          await seams.journal.append(trial)
          trials.push(trial)
          spentUsd += trial.costUsd ?? 0
          const seconds = Math.max(0.001, (seams.clock.monotonicMs() - started) / 1000)
          seams.onTrial(trial, { done: trials.length, total: planned.length, spentUsd, perSecond: (trials.length - resumed) / seconds })
        })
      }),
    )
  } finally {
    await router.close()
  }
  return { trials, spentUsd, overBudget: budget.refused > 0, resumed }
}

/** A resumed run must ask the same probes: an edited suite is another sample. Throws `suite_invalid`. */
function refuseOtherProbes(plan: RunPlan, earlier: readonly Trial[]): void {
  for (const suite of plan.suites) {
    const other = earlier.find((trial) => trial.suite === suite.name && trial.suiteHash !== suite.hash)
    if (other !== undefined)
      throw new WeighbridgeError('suite_invalid', `Run ${plan.runId} asked suite ${suite.name} as ${other.suiteHash}; it is ${suite.hash} now`, { remedy: 'Start a new run: an edited suite is another sample.' })
  }
}

type PlannedTrial = { suite: string; probe: Probe; probeId: string; target: string; epoch: number; from: ProbeSuite }

/** Every (suite, probe, epoch, target) of the plan, probes outermost so that a stopped run has asked all targets the same. */
function planTrials(plan: RunPlan): PlannedTrial[] {
  const planned: PlannedTrial[] = []
  for (const suite of plan.suites)
    for (let epoch = 0; epoch < plan.epochs; epoch += 1)
      for (const probe of limited(suite, plan.limit))
        for (const target of plan.targets) planned.push({ suite: suite.name, probe, probeId: probe.id, target: target.name, epoch, from: suite })
  return planned
}

/** The first `limit` of a suite's probes in an order shuffled by id hash; a control counts with its pair. */
function limited(suite: ProbeSuite, limit: number | undefined): readonly Probe[] {
  if (limit === undefined || limit >= suite.probes.length) return suite.probes
  const rank = (probe: Probe): number => fnv1a(probe.kind === 'control' ? (probe.pair ?? probe.id) : probe.id)
  return [...suite.probes].sort((a, b) => rank(a) - rank(b)).slice(0, limit)
}

async function runTrial(plan: RunPlan, seams: RunSeams, router: Pool, target: Target, p: PlannedTrial, budget: Budget): Promise<Trial> {
  const { probe, from: suite } = p
  const worst = target.provider.simulated ? 0 : worstCost(target, (suite.instructions ?? '') + probe.question, plan.maxOutputTokens)
  const startedAtMs = seams.clock.nowMs()
  const about = {
    runId: plan.runId,
    suite: suite.name,
    suiteHash: suite.hash,
    probeId: probe.id,
    kind: probe.kind,
    answerable: !(probe.kind === 'factual' && probe.unanswerable === true),
    domain: probe.domain,
    technique: 'technique' in probe ? (probe.technique ?? '') : '',
    target: target.name,
    epoch: p.epoch,
    startedAtMs,
  }
  if (worst === undefined || !budget.reserve(worst)) {
    const reason = worst === undefined ? 'the target is unpriced, so the budget cannot hold it' : 'the budget is reached'
    return { ...about, ...unasked(target), status: 'budget_skipped', reason, chargedUsd: 0 }
  }
  const reply = await ask(
    router,
    seams.apiKey,
    {
      target: target.name,
      task: plan.taskOf(suite),
      instructions: suite.instructions,
      question: probe.question,
      maxOutputTokens: plan.maxOutputTokens,
      seed: plan.seed + p.epoch,
      tags: `eval_run=${plan.runId},probe=${probe.id}`,
    },
    seams.clock,
    seams.signal,
  )
  // An exchange whose cost is unknown is charged at its worst, failed ones too (a provider bills what timed out), so that the
  // budget fails closed; only a router that was never reached costs nothing.
  const chargedUsd = target.provider.simulated || !reply.asked || reply.turnedAway === true ? 0 : (reply.costUsd ?? worst)
  budget.settle(worst, chargedUsd)
  return { ...about, ...answered(reply, target, probe, seams.grade), chargedUsd }
}

function unasked(target: Target): Pick<Trial, 'label' | 'confidence' | 'grader' | 'answer' | 'servedModel' | 'simulated' | 'traceId' | 'latencyMs' | 'inputTokens' | 'outputTokens' | 'costUsd'> {
  return {
    label: undefined,
    confidence: undefined,
    grader: '',
    answer: '',
    servedModel: '',
    simulated: target.provider.simulated,
    traceId: '',
    latencyMs: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
    costUsd: undefined,
  }
}

function answered(reply: Reply, target: Target, probe: Probe, grade: GradeAnswer): Omit<Trial, 'runId' | 'suite' | 'suiteHash' | 'probeId' | 'kind' | 'answerable' | 'domain' | 'technique' | 'target' | 'epoch' | 'startedAtMs' | 'chargedUsd'> {
  const facts = {
    answer: reply.text,
    servedModel: reply.servedModel,
    simulated: target.provider.simulated,
    traceId: reply.traceId,
    latencyMs: reply.latencyMs,
    inputTokens: reply.inputTokens,
    outputTokens: reply.outputTokens,
    costUsd: reply.costUsd,
  }
  const failure = reply.error ?? (reply.servedTarget !== '' && reply.servedTarget !== target.name ? `served by ${reply.servedTarget} instead of the pinned target` : undefined)
  if (reply.turnedAway === true) return { ...facts, status: 'budget_skipped', label: undefined, confidence: undefined, grader: '', reason: `the router's own budget is reached (${reply.error ?? ''})` }
  if (failure !== undefined) return { ...facts, status: 'provider_error', label: undefined, confidence: undefined, grader: '', reason: failure }
  const verdict = grade(probe, { text: reply.text, finishReason: reply.finishReason })
  const scored = verdict.status === 'scored'
  return {
    ...facts,
    status: verdict.status,
    label: scored ? verdict.label : undefined,
    confidence: scored ? verdict.confidence : undefined,
    grader: verdict.grader,
    reason: verdict.reason,
  }
}

/** Dollars an exchange can cost at most: one token per UTF-8 byte of input is more than any tokenizer makes. `undefined`: unpriced. */
function worstCost(target: Target, input: string, maxOutputTokens: number): number | undefined {
  const inputTotal = Buffer.byteLength(input) + 16
  return costOf(usageOf({ inputTotal, outputTotal: maxOutputTokens }), target.price)
}

/** Dollars spent and in flight against a cap; simulated calls reserve nothing. */
class Budget {
  refused = 0
  private reserved = 0
  private readonly capUsd: number
  private spent: number
  constructor(capUsd: number | undefined, spent: number) {
    this.capUsd = capUsd ?? 0
    this.spent = spent
  }

  reserve(usd: number): boolean {
    if (usd > 0 && this.spent + this.reserved + usd > this.capUsd) {
      this.refused += 1
      return false
    }
    this.reserved += usd
    return true
  }

  settle(reservedUsd: number, actualUsd: number): void {
    this.reserved -= reservedUsd
    this.spent += actualUsd
  }
}

async function drainQueue<T>(queue: readonly T[], concurrency: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (;;) {
      const item = queue[next]
      if (item === undefined) return
      next += 1
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, queue.length) }, worker))
}
