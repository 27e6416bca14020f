// The JSON of the bill page. Types and constants only. Dollars are exact decimal text; `null`: unknown, never nothing.
import type { BillLine } from '../../../store/bill/lines.ts'

/** Most lines that a page shows; the total is over all of them. */
export const MOST_LINES = 1_000

export type Dollars = string | null

export type ShownLine = { readonly key: readonly string[]; readonly money: Readonly<Record<keyof BillLine['money'], Dollars>>; readonly counts: BillLine['counts'] }

/** GET /api/ui/bill?simulated=&month=YYYY-MM&by=target&by=… */
export type BillAnswer = {
  readonly simulated: boolean
  /** The month, UTC, and what of it is over: [fromMs, toMs). */
  readonly month: string
  readonly fromMs: number
  readonly toMs: number
  readonly ongoing: boolean
  readonly by: readonly string[]
  readonly lines: readonly ShownLine[]
  /** How many lines there are in all. */
  readonly found: number
  readonly total: ShownLine
  /** Dollars of every day with an attempt, oldest first; the key is the day. */
  readonly days: readonly { readonly day: string; readonly production: Dollars; readonly evals: Dollars }[]
  /** Names of tags that calls of the month carry. */
  readonly tags: readonly string[]
}
