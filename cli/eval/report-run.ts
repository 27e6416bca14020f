// A run's report as commands give it: the run and its labels read, gates and baseline found, and written wherever it was asked
// for. Returns the report; its exit code follows from it.
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { carriedTrials, parseCarried } from '../../evals/evidence/carry.ts'
import { asGiven, readLabels } from '../../evals/labels/label-store.ts'
import { listRuns, readJournal, readRun } from '../../evals/replay/journal.ts'
import type { Trial } from '../../evals/replay/trial.ts'
import { renderHtml } from '../../evals/report/html.ts'
import { renderJunit } from '../../evals/report/junit.ts'
import { panelLabels, parseLabels, settleLabels, type TrueLabels } from '../../evals/report/labels.ts'
import { renderMarkdown, renderTerminal } from '../../evals/report/render.ts'
import { makeReport, type Report } from '../../evals/report/report.ts'
import { EXIT, type Arguments, type ExitCode, type Options, type Terminal } from '../command.ts'
import { table } from '../output.ts'

/** Where a report goes and what it is held to. */
export const REPORT_OPTIONS = {
  markdown: { type: 'string', meaning: 'Write the report as Markdown (a step summary, a comment)', value: 'FILE' },
  html: { type: 'string', meaning: 'Write the report as one HTML file with charts', value: 'FILE' },
  junit: { type: 'string', meaning: 'Write gates and targets as JUnit XML', value: 'FILE' },
  labels: { type: 'string', meaning: 'True labels (JSONL: probe_id, target, label) beside your own: agreement and corrected rates', value: 'FILE' },
  'labels-per-target': { type: 'string', meaning: 'Use at most so many labels of the file per target and suite', value: 'N' },
  baseline: { type: 'string', meaning: 'Compare with this run, or with a carried evidence file; `previous`: the run before', value: 'RUN|FILE' },
  against: { type: 'string', meaning: 'Compare every target with this one (of the baseline, or of the run itself)', value: 'TARGET' },
  'min-effect': { type: 'string', meaning: 'Smallest difference that counts, in points (default 2)', value: 'POINTS' },
  parts: { type: 'boolean', meaning: 'Add tables per domain and technique' },
  answers: { type: 'boolean', meaning: 'Add the texts of answers that flipped' },
  'no-gates': { type: 'boolean', meaning: "Do not hold the run to the configuration's gates" },
} as const satisfies Options

export type ReportPlan = { readonly dataDir: string; readonly config: Config | undefined; readonly runId: string }

const FALSE_DISCOVERY = 0.05

/** Makes the report, writes the files that were asked for, prints the rest. */
export async function reportRun(terminal: Terminal, args: Arguments, plan: ReportPlan): Promise<Report> {
  const evalsDir = join(plan.dataDir, 'evals')
  const record = await readRun(evalsDir, plan.runId)
  const trials = await readJournal(evalsDir, plan.runId)
  const minEffect = (args.number('min-effect', { min: 0, max: 100 }) ?? 2) / 100
  const baseline = await baselineOf(terminal, args, evalsDir, plan.runId, trials)
  const report = makeReport({
    runId: plan.runId,
    head: record.head,
    trials,
    labels: await labelsOf(terminal, args, evalsDir, plan.runId, trials, panelLabels(record)),
    gates: args.flag('no-gates') ? [] : (plan.config?.settings.evals.gates ?? []),
    baseline: baseline === undefined ? undefined : { trials: baseline.trials, options: { baseline: baseline.name, minEffect, q: FALSE_DISCOVERY, against: args.text('against') } },
    lost: record.lost,
    chargedUsd: record.chargedUsd,
  })
  await writeOutputs(terminal, args, report)
  return report
}

async function writeOutputs(terminal: Terminal, args: Arguments, report: Report): Promise<void> {
  const options = { parts: args.flag('parts'), answers: args.flag('answers') }
  const whole = { ...options, parts: true }
  const write = async (name: 'markdown' | 'html' | 'junit', render: () => string): Promise<void> => {
    const path = args.text(name)
    if (path !== undefined) await writeFile(resolve(terminal.cwd, path), render())
  }
  await write('markdown', () => renderMarkdown(report, options))
  await write('html', () => renderHtml(report, whole))
  await write('junit', () => renderJunit(report))
  if (args.flag('json')) terminal.out(`${JSON.stringify({ run: report.runId, ...report, comparison: withoutAnswers(report.comparison, args.flag('answers')) })}\n`)
  else terminal.out(`\n${renderTerminal(report, options, table)}`)
}

function withoutAnswers(comparison: Report['comparison'], answers: boolean): unknown {
  if (comparison === undefined || answers) return comparison
  return { ...comparison, flips: comparison.flips.map(({ answerBefore: _before, answerNow: _now, ...flip }) => flip) }
}

/** A panel's verdicts, over them people's labels, over them the file's. */
async function labelsOf(terminal: Terminal, args: Arguments, evalsDir: string, runId: string, trials: readonly Trial[], panel: TrueLabels): Promise<TrueLabels> {
  const own = settleLabels((await readLabels(evalsDir, runId)).map(asGiven)).labels
  const path = args.text('labels')
  const limit = args.number('labels-per-target', { min: 1, max: 1e6, integer: true })
  const file = path === undefined ? new Map<string, string>() : parseLabels(await readText(resolve(terminal.cwd, path)), path, trials, limit)
  return new Map([...panel, ...own, ...file])
}

type Baseline = { readonly name: string; readonly trials: readonly Trial[] }

async function baselineOf(terminal: Terminal, args: Arguments, evalsDir: string, runId: string, trials: readonly Trial[]): Promise<Baseline | undefined> {
  const asked = args.text('baseline')
  if (asked === undefined) return args.text('against') === undefined ? undefined : { name: runId, trials }
  if (asked === 'previous') {
    const runs = await listRuns(evalsDir)
    const previous = runs[runs.indexOf(runId) + 1]
    if (previous === undefined) throw new WeighbridgeError('eval_run_unknown', `There is no run before ${runId}`)
    return { name: previous, trials: await readJournal(evalsDir, previous) }
  }
  if ((await listRuns(evalsDir)).includes(asked)) return { name: asked, trials: await readJournal(evalsDir, asked) }
  const carried = carriedTrials(parseCarried(await readText(resolve(terminal.cwd, asked)), asked))
  // The newest run in the file that is not this one.
  const newest = carried.filter((trial) => trial.runId !== runId).reduce<Trial | undefined>((latest, trial) => (latest === undefined || trial.answeredAtMs > latest.answeredAtMs ? trial : latest), undefined)
  if (newest === undefined) throw new WeighbridgeError('eval_run_unknown', `${asked} holds no run to compare with`)
  return { name: newest.runId, trials: carried.filter((trial) => trial.runId === newest.runId) }
}

/** 1 when a gate failed, 3 when the run cannot tell, else 0. */
export function exitOf(report: Report): ExitCode {
  if (report.outcome === 'failed') return EXIT.gateFailed
  const nothingScored = report.summaries.every((summary) => (summary.statuses.scored ?? 0) === 0)
  return report.capped || report.outcome === 'inconclusive' || nothingScored ? EXIT.inconclusive : EXIT.ok
}

/** A file's text. Throws `usage` when it cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('usage', `${path} cannot be read`, { cause, remedy: 'Check the path.' })
  }
}
