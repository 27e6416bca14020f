// What a target did on suites of other tasks, as a prior for this one. In: per other suite the samples of the task's candidates.
// Out: how far above or below its peers a target tends to be, and how sure that is. Suites differ in difficulty, so only
// differences inside one suite count.
import type { Sample } from './samples.ts'

/** How far from its peers a target stood elsewhere. */
export type Elsewhere = {
  /** Mean of (its e − the mean e of its peers) over the other suites. */
  readonly deviation: number
  /**
   * Variance of the deviation to expect on a suite not seen yet: that of the mean, and that between suites. `undefined`: fewer
   * than `MIN_SUITES` suites, which tell nothing of how much suites differ.
   */
  readonly variance: number | undefined
}

/** Suites below which the spread between suites cannot be estimated. */
export const MIN_SUITES = 3

/** One suite: the samples of the candidates that were graded on it, by target. */
export type SuiteSamples = ReadonlyMap<string, Pick<Sample, 'e' | 'variance'>>

/**
 * Per target that was graded elsewhere beside at least one peer. The variance between suites is a moment estimate pooled over
 * the targets (DerSimonian and Laird 1986, with equal weights): the spread of deviations beyond what their samples explain.
 */
export function elsewhereOf(suites: readonly SuiteSamples[]): ReadonlyMap<string, Elsewhere> {
  const deviations = new Map<string, { value: number; variance: number }[]>()
  for (const suite of suites) {
    if (suite.size < 2) continue
    const samples = [...suite.values()]
    const centre = average(samples.map(({ e }) => e))
    const pooled = average(samples.map(({ variance }) => variance))
    for (const [target, { e, variance }] of suite) {
      // Var(e − mean) with the target inside the mean: (1 − 2/k)·v + mean v / k.
      const list = deviations.get(target) ?? []
      list.push({ value: e - centre, variance: (1 - 2 / suite.size) * variance + pooled / suite.size })
      deviations.set(target, list)
    }
  }
  const between = betweenSuites([...deviations.values()])
  return new Map(
    [...deviations].map(([target, list]) => {
      const own = list.reduce((sum, { variance }) => sum + variance, 0) / list.length ** 2
      return [target, { deviation: average(list.map(({ value }) => value)), variance: between === undefined || list.length < MIN_SUITES ? undefined : between * (1 + 1 / list.length) + own }]
    }),
  )
}

function betweenSuites(lists: readonly (readonly { readonly value: number; readonly variance: number }[])[]): number | undefined {
  const enough = lists.filter((list) => list.length >= MIN_SUITES)
  if (enough.length === 0) return undefined
  const excess = enough.map((list) => {
    const centre = average(list.map(({ value }) => value))
    const spread = list.reduce((sum, { value }) => sum + (value - centre) ** 2, 0) / (list.length - 1)
    return spread - average(list.map(({ variance }) => variance))
  })
  return Math.max(0, average(excess))
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
