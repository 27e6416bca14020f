// `weighbridge config confusion FILE…`: calls that people labelled, through the task rules of the configuration: how often they are
// right, where they abstain, and in which direction they err.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { REQUEST_SHAPES, shapeCost } from '../../core/price-shapes.ts'
import { rulesOf } from '../../router/call-parts.ts'
import { confusion, type ConfusionReport, type Share } from '../../router/decide/task/confusion.ts'
import { judgeLabelled } from '../../router/decide/task/judge-labelled.ts'
import { readLabelled, type LabelledRow } from '../../router/decide/task/labelled-rows.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { table } from '../output.ts'

const MOST_FAULTS = 10

export const confusionCommand: Command = {
  name: 'config confusion',
  summary: 'Hold the task rules against calls you have labelled: precision, recall, abstentions, and the direction of errors.',
  usage: 'FILE…',
  help: 'A line is {"text": "…", "task": "…"}, optionally with source, messages, tools, schema, images, input_tokens, system_prompt_hash, key, tags, surface.\nExit 1: accuracy as routed is below --min-accuracy.',
  options: { 'min-accuracy': { type: 'string', meaning: 'Least share of calls that must be routed right (0..1)', value: 'SHARE' } },
  run: async (terminal, args) => {
    if (args.positionals.length === 0) throw new WeighbridgeError('usage', 'Give at least one file of labelled calls')
    const settings = locate(terminal, args)
    const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    const files = args.positionals.map((path) => ({ path, ...readLabelled(readText(terminal, path)) }))
    const faults = files.flatMap(({ path, faults: found }) => found.map(({ line, reason }) => `${path}:${line}: ${reason}`))
    if (faults.length > 0) throw new WeighbridgeError('usage', `${faults.length} line(s) cannot be used: ${faults.slice(0, MOST_FAULTS).join(' | ')}${faults.length > MOST_FAULTS ? ' …' : ''}`, { remedy: 'Correct or remove them; see --help for the form of a line.' })
    const rows: LabelledRow[] = files.flatMap(({ path, rows: read }) => read.map((row) => (row.source === '' ? { ...row, source: path } : row)))
    if (rows.length === 0) throw new WeighbridgeError('usage', 'The files hold no labelled call')
    const unknown = [...new Set(rows.map(({ task }) => task))].filter((task) => !config.tasks.has(task))
    const report = confusion(judgeLabelled(rows, rulesOf(config)), difficulties(config))
    terminal.out(args.flag('json') ? `${JSON.stringify({ ...report, matrix: Object.fromEntries([...report.matrix].map(([task, line]) => [task, Object.fromEntries(line)])), unknown_tasks: unknown })}\n` : reportText(report, unknown))
    const least = args.number('min-accuracy', { min: 0, max: 1 })
    return least !== undefined && (report.accuracy.value ?? 0) < least ? EXIT.gateFailed : EXIT.ok
  },
}

/** How dear a task's calls are by its route: what the direction of an error is judged by. */
function difficulties(config: Config): Map<string, number> {
  const typical = REQUEST_SHAPES[0]
  const known = new Map<string, number>()
  if (typical === undefined) return known
  for (const task of config.tasks.values()) {
    let usd: number | undefined = 0
    for (const [name, weight] of task.route) {
      const cost = shapeCost(config.targets.get(name)?.price, typical)
      usd = usd === undefined || cost === undefined ? undefined : usd + weight * cost
    }
    if (usd !== undefined && task.route.size > 0) known.set(task.name, usd)
  }
  return known
}

function reportText(report: ConfusionReport, unknown: readonly string[]): string {
  const tasks = report.tasks.map(({ task, labelled, precision, recall, abstained }) => [task, String(labelled), shareText(precision), shareText(recall), shareText(abstained)])
  const sources = report.sources.map(({ source, accuracy, precision, abstained }) => [source, shareText(accuracy), shareText(precision), shareText(abstained)])
  return [
    `${report.rows} labelled calls: routed right ${shareText(report.accuracy)}; right where a task was given ${shareText(report.precision)}; abstained ${shareText(report.abstained)}`,
    ...(report.direction === undefined ? [] : [`errors toward a cheaper task ${shareText(report.direction.toEasier)}, toward a dearer one ${shareText(report.direction.toHarder)}`]),
    ...(unknown.length === 0 ? [] : [`! labels that are no task of this configuration, never given: ${unknown.join(', ')}`]),
    '',
    table(['task', 'labelled', 'precision', 'recall', 'abstained'], tasks),
    table(['source', 'routed right', 'right where given', 'abstained'], sources),
    ...(report.worst.length === 0 ? [] : ['most frequent errors:', ...report.worst.map(({ task, given, count }) => `  ${task} → ${given}: ${count}`), '']),
  ].join('\n')
}

function shareText({ value, low, high, count, of }: Share): string {
  return value === undefined ? `– (0 of 0)` : `${value.toFixed(3)} (${low.toFixed(2)}–${high.toFixed(2)}; ${count}/${of})`
}

function readText(terminal: Terminal, path: string): string {
  try {
    return readFileSync(resolve(terminal.cwd, path), 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('usage', `${path} cannot be read: ${asWeighbridgeError(cause).message}`, { cause })
  }
}
