// Targets that a run asks again, because they changed lately: which of them, and, once everybody has been asked, whether the budget
// holds it. In: what changed; what the first asking came to. Out: decisions. Pure; the same questions again, so that what is
// compared with earlier nights stays the same sample.
import type { Trial } from './trial.ts'
import { isAnswered } from './trial.ts'

/** A target that is asked everything `times` times as often as the others (whole, above 1). */
export type Repeat = { readonly target: string; readonly times: number; readonly because: string }

/** What became of it. */
export type Repeated = Repeat & {
  /** Answers beyond those of the other targets, … */
  readonly asked: number
  /** … of so many wanted. */
  readonly of: number
  /** Why some were left out; `undefined`: none was. */
  readonly left: string | undefined
}

/** A repeat that has still to be asked `todo` trials, after the target's `first` trials. */
export type WantedRepeat = Repeat & { readonly todo: number; readonly first: readonly Pick<Trial, 'status' | 'chargedUsd'>[] }

export type RepeatDecision = { readonly target: string; /** Why it is not asked again; `undefined`: it is. */ readonly left: string | undefined }

/** Answers differ in length: a repeat has to fit this many times what the first asking cost. */
const MARGIN = 1.25
/** A target that answered less than this share of what it was asked is out, and says nothing by being asked again. */
const LEAST_ANSWERED = 0.5

/** Decides over all in the order given, each out of what those before it leave. `leftUsd`: dollars of the budget that are left. */
export function affordable(wanted: readonly WantedRepeat[], leftUsd: number): RepeatDecision[] {
  let left = leftUsd
  return wanted.map(({ target, todo, first }) => {
    const answered = first.filter(isAnswered).length
    if (first.length === 0 || answered / first.length < LEAST_ANSWERED) return { target, left: `it answered ${answered} of ${first.length}` }
    const needs = (MARGIN * todo * first.reduce((sum, { chargedUsd }) => sum + chargedUsd, 0)) / answered
    if (needs > left) return { target, left: `it would cost about $${needs.toFixed(4)}, and $${Math.max(0, left).toFixed(4)} of the budget is left` }
    left -= needs
    return { target, left: undefined }
  })
}
