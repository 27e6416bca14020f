// Which targets a night asks twice: those that an open alarm or mark names (`probes` of `routes drift`). Pure.
import type { Target } from '../../core/config.ts'
import { probeFactor, type DriftMark } from '../learn/drift.ts'
import type { Repeat } from '../replay/repeats.ts'

/** Targets to ask again, those under an alarm first, as far as a budget may go; `because` has every mark in words, newest first. */
export function changedTargets(targets: readonly Target[], open: readonly DriftMark[]): Repeat[] {
  return targets
    .flatMap(({ name, evidenceKey }) => {
      const times = probeFactor(evidenceKey, open)
      const own = open.filter((mark) => mark.evidenceKey === evidenceKey).sort((a, b) => b.at - a.at)
      return times <= 1 ? [] : [{ target: name, times, because: own.map(({ level, text }) => `${level}: ${text}`).join('; '), isAlarm: own.some(({ level }) => level === 'alarm') }]
    })
    .sort((a, b) => Number(b.isAlarm) - Number(a.isAlarm))
    .map(({ isAlarm: _isAlarm, ...repeat }) => repeat)
}
