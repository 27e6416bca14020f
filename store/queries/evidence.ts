// What the learner reads: graded probes and production calls, per target identity (provider/model@effort), one side of the
// simulated/real divide at a time. Ages are weighed here with 2^(−age/H), so that the answer is small; everything after
// that is arithmetic on these rows (evals/learn).
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { COSTED, flag, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const evidenceParams = windowParams.extend({ half_life_days: z.number().positive() })

/** The identity that evidence is kept by, whatever the target is called now: `provider/model@effort`. */
const EVIDENCE_KEY = "concat(provider, '/', model, if(effort = '', '', concat('@', effort)))"

function ageWeight(column: string): string {
  return `exp2(-dateDiff('second', ${column}, {to:DateTime64(3)}) / 86400 / {half_life_days:Float64})`
}

/** Graded trials by probe. */
export const evalEvidence = defineQuery({
  name: 'eval_evidence',
  meaning:
    'Per suite version, grader, target identity and probe: age-weighted trials by label (weight 2^(−age/H) each, age up to `to`), the age-weighted sum of scores over the trials that have one, unweighted scored and unscored trials, the days they ran on, and tokens and USD of the scored ones. Graders and suite versions are kept apart; unscored trials are failures of the run, never wrong answers.',
  params: evidenceParams,
  row: z.object({
    suite: z.string(),
    suite_hash: z.string(),
    grader: z.string(),
    evidence_key: z.string(),
    probe_id: z.string(),
    probe_kind: z.string(),
    answerable: flag,
    w_clear_pushback: number,
    w_partial: number,
    w_accepted: number,
    w_correct: number,
    w_incorrect: number,
    w_not_attempted: number,
    w_score: number,
    w_scored: number,
    trials: number,
    unscored: number,
    days: z.array(z.string()),
    priced: number,
    usd: number,
    counted: number,
    tokens_in: number,
    tokens_out: number,
    last_at: instant,
  }),
  sql: `WITH weighed AS (
  SELECT *, ${EVIDENCE_KEY} AS evidence_key, status = 'scored' AS scored, ${ageWeight('evaluated_at')} AS w
  FROM eval_results
  WHERE is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')}
)
SELECT
  suite, suite_hash, grader, evidence_key, probe_id, probe_kind, answerable,
  sumIf(w, scored AND label = 'clear_pushback') AS w_clear_pushback,
  sumIf(w, scored AND label = 'partial') AS w_partial,
  sumIf(w, scored AND label = 'accepted') AS w_accepted,
  sumIf(w, scored AND label = 'correct') AS w_correct,
  sumIf(w, scored AND label = 'incorrect') AS w_incorrect,
  sumIf(w, scored AND label = 'not_attempted') AS w_not_attempted,
  sumIf(w * ifNull(score, 0), scored) AS w_score,
  sumIf(w, scored AND score IS NOT NULL) AS w_scored,
  countIf(scored) AS trials,
  countIf(NOT scored) AS unscored,
  groupUniqArrayIf(toString(toDate(evaluated_at, 'UTC')), scored) AS days,
  countIf(scored AND cost_usd IS NOT NULL) AS priced,
  ifNull(sumIf(toFloat64(cost_usd), scored), 0) AS usd,
  countIf(scored AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL) AS counted,
  toFloat64(ifNull(sumIf(input_tokens, scored AND output_tokens IS NOT NULL), 0)) AS tokens_in,
  toFloat64(ifNull(sumIf(output_tokens, scored AND input_tokens IS NOT NULL), 0)) AS tokens_out,
  max(evaluated_at) AS last_at
FROM weighed
GROUP BY suite, suite_hash, grader, evidence_key, probe_id, probe_kind, answerable
ORDER BY suite, suite_hash, grader, evidence_key, probe_id, probe_kind, answerable`,
})

/** Production by task and target. */
export const productionEvidence = defineQuery({
  name: 'production_evidence',
  meaning:
    'Per task and target identity, over production calls that reached the target: calls, attempts, failed attempts (error code in `fault_codes`) plain and age-weighted; and over the calls in which it was drawn by weight or explored (`w_` sums are age-weighted, 2^(−age/H)): USD of all its attempts in the call, failed ones and retries included, as sum, and as sums of ln and ln² over the calls that cost something; tokens by class with the attempts that used them and the USD they were charged; p50/p95 duration and time to first token in ms over calls it answered; and, over answered calls whose follow-up was observed, y = 1 − min(1, .5·retry + .3·edit distance + .2·feedback below one half), with retries and edits counted.',
  params: evidenceParams.extend({ fault_codes: z.array(z.string()) }),
  row: z.object({
    task: z.string(),
    evidence_key: z.string(),
    calls: number,
    attempts: number,
    failures: number,
    w_attempts: number,
    w_failures: number,
    unpriced_calls: number,
    priced_calls: number,
    w_priced: number,
    w2_priced: number,
    w_cost: number,
    w_positive: number,
    w_log_cost: number,
    w_log_cost2: number,
    w_counted: number,
    w_counted_attempts: number,
    w_counted_cost: number,
    w_input: number,
    w_cache_read: number,
    w_cache_write: number,
    w_output: number,
    latency_p50_ms: numberOrNull,
    latency_p95_ms: numberOrNull,
    ttft_p50_ms: numberOrNull,
    ttft_p95_ms: numberOrNull,
    answered: number,
    observed: number,
    retried: number,
    edited: number,
    w_observed: number,
    w2_observed: number,
    w_y: number,
    w_y2: number,
  }),
  sql: `WITH spent AS (
  SELECT
    task, trace_id, parent_span_id AS call_span_id, ${EVIDENCE_KEY} AS evidence_key,
    ${ageWeight('min(started_at)')} AS w,
    countIf(role = 'attempt') AS attempts_made,
    countIf(has({fault_codes:Array(String)}, error_code)) AS attempts_failed,
    countIf(reason IN ('weighted', 'explore')) > 0 AS drawn,
    countIf(role = 'attempt' AND status != 'Error') > 0 AS answered_it,
    -- A failed attempt without usage was not billed; an answer without a price is unknown.
    if(countIf(role = 'attempt' AND cost_usd IS NULL AND status != 'Error') > countIf(role = 'correction' AND cost_source = 'unpriced' AND status != 'Error'), NULL, ifNull(toFloat64(sum(cost_usd)), 0)) AS cost,
    countIf(role = 'attempt' AND status != 'Error' AND (input_tokens IS NULL OR output_tokens IS NULL)) = 0
      AND countIf(input_tokens IS NOT NULL AND output_tokens IS NOT NULL) > 0 AS has_tokens,
    countIf(input_tokens IS NOT NULL AND output_tokens IS NOT NULL) AS billed,
    toFloat64(ifNull(sum(input_tokens), 0)) AS input,
    toFloat64(ifNull(sum(cache_read_tokens), 0)) AS cache_read,
    toFloat64(ifNull(sum(cache_write_tokens), 0)) AS cache_write,
    toFloat64(ifNull(sum(output_tokens), 0)) AS output,
    maxIf(duration_ns, role = 'attempt' AND status != 'Error') / 1e6 AS duration_ms,
    maxIf(ttft_ms, role = 'attempt' AND status != 'Error') AS first_token_ms
  FROM spans
  WHERE role IN (${COSTED}) AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  GROUP BY task, trace_id, parent_span_id, provider, model, effort
), followed AS (
  SELECT
    concat(trace_id, span_id) AS about,
    countIf(kind IN ('retry', 'rephrase')) > 0 AS retry,
    maxIf(ifNull(value, 0), kind = 'edit') AS edit_distance,
    countIf(kind = 'feedback' AND value < 0.5) > 0 AS negative
  FROM signals
  WHERE is_simulated = {simulated:Bool} AND kind IN ('retry', 'rephrase', 'edit', 'accepted', 'feedback') AND at >= {from:DateTime64(3)}
  GROUP BY about
), observed_calls AS (
  SELECT
    spent.*,
    answered_it AND drawn AND (of_call.about != '' OR of_trace.about != '') AS seen,
    of_call.retry OR of_trace.retry AS retry,
    greatest(of_call.edit_distance, of_trace.edit_distance) AS edit_distance,
    1 - least(1, 0.5 * retry + 0.3 * edit_distance + 0.2 * (of_call.negative OR of_trace.negative)) AS y
  FROM spent
  LEFT JOIN followed AS of_call ON of_call.about = concat(spent.trace_id, spent.call_span_id)
  LEFT JOIN followed AS of_trace ON of_trace.about = spent.trace_id
)
SELECT
  task, evidence_key,
  count() AS calls,
  sum(attempts_made) AS attempts,
  sum(attempts_failed) AS failures,
  sum(w * attempts_made) AS w_attempts,
  sum(w * attempts_failed) AS w_failures,
  countIf(drawn AND cost IS NULL) AS unpriced_calls,
  countIf(drawn AND cost IS NOT NULL) AS priced_calls,
  sumIf(w, drawn AND cost IS NOT NULL) AS w_priced,
  sumIf(w * w, drawn AND cost IS NOT NULL) AS w2_priced,
  ifNull(sumIf(w * cost, drawn), 0) AS w_cost,
  sumIf(w, drawn AND cost > 0) AS w_positive,
  ifNull(sumIf(w * log(cost), drawn AND cost > 0), 0) AS w_log_cost,
  ifNull(sumIf(w * log(cost) * log(cost), drawn AND cost > 0), 0) AS w_log_cost2,
  sumIf(w, drawn AND has_tokens) AS w_counted,
  sumIf(w * billed, drawn AND has_tokens) AS w_counted_attempts,
  ifNull(sumIf(w * cost, drawn AND has_tokens), 0) AS w_counted_cost,
  sumIf(w * input, drawn AND has_tokens) AS w_input,
  sumIf(w * cache_read, drawn AND has_tokens) AS w_cache_read,
  sumIf(w * cache_write, drawn AND has_tokens) AS w_cache_write,
  sumIf(w * output, drawn AND has_tokens) AS w_output,
  quantileExactIfOrNull(0.5)(duration_ms, answered_it) AS latency_p50_ms,
  quantileExactIfOrNull(0.95)(duration_ms, answered_it) AS latency_p95_ms,
  quantileExactIfOrNull(0.5)(first_token_ms, answered_it) AS ttft_p50_ms,
  quantileExactIfOrNull(0.95)(first_token_ms, answered_it) AS ttft_p95_ms,
  countIf(answered_it) AS answered,
  countIf(seen) AS observed,
  countIf(seen AND retry) AS retried,
  countIf(seen AND edit_distance > 0) AS edited,
  sumIf(w, seen) AS w_observed,
  sumIf(w * w, seen) AS w2_observed,
  sumIf(w * y, seen) AS w_y,
  sumIf(w * y * y, seen) AS w_y2
FROM observed_calls
GROUP BY task, evidence_key
ORDER BY task, evidence_key`,
})
