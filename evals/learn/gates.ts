// Who may give or take traffic, and whether a move may be made: the gates of EVIDENCE §3.7. In: posteriors, a proposed
// move with its gain. Out: reasons against, in words; none means it may.
import type { LearningMode } from '../../core/config.ts'
import type { Posterior } from './posterior.ts'
import type { LearningRules } from './rules.ts'
import { isValued } from './utility.ts'

/** How much is known of a target: nothing to compare by, a little (which asks for more certainty), or enough. */
export type Standing = { readonly level: 'held' | 'tentative'; readonly why: string } | { readonly level: 'solid' }

/**
 * Whether a target may give and take. Below `minEvals` questions and `minProduction` observed calls it is tentative: it moves
 * only in moves that are as good as certain, since a spread that is estimated from few answers is itself unsure.
 */
export function standingOf(posterior: Posterior, rules: LearningRules): Standing {
  const { minEvals, minProduction, fewestEvals } = rules.gates
  if (posterior.quality === undefined) return { level: 'held', why: 'no eval evidence' }
  if (posterior.missing.length > 0) return { level: 'held', why: `not graded on ${posterior.missing.join(', ')} like the others` }
  if (!isValued(posterior)) return { level: 'held', why: 'unpriced, so its cost cannot be weighed' }
  if (posterior.items >= minEvals || posterior.observed >= minProduction) return { level: 'solid' }
  const why = `${Math.floor(posterior.items)} of ${minEvals} questions and ${posterior.observed} of ${minProduction} observed calls needed`
  return { level: posterior.items >= fewestEvals ? 'tentative' : 'held', why }
}

/** A proposed move's gain in utility per call. */
export type Gain = {
  readonly expected: number
  readonly probability: number
  /** Expected gain when the prior says nothing. */
  readonly withoutPrior: number
  /** Probability of a loss by what evals alone say of quality; `undefined`: nothing else said anything, or evals do not. */
  readonly lossByEvals: number | undefined
}

/** What speaks against a move; empty: it passes. `solid`: enough is known of every target that it may touch. */
export function gateMove(gain: Gain, solid: boolean, rules: LearningRules): string[] {
  const { minGain, minProbability, fewProbability, certainGain } = rules.gates
  const wanted = solid ? minProbability : fewProbability
  const against: string[] = []
  // What is as good as certain may be small: otherwise the last per cent of traffic would stay with a target that has lost.
  const least = gain.probability >= fewProbability ? certainGain : minGain
  if (gain.expected < least) against.push(`expected gain ${decimal(gain.expected)} is under ${least}`)
  if (gain.probability < wanted) against.push(`P(better) ${gain.probability.toFixed(2)} is under ${wanted}`)
  if (against.length === 0 && gain.withoutPrior < certainGain) against.push(`without the prior the expected gain is ${decimal(gain.withoutPrior)}, and a prior alone moves nothing`)
  // The proxies of production may be biased in ways that no amount of it shows.
  if (gain.lossByEvals !== undefined && gain.lossByEvals >= minProbability) against.push(`evals alone say that it loses (P ${gain.lossByEvals.toFixed(2)}), and production cannot overturn them`)
  return against
}

const decimal = (value: number): string => value.toFixed(3).replace('-', '−')

/** What the automatic publisher must respect and a person need not. */
export type AutoSituation = {
  readonly mode: LearningMode
  /** Whether this task was ever published by a person. */
  readonly publishedBefore: boolean
  /** `undefined`: never, or its prices changed since. */
  readonly hoursSinceLastPublish: number | undefined
  /** Whether a guardrail or a drift alarm takes traffic from a target: that waits for no step limit and no hour. */
  readonly urgent: boolean
  /** Whether a judged or calibrated grader stands behind every target that moves. */
  readonly judged: boolean
  /** Whether a target was judged by its own family among fewer than three, and people's labels have not corrected that. */
  readonly selfJudged: boolean
  /** Why the task is frozen; `undefined`: it is not. */
  readonly frozen: string | undefined
  /** Whether a canary is under way: one thing is tried at a time. */
  readonly canary: boolean
}

/** The mode of a task: the configured one, else `auto` where a person has published it once and judges stand behind it. */
export function modeOf(configured: LearningMode | undefined, publishedBefore: boolean, judged: boolean): LearningMode {
  return configured ?? (publishedBefore && judged ? 'auto' : 'review')
}

/** Why a move waits for a person; empty: `auto` may publish it, up to the step limit. */
export function gateAuto(situation: AutoSituation, rules: LearningRules): string[] {
  const against: string[] = []
  if (situation.mode !== 'auto') against.push(`learning.mode is ${situation.mode}`)
  if (!situation.publishedBefore) against.push("a task's first publish waits for a person")
  if (!situation.judged) against.push('offline grades that are not calibrated on these targets can recommend but not publish')
  if (situation.selfJudged) against.push('a target was judged by its own family among fewer than three: such evidence can recommend but not publish')
  if (situation.frozen !== undefined) against.push(situation.frozen)
  if (situation.canary && !situation.urgent) against.push('a canary is under way')
  const { minHoursBetweenPublishes: hours } = rules.gates
  if (!situation.urgent && situation.hoursSinceLastPublish !== undefined && situation.hoursSinceLastPublish < hours) against.push(`published ${situation.hoursSinceLastPublish.toFixed(0)} h ago, once per ${hours} h`)
  return against
}
