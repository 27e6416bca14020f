// A run's summaries as text: aligned columns for a terminal, Markdown for a pull request or a step summary. Pure.
import type { Estimate } from '../stats/estimate.ts'
import { detectableDifference } from '../stats/power.ts'
import { trialKey, type Trial } from '../replay/trial.ts'
import { confusion, accuracy, cohenKappa, type Confusion } from '../grade/confusion.ts'
import type { RateName, TargetSummary, TrueLabels } from './summary.ts'

/** Columns of a suite, with what they mean. */
const COLUMNS: Readonly<Record<RateName, { title: string; meaning: string; scale: 'share' | 'number' }>> = {
  pushback: { title: 'pushback', meaning: 'nonsense clearly challenged', scale: 'share' },
  false_pushback: { title: 'false pushback', meaning: 'sound look-alikes challenged', scale: 'share' },
  youden_j: { title: 'J', meaning: 'pushback − false pushback', scale: 'share' },
  accuracy: { title: 'accuracy', meaning: 'correct of all answerable', scale: 'share' },
  hallucination: { title: 'hallucination', meaning: 'wrong of all not correct: I/(P+I+NA)', scale: 'share' },
  fabrication: { title: 'fabrication', meaning: 'specifics given where there is no answer', scale: 'share' },
  index: { title: 'index', meaning: '100·(correct − wrong)/n', scale: 'number' },
  evidence: { title: 'e', meaning: 'mean evidence 0–1 that learning takes', scale: 'number' },
}

type Block = { readonly heading: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly notes: readonly string[] }

/** The report as Markdown. */
export function renderMarkdown(runId: string, summaries: readonly TargetSummary[], trials: readonly Trial[], labels: TrueLabels): string {
  const lines = [`# Eval run ${runId}`, '']
  for (const block of blocks(summaries, trials, labels)) {
    lines.push(`## ${block.heading}`, '', `| ${block.head.join(' | ')} |`, `|${block.head.map(() => '---').join('|')}|`, ...block.rows.map((row) => `| ${row.join(' | ')} |`), '')
    for (const note of block.notes) lines.push(`- ${note}`)
    if (block.notes.length > 0) lines.push('')
  }
  return lines.join('\n')
}

/** The report for a terminal; `table` aligns head and rows. */
export function renderTerminal(runId: string, summaries: readonly TargetSummary[], trials: readonly Trial[], labels: TrueLabels, table: (head: readonly string[], rows: readonly (readonly string[])[]) => string): string {
  const lines = [`Eval run ${runId}`, '']
  for (const block of blocks(summaries, trials, labels)) lines.push(block.heading, '', table(block.head, block.rows), ...block.notes.map((note) => `  ${note}`), '')
  return lines.join('\n')
}

function blocks(summaries: readonly TargetSummary[], trials: readonly Trial[], labels: TrueLabels): Block[] {
  const out: Block[] = []
  for (const [suite, group] of Map.groupBy(summaries, (summary) => summary.suite)) {
    // Simulated and real targets never stand in one table.
    for (const [simulated, side] of Map.groupBy(group, (summary) => summary.simulated)) {
      out.push(suiteBlock(suite, simulated, side))
      if (side.some((summary) => summary.labelled > 0)) out.push(correctedBlock(suite, side))
    }
  }
  if (labels.size > 0) out.push(...confusionBlocks(trials, labels))
  return out
}

function suiteBlock(suite: string, simulated: boolean, side: readonly TargetSummary[]): Block {
  const rates = (Object.keys(COLUMNS) as RateName[]).filter((name) => side.some((summary) => summary.rates[name] !== undefined))
  const scored = (summary: TargetSummary): number => summary.statuses.scored ?? 0
  const rows = side.map((summary) => [
    summary.target,
    `${scored(summary)}/${summary.trials}`,
    ...rates.map((name) => shown(name, summary.rates[name])),
    summary.unpriced > 0 ? `$${summary.costUsd.toFixed(4)} + ${summary.unpriced} unpriced` : `$${summary.costUsd.toFixed(4)}`,
    seconds(summary.latencyP50Ms),
    seconds(summary.latencyP95Ms),
  ])
  // Repeating a question says more about its answer, not about other questions: power counts questions.
  const smallest = Math.min(...side.map((summary) => summary.questions))
  const sees = detectableDifference(smallest)
  return {
    heading: `${suite}${simulated ? ' — SIMULATED targets' : ''}`,
    head: ['target', 'scored', ...rates.map((name) => COLUMNS[name].title), 'cost', 'p50', 'p95'],
    rows,
    notes: [
      `95% intervals in brackets. ${rates.map((name) => `${COLUMNS[name].title}: ${COLUMNS[name].meaning}`).join('; ')}.`,
      ...(sees === undefined ? [] : [`Two targets on these ${smallest} probes can be told apart from a difference of about ${(100 * sees).toFixed(0)} points on (80% power).`]),
      ...unscoredNotes(side),
      `Graders: ${[...new Set(side.flatMap((summary) => summary.graders))].join(', ') || 'none'}.`,
    ],
  }
}

function unscoredNotes(side: readonly TargetSummary[]): string[] {
  return side.flatMap((summary) => {
    const others = Object.entries(summary.statuses).filter(([status]) => status !== 'scored')
    return others.length === 0 ? [] : [`${summary.target}: not scored and not counted: ${others.map(([status, n]) => `${n} ${status}`).join(', ')}.`]
  })
}

function correctedBlock(suite: string, side: readonly TargetSummary[]): Block {
  const rates = (Object.keys(COLUMNS) as RateName[]).filter((name) => side.some((summary) => summary.corrected[name] !== undefined))
  return {
    heading: `${suite}, corrected by labelled answers`,
    head: ['target', 'labelled', ...rates.map((name) => COLUMNS[name].title)],
    rows: side.map((summary) => [summary.target, String(summary.labelled), ...rates.map((name) => shown(name, summary.corrected[name]))]),
    notes: ['Prediction-powered: right on average even where the offline grader is wrong.'],
  }
}

function confusionBlocks(trials: readonly Trial[], labels: TrueLabels): Block[] {
  const scored = trials.filter((trial) => trial.status === 'scored' && labels.has(trialKey(trial)))
  return [...Map.groupBy(scored, (trial) => (trial.kind === 'factual' && !trial.answerable ? 'unanswerable' : trial.kind))].map(([kind, group]) => {
    const matrix = confusion(group.map((trial) => ({ truth: labels.get(trialKey(trial)) ?? '', given: trial.label ?? '' })))
    return {
      heading: `The grader on ${kind} probes: rows are true labels, columns what it said`,
      head: ['', ...matrix.labels],
      rows: matrix.labels.map((label, i) => [label, ...(matrix.counts[i] ?? []).map(String)]),
      notes: [agreement(matrix)],
    }
  })
}

function agreement(matrix: Confusion): string {
  const right = accuracy(matrix)
  const kappa = cohenKappa(matrix)
  return `n ${matrix.n}, accuracy ${share(right)}, κ ${kappa.value === undefined ? '–' : kappa.value.toFixed(2)}.`
}

function shown(name: RateName, estimate: Estimate | undefined): string {
  if (estimate?.value === undefined) return estimate === undefined ? '' : `too few (n ${estimate.n})`
  if (COLUMNS[name].scale === 'share') return share(estimate)
  const digits = name === 'index' ? 0 : 2
  const bounds = estimate.low === undefined || estimate.high === undefined ? '' : ` (${estimate.low.toFixed(digits)}…${estimate.high.toFixed(digits)})`
  return `${estimate.value.toFixed(digits)}${bounds}`
}

function share(estimate: { value: number | undefined; low: number | undefined; high: number | undefined }): string {
  if (estimate.value === undefined) return '–'
  const bounds = estimate.low === undefined || estimate.high === undefined ? '' : ` (${(100 * estimate.low).toFixed(0)}…${(100 * estimate.high).toFixed(0)})`
  return `${(100 * estimate.value).toFixed(0)}%${bounds}`
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1000).toFixed(2)} s`
}
