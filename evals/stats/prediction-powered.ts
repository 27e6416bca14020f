// A rate from a few judged answers and many offline grades. Comes in: judged items with their offline grade, and offline
// grades alone. Goes out: an estimate that is right even where the offline grader is wrong.
import { DEFAULT_CONFIDENCE, type Estimate, methodName, unknownEstimate } from './estimate.ts'
import { tCritical } from './student.ts'

/** A judged item: `truth` by the judges, `predicted` by the offline grader; both in 0..1. */
export type JudgedItem = { truth: number; predicted: number }

/** The estimate and how far the offline grader was trusted: 0 not at all, 1 fully. */
export type PredictionPowered = Estimate & { lambda: number | undefined; /** Standard error, before the interval is clipped; undefined where it cannot be known. */ error: number | undefined }

/**
 * PPI++ for a mean (Angelopoulos, Duchi & Zrnic 2023, power tuning in closed form): mean(truth) + λ·(mean(unjudged
 * predictions) − mean(judged predictions)). λ is clipped to [0, 1]. With fewer than two judged items the interval is
 * undefined; without unjudged ones λ is 0 and the result is the plain mean. The interval is Student's with n − 1 degrees of freedom (about 40 judged items or
 * more for rates near the edges) and clipped to [0, 1]; with no spread among the judged it uses the smoothed rate's variance, since certainty is not known.
 */
export function predictionPoweredRate(judged: readonly JudgedItem[], unjudged: readonly number[], confidence = DEFAULT_CONFIDENCE): PredictionPowered {
  const method = methodName('prediction-powered', confidence)
  const n = judged.length
  if (n === 0) return { ...unknownEstimate(0, method), lambda: undefined, error: undefined }
  const truths = judged.map((item) => item.truth)
  const predictions = judged.map((item) => item.predicted)
  const plain = mean(truths)
  if (n < 2) return { value: plain, low: undefined, high: undefined, n, method, lambda: undefined, error: undefined }
  const m = unjudged.length
  const predictedVariance = covariance([...predictions, ...unjudged], [...predictions, ...unjudged])
  const lambda = m < 2 || predictedVariance === 0 ? 0 : clip(covariance(truths, predictions) / ((1 + n / m) * predictedVariance))
  const value = plain + (lambda === 0 ? 0 : lambda * (mean(unjudged) - mean(predictions)))
  const residuals = judged.map((item) => item.truth - lambda * item.predicted)
  const smoothed = (plain * n + 1) / (n + 2)
  const residualVariance = covariance(truths, truths) === 0 ? smoothed * (1 - smoothed) : covariance(residuals, residuals)
  const unjudgedVariance = m < 2 ? 0 : (lambda * lambda * covariance(unjudged, unjudged)) / m
  const error = Math.sqrt(residualVariance / n + unjudgedVariance)
  const half = tCritical(confidence, n - 1) * error
  return { value: clip(value), low: clip(value - half), high: clip(value + half), n: n + m, method, lambda, error }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const clip = (value: number): number => Math.min(1, Math.max(0, value))

function covariance(a: readonly number[], b: readonly number[]): number {
  const meanA = mean(a)
  const meanB = mean(b)
  return a.reduce((sum, value, at) => sum + (value - meanA) * ((b[at] ?? 0) - meanB), 0) / (a.length - 1)
}
