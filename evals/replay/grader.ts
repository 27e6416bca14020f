// What replay asks of grading: one grader for a whole run, which may put questions to judges through the desk that replay gives
// it. Types only; graders are in evals/grade.
import type { Target } from '../../core/config.ts'
import type { Probe } from '../probes/load.ts'
import type { Message } from './ask.ts'
import type { Graded, Vote } from './trial.ts'

/** An answer to be graded. */
export type GradeJob = {
  readonly probe: Probe
  /** Who answered; graders must not show it to judges. */
  readonly target: Target
  readonly answer: { readonly text: string; readonly finishReason: string | undefined }
  readonly desk: JudgeDesk
}

/** Grades every answer of a run in one way. */
export interface Grader {
  /** Stored with the run: `offline`, or the judge set's identity. A run is graded by one. */
  readonly id: string
  /** Target names of the judges; empty without. */
  readonly judges: readonly string[]
  /** Dollars that judging one answer to this probe can cost at most; undefined when a judge is unpriced. */
  worstUsd(probe: Probe): number | undefined
  /** Rejects only when the run is aborted or its journal cannot be written. */
  grade(job: GradeJob): Promise<Graded>
}

/** A question to one judge. */
export type JudgeRequest = {
  readonly messages: readonly Message[]
  readonly maxOutputTokens: number
  /** undefined: the judge's target cannot bind its output to a schema. */
  readonly responseFormat: Readonly<Record<string, unknown>> | undefined
}

/** What a judge said, or why it said nothing. */
export type JudgeReply =
  | { readonly kind: 'said'; readonly text: string; readonly finishReason: string | undefined; readonly servedModel: string; readonly traceId: string; readonly costUsd: number | undefined; readonly chargedUsd: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly chargedUsd: number; readonly traceId: string }
  /** Its call did not fit into the budget. */
  | { readonly kind: 'no_budget' }

/** The judges of one trial. */
export interface JudgeDesk {
  /** Votes of this judge set that an earlier part of the run has paid for. */
  kept(judgeSet: string): readonly Vote[]
  ask(judge: string, request: JudgeRequest): Promise<JudgeReply>
  /** Resolves once the vote is on disk. */
  record(judgeSet: string, vote: Vote, chargedUsd: number): Promise<void>
}
