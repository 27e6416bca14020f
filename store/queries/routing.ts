// How calls found their targets: by what reason, past which failures, past which ceilings, and what the choice cost against the best one
// that the evidence knew. Production calls of one side. Weights and versions are in routes.ts.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { bucketParams, FILTER, filterParams, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const text = z.string()

/** Decisions by reason. */
export const decisionsOverTime = defineQuery({
  name: 'decisions_over_time',
  meaning: 'Production calls per bucket and reason of their answering target: weighted, sticky, pinned, failover, explore; empty for calls that no target was asked for.',
  params: bucketParams,
  row: z.object({ at: instant, reason: text, calls: number }),
  sql: `SELECT toStartOfInterval(started_at, toIntervalSecond({bucket_s:UInt32})) AS at, reason, count() AS calls
FROM spans
WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND ${FILTER}
GROUP BY at, reason
ORDER BY at, reason`,
})

/** Where traffic went against where the weights would have it. */
export const servedShares = defineQuery({
  name: 'served_shares',
  meaning: 'Per task and target: production calls that it answered, their share of the task, and the mean probability with which it was drawn where it was drawn (both 0..1; NULL where it never was).',
  params: filterParams,
  row: z.object({ task: text, target: text, calls: number, share: number, drawn: number, mean_propensity: numberOrNull }),
  sql: `SELECT
  task, target,
  count() AS calls,
  calls / sum(count()) OVER (PARTITION BY task) AS share,
  countIf(reason IN ('weighted', 'explore')) AS drawn,
  avgIfOrNull(propensity, reason IN ('weighted', 'explore')) AS mean_propensity
FROM spans
WHERE role = 'call' AND purpose = 'production' AND target != '' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND ${FILTER}
GROUP BY task, target
ORDER BY task, calls DESC, target`,
})

/** From which target to which, and why. */
export const failoverPaths = defineQuery({
  name: 'failover_paths',
  meaning: 'Per target that failed, its error code and the target tried next (empty: none was): how often, how often the call was answered in the end, and USD of those failed attempts (NULL when no cost is known). Production.',
  params: filterParams,
  row: z.object({ failed_target: text, error_code: text, next_target: text, times: number, answered: number, failed_usd: numberOrNull, last_trace_id: text }),
  sql: `WITH steps AS (
  SELECT
    trace_id, parent_span_id,
    arraySort(groupArray((attempt, toString(target), toString(error_code), cost_usd, started_at))) AS tried,
    countIf(status != 'Error') > 0 AS is_answered
  FROM spans
  WHERE role = 'attempt' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND (status = 'Error' OR attempt > 1)
  GROUP BY trace_id, parent_span_id
)
SELECT
  step.2 AS failed_target,
  step.3 AS error_code,
  following.2 AS next_target,
  count() AS times,
  countIf(is_answered) AS answered,
  toFloat64(sum(step.4)) AS failed_usd,
  argMax(trace_id, step.5) AS last_trace_id
FROM steps
ARRAY JOIN tried AS step, arrayPushBack(arrayPopFront(tried), (0, '', '', NULL, tried[1].5)) AS following
WHERE step.3 != '' AND step.3 != 'client_closed'
  AND (empty({targets:Array(String)}) OR has({targets:Array(String)}, failed_target) OR has({targets:Array(String)}, next_target))
GROUP BY failed_target, error_code, next_target
ORDER BY times DESC, failed_target, error_code, next_target
LIMIT 200`,
})

/** Ceilings that bit. */
export const ceilingsHit = defineQuery({
  name: 'ceilings_hit',
  meaning: 'Per task and target: production calls in which its cost ceiling passed it over, and in which it was used over its ceiling because nothing admissible was estimated cheaper; as a share of the calls of the task (0..1).',
  params: windowParams.extend({ tasks: z.array(text) }),
  row: z.object({ task: text, target: text, skipped: number, waived: number, calls: number, share: number }),
  sql: `WITH of_task AS (
  SELECT task, count() AS calls
  FROM spans
  WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  GROUP BY task
), bitten AS (
  SELECT task, arrayJoin(arrayConcat(
    arrayMap(name -> (name, 1, 0), JSONExtract(attributes['weighbridge.ceiling.skipped'], 'Array(String)')),
    arrayMap(name -> (name, 0, 1), JSONExtract(attributes['weighbridge.ceiling.waived'], 'Array(String)'))
  )) AS hit
  FROM spans
  WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND (attributes['weighbridge.ceiling.skipped'] != '' OR attributes['weighbridge.ceiling.waived'] != '')
    AND (empty({tasks:Array(String)}) OR has({tasks:Array(String)}, task))
)
SELECT bitten.task AS task, hit.1 AS target, sum(hit.2) AS skipped, sum(hit.3) AS waived, any(of_task.calls) AS calls, (skipped + waived) / calls AS share
FROM bitten
INNER JOIN of_task ON of_task.task = bitten.task
GROUP BY task, target
ORDER BY skipped + waived DESC, task, target`,
})

/** The evidence of every published version, per task and target, as rows: what regret and the evidence table are read from. */
const EVIDENCE_ROWS = `SELECT
    version, published_at, task_route.1 AS task, item.1 AS target,
    JSONExtract(task_route.2, 'weights', item.1, 'Nullable(Float64)') AS weight,
    JSONExtract(item.2, 'quality', 'value', 'Nullable(Float64)') AS quality, JSONExtract(item.2, 'quality', 'low', 'Nullable(Float64)') AS quality_low, JSONExtract(item.2, 'quality', 'high', 'Nullable(Float64)') AS quality_high,
    JSONExtract(item.2, 'cost_per_call_usd', 'value', 'Nullable(Float64)') AS cost_per_call_usd,
    JSONExtract(item.2, 'hallucination_rate', 'value', 'Nullable(Float64)') AS hallucination_rate, JSONExtract(item.2, 'hallucination_rate', 'low', 'Nullable(Float64)') AS hallucination_low, JSONExtract(item.2, 'hallucination_rate', 'high', 'Nullable(Float64)') AS hallucination_high,
    JSONExtract(item.2, 'pushback_rate', 'value', 'Nullable(Float64)') AS pushback_rate, JSONExtract(item.2, 'pushback_rate', 'low', 'Nullable(Float64)') AS pushback_low, JSONExtract(item.2, 'pushback_rate', 'high', 'Nullable(Float64)') AS pushback_high,
    JSONExtract(item.2, 'evals', 'Nullable(UInt64)') AS evals, JSONExtract(item.2, 'calls', 'Nullable(UInt64)') AS calls
  FROM route_tables
  ARRAY JOIN JSONExtractKeysAndValuesRaw(table_json, 'tasks') AS task_route
  ARRAY JOIN JSONExtractKeysAndValuesRaw(task_route.2, 'evidence') AS item
  WHERE is_simulated = {simulated:Bool}`

/** What routing cost against the best target that the evidence knew. */
export const routingRegret = defineQuery({
  name: 'routing_regret',
  meaning:
    'Per bucket and task, over production calls under a published version with evidence about the target that answered: mean expected utility given up against the best target of that evidence (utility = quality − USD per call / `value_per_answer_usd`), and what that is in USD per call. What weights, exploration, conversations that stay and failovers together cost; 0 is always the best target. NULL never: buckets without such calls are absent.',
  params: bucketParams.extend({ value_per_answer_usd: z.number().positive() }),
  row: z.object({ at: instant, task: text, calls: number, regret: number, regret_usd: number }),
  sql: `WITH utilities AS (
  SELECT version, task, target, quality - cost_per_call_usd / {value_per_answer_usd:Float64} AS utility
  FROM (${EVIDENCE_ROWS})
  WHERE quality IS NOT NULL AND cost_per_call_usd IS NOT NULL
), best AS (
  SELECT version, task, max(utility) AS most FROM utilities GROUP BY version, task
), served AS (
  SELECT toStartOfInterval(started_at, toIntervalSecond({bucket_s:UInt32})) AS slot, task, target, route_version, count() AS n
  FROM spans
  WHERE role = 'call' AND purpose = 'production' AND route_version > 0 AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND ${FILTER}
  GROUP BY slot, task, target, route_version
)
SELECT
  slot AS at, served.task AS task,
  sum(n) AS calls,
  sum(n * (assumeNotNull(best.most) - assumeNotNull(utilities.utility))) / calls AS regret,
  regret * {value_per_answer_usd:Float64} AS regret_usd
FROM served
INNER JOIN utilities ON utilities.version = served.route_version AND utilities.task = served.task AND utilities.target = served.target
INNER JOIN best ON best.version = served.route_version AND best.task = served.task
GROUP BY slot, served.task
ORDER BY at, task`,
})

/** The evidence behind the newest weights. */
export const evidenceInForce = defineQuery({
  name: 'evidence_in_force',
  meaning: 'Of the newest version published before the end of the window, per task and target: its weight, and the evidence behind it: quality, hallucination and pushback rates with 95% intervals (0..1), USD per call, and how many evals and calls stand behind them. NULL where the table says nothing.',
  params: windowParams.extend({ targets: z.array(text), tasks: z.array(text) }),
  row: z.object({
    version: number,
    task: text,
    target: text,
    weight: numberOrNull,
    quality: numberOrNull,
    quality_low: numberOrNull,
    quality_high: numberOrNull,
    hallucination_rate: numberOrNull,
    hallucination_low: numberOrNull,
    hallucination_high: numberOrNull,
    pushback_rate: numberOrNull,
    pushback_low: numberOrNull,
    pushback_high: numberOrNull,
    cost_per_call_usd: numberOrNull,
    evals: numberOrNull,
    calls: numberOrNull,
  }),
  sql: `SELECT version, task, target, weight, quality, quality_low, quality_high, hallucination_rate, hallucination_low, hallucination_high, pushback_rate, pushback_low, pushback_high, cost_per_call_usd, evals, calls
FROM (${EVIDENCE_ROWS} AND version = (SELECT max(version) FROM route_tables WHERE is_simulated = {simulated:Bool} AND published_at < {to:DateTime64(3)}))
WHERE ${FILTER}
ORDER BY task, weight DESC NULLS LAST, target`,
})
