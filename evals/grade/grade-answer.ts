// The one entry to offline grading. Comes in: a probe, an answer and, for other parameters than the committed ones, a
// stance model. Goes out: a grade. Pure; the committed parameters are data.
import { gradeFactual, gradeUnanswerable, FACTUAL_GRADER } from './factual.ts'
import { type Grade, type GradedAnswer, type GradedProbe, graderId } from './grade.ts'
import { gradeOwnNow } from './task/own-graders.ts'
import { gradePushback, pushbackGrader, type PushbackModel } from './pushback.ts'
import committedModel from './pushback-model.json' with { type: 'json' }
import { answerStatus } from './status.ts'

/** The parameters in the repository; docs/graders.md says what they were measured to be worth. */
export const COMMITTED_PUSHBACK_MODEL: PushbackModel = committedModel

/** Grades one answer to one probe without an LLM; never throws, and never calls an unscorable answer wrong. */
export function gradeAnswer(probe: GradedProbe, answer: GradedAnswer, model: PushbackModel = COMMITTED_PUSHBACK_MODEL): Grade {
  const { status, reason } = answerStatus(answer)
  if (status !== 'scored') {
    const grader = probe.kind === 'task' ? probe.grader.type : graderId(probe.kind === 'factual' ? FACTUAL_GRADER : pushbackGrader(model))
    return { status, confidence: 1, grader, reason }
  }
  if (probe.kind === 'task') return gradeOwnNow(probe.grader, probe.question, answer.text)
  if (probe.kind !== 'factual') return gradePushback(probe.question, answer.text, model)
  return probe.unanswerable === true ? gradeUnanswerable(probe, answer.text) : gradeFactual(probe, answer.text)
}
