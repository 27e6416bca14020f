// Whether a task should go back to the weights it had before. In: its stretches, what was lost on live calls, the beliefs after a
// drift alarm. Out: the version to go back to and why; `undefined`: stay. It publishes nothing.
import type { Task } from '../../core/config.ts'
import type { DriftMark } from './drift.ts'
import { effectOf } from './plan.ts'
import type { Posterior } from './posterior.ts'
import type { LearningRules } from './rules.ts'
import type { Stretch } from './stretches.ts'
import { lossText, type Loss } from './trial.ts'
import type { Worth } from './utility.ts'
import type { Shares } from './weights.ts'

export type Return = {
  /** 0: configured weights. */
  readonly version: number
  readonly weights: Shares
  readonly excluded: Readonly<Record<string, string>>
  readonly why: string
  readonly loss: Loss | undefined
}

/** The two stretches that a publication is judged by; `undefined`: nothing was published, it is older than `watchDays`, or it was a rollback itself. */
export function watched(stretches: readonly Stretch[], nowMs: number, rules: LearningRules): { readonly now: Stretch & { readonly sinceMs: number }; readonly before: Stretch } | undefined {
  const [before, now] = stretches.slice(-2)
  if (before === undefined || now?.sinceMs === undefined || now.action === 'rollback') return undefined
  return nowMs - now.sinceMs > rules.trial.watchDays * 86_400_000 ? undefined : { now: { ...now, sinceMs: now.sinceMs }, before }
}

export type ReturnInputs = {
  readonly task: Task
  readonly now: Stretch
  readonly before: Stretch
  /** On live calls since; `undefined`: too few. */
  readonly loss: Loss | undefined
  readonly posteriors: readonly Posterior[]
  /** Open alarms. */
  readonly alarms: readonly DriftMark[]
  readonly worth: Worth
  readonly rules: LearningRules
  readonly seed: string
}

/**
 * Back when live calls surely lose more than `maxLoss`, or when a target that the last publication gave more to has a drift
 * alarm and the weights before are better by the gates of any move.
 */
export function returnOf({ task, now, before, loss, posteriors, alarms, worth, rules, seed }: ReturnInputs): Return | undefined {
  const weights = sharesOf(task, before)
  const back = (why: string): Return => ({ version: before.version, weights, excluded: before.route?.excluded ?? {}, why, loss })
  if (loss !== undefined && loss.low > rules.trial.maxLoss) return back(`since version ${now.version} it surely loses more than ${rules.trial.maxLoss}: ${lossText(loss)}`)
  const current = sharesOf(task, now)
  const fallen = alarmedRiser(posteriors, alarms, weights, current)
  if (fallen === undefined) return undefined
  const effect = effectOf(posteriors, current, weights, worth, rules, seed)
  if (effect === undefined || effect.gain.value < rules.gates.minGain || effect.pGain < rules.gates.minProbability) return undefined
  return back(`version ${now.version} gave more to ${fallen.target}, and ${fallen.text}`)
}

/** A target with an open alarm that has a larger share in `after` than in `before`. */
export function alarmedRiser(posteriors: readonly Posterior[], alarms: readonly DriftMark[], before: Shares, after: Shares): { readonly target: string; readonly text: string } | undefined {
  for (const { target, evidenceKey } of posteriors) {
    const alarm = alarms.find((mark) => mark.evidenceKey === evidenceKey)
    if (alarm !== undefined && (after.get(target) ?? 0) > (before.get(target) ?? 0) + 1e-9) return { target, text: alarm.text }
  }
  return undefined
}

function sharesOf(task: Task, { route }: Stretch): Shares {
  return route === undefined ? task.route : new Map(Object.entries(route.weights))
}
