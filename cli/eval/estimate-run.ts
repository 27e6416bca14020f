// The estimate of a run as a command starts it: the same choices as the run itself, and the journals of earlier runs for lengths.
import { join } from 'node:path'
import type { Config } from '../../core/config.ts'
import { isRuled } from '../../evals/grade/offline-grader.ts'
import { judgeMessages } from '../../evals/grade/panel/questions.ts'
import { estimateCost, type CallGroup, type Estimated } from '../../evals/money/estimate.ts'
import { answerLengths, ASSUMED_VERDICT_TOKENS, mean, tokensOf } from '../../evals/money/lengths.ts'
import { listRuns, readRun } from '../../evals/replay/journal.ts'
import { planTrials, probesOf } from '../../evals/replay/plan.ts'
import type { Trial } from '../../evals/replay/trial.ts'
import { chooseGrader, chooseSuites, chooseTargets, type GraderChoice } from './choose.ts'

export type EstimatePlan = {
  readonly config: Config
  readonly configDir: string
  readonly privateSeed: string | undefined
  readonly dataDir: string
  readonly suites: readonly string[]
  readonly targets: readonly string[]
  readonly epochs: number
  readonly limit: number | undefined
  readonly domains: readonly string[]
  readonly grader: GraderChoice
  readonly judges: readonly string[]
}

export type RunEstimate = Estimated & { readonly trials: number; readonly judged: number; readonly grader: string; readonly questions: Readonly<Record<string, number>> }

/** Earlier runs that lengths are taken from. */
const RUNS_READ = 10

/** Estimates the run. Throws what starting it would throw, but for the budget. */
export async function estimateRun(plan: EstimatePlan): Promise<RunEstimate> {
  const { config } = plan
  const maxOutputTokens = config.settings.evals.max_output_tokens
  const targets = chooseTargets(config, plan.targets)
  const suites = await chooseSuites(config, plan, plan.suites)
  const { grader, judges } = await chooseGrader(config, { choice: plan.grader, judges: plan.judges, candidates: targets, suites, maxOutputTokens, signal: new AbortController().signal })
  const scope = { suites, targets, epochs: plan.epochs, limit: plan.limit, domains: plan.domains }
  const planned = planTrials(scope)
  const earlier = await earlierTrials(join(plan.dataDir, 'evals'))
  const groups: CallGroup[] = []
  for (const suite of suites) {
    const probes = probesOf(suite, scope)
    const judged = probes.filter((probe) => !isRuled(probe))
    let judgedAnswerTokens = 0
    for (const target of targets) {
      const lengths = answerLengths(suite, probes, target, earlier, maxOutputTokens)
      judgedAnswerTokens += lengths.output / targets.length
      groups.push({ target, role: 'answers', suite: suite.name, calls: probes.length * plan.epochs, lengths })
    }
    for (const judge of judges.values()) {
      const input = mean(judged.map((probe) => tokensOf(judgeMessages(probe, '').map((message) => message.content).join('\n')))) + judgedAnswerTokens
      groups.push({ target: judge, role: 'judging', suite: suite.name, calls: judged.length * plan.epochs * targets.length, lengths: { n: 0, input, output: ASSUMED_VERDICT_TOKENS, outputSd: ASSUMED_VERDICT_TOKENS } })
    }
  }
  return {
    ...estimateCost(groups),
    trials: planned.length,
    judged: judges.size === 0 ? 0 : planned.filter(({ probe }) => !isRuled(probe)).length,
    grader: grader.id,
    questions: Object.fromEntries(suites.map((suite) => [suite.name, probesOf(suite, scope).length])),
  }
}

async function earlierTrials(evalsDir: string): Promise<Trial[]> {
  const runs = await Promise.all((await listRuns(evalsDir)).slice(0, RUNS_READ).map((run) => readRun(evalsDir, run).catch(() => undefined)))
  return runs.flatMap((run) => run?.trials ?? [])
}
