// What a replay asks of a policy: whom to call, and to learn from what came of it. The learner is one; the baselines of the
// bench are others. Types only.
import type { Random } from '../../../core/seams.ts'
import type { OutcomePrompt } from './outcomes.ts'

/** What was seen of one model's answer to one prompt. */
export type Observation = {
  readonly task: string
  readonly model: number
  readonly promptId: string
  /** `undefined`: not seen, as of most calls in production. */
  readonly score: number | undefined
  readonly costUsd: number
  readonly night: number
  /** Probability with which it was drawn; 1 for a probe, which is asked of every model. */
  readonly propensity: number
  readonly isProbe: boolean
}

/** A model and how likely it was to be chosen. */
export type Chosen = { readonly model: number; readonly propensity: number }

export interface Policy {
  readonly name: string
  /** Chooses among the models that can be asked (at least one). */
  choose(prompt: OutcomePrompt, able: readonly number[], random: Random): Chosen
  /** Learns from one answer, in the order they come. */
  observe(observation: Observation): void
  /** Between nights: `finished` is the night that is over; -1 before the first. */
  night(finished: number): void
  /** The price of a model changed by a factor during a night, as a price book says at once. */
  repriced?(model: number, factor: number, night: number): void
  /** Shares by model at the moment; `undefined` for a policy without any. */
  shares(task: string): readonly number[] | undefined
}

/** Draws a model from shares over the able ones; uniformly where they have none. */
export function drawFrom(shares: readonly number[], able: readonly number[], random: Random): Chosen {
  const total = able.reduce((sum, model) => sum + (shares[model] ?? 0), 0)
  const share = (model: number): number => (total > 0 ? (shares[model] ?? 0) / total : 1 / able.length)
  let point = random.next()
  let last: Chosen | undefined
  for (const model of able) {
    const propensity = share(model)
    if (propensity <= 0) continue
    last = { model, propensity }
    point -= propensity
    if (point < 0) return last
  }
  // Rounding can leave a sliver beyond the last share.
  return last ?? { model: able[0] ?? 0, propensity: 1 }
}
