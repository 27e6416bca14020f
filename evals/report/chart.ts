// Estimates with their intervals as a drawing: one row a target, a dot and its bar on a scale from 0 to 1 (or the index's −100 to
// 100). Comes in: names and estimates. Goes out: SVG text whose colours the page decides. Pure.
import type { Estimate } from '../stats/estimate.ts'

export type ChartRow = { readonly name: string; readonly estimate: Estimate | undefined }
export type Scale = { readonly from: number; readonly to: number; readonly label: (value: number) => string }

export const SHARE_SCALE: Scale = { from: 0, to: 1, label: (value) => `${Math.round(100 * value)}%` }
export const INDEX_SCALE: Scale = { from: -100, to: 100, label: (value) => String(Math.round(value)) }
export const J_SCALE: Scale = { from: -1, to: 1, label: (value) => `${Math.round(100 * value)}` }

const NAMES = 190
const PLOT = 420
const ROW = 26
const TICKS = 4

/** The drawing; rows without an estimate say so. `limit`: a gate's, as a line. */
export function intervalChart(title: string, rows: readonly ChartRow[], scale: Scale, limit?: number): string {
  const height = 34 + rows.length * ROW + 22
  const x = (value: number): number => NAMES + (PLOT * (Math.min(scale.to, Math.max(scale.from, value)) - scale.from)) / (scale.to - scale.from)
  const ticks = Array.from({ length: TICKS + 1 }, (_tick, at) => scale.from + ((scale.to - scale.from) * at) / TICKS)
  return [
    `<svg viewBox="0 0 ${NAMES + PLOT + 90} ${height}" role="img" aria-label="${markup(title)}"><title>${markup(title)}</title>`,
    `<text class="title" x="0" y="16">${markup(title)}</text>`,
    ...ticks.map((tick) => `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="28" y2="${height - 20}"/><text class="tick" x="${x(tick)}" y="${height - 6}" text-anchor="middle">${scale.label(tick)}</text>`),
    ...(limit === undefined ? [] : [`<line class="limit" x1="${x(limit)}" x2="${x(limit)}" y1="24" y2="${height - 20}"/>`]),
    ...rows.map((row, at) => rowText(row, 34 + at * ROW + ROW / 2, x, scale)),
    '</svg>',
  ].join('')
}

function rowText({ name, estimate }: ChartRow, y: number, x: (value: number) => number, scale: Scale): string {
  const label = `<text class="name" x="${NAMES - 10}" y="${y + 4}" text-anchor="end">${markup(name)}</text>`
  if (estimate?.value === undefined) return `${label}<text class="none" x="${NAMES + 6}" y="${y + 4}">too few (n ${estimate?.n ?? 0})</text>`
  const bar = estimate.low === undefined || estimate.high === undefined ? '' : `<line class="bar" x1="${x(estimate.low)}" x2="${x(estimate.high)}" y1="${y}" y2="${y}"/>`
  return `${label}${bar}<circle class="dot" cx="${x(estimate.value)}" cy="${y}" r="4.5"/><text class="value" x="${NAMES + PLOT + 10}" y="${y + 4}">${scale.label(estimate.value)}</text>`
}

/** Text inside markup. */
export function markup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
