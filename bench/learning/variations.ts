// One constant at a time, away from its default: what the replays' sensitivity table shows.
import type { ReplayOptions } from '../../evals/learn/backtest/replay.ts'
import type { LearningRules } from '../../evals/learn/rules.ts'

export type Variation = { readonly name: string; readonly change: (rules: LearningRules) => LearningRules; readonly options?: Partial<ReplayOptions> }

const same = (rules: LearningRules): LearningRules => rules
const gates = (over: Partial<LearningRules['gates']>) => (rules: LearningRules): LearningRules => ({ ...rules, gates: { ...rules.gates, ...over } })
const set = (over: Partial<LearningRules>) => (rules: LearningRules): LearningRules => ({ ...rules, ...over })

export const VARIATIONS: readonly Variation[] = [
  { name: 'defaults', change: same },
  { name: 'shares ∝ P(best)²', change: set({ concentration: 2 }) },
  { name: 'shares ∝ P(best)⁸', change: set({ concentration: 8 }) },
  { name: 'band of indifference .02', change: set({ indifference: 0.02 }) },
  { name: 'band of indifference 0', change: set({ indifference: 0 }) },
  { name: 'every target is explored', change: set({ plausible: 0 }) },
  { name: 'no exploration', change: same, options: { exploration: 0 } },
  { name: 'prior worth 6 items at most', change: set({ priorMostItems: 6 }) },
  { name: 'prior worth 60 items at most', change: set({ priorMostItems: 60 }) },
  { name: 'P(gain) ≥ .8', change: gates({ minProbability: 0.8 }) },
  { name: 'P(gain) ≥ .95', change: gates({ minProbability: 0.95 }) },
  { name: 'no move of targets with fewer than 30 questions', change: gates({ fewestEvals: 30 }) },
  { name: 'no smaller gain when it is certain', change: gates({ certainGain: 0.005 }) },
  { name: 'steps of .1 a night', change: gates({ maxAutoStep: 0.1 }) },
  { name: 'steps of any size', change: gates({ maxAutoStep: 1 }) },
  { name: 'evals count half after 10 days', change: same, options: { halfLifeDays: { evals: 10, production: 10 } } },
  { name: 'evals count half after 90 days', change: same, options: { halfLifeDays: { evals: 90, production: 10 } } },
  { name: '30 probes per cell', change: same, options: { evalsPerCell: 30 } },
  { name: '120 probes per cell', change: same, options: { evalsPerCell: 120 } },
  { name: 'a tenth of the served scores is seen', change: same, options: { observedShare: 0.1 } },
  { name: 'no served score is seen', change: same, options: { observedShare: 0 } },
]
