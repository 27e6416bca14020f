// Exact amounts as the server writes them (decimal text) for people: cents, or six decimals below a cent, as `weighbridge bill` shows them.
// In: text or `null` for unknown. Out: text. Pure.
import { UNKNOWN } from '../format.ts'

/** A float of it, to draw with; 0 where it is unknown. */
export function number(exact: string | null): number {
  return exact === null ? 0 : Number(exact)
}

/** `$1,234.56`; below a cent six decimals. */
export function cents(exact: string | null): string {
  if (exact === null) return UNKNOWN
  const value = Number(exact)
  const size = Math.abs(value)
  const digits = size === 0 || size >= 0.01 ? 2 : 6
  return `${value < 0 ? '−' : ''}$${size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`
}

/** Cells as a line of CSV (RFC 4180). A text that a spreadsheet would take for a formula is kept from it by an apostrophe. */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => (/^[=+@\t\r]|^-(?!\d)/.test(cell) ? `'${cell}` : cell))
    .map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')
}
