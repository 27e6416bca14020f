// Whether targets were drawn as often as the log says they should have been. In: per target its draws, the sum of the logged
// probabilities and their variance. Out: the tasks whose draws and log contradict each other. What rests on probabilities that
// were not the real ones must not be learned from.
import { normalCdf } from '../stats/quantiles.ts'
import type { DrawnRow } from './evidence.ts'
import type { LearningRules } from './rules.ts'

/** Expected draws below which the normal approximation says nothing. */
const FEWEST_EXPECTED = 5

/**
 * Task → why its draws contradict their logged probabilities. Each target of each version is one χ² test with one degree of
 * freedom, (served − Σp)² / Σp(1−p), Bonferroni-corrected over all of them.
 */
export function contradictedDraws(rows: readonly DrawnRow[], rules: LearningRules): ReadonlyMap<string, string> {
  const tested = rows.filter((row) => row.variance >= FEWEST_EXPECTED)
  const faults = new Map<string, string>()
  for (const { task, target, version, draws, expected, served, variance } of tested) {
    const p = 2 * (1 - normalCdf(Math.abs(served - expected) / Math.sqrt(variance)))
    if (p * tested.length >= rules.data.drawsAlpha || faults.has(task)) continue
    faults.set(task, `in ${draws} draws under version ${version} ${target} was served ${served} times where the logged probabilities say ${expected.toFixed(0)} ± ${Math.sqrt(variance).toFixed(0)}`)
  }
  return faults
}
