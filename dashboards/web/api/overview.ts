// The JSON of the overview. Types only.
import type { z } from 'zod'
import type { recentCalls, spendOverTime, spendTotals, taskTargets } from '../../../store/queries/overview.ts'
import type { Hallucination, Pushback } from './quality.ts'
import type { Frame } from './scope.ts'

type RowOf<Q extends { row: z.ZodObject }> = z.output<Q['row']>
export type Totals = RowOf<typeof spendTotals>
export type SpendPoint = RowOf<typeof spendOverTime>
export type TaskTarget = RowOf<typeof taskTargets>
export type RecentCall = RowOf<typeof recentCalls>

/** GET /api/ui/overview?… */
export type OverviewAnswer = {
  readonly frame: Frame
  readonly totals: Totals
  /** Of the window of the same length before; `null`: it had no calls. */
  readonly before: Totals | null
  readonly spend: readonly SpendPoint[]
  readonly taskTargets: readonly TaskTarget[]
  readonly pushback: readonly Pushback[]
  readonly hallucination: readonly Hallucination[]
  /** The newest calls that took more than one attempt, and those that got no answer. */
  readonly failovers: readonly RecentCall[]
  readonly failures: readonly RecentCall[]
}
