// How long a provider asks us to wait, from the headers of its error answer. Pure; the clock is given.

/** Longest pause that is believed: a header is a stranger's word, and a target must not rest for ever on it. */
const LONGEST_MS = 24 * 3_600_000

type Headers = Readonly<Record<string, string>>

/**
 * Milliseconds from, in this order: `retry-after-ms`; `retry-after` as seconds, as a duration ("1s", "6m0s", "20ms") or as an
 * HTTP date (RFC 9110 §10.2.3). At most 24 hours; `undefined` when nothing is said that can be understood.
 */
export function retryAfter(headers: Headers, nowMs: number): number | undefined {
  const exact = finite(headers['retry-after-ms'])
  if (exact !== undefined) return bounded(exact)
  const text = headers['retry-after']?.trim() ?? ''
  if (text === '') return undefined
  const seconds = finite(text)
  if (seconds !== undefined) return bounded(seconds * 1000)
  const duration = durationMs(text)
  if (duration !== undefined) return bounded(duration)
  // A text without a letter is a number we refused above (negative, or out of range), not a date.
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : bounded(Math.max(0, date - nowMs))
}

/** Headers in which OpenAI, Groq, Azure and others say when a limit has room again; each has a `remaining` beside it. */
const LIMITS = ['requests', 'tokens'] as const

/**
 * Milliseconds until an exhausted limit has room again: `x-ratelimit-reset-requests` and `-tokens` as durations ("1s", "2m59.56s")
 * where their `remaining` is 0, or `x-ratelimit-reset` as a moment (seconds or milliseconds since the epoch) or as seconds. For
 * answers of status 429 only: the headers stand on every answer.
 */
export function limitReset(headers: Headers, nowMs: number): number | undefined {
  const waits = LIMITS.flatMap((limit) => {
    if (finite(headers[`x-ratelimit-remaining-${limit}`]) !== 0) return []
    return moment(headers[`x-ratelimit-reset-${limit}`], nowMs) ?? []
  })
  if (waits.length > 0) return Math.max(...waits)
  return moment(headers['x-ratelimit-reset'], nowMs)
}

/** Numbers above these are moments, not spans: 2001 in seconds, 2001 in milliseconds. */
const EPOCH_SECONDS = 1e9
const EPOCH_MS = 1e12

function moment(text: string | undefined, nowMs: number): number | undefined {
  const number = finite(text)
  if (number === undefined) return text === undefined ? undefined : boundedOrNone(durationMs(text.trim()))
  if (number >= EPOCH_MS) return bounded(Math.max(0, number - nowMs))
  return bounded(number >= EPOCH_SECONDS ? Math.max(0, number * 1000 - nowMs) : number * 1000)
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** Milliseconds of a duration as Go writes it: "1h2m3.5s", "20ms"; `undefined` for any other text. */
export function durationMs(text: string): number | undefined {
  if (text.length > 32 || !/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(text)) return undefined
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) sum += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0)
  return sum
}

function finite(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const number = Number(text)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

function bounded(ms: number): number {
  return Math.min(ms, LONGEST_MS)
}

function boundedOrNone(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : bounded(ms)
}
