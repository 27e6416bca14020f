// A bill as text: a table for people, CSV and JSON for machines. Numbers stay exact in both machine forms. Pure.
import { table } from '../output.ts'
import { csvLine } from './csv.ts'
import { COUNT_COLUMNS, MONEY_COLUMNS, type BillLine } from '../../store/bill/lines.ts'
import { exactUsd, shownUsd, type Money } from '../../store/bill/money.ts'

/** A bill with what it is about. */
export type Bill = {
  readonly from: string
  readonly to: string
  readonly label: string
  readonly ongoing: boolean
  readonly simulated: boolean
  readonly by: readonly string[]
  readonly lines: readonly BillLine[]
  readonly total: BillLine
  readonly notes: readonly string[]
}

/** The table that people read, with the notes that the figures need. */
export function billTable(bill: Bill): string {
  const head = [...bill.by, 'calls', 'production', 'of it wasted', 'evals', 'judges', 'total', 'estimated', 'backfilled', 'unpriced calls', 'unpriced tokens', 'reported − ours']
  const cells = (line: BillLine, key: readonly string[]): string[] => [
    ...key,
    String(line.counts.calls + line.counts.eval_calls + line.counts.judge_calls),
    shownUsd(line.money.production),
    shownUsd(line.money.wasted),
    shownUsd(line.money.eval),
    shownUsd(line.money.judge),
    shownUsd(line.money.total),
    shownUsd(line.money.estimated),
    shownUsd(line.money.backfilled),
    String(line.counts.unpriced_calls),
    String(line.counts.unpriced_input + line.counts.unpriced_output),
    line.counts.compared_attempts === 0 ? '–' : shownUsd(line.money.difference),
  ]
  const rows = bill.lines.map((line) => cells(line, line.key.map(shownKey)))
  const total = cells(bill.total, bill.by.map((_, index) => (index === 0 ? 'TOTAL' : '')))
  const title = `${bill.simulated ? 'SIMULATED ' : ''}bill for ${bill.label} (UTC)${bill.ongoing ? `, so far: until ${bill.to.slice(0, 16).replace('T', ' ')}` : ''}`
  if (bill.lines.length === 0) return `${title}\nNo attempts and no calls in this period.\n${notesOf(bill)}`
  return `${title}\n\n${table(head, [...rows, total])}${notesOf(bill)}`
}

function notesOf(bill: Bill): string {
  return bill.notes.length === 0 ? '' : `\n${bill.notes.map((note) => `${note}\n`).join('')}`
}

/** An empty key part is no name of anything; control characters of a client's words do not reach the terminal. */
function shownKey(part: string): string {
  const clean = part.replaceAll(/\p{C}/gu, '\u{fffd}')
  return clean === '' ? '(none)' : clean.length > 48 ? `${clean.slice(0, 47)}…` : clean
}

/** Every column, one line for each key and a last line `TOTAL`; unknown amounts are empty cells. */
export function billCsv(bill: Bill): string {
  const head = ['line', ...bill.by, ...COUNT_COLUMNS, ...MONEY_COLUMNS.map((column) => `${column}_usd`)]
  const row = (what: string, line: BillLine, key: readonly string[]): string => csvLine([what, ...key, ...COUNT_COLUMNS.map((column) => line.counts[column]), ...MONEY_COLUMNS.map((column) => exactOr(line.money[column], ''))])
  return csvLine(head) + bill.lines.map((line) => row('item', line, line.key)).join('') + row('TOTAL', bill.total, bill.by.map(() => ''))
}

/** The same as one JSON value; dollars as exact text, unknown ones null. */
export function billJson(bill: Bill): string {
  const figures = (line: BillLine): Record<string, number | string | null> => ({ ...line.counts, ...Object.fromEntries(MONEY_COLUMNS.map((column) => [`${column}_usd`, exactOr(line.money[column], null)])) })
  const lines = bill.lines.map((line) => ({ key: Object.fromEntries(bill.by.map((name, index) => [name, line.key[index] ?? ''])), ...figures(line) }))
  const { from, to, label, ongoing, simulated, by, notes } = bill
  return `${JSON.stringify({ period: label, from, to, ongoing, simulated, by, lines, total: figures(bill.total), notes })}\n`
}

function exactOr<Else>(value: Money | undefined, otherwise: Else): string | Else {
  return value === undefined ? otherwise : exactUsd(value)
}
