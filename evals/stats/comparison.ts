// Is a target better or worse than a baseline, on the probes both answered? Comes in: paired scores. Goes out: the difference,
// its p-value and a verdict that takes both a minimum effect and evidence. Many comparisons are judged together.
import type { Random } from '../../core/seams.ts'
import { benjaminiHochberg } from './alerts.ts'
import type { BootstrapOptions } from './bootstrap.ts'
import type { Estimate } from './estimate.ts'
import { mcNemar, pairedDifference, type ScorePair } from './paired.ts'
import { tTwoSidedP } from './student.ts'

/** One comparison before it is judged; `p` is two-sided, undefined below two questions. */
export type Compared = { readonly difference: Estimate; readonly p: number | undefined; /** Questions both answered. */ readonly questions: number }

export const COMPARISON_VERDICTS = ['better', 'worse', 'no_difference_shown', 'too_few'] as const
export type ComparisonVerdict = (typeof COMPARISON_VERDICTS)[number]

/** Below this many common questions nothing is said. */
export const MIN_COMMON_QUESTIONS = 20

/** Difference first − second over common probes. The test is McNemar's mid-p for one right/wrong answer a question, else the paired t over questions. */
export function comparePairs(pairs: readonly ScorePair[], random: Random, options: BootstrapOptions = {}): Compared {
  const difference = pairedDifference(pairs, random, options)
  const byQuestion = [...Map.groupBy(pairs, (pair) => pair.cluster).values()]
  return { difference, p: pValue(pairs, byQuestion), questions: byQuestion.length }
}

function pValue(pairs: readonly ScorePair[], byQuestion: readonly (readonly ScorePair[])[]): number | undefined {
  if (byQuestion.length < 2) return undefined
  const isBinary = pairs.every(({ first, second }) => (first === 0 || first === 1) && (second === 0 || second === 1))
  if (isBinary && byQuestion.length === pairs.length) {
    return mcNemar(pairs.filter((pair) => pair.first > pair.second).length, pairs.filter((pair) => pair.second > pair.first).length).midP
  }
  const differences = byQuestion.map((group) => group.reduce((sum, pair) => sum + pair.first - pair.second, 0) / group.length)
  const n = differences.length
  const mean = differences.reduce((sum, value) => sum + value, 0) / n
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  // All questions differ by the same: the sign test's bound, since a t of infinity would claim more than n signs can show.
  if (variance === 0) return mean === 0 ? 1 : Math.min(1, 2 * 0.5 ** n)
  return tTwoSidedP(mean / Math.sqrt(variance / n), n - 1)
}

export type JudgeOptions = {
  /** Smallest difference that matters, 0..1. */
  readonly minEffect: number
  /** False discovery rate over all comparisons that are judged together. */
  readonly q: number
}

/** A verdict per comparison, in order: a difference of at least the minimum effect that survives Benjamini–Hochberg over all of them. */
export function judgeComparisons(all: readonly Compared[], { minEffect, q }: JudgeOptions): { readonly verdict: ComparisonVerdict; readonly adjustedP: number | undefined }[] {
  const testable = all.filter(isTestable)
  const discoveries = benjaminiHochberg(testable.map((compared) => compared.p ?? 1), q)
  return all.map((compared) => {
    const at = testable.indexOf(compared)
    const { value } = compared.difference
    if (at === -1 || value === undefined) return { verdict: 'too_few', adjustedP: undefined }
    const discovery = discoveries[at]
    const matters = discovery?.isDiscovery === true && Math.abs(value) >= minEffect
    return { verdict: matters ? (value > 0 ? 'better' : 'worse') : 'no_difference_shown', adjustedP: discovery?.adjusted }
  })
}

const isTestable = (compared: Compared): boolean => compared.p !== undefined && compared.questions >= MIN_COMMON_QUESTIONS
