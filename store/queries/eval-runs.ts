// Graded trials of whole runs, as a baseline for a newer one; and whether a run's results have all arrived.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag, instant, number, numberOrNull } from './fragments.ts'

/** The newest run of a suite before another one. */
export const previousRun = defineQuery({
  name: 'previous_run',
  meaning: 'The newest run of the suites before a run, by the time of its last answer; no row when there is none.',
  params: z.object({ simulated: z.boolean(), suites: z.array(z.string()), run_id: z.string() }),
  row: z.object({ run_id: z.string(), last_at: instant }),
  sql: `SELECT run_id, max(evaluated_at) AS last_at
FROM eval_results
WHERE is_simulated = {simulated:Bool} AND has({suites:Array(String)}, suite) AND run_id != {run_id:String} AND run_id != ''
GROUP BY run_id
ORDER BY last_at DESC
LIMIT 1`,
})

/** Every result of a run. */
export const runResults = defineQuery({
  name: 'run_results',
  meaning: 'Every graded trial of a run: labels, scores, costs in USD and latency in ms; NULL where unknown.',
  params: z.object({ run_id: z.string() }),
  row: z.object({
    suite: z.string(),
    suite_hash: z.string(),
    probe_id: z.string(),
    probe_kind: z.string(),
    answerable: flag,
    domain: z.string(),
    technique: z.string(),
    target: z.string(),
    epoch: number,
    status: z.string(),
    label: z.string(),
    score: numberOrNull,
    grader: z.string(),
    latency_ms: numberOrNull,
    input_tokens: numberOrNull,
    output_tokens: numberOrNull,
    cost_usd: numberOrNull,
    simulated: flag,
    at: instant,
  }),
  sql: `SELECT
  suite, suite_hash, probe_id, probe_kind, answerable, domain, technique, target, epoch, status, label, score, grader,
  latency_ms, input_tokens, output_tokens, cost_usd, is_simulated AS simulated, evaluated_at AS at
FROM eval_results
WHERE run_id = {run_id:String}
ORDER BY suite, target, epoch, probe_id`,
})

/** How many results of a run are stored. */
export const resultsStored = defineQuery({
  name: 'results_stored',
  meaning: 'How many results of a run are stored, each counted once.',
  params: z.object({ run_id: z.string() }),
  row: z.object({ n: number }),
  sql: 'SELECT uniqExact(result_id) AS n FROM eval_results WHERE run_id = {run_id:String}',
})

/** Whether evidence of other runs exists. */
export const earlierRuns = defineQuery({
  name: 'earlier_runs',
  meaning: 'How many other runs have scored results on one side of the simulated/real divide.',
  params: z.object({ simulated: z.boolean(), run_id: z.string() }),
  row: z.object({ n: number }),
  sql: `SELECT uniqExact(run_id) AS n FROM eval_results WHERE is_simulated = {simulated:Bool} AND status = 'scored' AND run_id != {run_id:String} AND run_id != ''`,
})
