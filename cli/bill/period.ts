// The time a bill is about: a UTC month, or any half-open window. In: the options' words and the clock. Out: the window, and
// whether it is still running. Throws `usage` for words that mean no time.
import { WeighbridgeError } from '../../core/errors.ts'
import { isoMoment } from '../moments.ts'

/** [from, to) in UTC; `ongoing`: the period as asked ends later than now, so `to` is now. */
export type Period = { readonly from: Date; readonly to: Date; readonly label: string; readonly ongoing: boolean }

const DAY_MS = 86_400_000
const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/

/** The period that --month, --since and --until name together; nothing named: the current month. */
export function billPeriod(asked: { readonly month?: string | undefined; readonly since?: string | undefined; readonly until?: string | undefined }, nowMs: number): Period {
  if (asked.month !== undefined && (asked.since !== undefined || asked.until !== undefined)) throw new WeighbridgeError('usage', 'Give --month, or --since and --until, not both')
  if (asked.since === undefined && asked.until !== undefined) throw new WeighbridgeError('usage', '--until needs --since')
  if (asked.since !== undefined) {
    const from = moment(asked.since, 'since', nowMs)
    const to = asked.until === undefined ? nowMs : moment(asked.until, 'until', nowMs)
    if (from >= to) throw new WeighbridgeError('usage', '--since must lie before --until')
    const end = Math.min(to, nowMs)
    if (from >= end) throw new WeighbridgeError('usage', '--since lies in the future')
    return { from: new Date(from), to: new Date(end), label: `${stamp(from)} to ${stamp(end)}`, ongoing: to > nowMs }
  }
  const month = asked.month ?? new Date(nowMs).toISOString().slice(0, 7)
  const match = MONTH.exec(month)
  if (match === null) throw new WeighbridgeError('usage', `--month takes a month such as 2026-11, not "${month.slice(0, 64)}"`)
  const from = Date.UTC(Number(match[1]), Number(match[2]) - 1)
  const to = Date.UTC(Number(match[1]), Number(match[2]))
  if (from > nowMs) throw new WeighbridgeError('usage', `${month} lies in the future`)
  return { from: new Date(from), to: new Date(Math.min(to, nowMs)), label: month, ongoing: to > nowMs }
}

/** A date (its midnight, UTC), a moment (UTC where it names no zone), or days ago as in `7d`, counted in whole days from the next midnight. */
function moment(text: string, option: string, nowMs: number): number {
  const ago = /^(\d{1,4})d$/.exec(text)
  if (ago !== null) return Math.floor(nowMs / DAY_MS) * DAY_MS - (Number(ago[1]) - 1) * DAY_MS
  const at = isoMoment(text)
  if (at === undefined) throw new WeighbridgeError('usage', `--${option} takes a date such as 2026-11-01, a moment, or 7d, not "${text.slice(0, 64)}"`)
  return at
}

/** `2026-11-01 00:00`. */
export function stamp(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
}
