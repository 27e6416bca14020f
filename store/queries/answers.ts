// How answers turned out with the people who got them: retried, edited, accepted, and what an accepted one costs. Production calls of
// one side; a call counts under the target that answered it. Shares are of calls whose follow-up was observed, with Wilson intervals.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { rateColumns } from './follow-ups.ts'
import { bucketParams, FILTER, filterParams, instant, number, numberOrNull } from './fragments.ts'
import { outcomeBuckets, outcomesOf } from './outcomes.ts'
import { TRAFFIC_BUCKET } from './traffic.ts'

const text = z.string()
const rate = { rate: numberOrNull, low: numberOrNull, high: numberOrNull } as const

/** Which calls count. */
const ANSWERS = `purpose = 'production' AND target != '' AND ${FILTER}`

/** USD of the observed calls per accepted one, over `calls`, `observed` and `accepted`. */
const COST_PER_ACCEPTED = 'if(accepted = 0 OR observed / calls < 0.2 OR sum(outcomes.observed_unpriced) > 0, NULL, toFloat64(sum(outcomes.observed_usd)) / accepted)'

/** What became of the answers of each target at each task. */
export const answersByTarget = defineQuery({
  name: 'answers_by_target',
  meaning:
    'Per task, target and effort: production calls, those whose follow-up was observed, and of these the shares retried or rephrased, edited, and accepted (completed, nothing held against it within 30 minutes), each 0..1 with its 95% Wilson interval (NULL when none was observed); mean rating (NULL without any); USD of the observed calls per accepted one (all attempts; NULL below 20% observed, without an accepted one, or while an observed call has no known cost).',
  params: filterParams,
  row: z.object({
    task: text,
    target: text,
    effort: text,
    calls: number,
    observed: number,
    retried: number,
    retried_rate: rate.rate,
    retried_low: rate.low,
    retried_high: rate.high,
    edited: number,
    edited_rate: rate.rate,
    edited_low: rate.low,
    edited_high: rate.high,
    accepted: number,
    accepted_rate: rate.rate,
    accepted_low: rate.low,
    accepted_high: rate.high,
    rating: numberOrNull,
    cost_per_accepted_usd: numberOrNull,
  }),
  sql: `WITH ${outcomesOf(['task', 'target', 'effort', 'calls', 'observed', 'retried', 'edited', 'accepted', 'observed_usd', 'observed_unpriced', 'ratings', 'ratings_sum'], ANSWERS)}
SELECT
  task, target, effort,
  sum(outcomes.calls) AS calls,
  sum(outcomes.observed) AS observed,
  sum(outcomes.retried) AS retried,
  ${rateColumns('retried', 'retried', 'observed')},
  sum(outcomes.edited) AS edited,
  ${rateColumns('edited', 'edited', 'observed')},
  sum(outcomes.accepted) AS accepted,
  ${rateColumns('accepted', 'accepted', 'observed')},
  if(sum(ratings) = 0, NULL, sum(ratings_sum) / sum(ratings)) AS rating,
  ${COST_PER_ACCEPTED} AS cost_per_accepted_usd
FROM outcomes
GROUP BY task, target, effort
ORDER BY task, calls DESC, target, effort`,
})

/** The same over all tasks and targets of the choice: the headline. */
export const answerTotals = defineQuery({
  name: 'answer_totals',
  meaning: 'Production calls, those whose follow-up was observed, the accepted among them with the 95% Wilson interval of their share, and USD of the observed calls per accepted one (NULL under the same conditions as by target).',
  params: filterParams,
  row: z.object({ calls: number, observed: number, accepted: number, accepted_rate: rate.rate, accepted_low: rate.low, accepted_high: rate.high, cost_per_accepted_usd: numberOrNull }),
  sql: `WITH ${outcomesOf(['calls', 'observed', 'accepted', 'observed_usd', 'observed_unpriced'], ANSWERS)}
SELECT
  sum(outcomes.calls) AS calls,
  sum(outcomes.observed) AS observed,
  sum(outcomes.accepted) AS accepted,
  ${rateColumns('accepted', 'accepted', 'observed')},
  ${COST_PER_ACCEPTED} AS cost_per_accepted_usd
FROM outcomes`,
})

/** Retries and edits as they go. */
export const answersOverTime = defineQuery({
  name: 'answers_over_time',
  meaning: 'Per bucket and target: production calls whose follow-up was observed, and of these the shares retried or rephrased and edited, 0..1 with 95% Wilson intervals; buckets without an observed call are absent.',
  params: bucketParams,
  row: z.object({ at: instant, target: text, observed: number, retried_rate: rate.rate, retried_low: rate.low, retried_high: rate.high, edited_rate: rate.rate, edited_low: rate.low, edited_high: rate.high }),
  sql: `WITH ${outcomeBuckets(['target', 'observed', 'retried', 'edited'], ANSWERS)}
SELECT
  ${TRAFFIC_BUCKET} AS at,
  target,
  sum(outcomes.observed) AS observed,
  ${rateColumns('retried', 'sum(outcomes.retried)', 'observed')},
  ${rateColumns('edited', 'sum(outcomes.edited)', 'observed')}
FROM outcomes
GROUP BY at, target
HAVING observed > 0
ORDER BY at, target`,
})
