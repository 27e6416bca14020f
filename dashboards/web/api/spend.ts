// The JSON of the spend page. Types only.
import type { z } from 'zod'
import type { answersByTarget, answerTotals } from '../../../store/queries/answers.ts'
import type { taskTargets } from '../../../store/queries/overview.ts'
import type { cacheSavings, spendByInputSize, spendByKeyAndTask, spendForecast, unpricedAttempts } from '../../../store/queries/spend.ts'
import type { Totals } from './overview.ts'
import type { Frame } from './scope.ts'

type RowOf<Q extends { row: z.ZodObject }> = z.output<Q['row']>
export type BySize = RowOf<typeof spendByInputSize>
export type CacheSaving = RowOf<typeof cacheSavings>
export type Unpriced = RowOf<typeof unpricedAttempts>
export type Forecast = RowOf<typeof spendForecast>
export type ByKeyAndTask = RowOf<typeof spendByKeyAndTask>
export type AnswersOf = RowOf<typeof answersByTarget>
export type AnswerTotals = RowOf<typeof answerTotals>
export type TaskTarget = RowOf<typeof taskTargets>

/** What spend over time can be split by. */
export const SPLITS = ['target', 'task', 'provider', 'key', 'effort'] as const
export type Split = (typeof SPLITS)[number]

/** GET /api/ui/spend?…&by= */
export type SpendAnswer = {
  readonly frame: Frame
  readonly by: Split
  readonly totals: Totals
  readonly answers: AnswerTotals
  readonly forecast: Forecast
  readonly spend: readonly { readonly at: number; readonly name: string; readonly spend_usd: number; readonly attempts: number; readonly unpriced: number }[]
  readonly taskTargets: readonly TaskTarget[]
  readonly accepted: readonly AnswersOf[]
  readonly bySize: readonly BySize[]
  readonly caches: readonly CacheSaving[]
  readonly byKey: readonly ByKeyAndTask[]
  readonly unpriced: readonly Unpriced[]
}
