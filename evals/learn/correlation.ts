// How far the beliefs about two targets err together, because they answered the same questions. In: posteriors. Out: a
// correlation, and correlated draws. Without it a difference between two models would look as unsure as if each had been asked
// questions of its own.
import type { Posterior } from './posterior.ts'

/** Common questions that a correlation is shrunk by: so few say little about how two targets go together. */
const SHRINK_QUESTIONS = 10
/** No two targets are taken to err alike altogether. */
const MOST = 0.95

/** Correlation of the errors of two targets' quality, −.95..0.95; 0 where they share no question. */
export function qualityCorrelation(a: Posterior, b: Posterior): number {
  // What production and prior add is each target's own.
  return evalsCorrelation(a, b) * Math.sqrt(a.evalsShare * b.evalsShare)
}

/** The same for what evals alone say. */
export function evalsCorrelation(a: Posterior, b: Posterior): number {
  const [small, large] = a.influence.size <= b.influence.size ? [a.influence, b.influence] : [b.influence, a.influence]
  let together = 0
  let common = 0
  for (const [question, pull] of small) {
    const other = large.get(question)
    if (other === undefined) continue
    together += pull * other
    common += 1
  }
  if (common === 0) return 0
  const alone = Math.sqrt(squares(a) * squares(b))
  if (alone === 0) return 0
  return Math.min(MOST, Math.max(-MOST, (together / alone) * (common / (common + SHRINK_QUESTIONS))))
}

function squares({ influence }: Posterior): number {
  let sum = 0
  for (const pull of influence.values()) sum += pull * pull
  return sum
}

/**
 * The lower triangle L with L·Lᵀ = the correlation matrix (Cholesky). Pairwise estimates may not fit together: a pivot that
 * would not be positive becomes a small one, which loosens the ties of that target.
 */
export function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const lower = matrix.map((row) => row.map(() => 0))
  for (const [i, row] of lower.entries()) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i]?.[j] ?? 0
      for (let k = 0; k < j; k += 1) sum -= (row[k] ?? 0) * (lower[j]?.[k] ?? 0)
      row[j] = i === j ? Math.sqrt(Math.max(sum, 1e-6)) : sum / (lower[j]?.[j] ?? 1)
    }
    // Each row keeps length 1, so that a loosened target keeps its own spread.
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
    for (let j = 0; j <= i; j += 1) row[j] = (row[j] ?? 0) / length
  }
  return lower
}

/** Independent standard normals → correlated ones, one array a target. */
export function correlate(independent: readonly Float64Array[], lower: readonly (readonly number[])[]): Float64Array[] {
  return lower.map((row, i) => {
    const mixed = new Float64Array(independent[i]?.length ?? 0)
    for (let j = 0; j <= i; j += 1) {
      const [source, factor] = [independent[j], row[j] ?? 0]
      if (source === undefined || factor === 0) continue
      for (let at = 0; at < mixed.length; at += 1) mixed[at] = (mixed[at] ?? 0) + factor * (source[at] ?? 0)
    }
    return mixed
  })
}
