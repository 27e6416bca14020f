// What budgets have counted, for operators: every subject with what it used, what is set aside and lent, and what its limits are by the
// configuration in force. In: the ledger. Out: rows, those that are over first.
import type { Config } from '../../core/config.ts'
import type { BudgetRow, BudgetsDocument } from '../../core/leases.ts'
import { MEASURES, windowAt, type Measure, type Window } from '../../core/limits.ts'
import type { KeyRing } from '../../core/mount.ts'
import { dollars, shown } from './amounts.ts'
import type { Cell } from './cell.ts'
import type { Limits } from './limits.ts'
import { limitsOfRule, type Policy } from './policy.ts'

/** Cells that are looked at, those used last: of keys, tasks and tags, and of traces, sessions and users. */
const MOST_NAMED = 5_000
const MOST_AGENTS = 1_000
/** Cells of one subject: its windows, on both sides. */
const MOST_OF_ONE = 100
const SIMULATED = 'sim/'

export type ReportParts = { readonly limits: Limits; readonly config: Config; readonly keys: KeyRing | undefined; readonly nowMs: number }
/** Which rows, and how many of them at most; left out: all kinds, the 200 that are over or most used. */
export type ReportFilter = { readonly budget: string | undefined; readonly subject: string | undefined; readonly over: boolean; readonly most: number }

const EVERYTHING: ReportFilter = { budget: undefined, subject: undefined, over: false, most: 200 }

/** The document of GET /admin/budgets. `primary`: whose budgets these slices are of. */
export function budgetsReport(parts: ReportParts, primary: string | undefined, filter: ReportFilter = EVERYTHING): BudgetsDocument {
  const { limits, nowMs } = parts
  const leasing = limits.slices?.standing()
  return {
    now_at: Math.floor(nowMs),
    primary: primary ?? null,
    ...budgetRows(parts, filter),
    holders: (limits.lending?.holders() ?? []).map(({ holder, heardMs }) => ({ holder, heard_at: Math.floor(heardMs) })),
    leasing: leasing === undefined ? null : { reachable: leasing.reachable, heard_at: leasing.heardMs === undefined ? null : Math.floor(leasing.heardMs), fault: leasing.fault ?? null },
    written: limits.written,
  }
}

/** Rows of the windows that are running, and how many were left out beyond `most`. */
function budgetRows(parts: ReportParts, filter: ReportFilter): { rows: BudgetRow[]; more: number } {
  const { limits, nowMs } = parts
  const { budget: rule, subject } = filter
  const cells = [...limits.ledger.current(nowMs, MOST_NAMED, { rule, subject, named: 'only' }), ...limits.ledger.current(nowMs, MOST_AGENTS, { rule, subject, named: 'never' })]
  const counted = cells.map((cell) => rowOf(parts, cell))
  const known = new Set(counted.map(idOf))
  const rows = [...counted, ...unused(parts).filter((row) => !known.has(idOf(row)))]
    .filter((row) => (filter.budget === undefined || row.budget === filter.budget) && (filter.subject === undefined || row.subject === filter.subject || row.subject.endsWith(`/${filter.subject}`)) && (!filter.over || row.over))
    .sort((a, b) => Number(b.over) - Number(a.over) || Number(isAgent(a)) - Number(isAgent(b)) || (b.share ?? -1) - (a.share ?? -1))
  return { rows: rows.slice(0, filter.most), more: Math.max(0, rows.length - filter.most) }
}

function idOf({ budget, subject, window, simulated }: BudgetRow): string {
  return `${window} ${simulated} ${budget} ${subject}`
}

function isAgent({ budget }: BudgetRow): boolean {
  return budget === 'trace' || budget === 'session' || budget === 'user'
}

function rowOf(parts: ReportParts, cell: Cell): BudgetRow {
  const { rule, subject, window } = cell.key
  const simulated = rule.startsWith(SIMULATED)
  const budget = simulated ? rule.slice(SIMULATED.length) : rule
  const key = budget === 'key' ? parts.keys?.byId?.(subject) : undefined
  const policy = parts.limits.policy(parts.config, key)
  const stated = limitsOfRule(policy, budget, subject).filter((limit) => limit.window === window)
  // A limit that only headers set is known by the last call that brought it.
  const mostOf = (measure: Measure): number | undefined => stated.find((limit) => limit.measure === measure)?.most ?? (budget === 'trace' || budget === 'session' ? cell.mosts[measure] : undefined)
  const usage = (measure: Measure): BudgetRow['usd'] => {
    const most = mostOf(measure)
    return {
      limit: most === undefined ? null : shown(measure, most),
      spent: shown(measure, cell.spentInAll(measure) - cell.forgiven[measure]),
      set_aside: shown(measure, cell.held[measure]),
      lent: shown(measure, cell.lentUnused(measure)),
    }
  }
  const row = { usd: usage('usd'), tokens: usage('tokens'), requests: usage('requests') }
  const shares = MEASURES.flatMap((measure) => (row[measure].limit === null ? [] : [shareOf(row[measure])]))
  return {
    budget,
    subject,
    subject_name: key?.name ?? null,
    simulated,
    window,
    resets_at: cell.endMs === Infinity ? null : cell.endMs,
    ...row,
    lost_usd: dollars(cell.lost.usd),
    over: MEASURES.some((measure) => isOver(row[measure])),
    share: shares.length === 0 ? null : Math.max(...shares),
  }
}

/** Whether a limit is reached; what others were granted can still be used by them. */
function isOver({ limit, spent, set_aside }: BudgetRow['usd']): boolean {
  return limit !== null && spent + set_aside >= limit
}

function shareOf({ limit, spent, set_aside, lent }: BudgetRow['usd']): number {
  const used = spent + set_aside + lent
  return limit === null || limit <= 0 ? (used > 0 || limit === 0 ? 1 : 0) : used / limit
}

/** Budgets by name of which nothing was used yet in this window. */
function unused({ limits, config, nowMs }: ReportParts): BudgetRow[] {
  const policy = limits.policy(config, undefined)
  const { tasks, tags } = config.settings.budgets
  const named: [budget: string, subject: string][] = [
    ['all', ''],
    ['evals', ''],
    ...Object.keys(tasks).map((task): [string, string] => ['task', task]),
    ...Object.keys(tags).map((tag): [string, string] => [`tag:${tag.slice(0, tag.indexOf('='))}`, tag.slice(tag.indexOf('=') + 1)]),
  ]
  return named.flatMap(([budget, subject]) => [...new Set(limitsOfRule(policy, budget, subject).map((limit) => limit.window))].map((window) => emptyRow(policy, budget, subject, window, nowMs)))
}

function emptyRow(policy: Policy, budget: string, subject: string, window: Window, nowMs: number): BudgetRow {
  const limits = limitsOfRule(policy, budget, subject)
  const usage = (measure: Measure): BudgetRow['usd'] => {
    const most = limits.find((limit) => limit.window === window && limit.measure === measure)?.most
    return { limit: most === undefined ? null : shown(measure, most), spent: 0, set_aside: 0, lent: 0 }
  }
  const { endMs } = windowAt(window, nowMs)
  return { budget, subject, subject_name: null, simulated: false, window, resets_at: endMs === Infinity ? null : endMs, usd: usage('usd'), tokens: usage('tokens'), requests: usage('requests'), lost_usd: 0, over: false, share: 0 }
}

/** Lets a subject of a budget begin anew, here; which windows did. Traces and sessions may be named without the key before them. */
export function resetBudget({ ledger }: Limits, budget: string, subject: string, nowMs: number): BudgetRow['window'][] {
  const matching = ledger.current(nowMs, MOST_OF_ONE, { rule: budget, subject })
  for (const cell of matching) {
    cell.forgive()
    ledger.changed(cell)
  }
  ledger.flush()
  return matching.map((cell) => cell.key.window)
}
