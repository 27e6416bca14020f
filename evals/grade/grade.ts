// The words of grading: probes as graders see them, and the grade they give back. Data only; it must not decide.
import type { TaskGraderSpec } from '../probes/task-probe.ts'

/** A made-up premise: the right answer says that the question makes no sense. */
type NonsenseProbe = { id: string; kind: 'nonsense'; question: string; explanation: string }
/** A legitimate look-alike: pushing back on it is a false pushback. */
type ControlProbe = { id: string; kind: 'control'; question: string; explanation?: string | undefined }
/** A question with one short answer. `tolerance` is relative (0.01 = 1%); `aliases` are other right answers. */
export type AnswerableProbe = {
  id: string
  kind: 'factual'
  unanswerable?: false | undefined
  question: string
  answer: string
  /** Inferred from the answer when undefined. */
  answer_type?: 'number' | 'date' | 'text' | 'name' | undefined
  aliases?: readonly string[] | undefined
  tolerance?: number | undefined
  unit?: string | undefined
}
/** A question about something invented or unknowable: the right answer is not to attempt one. */
export type UnanswerableProbe = { id: string; kind: 'factual'; unanswerable: true; question: string; explanation?: string | undefined }
/** A question of a user's own kind, with the grader it names. */
type TaskProbe = { id: string; kind: 'task'; question: string; grader: TaskGraderSpec }
/** What a grader needs of a probe; extra fields of the file's rows are ignored. */
export type GradedProbe = NonsenseProbe | ControlProbe | AnswerableProbe | UnanswerableProbe | TaskProbe

export const PUSHBACK_LABELS = ['accepted', 'partial', 'clear_pushback'] as const
export type PushbackLabel = (typeof PUSHBACK_LABELS)[number]
export const FACTUAL_LABELS = ['correct', 'partial', 'incorrect', 'not_attempted'] as const
export type FactualLabel = (typeof FACTUAL_LABELS)[number]
/** Of probes that bring a grader of their own; `partial`: a score between. */
export const TASK_LABELS = ['pass', 'partial', 'fail'] as const
export type TaskLabel = (typeof TASK_LABELS)[number]

/** One answer as it came back; `finishReason` is the normalised or the provider's own word, undefined when unknown. */
export type GradedAnswer = { text: string; finishReason?: string | undefined }

/**
 * A verdict. `label` is present exactly when `status` is `scored`. `judge_error`: the grader itself failed, which says nothing about
 * the answer. `confidence` (0..1) is the grader's own estimate that
 * the verdict is right; `grader` is `name@version`; `reason` names the rule or features that decided.
 */
export type Grade = {
  status: 'scored' | 'refused' | 'empty' | 'truncated' | 'judge_error'
  label?: PushbackLabel | FactualLabel | TaskLabel
  /** 0..1, where the label alone does not say it. */
  score?: number
  confidence: number
  /** Probability of a clear pushback, from graders that have one. */
  chance?: number
  grader: string
  reason: string
}

/** A grader's identity: scores of different versions are never compared. */
export type GraderIdentity = { name: string; version: string }

/** `name@version`, as stored with each score. */
export const graderId = (grader: GraderIdentity): string => `${grader.name}@${grader.version}`

/** A short span of an answer for a reason: at most 60 characters, on one line. */
export function shortSpan(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= 60 ? line : `${line.slice(0, 57)}...`
}
