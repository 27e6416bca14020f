// Which trials a run consists of. Comes in: suites, targets and limits. Goes out: the trials in the order they are asked, targets
// side by side on each probe, so that a run that is cut short has asked all targets the same. Pure.
import type { Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import { fnv1a } from '../../core/seams.ts'
import type { Probe, ProbeSuite } from '../probes/load.ts'
import type { Message } from './ask.ts'
import type { Repeat } from './repeats.ts'
import { trialKey } from './trial.ts'

export type Scope = {
  readonly suites: readonly ProbeSuite[]
  readonly targets: readonly Target[]
  readonly epochs: number
  /** At most so many probes per suite, spread evenly over it; controls keep their pairs. */
  readonly limit: number | undefined
  /** Only probes of these domains; empty: all. */
  readonly domains: readonly string[]
}

export type PlannedTrial = { readonly key: string; readonly suite: ProbeSuite; readonly probe: Probe; readonly target: Target; readonly epoch: number }

/** The trials of a run. Throws `suite_invalid` when no probe is left. */
export function planTrials(scope: Scope): PlannedTrial[] {
  const planned: PlannedTrial[] = []
  for (const suite of scope.suites)
    for (let epoch = 0; epoch < scope.epochs; epoch += 1)
      for (const probe of probesOf(suite, scope))
        for (const target of scope.targets) planned.push({ key: trialKey({ suite: suite.name, probeId: probe.id, target: target.name, epoch }), suite, probe, target, epoch })
  if (planned.length === 0) throw nothingLeft(scope)
  return planned
}

/** What the run asks beyond that of targets that are to be asked again: the same questions, in further epochs. */
export function planRepeats(scope: Scope, { target: name, times }: Repeat): PlannedTrial[] {
  const targets = scope.targets.filter((target) => target.name === name)
  return targets.length === 0 ? [] : planTrials({ ...scope, targets, epochs: scope.epochs * times }).filter(({ epoch }) => epoch >= scope.epochs)
}

/** A suite's probes inside the limits: in an order shuffled by id hash where there is a limit; a control counts with its pair. */
export function probesOf(suite: ProbeSuite, { limit, domains }: Pick<Scope, 'limit' | 'domains'>): readonly Probe[] {
  const within = domains.length === 0 ? suite.probes : suite.probes.filter((probe) => domains.includes(probe.domain))
  if (limit === undefined || limit >= within.length) return within
  const rank = (probe: Probe): number => fnv1a(probe.kind === 'control' ? (probe.pair ?? probe.id) : probe.id)
  return [...within].sort((a, b) => rank(a) - rank(b)).slice(0, limit)
}

function nothingLeft({ suites, domains, targets }: Scope): WeighbridgeError {
  if (targets.length === 0) return new WeighbridgeError('suite_invalid', 'No target is enabled, so there is nobody to ask.', { remedy: 'Set the variable that a provider of the configuration needs; `weighbridge config check` names it.' })
  const known = [...new Set(suites.flatMap((suite) => suite.probes.map((probe) => probe.domain)))].sort()
  return new WeighbridgeError('suite_invalid', `No probe is of ${domains.length === 1 ? 'the domain' : 'one of the domains'} ${domains.join(', ')}.`, { remedy: `The suites have ${known.join(', ')}.` })
}

/** The conversation that asks a probe. */
export function messagesFor(suite: ProbeSuite, probe: Probe): Message[] {
  const system = [probe.kind === 'task' ? probe.system : undefined, suite.instructions].filter((text) => text !== undefined).join('\n\n')
  return [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), { role: 'user', content: probe.question }]
}

/** What makes two trials the same question to the same model with the same settings, in whatever run. */
export function cacheKeyOf(trial: Pick<PlannedTrial, 'suite' | 'probe' | 'target' | 'epoch'>, settings: { readonly seed: number; readonly maxOutputTokens: number }): string {
  const { target } = trial
  return contentHash({
    evidence: target.evidenceKey,
    baseUrl: target.provider.baseUrl,
    messages: messagesFor(trial.suite, trial.probe),
    seed: settings.seed + trial.epoch,
    maxOutputTokens: settings.maxOutputTokens,
  })
}
