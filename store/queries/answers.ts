// How answers turned out with the people who got them: retried, edited, accepted, and what an accepted one costs. Production calls of
// one side; a call counts under the target that answered it. Shares are of calls whose follow-up was observed, with Wilson intervals.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { CALL_COST, CORRECTIONS_JOINED, FOLLOWED, rateColumns, SIGNALS_JOINED } from './follow-ups.ts'
import { bucketParams, filterParams, instant, inWindow, number, numberOrNull } from './fragments.ts'

const text = z.string()
const rate = { rate: numberOrNull, low: numberOrNull, high: numberOrNull } as const

/** Narrows calls named `c` to the chosen targets and tasks. */
const CALL_FILTER = `(empty({targets:Array(String)}) OR has({targets:Array(String)}, c.target))
    AND (empty({tasks:Array(String)}) OR has({tasks:Array(String)}, c.task))`

function followedCalls(keys: string, withCost: boolean): string {
  return `SELECT ${keys},
    ${FOLLOWED.observed} AS is_observed, ${FOLLOWED.retried} AS is_retried, ${FOLLOWED.edited} AS is_edited, ifNull(${FOLLOWED.accepted}, false) AS is_accepted, ${FOLLOWED.rating} AS stars${withCost ? `,
    ${CALL_COST} AS usd` : ''}
  FROM spans AS c
  ${SIGNALS_JOINED}${withCost ? `\n  ${CORRECTIONS_JOINED}` : ''}
  WHERE c.role = 'call' AND c.purpose = 'production' AND c.target != '' AND c.is_simulated = {simulated:Bool} AND ${inWindow('c.started_at')}
    AND ${CALL_FILTER}`
}

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
  sql: `WITH followed AS (
  ${followedCalls('c.task AS task, c.target AS target, c.effort AS effort', true)}
)
SELECT
  task, target, effort,
  count() AS calls,
  countIf(is_observed) AS observed,
  countIf(is_retried) AS retried,
  ${rateColumns('retried', 'retried', 'observed')},
  countIf(is_edited) AS edited,
  ${rateColumns('edited', 'edited', 'observed')},
  countIf(is_accepted) AS accepted,
  ${rateColumns('accepted', 'accepted', 'observed')},
  avgOrNull(stars) AS rating,
  if(accepted = 0 OR observed / calls < 0.2 OR countIf(is_observed AND usd IS NULL) > 0, NULL, toFloat64(sumIf(usd, is_observed)) / accepted) AS cost_per_accepted_usd
FROM followed
GROUP BY task, target, effort
ORDER BY task, calls DESC, target, effort`,
})

/** The same over all tasks and targets of the choice: the headline. */
export const answerTotals = defineQuery({
  name: 'answer_totals',
  meaning: 'Production calls, those whose follow-up was observed, the accepted among them with the 95% Wilson interval of their share, and USD of the observed calls per accepted one (NULL under the same conditions as by target).',
  params: filterParams,
  row: z.object({ calls: number, observed: number, accepted: number, accepted_rate: rate.rate, accepted_low: rate.low, accepted_high: rate.high, cost_per_accepted_usd: numberOrNull }),
  sql: `WITH followed AS (
  ${followedCalls('c.task AS task', true)}
)
SELECT
  count() AS calls,
  countIf(is_observed) AS observed,
  countIf(is_accepted) AS accepted,
  ${rateColumns('accepted', 'accepted', 'observed')},
  if(accepted = 0 OR observed / calls < 0.2 OR countIf(is_observed AND usd IS NULL) > 0, NULL, toFloat64(sumIf(usd, is_observed)) / accepted) AS cost_per_accepted_usd
FROM followed`,
})

/** Retries and edits as they go. */
export const answersOverTime = defineQuery({
  name: 'answers_over_time',
  meaning: 'Per bucket and target: production calls whose follow-up was observed, and of these the shares retried or rephrased and edited, 0..1 with 95% Wilson intervals; buckets without an observed call are absent.',
  params: bucketParams,
  row: z.object({ at: instant, target: text, observed: number, retried_rate: rate.rate, retried_low: rate.low, retried_high: rate.high, edited_rate: rate.rate, edited_low: rate.low, edited_high: rate.high }),
  sql: `WITH followed AS (
  ${followedCalls('toStartOfInterval(c.started_at, toIntervalSecond({bucket_s:UInt32})) AS slot, c.target AS target', false)}
), counted AS (
  SELECT slot, target, countIf(is_observed) AS observed, countIf(is_retried) AS retried, countIf(is_edited) AS edited
  FROM followed
  GROUP BY slot, target
)
SELECT
  slot AS at, target, observed,
  ${rateColumns('retried', 'retried', 'observed')},
  ${rateColumns('edited', 'edited', 'observed')}
FROM counted
WHERE observed > 0
ORDER BY at, target`,
})
