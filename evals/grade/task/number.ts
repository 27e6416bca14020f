// A figure as the answer. Comes in: a number with tolerance and unit, and text. Goes out: what the short-answer grader says of
// it: units converted, words read as digits, the last statement binding.
import type { TaskGraderSpec } from '../../probes/task-probe.ts'
import { gradeFactual } from '../factual.ts'
import type { TaskVerdict } from './verdict.ts'

type NumberSpec = Extract<TaskGraderSpec, { type: 'number' }>

/** Passes where a short factual answer would be correct; a hedge between two figures is `partial`, anything else fails. */
export function gradeNumber(spec: NumberSpec, question: string, answer: string): TaskVerdict {
  const { label, confidence, reason } = gradeFactual(
    { id: 'number', kind: 'factual', question, answer: String(spec.answer), answer_type: 'number', tolerance: spec.tolerance, unit: spec.unit },
    answer,
  )
  if (label === 'correct') return { label: 'pass', score: 1, confidence, reason }
  return label === 'partial' ? { label: 'partial', score: 0.5, confidence, reason } : { label: 'fail', score: 0, confidence, reason }
}
