// Signs that a model changed which no grader sees: how long it answers, how often it declines, how soon it begins. In: eval
// runs and days of production. Out: one test per newest run or day, with its p-value; which of them are marks is decided over
// all of them together (drift.ts).
import { meanDifference, pooledMoments, type Moments } from '../stats/welch.ts'
import { normalCdf } from '../stats/quantiles.ts'
import type { DriftKind, EvalRun, TargetDay } from './drift.ts'
import type { LearningRules } from './rules.ts'

/** One comparison of the newest run or day with those before it. */
export type Trip = {
  readonly kind: DriftKind
  readonly evidenceKey: string
  readonly suite: string
  readonly at: number
  readonly value: number
  readonly reference: number
  readonly p: number
  /** Whether the change is worth a mark at all, however sure it is. */
  readonly isLarge: boolean
  readonly text: string
}

/** The newest of each series with what came before it. */
function newestOf<T extends { readonly at: number }>(rows: readonly T[], seriesOf: (row: T) => string): { newest: T; before: T[] }[] {
  return [...Map.groupBy(rows, seriesOf).values()].flatMap((series) => {
    const sorted = series.sort((a, b) => a.at - b.at)
    const newest = sorted.at(-1)
    return newest === undefined || sorted.length < 2 ? [] : [{ newest, before: sorted.slice(0, -1) }]
  })
}

const suiteOf = ({ suite, suite_hash, evidence_key }: EvalRun): string => JSON.stringify([suite, suite_hash, evidence_key])

/** Output tokens of the same questions, in logarithms. */
export function lengthTrips(runs: readonly EvalRun[], rules: LearningRules): Trip[] {
  const moments = ({ length_n: n, length_mean: mean, length_variance: variance }: EvalRun): Moments => ({ n, mean, variance })
  return newestOf(runs, suiteOf).flatMap(({ newest, before }) => {
    const pooled = pooledMoments(before.map(moments))
    const found = pooled === undefined ? undefined : meanDifference(moments(newest), pooled)
    if (pooled === undefined || found === undefined) return []
    const percent = Math.round(100 * (Math.exp(found.difference) - 1))
    return [{ kind: 'output_length', evidenceKey: newest.evidence_key, suite: newest.suite, at: newest.at, value: Math.exp(newest.length_mean), reference: Math.exp(pooled.mean), p: found.p, isLarge: Math.abs(found.difference) >= rules.drift.leastLength, text: `its answers to ${newest.suite} are ${Math.abs(percent)}% ${percent < 0 ? 'shorter' : 'longer'} than before` } as const]
  })
}

/** Share of refused answers: two-proportion z test with the pooled rate. */
export function refusalTrips(runs: readonly EvalRun[], rules: LearningRules): Trip[] {
  return newestOf(runs.filter(({ asked }) => asked > 0), suiteOf).flatMap(({ newest, before }) => {
    const [asked, refused] = [before.reduce((sum, run) => sum + run.asked, 0), before.reduce((sum, run) => sum + run.refused, 0)]
    const [value, reference] = [newest.refused / newest.asked, refused / asked]
    const rate = (newest.refused + refused) / (newest.asked + asked)
    const error = Math.sqrt(rate * (1 - rate) * (1 / newest.asked + 1 / asked))
    if (!(error > 0) || newest.asked < 30) return []
    return [{ kind: 'refusals', evidenceKey: newest.evidence_key, suite: newest.suite, at: newest.at, value, reference, p: 2 * (1 - normalCdf(Math.abs(value - reference) / error)), isLarge: Math.abs(value - reference) >= rules.drift.leastRefusals, text: `it declines ${Math.round(100 * value)}% of ${newest.suite}, ${Math.round(100 * reference)}% before` } as const]
  })
}

/** Time to the first token in production, in logarithms, against the week before. */
export function firstTokenTrips(days: readonly TargetDay[], rules: LearningRules): Trip[] {
  const moments = ({ ttft_n: n, ttft_mean: mean, ttft_variance: variance }: TargetDay): Moments => ({ n, mean, variance })
  return newestOf(days, ({ evidence_key }) => evidence_key).flatMap(({ newest, before }) => {
    const pooled = pooledMoments(before.slice(-7).map(moments))
    const found = pooled === undefined ? undefined : meanDifference(moments(newest), pooled)
    if (pooled === undefined || found === undefined) return []
    const [value, reference] = [Math.exp(newest.ttft_mean), Math.exp(pooled.mean)]
    return [{ kind: 'first_token', evidenceKey: newest.evidence_key, suite: '', at: newest.at, value, reference, p: found.p, isLarge: Math.abs(found.difference) >= rules.drift.leastFirstToken, text: `its first token comes after ${Math.round(value)} ms, ${Math.round(reference)} ms in the week before` } as const]
  })
}
