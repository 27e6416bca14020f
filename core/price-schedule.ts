// Prices over time: which rates hold at a moment, and when they change next. Effective dates and daily windows (DeepSeek's
// peak hours) alike. Pure arithmetic on milliseconds since the Unix epoch.
import type { DailyWindow, Rates, ScheduledRates, TargetPrice } from './prices.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The rates in force at a moment; without one, or without a schedule, those the price was resolved with. */
export function ratesAt(price: TargetPrice, nowMs: number | undefined): Rates {
  const { schedule } = price
  if (schedule === undefined || nowMs === undefined) return price
  return scheduledAt(schedule, nowMs) ?? price
}

/** The last of the rates that hold at a moment; `undefined` when none does. */
export function scheduledAt(schedule: readonly ScheduledRates[], nowMs: number): Rates | undefined {
  for (let index = schedule.length - 1; index >= 0; index -= 1) {
    const entry = schedule[index]
    if (entry !== undefined && holds(entry, nowMs)) return entry.rates
  }
  return undefined
}

function holds({ fromMs, untilMs, window }: ScheduledRates, nowMs: number): boolean {
  return nowMs >= fromMs && nowMs < untilMs && (window === undefined || isWithin(window, nowMs))
}

/** Whether a moment lies in a daily window. A window over midnight belongs to the day on which it begins. */
export function isWithin(window: DailyWindow, nowMs: number): boolean {
  const local = nowMs + window.utcOffsetMinutes * MINUTE_MS
  const minute = mod(local, DAY_MS) / MINUTE_MS
  const day = dayOfWeek(local)
  const { fromMinute, untilMinute } = window
  const begins = (on: number): boolean => window.days === undefined || window.days.includes(on)
  if (fromMinute < untilMinute) return minute >= fromMinute && minute < untilMinute && begins(day)
  return (minute >= fromMinute && begins(day)) || (minute < untilMinute && begins(mod(day - 1, 7)))
}

/** 1 January 1970 was a Thursday. */
function dayOfWeek(localMs: number): number {
  return mod(Math.floor(localMs / DAY_MS) + 4, 7)
}

/** The next moment after `nowMs` at which other rates may hold; Infinity: never. Looks at most eight days ahead for windows. */
export function nextChangeMs(price: TargetPrice, nowMs: number): number {
  const { schedule } = price
  if (schedule === undefined) return Infinity
  const moments = schedule.flatMap(({ fromMs, untilMs, window }) => [fromMs, untilMs, ...(window === undefined ? [] : bounds(window, nowMs))])
  let next = Infinity
  const before = scheduledAt(schedule, nowMs)
  for (const moment of moments.filter((at) => at > nowMs && at < Infinity).sort((a, b) => a - b)) {
    if (scheduledAt(schedule, moment) === before) continue
    next = moment
    break
  }
  return next
}

/** Begins and ends of a window on the days around a moment. */
function bounds(window: DailyWindow, nowMs: number): number[] {
  const offsetMs = window.utcOffsetMinutes * MINUTE_MS
  const midnight = Math.floor((nowMs + offsetMs) / DAY_MS) * DAY_MS - offsetMs
  return Array.from({ length: 9 }, (_, day) => midnight + (day - 1) * DAY_MS).flatMap((start) => [start + window.fromMinute * MINUTE_MS, start + window.untilMinute * MINUTE_MS])
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by
}
