// Whether a target is still the model it was: its eval runs one by one, and its calls day by day. One side of the
// simulated/real divide at a time; what is a change is decided in evals/learn.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { EVIDENCE_KEY, instant, inWindow, number, windowParams } from './fragments.ts'

const words = z.array(z.string())

/** Carried evidence names no call: its lengths are one mean on every answer, which would look like no spread at all. */
const HAS_LENGTH = "output_tokens > 0 AND trace_id != ''"

/** Eval runs per suite version, grader and target identity. */
export const evalRuns = defineQuery({
  name: 'eval_runs',
  meaning:
    'Per suite version, grader, target identity and eval run (a UTC day for results without one), oldest first: when it began, answers asked for, the questions that they are to, answers scored, refused and unscored by status, their mean score in 0..1 over scored ones that have one, mean and variance of ln output tokens over answers whose call is known (carried evidence has but means of many), and the model names served. The grader of unscored answers is that of the run.',
  params: windowParams,
  row: z.object({
    suite: z.string(),
    suite_hash: z.string(),
    grader: z.string(),
    evidence_key: z.string(),
    run: z.string(),
    at: instant,
    asked: number,
    questions: number,
    scored: number,
    refused: number,
    unscored: z.array(z.string()),
    mean: number,
    graded: number,
    length_n: number,
    length_mean: number,
    length_variance: number,
    served_models: words,
  }),
  sql: `SELECT
  suite, suite_hash,
  max(if(status = 'scored', toString(grader), '')) AS grader,
  ${EVIDENCE_KEY} AS evidence_key,
  if(run_id = '', toString(toDate(evaluated_at, 'UTC')), run_id) AS run,
  min(evaluated_at) AS at,
  countIf(status != 'budget_skipped') AS asked,
  uniqExactIf(probe_id, status != 'budget_skipped') AS questions,
  countIf(status = 'scored') AS scored,
  countIf(status = 'refused') AS refused,
  groupArrayIf(10000)(toString(status), status NOT IN ('scored', 'refused', 'budget_skipped')) AS unscored,
  countIf(status = 'scored' AND score IS NOT NULL) AS graded,
  if(graded = 0, 0, avgIf(ifNull(score, 0), status = 'scored' AND score IS NOT NULL)) AS mean,
  countIf(${HAS_LENGTH}) AS length_n,
  if(length_n = 0, 0, avgIf(log(ifNull(output_tokens, 1)), ${HAS_LENGTH})) AS length_mean,
  if(length_n < 2, 0, varSampIf(log(ifNull(output_tokens, 1)), ${HAS_LENGTH})) AS length_variance,
  arraySort(groupUniqArrayIf(toString(served_model), served_model != '')) AS served_models
FROM eval_results
WHERE is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')}
GROUP BY suite, suite_hash, evidence_key, run
ORDER BY suite, suite_hash, evidence_key, at, run`,
})

/** Production by target identity and day. */
export const targetDays = defineQuery({
  name: 'target_days',
  meaning:
    'Per target identity and UTC day, oldest first, over answered production attempts: how many, mean and variance of ln milliseconds to the first token over those that streamed one, and the model names and fingerprints served.',
  params: windowParams,
  row: z.object({ evidence_key: z.string(), day: z.string(), at: instant, answered: number, ttft_n: number, ttft_mean: number, ttft_variance: number, served_models: words, fingerprints: words }),
  sql: `SELECT
  ${EVIDENCE_KEY} AS evidence_key,
  toString(toDate(started_at, 'UTC')) AS day,
  min(started_at) AS at,
  count() AS answered,
  countIf(ttft_ms > 0) AS ttft_n,
  if(ttft_n = 0, 0, avgIf(log(ifNull(ttft_ms, 1)), ttft_ms > 0)) AS ttft_mean,
  if(ttft_n < 2, 0, varSampIf(log(ifNull(ttft_ms, 1)), ttft_ms > 0)) AS ttft_variance,
  arraySort(groupUniqArrayIf(toString(served_model), served_model != '')) AS served_models,
  arraySort(groupUniqArrayIf(toString(system_fingerprint), system_fingerprint != '')) AS fingerprints
FROM spans
WHERE role = 'attempt' AND status != 'Error' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
GROUP BY evidence_key, day
ORDER BY evidence_key, day`,
})
