// Which targets operators took out of traffic, as decisions ask it: for each candidate of each call. In: the drains in force, from
// the own state or from the primary. Out: why a target is out. A drain whose time is over counts no more, whoever is down. Pure.
import type { Config, Target } from '../core/config.ts'
import type { Drain } from '../core/operations.ts'
import type { Clock } from '../core/seams.ts'
import type { Drains } from './execute/dependencies.ts'

/** The drains one router knows of. */
export interface DrainView extends Drains {
  /** Replaces what is known. */
  take(drains: readonly Drain[]): void
  /** In force now, oldest first. */
  active(): Drain[]
}

/** Nothing is drained until `take` says so. */
export function drainView(config: () => Config, clock: Clock): DrainView {
  let known: readonly Drain[] = []
  let index = indexed(known, undefined)
  const inForce = (drain: Drain | undefined): drain is Drain => drain !== undefined && drain.until_at > clock.nowMs()
  const ofModel = (drains: readonly (Drain | undefined)[]): Drain | undefined => (drains.every(inForce) ? drains[0] : undefined)
  return {
    take(drains) {
      known = drains
      index = indexed(drains, known.length === 0 ? undefined : config())
    },
    active: () => known.filter(inForce),
    reason(target) {
      // Almost always: nothing to look up.
      if (known.length === 0) return undefined
      const current = config()
      if (index.config !== current) index = indexed(known, current)
      const found = [index.targets.get(target.name), index.providers.get(target.provider.name)].find(inForce) ?? (current.targets.has(target.name) ? undefined : ofModel(index.models.get(modelKey(target)) ?? []))
      return found === undefined ? undefined : drainedText(found)
    },
  }
}

/**
 * What callers and spans are told of a drain. Its reason and author are for operators: a client sees when to expect the end, and an
 * id to ask about.
 */
function drainedText(drain: Drain): string {
  return `${drain.scope} ${drain.name} is drained until ${new Date(drain.until_at).toISOString()} (${drain.id})`
}

type Index = {
  readonly config: Config | undefined
  readonly targets: ReadonlyMap<string, Drain>
  readonly providers: ReadonlyMap<string, Drain>
  /**
   * By provider and model, the drain (or none) of each configured target, for targets that a call makes up (`provider/model@effort`):
   * one is out when the model is, which is when every target of it is.
   */
  readonly models: ReadonlyMap<string, readonly (Drain | undefined)[]>
}

function indexed(drains: readonly Drain[], config: Config | undefined): Index {
  const targets = new Map(drains.filter((drain) => drain.scope === 'target').map((drain) => [drain.name, drain]))
  const models = new Map<string, (Drain | undefined)[]>()
  if (targets.size > 0) for (const target of config?.targets.values() ?? []) models.set(modelKey(target), [...(models.get(modelKey(target)) ?? []), targets.get(target.name)])
  return { config, targets, providers: new Map(drains.filter((drain) => drain.scope === 'provider').map((drain) => [drain.name, drain])), models }
}

function modelKey(target: Target): string {
  return `${target.provider.name}\n${target.model}`
}
