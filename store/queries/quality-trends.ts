// What the probes say from run to run, and whether it got worse. Rates are of one run, one suite version and one grader: two runs are
// compared only where all of it is the same but the day.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { rateColumns } from './follow-ups.ts'
import { instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const text = z.string()
const trendParams = windowParams.extend({ targets: z.array(text) })
const chosen = '(empty({targets:Array(String)}) OR has({targets:Array(String)}, target))'

/** Labels of scored trials by what they are counted in. */
const COUNTS = `
    countIf(probe_kind = 'nonsense') AS nonsense,
    countIf(probe_kind = 'nonsense' AND label = 'clear_pushback') AS pushed_back,
    countIf(probe_kind = 'control') AS controls,
    countIf(probe_kind = 'control' AND label = 'clear_pushback') AS controls_pushed_back,
    countIf(probe_kind = 'factual' AND answerable) AS answerable_n,
    countIf(probe_kind = 'factual' AND answerable AND label = 'correct') AS correct,
    countIf(probe_kind = 'factual' AND answerable AND label != 'correct') AS not_correct,
    countIf(probe_kind = 'factual' AND answerable AND label = 'incorrect') AS incorrect`

/** Every run's rates. */
export const qualityByRun = defineQuery({
  name: 'quality_by_run',
  meaning:
    'Per run, suite version, grader and target, at the time of its last trial: pushback on nonsense, pushback on sound questions, accuracy and hallucination (incorrect among what was not correct) on answerable factual probes, each 0..1 with its 95% Wilson interval, NULL when the run has no such probe (hallucination also below 20); scored and unscored trials.',
  params: trendParams,
  row: z.object({
    at: instant,
    run_id: text,
    suite: text,
    grader: text,
    target: text,
    effort: text,
    trials: number,
    unscored: number,
    pushback_rate: numberOrNull,
    pushback_low: numberOrNull,
    pushback_high: numberOrNull,
    false_pushback_rate: numberOrNull,
    false_pushback_low: numberOrNull,
    false_pushback_high: numberOrNull,
    accuracy_rate: numberOrNull,
    accuracy_low: numberOrNull,
    accuracy_high: numberOrNull,
    hallucination_rate: numberOrNull,
    hallucination_low: numberOrNull,
    hallucination_high: numberOrNull,
  }),
  sql: `WITH scored AS (
  SELECT run_id, suite, suite_hash, grader, target, any(effort) AS effort, max(evaluated_at) AS at, count() AS trials,${COUNTS}
  FROM eval_results
  WHERE status = 'scored' AND is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')} AND ${chosen}
  GROUP BY run_id, suite, suite_hash, grader, target
), failed AS (
  SELECT run_id, suite, target, count() AS unscored
  FROM eval_results
  WHERE status != 'scored' AND is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')}
  GROUP BY run_id, suite, target
), counted AS (
  -- Too few say nothing.
  SELECT *, if(not_correct < 20, 0, not_correct) AS hallucinable FROM scored
)
SELECT
  at, run_id, suite, grader, target, effort, trials, ifNull(failed.unscored, 0) AS unscored,
  ${rateColumns('pushback', 'pushed_back', 'nonsense')},
  ${rateColumns('false_pushback', 'controls_pushed_back', 'controls')},
  ${rateColumns('accuracy', 'correct', 'answerable_n')},
  ${rateColumns('hallucination', 'incorrect', 'hallucinable')}
FROM counted
LEFT JOIN failed ON failed.run_id = counted.run_id AND failed.suite = counted.suite AND failed.target = counted.target
ORDER BY at, suite, target, grader`,
})

/** The newest run of each target against the one before it. */
export const hallucinationChanges = defineQuery({
  name: 'hallucination_changes',
  meaning:
    'Per target, suite version and grader with at least two runs of 20 or more not-correct answers in the window: hallucination rate of the newest run and of the one before (0..1), their difference, and its 95% interval (Newcombe 1998, Statistics in Medicine 17, 873–890, method 10). A lower end above 0 is a regression.',
  params: trendParams,
  row: z.object({ target: text, suite: text, grader: text, run_id: text, run_before: text, at: instant, n: number, n_before: number, rate: number, rate_before: number, difference: number, difference_low: number, difference_high: number }),
  sql: `WITH runs AS (
  SELECT run_id, suite, suite_hash, grader, target, max(evaluated_at) AS ended_at,
    countIf(label != 'correct') AS trials, countIf(label = 'incorrect') AS wrong,
    row_number() OVER (PARTITION BY suite, suite_hash, grader, target ORDER BY max(evaluated_at) DESC, run_id DESC) AS place
  FROM eval_results
  WHERE status = 'scored' AND probe_kind = 'factual' AND answerable AND is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')} AND ${chosen}
  GROUP BY run_id, suite, suite_hash, grader, target
  HAVING trials >= 20
), pairs AS (
  SELECT target, suite, grader,
    anyIf(runs.run_id, place = 1) AS newest, anyIf(runs.run_id, place = 2) AS run_before, maxIf(ended_at, place = 1) AS at,
    anyIf(trials, place = 1) AS n, anyIf(trials, place = 2) AS n_before, anyIf(wrong, place = 1) AS k, anyIf(wrong, place = 2) AS k_before
  FROM runs
  WHERE place <= 2
  GROUP BY target, suite, suite_hash, grader
  HAVING n_before > 0
), rated AS (
  SELECT *,
    ${rateColumns('now', 'k', 'n')},
    ${rateColumns('was', 'k_before', 'n_before')}
  FROM pairs
)
SELECT
  target, suite, grader, newest AS run_id, run_before, at, n, n_before,
  now_rate AS rate, was_rate AS rate_before,
  rate - rate_before AS difference,
  difference - sqrt(pow(now_rate - now_low, 2) + pow(was_high - was_rate, 2)) AS difference_low,
  difference + sqrt(pow(now_high - now_rate, 2) + pow(was_rate - was_low, 2)) AS difference_high
FROM rated
ORDER BY difference_low DESC, target`,
})
