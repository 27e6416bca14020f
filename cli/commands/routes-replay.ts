// `weighbridge routes replay`: the learner over a recorded table of outcomes, seed by seed; or what several sets of weights would have
// been worth on one's own logged calls. Needs no running router: a file, or the database as reader.
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { parseOutcomes, type OutcomeTable } from '../../evals/learn/backtest/outcomes.ts'
import { replayPicture } from '../../evals/learn/backtest/picture.ts'
import { REPLAY_DEFAULTS, replayTable } from '../../evals/learn/backtest/replay.ts'
import type { OverSeeds, ReplayReport } from '../../evals/learn/backtest/report.ts'
import { parseScenario } from '../../evals/learn/backtest/scenario.ts'
import { parseCsv } from '../bill/csv.ts'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { paint, percent, table } from '../output.ts'
import { replayLogged } from '../learn/replay-logged.ts'

const SEEDS = 20

export const replay: Command = {
  name: 'routes replay',
  summary: 'Replay the learner over recorded outcomes, or value weights on your own logged calls.',
  help: `--outcomes takes a table with the columns prompt_id, task, model, score (0..1), cost_usd: what every model made of every prompt. A part of each
task's prompts is asked of every model first (and some again each night); the rest is traffic in a random order, and the
learner sees the score and cost of the model it chose. Utility is score − cost / value. Without --outcomes (or with --logged) the
production calls of --since are valued by their logged probabilities under the weights served, in force, pending, configured and uniform.`,
  options: {
    outcomes: { type: 'string', meaning: 'Table of outcomes, .csv or .csv.gz', value: 'FILE' },
    value: { type: 'string', meaning: 'Dollars that one right answer is worth (default .05)', value: 'USD' },
    seeds: { type: 'string', meaning: `Random orders to replay (default ${SEEDS})`, value: 'N' },
    nights: { type: 'string', meaning: `Nights that the traffic is divided into (default ${REPLAY_DEFAULTS.nights})`, value: 'N' },
    'evals-per-cell': { type: 'string', meaning: `Probes per task and model before the traffic, a twentieth of it again each night; a third of a task's prompts at most (default ${REPLAY_DEFAULTS.evalsPerCell})`, value: 'K' },
    observed: { type: 'string', meaning: 'Share of the served scores that is seen, 0 to 1 (default 1)', value: 'SHARE' },
    scenario: { type: 'string', meaning: 'degrade:MODEL:TO, price:MODEL:xF or newcomer:MODEL@FRACTION; the first two half way unless they end in @FRACTION', value: 'WHAT' },
    picture: { type: 'string', meaning: 'Draw the weights over time into this SVG file', value: 'FILE' },
    logged: { type: 'boolean', meaning: 'Value weights on the logged calls instead' },
    since: { type: 'string', meaning: 'With --logged: how far back (default 30d)', value: 'TIME' },
  },
  run: async (terminal, args) => {
    const path = args.text('outcomes')
    if (path === undefined || args.flag('logged')) return replayLogged(terminal, args)
    const outcomes = readOutcomes(resolve(terminal.cwd, path))
    const scenarioText = args.text('scenario')
    const options = {
      valueUsd: args.number('value', { min: 1e-9, max: 1e6 }) ?? 0.05,
      seeds: args.number('seeds', { min: 1, max: 1_000, integer: true }) ?? SEEDS,
      nights: args.number('nights', { min: 4, max: 1_000, integer: true }) ?? REPLAY_DEFAULTS.nights,
      evalsPerCell: args.number('evals-per-cell', { min: 0, max: 100_000, integer: true }) ?? REPLAY_DEFAULTS.evalsPerCell,
      observedShare: args.number('observed', { min: 0, max: 1 }) ?? REPLAY_DEFAULTS.observedShare,
      scenario: scenarioText === undefined ? undefined : parseScenario(scenarioText, outcomes.models),
      scenarioText,
      onSeed: (done: number): void => {
        if (terminal.isTty && !args.flag('json')) terminal.err(`\r\u001b[2K  seed ${done}`)
      },
    }
    const report = replayTable(outcomes, options)
    if (terminal.isTty && !args.flag('json')) terminal.err('\r\u001b[2K')
    const picture = args.text('picture')
    if (picture !== undefined) writeFileSync(resolve(terminal.cwd, picture), replayPicture(report))
    if (args.flag('json')) terminal.out(`${JSON.stringify(report)}\n`)
    else printReport(terminal, report)
    return EXIT.ok
  },
}

function readOutcomes(path: string): OutcomeTable {
  let text: string
  try {
    const bytes = readFileSync(path)
    // By what it is rather than by what it is called.
    text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: 2 ** 30 }) : bytes).toString('utf8')
  } catch (cause) {
    throw new WeighbridgeError('outcomes_invalid', `${path} cannot be read: ${asWeighbridgeError(cause).message}`, { cause, remedy: 'Give the path of a CSV file, gzipped or not, that this account may read.' })
  }
  const records = parseCsv(text)
  if ('fault' in records) throw new WeighbridgeError('outcomes_invalid', `${path} is no CSV: line ${records.line}: ${records.fault}`)
  return parseOutcomes(records)
}

function printReport(terminal: Terminal, report: ReplayReport): void {
  const { last_quarter: last } = report
  terminal.out(`${report.prompts} prompts, ${report.calls_per_seed} of them traffic; ${report.seeds} random orders, ${report.nights} nights, $${report.value_usd} an answer${report.scenario === null ? '' : `, ${report.scenario}`}\n\n`)
  const share = (one: OverSeeds): string => (last.per_task_hindsight_u.value > 0 ? percent(one.value / last.per_task_hindsight_u.value) : '–')
  const row = (name: string, all: OverSeeds, quarter: OverSeeds): string[] => [name, interval(all), interval(quarter), share(quarter)]
  terminal.out(
    table(['utility per call (95% over orders)', 'all calls', 'last quarter', 'of hindsight'], [
      row('weighbridge', report.mean_u, report.last_quarter_u),
      row('uniform', report.uniform_u, last.uniform_u),
      row('best single model', report.best_fixed_u, last.best_fixed_u),
      row('best model per task, in hindsight', report.per_task_hindsight_u, last.per_task_hindsight_u),
      row('best model per prompt', report.oracle_u, last.oracle_u),
    ]),
  )
  terminal.out(`\nRegret ${interval(report.regret_u)} per call; calls ${dollars(report.spend_usd)}, probes ${dollars(report.evals_usd)}; the leader changed ${report.leader_changes.value.toFixed(2)} times per task.\n`)
  const { reaction } = report
  if (reaction !== null && reaction.tasks === 0) terminal.out('No task has another best model after the change.\n')
  else if (reaction !== null) terminal.out(`After the change ${(reaction.tasks / report.seeds).toFixed(1)} tasks have another best model: it leads after ${reaction.nights_median ?? '–'} nights (median; 90%: ${reaction.nights_p90 ?? '–'}), not by the end in ${percent(reaction.missed / reaction.tasks)}; ${interval(reaction.regret_per_call)} lost per call since.\n`)
  const models = [...new Set(Object.values(report.weights).flatMap(Object.keys))].sort()
  terminal.out(`\n${paint(terminal, 'bold', 'Weights at the end, mean over orders')}\n`)
  terminal.out(table(['task', ...models], Object.entries(report.weights).map(([task, shares]) => [task, ...models.map((model) => (shares[model] === undefined ? '–' : percent(shares[model])))])))
}

function interval({ value, low, high }: OverSeeds): string {
  return low === null || high === null ? decimal(value) : `${decimal(value)} (${decimal(low)}…${decimal(high)})`
}

const decimal = (value: number): string => value.toFixed(4).replace('-', '−')
const dollars = ({ value }: OverSeeds): string => `$${value.toFixed(2)}`
