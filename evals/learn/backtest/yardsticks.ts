// What was possible on the very calls that were replayed: uniform, the one model that was best for all, the best per task, the
// best per prompt. In: a table and its stream. Out: mean utilities over all calls and over the last quarter of them. Pure.
import type { OutcomeTable } from './outcomes.ts'
import type { OutcomeAt } from './scenario.ts'
import type { Call, Stream } from './stream.ts'

/** Mean utilities per call (U = score − cost/κ). */
export type Means = { readonly all: number; readonly lastQuarter: number }

export type Yardsticks = {
  readonly uniform: Means
  /** The one model that would have been best for all tasks. */
  readonly bestFixed: Means & { readonly model: string }
  /** The one model per task that would have been best for it (where the world changes: before and after it). */
  readonly perTaskHindsight: Means
  /** The best model for every single prompt. */
  readonly oracle: Means
}

/** Which model per task was best before and after the world changed. */
export type BestByTask = ReadonlyMap<string, { readonly before: number; readonly after: number }>

/** Where the last quarter of the calls begins. */
const LAST = 0.75

export function meansOf(utilities: readonly number[]): Means {
  return { all: mean(utilities), lastQuarter: mean(utilities.slice(Math.floor(utilities.length * LAST))) }
}

export function yardsticks(table: OutcomeTable, stream: Stream, outcomeAt: OutcomeAt, { valueUsd, changesAt }: { readonly valueUsd: number; readonly changesAt: number | undefined }): Yardsticks & { readonly hindsight: readonly number[]; readonly best: BestByTask } {
  const models = table.models.map((_, at) => at)
  const { calls } = stream
  const utility = ({ prompt, moment }: Call, model: number): number | undefined => {
    const outcome = outcomeAt(prompt, model, moment)
    return outcome === undefined ? undefined : outcome.score - outcome.costUsd / valueUsd
  }
  const able = (call: Call): number[] => models.flatMap((model) => utility(call, model) ?? [])
  // A model without an outcome stands in for nothing: for that call the mean of the others counts.
  const of = (call: Call, model: number): number => utility(call, model) ?? mean(able(call))
  const bestOf = (among: readonly Call[]): number => argmax(models.map((model) => mean(among.map((call) => of(call, model)))))
  const isLater = ({ moment }: Call): boolean => changesAt !== undefined && moment >= changesAt
  const bestIn = (task: string, later: boolean): number => bestOf(calls.filter((call) => call.prompt.task === task && isLater(call) === later))
  const best = new Map(table.tasks.map((task) => [task, { before: bestIn(task, false), after: bestIn(task, true) }]))
  const fixed = bestOf(calls)
  const hindsight = calls.map((call) => {
    const found = best.get(call.prompt.task)
    return of(call, (isLater(call) ? found?.after : found?.before) ?? fixed)
  })
  return {
    hindsight,
    best,
    uniform: meansOf(calls.map((call) => mean(able(call)))),
    bestFixed: { ...meansOf(calls.map((call) => of(call, fixed))), model: table.models[fixed] ?? '' },
    perTaskHindsight: meansOf(hindsight),
    oracle: meansOf(calls.map((call) => Math.max(...able(call)))),
  }
}

function argmax(values: readonly number[]): number {
  return values.reduce((best, value, at) => (value > (values[best] ?? Number.NEGATIVE_INFINITY) ? at : best), 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
