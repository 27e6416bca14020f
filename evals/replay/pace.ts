// How fast a provider may be asked: calls in flight, starts a second, pauses it asked for. Pure arithmetic over a monotonic
// time that is handed in; lane.ts waits by it. It learns a limit from the answers that said "too many", and only from those.

/** What is known of a provider before it is asked. */
export type PaceSettings = {
  /** Most calls in flight. */
  readonly maxInFlight: number
  /** Most calls a second; Infinity: unknown. */
  readonly callsPerSecond: number
  /** Most tokens (input and output) a second; Infinity: unknown. */
  readonly tokensPerSecond: number
}

/** Share of the measured rate to go on at after a limit was met, and how a rate grows back in a second without one. */
const CUT = 0.95
const QUICK_GROWTH = 2
/** Growth with each answer once the limit is known, for a pause that costs nothing: about one call in ten is then refused. */
const GROWTH_AN_ANSWER = 0.0056
/** A rate grows to at most so many times what was let through lately: more would only be a guess. */
const MOST_AHEAD = 1.25
/** Limits in a row, without an answer between, that mean a lower limit and not an unlucky moment. */
const LOWER_LIMIT = 3
/** Cuts after which the limit is known well enough to approach it slowly. */
const QUICK_CUTS = 2
/** The accepted rate is measured over so long, pauses left out, and never over less than half of it. */
const MEASURED_MS = 2_000
const JUST_GREW_MS = 500
/** A learned rate never falls below this; what the provider asks for beyond it comes as pauses. */
const LEAST_PER_SECOND = 0.5
/** A late timer may be made up for by so many seconds' worth of calls, and by one call at least. */
const CREDIT_SECONDS = 0.05
/** A wait is looked at again after so long, because the rate grows meanwhile. */
const LONGEST_WAIT_MS = 250
/** Pause after a limit that names none: doubles with each in a row. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** No provider's retry-after is waited for longer than this at once. */
const LONGEST_RETRY_AFTER_MS = 15 * 60_000
/** Starts remembered. */
const MOST_STARTS = 8_192

/** The pace of one provider. All times are milliseconds on the monotonic clock. */
export class Pace {
  readonly #settings: PaceSettings
  #inFlight = 0
  /** Calls a second that the limits met so far leave; Infinity before the first. */
  #learned = Infinity
  #grownAtMs = 0
  /** Calls, and tokens, that may start at once; below 0: owed. */
  #credit = 0
  #tokenCredit = 0
  #creditAtMs: number | undefined
  #blockedUntilMs = 0
  #cutAtMs = -Infinity
  #cuts = 0
  #limitedInARow = 0
  /** Mean pause that limits asked for lately, in seconds. */
  #pauseSeconds = 0
  /** Starts that no limit has answered, newest last, on a time that stands still in pauses. */
  #starts: number[] = []
  #pausedMs = 0

  constructor(settings: PaceSettings) {
    this.#settings = settings
  }

  /** Limits met so far, those of calls under way when a limit was met not counted. */
  get cuts(): number {
    return this.#cuts
  }

  /** Milliseconds after which to ask again; 0: a call may start now; `undefined`: when one in flight has ended. */
  waitMs(nowMs: number): number | undefined {
    if (this.#inFlight >= this.#settings.maxInFlight) return undefined
    if (nowMs < this.#blockedUntilMs) return this.#blockedUntilMs - nowMs
    this.#earn(nowMs)
    const perSecond = Math.min(this.#settings.callsPerSecond, this.#rate(nowMs))
    const owedMs = Math.max(this.#credit >= 0 ? 0 : (-1_000 * this.#credit) / perSecond, this.#tokenCredit >= 0 ? 0 : (-1_000 * this.#tokenCredit) / this.#settings.tokensPerSecond)
    return owedMs <= 0 ? 0 : Math.max(1, Math.min(LONGEST_WAIT_MS, owedMs))
  }

  /** A call starts now. `tokens` is what it is expected to use. */
  started(nowMs: number, tokens: number): void {
    this.#earn(nowMs)
    this.#inFlight += 1
    this.#credit -= 1
    this.#tokenCredit -= tokens
    this.#starts.push(this.#activeMs(nowMs))
    if (this.#starts.length > MOST_STARTS) this.#starts = this.#starts.slice(-MOST_STARTS / 2)
  }

  /** Adds what the time since the last look allows. */
  #earn(nowMs: number): void {
    const seconds = Math.max(0, nowMs - Math.max(this.#creditAtMs ?? nowMs, this.#blockedUntilMs)) / 1_000
    this.#creditAtMs = nowMs
    const perSecond = Math.min(this.#settings.callsPerSecond, this.#rate(nowMs))
    this.#credit = perSecond === Infinity ? 1 : Math.min(Math.max(1, CREDIT_SECONDS * perSecond), this.#credit + seconds * perSecond)
    this.#tokenCredit = this.#settings.tokensPerSecond === Infinity ? 0 : Math.min(0, this.#tokenCredit + seconds * this.#settings.tokensPerSecond)
  }

  /** A call ended, whatever its answer, but not by "too many". */
  ended(wasAnswered: boolean, nowMs: number): void {
    this.#inFlight -= 1
    if (!wasAnswered) return
    this.#limitedInARow = 0
    this.#grow(nowMs)
  }

  /** A call that started at `startedMs` met a limit; `retryAfterMs` as the provider said, `jitter` in [0, 1). */
  limited(startedMs: number, nowMs: number, retryAfterMs: number | undefined, jitter: number): void {
    this.#inFlight -= 1
    // One limit is met by every call under way; it is one limit all the same, and each says how many it let through.
    const fresh = startedMs >= this.#cutAtMs
    this.#starts.pop()
    if (fresh) {
      this.#limitedInARow += 1
      this.#cuts += 1
      this.#cutAtMs = nowMs
    }
    const before = this.#rate(nowMs)
    // What was let through says where the limit is, but on a busy machine it says how late timers were: once the limit is known, one
    // refusal is a small step and only several in a row are believed.
    if (this.#cuts <= QUICK_CUTS || this.#limitedInARow >= LOWER_LIMIT) this.#learned = Math.max(LEAST_PER_SECOND, CUT * Math.min(fresh ? before : before / CUT, this.#accepted(this.#activeMs(nowMs))))
    else if (fresh) this.#learned = Math.max(LEAST_PER_SECOND, CUT * before)
    this.#pause(nowMs, retryAfterMs, jitter)
  }

  #pause(nowMs: number, retryAfterMs: number | undefined, jitter: number): void {
    const backoff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, Math.max(0, this.#limitedInARow - 1))) * (0.5 + jitter / 2)
    const until = nowMs + (retryAfterMs === undefined ? backoff : Math.min(LONGEST_RETRY_AFTER_MS, retryAfterMs))
    const from = Math.max(nowMs, this.#blockedUntilMs)
    this.#pauseSeconds += 0.2 * (Math.max(0, until - nowMs) / 1_000 - this.#pauseSeconds)
    if (until <= from) return
    this.#pausedMs += until - from
    this.#blockedUntilMs = until
    // A pause is no proof that more would have been accepted.
    this.#grownAtMs = until
    this.#credit = Math.min(this.#credit, 0)
  }

  /** The time without its pauses. */
  #activeMs(nowMs: number): number {
    return Math.max(nowMs, this.#blockedUntilMs) - this.#pausedMs
  }

  /** Calls a second that were let through lately: over the longer window, or over the shorter one where the rate just grew. */
  #accepted(activeMs: number): number {
    this.#starts = this.#starts.filter((at) => at > activeMs - MEASURED_MS)
    const overMs = Math.min(MEASURED_MS, Math.max(MEASURED_MS / 2, activeMs - (this.#starts[0] ?? activeMs)))
    const lately = this.#starts.filter((at) => at > activeMs - JUST_GREW_MS).length
    return Math.max((1_000 * this.#starts.length) / overMs, (1_000 * lately) / JUST_GREW_MS)
  }

  /** With time while the limit is hardly known; after that with each answer, the less the longer a refusal makes everybody wait. */
  #rate(nowMs: number): number {
    if (this.#learned === Infinity) return Infinity
    const seconds = (nowMs - this.#grownAtMs) / 1_000
    if (seconds > 0) {
      if (this.#cuts <= QUICK_CUTS) this.#learned *= QUICK_GROWTH ** seconds
      this.#grownAtMs = nowMs
    }
    return this.#learned
  }

  #grow(nowMs: number): void {
    if (this.#learned === Infinity || this.#cuts <= QUICK_CUTS) return
    const most = Math.max(this.#learned, MOST_AHEAD * this.#accepted(this.#activeMs(nowMs)))
    this.#learned = Math.min(most, this.#learned * (1 + GROWTH_AN_ANSWER / (1 + this.#learned * this.#pauseSeconds)))
  }
}
