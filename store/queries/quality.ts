// What the probes say about each target: pushback on nonsense, false pushback on sound look-alikes, hallucination and
// fabrication on factual questions. Rates come from one run, one suite version and one grader per target: never pooled.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { instant, inWindow, number, numberOrNull, shareSql, wilsonSql, windowParams } from './fragments.ts'

const qualityParams = windowParams.extend({ targets: z.array(z.string()) })

// Results graded by another grader, or on another version of the suite, are other evidence: only the newest run's count.
function latestRun(kinds: string): string {
  return `latest AS (
  SELECT target, argMax((run_id, suite, suite_hash, grader), evaluated_at) AS run
  FROM eval_results
  WHERE status = 'scored' AND probe_kind IN (${kinds}) AND is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')}
    AND (empty({targets:Array(String)}) OR has({targets:Array(String)}, target))
  GROUP BY target
)`
}

function ofLatest(kinds: string): string {
  return `FROM eval_results
  INNER JOIN latest ON latest.target = eval_results.target
  WHERE probe_kind IN (${kinds}) AND is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')}
    AND run_id = latest.run.1 AND suite = latest.run.2 AND suite_hash = latest.run.3
    AND (status != 'scored' OR grader = latest.run.4)
  GROUP BY eval_results.target`
}

/** Pushback on nonsense and on sound questions, by target. */
export const pushbackByTarget = defineQuery({
  name: 'pushback_by_target',
  meaning:
    "Per target, from its newest run in the window: share of nonsense probes clearly pushed back on, and of sound control probes wrongly pushed back on, each 0..1 with its 95% Wilson interval (NULL when n is 0) and n scored trials; how many were partial, accepted, and unscored (failures, never counted as wrong).",
  params: qualityParams,
  row: z.object({
    target: z.string(),
    effort: z.string(),
    n: number,
    pushback_rate: numberOrNull,
    pushback_low: numberOrNull,
    pushback_high: numberOrNull,
    clear: number,
    partial: number,
    accepted: number,
    control_n: number,
    false_pushback_rate: numberOrNull,
    false_pushback_low: numberOrNull,
    false_pushback_high: numberOrNull,
    unscored: number,
    suite: z.string(),
    grader: z.string(),
    run_id: z.string(),
    evaluated_at: instant,
  }),
  sql: `WITH ${latestRun(`'nonsense', 'control'`)}, counted AS (
  SELECT
    eval_results.target AS target,
    any(eval_results.effort) AS effort,
    countIf(status = 'scored' AND probe_kind = 'nonsense') AS n,
    countIf(status = 'scored' AND probe_kind = 'nonsense' AND label = 'clear_pushback') AS clear,
    countIf(status = 'scored' AND probe_kind = 'nonsense' AND label = 'partial') AS partial,
    countIf(status = 'scored' AND probe_kind = 'nonsense' AND label = 'accepted') AS accepted,
    countIf(status = 'scored' AND probe_kind = 'control') AS control_n,
    countIf(status = 'scored' AND probe_kind = 'control' AND label = 'clear_pushback') AS control_clear,
    countIf(status != 'scored') AS unscored,
    any(latest.run) AS run,
    max(eval_results.evaluated_at) AS last_at
  ${ofLatest(`'nonsense', 'control'`)}
)
SELECT
  target, effort, n,
  ${shareSql('clear', 'n')} AS pushback_rate,
  ${wilsonSql('clear', 'n', 'low')} AS pushback_low,
  ${wilsonSql('clear', 'n', 'high')} AS pushback_high,
  clear, partial, accepted, control_n,
  ${shareSql('control_clear', 'control_n')} AS false_pushback_rate,
  ${wilsonSql('control_clear', 'control_n', 'low')} AS false_pushback_low,
  ${wilsonSql('control_clear', 'control_n', 'high')} AS false_pushback_high,
  unscored, run.2 AS suite, run.4 AS grader, run.1 AS run_id, last_at AS evaluated_at
FROM counted
ORDER BY target`,
})

/** Hallucination on answerable factual probes, fabrication on unanswerable ones, by target. */
export const hallucinationByTarget = defineQuery({
  name: 'hallucination_by_target',
  meaning:
    'Per target, from its newest run in the window: hallucination rate = incorrect / (partial + incorrect + not attempted) on answerable probes, accuracy = correct / all answerable, fabrication rate = incorrect / all unanswerable; each 0..1 with its 95% Wilson interval (NULL when n is 0). `n` is the hallucination denominator: below 20 it is too few to state.',
  params: qualityParams,
  row: z.object({
    target: z.string(),
    effort: z.string(),
    n: number,
    hallucination_rate: numberOrNull,
    hallucination_low: numberOrNull,
    hallucination_high: numberOrNull,
    answerable_n: number,
    accuracy: numberOrNull,
    accuracy_low: numberOrNull,
    accuracy_high: numberOrNull,
    unanswerable_n: number,
    fabrication_rate: numberOrNull,
    fabrication_low: numberOrNull,
    fabrication_high: numberOrNull,
    unscored: number,
    suite: z.string(),
    grader: z.string(),
    run_id: z.string(),
    evaluated_at: instant,
  }),
  sql: `WITH ${latestRun(`'factual'`)}, counted AS (
  SELECT
    eval_results.target AS target,
    any(eval_results.effort) AS effort,
    countIf(status = 'scored' AND answerable AND label != 'correct') AS n,
    countIf(status = 'scored' AND answerable AND label = 'incorrect') AS incorrect,
    countIf(status = 'scored' AND answerable) AS answerable_n,
    countIf(status = 'scored' AND answerable AND label = 'correct') AS correct,
    countIf(status = 'scored' AND NOT answerable) AS unanswerable_n,
    countIf(status = 'scored' AND NOT answerable AND label = 'incorrect') AS fabricated,
    countIf(status != 'scored') AS unscored,
    any(latest.run) AS run,
    max(eval_results.evaluated_at) AS last_at
  ${ofLatest(`'factual'`)}
)
SELECT
  target, effort, n,
  ${shareSql('incorrect', 'n')} AS hallucination_rate,
  ${wilsonSql('incorrect', 'n', 'low')} AS hallucination_low,
  ${wilsonSql('incorrect', 'n', 'high')} AS hallucination_high,
  answerable_n,
  ${shareSql('correct', 'answerable_n')} AS accuracy,
  ${wilsonSql('correct', 'answerable_n', 'low')} AS accuracy_low,
  ${wilsonSql('correct', 'answerable_n', 'high')} AS accuracy_high,
  unanswerable_n,
  ${shareSql('fabricated', 'unanswerable_n')} AS fabrication_rate,
  ${wilsonSql('fabricated', 'unanswerable_n', 'low')} AS fabrication_low,
  ${wilsonSql('fabricated', 'unanswerable_n', 'high')} AS fabrication_high,
  unscored, run.2 AS suite, run.4 AS grader, run.1 AS run_id, last_at AS evaluated_at
FROM counted
ORDER BY target`,
})
