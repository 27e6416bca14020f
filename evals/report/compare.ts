// A run against a baseline, on the questions both answered: per suite and target, what got better or worse with evidence, and
// which answers flipped. Comes in: two sets of trials. Goes out: comparisons. Suites that were edited and graders that differ are
// not compared, and said. Pure.
import type { Random } from '../../core/seams.ts'
import { trialScore, type Trial } from '../replay/trial.ts'
import { comparePairs, judgeComparisons, type Compared, type ComparisonVerdict } from '../stats/comparison.ts'
import type { ScorePair } from '../stats/paired.ts'

export type ComparedCell = Compared & {
  readonly suite: string
  readonly target: string
  /** Whom it is compared with: a target of the baseline. */
  readonly against: string
  readonly verdict: ComparisonVerdict
  readonly adjustedP: number | undefined
}

/** A question whose score changed by half or more. */
export type Flip = { readonly suite: string; readonly target: string; readonly probeId: string; readonly domain: string; readonly was: string; readonly is: string; readonly worse: boolean; readonly answerBefore: string; readonly answerNow: string }

export type Comparison = {
  /** What the baseline is called: a run, or a file. */
  readonly baseline: string
  readonly minEffect: number
  readonly cells: readonly ComparedCell[]
  readonly flips: readonly Flip[]
  /** Suites and targets that could not be compared, and why. */
  readonly notes: readonly string[]
}

export type CompareOptions = {
  readonly baseline: string
  readonly minEffect: number
  /** False discovery rate over all cells. */
  readonly q: number
  /** Compares every target with this one of the baseline; undefined: each with itself. */
  readonly against?: string | undefined
}

/** Compares mean scores; higher is better on every kind of probe. */
export function compareRuns(now: readonly Trial[], before: readonly Trial[], random: Random, options: CompareOptions): Comparison {
  const notes: string[] = []
  const rows: { suite: string; target: string; against: string; compared: Compared; matched: Matched[] }[] = []
  for (const [cell, trials] of Map.groupBy(now.filter(isScored), (trial) => `${trial.suite}\u0000${trial.target}`)) {
    const [suite = '', target = ''] = cell.split('\u0000')
    const against = options.against ?? target
    if (options.against === target && options.baseline === trials[0]?.runId) continue
    const others = before.filter((trial) => isScored(trial) && trial.suite === suite && trial.target === against)
    const fault = incomparable(trials, others)
    if (fault !== undefined) {
      notes.push(`${target} on ${suite} is not compared: ${fault}.`)
      continue
    }
    const matched = matchQuestions(trials, others)
    rows.push({ suite, target, against, matched, compared: comparePairs(matched.map(({ pair }) => pair), random) })
  }
  const verdicts = judgeComparisons(rows.map((row) => row.compared), options)
  const cells = rows.map(({ suite, target, against, compared }, at): ComparedCell => ({ ...compared, suite, target, against, verdict: verdicts[at]?.verdict ?? 'too_few', adjustedP: verdicts[at]?.adjustedP }))
  return { baseline: options.baseline, minEffect: options.minEffect, cells, flips: rows.flatMap((row) => row.matched.flatMap((one) => flipOf(one) ?? [])), notes }
}

const isScored = (trial: Trial): boolean => trial.status === 'scored' && trialScore(trial) !== undefined

function incomparable(now: readonly Trial[], before: readonly Trial[]): string | undefined {
  if (before.length === 0) return 'the baseline has no scored trials of it'
  const hashes = new Set([...now, ...before].map((trial) => trial.suiteHash))
  if (hashes.size > 1) return `the suite was edited (${[...hashes].join(', ')}): another sample`
  // A suite may have several graders, one per kind of probe: what must be the same is the set of them.
  const gradersOf = (trials: readonly Trial[]): string => [...new Set(trials.map((trial) => trial.grader))].sort().join(', ')
  const [mine, theirs] = [gradersOf(now), gradersOf(before)]
  return mine === theirs ? undefined : `it was graded by ${theirs}, now by ${mine}: grades of different graders are never compared`
}

type Matched = { readonly pair: ScorePair; readonly now: Trial; readonly before: Trial }

/** One pair per question: mean scores over epochs, and one trial of each for the texts. */
function matchQuestions(now: readonly Trial[], before: readonly Trial[]): Matched[] {
  const earlier = Map.groupBy(before, (trial) => trial.probeId)
  return [...Map.groupBy(now, (trial) => trial.probeId)].flatMap(([probeId, group]) => {
    const others = earlier.get(probeId)
    const [first] = group
    const [second] = others ?? []
    if (first === undefined || others === undefined || second === undefined) return []
    return [{ pair: { cluster: probeId, first: meanScore(group), second: meanScore(others) }, now: first, before: second }]
  })
}

const meanScore = (trials: readonly Trial[]): number => trials.reduce((sum, trial) => sum + (trialScore(trial) ?? 0), 0) / trials.length

function flipOf({ pair, now, before }: Matched): Flip | undefined {
  if (Math.abs(pair.first - pair.second) < 0.5) return undefined
  return { suite: now.suite, target: now.target, probeId: now.probeId, domain: now.domain, was: before.label ?? '', is: now.label ?? '', worse: pair.first < pair.second, answerBefore: before.answer, answerNow: now.answer }
}
