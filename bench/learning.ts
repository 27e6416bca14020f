// The learner on a table of outcomes, beside other ways to share traffic, its sensitivity to each of its constants, what happens when
// the world changes, and simulated nights. Opt-in; prints tables (or --json) and judges nothing.
//   node bench/learning.ts --outcomes FILE.csv[.gz] [--part replays|sensitivity|scenarios|nights|all] [--seeds N] [--values .5,.05,.005] [--draws N] [--json]
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { parseCsv } from '../cli/bill/csv.ts'
import { table as textTable } from '../cli/output.ts'
import { parseOutcomes, type OutcomeTable } from '../evals/learn/backtest/outcomes.ts'
import { replaySeeds, replayTable } from '../evals/learn/backtest/replay.ts'
import { parseScenario } from '../evals/learn/backtest/scenario.ts'
import { LEARNING_RULES, type LearningRules } from '../evals/learn/rules.ts'
import { meanOfRuns } from '../evals/stats/mean-of-runs.ts'
import { BASELINES } from './learning/baselines.ts'
import { nightFigures } from './learning/night-figures.ts'
import { VARIATIONS } from './learning/variations.ts'

const { values: flags } = parseArgs({
  options: {
    outcomes: { type: 'string' },
    part: { type: 'string', default: 'all' },
    seeds: { type: 'string', default: '20' },
    values: { type: 'string', default: '.5,.05,.005' },
    draws: { type: 'string', default: String(LEARNING_RULES.draws) },
    'evals-per-cell': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const seeds = Number(flags.seeds)
const kappas = flags.values.split(',').map(Number)
const rules: LearningRules = { ...LEARNING_RULES, draws: Number(flags.draws) }
const more = flags['evals-per-cell'] === undefined ? {} : { evalsPerCell: Number(flags['evals-per-cell']) }
const wants = (part: string): boolean => flags.part === 'all' || flags.part === part

const say = (title: string, head: readonly string[], rows: readonly (readonly string[])[], document: unknown): void => {
  process.stdout.write(flags.json ? `${JSON.stringify({ title, rows: document })}\n` : `\n${title}\n${textTable(head, rows)}`)
}
const percent = ({ value, low, high }: { value: number; low: number | null | undefined; high: number | null | undefined }): string => `${(100 * value).toFixed(2)}% (${low == null ? '–' : (100 * low).toFixed(2)}…${high == null ? '–' : (100 * high).toFixed(2)})`
const utility = ({ value }: { value: number }): string => value.toFixed(4)

function load(): OutcomeTable {
  if (flags.outcomes === undefined) throw new Error('this part needs --outcomes FILE.csv[.gz]')
  const bytes = readFileSync(flags.outcomes)
  const records = parseCsv((flags.outcomes.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
  if ('fault' in records) throw new Error(`line ${records.line}: ${records.fault}`)
  return parseOutcomes(records)
}

function replays(table: OutcomeTable): void {
  for (const valueUsd of kappas) {
    const report = replayTable(table, { valueUsd, seeds, rules, ...more })
    const { last_quarter: yard } = report
    const share = (one: { value: number }): string => `${((100 * one.value) / yard.per_task_hindsight_u.value).toFixed(2)}%`
    const others = Object.entries(BASELINES).map(([name, make]) => {
      const runs = replaySeeds(table, { valueUsd, seeds, ...more, policy: (seed) => make({ table, valueUsd, seed }) })
      return { name, all: meanOfRuns(runs.map((run) => run.policy.all)), last: meanOfRuns(runs.map((run) => run.policy.lastQuarter)), of: meanOfRuns(runs.map((run) => run.policy.lastQuarter / run.perTaskHindsight.lastQuarter)), usd: meanOfRuns(runs.map((run) => run.spendUsd.calls)).value }
    })
    const rows = [
      ['weighbridge', utility(report.mean_u), utility(report.last_quarter_u), report.last_quarter_of_hindsight === null ? '–' : percent(report.last_quarter_of_hindsight), report.spend_usd.value.toFixed(2)],
      ...others.map(({ name, all, last, of, usd }) => [name, utility(all), utility(last), percent(of), usd.toFixed(2)]),
      ['uniform', utility(report.uniform_u), utility(yard.uniform_u), share(yard.uniform_u), ''],
      ['best fixed model', utility(report.best_fixed_u), utility(yard.best_fixed_u), share(yard.best_fixed_u), ''],
      ['per-task hindsight', utility(report.per_task_hindsight_u), utility(yard.per_task_hindsight_u), '100%', ''],
      ['oracle per prompt', utility(report.oracle_u), utility(yard.oracle_u), share(yard.oracle_u), ''],
    ]
    say(`$${valueUsd} an answer, ${seeds} seeds, ${report.calls_per_seed} calls each; evals ${report.evals_usd.value.toFixed(2)} USD, ${report.leader_changes.value.toFixed(2)} leader changes per task`, ['policy', 'U all', 'U last quarter', 'of hindsight, last quarter (95%)', 'USD of calls'], rows, { report, others })
  }
}

function sensitivity(table: OutcomeTable): void {
  const rows = VARIATIONS.map(({ name, change, options = {} }) => [name, ...kappas.map((valueUsd) => {
    const { last_quarter_of_hindsight: of, leader_changes: changes } = replayTable(table, { valueUsd, seeds, rules: change(rules), ...more, ...options })
    return of === null ? '–' : `${percent(of)} ${changes.value.toFixed(2)}`
  })])
  say(`Sensitivity: last quarter of hindsight (95%) and leader changes per task, ${seeds} seeds`, ['what is different', ...kappas.map((value) => `$${value}`)], rows, rows)
}

function scenarios(table: OutcomeTable): void {
  const texts = table.models.flatMap((model) => [`degrade:${model}:0.5`, `price:${model}:x0.1`, `newcomer:${model}@0.5`])
  const rows = texts.flatMap((text) => kappas.map((valueUsd) => {
    const { reaction, last_quarter_of_hindsight: of } = replayTable(table, { valueUsd, seeds, rules, scenario: parseScenario(text, table.models), scenarioText: text, ...more })
    const per = reaction === null ? 0 : reaction.tasks / seeds
    return [text, `$${valueUsd}`, per.toFixed(1), reaction?.nights_median?.toFixed(0) ?? '–', reaction?.nights_p90?.toFixed(0) ?? '–', reaction === null || reaction.tasks === 0 ? '–' : `${((100 * reaction.missed) / reaction.tasks).toFixed(0)}%`, reaction === null ? '–' : reaction.regret_per_call.value.toFixed(4), of === null ? '–' : percent(of)]
  }))
  say(`When the world changes half way (night 30 of 60), ${seeds} seeds`, ['scenario', 'value', 'tasks whose best changes', 'nights (median)', 'nights (p90)', 'not by the end', 'U lost per call after', 'last quarter of hindsight'], rows, rows)
}

if (wants('replays')) replays(load())
if (wants('sensitivity')) sensitivity(load())
if (wants('scenarios')) scenarios(load())
if (wants('nights')) {
  const figures = nightFigures(Math.max(100, seeds), rules)
  say('Simulated nights', ['what', 'seeds', 'figure'], figures.map(({ what, seeds: count, figure }) => [what, String(count), figure]), figures)
}
