// How much a panel favours its own family, measured on labelled answers: its error on targets of the judges' family beside its
// error on others. Comes in: scores by panel and by people. Goes out: an estimate, and intervals widened by it. Pure.
import type { Estimate } from '../../stats/estimate.ts'
import { tCritical } from '../../stats/student.ts'

/** One answer graded by the panel and labelled by a person; scores 0..1. */
export type BiasRow = { readonly own: boolean; readonly judged: number; readonly labelled: number }

/** Labelled answers that each side needs. */
export const FEWEST_BIAS_ROWS = 10

/** Mean error on the own family minus mean error on others; positive: the family is favoured. Undefined with too few rows on a side. */
export function selfBias(rows: readonly BiasRow[]): Estimate {
  const own = rows.filter((row) => row.own).map(error)
  const others = rows.filter((row) => !row.own).map(error)
  const n = rows.length
  const method = 'difference of errors 95%'
  if (own.length < FEWEST_BIAS_ROWS || others.length < FEWEST_BIAS_ROWS) return { value: undefined, low: undefined, high: undefined, n, method }
  const value = mean(own) - mean(others)
  // Half a disagreement more on each side: panels that agree with every label so far are not proven to be fair.
  const spread = (errors: readonly number[]): number => (errors.reduce((sum, e) => sum + (e - mean(errors)) ** 2, 0) + 0.5) / (errors.length - 1) / errors.length
  const half = tCritical(0.95, Math.min(own.length, others.length) - 1) * Math.sqrt(spread(own) + spread(others))
  return { value, low: value - half, high: value + half, n, method }
}

/** The interval of a rate that rises with favour, widened by what the bias may be; unknown bias leaves no interval. */
export function widenedBy(estimate: Estimate, bias: Estimate): Estimate {
  if (estimate.low === undefined || estimate.high === undefined) return estimate
  if (bias.low === undefined || bias.high === undefined) return { ...estimate, low: undefined, high: undefined, method: `${estimate.method}, judged by its own family with unknown bias` }
  return { ...estimate, low: Math.max(-1, estimate.low - Math.max(0, bias.high)), high: Math.min(1, estimate.high + Math.max(0, -bias.low)), method: `${estimate.method}, widened by the judges' bias` }
}

const error = (row: BiasRow): number => row.judged - row.labelled
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
