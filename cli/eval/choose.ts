// What an eval run is about, out of the configuration and the words of a command: targets, suites, judges, and what each provider
// allows. Throws what a person has to correct, before anything is paid for.
import type { Config, Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { isRuled, offlineGrader } from '../../evals/grade/offline-grader.ts'
import { judgeSetOf } from '../../evals/grade/panel/judge-set.ts'
import { panelGrader } from '../../evals/grade/panel/panel-grader.ts'
import { openCommandGrader, refuseCommands } from '../../evals/grade/task/command.ts'
import type { ProbeSuite } from '../../evals/probes/load.ts'
import { openSuite, type SuiteSources } from '../../evals/probes/open-suite.ts'
import type { Grader } from '../../evals/replay/grader.ts'
import type { PaceSettings } from '../../evals/replay/pace.ts'

/** The named targets, or all enabled chat targets. Throws `unknown_target`. */
export function chooseTargets(config: Config, names: readonly string[]): Target[] {
  if (names.length === 0) return [...config.targets.values()].filter((target) => target.kind === 'chat')
  return [...new Set(names)].map((name) => {
    const target = config.targets.get(name)
    if (target === undefined) throw new WeighbridgeError('unknown_target', `There is no enabled target "${name}"`, { remedy: `Enabled: ${[...config.targets.keys()].join(', ') || 'none'}.` })
    if (target.kind !== 'chat') throw new WeighbridgeError('unknown_target', `${name} makes vectors and answers no questions.`, { remedy: 'Name chat targets.' })
    return target
  })
}

/** The named suites, or all configured ones. Throws `suite_invalid` for one that is unknown, unreadable or cannot be graded. */
export async function chooseSuites(config: Config, sources: Pick<SuiteSources, 'configDir' | 'privateSeed'>, names: readonly string[]): Promise<ProbeSuite[]> {
  const wanted = names.length > 0 ? [...new Set(names)] : [...config.suites.keys()]
  if (wanted.length === 0) throw new WeighbridgeError('suite_invalid', 'The configuration names no suites', { remedy: 'Add suites: { factual: { path: builtin:factual, informs: { factual_recall: 1 } } }.' })
  const all = { ...sources, privateProbes: config.settings.evals.private_probes }
  return Promise.all(
    wanted.map(async (name) => {
      const configured = config.suites.get(name)
      if (configured === undefined) throw new WeighbridgeError('suite_invalid', `There is no suite "${name}" in the configuration`, { remedy: `Configured: ${[...config.suites.keys()].join(', ') || 'none'}.` })
      // The configured name is what `informs` speaks of, whatever the suite calls itself.
      return { ...(await openSuite(configured.path, all)), name }
    }),
  )
}

/** `undefined`: the panel where judges are named, else offline. */
export type GraderChoice = 'offline' | 'panel' | undefined

export type ChosenGrader = { readonly grader: Grader; /** By name. */ readonly judges: ReadonlyMap<string, Target> }

export type GraderPlan = { readonly choice: GraderChoice; readonly judges: readonly string[]; /** Whose answers are graded. */ readonly candidates: readonly Target[]; readonly suites: readonly ProbeSuite[]; readonly maxOutputTokens: number; readonly signal: AbortSignal }

/** The run's grader. Throws `judges_needed` for a panel, or a rubric, without judges, and `commands_off` where a suite's checks may not run. */
export async function chooseGrader(config: Config, { choice, judges: judgeNames, candidates, suites, maxOutputTokens, signal }: GraderPlan): Promise<ChosenGrader> {
  refuseCommands(suites, config.settings.evals.commands)
  const needsCommands = suites.some((suite) => suite.graders.includes('command'))
  const tools = { commands: needsCommands ? await openCommandGrader(config.settings.evals.commands) : undefined, signal }
  const { judges: configured, judge_max_output_tokens: judgeTokens } = config.settings.evals
  const names = judgeNames.length > 0 ? judgeNames : configured
  if (choice === 'panel' || (choice === undefined && names.length > 0)) {
    const set = judgeSetOf(names, config.targets, candidates, judgeTokens)
    return { grader: panelGrader(set, maxOutputTokens, tools), judges: new Map(set.judges.map((judge) => [judge.name, judge])) }
  }
  const rubric = suites.flatMap((suite) => suite.probes.filter((probe) => probe.kind === 'task' && !isRuled(probe)).map((probe) => `${suite.name}/${probe.id}`))
  if (rubric[0] !== undefined) throw new WeighbridgeError('judges_needed', `${rubric.length} probe(s) are graded by rubrics (${rubric[0]}), which need a panel of judges.`)
  return { grader: offlineGrader(tools), judges: new Map() }
}

/** What replay may take of a provider: the configured share of what it allows, as far as that is said. */
export function allowedBy(config: Config): (provider: string) => Pick<PaceSettings, 'callsPerSecond' | 'tokensPerSecond'> {
  const share = config.settings.evals.provider_share
  const perSecond = (perMinute: number | undefined): number => (perMinute === undefined ? Infinity : (share * perMinute) / 60)
  return (provider) => {
    const limit = config.providers.get(provider)?.rateLimit
    return { callsPerSecond: perSecond(limit?.requestsPerMinute), tokensPerSecond: perSecond(limit?.tokensPerMinute) }
  }
}

/** Real providers whose limit nobody has said: evals will notice it only by meeting it. */
export function withoutLimit(targets: readonly Target[]): string[] {
  const real = targets.filter((target) => !target.provider.simulated).map((target) => target.provider)
  return [...new Set(real.filter((provider) => provider.rateLimit?.requestsPerMinute === undefined && provider.rateLimit?.tokensPerMinute === undefined).map((provider) => provider.name))]
}

/** The task a suite says most about; its calls carry that label. */
export function mainTask(config: Config, suite: string): string {
  const informs = [...(config.suites.get(suite)?.informs ?? [])].sort((a, b) => b[1] - a[1])
  return informs[0]?.[0] ?? 'general'
}
