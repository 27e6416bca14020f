// Scales of the charts: time across, a quantity up, both with round ticks that fit. In: a domain and pixels. Out: positions and ticks. Pure.
import { scaleLinear, scaleLog, scaleTime, scaleUtc } from 'd3-scale'
import { day, moment } from '../format.ts'

export type Tick = { readonly at: number; readonly label: string }
export type Axis = { readonly place: (value: number) => number; readonly ticks: readonly Tick[] }
export type TimeAxis = Axis & { readonly invert: (px: number) => number }

/** Time from `left` to `right`, in the reader's own time zone or in UTC; about a tick every `every` pixels. */
export function timeAxis(fromMs: number, toMs: number, left: number, right: number, every = 96, utc = false): TimeAxis {
  const scale = (utc ? scaleUtc : scaleTime)([new Date(fromMs), new Date(toMs)], [left, right])
  const span = toMs - fromMs
  const ticks = scale.ticks(Math.max(2, Math.floor((right - left) / every)))
  return {
    place: (ms) => scale(ms),
    invert: (px) => scale.invert(px).getTime(),
    ticks: ticks.map((at) => ({ at: at.getTime(), label: utc ? at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }) : timeLabel(at, span) })),
  }
}

const DAY_MS = 86_400_000

function timeLabel(at: Date, span: number): string {
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0
  if (span > 3 * DAY_MS || (isMidnight && span > DAY_MS / 2)) return day(at.getTime())
  return moment(at.getTime(), at.getTime()).slice(0, span < 300_000 ? 8 : 5)
}

/** A quantity from `bottom` up to `top`, its end rounded up; `count` ticks or so. The domain is never empty. */
export function quantityAxis(low: number, high: number, bottom: number, top: number, count: number, format: (value: number) => string): Axis & { readonly end: number } {
  const scale = scaleLinear([low, high > low ? high : low + 1], [bottom, top]).nice(count)
  const [, end = 1] = scale.domain()
  return { place: (value) => scale(value), ticks: scale.ticks(count).map((at) => ({ at, label: format(at) })), end }
}

/** Dollars and the like over several powers of ten, from `left` to `right`; ticks at 1, 2 and 5, thinned to what fits. */
export function logAxis(low: number, high: number, left: number, right: number, format: (value: number) => string): Axis {
  const scale = scaleLog([low, high], [left, right])
  const all = scale.ticks().filter((at) => [1, 2, 5].includes(Number((at / 10 ** Math.floor(Math.log10(at) + 1e-9)).toPrecision(1))))
  const most = Math.max(2, Math.floor((right - left) / 62))
  const shown = all.length <= most ? all : all.filter((at) => Number.isInteger(Number(Math.log10(at).toFixed(6))))
  return { place: (value) => scale(Math.min(high, Math.max(low, value))), ticks: shown.map((at) => ({ at, label: format(at) })) }
}

/** Round lengths of time from 0 to `total` ms, about `count` of them. */
export function timeTicks(total: number, count: number): number[] {
  return scaleLinear([0, total], [0, 1]).ticks(count)
}
