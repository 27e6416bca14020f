// Nanoseconds since the epoch → the text ClickHouse reads as a DateTime64. Pure.

/** The least a stated time may be. */
const OLDEST_NS = 946_684_800_000_000_000n // 2000-01-01
const DAY_NS = 86_400_000_000_000n

/** ISO text with nine digits of a second. */
export function isoNanos(ns: bigint): string {
  const ms = ns / 1_000_000n
  return `${new Date(Number(ms)).toISOString().slice(0, 23)}${String(ns - ms * 1_000_000n).padStart(6, '0')}Z`
}

/** ISO text with milliseconds. */
export function isoMillis(ms: number): string {
  return new Date(ms).toISOString()
}

/** The time itself when it is plausible: from the year 2000 to a day after it was received. `undefined` otherwise. */
export function plausible(ns: bigint, receivedMs: number): bigint | undefined {
  return ns >= OLDEST_NS && ns <= BigInt(Math.round(receivedMs)) * 1_000_000n + DAY_NS ? ns : undefined
}

const OLDEST_MS = Number(OLDEST_NS / 1_000_000n)

/** Whether a time, given as milliseconds and the nanoseconds beyond, is from the year 2000 to `latestMs`. */
export function plausibleBetween(ms: number, nanos: number, latestMs: number): boolean {
  return ms >= OLDEST_MS && (ms < latestMs || (ms === latestMs && nanos === 0))
}

/** Such a time as the digits of its nanoseconds. */
export function nanosText(ms: number, nanos: number): string {
  return ms === 0 ? String(nanos) : `${ms}${String(nanos).padStart(6, '0')}`
}

/** Such a time as one number. */
export function nanosOf(ms: number, nanos: number): bigint {
  return BigInt(ms) * 1_000_000n + BigInt(nanos)
}

const HOUR_NS = 3_600_000_000_000n

/** Hours since the epoch. */
export function hourOf(ns: bigint): number {
  return Number(ns / HOUR_NS)
}
