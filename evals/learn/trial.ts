// Newer weights against older ones on live calls: how much is lost, looked at as often as one likes. In: sums of both arms. Out:
// the loss with a confidence sequence, and what to do with a canary. It must not be used for what no calls were drawn by.
import type { z } from 'zod'
import type { armUtilities } from '../../store/queries/arms.ts'
import { confidenceSequenceHalfWidth, rhoFor } from '../stats/alerts.ts'
import { criticalValue } from '../stats/quantiles.ts'
import type { LearningRules } from './rules.ts'

export type Arm = z.output<(typeof armUtilities)['row']>
export type Arms = { readonly newer: Arm | undefined; readonly older: Arm | undefined }

/** Utility per call lost with the newer weights; the interval holds at every look together. */
export type Loss = { readonly value: number; readonly low: number; readonly high: number; readonly newerCalls: number; readonly olderCalls: number }

/** Smallest share of answers with an observed follow-up, in both arms, from which the follow-ups speak for all. */
const LEAST_OBSERVED = 0.2

/**
 * Loss of the newer arm; `undefined` below `fewestCalls` priced calls of either. `concurrent` arms were drawn side by side, so
 * that the difference of means is that of a randomised trial: its sequence is that of the inverse-probability estimate, with
 * variance v₁/s + v₀/(1−s) per call (Waudby-Smith et al. 2024, §3). Otherwise the older arm is over, and adds its own error.
 */
export function lossOf({ newer, older }: Arms, concurrent: boolean, rules: LearningRules): Loss | undefined {
  const { fewestCalls, alpha } = rules.trial
  if (newer === undefined || older === undefined || newer.priced < fewestCalls || older.priced < fewestCalls) return undefined
  const isSeen = (arm: Arm): boolean => arm.observed >= fewestCalls && arm.observed >= LEAST_OBSERVED * (arm.calls - arm.failed)
  const parts = [difference(rest(newer), rest(older), concurrent, alpha, rules)]
  // Both parts hold together: each gets half of the error.
  if (isSeen(newer) && isSeen(older)) parts.splice(0, 1, difference(rest(newer), rest(older), concurrent, alpha / 2, rules), difference(seen(newer), seen(older), concurrent, alpha / 2, rules))
  const value = parts.reduce((sum, part) => sum + part.value, 0)
  const half = parts.reduce((sum, part) => sum + part.half, 0)
  return { value, low: value - half, high: value + half, newerCalls: newer.calls, olderCalls: older.calls }
}

type Side = { readonly n: number; readonly mean: number; readonly variance: number }
const rest = (arm: Arm): Side => ({ n: arm.priced, mean: arm.rest_mean, variance: cautious(arm.priced, arm.rest_mean, arm.rest_variance, -1, 0) })
const seen = (arm: Arm): Side => ({ n: arm.observed, mean: arm.y_mean, variance: cautious(arm.observed, arm.y_mean, arm.y_variance, 0, 1) })

/**
 * The variance as it would be with one more call at the worst and one at the best value: thirty calls without a failure are not
 * thirty calls that cannot fail. Without it the sequence misses an equal arm that fails one time in fifty in 22% of trials.
 */
function cautious(n: number, mean: number, variance: number, worst: number, best: number): number {
  const all = n + 2
  const middle = (n * mean + worst + best) / all
  return (n * (variance + (mean - middle) ** 2) + (worst - middle) ** 2 + (best - middle) ** 2) / all
}

function difference(newer: Side, older: Side, concurrent: boolean, alpha: number, rules: LearningRules): { value: number; half: number } {
  const value = older.mean - newer.mean
  if (concurrent) {
    const n = newer.n + older.n
    const variance = (newer.variance * n) / newer.n + (older.variance * n) / older.n
    return { value, half: sequenceHalf(n, variance, alpha, rules) }
  }
  return { value, half: sequenceHalf(newer.n, newer.variance, alpha / 2, rules) + criticalValue(1 - alpha / 2) * Math.sqrt(older.variance / older.n) }
}

function sequenceHalf(n: number, variance: number, alpha: number, rules: LearningRules): number {
  return confidenceSequenceHalfWidth(n, variance, alpha, rhoFor(rules.trial.tightestAt, variance, alpha)) ?? Number.POSITIVE_INFINITY
}

export type CanarySettings = { readonly minHours: number; readonly maxHours: number; readonly minCalls: number }
export type CanaryVerdict = { readonly decision: 'continue' | 'promote' | 'roll_back'; readonly loss: Loss | undefined; readonly why: string; /** Whether the task should rest: it was seen to lose. */ readonly freeze: boolean }

/**
 * What to do with a canary: back as soon as the loss is surely above `maxLoss`; on when the shortest time and the fewest calls
 * are reached and nothing points to such a loss; at the latest after the longest time, then by what is likelier. Without calls
 * to judge by it goes back: a trial that nobody took part in shows nothing.
 */
export function canaryVerdict(arms: Arms, hours: number, settings: CanarySettings, rules: LearningRules): CanaryVerdict {
  const loss = lossOf(arms, true, rules)
  const { maxLoss, fewestCalls } = rules.trial
  const over = hours >= settings.maxHours
  if (loss === undefined) {
    const calls = arms.newer?.priced ?? 0
    if (!over) return { decision: 'continue', loss, why: `${calls} of ${fewestCalls} calls by the new weights so far`, freeze: false }
    return { decision: 'roll_back', loss, why: `after ${hours.toFixed(0)} h only ${calls} calls by the new weights and ${arms.older?.priced ?? 0} by the old ones: too few to judge by`, freeze: false }
  }
  const text = lossText(loss)
  if (loss.low > maxLoss) return { decision: 'roll_back', loss, why: `it surely loses more than ${maxLoss}: ${text}`, freeze: true }
  if (over) {
    return loss.value <= maxLoss
      ? { decision: 'promote', loss, why: `no loss above ${maxLoss} after ${hours.toFixed(0)} h: ${text}`, freeze: false }
      : { decision: 'roll_back', loss, why: `it more likely loses than not after ${hours.toFixed(0)} h: ${text}`, freeze: false }
  }
  const ready = hours >= settings.minHours && loss.newerCalls >= settings.minCalls
  if (ready && loss.value <= maxLoss && loss.high <= TOLERABLE * maxLoss) return { decision: 'promote', loss, why: `no loss above ${maxLoss} in sight: ${text}`, freeze: false }
  return { decision: 'continue', loss, why: text, freeze: false }
}

/** How many times the tolerated loss an interval may still hold when a canary is let on before its longest time. */
const TOLERABLE = 5

/** e.g. "loss 0.004 (−0.021…0.029) over 140 calls against 1,260". */
export function lossText({ value, low, high, newerCalls, olderCalls }: Loss): string {
  return `loss ${decimal(value)} (${decimal(low)}…${decimal(high)}) over ${newerCalls} calls against ${olderCalls}`
}

const decimal = (value: number): string => value.toFixed(3).replace('-', '−')
