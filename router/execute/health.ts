// How each target stands after its latest answers: cooling after rate limits, overloads and repeated failures, half-open after
// the cooldown. The transitions are pure; HealthBook only keeps the states. Times are milliseconds on the monotonic clock.
import type { Target } from '../../core/config.ts'
import { ERROR_CATALOGUE, type WeighbridgeError } from '../../core/errors.ts'

export type Health = {
  /** Failures in a row that count against health. */
  readonly failures: number
  /** Not to be used before this time; 0: never cooled. */
  readonly coolUntilMs: number
  /** Since when it has not been healthy; 0: it is. */
  readonly sinceMs: number
  /** Why it cools: the provider asked for a pause, or it keeps failing. */
  readonly because: 'rate_limited' | 'cooling'
  /** The cause's error code, for people. */
  readonly code: string
  /** A half-open probe is under way since this time; 0: none. */
  readonly probingSinceMs: number
  /** When the breaker opened last; 0: it is closed. */
  readonly openedMs: number
}

export const HEALTHY: Health = { failures: 0, coolUntilMs: 0, sinceMs: 0, because: 'cooling', code: '', probingSinceMs: 0, openedMs: 0 }

/** Failures in a row that open the breaker, and the cooldown it starts with; it doubles with every failed probe. */
export const OPEN_AFTER_FAILURES = 5
export const FIRST_COOLDOWN_MS = 5_000
export const LONGEST_COOLDOWN_MS = 60_000
/** Pause after a rate limit whose answer names none, and after an answer that says credit or credential is gone. */
export const RATE_COOLDOWN_MS = 5_000
export const CREDENTIAL_COOLDOWN_MS = 60_000
/** Pause after an overload that names none: everyone's capacity comes back by itself, and all callers must not come back at once. */
export const OVERLOAD_COOLDOWN_MS = { least: 250, most: 1_500 } as const
/** No provider's retry-after takes a target out for longer than this. */
export const LONGEST_RETRY_AFTER_MS = 15 * 60_000
/** A probe that has not answered for this long no longer keeps others from probing. */
const PROBE_LEASE_MS = 30_000
/** How soon it is worth asking again while a probe is under way. */
const PROBE_WAIT_MS = 1_000

/** How long an error asks a target (or a key) to rest; 0: not at all. `jitter` in [0, 1). */
export function pauseOf(error: WeighbridgeError, jitter: number): number {
  const asked = Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)
  switch (error.code) {
    case 'provider_rate_limited':
      return asked > 0 ? asked : RATE_COOLDOWN_MS
    case 'provider_overloaded':
      return Math.max(asked, OVERLOAD_COOLDOWN_MS.least + jitter * (OVERLOAD_COOLDOWN_MS.most - OVERLOAD_COOLDOWN_MS.least))
    case 'provider_credential':
    case 'provider_quota_exhausted':
      return Math.max(CREDENTIAL_COOLDOWN_MS, asked)
    default:
      return 0
  }
}

/** Errors after which a target rests because its provider said so, not because it keeps failing. */
function isAskedFor(error: WeighbridgeError): boolean {
  if (error.code === 'provider_overloaded') return error.retryAfterMs !== undefined && error.retryAfterMs > 0
  return error.code === 'provider_rate_limited' || error.code === 'provider_credential' || error.code === 'provider_quota_exhausted'
}

/**
 * The state after a failed attempt: cooldowns only grow (max of old and new). Attempts that were already under way when the
 * breaker opened fail for the cause that opened it: a pause they name counts, but they neither lengthen the breaker's own nor
 * end a probe.
 */
export function afterFailure(health: Health, error: WeighbridgeError, startedMs: number, nowMs: number, jitter: number): Health {
  if (startedMs < health.openedMs) return { ...health, coolUntilMs: Math.max(health.coolUntilMs, nowMs + pauseOf(error, jitter)) }
  const failures = health.failures + (ERROR_CATALOGUE[error.code].countsAgainstHealth ? 1 : 0)
  const beyond = failures - OPEN_AFTER_FAILURES
  const breaker = beyond >= 0 ? Math.min(LONGEST_COOLDOWN_MS, FIRST_COOLDOWN_MS * 2 ** Math.min(beyond, 10)) : 0
  const pause = Math.max(pauseOf(error, jitter), breaker)
  if (pause === 0) return { ...health, failures, probingSinceMs: 0 }
  return {
    failures,
    coolUntilMs: Math.max(health.coolUntilMs, nowMs + pause),
    sinceMs: health.sinceMs > 0 ? health.sinceMs : nowMs,
    because: isAskedFor(error) ? 'rate_limited' : 'cooling',
    code: error.code,
    probingSinceMs: 0,
    openedMs: breaker > 0 ? nowMs : health.openedMs,
  }
}

export type Cooling = { readonly reason: 'rate_limited' | 'cooling'; readonly detail: string; /** The error it rests for; of a probe, the one that opened the breaker. */ readonly code: string; readonly forMs: number; /** A half-open probe is what keeps others away. */ readonly probing: boolean }

/** What speaks against using a target now; `undefined`: nothing (also when it is due for a half-open probe). */
export function coolingNow(health: Health, nowMs: number): Cooling | undefined {
  const probing = health.probingSinceMs > 0 && nowMs - health.probingSinceMs < PROBE_LEASE_MS
  if (probing) return { reason: 'cooling', detail: 'a probe is under way', code: health.code, forMs: PROBE_WAIT_MS, probing }
  if (nowMs >= health.coolUntilMs) return undefined
  const forMs = Math.ceil(health.coolUntilMs - nowMs)
  return { reason: health.because, detail: `${health.code}, for another ${forMs} ms`, code: health.code, forMs, probing }
}

/** A target that is not healthy, for people. */
export type CoolingTarget = { readonly evidenceKey: string; readonly reason: string; readonly code: string; readonly forMs: number; readonly sinceMs: number; readonly probing: boolean }

/** Most targets kept: clients may name any model of a provider, and each that failed is one. */
const MOST_STATES = 2_000

/** The states of all targets, by evidence key (a renamed target keeps its health). */
export class HealthBook {
  readonly #states = new Map<string, Health>()
  readonly #waiting = new Set<() => void>()

  cooling(target: Target, nowMs: number): Cooling | undefined {
    if (this.#states.size === 0) return undefined
    const health = this.#states.get(target.evidenceKey)
    return health === undefined ? undefined : coolingNow(health, nowMs)
  }

  /** Call before an attempt: after a cooldown (or, as a last resort, inside one) the first one becomes the probe. */
  attempting(target: Target, nowMs: number): void {
    const health = this.#states.get(target.evidenceKey)
    if (health !== undefined && health.coolUntilMs > 0) this.#states.set(target.evidenceKey, { ...health, probingSinceMs: nowMs })
  }

  /** The first output of an attempt arrived: others need not wait for its end. A failure after it opens the breaker again at once. */
  progressed(target: Target): void {
    const health = this.#states.get(target.evidenceKey)
    if (health === undefined) return
    if (health.failures === 0) this.#states.delete(target.evidenceKey)
    else this.#states.set(target.evidenceKey, { ...HEALTHY, failures: health.failures, openedMs: health.openedMs })
    this.#wake()
  }

  /** `jitter` in [0, 1) spreads the light pause after an overload. */
  failed(target: Target, error: WeighbridgeError, startedMs: number, nowMs: number, jitter: number): void {
    this.#states.set(target.evidenceKey, afterFailure(this.#states.get(target.evidenceKey) ?? HEALTHY, error, startedMs, nowMs, jitter))
    if (this.#states.size > MOST_STATES) this.#forgetOldest(nowMs)
    this.#wake()
  }

  /** An attempt answered: that closes the breaker. */
  answered(target: Target): void {
    if (this.#states.delete(target.evidenceKey)) this.#wake()
  }

  /** An attempt ended in a way that says nothing about the target. */
  inconclusive(target: Target, startedMs: number): void {
    const health = this.#states.get(target.evidenceKey)
    if (health === undefined || startedMs < health.openedMs) return
    this.#states.set(target.evidenceKey, { ...health, probingSinceMs: 0 })
    this.#wake()
  }

  /** Runs `woken` once, at the next change of any target's state; the result takes it back. */
  onChange(woken: () => void): () => void {
    this.#waiting.add(woken)
    return () => this.#waiting.delete(woken)
  }

  /** How one target stands, for people; `undefined`: healthy. */
  state(target: Target, nowMs: number): (Health & { readonly cooling: Cooling | undefined }) | undefined {
    const health = this.#states.get(target.evidenceKey)
    return health === undefined ? undefined : { ...health, cooling: coolingNow(health, nowMs) }
  }

  /** Targets that cool now or are being probed, with the milliseconds left. */
  coolingTargets(nowMs: number): CoolingTarget[] {
    return [...this.#states].flatMap(([evidenceKey, health]) => {
      const cooling = coolingNow(health, nowMs)
      return cooling === undefined ? [] : [{ evidenceKey, reason: cooling.reason, code: health.code, forMs: cooling.forMs, sinceMs: Math.ceil(nowMs - health.sinceMs), probing: cooling.probing }]
    })
  }

  /** Drops what no longer cools, else what was there first. */
  #forgetOldest(nowMs: number): void {
    for (const [key, health] of this.#states) if (coolingNow(health, nowMs) === undefined) this.#states.delete(key)
    for (const key of this.#states.keys()) {
      if (this.#states.size <= MOST_STATES) return
      this.#states.delete(key)
    }
  }

  #wake(): void {
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const woken of waiting) woken()
  }
}
