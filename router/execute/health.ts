// How each target stands after its latest answers: cooling after rate limits and after repeated failures, half-open after
// the cooldown. The transitions are pure; HealthBook only keeps the states. Times are milliseconds on the monotonic clock.
import type { Target } from '../../core/config.ts'
import { ERROR_CATALOGUE, type WeighbridgeError } from '../../core/errors.ts'

export type Health = {
  /** Failures in a row that count against health. */
  readonly failures: number
  /** Not to be used before this time; 0: never cooled. */
  readonly coolUntilMs: number
  /** Why it cools: the provider asked for a pause, or it keeps failing. */
  readonly because: 'rate_limited' | 'cooling'
  /** The cause's error code, for people. */
  readonly code: string
  /** A half-open probe is under way since this time; 0: none. */
  readonly probingSinceMs: number
}

export const HEALTHY: Health = { failures: 0, coolUntilMs: 0, because: 'cooling', code: '', probingSinceMs: 0 }

/** Failures in a row that open the breaker, and the cooldown it starts with; it doubles with every failed probe. */
export const OPEN_AFTER_FAILURES = 5
export const FIRST_COOLDOWN_MS = 5_000
export const LONGEST_COOLDOWN_MS = 60_000
/** Pause after a rate limit whose answer names none, and after an answer that says credit or credential is gone. */
export const RATE_COOLDOWN_MS = 5_000
export const CREDENTIAL_COOLDOWN_MS = 60_000
/** No provider's retry-after takes a target out for longer than this. */
const LONGEST_RETRY_AFTER_MS = 15 * 60_000
/** A probe that has not answered for this long no longer keeps others from probing. */
const PROBE_LEASE_MS = 30_000

/** The state after a failed attempt: cooldowns only grow (max of old and new). */
export function afterFailure(health: Health, error: WeighbridgeError, nowMs: number): Health {
  const failures = health.failures + (ERROR_CATALOGUE[error.code].countsAgainstHealth ? 1 : 0)
  const asked = Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)
  const isRate = error.code === 'provider_rate_limited' || (error.code === 'provider_overloaded' && asked > 0)
  const isCredential = error.code === 'provider_credential' || error.code === 'provider_quota_exhausted'
  const beyond = failures - OPEN_AFTER_FAILURES
  const breaker = beyond >= 0 ? Math.min(LONGEST_COOLDOWN_MS, FIRST_COOLDOWN_MS * 2 ** Math.min(beyond, 10)) : 0
  const pause = Math.max(isRate ? asked || RATE_COOLDOWN_MS : 0, isCredential ? Math.max(CREDENTIAL_COOLDOWN_MS, asked) : 0, breaker)
  if (pause === 0) return { ...health, failures, probingSinceMs: 0 }
  const coolUntilMs = Math.max(health.coolUntilMs, nowMs + pause)
  return { failures, coolUntilMs, because: isRate || isCredential ? 'rate_limited' : 'cooling', code: error.code, probingSinceMs: 0 }
}

export type Cooling = { readonly reason: 'rate_limited' | 'cooling'; readonly detail: string; readonly forMs: number }

/** What speaks against using a target now; `undefined`: nothing (also when it is due for a half-open probe). */
export function coolingNow(health: Health, nowMs: number): Cooling | undefined {
  if (nowMs < health.coolUntilMs) {
    const forMs = Math.ceil(health.coolUntilMs - nowMs)
    return { reason: health.because, detail: `${health.code}, for another ${forMs} ms`, forMs }
  }
  const probing = health.probingSinceMs > 0 && nowMs - health.probingSinceMs < PROBE_LEASE_MS
  return probing ? { reason: 'cooling', detail: 'a probe is under way', forMs: 1_000 } : undefined
}

/** The states of all targets, by evidence key (a renamed target keeps its health). */
export class HealthBook {
  readonly #states = new Map<string, Health>()

  cooling(target: Target, nowMs: number): Cooling | undefined {
    const health = this.#states.get(target.evidenceKey)
    return health === undefined ? undefined : coolingNow(health, nowMs)
  }

  /** Call before an attempt: after a cooldown the first one becomes the probe. */
  attempting(target: Target, nowMs: number): void {
    const health = this.#states.get(target.evidenceKey)
    if (health !== undefined && health.coolUntilMs > 0) this.#states.set(target.evidenceKey, { ...health, probingSinceMs: nowMs })
  }

  failed(target: Target, error: WeighbridgeError, nowMs: number): void {
    this.#states.set(target.evidenceKey, afterFailure(this.#states.get(target.evidenceKey) ?? HEALTHY, error, nowMs))
  }

  /** An attempt answered (success closes the breaker), or ended in a way that says nothing about the target. */
  answered(target: Target): void {
    this.#states.delete(target.evidenceKey)
  }

  inconclusive(target: Target): void {
    const health = this.#states.get(target.evidenceKey)
    if (health !== undefined) this.#states.set(target.evidenceKey, { ...health, probingSinceMs: 0 })
  }

  /** Targets that cool now, with the milliseconds left. */
  coolingTargets(nowMs: number): { evidenceKey: string; reason: string; code: string; forMs: number }[] {
    return [...this.#states].flatMap(([evidenceKey, health]) => {
      const cooling = coolingNow(health, nowMs)
      return cooling === undefined ? [] : [{ evidenceKey, reason: cooling.reason, code: health.code, forMs: cooling.forMs }]
    })
  }
}
