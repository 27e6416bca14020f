// Which true label a simulated model earns on a probe: its configured rates, and a draw that depends on nothing but
// (seed, model, effort, probe, epoch). Pure: the same question asked again in the same epoch earns the same label.
import { seededRandom } from '../../core/seams.ts'
import type { ModelProfile } from '../profiles.ts'

/** A question the sim can be asked, as the composition hands it in. */
export type SimProbe = {
  readonly id: string
  readonly kind: 'nonsense' | 'control' | 'factual' | 'task'
  readonly unanswerable?: boolean | undefined
  readonly question: string
  /** What follows is known of factual ones; the explanation of nonsense too. */
  readonly answer?: string | undefined
  readonly answer_type?: string | undefined
  readonly aliases?: readonly string[] | undefined
  readonly explanation?: string | undefined
  /** What a task's grader looks for. */
  readonly grader?: SimGrader | undefined
}

/** As much of a grader's specification as an answer can be made from. */
export type SimGrader = {
  readonly type: string
  readonly expected?: unknown
  readonly fields?: Readonly<Record<string, { readonly compare: string }>> | undefined
  readonly answer?: string | number | undefined
  readonly unit?: string | undefined
  readonly all?: readonly string[] | undefined
  readonly any?: readonly string[] | undefined
}

/** A label with its probability. */
export type Outcome = { readonly label: string; readonly share: number }

/** The labels a model may earn on a probe of this kind; shares sum to 1. */
export function outcomes(profile: ModelProfile, probe: Pick<SimProbe, 'kind' | 'unanswerable' | 'grader'>): readonly Outcome[] {
  if (probe.kind === 'nonsense') {
    const { clear, partial, accepted } = profile.nonsense.value
    return [
      { label: 'clear_pushback', share: clear },
      { label: 'partial', share: partial },
      { label: 'accepted', share: accepted },
    ]
  }
  if (probe.kind === 'task') return taskOutcomes(profile, probe.grader?.type)
  if (probe.kind === 'control') return either('pushed_back', profile.falsePushback.value, 'answered')
  if (probe.unanswerable === true) return either('fabricated', profile.fabrication.value, 'not_attempted')
  const correct = profile.accuracy.value
  const rest = 1 - correct
  const incorrect = rest * profile.hallucination.value
  const partial = Math.min(rest * profile.partialShare.value, rest - incorrect)
  return [
    { label: 'correct', share: correct },
    { label: 'incorrect', share: incorrect },
    { label: 'partial', share: partial },
    { label: 'not_attempted', share: rest - incorrect - partial },
  ]
}

/** Wrong extractions are mostly right but for some places; the rest hold nothing. */
const PARTLY_RIGHT = 0.75

function taskOutcomes(profile: ModelProfile, grader: string | undefined): Outcome[] {
  if (grader !== 'json_schema') return either('pass', grader === 'command' ? profile.codeAccuracy.value : profile.everydayAccuracy.value, 'fail')
  const correct = profile.extractionAccuracy.value
  return [
    { label: 'pass', share: correct },
    { label: 'partial', share: (1 - correct) * PARTLY_RIGHT },
    { label: 'fail', share: (1 - correct) * (1 - PARTLY_RIGHT) },
  ]
}

function either(label: string, share: number, otherwise: string): Outcome[] {
  return [
    { label, share },
    { label: otherwise, share: 1 - share },
  ]
}

/** The label whose stretch of [0, 1) holds `u`. */
export function labelAt(choices: readonly Outcome[], u: number): string {
  let edge = 0
  for (const { label, share } of choices) {
    edge += share
    if (u < edge) return label
  }
  // Rounding may leave the last edge a hair below 1.
  return choices.findLast((choice) => choice.share > 0)?.label ?? ''
}

/** What a draw depends on. `epoch` is the request's `seed`, or the same constant for every request without one. */
export type DrawKey = { readonly seed: number | string; readonly model: string; readonly effort: string | undefined; readonly question: string; readonly epoch: string }

/** A uniform number in [0, 1) for a purpose (label, text, length) under a key. */
export function draw(key: DrawKey, purpose: 'label' | 'text' | 'length'): number {
  return seededRandom([purpose, key.seed, key.model, key.effort ?? '', key.question, key.epoch].join('\n')).next()
}
