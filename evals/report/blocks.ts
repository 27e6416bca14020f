// A report as headed tables with notes: what the terminal, Markdown and HTML all show. Pure; it decides words and order, not looks.
import type { GateResult } from '../gates/gates.ts'
import { COLUMNS, dollars, points, seconds, share, shown } from './columns.ts'
import type { GraderAgreement, Report } from './report.ts'
import type { RateName } from './rates.ts'
import type { Cell, TargetSummary } from './summary.ts'

export type Block = { readonly heading: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly notes: readonly string[] }

export type BlockOptions = {
  /** Adds tables per domain and technique. */
  readonly parts: boolean
  /** Adds the texts of answers that flipped; they leave the data directory with the report. */
  readonly answers: boolean
}

/** The report's tables, the verdict first. */
export function blocksOf(report: Report, options: BlockOptions): Block[] {
  const out: Block[] = []
  if (report.capped) out.push(plain('The budget was reached: this run is inconclusive and moves nothing', ['What was asked before is no fair sample of the rest. Go on with `weighbridge eval run --resume` and a larger budget.']))
  if (report.gates.length > 0) out.push(gateBlock(report))
  for (const [suite, group] of Map.groupBy(report.summaries, (summary) => summary.suite)) {
    // Simulated and real targets never stand in one table.
    for (const [simulated, side] of Map.groupBy(group, (summary) => summary.simulated)) {
      out.push(suiteBlock(report, suite, simulated, side))
      if (side.some((summary) => Object.keys(summary.fixedSet).length > 0)) out.push(fixedSetBlock(suite, side))
      if (side.some((summary) => Object.keys(summary.corrected).length > 0)) out.push(correctedBlock(suite, side))
    }
  }
  if (report.repeated.length > 0) out.push(repeatedBlock(report.repeated))
  if (report.comparison !== undefined) out.push(...comparisonBlocks(report.comparison, options.answers))
  if (options.parts) out.push(...partBlocks('domain', report.byDomain), ...partBlocks('technique', report.byTechnique))
  out.push(...report.agreement.map(agreementBlock))
  if (report.disputed.length > 0) out.push(disputedBlock(report))
  if (report.lost.length > 0) out.push(lostBlock(report))
  return out
}

const plain = (heading: string, notes: readonly string[]): Block => ({ heading, head: [], rows: [], notes })

const GATE_WORDS: Readonly<Record<GateResult['status'], string>> = { passed: 'passed', failed: 'FAILED', undecided: 'undecided', unknown: 'unknown' }

function gateBlock({ gates, outcome }: Report): Block {
  const limit = ({ gate }: GateResult): string => (gate.max !== undefined ? `≤ ${gate.max}` : gate.min !== undefined ? `≥ ${gate.min}` : `no worse than ${gate.max_regression}`)
  return {
    heading: `Gates: ${outcome}`,
    head: ['gate', 'limit', 'suite', 'target', 'verdict', 'because'],
    rows: gates.map((result) => [result.gate.metric, limit(result), result.suite, result.target, GATE_WORDS[result.status], result.reason]),
    notes: ['A gate fails on evidence, at its rate of false alarms; undecided: the interval holds the limit.'],
  }
}

function suiteBlock(report: Report, suite: string, simulated: boolean, side: readonly TargetSummary[]): Block {
  const rates = ratesIn(side, 'rates')
  const facts = report.suites.find((note) => note.suite === suite)
  const judged = side.some((summary) => summary.judgeCostUsd > 0)
  const rows = side.map((summary) => [
    summary.target,
    `${summary.statuses.scored ?? 0}/${summary.trials}`,
    ...rates.map((name) => shown(name, summary.rates[name])),
    summary.unpriced > 0 ? `${dollars(summary.costUsd)} + ${summary.unpriced} unpriced` : dollars(summary.costUsd),
    ...(judged ? [dollars(summary.judgeCostUsd)] : []),
    seconds(summary.latencyP50Ms),
    seconds(summary.latencyP95Ms),
  ])
  const cached = side.reduce((sum, summary) => sum + summary.cached, 0)
  return {
    heading: `${suite}${simulated ? ' — SIMULATED targets' : ''}`,
    head: ['target', 'scored', ...rates.map((name) => COLUMNS[name].title), 'cost', ...(judged ? ['judges'] : []), 'p50', 'p95'],
    rows,
    notes: [
      `95% intervals in brackets, for questions like these. ${rates.map((name) => `${COLUMNS[name].title}: ${COLUMNS[name].meaning}`).join('; ')}.`,
      ...(facts?.sees === undefined ? [] : [`These ${facts.questions} questions show a difference between two targets from about ${(100 * facts.sees).toFixed(0)} points on (80% power).`]),
      ...(facts?.saturation === undefined ? [] : [facts.saturation]),
      ...(cached > 0 ? [`${cached} answers came out of earlier runs: their cost and time are of then, nothing was paid for them now.`] : []),
      ...unscoredNotes(side),
      ...selfFamilyNotes(report, suite, side),
      `Graders: ${[...new Set(side.flatMap((summary) => summary.graders))].join(', ') || 'none'}.`,
    ],
  }
}

function ratesIn(side: readonly Cell[], which: 'rates' | 'fixedSet'): RateName[] {
  return (Object.keys(COLUMNS) as RateName[]).filter((name) => side.some((summary) => summary[which][name] !== undefined))
}

function unscoredNotes(side: readonly TargetSummary[]): string[] {
  return side.flatMap((summary) => {
    const others = Object.entries(summary.statuses).filter(([status]) => status !== 'scored')
    return others.length === 0 ? [] : [`${summary.target}: not scored and not counted: ${others.map(([status, n]) => `${n} ${status}`).join(', ')}.`]
  })
}

function selfFamilyNotes(report: Report, suite: string, side: readonly TargetSummary[]): string[] {
  return report.selfFamily
    .filter((one) => one.suite === suite && side.some((summary) => summary.target === one.target))
    .map(({ target, bias, evidence }) => {
      const known = bias.value === undefined ? 'how much they favour it is unknown: label answers with `weighbridge eval label`' : `they favour it by ${points(bias)} points; e with that ${evidence === undefined ? '–' : shown('evidence', evidence)}`
      return `${target} was judged by its own family among fewer than three: ${known}. Such evidence can recommend, not publish by itself.`
    })
}

function fixedSetBlock(suite: string, side: readonly TargetSummary[]): Block {
  const rates = ratesIn(side, 'fixedSet')
  return {
    heading: `${suite}, on exactly these questions`,
    head: ['target', ...rates.map((name) => COLUMNS[name].title)],
    rows: side.map((summary) => [summary.target, ...rates.map((name) => shown(name, summary.fixedSet[name]))]),
    notes: ['Only the answers vary here, not the questions: narrower, and it says nothing about other questions.'],
  }
}

function correctedBlock(suite: string, side: readonly TargetSummary[]): Block {
  const rates = (Object.keys(COLUMNS) as RateName[]).filter((name) => side.some((summary) => summary.corrected[name] !== undefined))
  return {
    heading: `${suite}, corrected by labelled answers`,
    head: ['target', 'labelled', ...rates.map((name) => COLUMNS[name].title)],
    rows: side.map((summary) => [summary.target, String(summary.labelled), ...rates.map((name) => shown(name, summary.corrected[name]))]),
    notes: ['Prediction-powered: right on average even where the grader is wrong. 40 labels per target are a sensible least.'],
  }
}

function repeatedBlock(repeated: Report['repeated']): Block {
  return {
    heading: 'Asked again, because they changed lately',
    head: ['target', 'answers more', 'because'],
    rows: repeated.map(({ target, asked, of, because }) => [target, `${asked}/${of}`, because]),
    notes: ['The same questions once more, after everybody was asked, as far as the budget went and the target answered.'],
  }
}

function comparisonBlocks({ baseline, cells, flips, notes, minEffect }: NonNullable<Report['comparison']>, answers: boolean): Block[] {
  const words = { better: 'better', worse: 'WORSE', no_difference_shown: 'no difference shown', too_few: 'too few questions' } as const
  const table: Block = {
    heading: `Compared with ${baseline}`,
    head: ['suite', 'target', 'against', 'questions', 'points', 'p', 'verdict'],
    rows: cells.map((cell) => [cell.suite, cell.target, cell.against, String(cell.questions), points(cell.difference), cell.adjustedP === undefined ? '–' : cell.adjustedP.toPrecision(2), words[cell.verdict]]),
    notes: [`Mean scores on the questions both answered. Better or worse: at least ${(100 * minEffect).toFixed(0)} points, and evident over all rows together (Benjamini–Hochberg).`, ...notes],
  }
  if (flips.length === 0) return [table]
  const shownFlips = [...flips].sort((a, b) => Number(b.worse) - Number(a.worse)).slice(0, MOST_FLIPS)
  return [
    table,
    {
      heading: `Answers that flipped: ${flips.filter((flip) => flip.worse).length} for the worse, ${flips.filter((flip) => !flip.worse).length} for the better`,
      head: ['suite', 'target', 'probe', 'domain', 'was', 'is', ...(answers ? ['answer before', 'answer now'] : [])],
      rows: shownFlips.map((flip) => [flip.suite, flip.target, flip.probeId, flip.domain, flip.was, flip.is, ...(answers ? [excerpt(flip.answerBefore), excerpt(flip.answerNow)] : [])]),
      notes: flips.length > MOST_FLIPS ? [`The first ${MOST_FLIPS} of ${flips.length}; --json has all.`] : [],
    },
  ]
}

const MOST_FLIPS = 60
const excerpt = (text: string): string => (text.length <= 240 ? text : `${text.slice(0, 239)}…`).replace(/\s+/g, ' ')

function partBlocks(by: string, cells: readonly Cell[]): Block[] {
  return [...Map.groupBy(cells, (cell) => `${cell.suite}\u0000${String(cell.simulated)}`).values()].map((side) => {
    const rates = ratesIn(side, 'rates').filter((name) => name !== 'evidence')
    return {
      heading: `${side[0]?.suite ?? ''} by ${by}${side[0]?.simulated === true ? ' — SIMULATED targets' : ''}`,
      head: [by, 'target', 'questions', ...rates.map((name) => COLUMNS[name].title)],
      rows: side.map((cell) => [cell.part, cell.target, String(cell.questions), ...rates.map((name) => shown(name, cell.rates[name]))]),
      notes: ['Few questions a row: look where to look further, not for winners.'],
    }
  })
}

function agreementBlock({ kind, matrix, accuracy, kappa }: GraderAgreement): Block {
  const bounded = kappa.value === undefined ? '–' : `${kappa.value.toFixed(2)}${kappa.low === undefined || kappa.high === undefined ? '' : ` (${kappa.low.toFixed(2)}…${kappa.high.toFixed(2)})`}`
  return {
    heading: `The grader on ${kind} probes: rows are true labels, columns what it said`,
    head: ['', ...matrix.labels],
    rows: matrix.labels.map((label, i) => [label, ...(matrix.counts[i] ?? []).map(String)]),
    notes: [`n ${matrix.n}, accuracy ${share(accuracy)}, κ ${bounded}, questions resampled.`],
  }
}

function disputedBlock({ disputed }: Report): Block {
  return {
    heading: 'Questions whose key judges dispute',
    head: ['suite', 'probe', 'votes against the key'],
    rows: disputed.slice(0, MOST_FLIPS).map(({ suite, probeId, votes, of }) => [suite, probeId, `${votes} of ${of}`]),
    notes: ['Judges were shown the key and hold the opposite of the question. Such votes count for nothing; look whether the key is right.'],
  }
}

function lostBlock({ lost }: Report): Block {
  const known = lost.filter((call) => call.known)
  const total = lost.reduce((sum, call) => sum + call.chargedUsd, 0)
  return {
    heading: `${lost.length} call(s) were under way when the run was killed`,
    head: ['trial', 'judge', 'charged', 'known'],
    rows: lost.map((call) => [call.key, call.judge, dollars(call.chargedUsd), call.known ? 'by its spans' : 'at its worst']),
    notes: [`They were asked again; together they cost ${dollars(total)} (${known.length} known, the others at the most they can have cost).`],
  }
}
