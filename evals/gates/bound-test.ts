// Whether a figure breaks, or keeps, a limit on the evidence. Comes in: an estimate and a limit. Goes out: both one-sided answers
// at a stated rate of false alarms. Exact binomial for plain shares, the interval's own width elsewhere. Pure.
import type { Estimate } from '../stats/estimate.ts'
import { betaCdf, logChoose, normalCdf, normalQuantile } from '../stats/quantiles.ts'

/** `broken`: it lies beyond the limit; `kept`: on the right side of it. Neither: the evidence cannot tell. */
export type BoundVerdict = { readonly broken: boolean; readonly kept: boolean }

/** Tests value > limit (`above`) or value < limit, each side at the rate `alpha`. */
export function boundTest(figure: Estimate, limit: number, above: boolean, alpha: number): BoundVerdict {
  const { value, low, high } = figure
  if (value === undefined || low === undefined || high === undefined) return { broken: false, kept: false }
  if (figure.method === 'observed') return { broken: above ? value > limit : value < limit, kept: above ? value <= limit : value >= limit }
  const over = figure.method.startsWith('wilson') ? shareAbove(value, figure.n, limit) : heightAbove(figure, limit)
  const under = figure.method.startsWith('wilson') ? shareAbove(1 - value, figure.n, 1 - limit) : heightAbove({ ...figure, value: -value, low: -high, high: -low }, -limit)
  return above ? { broken: over < alpha, kept: under < alpha } : { broken: under < alpha, kept: over < alpha }
}

/** P(at least as many hits | the rate is the limit), mid-p: half of the observed count's own probability. */
function shareAbove(value: number, n: number, limit: number): number {
  const hits = Math.round(value * n)
  if (limit <= 0) return hits > 0 ? 0 : 1
  if (limit >= 1) return 1
  const atLeast = hits === 0 ? 1 : betaCdf(limit, hits, n - hits + 1)
  const exactly = Math.exp(logChoose(n, hits) + hits * Math.log(limit) + (n - hits) * Math.log1p(-limit))
  return atLeast - exactly / 2
}

/** One-sided p of value > limit, taking the 95% interval's lower arm as 1.96 standard errors. */
function heightAbove({ value, low }: Estimate, limit: number): number {
  if (value === undefined || low === undefined || value <= limit) return 1
  const error = (value - low) / normalQuantile(0.975)
  return error <= 0 ? 0 : normalCdf(-(value - limit) / error)
}
