// How sure a rate is on exactly these questions: only the answers vary, the questions do not. Comes in: scores by question.
// Goes out: an interval, undefined without repetitions, because one answer a question says nothing about how answers vary.
import { DEFAULT_CONFIDENCE, type Estimate, methodName, unknownEstimate } from './estimate.ts'
import { tCritical } from './student.ts'

/**
 * The mean over questions of their mean score in 0..1, with the interval for this fixed set: the variance inside questions
 * alone, pooled over all that were asked twice or more (one half disagreement added, so that unanimity is not certainty).
 */
export function fixedSetMean(byQuestion: readonly (readonly number[])[], confidence = DEFAULT_CONFIDENCE): Estimate {
  const method = methodName('this fixed set', confidence)
  const questions = byQuestion.filter((scores) => scores.length > 0)
  const n = questions.reduce((sum, scores) => sum + scores.length, 0)
  if (questions.length === 0) return unknownEstimate(0, method)
  const means = questions.map(meanOf)
  const value = meanOf(means)
  const degrees = questions.reduce((sum, scores) => sum + scores.length - 1, 0)
  if (degrees === 0) return { value, low: undefined, high: undefined, n, method }
  const inside = questions.reduce((sum, scores, at) => sum + scores.reduce((squares, score) => squares + (score - (means[at] ?? 0)) ** 2, 0), 0)
  const variance = (inside + HALF_A_DISAGREEMENT) / (degrees + 1)
  const ofMean = questions.reduce((sum, scores) => sum + variance / scores.length, 0) / questions.length ** 2
  const half = tCritical(confidence, degrees) * Math.sqrt(ofMean)
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half), n, method }
}

/** The squares that one 0 beside one 1 add. */
const HALF_A_DISAGREEMENT = 0.5

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
