// The status of a router as text for people: what is wrong first, then targets, traffic, drains and prices. Pure.
import type { Drain, OperationsDocument, TargetOperations, TaskOperations } from '../core/operations.ts'
import type { BudgetsDocument } from '../core/leases.ts'
import { budgetAlarms, budgetTable, statusRows } from './budgets-text.ts'
import type { Terminal } from './command.ts'
import { paint, percent, table } from './output.ts'
import { moment, span } from './times.ts'

type Paintable = Pick<Terminal, 'isTty'>

/** All of it, with a line end. */
export function statusText(status: OperationsDocument, url: string, terminal: Paintable): string {
  const { budgets } = status
  const parts = [headLine(status, url), ...[...alarms(status), ...(budgets === undefined ? [] : budgetAlarms(budgets))].map((alarm) => paint(terminal, 'yellow', `  ! ${alarm}`)), '', targetTable(status), ...taskLines(status), ...drainLines(status), ...priceLines(status), ...budgetLines(budgets)]
  return `${parts.join('\n')}\n`
}

function headLine({ ready, route_version, spool, following, now_at }: OperationsDocument, url: string): string {
  const waiting = spool.records === 0 ? 'nothing waits in the spool' : `${spool.records} span batch(es) wait in the spool${spool.oldest_ms === null ? '' : `, the oldest for ${span(spool.oldest_ms)}`}`
  const primary = following === null ? 'own state' : `follows ${following.url}`
  return `${url}: ${ready ? 'ready' : 'NOT READY'}, route version ${route_version}, ${waiting}, ${primary}, ${moment(now_at)}`
}

function alarms({ config_fault, route_table, notes, warnings, following, spool, tasks }: OperationsDocument): string[] {
  return [
    ...(config_fault === null ? [] : [`the configuration file is faulty, the last good one is in force: ${config_fault}`]),
    ...(route_table.fault === null ? [] : [`the route table is faulty, the last good one is in force: ${route_table.fault}`]),
    ...(following?.fault == null ? [] : [`the primary cannot be followed: ${following.fault}; drains as of ${age(following.drains_age_ms)}, keys as of ${age(following.keys_age_ms)}`]),
    ...(spool.dropped === 0 ? [] : [`${spool.dropped} span batch(es) were dropped at the bound of the spool`]),
    ...tasks.filter((task) => task.excluded.length > 0 && Object.keys(task.shares).length === 0 && task.failover.length === 0).map((task) => `task ${task.task} has no target left: its calls are refused`),
    ...Object.entries(notes).map(([task, note]) => `${task}: ${note}`),
    ...warnings,
  ]
}

function age(ms: number | null): string {
  return ms === null ? 'never' : `${span(ms)} ago`
}

/** What a target is to its callers: a drain stands above what the breaker says. */
function standing(target: TargetOperations, drains: readonly Drain[], now: number): { state: string; since: string; until: string; why: string } {
  const drain = drains.find((candidate) => (candidate.scope === 'target' ? candidate.name === target.target : candidate.name === target.provider))
  if (drain !== undefined) {
    const by = `${drain.scope === 'provider' ? `provider ${drain.name}, ` : ''}by ${drain.author}${drain.reason === '' ? '' : `: ${drain.reason}`}`
    return { state: 'drained', since: `${span(now - drain.started_at)} ago`, until: `in ${span(drain.until_at - now)}`, why: target.state === 'ok' ? by : `${by} (also ${words(target.state)}: ${target.code ?? 'unknown'})` }
  }
  if (target.state === 'ok') return { state: 'ok', since: '', until: '', why: '' }
  return {
    state: words(target.state),
    since: target.held_ms === null ? '–' : `${span(target.held_ms)} ago`,
    until: target.left_ms === null ? '–' : target.left_ms === 0 ? 'next call' : `in ${span(target.left_ms)}`,
    why: target.code ?? '',
  }
}

function words(state: TargetOperations['state']): string {
  return state.replace('_', '-')
}

function targetTable({ targets, drains, now_at }: OperationsDocument): string {
  if (targets.length === 0) return 'No target is enabled.\n'
  const rows = targets.map((target) => {
    const { state, since, until, why } = standing(target, drains, now_at)
    const { total, resting } = target.keys
    const keys = total < 2 && resting.length === 0 ? '' : `${total - resting.length}/${total}`
    const rest = resting.map((key) => `key ${key.number} rests ${span(key.left_ms)}: ${key.code}`)
    return [target.target, state, since, until, String(target.in_flight), String(target.last_minute.attempts), String(target.last_minute.errors), keys, [why, ...rest].filter((text) => text !== '').join('; ')]
  })
  return table(['target', 'state', 'since', 'until', 'in flight', 'attempts/min', 'errors/min', 'keys', 'why'], rows)
}

function taskLines({ tasks, for_request }: OperationsDocument): string[] {
  if (tasks.length === 0) return []
  const rows = tasks.map((task) => [task.task, sharesText(task.shares), moved(task), task.failover.join(' → ')])
  return [`Traffic now (a call of about ${for_request.input_tokens} tokens in, ${for_request.output_tokens} out):`, table(['task', 'first attempts', 'instead of', 'then'], rows)]
}

function sharesText(shares: Readonly<Record<string, number>>): string {
  const parts = Object.entries(shares).filter(([, share]) => share > 0).sort(([, a], [, b]) => b - a).map(([target, share]) => `${target} ${percent(share)}`)
  return parts.length === 0 ? '–' : parts.join(', ')
}

/** Whose traffic goes elsewhere now, and why. */
function moved({ weights, shares, excluded }: TaskOperations): string {
  const reasons = new Map(excluded.map(({ target, reason }) => [target, reason]))
  return Object.entries(weights).filter(([target, weight]) => weight > 0 && (shares[target] ?? 0) === 0).map(([target, weight]) => `${target} ${percent(weight)}${reasons.has(target) ? ` (${reasons.get(target) ?? ''})` : ''}`).join(', ')
}

function drainLines({ drains, targets }: OperationsDocument): string[] {
  // A drain of something that has no target is in no row of the table.
  const unseen = drains.filter((drain) => !targets.some((target) => (drain.scope === 'target' ? target.target === drain.name : target.provider === drain.name)))
  return unseen.map((drain) => `${drain.scope} ${drain.name} is drained until ${moment(drain.until_at)} by ${drain.author}, and no enabled target has to do with it`)
}

function budgetLines(budgets: BudgetsDocument | undefined): string[] {
  const rows = budgets === undefined ? [] : statusRows(budgets)
  return budgets === undefined || rows.every((row) => row.share === null) ? [] : ['Budgets:', budgetTable(rows, budgets.now_at)]
}

function priceLines({ price_changes }: OperationsDocument): string[] {
  if (price_changes.length === 0) return []
  const rows = price_changes.map((change) => [change.target, moment(change.at), change.before, change.after, change.cause, change.over.join(', ')])
  return ['Price changes:', table(['target', 'when', 'before', 'after', 'cause', 'over its ceiling now'], rows)]
}
