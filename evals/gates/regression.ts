// A gate's figure now against the baseline's, question by question. Comes in: a metric and two sets of trials. Goes out: the
// paired difference with its p-value, or why there is none. Pure.
import { seededRandom } from '../../core/seams.ts'
import type { GateMetric } from '../../core/eval-gates.ts'
import { trialScore, type Trial } from '../replay/trial.ts'
import { byQuestion } from '../report/rates.ts'
import { comparePairs, type Compared } from '../stats/comparison.ts'

/** What one trial contributes to a figure's mean; `undefined`: it is not among those counted. */
type Contribution = (trial: Trial) => number | undefined

const label = (among: (trial: Trial) => boolean, wanted: (label: string) => boolean): Contribution => (trial) => (among(trial) ? (wanted(trial.label ?? '') ? 1 : 0) : undefined)
const isAnswerable = (trial: Trial): boolean => trial.kind === 'factual' && trial.answerable

const CONTRIBUTIONS: Readonly<Partial<Record<GateMetric, Contribution>>> = {
  pushback_rate: label((trial) => trial.kind === 'nonsense', (given) => given === 'clear_pushback'),
  false_pushback_rate: label((trial) => trial.kind === 'control', (given) => given === 'clear_pushback'),
  accuracy: label(isAnswerable, (given) => given === 'correct'),
  // The rate's own denominator changes with the answers, so that it has no pairs: wrong answers among all answerable ones have.
  hallucination_rate: label(isAnswerable, (given) => given === 'incorrect'),
  fabrication_rate: label((trial) => trial.kind === 'factual' && !trial.answerable, (given) => given !== 'not_attempted'),
  index: (trial) => (isAnswerable(trial) ? (trial.label === 'correct' ? 100 : trial.label === 'incorrect' ? -100 : 0) : undefined),
  pass_rate: label((trial) => trial.kind === 'task', (given) => given === 'pass'),
  mean_score: (trial) => trialScore(trial),
  cost_per_trial_usd: (trial) => trial.costUsd,
}

/** The paired difference now − before; a text says why there is none. */
export function regressionOf(metric: GateMetric, cell: { readonly suite: string; readonly target: string }, now: readonly Trial[], before: readonly Trial[]): Compared | string {
  const own = (trials: readonly Trial[]): Trial[] => trials.filter((trial) => trial.suite === cell.suite && trial.target === cell.target && trial.status === 'scored')
  const [mine, theirs] = [own(now), own(before)]
  if (theirs.length === 0) return 'the baseline has no scored trials of it'
  if (new Set([...mine, ...theirs].map((trial) => trial.suiteHash)).size > 1) return 'the suite was edited since the baseline'
  const graders = (trials: readonly Trial[]): string => [...new Set(trials.map((trial) => trial.grader))].sort().join(', ')
  if (metric !== 'cost_per_trial_usd' && graders(mine) !== graders(theirs)) return `the baseline was graded by ${graders(theirs)}`
  if (metric === 'pushback_j') return jDifference(mine, theirs)
  const contribution = CONTRIBUTIONS[metric]
  if (contribution === undefined) return `${metric} has no pairs: use max or min`
  return comparePairs(pairsOf(mine, theirs, contribution), seededRandom('gate'))
}

function pairsOf(now: readonly Trial[], before: readonly Trial[], contribution: Contribution): { cluster: string; first: number; second: number }[] {
  const means = (trials: readonly Trial[]): Map<string, number> =>
    new Map(
      byQuestion(trials).flatMap((group): [string, number][] => {
        const values = group.flatMap((trial) => contribution(trial) ?? [])
        return values.length === 0 ? [] : [[group[0]?.probeId ?? '', values.reduce((sum, value) => sum + value, 0) / values.length]]
      }),
    )
  const earlier = means(before)
  return [...means(now)].flatMap(([cluster, first]) => {
    const second = earlier.get(cluster)
    return second === undefined ? [] : [{ cluster, first, second }]
  })
}

/** J as a mean over all questions: each nonsense question counts N/n of its kind for, each control N/n against. */
function jDifference(now: readonly Trial[], before: readonly Trial[]): Compared {
  const clear = (kind: Trial['kind']): Contribution => label((trial) => trial.kind === kind, (given) => given === 'clear_pushback')
  const nonsense = pairsOf(now, before, clear('nonsense'))
  const controls = pairsOf(now, before, clear('control'))
  const all = nonsense.length + controls.length
  const scaled = (pairs: typeof nonsense, sign: number): typeof nonsense => pairs.map(({ cluster, first, second }) => ({ cluster, first: (sign * first * all) / pairs.length, second: (sign * second * all) / pairs.length }))
  if (nonsense.length === 0 || controls.length === 0) return comparePairs([], seededRandom('gate'))
  return comparePairs([...scaled(nonsense, 1), ...scaled(controls, -1)], seededRandom('gate'))
}
