// Means of a few runs with their interval. In: numbers. Out: mean and Student's t interval.
import { tCritical } from './student.ts'

/** Mean with its 95% interval over independent runs; both ends are undefined for fewer than two. */
export type MeanOfRuns = { readonly value: number; readonly low: number | undefined; readonly high: number | undefined }

export function meanOfRuns(values: readonly number[], confidence = 0.95): MeanOfRuns {
  const n = values.length
  const value = values.reduce((sum, one) => sum + one, 0) / n
  if (n < 2) return { value, low: undefined, high: undefined }
  const spread = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / (n - 1)
  const half = tCritical(confidence, n - 1) * Math.sqrt(spread / n)
  return { value, low: value - half, high: value + half }
}
