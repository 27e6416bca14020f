// `weighbridge eval grade`: recorded answers from a file, or a sample of a run's answers by a panel.
import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock, systemRandom } from '../../core/seams.ts'
import { openJournal, readJournal } from '../../evals/replay/journal.ts'
import { gradeBatch, type BatchItem, type BatchResult } from '../../evals/replay/grade-batch.ts'
import { trialKey, type Graded } from '../../evals/replay/trial.ts'
import { sample } from '../../evals/labels/queue.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Terminal } from '../command.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { emitter } from '../compose/emit.ts'
import { readRunning, routerUrl } from '../compose/running.ts'
import { loadConfig, locate, type Settings } from '../compose/settings.ts'
import { allowedBy, chooseGrader, chooseSuites, mainTask, type ChosenGrader } from '../eval/choose.ts'
import { budgetOf, GRADER_OPTIONS, graderOf } from '../eval/options.ts'
import { gradeOffline, readRecorded, type RecordedAnswer } from '../eval/recorded.ts'
import { exitOf, readText, REPORT_OPTIONS, reportRun } from '../eval/report-run.ts'
import { SYSTEM_SLEEPER } from '../eval/run-suites.ts'
import { sendResults } from '../eval/send-results.ts'
import { usd } from '../output.ts'

export const command: Command = {
  name: 'eval grade',
  summary: 'Grade recorded answers (a JSON line in, a JSON line out), or answers of a run by a panel of judges.',
  usage: '[FILE.jsonl]',
  help: `Lines: {question, response, nonsense_explanation | answer | unanswerable, model}. Out, per line: label, confidence, grader, status, reason.
With --run a sample of that run's answers is graded by the panel; \`eval report\` then shows how far its grader agrees, and corrects its rates.`,
  options: {
    suite: { type: 'string', meaning: 'nonsense or factual (default: by what each line carries)', value: 'NAME' },
    ...GRADER_OPTIONS,
    run: { type: 'string', meaning: 'Grade answers of this run instead of a file', value: 'RUN' },
    sample: { type: 'string', meaning: 'So many answers per target and suite of the run (default: all)', value: 'N' },
    'budget-usd': { type: 'string', meaning: 'Most to spend on judges', value: 'USD' },
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
    ...REPORT_OPTIONS,
  },
  run: async (terminal, args) => {
    const { grader } = graderOf(args)
    const runId = args.text('run')
    if (runId !== undefined) return gradeRun(terminal, args, runId)
    const suite = args.text('suite')
    if (suite !== undefined && suite !== 'nonsense' && suite !== 'factual') throw new WeighbridgeError('usage', `--suite takes nonsense or factual, not "${suite}"`)
    const path = resolve(terminal.cwd, args.one('file'))
    const rows = readRecorded(await readText(path), path, suite)
    const grades = grader === 'panel' ? await byPanel(terminal, args, rows) : { grades: rows.map(gradeOffline), overBudget: false }
    for (const [at, row] of rows.entries()) terminal.out(`${JSON.stringify({ line: row.line, ...shown(grades.grades[at]) })}\n`)
    return grades.overBudget ? EXIT.inconclusive : EXIT.ok
  },
}

function shown(graded: Pick<Graded, 'label' | 'confidence' | 'grader' | 'status' | 'reason'> & { readonly votes?: Graded['votes'] } | undefined): Record<string, unknown> {
  if (graded === undefined) return { label: null, confidence: null, grader: '', status: 'judge_error', reason: 'not graded' }
  const votes = graded.votes ?? []
  return {
    label: graded.label ?? null,
    confidence: graded.confidence ?? null,
    grader: graded.grader,
    status: graded.status,
    reason: graded.reason,
    ...(votes.length === 0 ? {} : { votes: votes.map(({ judge, label, questionValid, reason }) => ({ judge, label: label ?? null, question_valid: questionValid, reason })) }),
  }
}

/** Judges on rows of a file; each row is an answer of nobody in particular. */
async function byPanel(terminal: Terminal, args: Arguments, rows: readonly RecordedAnswer[]): Promise<BatchResult> {
  const settings = locate(terminal, args)
  const { config, chosen, budgetUsd } = await panelOf(terminal, args, settings)
  const [nobody] = [...config.targets.values()].map((target) => ({ ...target, model: 'recorded', provider: { ...target.provider, name: 'recorded' } }))
  if (nobody === undefined) throw new WeighbridgeError('judges_needed', 'No target is enabled that could judge.')
  const journal = await openJournal(join(settings.dataDir, 'evals', '.graded'), randomUUID())
  try {
    const items = rows.map((row): BatchItem => ({ key: `line ${row.line}`, probe: row.probe, target: nobody, task: 'general', answer: { text: row.response, finishReason: row.finishReason } }))
    return await gradeBatch(items, batchPlan('recorded', config, chosen, budgetUsd), batchSeams(terminal, args, settings, journal))
  } finally {
    await journal.close()
  }
}

/** Judges on a run's answers, kept in the run's journal beside its own grades. */
async function gradeRun(terminal: Terminal, args: Arguments, runId: string): Promise<ExitCode> {
  const settings = locate(terminal, args)
  const { config, chosen, budgetUsd } = await panelOf(terminal, args, settings)
  const evalsDir = join(settings.dataDir, 'evals')
  const trials = (await readJournal(evalsDir, runId)).filter((trial) => trial.status === 'scored' || trial.status === 'judge_error')
  const perTarget = args.number('sample', { min: 1, max: 1e6, integer: true })
  const picked = perTarget === undefined ? trials : sample(runId, trials, { perTarget, suites: [], targets: [] })
  const suites = await chooseSuites(config, { configDir: settings.configDir, privateSeed: secret(terminal.env, 'WEIGHBRIDGE_PRIVATE_SEED') }, [...new Set(picked.map((trial) => trial.suite))])
  const probes = new Map(suites.flatMap((suite) => suite.probes.map((probe) => [`${suite.name}|${suite.hash}|${probe.id}`, probe])))
  const items = picked.flatMap((trial): BatchItem[] => {
    const probe = probes.get(`${trial.suite}|${trial.suiteHash}|${trial.probeId}`)
    const target = config.targets.get(trial.target)
    return probe === undefined || target === undefined ? [] : [{ key: trialKey(trial), probe, target, task: mainTask(config, trial.suite), answer: { text: trial.answer, finishReason: trial.finishReason } }]
  })
  if (items.length < picked.length) terminal.err(`weighbridge: ${picked.length - items.length} answer(s) are left out: their suite was edited or their target is gone since\n`)
  const journal = await openJournal(evalsDir, runId)
  try {
    const result = await gradeBatch(items, batchPlan(runId, config, chosen, budgetUsd), batchSeams(terminal, args, settings, journal))
    if (!args.flag('json')) terminal.out(`${result.grades.filter((graded) => graded.status === 'scored').length} of ${items.length} answers graded by ${chosen.grader.id}, ${usd(result.chargedUsd)}\n`)
    if (result.overBudget) {
      terminal.err('weighbridge: the budget was reached; grade on with more\n')
      return EXIT.inconclusive
    }
    // A sample is what a grader is measured by; only a whole run under another grader is evidence of its own.
    if (perTarget === undefined) {
      const byKey = new Map(items.map((item, at) => [item.key, result.grades[at]]))
      const regraded = picked.flatMap((trial) => {
        const graded = byKey.get(trialKey(trial))
        return graded === undefined ? [] : [{ ...trial, ...graded }]
      })
      const collectorUrl = readRunning(settings.dataDir)?.collector ?? config.settings.collector.url ?? `http://127.0.0.1:${config.settings.collector.port}`
      await sendResults(regraded, config.targets, journal, emitter(collectorUrl, terminal.env))
    }
  } finally {
    await journal.close()
  }
  return exitOf(await reportRun(terminal, args, { dataDir: settings.dataDir, config, runId }))
}

type Panel = { readonly config: ReturnType<typeof loadConfig>; readonly chosen: ChosenGrader; readonly budgetUsd: number | undefined }

async function panelOf(terminal: Terminal, args: Arguments, settings: Settings): Promise<Panel> {
  const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
  const chosen = await chooseGrader(config, { choice: 'panel', judges: graderOf(args).judges, candidates: [], suites: [], maxOutputTokens: config.settings.evals.max_output_tokens, signal: terminal.signal })
  const budgetUsd = budgetOf(args, config.settings.evals.budget_usd)
  const real = [...chosen.judges.values()].filter((judge) => !judge.provider.simulated).map((judge) => judge.name)
  if (real.length > 0 && budgetUsd === undefined) throw new WeighbridgeError('eval_budget_needed', `${real.join(', ')} judge for money and no budget is set`)
  return { config, chosen, budgetUsd }
}

const batchPlan = (runId: string, config: Panel['config'], chosen: Panel['chosen'], budgetUsd: number | undefined) => ({ runId, grader: chosen.grader, judges: chosen.judges, concurrency: config.settings.evals.concurrency, allowed: allowedBy(config), budgetUsd, seed: 1 })

function batchSeams(terminal: Terminal, args: Arguments, settings: Settings, journal: Awaited<ReturnType<typeof openJournal>>) {
  return {
    routerUrl: routerUrl(settings.dataDir, args.text('url') ?? terminal.env['WEIGHBRIDGE_URL']),
    apiKey: terminal.env['WEIGHBRIDGE_KEY'],
    journal,
    clock: systemClock,
    sleeper: SYSTEM_SLEEPER,
    random: systemRandom,
    signal: terminal.signal,
    onGraded: () => undefined,
  }
}
