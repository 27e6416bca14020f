// Whether a target is still the model it was. In: its eval runs and its days of production. Out: marks, each with the moment
// since which it differs; alarms among them devalue the evidence from before. It moves no weight by itself.
import type { z } from 'zod'
import { contentHash } from '../../core/hash.ts'
import type { evalRuns, targetDays } from '../../store/queries/drift.ts'
import { benjaminiHochberg } from '../stats/alerts.ts'
import { cusumAlarms } from '../stats/cusum.ts'
import type { LearningRules } from './rules.ts'
import { firstTokenTrips, lengthTrips, refusalTrips, type Trip } from './tripwires.ts'

export type EvalRun = z.output<(typeof evalRuns)['row']>
export type TargetDay = z.output<(typeof targetDays)['row']>

export const DRIFT_KINDS = ['quality', 'served_model', 'fingerprint', 'output_length', 'refusals', 'first_token'] as const
export type DriftKind = (typeof DRIFT_KINDS)[number]

/** Something about a target that changed. Times in milliseconds since the Unix epoch. */
export type DriftMark = {
  /** The same for the same finding, however often it is found again. */
  readonly id: string
  readonly kind: DriftKind
  readonly evidenceKey: string
  /** Suite it was seen on; empty: in production, or on all. */
  readonly suite: string
  /** When it was seen. */
  readonly at: number
  /** Since when the target differs. */
  readonly since: number
  readonly value: number | undefined
  readonly reference: number | undefined
  /** An alarm devalues evidence from before `since`; a mark only asks for more probes. */
  readonly level: 'alarm' | 'mark'
  readonly text: string
}

/** All marks over the given window, oldest first. */
export function driftMarks(runs: readonly EvalRun[], days: readonly TargetDay[], rules: LearningRules): DriftMark[] {
  const trips = [...lengthTrips(runs, rules), ...refusalTrips(runs, rules), ...firstTokenTrips(days, rules)]
  const discoveries = benjaminiHochberg(trips.map(({ p }) => p), rules.drift.tripwireQ)
  const tripped = trips.filter((trip, at) => trip.isLarge && discoveries[at]?.isDiscovery === true).map(markOfTrip)
  const marks = [...qualityMarks(runs, rules), ...servedModelMarks(runs, days), ...fingerprintMarks(days), ...tripped]
  return marks.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

/** Evidence key → the moment before which its evals count for less: that of its newest alarm. */
export function discountsOf(marks: readonly DriftMark[]): ReadonlyMap<string, number> {
  const moments = new Map<string, number>()
  for (const { level, evidenceKey, since } of marks) if (level === 'alarm') moments.set(evidenceKey, Math.max(since, moments.get(evidenceKey) ?? since))
  return moments
}

/** The marks that are recent enough to ask for more probes. */
export function openMarks(marks: readonly DriftMark[], nowMs: number, rules: LearningRules): DriftMark[] {
  return marks.filter(({ at }) => nowMs - at < rules.drift.openDays * 86_400_000)
}

/** How many times the usual probes a target should be asked. */
export function probeFactor(evidenceKey: string, open: readonly DriftMark[]): number {
  return open.some((mark) => mark.evidenceKey === evidenceKey) ? 2 : 1
}

function mark(of: Omit<DriftMark, 'id'>): DriftMark {
  const { kind, evidenceKey, suite, at, since } = of
  return { id: `drift_${contentHash({ kind, evidenceKey, suite, at, since })}`, ...of }
}

function seriesOf(runs: readonly EvalRun[]): EvalRun[][] {
  return [...Map.groupBy(runs, ({ suite, suite_hash, grader, evidence_key }) => JSON.stringify([suite, suite_hash, grader, evidence_key])).values()].map((series) => series.sort((a, b) => a.at - b.at))
}

function qualityMarks(runs: readonly EvalRun[], rules: LearningRules): DriftMark[] {
  return seriesOf(runs).flatMap((series) =>
    cusumAlarms(series.map(({ run, at, mean, graded }) => ({ id: run, at, mean, questions: graded })), rules.drift).flatMap(({ night, since, reference, mean }) => {
      const [first] = series
      if (first === undefined) return []
      return [mark({ kind: 'quality', level: 'alarm', evidenceKey: first.evidence_key, suite: first.suite, at: night.at, since: since.at, value: mean, reference, text: `its score on ${first.suite} fell from ${reference.toFixed(2)} to ${mean.toFixed(2)}` })]
    }),
  )
}

/** A model name that was never served before: the provider says itself that it changed the model. */
function servedModelMarks(runs: readonly EvalRun[], days: readonly TargetDay[]): DriftMark[] {
  const sightings = [...runs, ...days].filter(({ served_models }) => served_models.length > 0)
  return [...Map.groupBy(sightings, ({ evidence_key }) => evidence_key)].flatMap(([evidenceKey, list]) => {
    const known = new Set<string>()
    return list.sort((a, b) => a.at - b.at).flatMap(({ at, served_models }) => {
      const unknown = served_models.filter((name) => !known.has(name))
      const before = [...known]
      for (const name of unknown) known.add(name)
      if (before.length === 0 || unknown.length === 0) return []
      return [mark({ kind: 'served_model', level: 'alarm', evidenceKey, suite: '', at, since: at, value: undefined, reference: undefined, text: `the provider serves ${unknown.join(', ')} where it served ${before.sort().join(', ')}` })]
    })
  })
}

/** Calls of a day below which a change of fingerprint is not looked at, and days that it is compared with. */
const FEWEST_CALLS = 20
const DAYS_BEFORE = 7

/** A day none of whose fingerprints was seen in the days before. Providers redeploy often, so it is a mark and no alarm. */
function fingerprintMarks(days: readonly TargetDay[]): DriftMark[] {
  return [...Map.groupBy(days.filter(({ fingerprints, answered }) => fingerprints.length > 0 && answered >= FEWEST_CALLS), ({ evidence_key }) => evidence_key)].flatMap(([evidenceKey, list]) =>
    list.flatMap((day, at) => {
      const before = new Set(list.slice(Math.max(0, at - DAYS_BEFORE), at).flatMap(({ fingerprints }) => fingerprints))
      if (before.size === 0 || day.fingerprints.some((name) => before.has(name))) return []
      return [mark({ kind: 'fingerprint', level: 'mark', evidenceKey, suite: '', at: day.at, since: day.at, value: undefined, reference: undefined, text: `its fingerprint is ${day.fingerprints.join(', ')}, none of the ${before.size} of the ${DAYS_BEFORE} days before` })]
    }),
  )
}

function markOfTrip({ kind, evidenceKey, suite, at, value, reference, text }: Trip): DriftMark {
  return mark({ kind, level: 'mark', evidenceKey, suite, at, since: at, value, reference, text })
}
