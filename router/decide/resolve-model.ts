// The client's `model` field (or pin) → which task, and which target is asked for by name, if any. Pure.
import { GENERAL_TASK, priceOfModel, type Config, type Target, type Task } from '../../core/config.ts'
import type { TaskSource } from '../../core/attributes.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { PriceBook } from '../../core/prices.ts'
import type { CallFacts } from './call-facts.ts'
import type { TaskVerdict } from './task/classify-task.ts'
import { nearestNames } from './nearest-names.ts'

export type Resolved = {
  readonly task: Task
  readonly taskSource: TaskSource
  /** What the rules made of a call that names no task; `undefined`: they were not asked. */
  readonly verdict: TaskVerdict | undefined
  /** The target asked for by name; `undefined`: the task's route decides. */
  readonly pinned: Target | undefined
}

/** Model names that mean "choose for me". */
export const AUTO_MODEL = 'auto'
const TASK_PREFIX = 'task:'

export type ResolveOptions = {
  /** What a `provider/model` that no target configures is taken to be; default chat. */
  readonly kind?: Target['kind']
  /** The task by rules; asked only where nobody named one. */
  readonly infer?: (() => TaskVerdict) | undefined
}

/**
 * Task: the caller's label, else a `task:` model, else what the rules say, else `general`. Target: the pin, else the model's. An
 * alias is followed once. Throws `unknown_task`, `unknown_target` (pin) or `unknown_model`, each naming the nearest known names.
 */
export function resolveModel(config: Config, facts: CallFacts, prices: PriceBook | undefined, { kind = 'chat', infer }: ResolveOptions = {}): Resolved {
  const model = config.aliases.get(facts.model) ?? facts.model
  const taskOfModel = model.startsWith(TASK_PREFIX) ? model.slice(TASK_PREFIX.length) : undefined
  const label = facts.task ?? taskOfModel
  const named = config.tasks.get(label ?? GENERAL_TASK)
  if (named === undefined) throw unknown('unknown_task', 'task', label ?? GENERAL_TASK, config.tasks.keys())
  const pinned = pinnedBy(config, facts, model, taskOfModel, prices, kind)
  if (label !== undefined) return { task: named, taskSource: facts.task !== undefined ? 'caller' : 'model', verdict: undefined, pinned }
  const verdict = infer?.()
  const inferred = verdict?.task === undefined ? undefined : config.tasks.get(verdict.task)
  // No rule leads from real targets to simulated ones, or back.
  const isOfThisSide = inferred?.simulated === (pinned?.provider.simulated ?? named.simulated)
  return inferred === undefined || !isOfThisSide ? { task: named, taskSource: 'default', verdict, pinned } : { task: inferred, taskSource: 'rule', verdict, pinned }
}

/** The target that is asked for by name; `undefined`: the route decides. */
function pinnedBy(config: Config, facts: CallFacts, model: string, taskOfModel: string | undefined, prices: PriceBook | undefined, kind: Target['kind']): Target | undefined {
  if (facts.pin !== undefined) {
    const pinned = namedTarget(config, facts.pin, prices, kind)
    if (pinned === undefined) throw unknown('unknown_target', 'target', facts.pin, config.targets.keys())
    return pinned
  }
  if (model === AUTO_MODEL || taskOfModel !== undefined) return undefined
  const pinned = namedTarget(config, model, prices, kind)
  if (pinned === undefined) throw unknown('unknown_model', 'model', facts.model, knownModels(config))
  return pinned
}

/** All names the `model` field may hold, apart from provider/model. */
export function knownModels(config: Config): string[] {
  return [AUTO_MODEL, ...[...config.tasks.keys()].map((task) => `${TASK_PREFIX}${task}`), ...config.targets.keys(), ...config.aliases.keys()]
}

/** A configured target, or one made for `provider/model` at a configured provider; such a one is taken to be of the `kind` that is asked for. */
export function namedTarget(config: Config, name: string, prices: PriceBook | undefined, kind: Target['kind'] = 'chat'): Target | undefined {
  const target = config.targets.get(name)
  if (target !== undefined) return target
  const slash = name.indexOf('/')
  const provider = config.providers.get(name.slice(0, slash))
  const model = name.slice(slash + 1)
  if (slash <= 0 || provider === undefined || model === '') return undefined
  const configured = [...config.targets.values()].find((t) => t.provider.name === provider.name && t.model === model && t.effort === undefined)
  if (configured !== undefined) return configured
  const price = prices === undefined ? undefined : priceOfModel(config.settings.prices, provider, model, prices)
  return { name, provider, model, effort: undefined, price, contextWindow: prices?.contextWindow?.({ name: provider.name, baseUrl: provider.baseUrl }, model), kind, lacks: new Set(), evidenceKey: name }
}

function unknown(code: 'unknown_task' | 'unknown_target' | 'unknown_model', noun: string, asked: string, known: Iterable<string>): WeighbridgeError {
  const nearest = nearestNames(asked, known)
  const shown = asked.length > 128 ? `${asked.slice(0, 128)}…` : asked
  const hint = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(', ')}?`
  return new WeighbridgeError(code, `There is no ${noun} "${shown}".${hint}`, { details: { nearest } })
}
