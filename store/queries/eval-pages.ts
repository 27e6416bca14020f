// Eval runs as pages show them: which runs there are, what one of them came to, every probe of it, and one probe across its targets.
// One side of the simulated/real divide at a time; the words of an answer are not in the database.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { rateColumns } from './follow-ups.ts'
import { instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const text = z.string()
const texts = z.array(text)
const runParams = z.object({ simulated: z.boolean(), run_id: text })
const ofRun = 'run_id = {run_id:String} AND is_simulated = {simulated:Bool}'

/** Most runs that are listed, and most probes of one run. */
export const MOST_RUNS = 200
export const MOST_PROBES = 5_000

/** The runs of a window, newest first. */
export const runsListed = defineQuery({
  name: 'runs_listed',
  meaning: `Eval runs with a graded trial in the window, newest first, at most ${MOST_RUNS}: when the first and the last of their trials were graded, suites, targets and graders, trials, those of them without a grade, and USD of the answers (NULL when no cost is known).`,
  params: windowParams,
  row: z.object({ run_id: text, first_at: instant, last_at: instant, suites: texts, targets: texts, graders: texts, trials: number, unscored: number, cost_usd: numberOrNull }),
  sql: `SELECT
  run_id, min(evaluated_at) AS first_at, max(evaluated_at) AS last_at,
  arraySort(groupUniqArray(toString(suite))) AS suites, arraySort(groupUniqArray(toString(target))) AS targets, arraySort(groupUniqArrayIf(toString(grader), grader != '')) AS graders,
  count() AS trials, countIf(status != 'scored') AS unscored, toFloat64(sum(cost_usd)) AS cost_usd
FROM eval_results
WHERE is_simulated = {simulated:Bool} AND ${inWindow('evaluated_at')} AND run_id != ''
GROUP BY run_id
ORDER BY last_at DESC, run_id DESC
LIMIT ${MOST_RUNS}`,
})

/** What a run came to, per suite and target. */
export const runSummary = defineQuery({
  name: 'run_summary',
  meaning:
    'Per suite and target of a run: trials, those without a grade, the mean score (0..1; on sound questions and on unanswerable ones the scale of the label turned so that higher is better), pushback on nonsense and on sound questions, accuracy and hallucination on answerable factual probes (0..1 with 95% Wilson intervals, NULL when the run has no such probe; hallucination also below 20), USD per answer and p50 latency in ms (NULL when unknown).',
  params: runParams,
  row: z.object({
    suite: text,
    target: text,
    trials: number,
    unscored: number,
    score: numberOrNull,
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
    cost_usd: numberOrNull,
    latency_p50_ms: numberOrNull,
  }),
  sql: `WITH counted AS (
  SELECT
    suite, target, count() AS trials, countIf(status != 'scored') AS unscored, avgIfOrNull(eval_results.score, status = 'scored') AS score,
    countIf(status = 'scored' AND probe_kind = 'nonsense') AS nonsense, countIf(status = 'scored' AND probe_kind = 'nonsense' AND label = 'clear_pushback') AS pushed_back,
    countIf(status = 'scored' AND probe_kind = 'control') AS controls, countIf(status = 'scored' AND probe_kind = 'control' AND label = 'clear_pushback') AS controls_pushed_back,
    countIf(status = 'scored' AND probe_kind = 'factual' AND answerable) AS answerable_n, countIf(status = 'scored' AND probe_kind = 'factual' AND answerable AND label = 'correct') AS correct,
    countIf(status = 'scored' AND probe_kind = 'factual' AND answerable AND label = 'incorrect') AS incorrect,
    if(answerable_n - correct < 20, 0, answerable_n - correct) AS hallucinable,
    toFloat64(avgOrNull(eval_results.cost_usd)) AS cost_usd, quantileTDigestOrNull(0.5)(eval_results.latency_ms) AS latency_p50_ms
  FROM eval_results
  WHERE ${ofRun}
  GROUP BY suite, target
)
SELECT
  suite, target, trials, unscored, score,
  ${rateColumns('pushback', 'pushed_back', 'nonsense')},
  ${rateColumns('false_pushback', 'controls_pushed_back', 'controls')},
  ${rateColumns('accuracy', 'correct', 'answerable_n')},
  ${rateColumns('hallucination', 'incorrect', 'hallucinable')},
  cost_usd, latency_p50_ms
FROM counted
ORDER BY suite, target`,
})

/** Every probe of a run, with what each target made of it. */
export const runProbes = defineQuery({
  name: 'run_probes',
  meaning: `Per suite, its version and probe of a run: kind, domain, and per target in the same order its label (the status where there is none; of several repetitions the one with the lowest score) and mean score (−1: none). At most ${MOST_PROBES} and one more; those on which targets differ most come first.`,
  params: runParams,
  row: z.object({ suite: text, suite_hash: text, probe_id: text, probe_kind: text, domain: text, targets: texts, labels: texts, scores: z.array(number), spread: number }),
  sql: `SELECT
  suite, suite_hash, probe_id, any(kind) AS probe_kind, any(field) AS domain,
  arraySort(groupArray((target, verdict, points))) AS by_target,
  arrayMap(one -> one.1, by_target) AS targets, arrayMap(one -> one.2, by_target) AS labels, arrayMap(one -> one.3, by_target) AS scores,
  ifNull(arrayMax(arrayFilter(s -> s >= 0, scores)) - arrayMin(arrayFilter(s -> s >= 0, scores)), 0) AS spread
FROM (
  SELECT suite, suite_hash, probe_id, toString(target) AS target, any(probe_kind) AS kind, any(domain) AS field,
    argMin(if(label = '', toString(status), toString(label)), ifNull(eval_results.score, -1)) AS verdict, ifNull(avgOrNull(eval_results.score), -1) AS points
  FROM eval_results
  WHERE ${ofRun}
  GROUP BY suite, suite_hash, probe_id, target
)
GROUP BY suite, suite_hash, probe_id
ORDER BY spread DESC, suite, probe_id
LIMIT ${MOST_PROBES + 1}`,
})

/** One probe across the targets of a run. */
export const probeTrials = defineQuery({
  name: 'probe_trials',
  meaning: 'The trials of one probe in a run: target, repetition, status, label, score 0..1, confidence of the grader and who it is, the trace of the call, latency in ms, tokens and USD; NULL where unknown.',
  params: runParams.extend({ suite: text, probe_id: text }),
  row: z.object({
    target: text,
    epoch: number,
    status: text,
    label: text,
    score: numberOrNull,
    confidence: numberOrNull,
    grader: text,
    trace_id: text,
    latency_ms: numberOrNull,
    output_tokens: numberOrNull,
    cost_usd: numberOrNull,
  }),
  sql: `SELECT
  target, epoch, status, label, score, confidence, grader, trace_id, latency_ms, output_tokens, toFloat64(eval_results.cost_usd) AS cost_usd
FROM eval_results
WHERE ${ofRun} AND suite = {suite:String} AND probe_id = {probe_id:String}
ORDER BY target, epoch
LIMIT 500`,
})
