// What the learner reads, in one query: graded probes, production calls, and the draws of the last day against their logged
// probabilities; per target identity (provider/model@effort), one side of the simulated/real divide. Ages are weighed here with
// 2^(−age/H), so that the answer is small; everything after that is arithmetic on these rows (evals/learn).
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { COSTED, EVIDENCE_KEY, PRODUCTION_PROXY, flag, followedSince, instant, number } from './fragments.ts'

/** Levels of the latency quantiles that are answered, so that an interval can be read off order statistics. */
export const LATENCY_LEVELS = [0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1] as const
/** 1/propensity counts at most this much (EVIDENCE §3.11): one rare draw must not outweigh a hundred common ones. */
export const MOST_IMPORTANCE = 20
/** Draws of the last day that are compared with their logged probabilities, the newest first. */
const CHECKED_DRAWS = 50_000

/** One graded probe of one target under one version of a suite and one grader. */
export const evalRow = z.object({
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
  self_family: number,
  days: z.array(z.string()),
  priced: number,
  usd: number,
  counted: number,
  tokens_in: number,
  tokens_out: number,
  last_at: instant,
})

/** Production of one target at one task. */
export const productionRow = z.object({
  task: z.string(),
  evidence_key: z.string(),
  calls: number,
  attempts: number,
  failures: number,
  w_attempts: number,
  w_failures: number,
  learnable: number,
  unpriced_calls: number,
  priced_calls: number,
  n_priced: number,
  w_priced: number,
  w_cost: number,
  n_positive: number,
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
  latency_ms: z.array(number),
  ttft_ms: z.array(number),
  answered: number,
  streamed: number,
  observed: number,
  retried: number,
  edited: number,
  n_observed: number,
  w_observed: number,
  w_y: number,
  w_y2: number,
  recent_calls: number,
  recent_usd: number,
  recent_days: number,
  last_at: instant,
})

/** How often one target was drawn under one version of the table, and how often it should have been. */
export const drawnRow = z.object({ task: z.string(), version: number, target: z.string(), draws: number, expected: number, variance: number, served: number })

/** An age in days as a weight, for a half life that is a parameter. */
function ageWeight(column: string, halfLife: string): string {
  return `exp2(-dateDiff('second', ${column}, {to:DateTime64(3)}) / 86400 / {${halfLife}:Float64})`
}

const EVALS = `WITH weighed AS (
  SELECT *, ${EVIDENCE_KEY} AS evidence_key, status = 'scored' AS scored,
    ${ageWeight('evaluated_at', 'evals_half_life_days')}
      * if(toUnixTimestamp64Milli(evaluated_at) < transform(evidence_key, {discounted:Array(String)}, {discounted_until_ms:Array(Int64)}, 0), {discount:Float64}, 1) AS w
  FROM eval_results
  WHERE is_simulated = {simulated:Bool} AND evaluated_at >= {evals_from:DateTime64(3)} AND evaluated_at < {to:DateTime64(3)}
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
  countIf(scored AND self_family_judge) AS self_family,
  arraySort(groupUniqArrayIf(toString(toDate(evaluated_at, 'UTC')), scored)) AS days,
  countIf(scored AND cost_usd IS NOT NULL) AS priced,
  ifNull(sumIf(toFloat64(cost_usd), scored), 0) AS usd,
  countIf(scored AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL) AS counted,
  toFloat64(ifNull(sumIf(input_tokens, scored AND output_tokens IS NOT NULL), 0)) AS tokens_in,
  toFloat64(ifNull(sumIf(output_tokens, scored AND input_tokens IS NOT NULL), 0)) AS tokens_out,
  toString(max(evaluated_at)) AS last_at
FROM weighed
GROUP BY suite, suite_hash, grader, evidence_key, probe_id, probe_kind, answerable
ORDER BY suite, suite_hash, grader, evidence_key, probe_id, probe_kind, answerable`

const LEVELS = LATENCY_LEVELS.join(', ')

// ω = min(20, 1/propensity) puts a target that was drawn for some requests only on the same footing as the others (SNIPS); the
// effective number of calls behind a sum with weights w·ω is (Σwω)²/Σwω², which is Σw where all were drawn alike.
const PRODUCTION = `WITH spent AS (
  SELECT
    task, trace_id, parent_span_id AS call_span_id, ${EVIDENCE_KEY} AS evidence_key,
    min(started_at) AS at,
    any(session_id) AS session,
    ${ageWeight('min(started_at)', 'production_half_life_days')} AS w,
    countIf(role = 'attempt') AS attempts_made,
    countIf(has({fault_codes:Array(String)}, error_code)) AS attempts_failed,
    maxIf(ifNull(propensity, 0), role = 'attempt' AND reason IN ('weighted', 'explore')) AS p,
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
  WHERE role IN (${COSTED}) AND purpose = 'production' AND is_simulated = {simulated:Bool} AND started_at >= {production_from:DateTime64(3)} AND started_at < {to:DateTime64(3)}
  GROUP BY task, trace_id, parent_span_id, provider, model, effort
), turns AS (
  SELECT *,
    -- A later turn of a session is about an earlier answer: only the first one was drawn for its own sake.
    p > 0 AND (session = '' OR at = min(at) OVER (PARTITION BY session)) AS drawn,
    if(p > 0, least(${MOST_IMPORTANCE}, 1 / p), 0) AS omega
  FROM spent
), followed AS (
${followedSince('{production_from:DateTime64(3)}')}
), observed_calls AS (
  SELECT
    turns.*,
    answered_it AND drawn AND (of_call.about != '' OR of_trace.about != '') AS seen,
    of_call.retry OR of_trace.retry AS retry,
    greatest(of_call.edit_loss, of_trace.edit_loss) AS edit_loss,
    ${PRODUCTION_PROXY} AS y
  FROM turns
  LEFT JOIN followed AS of_call ON of_call.about = concat(turns.trace_id, turns.call_span_id)
  LEFT JOIN followed AS of_trace ON of_trace.about = turns.trace_id
)
SELECT
  task, evidence_key,
  count() AS calls,
  sum(attempts_made) AS attempts,
  sum(attempts_failed) AS failures,
  sum(w * attempts_made) AS w_attempts,
  sum(w * attempts_failed) AS w_failures,
  countIf(drawn) AS learnable,
  countIf(drawn AND cost IS NULL) AS unpriced_calls,
  countIf(drawn AND cost IS NOT NULL) AS priced_calls,
  sumIf(w * omega, drawn AND cost IS NOT NULL) AS w_priced,
  if(priced_calls = 0, 0, w_priced * w_priced / sumIf(w * omega * omega, drawn AND cost IS NOT NULL)) AS n_priced,
  ifNull(sumIf(w * omega * cost, drawn), 0) AS w_cost,
  sumIf(w * omega, drawn AND cost > 0) AS w_positive,
  if(w_positive = 0, 0, w_positive * w_positive / sumIf(w * omega * omega, drawn AND cost > 0)) AS n_positive,
  ifNull(sumIf(w * omega * log(cost), drawn AND cost > 0), 0) AS w_log_cost,
  ifNull(sumIf(w * omega * log(cost) * log(cost), drawn AND cost > 0), 0) AS w_log_cost2,
  sumIf(w * omega, drawn AND has_tokens) AS w_counted,
  sumIf(w * omega * billed, drawn AND has_tokens) AS w_counted_attempts,
  ifNull(sumIf(w * omega * cost, drawn AND has_tokens), 0) AS w_counted_cost,
  sumIf(w * omega * input, drawn AND has_tokens) AS w_input,
  sumIf(w * omega * cache_read, drawn AND has_tokens) AS w_cache_read,
  sumIf(w * omega * cache_write, drawn AND has_tokens) AS w_cache_write,
  sumIf(w * omega * output, drawn AND has_tokens) AS w_output,
  if(answered = 0, [], quantilesExactIf(${LEVELS})(duration_ms, answered_it)) AS latency_ms,
  if(streamed = 0, [], quantilesExactIf(${LEVELS})(ifNull(first_token_ms, 0), answered_it AND first_token_ms IS NOT NULL)) AS ttft_ms,
  countIf(answered_it) AS answered,
  countIf(answered_it AND first_token_ms IS NOT NULL) AS streamed,
  countIf(seen) AS observed,
  countIf(seen AND retry) AS retried,
  countIf(seen AND edit_loss > 0) AS edited,
  sumIf(w * omega, seen) AS w_observed,
  if(observed = 0, 0, w_observed * w_observed / sumIf(w * omega * omega, seen)) AS n_observed,
  sumIf(w * omega * y, seen) AS w_y,
  sumIf(w * omega * y * y, seen) AS w_y2,
  countIf(at >= {to:DateTime64(3)} - INTERVAL 7 DAY) AS recent_calls,
  ifNull(sumIf(cost, at >= {to:DateTime64(3)} - INTERVAL 7 DAY), 0) AS recent_usd,
  least(7, greatest(0.04, dateDiff('second', min(at), {to:DateTime64(3)}) / 86400)) AS recent_days,
  toString(max(at)) AS last_at
FROM observed_calls
GROUP BY task, evidence_key
ORDER BY task, evidence_key`

// Where a ceiling took a target out its share went to cheaper ones only: what is left is not the weights renormalised, so those
// draws are left out of the comparison; so are conversations under way, which leave their target only for what is worth more.
const DRAWS = `SELECT task, route_version AS version, target, count() AS draws, sum(p) AS expected, sum(p * (1 - p)) AS variance, countIf(drawn = target) AS served
FROM (
  SELECT
    task, route_version, drawn, names,
    arrayMap((name, weight) -> if(has(gone, name), 0, weight), names, weights) AS left_over,
    arrayMap(weight -> weight / arraySum(left_over), left_over) AS shares
  FROM (
    SELECT
      task, route_version,
      JSONExtractArrayRaw(decision, 'candidates') AS candidates,
      JSONExtractArrayRaw(decision, 'exclusions') AS exclusions,
      arrayMap(candidate -> JSONExtractString(candidate, 'target'), candidates) AS names,
      arrayMap(candidate -> JSONExtractFloat(candidate, 'weight'), candidates) AS weights,
      arrayMap(exclusion -> JSONExtractString(exclusion, 'target'), exclusions) AS gone,
      arrayExists(exclusion -> JSONExtractString(exclusion, 'reason') IN ('over_ceiling', 'over_max_cost'), exclusions) AS is_capped,
      JSONExtractString(decision, 'drawn') AS drawn
    FROM spans
    WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND started_at >= {to:DateTime64(3)} - INTERVAL 1 DAY AND started_at < {to:DateTime64(3)}
      AND JSONExtractString(decision, 'reason') IN ('weighted', 'explore') AND JSONType(decision, 'home') != 'Object'
    ORDER BY started_at DESC
    LIMIT ${CHECKED_DRAWS}
  )
  WHERE NOT is_capped AND arraySum(left_over) > 0
)
ARRAY JOIN names AS target, shares AS p
WHERE p > 0 AND p < 1
GROUP BY task, version, target
ORDER BY task, version, target`

/** One source of the union: its rows as JSON, since the three have different columns. */
function part(source: string, row: z.ZodObject, select: string): string {
  return `SELECT '${source}' AS source, formatRowNoNewline('JSONEachRow', ${Object.keys(row.shape).join(', ')}) AS row FROM (${select})`
}

export const learningEvidence = defineQuery({
  name: 'learning_evidence',
  meaning:
    `Everything that weights are learned from, one side of the simulated/real divide; \`row\` is JSON whose members depend on \`source\`. ` +
    `eval: per suite version, grader, target identity and probe, trials by label and scores as sums weighted by 2^(−age/H) (times \`discount\` for trials of a \`discounted\` target before its \`discounted_until_ms\`, since the Unix epoch), ` +
    `scored and unscored trials, those graded by a panel of fewer than three families with one of the target's own, the days they ran on, tokens and USD; graders and suite versions are kept apart, and unscored trials are failures of the run, never wrong answers. ` +
    `production: per task and target identity, over production calls that reached it: calls, attempts, failed attempts (error code in \`fault_codes\`); and over first turns of sessions in which it was drawn by weight or explored, ` +
    `weighted by 2^(−age/H) and by 1/propensity (at most ${MOST_IMPORTANCE}): USD of all its attempts in the call as sum and as sums of ln and ln² over the calls that cost something, tokens by class with the attempts that used them and the USD they were charged, ` +
    `and y = 1 − min(1, .5·retry + .3·(1 − edit survival) + .2·feedback below one half) over answered calls whose follow-up was observed; \`n_\` is the effective number of calls behind a \`w_\` sum; quantiles of duration and time to first token in ms; calls and USD of the last 7 days. ` +
    `draws: per task, table version and target, how often it was drawn in the last day beside the sum of its logged probabilities and their variance.`,
  params: z.object({
    simulated: z.boolean(),
    to: z.date(),
    evals_from: z.date(),
    production_from: z.date(),
    evals_half_life_days: z.number().positive(),
    production_half_life_days: z.number().positive(),
    fault_codes: z.array(z.string()),
    discounted: z.array(z.string()),
    discounted_until_ms: z.array(z.number().int()),
    discount: z.number().min(0).max(1),
  }),
  row: z.object({ source: z.enum(['eval', 'production', 'draws']), row: z.string() }),
  sql: [part('eval', evalRow, EVALS), part('production', productionRow, PRODUCTION), part('draws', drawnRow, DRAWS)].join('\nUNION ALL\n'),
})
