// One-sided cumulative sums over nightly means (Page 1954, Biometrika 41), with a reference that is learned from the nights
// before an excursion. In: nights in order. Out: the alarms, each with the night since which things went down. Pure.

/** One night of one series: a mean of so many questions in 0..1. */
export type Night = { readonly id: string; readonly at: number; readonly mean: number; readonly questions: number }

export type CusumOptions = {
  /** Fall below the reference that counts for nothing. */
  readonly slack: number
  /** The alarm goes when the sum exceeds this many questions' worth of the night, and at least `leastThreshold`. */
  readonly thresholdQuestions: number
  readonly leastThreshold: number
  /** Nights of fewer questions are left out. */
  readonly fewestQuestions: number
  /** What a reference needs before the first sum. */
  readonly referenceNights: number
  readonly referenceQuestions: number
}

export type CusumAlarm = {
  readonly night: Night
  /** The night on which the sum left 0: evidence from before it is about another model. */
  readonly since: Night
  readonly reference: number
  /** Mean over the nights since. */
  readonly mean: number
  readonly sum: number
  readonly threshold: number
}

/**
 * S = max(0, S + reference − mean − slack); an alarm where S exceeds the night's threshold, after which the nights since the
 * change are the new reference. While S > 0 the reference stands still, so that a slow fall cannot drag it along.
 */
export function cusumAlarms(nights: readonly Night[], options: CusumOptions): CusumAlarm[] {
  const alarms: CusumAlarm[] = []
  let reference: Night[] = []
  let excursion: Night[] = []
  let sum = 0
  for (const night of nights) {
    if (night.questions < options.fewestQuestions) continue
    if (reference.length < options.referenceNights || questionsOf(reference) < options.referenceQuestions) {
      reference.push(night)
      continue
    }
    const level = meanOf(reference)
    sum = Math.max(0, sum + level - night.mean - options.slack)
    if (sum === 0) {
      reference.push(...excursion, night)
      excursion = []
      continue
    }
    excursion.push(night)
    const threshold = Math.max(options.leastThreshold, options.thresholdQuestions / night.questions)
    if (sum <= threshold) continue
    alarms.push({ night, since: excursion[0] ?? night, reference: level, mean: meanOf(excursion), sum, threshold })
    reference = excursion
    excursion = []
    sum = 0
  }
  return alarms
}

function questionsOf(nights: readonly Night[]): number {
  return nights.reduce((total, { questions }) => total + questions, 0)
}

function meanOf(nights: readonly Night[]): number {
  return nights.reduce((total, { mean, questions }) => total + mean * questions, 0) / questionsOf(nights)
}
