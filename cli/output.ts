// Text for people: tables that line up, numbers with their units, colour only on a terminal.
import { styleText } from 'node:util'
import type { Terminal } from './command.ts'

type Style = Parameters<typeof styleText>[0]

/** Paints text on a terminal, returns it as it is elsewhere. */
export function paint(terminal: Pick<Terminal, 'isTty'>, style: Style, text: string): string {
  return terminal.isTty ? styleText(style, text, { validateStream: false }) : text
}

/** Paints a cell that is already as wide as its column. */
export type CellPaint = (padded: string, row: number, column: number) => string

/** Text of models and clients without what a terminal would obey; lines stay lines. */
export function withoutControls(text: string): string {
  return text.replaceAll('\t', '  ').replaceAll(/[^\P{Cc}\n]/gu, '')
}

/** Rows as aligned columns; columns whose every cell looks like a number stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], painted: CellPaint = (padded) => padded): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => /^[–\-−$+.\d%]|^$/.test(row[column] ?? '')))
  const line = (cells: readonly string[], row?: number): string => {
    const padded = cells.map((cell, column) => (numeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
    // Blanks at the end of a line are left out before anything is painted.
    const last = padded.findLastIndex((cell) => cell.trim() !== '')
    return padded
      .slice(0, last + 1)
      .map((cell, column) => (column === last ? cell.trimEnd() : cell))
      .map((cell, column) => (row === undefined ? cell : painted(cell, row, column)))
      .join('  ')
  }
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map((cells, row) => line(cells, row)), ''].join('\n')
}

/** Dollars with as many digits as make a small amount readable; `–` when unknown. */
export function usd(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : Math.abs(value) >= 0.01 ? 4 : 6
  return `$${value.toFixed(digits)}`
}

/** A share as per cent with one decimal; `–` when unknown. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(1)}%`
}

/** A rate with its interval, e.g. `16.0% (9.1–26.5)`. */
export function percentInterval(estimate: { value: number; low: number; high: number } | null | undefined): string {
  if (estimate === null || estimate === undefined) return '–'
  return `${percent(estimate.value)} (${(estimate.low * 100).toFixed(1)}–${(estimate.high * 100).toFixed(1)})`
}

/** Milliseconds as `840 ms` or `2.4 s`; `–` when unknown. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–'
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** Text that others chose (names, ids), without control characters: a terminal would obey them. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '')
}
