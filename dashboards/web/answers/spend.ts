// Where the money goes: totals and where the month is heading, spend over time by one dimension, what an accepted answer costs, by length
// of input, what caches saved, by key and task, and what has no price.
import { WeighbridgeError } from '../../../core/errors.ts'
import { answersByTarget, answerTotals } from '../../../store/queries/answers.ts'
import { spendOverTimeBy, spendTotals, taskTargets } from '../../../store/queries/overview.ts'
import { cacheSavings, spendByInputSize, spendByKeyAndTask, spendForecast, unpricedAttempts } from '../../../store/queries/spend.ts'
import { SPLITS, type SpendAnswer, type Split } from '../api/spend.ts'
import { frameOf, narrowedTo, windowOf } from '../frame.ts'
import type { Context } from '../server.ts'

/** GET /api/ui/spend */
export async function spendAnswer(context: Context): Promise<SpendAnswer> {
  const { ask, params } = context
  const by = splitOf(params)
  const frame = await frameOf(params, context)
  const window = narrowedTo(frame)
  const [totals, answers, forecast, spend, byTask, accepted, bySize, caches, byKey, unpriced] = await Promise.all([
    ask(spendTotals, window),
    ask(answerTotals, window),
    ask(spendForecast, windowOf(frame)),
    ask(spendOverTimeBy(by), { ...window, bucket_s: frame.bucketS }),
    ask(taskTargets, window),
    ask(answersByTarget, window),
    ask(spendByInputSize, window),
    ask(cacheSavings, window),
    ask(spendByKeyAndTask, window),
    ask(unpricedAttempts, window),
  ])
  return { frame, by, totals: only(totals), answers: only(answers), forecast: only(forecast), spend, taskTargets: byTask, accepted, bySize, caches, byKey, unpriced }
}

function splitOf(params: URLSearchParams): Split {
  const value = params.get('by') ?? 'target'
  const split = SPLITS.find((name) => name === value)
  if (split === undefined) throw new WeighbridgeError('bad_request', `by=${value.slice(0, 32)} is none of ${SPLITS.join(', ')}.`)
  return split
}

/** The row of a query that always answers with one. */
export function only<T>([row]: readonly T[]): T {
  if (row === undefined) throw new WeighbridgeError('clickhouse_query', 'The totals came back without a row.')
  return row
}
