// What a wire must give to be held to the conformance suite: real answers in both forms with what they come to, and the ways in
// which they break. One file of data per wire in fixtures/; suite.ts runs them all alike.
import type { ErrorCode } from '../../../core/errors.ts'
import type { AnswerFacts, ModelAnswer } from '../../../core/model-answer.ts'

/** One event of a stream, before it is written as `event:` and `data:` lines; a text goes as it is. */
export type Sent = { readonly event?: string | undefined; readonly data: unknown }

/** One answer, whole and streamed: both must come to the same `answer` and `facts` (the raw usage object is not compared). */
export type Answered = { readonly name: string; readonly whole: unknown; readonly stream: readonly Sent[]; readonly answer: ModelAnswer; readonly facts: Partial<AnswerFacts> }

export type ErrorCase = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string; readonly code: ErrorCode; readonly retryAfterMs?: number }

export type Fixture = {
  readonly answers: readonly Answered[]
  /** Events a stream may hold anywhere without being another answer. */
  readonly interludes: readonly Sent[]
  /** Events in place of the rest of a stream, and what they mean. */
  readonly streamErrors: readonly (Sent & { readonly code: ErrorCode })[]
  /** Bodies that are no answer although the status says so. */
  readonly broken: readonly { readonly name: string; readonly body: string; readonly code: ErrorCode }[]
  readonly errors: readonly ErrorCase[]
}
