// Where the money goes beyond totals: by length of input, by what caches saved, by what has no price, and where the month is heading.
// Production of one side of the simulated/real divide; dollars are US dollars at the costs that count now.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { COSTED, FILTER, filterParams, instant, inWindow, number, numberOrNull, shareSql, windowParams } from './fragments.ts'
import { trafficOf } from './traffic.ts'

const text = z.string()

/** Sizes of input that models behave and cost differently in (EVIDENCE §4), as SQL over `input_tokens`; a number in front keeps their order. */
export const INPUT_SIZE = "multiIf(input_tokens IS NULL, '5 unknown', input_tokens < 2000, '1 below 2k', input_tokens < 10000, '2 2k to 10k', input_tokens < 128000, '3 10k to 128k', '4 128k and more')"

/** Spend by length of input and target. */
export const spendByInputSize = defineQuery({
  name: 'spend_by_input_size',
  meaning: 'Per size of input (tokens, in the order of the digit in front) and target: production attempts, USD, USD per attempt with a known cost (NULL without any), and mean output tokens (NULL when unknown). Corrections of a cost count under the size of the attempt they correct.',
  params: filterParams,
  row: z.object({ size: text, target: text, attempts: number, spend_usd: number, cost_per_attempt_usd: numberOrNull, output_tokens: numberOrNull }),
  // All attempts are counted without a look at their ids; what corrections changed is added for those that have any.
  sql: `WITH corrected AS (
  SELECT trace_id, attributes['weighbridge.corrects'] AS corrected_id, sum(cost_usd) AS delta_usd
  FROM spans
  WHERE role = 'correction' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  GROUP BY trace_id, corrected_id
), summed AS (
  SELECT ${INPUT_SIZE} AS size, target, count() AS attempts, count(cost_usd) AS known, sum(cost_usd) AS usd, count(spans.output_tokens) AS counted, sum(spans.output_tokens) AS tokens
  FROM spans
  WHERE role = 'attempt' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND ${FILTER}
  GROUP BY size, target
  UNION ALL
  SELECT ${INPUT_SIZE} AS size, target, 0 AS attempts, countIf(cost_usd IS NULL AND delta_usd IS NOT NULL) AS known, sum(delta_usd) AS usd, 0 AS counted, CAST(NULL, 'Nullable(UInt64)') AS tokens
  FROM spans
  INNER JOIN corrected ON corrected.trace_id = spans.trace_id AND corrected.corrected_id = spans.span_id
  WHERE role = 'attempt' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND ${FILTER}
  GROUP BY size, target
)
SELECT
  size,
  target,
  sum(summed.attempts) AS attempts,
  toFloat64(ifNull(sum(usd), 0)) AS spend_usd,
  if(sum(known) = 0, NULL, spend_usd / sum(known)) AS cost_per_attempt_usd,
  if(sum(counted) = 0, NULL, sum(tokens) / sum(counted)) AS output_tokens
FROM summed
GROUP BY size, target
ORDER BY size, spend_usd DESC, target`,
})

/** What prompt caches saved, by target. */
export const cacheSavings = defineQuery({
  name: 'cache_savings',
  meaning:
    'Per target, over production attempts: input tokens, those read from cache and written to it, the share of input read from cache (0..1, NULL without input), USD that the same tokens would have cost more without the cache (below 0 where writing cost more than reading saved; NULL when no attempt says), and attempts that used a cache and do not say.',
  params: filterParams,
  row: z.object({ target: text, attempts: number, input_tokens: number, cache_read_tokens: number, cache_write_tokens: number, cache_share: numberOrNull, saved_usd: numberOrNull, unknown_attempts: number }),
  sql: `SELECT
  target,
  count() AS attempts,
  ifNull(sum(spans.input_tokens), 0) AS input_tokens,
  ifNull(sum(spans.cache_read_tokens), 0) AS cache_read_tokens,
  ifNull(sum(spans.cache_write_tokens), 0) AS cache_write_tokens,
  ${shareSql('cache_read_tokens', 'input_tokens')} AS cache_share,
  toFloat64(sum(cache_saved_usd)) AS saved_usd,
  countIf(cache_saved_usd IS NULL AND (ifNull(spans.cache_read_tokens, 0) > 0 OR ifNull(spans.cache_write_tokens, 0) > 0)) AS unknown_attempts
FROM spans
WHERE role = 'attempt' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND ${FILTER}
GROUP BY target
ORDER BY saved_usd DESC NULLS LAST, target`,
})

/** Attempts without a price, by what has none. */
export const unpricedAttempts = defineQuery({
  name: 'unpriced_attempts',
  meaning: 'Production attempts whose cost is still unknown, per provider, model, service tier and target: how many, their tokens, when the last one was, and its trace.',
  params: filterParams,
  row: z.object({ provider: text, model: text, service_tier: text, target: text, attempts: number, input_tokens: number, output_tokens: number, last_at: instant, last_trace_id: text }),
  sql: `SELECT
  provider, model, service_tier, target,
  count() AS attempts,
  ifNull(sum(spans.input_tokens), 0) AS input_tokens,
  ifNull(sum(spans.output_tokens), 0) AS output_tokens,
  max(started_at) AS last_at,
  argMax(trace_id, started_at) AS last_trace_id
FROM spans
WHERE role = 'attempt' AND cost_source = 'unpriced' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND ${FILTER}
  AND (trace_id, span_id) NOT IN (SELECT trace_id, attributes['weighbridge.corrects'] FROM spans WHERE role = 'correction' AND cost_source = 'unpriced' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')})
GROUP BY provider, model, service_tier, target
ORDER BY attempts DESC, provider, model, target`,
})

/** Days that a forecast rests on, and the fewest. */
const FORECAST_DAYS = 28
const FEWEST_DAYS = 3

const TODAY = "toStartOfDay(toTimeZone({to:DateTime64(3)}, 'UTC'))"
const THIS_MONTH = "toStartOfMonth(toTimeZone({to:DateTime64(3)} - INTERVAL 1 MILLISECOND, 'UTC'))"

/** Where the calendar month is heading. */
export const spendForecast = defineQuery({
  name: 'spend_forecast',
  meaning: `USD of production in the calendar month (UTC) of \`to\`: spent so far, and what it will be at its end if the rest of it costs per day what the last ${FORECAST_DAYS} whole days did on average; with the 95% interval that days as different from each other as those leave (t distribution approximated by 1.96·(1 + 1/n)). Projection and interval are NULL with fewer than ${FEWEST_DAYS} whole days of traffic behind.`,
  params: windowParams,
  row: z.object({ month: instant, spent_usd: number, forecast_usd: numberOrNull, forecast_low_usd: numberOrNull, forecast_high_usd: numberOrNull, days_seen: number, mean_day_usd: numberOrNull, days_left: number }),
  sql: `WITH
  ${TODAY} AS today,
  ${THIS_MONTH} AS this_month,
  dateDiff('second', toDateTime({to:DateTime64(3)}, 'UTC'), toDateTime(addMonths(this_month, 1), 'UTC')) / 86400 AS left,
  ${trafficOf(['cost_usd'], `role IN (${COSTED}) AND purpose = 'production'`, { from: `least(toDateTime(${THIS_MONTH}, 'UTC'), ${TODAY} - INTERVAL ${FORECAST_DAYS} DAY)`, to: '{to:DateTime64(3)}' })},
  by_day AS (
    SELECT toDate(slot, 'UTC') AS day, sum(cost_usd) AS usd
    FROM traffic
    GROUP BY day
  ), figures AS (
    SELECT
      toFloat64(sumIf(usd, day >= this_month)) AS so_far,
      -- Days before the first traffic are not days without spend.
      minIf(day, day < toDate(today) AND day >= toDate(today) - ${FORECAST_DAYS}) AS first_day,
      if(countIf(day < toDate(today) AND day >= toDate(today) - ${FORECAST_DAYS}) = 0, 0, dateDiff('day', first_day, toDate(today))) AS n,
      sumIf(toFloat64(usd), day < toDate(today) AND day >= toDate(today) - ${FORECAST_DAYS}) AS total,
      sumIf(toFloat64(usd) * toFloat64(usd), day < toDate(today) AND day >= toDate(today) - ${FORECAST_DAYS}) AS squares
    FROM by_day
  )
SELECT
  toDateTime64(this_month, 3, 'UTC') AS month,
  so_far AS spent_usd,
  if(n < ${FEWEST_DAYS}, NULL, total / n) AS mean_day_usd,
  -- Of the mean, and of the days that are left, each as far from it as a day is.
  if(n < ${FEWEST_DAYS}, NULL, 1.96 * (1 + 1 / n) * sqrt(greatest(0, (squares - total * total / n) / (n - 1)) * (left + left * left / n))) AS half,
  so_far + mean_day_usd * left AS forecast_usd,
  -- greatest() would leave a NULL out.
  if(forecast_usd IS NULL, NULL, greatest(so_far, assumeNotNull(forecast_usd - half))) AS forecast_low_usd,
  forecast_usd + half AS forecast_high_usd,
  n AS days_seen,
  left AS days_left
FROM figures`,
})

/** What was spent on what, for one window, by several dimensions at once. */
export const spendByKeyAndTask = defineQuery({
  name: 'spend_by_key_and_task',
  meaning: 'Per key and task: production calls, failed ones, USD of all attempts, and USD of the attempts whose output the client did not get. An empty key: calls without one.',
  params: filterParams,
  row: z.object({ key_id: text, task: text, calls: number, failed: number, spend_usd: number, wasted_usd: number }),
  sql: `WITH ${trafficOf(['role', 'key_id', 'task', 'spans', 'failed', 'cost_usd', 'wasted_usd'], `purpose = 'production' AND ${FILTER}`)}
SELECT
  key_id, task,
  sumIf(spans, role = 'call') AS calls,
  sumIf(traffic.failed, role = 'call') AS failed,
  toFloat64(sumIf(cost_usd, role != 'call')) AS spend_usd,
  toFloat64(sumIf(traffic.wasted_usd, role != 'attempt')) AS wasted_usd
FROM traffic
GROUP BY key_id, task
ORDER BY spend_usd DESC, key_id, task`,
})
