// Who may give or take traffic, and whether a move may be made: the gates of EVIDENCE §3.7. In: posteriors, a proposed
// move with its gain. Out: reasons against, in words; none means it may.
import type { Posterior } from './posterior.ts'
import type { LearningRules } from './rules.ts'
import { isValued } from './utility.ts'

/** Why a target's share must stay as it is; `undefined`: it may give and take. */
export function heldBack(posterior: Posterior, rules: LearningRules): string | undefined {
  if (posterior.quality === undefined) return 'no eval evidence'
  if (posterior.missing.length > 0) return `not graded on ${posterior.missing.join(', ')} like the others`
  if (posterior.items < rules.gates.minEvals && posterior.observed < rules.gates.minProduction) {
    return `${Math.floor(posterior.items)} of ${rules.gates.minEvals} questions and ${posterior.observed} of ${rules.gates.minProduction} observed calls needed`
  }
  return isValued(posterior) ? undefined : 'unpriced, so its cost cannot be weighed'
}

/** A proposed move's gain in utility per call. */
export type Gain = {
  readonly expected: number
  readonly probability: number
  /** Expected gain when the prior says nothing. */
  readonly withoutPrior: number
}

/** What speaks against a move; empty: it passes. */
export function gateMove(gain: Gain, rules: LearningRules): string[] {
  const { minGain, minProbability } = rules.gates
  const against: string[] = []
  if (gain.expected < minGain) against.push(`expected gain ${decimal(gain.expected)} is under ${minGain}`)
  if (gain.probability < minProbability) against.push(`P(better) ${gain.probability.toFixed(2)} is under ${minProbability}`)
  if (against.length === 0 && gain.withoutPrior < minGain) against.push(`without the prior the expected gain is ${decimal(gain.withoutPrior)}, and a prior alone moves nothing`)
  return against
}

const decimal = (value: number): string => value.toFixed(3).replace('-', '−')

/** What the automatic publisher must respect and a person need not. */
export type AutoSituation = {
  readonly mode: 'observe' | 'review' | 'auto'
  /** Whether this task was ever published by a person. */
  readonly publishedBefore: boolean
  readonly hoursSinceLastPublish: number | undefined
  /** Whether a guardrail takes a target out of the draw: that waits for no step limit and no hour. */
  readonly guarded: boolean
  /** Whether a judged or calibrated grader stands behind every target that moves. */
  readonly judged: boolean
}

/** Why a move waits for a person; empty: `auto` may publish it, up to the step limit. */
export function gateAuto(situation: AutoSituation, rules: LearningRules): string[] {
  const against: string[] = []
  if (situation.mode !== 'auto') against.push(`learning.mode is ${situation.mode}`)
  if (!situation.publishedBefore) against.push("a task's first publish waits for a person")
  if (!situation.judged) against.push('offline grades that are not calibrated on these targets can recommend but not publish')
  const { minHoursBetweenPublishes: hours } = rules.gates
  if (!situation.guarded && situation.hoursSinceLastPublish !== undefined && situation.hoursSinceLastPublish < hours) against.push(`published ${situation.hoursSinceLastPublish.toFixed(0)} h ago, once per ${hours} h`)
  return against
}
