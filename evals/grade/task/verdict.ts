// What a probe's own grader says of an answer. Data only.
import type { TaskLabel } from '../grade.ts'

/** `score` in 0..1 is what learning takes; `confidence` is 1 where a rule decided. */
export type TaskVerdict = { readonly label: TaskLabel; readonly score: number; readonly confidence: number; readonly reason: string }

/** A score as a label: 1 passes, 0 fails, anything between is partial. */
export const labelOfScore = (score: number): TaskLabel => (score >= 1 ? 'pass' : score <= 0 ? 'fail' : 'partial')
