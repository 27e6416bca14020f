// Holds a run to its gates. Comes in: gates, summaries, trials and a baseline's. Goes out: a result per gate, suite and target. A
// gate fails on evidence, at its stated rate of false alarms; what the evidence cannot decide is said, not guessed. Pure.
import type { Gate } from '../../core/eval-gates.ts'
import type { Trial } from '../replay/trial.ts'
import type { TargetSummary } from '../report/summary.ts'
import { benjaminiHochberg } from '../stats/alerts.ts'
import type { Estimate } from '../stats/estimate.ts'
import { boundTest } from './bound-test.ts'
import { figureOf, isWorseHigher } from './figures.ts'
import { regressionOf } from './regression.ts'

/** `undecided`: the interval holds the limit. `unknown`: the run does not tell the figure at all. */
export const GATE_STATUSES = ['passed', 'failed', 'undecided', 'unknown'] as const
export type GateStatus = (typeof GATE_STATUSES)[number]

export type GateResult = {
  readonly gate: Gate
  readonly suite: string
  readonly target: string
  readonly status: GateStatus
  /** The figure, or for a regression the difference to the baseline. */
  readonly figure: Estimate
  readonly reason: string
}

export type GateInput = {
  readonly gates: readonly Gate[]
  readonly summaries: readonly TargetSummary[]
  readonly trials: readonly Trial[]
  /** Trials of the baseline; undefined: none was given. */
  readonly baseline: readonly Trial[] | undefined
}

/** Every gate on every suite and target it holds for; a gate that meets none is `unknown` once. */
export function checkGates(input: GateInput): GateResult[] {
  return input.gates.flatMap((gate) => {
    const cells = input.summaries.filter((summary) => applies(gate, summary) && figureOf(gate.metric, summary) !== undefined)
    if (cells.length === 0) return [{ gate, suite: gate.suites.join(', '), target: gate.targets.join(', '), status: 'unknown', figure: NOTHING, reason: `no suite of this run tells ${gate.metric}` }]
    return gate.max_regression === undefined ? cells.map((cell) => bound(gate, cell)) : regressions(gate, cells, input)
  })
}

const NOTHING: Estimate = { value: undefined, low: undefined, high: undefined, n: 0, method: '' }

const applies = (gate: Gate, { suite, target }: TargetSummary): boolean => (gate.suites.length === 0 || gate.suites.includes(suite)) && (gate.targets.length === 0 || gate.targets.includes(target))

function bound(gate: Gate, cell: TargetSummary): GateResult {
  const figure = figureOf(gate.metric, cell) ?? NOTHING
  const own = { gate, suite: cell.suite, target: cell.target, figure }
  if (figure.value === undefined) return { ...own, status: 'unknown', reason: `too few trials to state ${gate.metric} (n ${figure.n})` }
  const limit = gate.max ?? gate.min ?? 0
  const above = gate.max !== undefined
  const shown = `is ${number(figure.value)}${figure.low === undefined || figure.high === undefined ? '' : ` (${number(figure.low)}…${number(figure.high)})`}, limit ${above ? 'at most' : 'at least'} ${number(limit)}`
  const { broken, kept } = boundTest(figure, limit, above, gate.false_alarms)
  if (broken) return { ...own, status: 'failed', reason: shown }
  return kept ? { ...own, status: 'passed', reason: shown } : { ...own, status: 'undecided', reason: `${shown}: these ${figure.n} trials cannot tell` }
}

/** Regressions of a gate over all its cells are judged together, so that many targets do not make many false alarms. */
function regressions(gate: Gate, cells: readonly TargetSummary[], { trials, baseline }: GateInput): GateResult[] {
  const most = gate.max_regression ?? 0
  const compared = cells.map((cell) => ({ cell, outcome: baseline === undefined ? 'no baseline was given (--baseline)' : regressionOf(gate.metric, cell, trials, baseline) }))
  const known = compared.flatMap(({ outcome }) => (typeof outcome === 'string' || outcome.p === undefined ? [] : [outcome]))
  const discoveries = new Map(benjaminiHochberg(known.map((one) => one.p ?? 1), gate.false_alarms).map((result, at) => [known[at], result.isDiscovery]))
  return compared.map(({ cell, outcome }): GateResult => {
    const own = { gate, suite: cell.suite, target: cell.target }
    if (typeof outcome === 'string') return { ...own, status: 'unknown', figure: NOTHING, reason: outcome }
    const { difference, p } = outcome
    const worse = (isWorseHigher(gate.metric) ? 1 : -1) * (difference.value ?? 0)
    const shown = `${worse > 0 ? 'worse' : 'better'} by ${number(Math.abs(worse))} on ${outcome.questions} common questions${p === undefined ? '' : ` (p ${p.toPrecision(2)})`}, at most ${number(most)} allowed`
    if (difference.value === undefined || p === undefined) return { ...own, status: 'unknown', figure: difference, reason: 'too few common questions with the baseline' }
    if (worse <= most) return { ...own, status: 'passed', figure: difference, reason: shown }
    return discoveries.get(outcome) === true ? { ...own, status: 'failed', figure: difference, reason: shown } : { ...own, status: 'undecided', figure: difference, reason: `${shown}: not evident` }
  })
}

const number = (value: number): string => String(Number(value.toPrecision(3)))

/** What the gates together say: `failed` before `inconclusive` before `passed`. */
export type GateOutcome = 'passed' | 'failed' | 'inconclusive'

/** Unknown figures, and undecided ones of strict gates, leave a run inconclusive. */
export function gateOutcome(results: readonly GateResult[]): GateOutcome {
  if (results.some((result) => result.status === 'failed')) return 'failed'
  return results.some((result) => result.status === 'unknown' || (result.status === 'undecided' && result.gate.strict)) ? 'inconclusive' : 'passed'
}
