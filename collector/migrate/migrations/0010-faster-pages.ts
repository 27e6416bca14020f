// What pages ask most, made cheap to plan and to read: `model_metrics` reads the sums once and no more of them than its window has, evals
// are scanned once, and two indexes find what was said by a trace and what has no price. Meanings are those of steps 2 and 6.
import { addIndex, replaceView, type Migration } from '../define.ts'
import { modelMetricsOf } from './0002-views.ts'

const FROM = 'toStartOfHour(now() - INTERVAL 30 DAY)'

// One reading of the builds for both halves, as in step 5, of the window's hours alone.
const HELD = `(
    SELECT (groupArrayIf(build_held, build_held != 0), groupArrayIf(hour, build_held != 0), if(count() = 0, toDateTime(0, 'UTC'), least(ifNull(minIf(toNullable(hour), build_held = 0), max(hour) + INTERVAL 1 HOUR), max(hour) + INTERVAL 1 HOUR)))
    FROM (SELECT hour, argMax(build, (version, build = 0)) AS build_held FROM rollup_builds WHERE hour >= ${FROM} GROUP BY hour)
  )`

const LEVELS = '(0.5, 0.9, 0.95, 0.99)'

/** Calls, attempts and corrections of the window per target and task. A correction counts under the target of its attempt, which may not be the one that answered: what it changed of a call's cost is added per call. */
export const TRAFFIC = `(
      SELECT
        target, task, is_simulated,
        sumIf(n, role = 'call') AS calls,
        sumIf(without_price, role = 'call') AS unpriced,
        toFloat64(sumIf(call_usd, role = 'call')) AS usd,
        sumIf(n, role = 'attempt') AS attempts,
        sumIf(errors, role = 'attempt' AND error_code != 'client_closed') AS failed_attempts,
        greatest(0, toInt64(sumIf(without_price, role = 'attempt')) - toInt64(sumIf(without_price, role = 'correction'))) AS unpriced_attempts,
        quantilesTDigestMergeIf${LEVELS}(durations_of, role = 'attempt') AS durations,
        quantilesTDigestMergeIf${LEVELS}(ttfts_of, role = 'attempt') AS ttfts
      FROM (
        SELECT target, task, is_simulated, role, error_code, spans AS n, failed AS errors, unpriced AS without_price, call_cost_usd AS call_usd, duration AS durations_of, ttft AS ttfts_of
        FROM rollup_hours
        WHERE role IN ('call', 'attempt', 'correction') AND purpose = 'production' AND target != '' AND at >= ${FROM} AND build IN (SELECT arrayJoin(tupleElement(held, 1)))
        UNION ALL
        SELECT
          s.target, s.task, s.is_simulated, s.role, s.error_code,
          count(),
          countIf(s.status = 'Error'),
          countIf(s.role = 'call' AND s.call_cost_usd IS NULL OR s.role != 'call' AND s.cost_source = 'unpriced'),
          ifNull(sum(s.call_cost_usd), toDecimal128(0, 12)),
          quantilesTDigestStateIf${LEVELS}(toFloat32(s.duration_ns / 1e6), s.status != 'Error' AND s.role != 'correction'),
          quantilesTDigestStateIf${LEVELS}(toFloat32(ifNull(s.ttft_ms, 0)), s.ttft_ms IS NOT NULL AND s.status != 'Error')
        FROM spans AS s
        WHERE s.role IN ('call', 'attempt', 'correction') AND s.purpose = 'production' AND s.target != ''
          AND s.started_at >= greatest(${FROM}, tupleElement(held, 3)) AND toStartOfHour(s.started_at) NOT IN (SELECT arrayJoin(tupleElement(held, 2)))
        GROUP BY s.target, s.task, s.is_simulated, s.role, s.error_code
      )
      GROUP BY target, task, is_simulated
      HAVING calls > 0 OR attempts > 0
    )`

const CORRECTED_CALLS = `(
      SELECT c.target AS target, c.task AS task, c.is_simulated AS is_simulated, countIf(c.call_cost_usd IS NULL) AS priced_since, toFloat64(sum(k.delta_usd)) AS delta_usd
      FROM spans AS c
      INNER JOIN (
        SELECT trace_id, parent_span_id, sum(call_cost_usd) AS delta_usd
        FROM spans
        WHERE role = 'correction' AND call_cost_usd IS NOT NULL
        GROUP BY trace_id, parent_span_id
      ) AS k ON k.trace_id = c.trace_id AND k.parent_span_id = c.span_id
      WHERE c.role = 'call' AND c.purpose = 'production' AND c.target != '' AND c.started_at >= ${FROM}
        AND c.trace_id IN (SELECT trace_id FROM spans WHERE role = 'correction')
      GROUP BY target, task, is_simulated
    )`

const OBSERVED_CALLS = `(
      SELECT
        target, task, is_simulated,
        countIf(observed) AS observed_calls,
        countIf(retried) AS retried_calls,
        countIf(edited) AS edited_calls,
        countIf(ifNull(accepted, false)) AS accepted_calls,
        sumIf(toFloat64(cost_usd), observed) AS observed_cost_usd,
        countIf(observed AND cost_usd IS NULL) AS observed_unpriced
      FROM calls
      WHERE purpose = 'production' AND target != '' AND started_at >= ${FROM}
        AND trace_id IN (SELECT trace_id FROM signals WHERE at >= ${FROM})
      GROUP BY target, task, is_simulated
    )`

export const quantile = (sketches: string, place: 1 | 3): string => `if(isNaN(${sketches}[${place}]), NULL, toFloat64(${sketches}[${place}]))`

const PRODUCTION = `
  SELECT
    target, task, is_simulated,
    t.calls AS calls, ifNull(o.observed_calls, 0) AS observed_calls, o.retried_calls AS retried_calls, o.edited_calls AS edited_calls, o.accepted_calls AS accepted_calls,
    ifNull(o.observed_cost_usd, 0) AS observed_cost_usd, o.observed_unpriced AS observed_unpriced,
    greatest(0, toInt64(t.unpriced) - toInt64(k.priced_since)) AS unpriced_calls,
    if(calls = unpriced_calls, NULL, (t.usd + ifNull(k.delta_usd, 0)) / (calls - unpriced_calls)) AS avg_cost_usd,
    t.attempts AS attempts, t.failed_attempts AS failed_attempts, t.unpriced_attempts AS unpriced_attempts,
    ${quantile('t.durations', 1)} AS latency_p50_ms, ${quantile('t.durations', 3)} AS latency_p95_ms,
    ${quantile('t.ttfts', 1)} AS ttft_p50_ms, ${quantile('t.ttfts', 3)} AS ttft_p95_ms
  FROM ${TRAFFIC} AS t
  LEFT JOIN ${CORRECTED_CALLS} AS k USING (target, task, is_simulated)
  LEFT JOIN ${OBSERVED_CALLS} AS o USING (target, task, is_simulated)
`

// Another grader, suite or version of it is other evidence and never pooled: only the newest run of each kind counts.
export const EVALUATED = `
  SELECT
    e.target AS target, e.is_simulated AS is_simulated,
    count() AS evals,
    countIf(probe_kind = 'factual' AND answerable) AS answerables,
    countIf(probe_kind = 'factual' AND answerable AND label = 'correct') AS correct,
    countIf(probe_kind = 'factual' AND answerable AND label = 'incorrect') AS incorrect,
    countIf(probe_kind = 'factual' AND NOT answerable) AS unanswerables,
    countIf(probe_kind = 'factual' AND NOT answerable AND label = 'incorrect') AS fabricated,
    countIf(probe_kind = 'nonsense') AS nonsense,
    countIf(probe_kind = 'nonsense' AND label = 'clear_pushback') AS pushed_back,
    countIf(probe_kind = 'control') AS controls,
    countIf(probe_kind = 'control' AND label = 'clear_pushback') AS controls_pushed_back
  FROM eval_results AS e
  INNER JOIN (
    SELECT target, is_simulated, probe_kind = 'factual' AS of_facts, argMax((run_id, suite, suite_hash, grader), evaluated_at) AS run
    FROM eval_results
    WHERE status = 'scored' AND probe_kind IN ('factual', 'nonsense', 'control') AND evaluated_at >= now() - INTERVAL 30 DAY
    GROUP BY target, is_simulated, of_facts
  ) AS r ON r.target = e.target AND r.is_simulated = e.is_simulated AND r.of_facts = (e.probe_kind = 'factual')
  WHERE e.status = 'scored' AND e.probe_kind IN ('factual', 'nonsense', 'control') AND e.evaluated_at >= now() - INTERVAL 30 DAY
    AND (e.run_id, e.suite, e.suite_hash, e.grader) = r.run
  GROUP BY e.target, e.is_simulated
`

export const fasterPages: Migration = {
  number: 10,
  name: 'faster-pages',
  statements: (form) => [
    replaceView('model_metrics', `WITH ${HELD} AS held\n${modelMetricsOf(PRODUCTION, EVALUATED)}`, form),
    ...addIndex('signals', 'by_trace_id_bloom', 'by_trace_id TYPE bloom_filter(0.001) GRANULARITY 1', form),
    ...addIndex('spans', 'cost_source_set', 'cost_source TYPE set(8) GRANULARITY 1', form),
  ],
}
