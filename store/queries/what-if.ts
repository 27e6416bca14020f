// One's own traffic by task, target and input size, for what-if questions: how many answers, a sample of them with their tokens, how
// long answers of other targets are, and how often calls are repeated. One side of the simulated/real divide at a time.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { EVIDENCE_KEY, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

/** Size class of an input, in the words of core/usage.ts. */
const BUCKET = "multiIf(input_tokens < 2000, '<2k', input_tokens < 10000, '2-10k', input_tokens <= 128000, '10-128k', '>128k')"
/** Calls of one target that are looked at one by one. */
const SAMPLED = 20_000

const ANSWERED = "role = 'attempt' AND status != 'Error' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL"

/** Answers by task, target identity and input size. */
export const trafficCells = defineQuery({
  name: 'traffic_cells',
  meaning: `Per task, target identity and input size (<2k, 2-10k, 10-128k, >128k tokens), over answered production attempts with known tokens: how many, mean and variance of output tokens, input tokens and those read from cache as sums (NULL where the provider never said), and USD charged.`,
  params: windowParams,
  row: z.object({ task: z.string(), evidence_key: z.string(), bucket: z.string(), answers: number, input_mean: number, output_mean: number, output_variance: number, input_known: number, cache_read: numberOrNull, usd: numberOrNull }),
  sql: `SELECT
  task, ${EVIDENCE_KEY} AS evidence_key, ${BUCKET} AS bucket,
  count() AS answers,
  avg(toFloat64(ifNull(input_tokens, 0))) AS input_mean,
  avg(toFloat64(ifNull(output_tokens, 0))) AS output_mean,
  if(answers < 2, 0, varSamp(toFloat64(ifNull(output_tokens, 0)))) AS output_variance,
  sumIf(toFloat64(ifNull(input_tokens, 0)), cache_read_tokens IS NOT NULL) AS input_known,
  toFloat64(sum(cache_read_tokens)) AS cache_read,
  toFloat64(sum(cost_usd)) AS usd
FROM spans
WHERE ${ANSWERED} AND ${inWindow('started_at')}
GROUP BY task, evidence_key, bucket
ORDER BY task, evidence_key, bucket`,
})

/** Answers of one target, one by one. */
export const trafficSample = defineQuery({
  name: 'traffic_sample',
  meaning: `Answered production attempts of a target with known tokens, at most ${SAMPLED} chosen by a hash of their trace: task, input size, tokens by class and USD charged.`,
  params: windowParams.extend({ evidence_key: z.string() }),
  row: z.object({ task: z.string(), bucket: z.string(), input: number, cache_read: number, cache_write: number, output: number, usd: numberOrNull }),
  sql: `SELECT
  task, ${BUCKET} AS bucket,
  toFloat64(ifNull(input_tokens, 0)) AS input, toFloat64(ifNull(cache_read_tokens, 0)) AS cache_read, toFloat64(ifNull(cache_write_tokens, 0)) AS cache_write, toFloat64(ifNull(output_tokens, 0)) AS output,
  toFloat64(cost_usd) AS usd
FROM spans
WHERE ${ANSWERED} AND ${inWindow('started_at')} AND ${EVIDENCE_KEY} = {evidence_key:String}
ORDER BY sipHash64(trace_id, span_id)
LIMIT ${SAMPLED}`,
})

/** How two targets answered the same probes. */
export const pairedLengths = defineQuery({
  name: 'paired_lengths',
  meaning: 'Per input size, over probes that both targets answered: how many, and of each target the mean output tokens, with the variance of their difference over their means (the spread of the relative difference, for an interval of the ratio).',
  params: windowParams.extend({ from_key: z.string(), to_key: z.string() }),
  row: z.object({ bucket: z.string(), probes: number, from_mean: number, to_mean: number, relative_variance: number }),
  sql: `WITH each AS (
  SELECT
    suite, probe_id,
    avgIf(toFloat64(ifNull(input_tokens, 0)), evidence_key = {from_key:String}) AS input_tokens,
    avgIf(toFloat64(ifNull(output_tokens, 0)), evidence_key = {from_key:String}) AS of_from,
    avgIf(toFloat64(ifNull(output_tokens, 0)), evidence_key = {to_key:String}) AS of_to
  FROM (
    SELECT suite, probe_id, input_tokens, output_tokens, ${EVIDENCE_KEY} AS evidence_key
    FROM eval_results
    WHERE is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')} AND output_tokens > 0 AND status IN ('scored', 'refused')
  )
  WHERE evidence_key IN ({from_key:String}, {to_key:String})
  GROUP BY suite, probe_id
  HAVING countIf(evidence_key = {from_key:String}) > 0 AND countIf(evidence_key = {to_key:String}) > 0
), means AS (
  SELECT ${BUCKET} AS bucket, avg(of_from) AS mean_of_from, avg(of_to) AS mean_of_to FROM each GROUP BY bucket
)
SELECT bucket, count() AS probes, any(mean_of_from) AS from_mean, any(mean_of_to) AS to_mean, if(probes < 2, 0, varSamp(of_to / mean_of_to - of_from / mean_of_from)) AS relative_variance
FROM (SELECT ${BUCKET} AS bucket, of_from, of_to FROM each) AS one
INNER JOIN means USING (bucket)
GROUP BY bucket
ORDER BY bucket`,
})

/** How often calls to a target are tried again, by the router and by users. */
export const repeatRates = defineQuery({
  name: 'repeat_rates',
  meaning: 'Per target identity over production: answered attempts, failed attempts (a client that hung up is no failure) and USD of both; answered calls whose follow-up was observed, and those of them that the user asked for again or rephrased.',
  params: windowParams,
  row: z.object({ evidence_key: z.string(), answered: number, failed: number, answered_usd: number, failed_usd: number, observed: number, repeated: number }),
  sql: `WITH attempts AS (
  SELECT ${EVIDENCE_KEY} AS evidence_key, trace_id, parent_span_id, status != 'Error' AS is_answer, status = 'Error' AND error_code != 'client_closed' AS has_failed, ifNull(toFloat64(cost_usd), 0) AS usd
  FROM spans
  WHERE role = 'attempt' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
), followed AS (
  SELECT concat(trace_id, span_id) AS about, countIf(kind IN ('retry', 'rephrase')) > 0 AS again
  FROM signals
  WHERE is_simulated = {simulated:Bool} AND kind IN ('retry', 'rephrase', 'edit', 'accepted', 'feedback') AND ${inWindow('at')}
  GROUP BY about
)
SELECT
  evidence_key,
  countIf(is_answer) AS answered,
  countIf(has_failed) AS failed,
  sumIf(usd, is_answer) AS answered_usd,
  sumIf(usd, has_failed) AS failed_usd,
  countIf(is_answer AND (of_call.about != '' OR of_trace.about != '')) AS observed,
  countIf(is_answer AND (of_call.again OR of_trace.again)) AS repeated
FROM attempts
LEFT JOIN followed AS of_call ON of_call.about = concat(attempts.trace_id, attempts.parent_span_id)
LEFT JOIN followed AS of_trace ON of_trace.about = attempts.trace_id
GROUP BY evidence_key
ORDER BY evidence_key`,
})
