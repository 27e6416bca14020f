// Multinomial logistic regression with an L2 penalty, fitted by gradient descent with Nesterov momentum.
// Comes in: sparse rows and class indices. Goes out: weights. Deterministic: no randomness, no clock, no I/O.

/** One training row: feature indices with values, its class and its weight in the loss. */
export type Row = { indices: readonly number[]; values: readonly number[]; label: number; weight: number }
/** `weights[class][feature]` and one intercept a class. */
export type SoftmaxModel = { intercepts: number[]; weights: Float64Array<ArrayBuffer>[] }

/** Class probabilities of one sparse row. */
function softmaxProbabilities(model: SoftmaxModel, row: Pick<Row, 'indices' | 'values'>): number[] {
  const scores = model.intercepts.map((intercept, label) => {
    const weights = model.weights[label]
    let score = intercept
    if (weights === undefined) return score
    for (let at = 0; at < row.indices.length; at += 1) score += (weights[row.indices[at] ?? 0] ?? 0) * (row.values[at] ?? 0)
    return score
  })
  const top = Math.max(...scores)
  const raised = scores.map((score) => Math.exp(score - top))
  const total = raised.reduce((sum, value) => sum + value, 0)
  return raised.map((value) => value / total)
}

/**
 * Fits to the minimum of mean weighted log loss + penalty/2 · |w|²/n (intercepts free).
 * `penalties` holds one L2 strength a feature: dense hand-made features are shrunk less than rare word pairs.
 */
export function fitSoftmax(rows: readonly Row[], classes: number, penalties: Float64Array, steps = 220): SoftmaxModel {
  const size = penalties.length
  const model: SoftmaxModel = { intercepts: Array<number>(classes).fill(0), weights: Array.from({ length: classes }, () => new Float64Array(size)) }
  const total = rows.reduce((sum, row) => sum + row.weight, 0)
  if (total === 0) return model
  const curvature = rows.reduce((most, row) => Math.max(most, 1 + row.values.reduce((sum, value) => sum + value * value, 0)), 1)
  const meanCurvature = rows.reduce((sum, row) => sum + row.weight * (1 + row.values.reduce((s, value) => s + value * value, 0)), 0) / total
  const strongest = penalties.reduce((most, value) => Math.max(most, value), 0)
  const rate = 1 / (0.5 * Math.min(curvature, meanCurvature) + strongest / total)
  const previous = model.weights.map((weights) => weights.slice())
  const previousIntercepts = model.intercepts.slice()
  for (let step = 1; step <= steps; step += 1) {
    const momentum = (step - 1) / (step + 2)
    const ahead: SoftmaxModel = {
      intercepts: model.intercepts.map((value, label) => value + momentum * (value - (previousIntercepts[label] ?? 0))),
      weights: model.weights.map((weights, label) => weights.map((value, at) => value + momentum * (value - (previous[label]?.[at] ?? 0)))),
    }
    const gradients = ahead.weights.map((weights) => weights.map((value, at) => (value * (penalties[at] ?? 0)) / total))
    const slopes = Array<number>(classes).fill(0)
    for (const row of rows) {
      const probabilities = softmaxProbabilities(ahead, row)
      for (let label = 0; label < classes; label += 1) {
        const error = (row.weight * ((probabilities[label] ?? 0) - (row.label === label ? 1 : 0))) / total
        slopes[label] = (slopes[label] ?? 0) + error
        const gradient = gradients[label]
        if (gradient === undefined) continue
        for (let at = 0; at < row.indices.length; at += 1) {
          const index = row.indices[at] ?? 0
          gradient[index] = (gradient[index] ?? 0) + error * (row.values[at] ?? 0)
        }
      }
    }
    for (let label = 0; label < classes; label += 1) {
      const kept = model.weights[label]
      const moved = ahead.weights[label]
      const gradient = gradients[label]
      if (kept === undefined || moved === undefined || gradient === undefined) continue
      previous[label] = kept
      model.weights[label] = moved.map((value, at) => value - rate * (gradient[at] ?? 0))
      previousIntercepts[label] = model.intercepts[label] ?? 0
      model.intercepts[label] = (ahead.intercepts[label] ?? 0) - rate * (slopes[label] ?? 0)
    }
  }
  return model
}
