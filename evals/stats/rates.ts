// Rates and the difference of two independent rates. Comes in: counts. Goes out: estimates.
import { DEFAULT_CONFIDENCE, type Estimate, methodName, unknownEstimate } from './estimate.ts'
import { criticalValue } from './quantiles.ts'

/** A rate with the Wilson score interval (Wilson 1927, without continuity correction); undefined for n = 0. */
export function wilson(hits: number, n: number, confidence = DEFAULT_CONFIDENCE): Estimate {
  const method = methodName('wilson', confidence)
  if (n <= 0) return unknownEstimate(0, method)
  const z = criticalValue(confidence)
  const centre = (hits + (z * z) / 2) / (n + z * z)
  const half = (z / (n + z * z)) * Math.sqrt((hits * (n - hits)) / n + (z * z) / 4)
  return { value: hits / n, low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === n ? 1 : Math.min(1, centre + half), n, method }
}

/** First rate minus second, independent samples: Newcombe's hybrid score interval (1998, method 10); undefined when either is empty. */
export function rateDifference(first: { hits: number; n: number }, second: { hits: number; n: number }, confidence = DEFAULT_CONFIDENCE): Estimate {
  return estimateDifference(wilson(first.hits, first.n, confidence), wilson(second.hits, second.n, confidence), confidence)
}

/** First minus second of two independent estimates with intervals, by Newcombe's square-and-add; undefined where either has no interval. */
export function estimateDifference(a: Estimate, b: Estimate, confidence = DEFAULT_CONFIDENCE): Estimate {
  const method = methodName('newcombe', confidence)
  const n = a.n + b.n
  if (a.value === undefined || a.low === undefined || a.high === undefined || b.value === undefined || b.low === undefined || b.high === undefined) return unknownEstimate(n, method)
  const difference = a.value - b.value
  return {
    value: difference,
    low: difference - Math.hypot(a.value - a.low, b.high - b.value),
    high: difference + Math.hypot(a.high - a.value, b.value - b.low),
    n,
    method,
  }
}

/** The smoothed rate (k + 1)/(n + 2): 30 of 30 right is not certainty. n = 0 gives .5. */
export const smoothedRate = (hits: number, n: number): number => (hits + 1) / (n + 2)
