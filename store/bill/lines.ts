// The lines of a bill: what three queries said about the same keys, put together, and their exact total. In: the queries'
// rows. Out: lines and a total that is their sum. It must not turn an unknown amount into 0.
import type { BilledAttempts, BilledCalls, ReportedCosts } from '../queries/bill.ts'
import { storedMoney, sumKnown, type Money } from './money.ts'

/** Dollar columns, all exact; `undefined`: attempts there were, but not one with a known cost. */
export const MONEY_COLUMNS = ['total', 'production', 'wasted', 'aborted', 'eval', 'judge', 'provider', 'priced', 'estimated', 'backfilled', 'reported', 'expected', 'difference'] as const
export const COUNT_COLUMNS = [
  'calls', 'eval_calls', 'judge_calls', 'failed_calls', 'unpriced_calls', 'attempts', 'failed_attempts', 'unpriced_attempts', 'unpriced_input', 'unpriced_output',
  'input', 'cache_read', 'cache_write', 'output', 'compared_attempts',
] as const

/**
 * One line. `total` = production + eval + judge = provider + priced + estimated + backfilled; `wasted` and `aborted` are parts
 * of production; `difference` = reported − expected, over attempts whose cost the provider reported and that we price too.
 */
export type BillLine = {
  readonly key: readonly string[]
  readonly money: Readonly<Record<(typeof MONEY_COLUMNS)[number], Money | undefined>>
  readonly counts: Readonly<Record<(typeof COUNT_COLUMNS)[number], number>>
}

/** What the queries answered, for the same window and key. */
export type BillRows = { readonly attempts: readonly BilledAttempts[]; readonly calls: readonly BilledCalls[]; readonly reported: readonly ReportedCosts[] }

/** Lines in order: by key where it has a day in it, else the dearest first. */
export function billLines(rows: BillRows, byDay: boolean): BillLine[] {
  const of = <Row extends { readonly bill_key: readonly string[] }>(list: readonly Row[]): Map<string, Row> => new Map(list.map((row) => [JSON.stringify(row.bill_key), row]))
  const [attempts, calls, reported] = [of(rows.attempts), of(rows.calls), of(rows.reported)]
  const lines = [...new Set([...attempts.keys(), ...calls.keys(), ...reported.keys()])].map((id) => lineOf(attempts.get(id), calls.get(id), reported.get(id)))
  const byKey = (a: BillLine, b: BillLine): number => compareKeys(a.key, b.key)
  return byDay ? lines.toSorted(byKey) : lines.toSorted((a, b) => compareMoney(b.money.total, a.money.total) || byKey(a, b))
}

/** The sum of the lines, column by column. */
export function billTotal(lines: readonly BillLine[]): BillLine {
  const money = (column: (typeof MONEY_COLUMNS)[number]): Money | undefined => (lines.length === 0 ? 0n : sumKnown(lines.map((line) => line.money[column])))
  const count = (column: (typeof COUNT_COLUMNS)[number]): number => lines.reduce((sum, line) => sum + line.counts[column], 0)
  return { key: [], money: record(MONEY_COLUMNS, money), counts: record(COUNT_COLUMNS, count) }
}

function lineOf(attempts: BilledAttempts | undefined, calls: BilledCalls | undefined, reported: ReportedCosts | undefined): BillLine {
  const usd = (text: string | null | undefined): Money | undefined => (text === undefined ? 0n : storedMoney(text))
  const [production, evals, judge] = [usd(attempts?.production_usd), usd(attempts?.eval_usd), usd(attempts?.judge_usd)]
  const [told, expected] = [usd(reported?.reported_usd), usd(reported?.expected_usd)]
  return {
    key: attempts?.bill_key ?? calls?.bill_key ?? reported?.bill_key ?? [],
    money: {
      total: total(attempts, [production, evals, judge]),
      production,
      wasted: usd(attempts?.wasted_usd),
      aborted: usd(attempts?.aborted_usd),
      eval: evals,
      judge,
      provider: usd(attempts?.provider_usd),
      priced: usd(attempts?.priced_usd),
      estimated: usd(attempts?.estimated_usd),
      backfilled: usd(attempts?.backfilled_usd),
      reported: told,
      expected,
      difference: (told ?? 0n) - (expected ?? 0n),
    },
    counts: {
      calls: calls?.calls ?? 0,
      eval_calls: calls?.eval_calls ?? 0,
      judge_calls: calls?.judge_calls ?? 0,
      failed_calls: calls?.failed_calls ?? 0,
      unpriced_calls: calls?.unpriced_calls ?? 0,
      attempts: attempts?.attempts ?? 0,
      failed_attempts: attempts?.failed_attempts ?? 0,
      unpriced_attempts: attempts?.unpriced_attempts ?? 0,
      unpriced_input: attempts?.unpriced_input ?? 0,
      unpriced_output: attempts?.unpriced_output ?? 0,
      input: attempts?.input ?? 0,
      cache_read: attempts?.cache_read ?? 0,
      cache_write: attempts?.cache_write ?? 0,
      output: attempts?.output ?? 0,
      compared_attempts: reported?.compared_attempts ?? 0,
    },
  }
}

/** Unknown only where nothing at all is known: production without a price beside no evals is unknown, not 0. */
function total(attempts: BilledAttempts | undefined, parts: readonly (Money | undefined)[]): Money | undefined {
  if (attempts !== undefined && attempts.attempts > 0 && attempts.unpriced_attempts === attempts.attempts) return undefined
  return sumKnown(parts)
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, index) => part !== b[index])
  return at === -1 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1
}

function compareMoney(a: Money | undefined, b: Money | undefined): number {
  const [left, right] = [a ?? -1n, b ?? -1n]
  return left < right ? -1 : left > right ? 1 : 0
}

function record<Name extends string, Value>(names: readonly Name[], of: (name: Name) => Value): Record<Name, Value> {
  // Every name gets its value here; Object.fromEntries cannot say so in its type.
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, Value>
}
