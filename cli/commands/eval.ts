// `weighbridge eval run|report|grade`: replay suites through the router, show what came of it, grade recorded answers.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { seededRandom } from '../../core/seams.ts'
import { gradeAnswer } from '../../evals/grade/grade-answer.ts'
import { listRuns, readJournal } from '../../evals/replay/journal.ts'
import { parseLabels } from '../../evals/report/labels.ts'
import { renderMarkdown, renderTerminal } from '../../evals/report/render.ts'
import { summarise, type TrueLabels } from '../../evals/report/summary.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Options, type Terminal } from '../command.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { emitter } from '../compose/emit.ts'
import { readRunning, routerUrl } from '../compose/running.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { runSuites } from '../eval/run-suites.ts'
import { percent, table, usd } from '../output.ts'

/** Seed of the report's resampling, so that one run always gives one report. */
const REPORT_SEED = 1

const OUTPUT = {
  markdown: { type: 'string', meaning: 'Write the report as Markdown to this file', value: 'FILE' },
  labels: { type: 'string', meaning: 'True labels (JSONL: probe_id, target, label): confusion and corrected rates', value: 'FILE' },
  'labels-per-target': { type: 'string', meaning: 'Use at most so many labels per target and suite', value: 'N' },
} as const satisfies Options

export const run: Command = {
  name: 'eval run',
  summary: 'Replay probe suites against targets through the running router, and grade the answers.',
  help: 'Evals on real targets spend money: they need --budget-usd or evals.budget_usd. A run that reaches its budget is inconclusive (exit 3).',
  options: {
    suite: { type: 'string', multiple: true, meaning: 'Suites (default: all in the configuration)', value: 'NAME' },
    target: { type: 'string', multiple: true, meaning: 'Targets (default: all enabled)', value: 'NAME' },
    epochs: { type: 'string', meaning: 'Ask every probe so many times (default 1)', value: 'N' },
    limit: { type: 'string', meaning: 'At most so many probes per suite', value: 'N' },
    concurrency: { type: 'string', meaning: 'Trials in flight per target', value: 'N' },
    'budget-usd': { type: 'string', meaning: 'Most to spend on real targets', value: 'USD' },
    seed: { type: 'string', meaning: 'Seed sent to the provider (default 1)', value: 'N' },
    resume: { type: 'string', meaning: 'Go on with a stopped run', value: 'RUN' },
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
    ...OUTPUT,
  },
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    const collectorUrl = readRunning(settings.dataDir)?.collector ?? config.settings.collector.url ?? `http://127.0.0.1:${config.settings.collector.port}`
    const quiet = args.flag('json') || !terminal.isTty
    const whole = { min: 1, max: 1_000_000, integer: true }
    const result = await runSuites({
      config,
      configDir: settings.configDir,
      dataDir: settings.dataDir,
      routerUrl: routerUrl(settings.dataDir, args.text('url') ?? terminal.env['WEIGHBRIDGE_URL']),
      apiKey: terminal.env['WEIGHBRIDGE_KEY'],
      privateSeed: secret(terminal.env, 'WEIGHBRIDGE_PRIVATE_SEED'),
      suites: args.list('suite'),
      targets: args.list('target'),
      epochs: args.number('epochs', whole) ?? 1,
      limit: args.number('limit', whole),
      budgetUsd: args.number('budget-usd', { min: 0, max: 1e6 }) ?? config.settings.evals.budget_usd,
      concurrency: args.number('concurrency', { min: 1, max: 256, integer: true }),
      seed: args.number('seed', { min: 0, max: 2 ** 31, integer: true }) ?? 1,
      resume: args.text('resume'),
      emit: emitter(collectorUrl, terminal.env),
      signal: terminal.signal,
      onStart: (runId, total) => {
        if (!args.flag('json')) terminal.out(`run ${runId}: ${total} trials\n`)
      },
      onProgress: (p) => {
        if (!quiet) terminal.out(`\r\u001b[2K  ${p.done}/${p.total} (${percent(p.done / p.total)}) ${p.perSecond.toFixed(1)}/s, ${usd(p.spentUsd)}, ${left(p)} left`)
      },
    })
    if (!quiet) terminal.out('\n')
    if (result.undelivered > 0) terminal.err(`weighbridge: ${result.undelivered} result(s) did not reach the collector at ${collectorUrl}; they are in the journal of run ${result.runId}\n`)
    show(terminal, args, result.runId, result.trials)
    if (result.overBudget) terminal.err('weighbridge: the budget was reached: the run is inconclusive and moves nothing\n')
    const scored = result.trials.filter((trial) => trial.status === 'scored').length
    const code: ExitCode = result.overBudget || scored === 0 ? EXIT.inconclusive : EXIT.ok
    return code
  },
}

function left(p: { done: number; total: number; perSecond: number }): string {
  return p.perSecond > 0 ? `${Math.ceil((p.total - p.done) / p.perSecond)} s` : '?'
}

export const report: Command = {
  name: 'eval report',
  summary: 'Show a run: per target and suite, with intervals.',
  usage: '[RUN]',
  options: OUTPUT,
  run: async (terminal, args) => {
    const evalsDir = join(locate(terminal, args).dataDir, 'evals')
    const runs = await listRuns(evalsDir)
    const runId = args.positionals[0] ?? runs[0]
    if (runId === undefined) throw new WeighbridgeError('eval_run_unknown', `There are no eval runs in ${evalsDir}`, { remedy: 'Start one with `weighbridge eval run`.' })
    show(terminal, args, runId, await readJournal(evalsDir, runId))
    if (!args.flag('json') && runs.length > 1) terminal.out(`Other runs: ${runs.filter((run) => run !== runId).slice(0, 5).join(', ')}\n`)
    return EXIT.ok
  },
}

function show(terminal: Terminal, args: Arguments, runId: string, trials: Awaited<ReturnType<typeof readJournal>>): void {
  const path = args.text('labels')
  const limit = args.number('labels-per-target', { min: 1, max: 1e6, integer: true })
  const labels: TrueLabels = path === undefined ? new Map() : parseLabels(readText(resolve(terminal.cwd, path)), path, trials, limit)
  const summaries = summarise(trials, labels, seededRandom(REPORT_SEED))
  const markdown = args.text('markdown')
  if (markdown !== undefined) writeFileSync(resolve(terminal.cwd, markdown), renderMarkdown(runId, summaries, trials, labels))
  if (args.flag('json')) terminal.out(`${JSON.stringify({ run: runId, summaries })}\n`)
  else terminal.out(`\n${renderTerminal(runId, summaries, trials, labels, table)}`)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('usage', `${path} cannot be read`, { cause, remedy: 'Check the path.' })
  }
}

const recorded = z.looseObject({
  question: z.string(),
  response: z.string(),
  nonsense_explanation: z.string().optional(),
  answer: z.union([z.string(), z.number()]).optional(),
  answer_type: z.enum(['number', 'date', 'text', 'name']).optional(),
  aliases: z.array(z.string()).optional(),
  unanswerable: z.boolean().optional(),
  finish_reason: z.string().optional(),
})

export const grade: Command = {
  name: 'eval grade',
  summary: 'Grade recorded answers: one JSON line in, one JSON line out.',
  usage: 'FILE.jsonl',
  help: 'Lines: {question, response, nonsense_explanation | answer | unanswerable, model}. Out: label, confidence, grader, status.',
  options: {
    suite: { type: 'string', meaning: 'nonsense or factual (default: by what each line carries)', value: 'NAME' },
    grader: { type: 'string', meaning: 'offline (the only one so far)', value: 'NAME' },
  },
  run: async (terminal, args) => {
    const suite = args.text('suite')
    if (suite !== undefined && suite !== 'nonsense' && suite !== 'factual') throw new WeighbridgeError('usage', `--suite takes nonsense or factual, not "${suite}"`)
    const grader = args.text('grader') ?? 'offline'
    if (grader !== 'offline') throw new WeighbridgeError('usage', `There is no grader "${grader}"`, { remedy: 'Use --grader offline.' })
    const path = resolve(terminal.cwd, args.one('file'))
    let line = 0
    for (const text of readText(path).split(/\r?\n/)) {
      line += 1
      if (text.trim() === '') continue
      terminal.out(`${JSON.stringify({ line, ...gradeLine(text, suite, `${path}:${line}`) })}\n`)
    }
    return EXIT.ok
  },
}

function gradeLine(text: string, asked: 'nonsense' | 'factual' | undefined, where: string): Record<string, unknown> {
  const value = parseJson(text)
  if (value === undefined) throw new WeighbridgeError('usage', `${where} is not JSON`, { remedy: 'Give one JSON object per line.' })
  const parsed = recorded.safeParse(value)
  if (!parsed.success) throw new WeighbridgeError('suite_invalid', `${where}: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`)
  const row = parsed.data
  const suite = asked ?? (row.answer === undefined && row.unanswerable !== true ? 'nonsense' : 'factual')
  const answer = { text: row.response, finishReason: row.finish_reason }
  const about = { id: where, question: row.question }
  if (suite === 'nonsense') {
    const { label, confidence, grader, status, reason } = gradeAnswer({ ...about, kind: 'nonsense', explanation: row.nonsense_explanation ?? '' }, answer)
    return { label: label ?? null, confidence, grader, status, reason }
  }
  if (row.answer === undefined && row.unanswerable !== true) throw new WeighbridgeError('suite_invalid', `${where}: a factual line needs answer, or unanswerable: true`)
  const { label, confidence, grader, status, reason } =
    row.answer === undefined
      ? gradeAnswer({ ...about, kind: 'factual', unanswerable: true }, answer)
      : gradeAnswer({ ...about, kind: 'factual', answer: String(row.answer), answer_type: row.answer_type ?? 'text', ...(row.aliases === undefined ? {} : { aliases: row.aliases }) }, answer)
  return { label: label ?? null, confidence, grader, status, reason }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
