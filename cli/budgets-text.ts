// What budgets have counted, as text for people: who used how much of what, until when, and who is over. Pure.
import type { BudgetRow, BudgetsDocument } from '../core/leases.ts'
import { MEASURES, type Measure } from '../core/limits.ts'
import { percent, table } from './output.ts'
import { span } from './times.ts'

/** One line for each limit; what nothing limits is left out. */
export function budgetTable(rows: readonly BudgetRow[], nowMs: number): string {
  const lines = rows.flatMap((row) =>
    MEASURES.flatMap((measure) => {
      const { limit, spent, set_aside, lent } = row[measure]
      if (limit === null) return []
      const used = spent + set_aside + lent
      return [[row.budget, subjectText(row), `${measure}${row.window === 'total' ? '' : `/${row.window}`}`, amount(measure, spent), amount(measure, set_aside), lent > 0 ? amount(measure, lent) : '', amount(measure, limit), limit > 0 ? percent(used / limit) : '–', row.resets_at === null ? 'never' : `in ${span(row.resets_at - nowMs)}`, spent + set_aside >= limit ? 'OVER' : used >= limit ? 'lent' : '']]
    }),
  )
  if (lines.length === 0) return 'Nothing is limited.\n'
  return table(['budget', 'of', 'limit on', 'spent', 'set aside', 'lent', 'limit', 'used', 'resets', ''], lines)
}

/** All of it, for `budgets`. */
export function budgetsText(document: BudgetsDocument): string {
  return `${budgetTable(document.rows, document.now_at)}${document.more > 0 ? `… and ${document.more} more; narrow it with --budget or --subject.\n` : ''}${notes(document).map((note) => `! ${note}\n`).join('')}`
}

/** What a person should know of budgets, for `status`: who is over, what is not shared, what is not on disk. */
export function budgetAlarms(document: BudgetsDocument): string[] {
  const over = document.rows.filter((row) => row.over)
  const shared = over.filter(({ budget }) => !isAgent(budget)).map((row) => `budget ${row.budget}${row.subject === '' ? '' : ` of ${subjectText(row)}`} is used up this ${row.window === 'total' ? 'time' : row.window}: its calls are refused ${row.resets_at === null ? 'until it is raised or reset' : `for another ${span(row.resets_at - document.now_at)}`}`)
  const agents = over.filter(({ budget }) => isAgent(budget)).length
  return [...shared, ...(agents === 0 ? [] : [`${agents} trace(s), session(s) or user(s) have reached their limit`]), ...notes(document)]
}

/** Rows for `status`: all but traces, sessions and users, which are too many. */
export function statusRows(document: BudgetsDocument): BudgetRow[] {
  return document.rows.filter(({ budget }) => !isAgent(budget))
}

function notes({ leasing, written, rows, primary, now_at }: BudgetsDocument): string[] {
  const lost = rows.reduce((sum, row) => sum + row.lost_usd, 0)
  return [
    ...(leasing === null || leasing.reachable ? [] : [`the primary does not share budgets: ${leasing.fault ?? 'unknown'}; this router goes on with its slices${leasing.heard_at === null ? '' : `, last told ${span(now_at - leasing.heard_at)} ago`}`]),
    ...(written ? [] : ['what budgets count cannot be written to disk; a restart would forget it']),
    ...(lost > 0 ? [`dollars are counted as spent that were only set aside when a router was killed (see lost_usd with --json)`] : []),
    ...(primary === null ? [] : [`figures are as this router last heard them; who holds what is at ${primary}`]),
  ]
}

function subjectText({ subject, subject_name, simulated }: BudgetRow): string {
  return `${subject_name === null ? subject : `${subject_name} (${subject})`}${simulated ? ' (simulated)' : ''}`
}

function isAgent(budget: string): boolean {
  return budget === 'trace' || budget === 'session' || budget === 'user'
}

function amount(measure: Measure, value: number): string {
  return measure === 'usd' ? `$${Number(value.toPrecision(6))}` : String(Math.round(value))
}
