// `weighbridge whatif --outage PROVIDER`: for every task, where its calls would go without that provider, by the very rules that
// route them: shares, ceilings and chains for requests of the sizes that the task really gets.
import type { Config, Task, Target } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { parseRouteTable, type RouteTable } from '../../core/route-table.ts'
import { INPUT_BUCKETS, inputBucket } from '../../core/usage.ts'
import type { TrafficCell } from '../../evals/learn/whatif/verbosity.ts'
import type { CallFacts } from '../../router/decide/call-facts.ts'
import { sharesNow } from '../../router/decide/choose.ts'
import { learningExpectedOutput, type ExpectedOutput } from '../../router/decide/expected-output.ts'
import { planCall } from '../../router/decide/plan.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { routeVersions } from '../../store/queries/routes.ts'
import { trafficCells } from '../../store/queries/what-if.ts'
import { EXIT, type Arguments, type ExitCode, type Terminal } from '../command.ts'
import { paint, percent, table, usd } from '../output.ts'

export type OutageQuestion = { readonly clickhouse: ClickHouse; readonly config: Config; readonly provider: string; readonly sinceMs: number; readonly nowMs: number }

/** One task without the provider. */
type TaskOutage = {
  readonly task: string
  readonly simulated: boolean
  /** Calls of the window; 0: shares are those of a middling request. */
  readonly calls: number
  /** Share of the task's calls that go to the provider first. */
  readonly lost: number
  readonly before: Shares
  readonly after: Shares
  /** Chain behind the first choice, without the provider. */
  readonly failover: readonly string[]
  readonly per_1k_before_usd: number | null
  readonly per_1k_after_usd: number | null
  readonly quality_before: number | null
  readonly quality_after: number | null
  /** Share of its calls that no target is left for. */
  readonly refused: number
}
type Shares = Readonly<Record<string, number>>

/** Exit 1 where calls of a task would be refused. */
export async function outage(terminal: Terminal, args: Arguments, { clickhouse, config, provider, sinceMs, nowMs }: OutageQuestion): Promise<ExitCode> {
  const out = config.providers.get(provider)
  if (out === undefined) throw new WeighbridgeError('usage', `There is no provider "${provider}"`, { remedy: `Configured: ${[...config.providers.keys()].join(', ')}.` })
  const window = { simulated: out.simulated, from: new Date(sinceMs), to: new Date(nowMs) }
  const [cells, versions] = await Promise.all([clickhouse.query(trafficCells, window), clickhouse.query(routeVersions, { ...window, from: new Date(0) })])
  const [newest] = versions
  const current = newest === undefined ? undefined : parseRouteTable(newest.table_json)
  const tasks = [...config.tasks.values()].filter((task) => task.simulated === out.simulated && candidateNames(task).length > 0).map((task) => taskWithout(config, task, provider, cells, current))
  if (args.flag('json')) terminal.out(`${JSON.stringify({ provider, since: new Date(sinceMs).toISOString(), tasks })}\n`)
  else print(terminal, provider, tasks)
  return tasks.some(({ refused }) => refused > 0) ? EXIT.gateFailed : EXIT.ok
}

/** A request of a size that the task gets, with how many it stands for. */
type Shape = { readonly inputTokens: number; readonly weight: number }

function taskWithout(config: Config, task: Task, provider: string, cells: readonly TrafficCell[], table: RouteTable | undefined): TaskOutage {
  const own = cells.filter((cell) => cell.task === task.name)
  const calls = own.reduce((sum, { answers }) => sum + answers, 0)
  const shapes: Shape[] = INPUT_BUCKETS.flatMap((bucket) => {
    const of = own.filter((cell) => cell.bucket === bucket)
    const answers = of.reduce((sum, cell) => sum + cell.answers, 0)
    return answers === 0 ? [] : [{ inputTokens: Math.round(of.reduce((sum, cell) => sum + cell.answers * cell.input_mean, 0) / answers), weight: answers / calls }]
  })
  const expected = lengthsOf(cells)
  const sums = { before: emptySide(), after: emptySide() }
  let lost = 0
  let refused = 0
  let failover: readonly string[] = []
  for (const { inputTokens, weight } of shapes.length > 0 ? shapes : [MIDDLING]) {
    const plan = planCall({ config, table, expected, prices: undefined }, factsOf(task.name, inputTokens))
    const isOut = (target: Target): boolean => target.provider.name === provider
    const before = sharesNow(plan, () => undefined)
    const after = sharesNow(plan, (target) => (isOut(target) ? { reason: 'drained', detail: `without ${provider}` } : undefined))
    const usdOf = new Map(plan.candidates.map((candidate) => [candidate.target.name, candidate.estimate.usd]))
    take(sums.before, before.shares, usdOf, weight)
    take(sums.after, after.shares, usdOf, weight)
    lost += weight * [...before.shares].reduce((sum, [name, share]) => sum + (config.targets.get(name)?.provider.name === provider ? share : 0), 0)
    if (after.shares.size === 0) refused += weight
    failover = after.failover
  }
  const evidence = table?.tasks[task.name]?.evidence ?? {}
  const quality = ({ shares }: Side): number | null => {
    const total = [...shares.values()].reduce((sum, share) => sum + share, 0)
    let sum = 0
    for (const [name, share] of shares) {
      const known = evidence[name]?.quality?.value
      if (known === undefined) return null
      sum += (share / total) * known
    }
    return total > 0 ? sum : null
  }
  return {
    task: task.name,
    simulated: task.simulated,
    calls,
    lost,
    before: Object.fromEntries(sums.before.shares),
    after: Object.fromEntries(sums.after.shares),
    failover,
    per_1k_before_usd: per1k(sums.before),
    per_1k_after_usd: per1k(sums.after),
    quality_before: quality(sums.before),
    quality_after: quality(sums.after),
    refused,
  }
}

const MIDDLING: Shape = { inputTokens: 1_000, weight: 1 }

type Side = { readonly shares: Map<string, number>; usd: number; served: number; isPriced: boolean }
const emptySide = (): Side => ({ shares: new Map(), usd: 0, served: 0, isPriced: true })

function take(side: Side, shares: ReadonlyMap<string, number>, usdOf: ReadonlyMap<string, number | undefined>, weight: number): void {
  for (const [name, share] of shares) {
    side.shares.set(name, (side.shares.get(name) ?? 0) + weight * share)
    side.served += weight * share
    const cost = usdOf.get(name)
    if (cost === undefined) side.isPriced = false
    else side.usd += weight * share * cost
  }
}

function per1k({ usd: sum, served, isPriced }: Side): number | null {
  return isPriced && served > 0 ? (1000 * sum) / served : null
}

/** Answer lengths as the traffic shows them, the router's own guess where it shows none. */
function lengthsOf(cells: readonly TrafficCell[]): ExpectedOutput {
  const guess = learningExpectedOutput()
  return {
    expect: (evidenceKey, task, inputTokens) => {
      const cell = cells.find((one) => one.evidence_key === evidenceKey && one.task === task && one.bucket === inputBucket(inputTokens))
      if (cell === undefined) return guess.expect(evidenceKey, task, inputTokens)
      return { outputTokens: cell.output_mean, cacheReadShare: cell.input_known > 0 ? Math.min(1, (cell.cache_read ?? 0) / cell.input_known) : 0 }
    },
    learn: () => undefined,
    rows: () => [],
    take: () => undefined,
    revision: () => 0,
  }
}

function factsOf(task: string, inputTokens: number): CallFacts {
  return {
    model: 'auto', task, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production',
    sessionId: undefined, userId: undefined, tags: [], effort: undefined, stream: false, inputTokens, maxOutputTokens: undefined,
  }
}

function print(terminal: Terminal, provider: string, tasks: readonly TaskOutage[]): void {
  terminal.out(`Without ${paint(terminal, 'bold', provider)}:\n\n`)
  const shares = (of: Shares): string => Object.entries(of).filter(([, share]) => share > 0.0005).sort((a, b) => b[1] - a[1]).map(([name, share]) => `${name} ${percent(share)}`).join(', ')
  terminal.out(
    table(['task', 'loses', 'calls', '$ per 1k calls', 'quality', 'first choices then', 'behind them'], tasks.map((task) => [
      task.task + (task.simulated ? ' (simulated)' : ''),
      percent(task.lost),
      String(task.calls),
      `${money(task.per_1k_before_usd)} → ${money(task.per_1k_after_usd)}`,
      task.quality_before === null || task.quality_after === null ? '–' : `${task.quality_before.toFixed(2)} → ${task.quality_after.toFixed(2)}`,
      Object.keys(task.after).length === 0 ? 'nobody' : shares(task.after),
      task.failover.join(', '),
    ])),
  )
  for (const { task, refused } of tasks) if (refused > 0) terminal.out(`\n${paint(terminal, 'red', '!')} ${percent(refused)} of the calls of ${task} would be refused: no target is left for them\n`)
}

function money(value: number | null): string {
  return value === null ? 'unknown' : usd(value)
}
