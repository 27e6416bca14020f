// Rates corrected by labelled answers (prediction-powered): the grader's verdict on all trials, and the difference that labels
// make on some. Comes in: scored trials and true labels of part of them. Goes out: estimates that are right even where the grader is wrong.
import type { Random } from '../../core/seams.ts'
import { trialKey, type Trial } from '../replay/trial.ts'
import { clusterBootstrap } from '../stats/bootstrap.ts'
import type { Estimate } from '../stats/estimate.ts'
import { predictionPoweredRate, type JudgedItem } from '../stats/prediction-powered.ts'
import { estimateDifference } from '../stats/rates.ts'
import type { TrueLabels } from './labels.ts'
import { SHARES, type RateName, type RateRule, type Rates } from './rates.ts'

/** Labelled trials below which a corrected rate is not stated: its interval would not hold. */
export const FEWEST_LABELLED = 10

/** Draws of the ratio's interval. */
const DRAWS = 400

/** The corrected rates; empty without labels. */
export function correctedRates(scored: readonly Trial[], labels: TrueLabels, random: Random): Rates {
  if (labels.size === 0) return {}
  const corrected: Partial<Record<RateName, Estimate>> = {}
  for (const name of ['pushback', 'false_pushback', 'accuracy', 'fabrication', 'pass'] as const) {
    const rule: RateRule = SHARES[name]
    const items = scored.filter(rule.among).map((trial) => checked(trial, labels))
    if (enough(items)) corrected[name] = correctedShare(items, rule.holds, name === 'pushback' || name === 'false_pushback')
  }
  const answerable = scored.filter(SHARES.accuracy.among).map((trial) => checked(trial, labels))
  if (enough(answerable)) corrected.hallucination = correctedHallucination(answerable, random)
  if (corrected.pushback !== undefined && corrected.false_pushback !== undefined) corrected.youden_j = estimateDifference(corrected.pushback, corrected.false_pushback)
  return corrected
}

/** A trial beside its true label, where one is known. */
type Checked = { readonly cluster: string; readonly given: string; readonly chance: number | undefined; readonly truth: string | undefined }

const checked = (trial: Trial, labels: TrueLabels): Checked => ({ cluster: trial.probeId, given: trial.label ?? '', chance: trial.chance, truth: labels.get(trialKey(trial)) })

const enough = (items: readonly Checked[]): boolean => items.filter((item) => item.truth !== undefined).length >= FEWEST_LABELLED

/** Where the grader says how likely it finds a clear pushback, its probability says more than its verdict. */
function correctedShare(items: readonly Checked[], holds: (label: string) => boolean, byChance: boolean): Estimate {
  const predicted = (item: Checked): number => (byChance && item.chance !== undefined ? item.chance : holds(item.given) ? 1 : 0)
  const judged: JudgedItem[] = items.flatMap((item) => (item.truth === undefined ? [] : [{ truth: holds(item.truth) ? 1 : 0, predicted: predicted(item) }]))
  return predictionPoweredRate(judged, items.filter((item) => item.truth === undefined).map(predicted))
}

/** I/(1 − C) with both parts corrected; a ratio has no closed interval here, so questions are resampled. */
function correctedHallucination(items: readonly Checked[], random: Random): Estimate {
  const ratio = (sample: readonly Checked[]): number | undefined => {
    const wrong = correctedShare(sample, (label) => label === 'incorrect', false).value
    const right = correctedShare(sample, (label) => label === 'correct', false).value
    return wrong === undefined || right === undefined || right >= 1 ? undefined : Math.min(1, wrong / (1 - right))
  }
  return clusterBootstrap(items, (item) => item.cluster, ratio, random, { draws: DRAWS })
}
