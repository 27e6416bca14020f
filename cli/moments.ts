// A moment as people name it on the command line: how long ago, a date, or a time. Throws `usage` for anything else.
import { WeighbridgeError } from '../core/errors.ts'
import { parseLength } from '../router/admin/subjects.ts'

/**
 * Milliseconds since the Unix epoch of `15m`, `24h`, `1h30m`, `7d` (so long before `nowMs`), a date (its midnight, UTC) or a moment (UTC where
 * it names no zone).
 */
export function momentOf(text: string, nowMs: number, option: string): number {
  const ago = parseLength(text)
  if (ago !== undefined) return nowMs - ago
  const at = isoMoment(text)
  if (at === undefined) throw new WeighbridgeError('usage', `--${option} takes a date such as 2026-11-01, a moment, or a time ago such as 24h or 7d, not "${text.slice(0, 64)}"`)
  return at
}

/** Milliseconds since the Unix epoch of a date (its midnight, UTC) or a moment (UTC where it names no zone); `undefined` for anything else. */
export function isoMoment(text: string): number | undefined {
  const isTime = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(text)
  const isZoned = text.length > 10 && /(?:Z|[+-]\d{2}:?\d{2})$/.test(text)
  // Date.parse takes "7" for July 2001, and 02-31 for March; only what is written like ISO 8601 and exists is meant.
  const at = isTime && Number(text.slice(8, 10)) <= daysIn(text) ? Date.parse(text.length === 10 || isZoned ? text : `${text}Z`) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

function daysIn(text: string): number {
  return new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
}
