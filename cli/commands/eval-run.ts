// `weighbridge eval run` and `eval estimate`: replay suites through the router, or say first what that will cost.
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { detectableDifference } from '../../evals/stats/power.ts'
import type { RunProgress } from '../../evals/replay/run.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { emitter } from '../compose/emit.ts'
import { readRunning, routerUrl } from '../compose/running.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { estimateRun, type RunEstimate } from '../eval/estimate-run.ts'
import { lostCosts } from '../eval/lost-costs.ts'
import { budgetOf, GRADER_OPTIONS, graderOf, SCOPE_OPTIONS, scopeOf } from '../eval/options.ts'
import { exitOf, REPORT_OPTIONS, reportRun } from '../eval/report-run.ts'
import { runSuites, type RunStart, type SuiteRunResult } from '../eval/run-suites.ts'
import { duration, percent, table, usd } from '../output.ts'

const DAY_MS = 86_400_000

export const run: Command = {
  name: 'eval run',
  summary: 'Replay probe suites against targets through the running router, and grade the answers.',
  help: `Evals on real targets spend money: they need --budget-usd or evals.budget_usd, judges included. A run that reaches its budget is inconclusive
(exit 3) and moves nothing; so is one whose gates cannot be decided. A killed or stopped run goes on with --resume: nothing that was answered is paid twice.`,
  options: {
    ...SCOPE_OPTIONS,
    ...GRADER_OPTIONS,
    concurrency: { type: 'string', meaning: 'Trials in flight per provider', value: 'N' },
    'budget-usd': { type: 'string', meaning: 'Most to spend on real targets and judges', value: 'USD' },
    seed: { type: 'string', meaning: 'Seed sent to the provider (default 1)', value: 'N' },
    cache: { type: 'string', meaning: 'Take answers of earlier runs that are at most so many days old', value: 'DAYS' },
    resume: { type: 'string', meaning: 'Go on with a stopped run, as it was started', value: 'RUN' },
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
    ...REPORT_OPTIONS,
  },
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    const collectorUrl = readRunning(settings.dataDir)?.collector ?? config.settings.collector.url ?? `http://127.0.0.1:${config.settings.collector.port}`
    const cacheDays = args.number('cache', { min: 0, max: 3_650 })
    const progress = progressLine(terminal, args)
    const result = await runSuites({
      config,
      configDir: settings.configDir,
      privateSeed: secret(terminal.env, 'WEIGHBRIDGE_PRIVATE_SEED'),
      dataDir: settings.dataDir,
      routerUrl: routerUrl(settings.dataDir, args.text('url') ?? terminal.env['WEIGHBRIDGE_URL']),
      apiKey: terminal.env['WEIGHBRIDGE_KEY'],
      ...scopeOf(args),
      ...graderOf(args),
      budgetUsd: budgetOf(args, config.settings.evals.budget_usd),
      concurrency: args.number('concurrency', { min: 1, max: 256, integer: true }),
      seed: args.number('seed', { min: 0, max: 2 ** 31, integer: true }) ?? 1,
      cacheMaxAgeMs: cacheDays === undefined ? undefined : cacheDays * DAY_MS,
      resume: args.text('resume'),
      emit: emitter(collectorUrl, terminal.env),
      costOfLost: lostCosts(terminal, args),
      signal: terminal.signal,
      onStart: (start) => announce(terminal, args, start),
      onProgress: progress.show,
    })
    progress.end()
    sayWhatWentWrong(terminal, result, collectorUrl)
    return exitOf(await reportRun(terminal, args, { dataDir: settings.dataDir, config, runId: result.runId }))
  },
}

function announce(terminal: Terminal, args: Arguments, { runId, trials, resumed, grader, warnings }: RunStart): void {
  for (const warning of warnings) terminal.err(`weighbridge: ${warning}\n`)
  if (!args.flag('json')) terminal.out(`run ${runId}: ${trials} trials${resumed > 0 ? `, ${resumed} of them done before` : ''}, graded by ${grader}\n`)
}

/** A line that redraws itself on a terminal, and nothing elsewhere. */
export function progressLine(terminal: Terminal, args: Pick<Arguments, 'flag'>): { show: (progress: RunProgress) => void; end: () => void } {
  const quiet = args.flag('json') || !terminal.isTty
  return {
    show: (p) => {
      if (quiet) return
      const limited = p.limited > 0 ? `, ${p.limited} × "too many"` : ''
      terminal.out(`\r\u001b[2K  ${p.done}/${p.total} (${percent(p.done / p.total)}) ${p.perSecond.toFixed(1)}/s, ${usd(p.spentUsd)}${limited}, ${left(p)} left`)
    },
    end: () => {
      if (!quiet) terminal.out('\n')
    },
  }
}

function left(p: RunProgress): string {
  return p.perSecond > 0 ? duration((1_000 * (p.total - p.done)) / p.perSecond) : '?'
}

function sayWhatWentWrong(terminal: Terminal, result: SuiteRunResult, collectorUrl: string): void {
  if (result.undelivered > 0) terminal.err(`weighbridge: ${result.undelivered} result(s) did not reach the collector at ${collectorUrl}; they are in the journal: \`weighbridge eval run --resume ${result.runId}\` sends them again\n`)
  for (const [provider, lane] of result.lanes) if (lane.givenUp !== undefined) terminal.err(`weighbridge: ${provider} was given up: ${lane.givenUp}\n`)
  if (result.lost.length > 0) terminal.err(`weighbridge: ${result.lost.length} call(s) were lost when this run was killed, at ${usd(result.lost.reduce((sum, call) => sum + call.chargedUsd, 0))}\n`)
  if (result.overBudget) terminal.err(`weighbridge: the budget was reached after ${usd(result.chargedUsd)}: the run is inconclusive and moves nothing; \`--resume ${result.runId}\` with a larger budget goes on\n`)
}

export const estimate: Command = {
  name: 'eval estimate',
  summary: 'What a run would cost, judges included, and what difference it could show. Nothing is asked.',
  options: { ...SCOPE_OPTIONS, ...GRADER_OPTIONS },
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    const estimated = await estimateRun({ config, configDir: settings.configDir, privateSeed: secret(terminal.env, 'WEIGHBRIDGE_PRIVATE_SEED'), dataDir: settings.dataDir, ...scopeOf(args), ...graderOf(args) })
    if (args.flag('json')) terminal.out(`${JSON.stringify(asJson(estimated))}\n`)
    else showEstimate(terminal, estimated, config.settings.evals.budget_usd)
    return estimated.unpriced.length > 0 ? EXIT.inconclusive : EXIT.ok
  },
}

function asJson(estimated: RunEstimate): unknown {
  return {
    trials: estimated.trials,
    judged: estimated.judged,
    grader: estimated.grader,
    median_usd: estimated.medianUsd ?? null,
    p95_usd: estimated.p95Usd ?? null,
    unpriced: estimated.unpriced,
    sees_points: Object.fromEntries(Object.entries(estimated.questions).map(([suite, n]) => [suite, pointsSeen(n) ?? null])),
    groups: estimated.groups.map((group) => ({ target: group.target, role: group.role, suite: group.suite, calls: group.calls, median_usd: group.medianUsd ?? null, p95_usd: group.p95Usd ?? null, assumed: group.assumed })),
  }
}

const pointsSeen = (questions: number): number | undefined => {
  const difference = detectableDifference(questions)
  return difference === undefined ? undefined : Number((100 * difference).toFixed(1))
}

function showEstimate(terminal: Terminal, estimated: RunEstimate, budgetUsd: number | undefined): void {
  const rows = estimated.groups.map((group) => [group.target, group.role, group.suite, String(group.calls), usd(group.medianUsd), usd(group.p95Usd), group.assumed ? 'assumed' : 'as seen'])
  terminal.out(`${table(['target', 'for', 'suite', 'calls', 'median', '95%', 'lengths'], rows)}\n`)
  if (estimated.unpriced.length > 0) terminal.out(`No price is known for ${estimated.unpriced.join(', ')}: a budget cannot hold them, and a run would skip them. Give them a price.\n`)
  else terminal.out(`${estimated.trials} trials, ${estimated.judged} of them judged: ${usd(estimated.medianUsd)} (median), ${usd(estimated.p95Usd)} (95%).${budgetUsd === undefined ? '' : ` The configured budget is ${usd(budgetUsd)}.`}\n`)
  for (const [suite, n] of Object.entries(estimated.questions)) terminal.out(`${suite}: ${n} questions show a difference between two targets of ${pointsSeen(n)?.toFixed(0) ?? '?'} points or more (80% power).\n`)
}
