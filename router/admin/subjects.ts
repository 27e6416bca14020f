// What a person means by a name: a target or a provider, and until when. Pure; used by the admin route and by the commands that
// work without a router.
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Drain, DrainScope } from '../../core/operations.ts'
import { nearestNames } from '../../core/nearest-names.ts'

/** Names a drain may be about. */
export type KnownNames = { readonly targets: ReadonlySet<string>; readonly providers: ReadonlySet<string> }

export type Subject = { readonly scope: DrainScope; readonly name: string }

/** A drain ends by itself, after a day unless its author says otherwise. */
export const DEFAULT_DRAIN_MS = 24 * 3_600_000
/** Longest drain: what should be out for longer is taken out of the configuration. */
export const LONGEST_DRAIN_MS = 90 * 24 * 3_600_000

/**
 * The subject of a name: an exact target or provider, or either with `target:` or `provider:` before it.
 * Throws `unknown_target` with the nearest names, and `bad_request` for a name that is both.
 */
export function resolveSubject(asked: string, known: KnownNames): Subject {
  const target = known.targets.has(asked)
  const provider = known.providers.has(asked)
  if (target && provider) throw new WeighbridgeError('bad_request', `"${asked}" is a target and a provider.`, { remedy: `Say target:${asked} or provider:${asked}.` })
  if (target) return { scope: 'target', name: asked }
  if (provider) return { scope: 'provider', name: asked }
  const [, scope, name] = /^(target|provider):(.+)$/s.exec(asked) ?? []
  if (scope === 'target' && name !== undefined && known.targets.has(name)) return { scope, name }
  if (scope === 'provider' && name !== undefined && known.providers.has(name)) return { scope, name }
  const wanted = (name ?? asked).slice(0, 128)
  const names = [...(scope === 'provider' ? [] : known.targets), ...(scope === 'target' ? [] : known.providers)]
  const near = [...new Set([...nearestNames(wanted, names), ...names.filter((other) => wanted.length > 1 && other.includes(wanted))])].slice(0, 3)
  const what = scope ?? 'target or provider'
  throw new WeighbridgeError('unknown_target', `There is no ${what} "${(name ?? asked).slice(0, 128)}".${near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`}`, {
    remedy: 'Name a target or a provider from the config; `weighbridge status` lists them.',
  })
}

/** The names of a configuration. */
export function namesOf(config: Config): KnownNames {
  return { targets: new Set(config.targets.keys()), providers: new Set(config.providers.keys()) }
}

/**
 * The subject of an undrain: by what is drained, not by what is configured, since a target may have left the configuration since.
 * Throws `drain_unknown`.
 */
export function drainedSubject(asked: string, drains: readonly Drain[]): Subject {
  const names = (scope: DrainScope): Set<string> => new Set(drains.filter((drain) => drain.scope === scope).map((drain) => drain.name))
  const drained = { targets: names('target'), providers: names('provider') }
  try {
    return resolveSubject(asked, drained)
  } catch (cause) {
    if (!(cause instanceof WeighbridgeError) || cause.code !== 'unknown_target') throw cause
    const others = [...drained.targets, ...drained.providers]
    throw new WeighbridgeError('drain_unknown', `"${asked.slice(0, 128)}" is not drained${others.length === 0 ? '; nothing is' : `; drained: ${others.join(', ')}`}.`, { cause })
  }
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a text such as `90s`, `30m`, `2h`, `1h30m`, `1d`; `undefined` when it is none. */
export function parseLength(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?[smhd])+$/.test(text)) return undefined
  let ms = 0
  for (const [, digits, unit] of text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)) ms += Number(digits) * (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? UNITS[unit] : NaN)
  return Number.isFinite(ms) ? ms : undefined
}

/** When a drain ends: at `untilAt`, else after `forMs`, else after a day. Throws `bad_request` beyond the bounds or with both. */
export function endOf(asked: { readonly forMs: number | undefined; readonly untilAt: number | undefined }, nowMs: number): number {
  if (asked.forMs !== undefined && asked.untilAt !== undefined) throw new WeighbridgeError('bad_request', 'Say how long or until when, not both.')
  const end = asked.untilAt ?? nowMs + (asked.forMs ?? DEFAULT_DRAIN_MS)
  if (!(end > nowMs)) throw new WeighbridgeError('bad_request', 'A drain must end in the future.')
  if (end > nowMs + LONGEST_DRAIN_MS) {
    throw new WeighbridgeError('bad_request', `A drain lasts ${LONGEST_DRAIN_MS / 86_400_000} days at most.`, { remedy: 'What should be out for longer is taken out of the configuration.' })
  }
  return end
}
