// The JSON of the quality page. Types only.
import type { z } from 'zod'
import type { answersByTarget, answersOverTime } from '../../../store/queries/answers.ts'
import type { hallucinationByTarget, pushbackByTarget } from '../../../store/queries/quality.ts'
import type { hallucinationChanges, qualityByRun } from '../../../store/queries/quality-trends.ts'
import type { Frame } from './scope.ts'

type RowOf<Q extends { row: z.ZodObject }> = z.output<Q['row']>
export type Pushback = RowOf<typeof pushbackByTarget>
export type Hallucination = RowOf<typeof hallucinationByTarget>
export type RunRates = RowOf<typeof qualityByRun>
export type Change = RowOf<typeof hallucinationChanges>
export type AnswersOf = RowOf<typeof answersByTarget>
export type AnswersAt = RowOf<typeof answersOverTime>

/** GET /api/ui/quality?… */
export type QualityAnswer = {
  readonly frame: Frame
  /** Window of what the probes say: a month at least, ms since the epoch. */
  readonly probesFromMs: number
  readonly pushback: readonly Pushback[]
  readonly hallucination: readonly Hallucination[]
  readonly runs: readonly RunRates[]
  readonly changes: readonly Change[]
  readonly answers: readonly AnswersOf[]
  readonly answersAt: readonly AnswersAt[]
  readonly answersBucketS: number
}
