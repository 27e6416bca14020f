// Does each interval hold what it says, and does each test raise no more alarms than it says? One function a statistic: simulates
// with a seeded source and gives the share. Tests run them short, `node bench/coverage.ts` long.
import { seededRandom, type Random } from '../../core/seams.ts'
import { boundTest } from '../../evals/gates/bound-test.ts'
import { selfBias } from '../../evals/grade/panel/self-bias.ts'
import { clusterBootstrap } from '../../evals/stats/bootstrap.ts'
import { clusteredRate } from '../../evals/stats/clustered.ts'
import { comparePairs, judgeComparisons } from '../../evals/stats/comparison.ts'
import { fixedSetMean } from '../../evals/stats/fixed-set.ts'
import { pairedDifference } from '../../evals/stats/paired.ts'
import { predictionPoweredRate } from '../../evals/stats/prediction-powered.ts'
import { logChoose } from '../../evals/stats/quantiles.ts'
import { rateDifference, wilson } from '../../evals/stats/rates.ts'
import { addTo, runningMean } from '../../evals/stats/running-mean.ts'
import { omniscienceIndex } from '../../evals/stats/suite-metrics.ts'
import { flip, holds, questionRate } from './draws.ts'

/** Exact coverage of Wilson's interval at a rate: no simulation, a sum over all outcomes. */
export function wilsonCoverage(n: number, rate: number): number {
  let covered = 0
  for (let hits = 0; hits <= n; hits += 1) if (holds(wilson(hits, n), rate)) covered += Math.exp(logChoose(n, hits) + hits * Math.log(rate) + (n - hits) * Math.log1p(-rate))
  return covered
}

/** Every cell of the exact table: each n with each rate. */
export const WILSON_CELLS = { n: [20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1_000], rates: Array.from({ length: 97 }, (_rate, at) => (at + 2) / 100) } as const

type Shape = { readonly questions: number; readonly epochs: number; readonly rate: number; readonly correlation: number }

function clusters(random: Random, { questions, epochs, rate, correlation }: Shape): number[][] {
  return Array.from({ length: questions }, () => {
    const own = questionRate(random, rate, correlation)
    return Array.from({ length: epochs }, () => flip(random, own))
  })
}

/** Coverage of the cluster bootstrap's interval of a rate, for questions like these. */
export function bootstrapRateCoverage(shape: Shape, runs: number, draws: number, seed: string): number {
  const random = seededRandom(seed)
  let covered = 0
  for (let run = 0; run < runs; run += 1) {
    const items = clusters(random, shape).flatMap((answers, question) => answers.map((score) => ({ question: String(question), score })))
    const mean = (some: readonly { score: number }[]): number => some.reduce((sum, item) => sum + item.score, 0) / some.length
    if (holds(clusterBootstrap(items, (item) => item.question, mean, random, { draws }), shape.rate)) covered += 1
  }
  return covered / runs
}

/** Coverage of the bootstrap interval of a paired difference whose truth is the difference of the two rates. */
export function bootstrapDifferenceCoverage(shape: Shape, otherRate: number, runs: number, draws: number, seed: string): number {
  const random = seededRandom(seed)
  let covered = 0
  for (let run = 0; run < runs; run += 1) {
    const pairs = Array.from({ length: shape.questions }, (_question, at) => {
      // A question that is hard for one is hard for the other: the same quantile of both.
      const own = questionRate(random, shape.rate, shape.correlation)
      const other = Math.min(1, Math.max(0, own + otherRate - shape.rate))
      return Array.from({ length: shape.epochs }, () => ({ cluster: String(at), first: flip(random, other), second: flip(random, own), truth: other - own }))
    }).flat()
    // Clipping moves the truth a little: it is what was really drawn from.
    const truth = pairs.reduce((sum, pair) => sum + pair.truth, 0) / pairs.length
    const expected = otherRate === shape.rate ? 0 : truth
    if (holds(pairedDifference(pairs, random, { draws }), expected)) covered += 1
  }
  return covered / runs
}

/** Coverage of the clustered Wilson interval. */
export function clusteredCoverage(shape: Shape, runs: number, seed: string): number {
  const random = seededRandom(seed)
  let covered = 0
  for (let run = 0; run < runs; run += 1) {
    const groups = clusters(random, shape).map((answers) => ({ n: answers.length, hits: answers.reduce((sum, score) => sum + score, 0) }))
    if (holds(clusteredRate(groups), shape.rate)) covered += 1
  }
  return covered / runs
}

/** Coverage of the fixed-set interval: the questions stay, only their answers are drawn anew. */
export function fixedSetCoverage(shape: Shape, runs: number, seed: string): number {
  const random = seededRandom(seed)
  const rates = Array.from({ length: shape.questions }, () => questionRate(random, shape.rate, shape.correlation))
  const truth = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  let covered = 0
  for (let run = 0; run < runs; run += 1) {
    if (holds(fixedSetMean(rates.map((rate) => Array.from({ length: shape.epochs }, () => flip(random, rate)))), truth)) covered += 1
  }
  return covered / runs
}

/** Share of sequences whose every interval up to `length` holds the mean. */
export function sequenceCoverage(rate: number, length: number, runs: number, seed: string): number {
  const random = seededRandom(seed)
  let covered = 0
  for (let run = 0; run < runs; run += 1) {
    let seen = { n: 0, sum: 0, squares: 0 }
    let whole = true
    for (let at = 0; at < length && whole; at += 1) {
      seen = addTo(seen, flip(random, rate))
      whole = holds(runningMean(seen), rate)
    }
    if (whole) covered += 1
  }
  return covered / runs
}

export type GraderShape = { readonly rate: number; readonly sensitivity: number; readonly specificity: number; readonly judged: number; readonly unjudged: number }

/** Coverage of prediction-powered inference, and the root mean squared error of its estimate beside the uncorrected one's. */
export function predictionPowered({ rate, sensitivity, specificity, judged, unjudged }: GraderShape, runs: number, seed: string): { readonly coverage: number; readonly rmse: number; readonly rawRmse: number } {
  const random = seededRandom(seed)
  const graded = (): { truth: number; predicted: number } => {
    const truth = flip(random, rate)
    return { truth, predicted: truth === 1 ? flip(random, sensitivity) : flip(random, 1 - specificity) }
  }
  let covered = 0
  let squares = 0
  let rawSquares = 0
  for (let run = 0; run < runs; run += 1) {
    const labelled = Array.from({ length: judged }, graded)
    const rest = Array.from({ length: unjudged }, () => graded().predicted)
    const estimate = predictionPoweredRate(labelled, rest)
    if (holds(estimate, rate)) covered += 1
    squares += ((estimate.value ?? 0) - rate) ** 2
    const raw = [...labelled.map((item) => item.predicted), ...rest]
    rawSquares += (raw.reduce<number>((sum, value) => sum + value, 0) / raw.length - rate) ** 2
  }
  return { coverage: covered / runs, rmse: Math.sqrt(squares / runs), rawRmse: Math.sqrt(rawSquares / runs) }
}

/** Coverage of Newcombe's interval of a difference of independent rates (Youden's J). */
export function differenceCoverage(n: number, first: number, second: number, runs: number, seed: string): number {
  const random = seededRandom(seed)
  const hits = (rate: number): number => Array.from({ length: n }, () => flip(random, rate)).reduce<number>((sum, hit) => sum + hit, 0)
  let covered = 0
  for (let run = 0; run < runs; run += 1) if (holds(rateDifference({ hits: hits(first), n }, { hits: hits(second), n }), first - second)) covered += 1
  return covered / runs
}

/** Coverage of the index's interval, for shares of correct and incorrect. */
export function indexCoverage(n: number, correct: number, incorrect: number, runs: number, seed: string): number {
  const random = seededRandom(seed)
  let covered = 0
  for (let run = 0; run < runs; run += 1) {
    const counts = { correct: 0, incorrect: 0, partial: 0, notAttempted: 0 }
    for (let at = 0; at < n; at += 1) {
      const u = random.next()
      if (u < correct) counts.correct += 1
      else if (u < correct + incorrect) counts.incorrect += 1
      else counts.notAttempted += 1
    }
    if (holds(omniscienceIndex(counts), 100 * (correct - incorrect))) covered += 1
  }
  return covered / runs
}

/** How often a gate fails a target that keeps its limit exactly. */
export function gateFalseAlarms(n: number, limit: number, alpha: number, runs: number, seed: string): number {
  const random = seededRandom(seed)
  let alarms = 0
  for (let run = 0; run < runs; run += 1) {
    const hits = Array.from({ length: n }, () => flip(random, limit)).reduce<number>((sum, hit) => sum + hit, 0)
    if (boundTest(wilson(hits, n), limit, true, alpha).broken) alarms += 1
  }
  return alarms / runs
}

/** How often at least one of `cells` comparisons of equal targets is called better or worse. */
export function comparisonFalseAlarms(cells: number, questions: number, q: number, minEffect: number, runs: number, seed: string): number {
  const random = seededRandom(seed)
  let alarms = 0
  for (let run = 0; run < runs; run += 1) {
    const compared = Array.from({ length: cells }, () =>
      comparePairs(
        Array.from({ length: questions }, (_question, at) => {
          const rate = questionRate(random, 0.6, 0.4)
          return { cluster: String(at), first: flip(random, rate), second: flip(random, rate) }
        }),
        random,
        { draws: 20 },
      ),
    )
    if (judgeComparisons(compared, { minEffect, q }).some(({ verdict }) => verdict === 'better' || verdict === 'worse')) alarms += 1
  }
  return alarms / runs
}

/** How often a real difference is found. */
export function comparisonPower(questions: number, difference: number, runs: number, seed: string): number {
  const random = seededRandom(seed)
  let found = 0
  for (let run = 0; run < runs; run += 1) {
    const pairs = Array.from({ length: questions }, (_question, at) => {
      // So often do two targets differ on a question in the figures that the power statement reproduces.
      const u = random.next()
      const discordant = 0.2774
      const up = (discordant + difference) / 2
      return { cluster: String(at), first: u < up ? 1 : u < discordant ? 0 : 1, second: u < up ? 0 : u < discordant ? 1 : 1 }
    })
    if (judgeComparisons([comparePairs(pairs, random, { draws: 20 })], { minEffect: 0, q: 0.05 })[0]?.verdict === 'better') found += 1
  }
  return found / runs
}

/** Coverage of the interval of a panel's bias for its own family. */
export function selfBiasCoverage(rows: number, bias: number, runs: number, seed: string): number {
  const random = seededRandom(seed)
  const judged = (own: boolean): { own: boolean; judged: number; labelled: number } => {
    const labelled = flip(random, 0.5)
    const fair = random.next() < 0.9 ? labelled : 1 - labelled
    return { own, labelled, judged: own && fair === 0 && random.next() < bias / (0.5 * 0.9 + 0.5 * 0.1) ? 1 : fair }
  }
  let covered = 0
  for (let run = 0; run < runs; run += 1) if (holds(selfBias(Array.from({ length: rows * 2 }, (_row, at) => judged(at % 2 === 0))), bias)) covered += 1
  return covered / runs
}
