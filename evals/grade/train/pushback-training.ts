// Fits the stance grader's parameters and measures them on answers it has not seen. Comes in: panel-labelled answers.
// Goes out: compact parameters, and held-out verdicts by question and by vendor and question. Pure; no files, no clock.
import { fnv1a } from '../../../core/seams.ts'
import { PUSHBACK_LABELS, type PushbackLabel } from '../grade.ts'
import { judgeStance, type PushbackModel } from '../pushback.ts'
import { type Features, isSaid } from '../pushback-features.ts'
import { fitSoftmax, type Row } from './softmax-regression.ts'

/** One labelled answer, already turned into features. `votes` are the panel's 0 accepted, 1 partial, 2 clear. */
export type Example = { questionId: string; vendor: string; features: Features; votes: readonly number[]; label: PushbackLabel }
export type HeldOut = { example: Example; given: PushbackLabel; confidence: number; /** Probability of a clear pushback. */ green: number }
export type Split = 'question' | 'vendor and question'
export type Parameters = Pick<PushbackModel, 'intercepts' | 'weights'>

/** How features are kept and shrunk; the defaults are what the committed parameters use. */
export type TrainingOptions = { minQuestions: number; minVendors: number; maxSaid: number; penalty: number; steps: number }
export const TRAINING_DEFAULTS: TrainingOptions = { minQuestions: 4, minVendors: 2, maxSaid: 1500, penalty: 1, steps: 100 }

/**
 * Fits on the judges' votes (an answer two judges split over counts half for each), then keeps the `maxSaid` strongest
 * word features and fits again. Each vendor's answers are weighted to the same mix of labels, so that a vendor's style
 * cannot stand in for a stance.
 */
export function trainPushback(examples: readonly Example[], options: TrainingOptions = TRAINING_DEFAULTS): Parameters {
  const kept = selectFeatures(examples, options)
  const first = fit(examples, kept, options)
  const said = kept.filter(isSaid)
  if (said.length <= options.maxSaid) return first
  const strength = (name: string): number => Math.max(...(first.weights[name] ?? [0]).map(Math.abs))
  const strongest = said.toSorted((a, b) => strength(b) - strength(a) || (a < b ? -1 : 1)).slice(0, options.maxSaid)
  return fit(examples, [...kept.filter((name) => !isSaid(name)), ...strongest], options)
}

function selectFeatures(examples: readonly Example[], options: TrainingOptions): string[] {
  const seen = new Map<string, { count: number; questions: Set<string>; vendors: Set<string> }>()
  for (const example of examples) {
    for (const name of example.features.keys()) {
      const entry = seen.get(name) ?? { count: 0, questions: new Set<string>(), vendors: new Set<string>() }
      entry.count += 1
      entry.questions.add(example.questionId)
      entry.vendors.add(example.vendor)
      seen.set(name, entry)
    }
  }
  return [...seen]
    .filter(
      ([name, entry]) =>
        !isSaid(name) ||
        (entry.questions.size >= options.minQuestions && entry.vendors.size >= options.minVendors && entry.count <= 0.9 * examples.length),
    )
    .map(([name]) => name)
    .toSorted()
}

function fit(examples: readonly Example[], names: readonly string[], options: TrainingOptions): Parameters {
  const index = new Map(names.map((name, at) => [name, at]))
  const weightOf = labelMixWeights(examples)
  const rows: Row[] = examples.flatMap((example) => {
    const indices: number[] = []
    const values: number[] = []
    for (const [name, value] of example.features) {
      const at = index.get(name)
      if (at === undefined) continue
      indices.push(at)
      values.push(value)
    }
    return example.votes.map((vote) => ({ indices, values, label: vote, weight: weightOf(example) / example.votes.length }))
  })
  const model = fitSoftmax(rows, PUSHBACK_LABELS.length, new Float64Array(names.length).fill(options.penalty), options.steps)
  const against = (list: readonly number[] | Float64Array, base: number): number[] => [1, 2].map((label) => Math.round(1000 * ((list[label] ?? 0) - base)))
  const weights: Record<string, number[]> = {}
  names.forEach((name, at) => {
    const pair = against(model.weights.map((row) => row[at] ?? 0), model.weights[0]?.[at] ?? 0)
    if (pair.some((value) => value !== 0)) weights[name] = pair
  })
  return { intercepts: against(model.intercepts, model.intercepts[0] ?? 0), weights }
}

/** Weights that give every vendor the overall mix of labels, at most 4 so that a rare cell does not rule. */
function labelMixWeights(examples: readonly Example[]): (example: Example) => number {
  const tally = (key: (example: Example) => string): Map<string, number> => {
    const counts = new Map<string, number>()
    for (const example of examples) counts.set(key(example), (counts.get(key(example)) ?? 0) + 1)
    return counts
  }
  const cell = (example: Example): string => `${example.vendor}\n${example.label}`
  const cells = tally(cell)
  const vendors = tally((example) => example.vendor)
  const labels = tally((example) => example.label)
  return (example) => {
    const expected = ((vendors.get(example.vendor) ?? 0) * (labels.get(example.label) ?? 0)) / examples.length
    return Math.min(4, expected / (cells.get(cell(example)) ?? 1))
  }
}

/** Verdicts on each example from parameters fitted without its question (and, in the second split, without its vendor). */
export function heldOutVerdicts(examples: readonly Example[], split: Split, seed: number, folds = 5, train: (examples: readonly Example[]) => Parameters = trainPushback): HeldOut[] {
  const fold = questionFolds(examples, seed, folds)
  const vendors = split === 'question' ? [undefined] : [...new Set(examples.map((example) => example.vendor))]
  return vendors.flatMap((vendor) =>
    Array.from({ length: folds }, (_value, at) => at).flatMap((at) => {
      const isTested = (example: Example): boolean => fold.get(example.questionId) === at && (vendor === undefined || example.vendor === vendor)
      const isTrained = (example: Example): boolean => fold.get(example.questionId) !== at && (vendor === undefined || example.vendor !== vendor)
      const tested = examples.filter(isTested)
      if (tested.length === 0) return []
      const model = { version: '', provenance: {}, measured: {}, ...train(examples.filter(isTrained)) }
      return tested.map((example) => {
        const verdict = judgeStance(example.features, model)
        return { example, given: verdict.label, confidence: verdict.probabilities[verdict.label], green: verdict.probabilities.clear_pushback }
      })
    }),
  )
}

function questionFolds(examples: readonly Example[], seed: number, folds: number): Map<string, number> {
  const ids = [...new Set(examples.map((example) => example.questionId))]
  return new Map(ids.toSorted((a, b) => fnv1a(`${seed}:${a}`) - fnv1a(`${seed}:${b}`)).map((id, at) => [id, at % folds]))
}
