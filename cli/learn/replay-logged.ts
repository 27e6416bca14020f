// `weighbridge routes replay --logged`: what the weights served, in force, configured, uniform, and each target alone would have been
// worth on the production calls of the last weeks, by their logged probabilities.
import { candidateNames, type Config, type Task } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { effectiveRoute, parseRouteTable, type RouteTable } from '../../core/route-table.ts'
import { systemClock } from '../../core/seams.ts'
import { followUpsSpeak, loggedTargets, loggedValue, servedShares, type LoggedValue } from '../../evals/learn/backtest/logged.ts'
import { FAULT_CODES, readRows, type EvidenceRows } from '../../evals/learn/evidence.ts'
import { parseLength } from '../../router/admin/subjects.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { learningEvidence } from '../../store/queries/evidence.ts'
import { routeVersions } from '../../store/queries/routes.ts'
import { EXIT, type Arguments, type ExitCode, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { percent, table } from '../output.ts'

const DAY_MS = 86_400_000
const SINCE_MS = 30 * DAY_MS
/** Days at which a call counts half: so long that none does. */
const NO_AGEING = 1e6

/** Exit 3 where no task has enough logged calls to say anything. */
export async function replayLogged(terminal: Terminal, args: Arguments): Promise<ExitCode> {
  const sinceMs = args.text('since') === undefined ? SINCE_MS : parseLength(args.text('since') ?? '')
  if (sinceMs === undefined) throw new WeighbridgeError('usage', `--since takes a length of time such as 30d or 12h, not "${args.text('since')}"`)
  const settings = locate(terminal, args)
  const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
  const { clickhouse, close } = openReader(terminal, args)
  try {
    const to = new Date(systemClock.nowMs())
    const sides = [...new Set([...config.tasks.values()].filter((task) => candidateNames(task).length > 0).map((task) => task.simulated))]
    const found = (await Promise.all(sides.map((simulated) => sideOf(clickhouse, config, simulated, to, sinceMs, args)))).flat()
    if (args.flag('json')) terminal.out(`${JSON.stringify({ since: new Date(to.getTime() - sinceMs).toISOString(), tasks: found })}\n`)
    else print(terminal, found)
    return found.some(({ policies }) => policies.some(({ utility }) => utility !== undefined)) ? EXIT.ok : EXIT.inconclusive
  } finally {
    await close()
  }
}

type TaskLogged = { readonly task: string; readonly simulated: boolean; readonly calls: number; readonly by: 'follow-ups and cost' | 'cost alone'; readonly policies: readonly (LoggedValue & { readonly name: string })[] }

async function sideOf(clickhouse: ClickHouse, config: Config, simulated: boolean, to: Date, sinceMs: number, args: Arguments): Promise<TaskLogged[]> {
  const from = new Date(to.getTime() - sinceMs)
  const rows = readRows(simulated, await clickhouse.query(learningEvidence, {
    simulated, to, evals_from: to, production_from: from, evals_half_life_days: NO_AGEING, production_half_life_days: NO_AGEING, fault_codes: [...FAULT_CODES], discounted: [], discounted_until_ms: [], discount: 1,
  }))
  const [newest] = await clickhouse.query(routeVersions, { simulated, from: new Date(0), to })
  const current = newest === undefined ? undefined : parseRouteTable(newest.table_json)
  const value = args.number('value', { min: 1e-9, max: 1e6 })
  return [...config.tasks.values()].filter((task) => task.simulated === simulated && candidateNames(task).length > 1).map((task) => taskLogged(config, task, rows, current, value ?? task.valuePerAnswerUsd))
}

function taskLogged(config: Config, task: Task, rows: EvidenceRows, current: RouteTable | undefined, valueUsd: number): TaskLogged {
  const names = candidateNames(task)
  const targets = loggedTargets(new Map(names.map((name) => [name, rows.production.find((row) => row.task === task.name && row.evidence_key === config.targets.get(name)?.evidenceKey)])))
  const withQuality = followUpsSpeak(targets)
  const sets: Record<string, Record<string, number>> = {
    'as served': servedShares(targets),
    'in force': Object.fromEntries(effectiveRoute(config, task, current).weights),
    configured: Object.fromEntries(task.route),
    uniform: Object.fromEntries(names.map((name) => [name, 1 / names.length])),
    ...Object.fromEntries(names.map((name) => [`all to ${name}`, { [name]: 1 }])),
  }
  return { task: task.name, simulated: task.simulated, calls: targets.reduce((sum, { calls }) => sum + calls, 0), by: withQuality ? 'follow-ups and cost' : 'cost alone', policies: Object.entries(sets).map(([name, weights]) => ({ name, ...loggedValue(targets, weights, valueUsd, withQuality) })) }
}

function print(terminal: Terminal, found: readonly TaskLogged[]): void {
  if (found.length === 0) return terminal.out('No task has two targets to choose between.\n')
  for (const { task, simulated, calls, by, policies } of found) {
    terminal.out(`${task}${simulated ? ' (SIMULATED)' : ''}: ${calls} calls drawn by weight, valued by ${by}\n`)
    terminal.out(
      `${table(['weights', 'utility per call (95%)', '$ per 1k calls', 'shares'], policies.map(({ name, utility, costPer1kUsd, unknown, weights }) => [
        name,
        utility === undefined ? `not enough calls of ${unknown.join(', ') || 'any target'}` : `${decimal(utility.value)} (${decimal(utility.low)}…${decimal(utility.high)})`,
        costPer1kUsd === undefined ? '–' : costPer1kUsd.toFixed(2),
        Object.entries(weights).filter(([, share]) => share > 0).map(([target, share]) => `${target} ${percent(share)}`).join(', '),
      ]))}\n`,
    )
  }
}

const decimal = (value: number): string => value.toFixed(4).replace('-', '−')
