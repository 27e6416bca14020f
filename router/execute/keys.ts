// Which of a provider's keys an attempt uses: in turn, without those that rest. A limit rests a key for the model it was met
// with (providers limit per model), a refused or spent key rests altogether. Never shows a key: people see its number.
import type { Provider } from '../../core/config.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import { LONGEST_RETRY_AFTER_MS, pauseOf } from './health.ts'

/** `number` counts a provider's keys from 1 and is `undefined` where there are fewer than two; `secret`: none is needed. */
export type PickedKey = { readonly number: number | undefined; readonly secret: string | undefined }
export type RestingKey = { readonly number: number; readonly code: string; readonly leftMs: number }

/** Most rests kept of one provider: clients may name any model, and each limit is met with one. */
const MOST_RESTS = 2_000

type Rest = { readonly untilMs: number; readonly code: string; readonly times: number }

/** Errors that are about the key an attempt was made with. */
export function isAboutKey(error: WeighbridgeError): boolean {
  return error.code === 'provider_rate_limited' || error.code === 'provider_quota_exhausted' || error.code === 'provider_credential'
}

/** A limit, and a 403 (a model this key may not use), say nothing about the key's other models. */
function isAboutModelToo(error: WeighbridgeError): boolean {
  return error.code === 'provider_rate_limited' || (error.code === 'provider_credential' && error.details?.['status'] === 403)
}

/** The keys of all providers, by their value: a reordered or shortened list keeps what is known of each. */
export class KeyBook {
  readonly #turns = new Map<string, number>()
  /** provider → key (and model) → rest. */
  readonly #rests = new Map<string, Map<string, Rest>>()

  /** The next key for a call of this model; `undefined`: all of them rest. `preferred`: the number to take if it does not rest. */
  pick(provider: Provider, model: string, nowMs: number, preferred?: number): PickedKey | undefined {
    const { apiKeys } = provider
    if (apiKeys.length < 2) return { number: undefined, secret: apiKeys[0] }
    const from = preferred === undefined ? (this.#turns.get(provider.name) ?? 0) % apiKeys.length : (preferred - 1) % apiKeys.length
    for (let step = 0; step < apiKeys.length; step += 1) {
      const index = (from + step) % apiKeys.length
      const secret = apiKeys[index]
      if (secret === undefined || this.#restOf(provider.name, secret, model, nowMs) !== undefined) continue
      if (preferred === undefined) this.#turns.set(provider.name, index + 1)
      return { number: index + 1, secret }
    }
    return undefined
  }

  /** Lets a key rest after an error that is about it. `jitter` in [0, 1). Only providers with several keys rest single ones. */
  rest(provider: Provider, key: PickedKey, model: string, error: WeighbridgeError, nowMs: number, jitter: number): void {
    if (key.secret === undefined || provider.apiKeys.length < 2) return
    const rests = this.#rests.get(provider.name) ?? new Map<string, Rest>()
    this.#rests.set(provider.name, rests)
    const name = isAboutModelToo(error) ? nameFor(key.secret, model) : key.secret
    const known = rests.get(name)
    const times = (known?.times ?? 0) + 1
    // A key that is refused again and again is asked less and less often: nobody but a person will mend it.
    const again = error.code === 'provider_rate_limited' ? 1 : 2 ** Math.min(times - 1, 8)
    const untilMs = nowMs + Math.min(LONGEST_RETRY_AFTER_MS, pauseOf(error, jitter) * again)
    // Set anew, so that the map stays in the order of the latest rests.
    rests.delete(name)
    rests.set(name, { untilMs: Math.max(known?.untilMs ?? 0, untilMs), code: error.code, times })
    if (rests.size > MOST_RESTS) forgetOldest(rests, nowMs)
  }

  /** A key answered: what was held against it is over. */
  worked(provider: Provider, key: PickedKey, model: string): void {
    const rests = this.#rests.get(provider.name)
    if (rests === undefined || key.secret === undefined) return
    rests.delete(key.secret)
    rests.delete(nameFor(key.secret, model))
    if (rests.size === 0) this.#rests.delete(provider.name)
  }

  /** Milliseconds until the first key may be used again, with the reason; `undefined`: one may be used now. */
  allRest(provider: Provider, model: string, nowMs: number): { readonly forMs: number; readonly code: string } | undefined {
    if (provider.apiKeys.length < 2 || !this.#rests.has(provider.name)) return undefined
    let soonest: Rest | undefined
    for (const secret of provider.apiKeys) {
      const rest = this.#restOf(provider.name, secret, model, nowMs)
      if (rest === undefined) return undefined
      if (soonest === undefined || rest.untilMs < soonest.untilMs) soonest = rest
    }
    return soonest === undefined ? undefined : { forMs: Math.ceil(soonest.untilMs - nowMs), code: soonest.code }
  }

  /** The keys that rest now for a model, for people. */
  resting(provider: Provider, model: string, nowMs: number): RestingKey[] {
    return provider.apiKeys.flatMap((secret, index) => {
      const rest = provider.apiKeys.length < 2 ? undefined : this.#restOf(provider.name, secret, model, nowMs)
      return rest === undefined ? [] : [{ number: index + 1, code: rest.code, leftMs: Math.ceil(rest.untilMs - nowMs) }]
    })
  }

  #restOf(provider: string, secret: string, model: string, nowMs: number): Rest | undefined {
    const rests = this.#rests.get(provider)
    if (rests === undefined) return undefined
    const whole = rests.get(secret)
    const forModel = rests.get(nameFor(secret, model))
    const longest = whole !== undefined && (forModel === undefined || whole.untilMs >= forModel.untilMs) ? whole : forModel
    return longest !== undefined && nowMs < longest.untilMs ? longest : undefined
  }
}

/** Drops what is over, else what was there first. */
function forgetOldest(rests: Map<string, Rest>, nowMs: number): void {
  for (const [name, rest] of rests) if (rest.untilMs <= nowMs) rests.delete(name)
  for (const name of rests.keys()) {
    if (rests.size <= MOST_RESTS) return
    rests.delete(name)
  }
}

function nameFor(secret: string, model: string): string {
  return `${secret}\n${model}`
}
