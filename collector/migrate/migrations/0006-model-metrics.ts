// `model_metrics` out of the sums by hour: what all calls of 30 days cost and how fast attempts were is added up from a few thousand rows
// instead of all of them; only calls that somebody said something about, or whose cost was corrected, are looked at one by one.
// Meanings are those of step 2; latencies come from t-digests, and the window begins at a whole hour.
import { replaceView, type Migration } from '../define.ts'
import { modelMetrics } from './0002-views.ts'

const FROM = 'toStartOfHour(now() - INTERVAL 30 DAY)'

/** What every call counts for, before corrections. A correction has the target of its attempt, which may not be the one that answered: it is added per call. */
const ALL_CALLS = `(
      SELECT target, task, is_simulated, sum(traffic.spans) AS calls, sum(traffic.unpriced) AS unpriced, toFloat64(sum(traffic.call_cost_usd)) AS usd
      FROM traffic_by_hour AS traffic
      WHERE role = 'call' AND purpose = 'production' AND target != '' AND at >= ${FROM}
      GROUP BY target, task, is_simulated
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

const CALL_FIGURES = `(
    SELECT
      target, task, is_simulated,
      c.calls AS calls,
      o.observed_calls AS observed_calls, o.retried_calls AS retried_calls, o.edited_calls AS edited_calls, o.accepted_calls AS accepted_calls,
      ifNull(o.observed_cost_usd, 0) AS observed_cost_usd, o.observed_unpriced AS observed_unpriced,
      greatest(0, toInt64(c.unpriced) - toInt64(k.priced_since)) AS unpriced_calls,
      if(calls = unpriced_calls, NULL, (c.usd + ifNull(k.delta_usd, 0)) / (calls - unpriced_calls)) AS avg_cost_usd
    FROM ${ALL_CALLS} AS c
    LEFT JOIN ${CORRECTED_CALLS} AS k USING (target, task, is_simulated)
    LEFT JOIN ${OBSERVED_CALLS} AS o USING (target, task, is_simulated)
  )`

const quantile = (sketches: string, place: 1 | 3): string => `if(isNaN(${sketches}[${place}]), NULL, toFloat64(${sketches}[${place}]))`

const ATTEMPT_FIGURES = `(
    SELECT
      target, task, is_simulated,
      sumIf(traffic.spans, role = 'attempt') AS attempts,
      sumIf(traffic.failed, role = 'attempt' AND error_code != 'client_closed') AS failed_attempts,
      greatest(0, toInt64(sumIf(traffic.unpriced, role = 'attempt')) - toInt64(sumIf(traffic.unpriced, role = 'correction'))) AS unpriced_attempts,
      quantilesTDigestMergeIf(0.5, 0.9, 0.95, 0.99)(duration, role = 'attempt') AS durations,
      quantilesTDigestMergeIf(0.5, 0.9, 0.95, 0.99)(ttft, role = 'attempt') AS ttfts,
      ${quantile('durations', 1)} AS latency_p50_ms,
      ${quantile('durations', 3)} AS latency_p95_ms,
      ${quantile('ttfts', 1)} AS ttft_p50_ms,
      ${quantile('ttfts', 3)} AS ttft_p95_ms
    FROM traffic_by_hour AS traffic
    WHERE role IN ('attempt', 'correction') AND purpose = 'production' AND target != '' AND at >= ${FROM}
    GROUP BY target, task, is_simulated
    HAVING attempts > 0
  )`

export const fastModelMetrics: Migration = {
  number: 6,
  name: 'model-metrics',
  statements: (form) => [replaceView('model_metrics', modelMetrics(CALL_FIGURES, ATTEMPT_FIGURES), form)],
}
