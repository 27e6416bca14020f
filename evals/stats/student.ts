// Student's t: its quantile and two-sided p-value, for intervals over few clusters. Pure numbers in, numbers out.
import { betaCdf, betaQuantile } from './quantiles.ts'

/** The quantile of Student's t with `df` > 0 degrees of freedom, 0 < p < 1; NaN outside. By the beta quantile (Abramowitz & Stegun 26.7.1). */
export function tQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1) || !(df > 0)) return NaN
  if (p === 0.5) return 0
  const x = betaQuantile(2 * Math.min(p, 1 - p), df / 2, 0.5)
  const t = Math.sqrt((df * (1 - x)) / x)
  return p < 0.5 ? -t : t
}

/** The two-sided critical value, e.g. 2.045 at .95 with 29 degrees of freedom. */
export const tCritical = (confidence: number, df: number): number => tQuantile(1 - (1 - confidence) / 2, df)

/** P(|T| ≥ |t|) with `df` degrees of freedom; 0 for an infinite t. */
export function tTwoSidedP(t: number, df: number): number {
  return Number.isFinite(t) ? betaCdf(df / (df + t * t), df / 2, 0.5) : 0
}
