// What needs a person, out of what the router says of itself, what waits for a decision, and the window's figures: worst first. Pure.
import type { OperationsDocument } from '../../../../core/operations.ts'
import type { OverviewAnswer } from '../../api/overview.ts'
import type { Recommendation, RoutesAnswer } from '../../api/routes.ts'
import type { Change } from '../address.ts'
import { count, counted, left, moment, percent, spoken } from '../format.ts'

export type Attention = { readonly tone: 'bad' | 'warn' | 'note'; readonly text: string; readonly action: string; readonly to: Change }

export type Known = {
  readonly overview: OverviewAnswer
  /** `undefined`: not known (no admin routes, no key). */
  readonly operations: OperationsDocument | undefined
  readonly routes: RoutesAnswer | undefined
  readonly recommendation: Recommendation | undefined
}

/** Shares above which a person should look, by the lower end of their interval. */
const FAILED_SHARE = 0.005
const FAILOVER_SHARE = 0.05
/** Spans that wait longer are late. */
const SPOOL_LATE_MS = 60_000
const RANK = { bad: 0, warn: 1, note: 2 } as const

const TARGETS: Change = { page: 'routes', id: '', own: { view: 'targets' } }
const RECOMMENDATION: Change = { page: 'routes', id: '', own: { view: 'recommendation' } }
const IN_FORCE: Change = { page: 'routes', id: '', own: {} }
const search = (q: string): Change => ({ page: 'traces', id: '', own: { q } })

/** Empty: nothing does. */
export function attention({ overview, operations, routes, recommendation }: Known): Attention[] {
  const { simulated } = overview.frame
  const items = [...ofFigures(overview), ...ofRecommendation(recommendation, simulated), ...(operations === undefined ? [] : ofRouter(operations, elsewhere(routes, simulated))), ...ofRoutes(routes, simulated)]
  return items.toSorted((a, b) => RANK[a.tone] - RANK[b.tone])
}

/** Targets that only tasks of the other side of the divide use: their troubles are not this page's. */
function elsewhere(routes: RoutesAnswer | undefined, simulated: boolean): ReadonlySet<string> {
  const names = (side: boolean): string[] => (routes?.tasks ?? []).filter((task) => task.simulated === side).flatMap((task) => [...Object.keys(task.configured), ...Object.keys(task.weights)])
  const here = new Set(names(simulated))
  return new Set(names(!simulated).filter((name) => !here.has(name)))
}

function ofRouter(operations: OperationsDocument, others: ReadonlySet<string>): Attention[] {
  const { config_fault, route_table, following, targets, tasks, drains, spool, price_changes, now_at } = operations
  const items: Attention[] = []
  if (config_fault !== null) items.push({ tone: 'bad', text: `The configuration file as it stands is not in force: ${config_fault}`, action: 'Routes', to: IN_FORCE })
  if (route_table.fault !== null) items.push({ tone: 'bad', text: `The newest route table is not in force: ${route_table.fault}`, action: 'Routes', to: IN_FORCE })
  if (following !== null && !following.reachable) items.push({ tone: 'warn', text: `The primary at ${following.url} does not answer: drains and keys are as last known.`, action: 'Targets', to: TARGETS })
  for (const task of tasks) if (Object.keys(task.weights).length > 0 && Object.keys(task.shares).length === 0) items.push({ tone: 'bad', text: `${task.task} has no target left that its weights could draw.`, action: 'Targets', to: TARGETS })
  for (const target of targets) {
    if (target.state === 'ok' || others.has(target.target)) continue
    const why = target.code === null ? '' : ` after ${spoken(target.code)}`
    items.push({ tone: 'warn', text: `${target.target} ${target.state === 'half_open' ? 'is being tried again' : `${target.state === 'limited' ? 'pauses' : 'cools'}${target.left_ms === null ? '' : ` for ${left(target.left_ms)}`}`}${why}.`, action: 'Targets', to: TARGETS })
  }
  for (const drain of drains.filter(({ name }) => !others.has(name))) items.push({ tone: 'note', text: `${drain.name} is drained until ${moment(drain.until_at, now_at)} by ${drain.author}${drain.reason === '' ? '' : `: ${drain.reason}`}.`, action: 'Targets', to: TARGETS })
  if (spool.dropped > 0) items.push({ tone: 'bad', text: `${counted(spool.dropped, 'batch', 'batches')} of spans did not fit the spool and ${spool.dropped === 1 ? 'is' : 'are'} lost.`, action: 'Targets', to: TARGETS })
  if (spool.oldest_ms !== null && spool.oldest_ms > SPOOL_LATE_MS) items.push({ tone: 'warn', text: `Spans wait on the router's disk, the oldest for ${left(spool.oldest_ms)}: the collector does not take them.`, action: 'Targets', to: TARGETS })
  for (const { target, over } of price_changes) if (over.length > 0 && !others.has(target)) items.push({ tone: 'warn', text: `The price of ${target} changed: over the ceiling in ${over.join(', ')}.`, action: 'Routes', to: IN_FORCE })
  return items
}

function ofFigures({ totals }: OverviewAnswer): Attention[] {
  const items: Attention[] = []
  const { calls, failed_calls, failovers, unpriced_calls } = totals
  if (wilsonLow(failed_calls, calls) > FAILED_SHARE) items.push({ tone: 'bad', text: `${count(failed_calls)} of ${counted(calls, 'call')} got no answer (${percent(failed_calls / calls)}).`, action: 'Look at them', to: search('status:error') })
  if (wilsonLow(failovers, calls) > FAILOVER_SHARE) items.push({ tone: 'warn', text: `${count(failovers)} of ${counted(calls, 'call')} needed more than one attempt (${percent(failovers / calls)}).`, action: 'Look at them', to: search('attempts>1') })
  if (unpriced_calls > 0) items.push({ tone: 'warn', text: `${counted(unpriced_calls, 'call')} ${unpriced_calls === 1 ? 'has' : 'have'} no price: spend is a lower bound.`, action: 'Look at them', to: search('-has:cost') })
  return items
}

function ofRoutes(routes: RoutesAnswer | undefined, simulated: boolean): Attention[] {
  return (routes?.tasks ?? []).filter((task) => task.simulated === simulated).flatMap((task) => [
    ...(task.note === null ? [] : [{ tone: 'note' as const, text: `${task.task}: ${task.note}`, action: 'Routes', to: IN_FORCE }]),
    ...Object.entries(task.excluded).map(([target, reason]) => ({ tone: 'note' as const, text: `${target} is out of the draw of ${task.task}: ${reason}`, action: 'Routes', to: IN_FORCE })),
  ])
}

function ofRecommendation(recommendation: Recommendation | undefined, simulated: boolean): Attention[] {
  const moves = (recommendation?.simulated === simulated ? recommendation.tasks : []).filter((task) => task.verdict === 'move')
  if (moves.length === 0) return []
  return [{ tone: 'note', text: `${counted(moves.length, 'move')} of traffic ${moves.length === 1 ? 'waits' : 'wait'} for a person: ${moves.map((task) => task.task).join(', ')}.`, action: 'Weigh and apply', to: RECOMMENDATION }]
}

/** Lower end of the 95% Wilson interval of k in n, so that a few calls never alarm; 0 without any. */
export function wilsonLow(k: number, n: number): number {
  if (n === 0) return 0
  const z2 = 3.841458820694124
  const p = k / n
  return (p + z2 / (2 * n) - Math.sqrt(z2 * ((p * (1 - p)) / n + z2 / (4 * n * n)))) / (1 + z2 / n)
}
