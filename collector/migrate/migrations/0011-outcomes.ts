// How answers turned out, as measures of the sums by minute and hour: computed when an hour is built, from its calls and what was said of
// them since. A build says whether it has them, so that one from before this step is never taken for an hour without follow-ups, and
// how much it was told, so that a build is known to be stale when more has been said. `model_metrics` reads them, the sums once and evals
// once, of no more than its window's hours; its meanings are those of steps 2 and 6.
import { addColumn, replaceView, type Migration } from '../define.ts'
import { EVAL_COUNTS, modelMetricsOf } from './0002-views.ts'
import { BUILD_HOURS, DIMENSIONS, GRAINS, MEASURES, SKETCHES, summed, united, type Grain } from './0005-rollups.ts'

const NEGATIVE = "(s.kind IN ('retry', 'rephrase', 'edit', 'abandoned') OR (s.kind = 'feedback' AND s.value < 0.5))"

/** What is summed over calls `r` of which anything was said, in rows of role `call`. */
const OUTCOMES = {
  observed: ['UInt64', 'countIf(r.is_observed)'],
  retried: ['UInt64', 'countIf(r.is_retried)'],
  edited: ['UInt64', 'countIf(r.is_edited)'],
  accepted: ['UInt64', 'countIf(r.is_accepted)'],
  observed_usd: ['Decimal(38, 12)', 'ifNull(sumIf(r.usd, r.is_observed), toDecimal128(0, 12))'],
  observed_unpriced: ['UInt64', 'countIf(r.is_observed AND r.usd IS NULL)'],
  ratings: ['UInt64', 'count(r.stars)'],
  ratings_sum: ['Float64', 'ifNull(sum(r.stars), 0)'],
  /** What corrections changed of what these calls cost, and the calls whose unknown cost one made known. */
  corrected_usd: ['Decimal(38, 12)', 'ifNull(sum(r.delta_usd), toDecimal128(0, 12))'],
  priced_since: ['UInt64', 'countIf(r.first_usd IS NULL AND r.delta_usd IS NOT NULL)'],
  /** Signals and corrections that all this was counted from. Neither is ever taken back, so a build that has fewer than there are is stale. */
  remarks: ['UInt64', 'sum(r.remarks)'],
} as const

const names = (all: Readonly<Record<string, unknown>>): string => Object.keys(all).join(', ')

/** What was said of calls: signals but for named scores, and corrections of what they cost. None is older than its call by more than clocks differ. */
const said = (from: string): string => `(
      SELECT trace_id, span_id, is_simulated, at, toString(kind) AS kind, value, CAST(NULL, 'Nullable(Decimal(18, 12))') AS change_usd
      FROM signals
      WHERE kind != 'score' AND trace_id != '' AND at >= ${from} - INTERVAL 1 DAY
      UNION ALL
      SELECT trace_id, parent_span_id, is_simulated, started_at, 'correction', NULL, call_cost_usd
      FROM spans
      WHERE role = 'correction' AND parent_span_id != '' AND started_at >= ${from} - INTERVAL 1 DAY
    )`

/** Calls `c` that began at `from` or later, of which anything was said, summed by `keys`. What names no span is about every call of its trace. */
function remarked(at: string, keys: readonly string[], from: string, where: string): string {
  return `SELECT ${['at', ...keys, ...Object.entries(OUTCOMES).map(([name, [, sql]]) => `${sql} AS ${name}`)].join(', ')}
  FROM (
    SELECT
      ${[`any(${at}) AS at`, ...keys.map((key) => `any(c.${key}) AS ${key}`)].join(', ')},
      countIf(s.kind != 'correction') > 0 AS is_observed,
      countIf(s.kind IN ('retry', 'rephrase')) > 0 AS is_retried,
      countIf(s.kind = 'edit') > 0 AS is_edited,
      is_observed AND any(c.status) != 'Error' AND countIf(${NEGATIVE} AND s.at <= addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE) = 0 AS is_accepted,
      coalesce(argMaxIf(s.value, s.at, s.kind = 'feedback' AND s.span_id != ''), argMaxIf(s.value, s.at, s.kind = 'feedback' AND s.span_id = '')) AS stars,
      any(c.call_cost_usd) AS first_usd,
      sum(s.change_usd) AS delta_usd,
      if(delta_usd IS NULL, first_usd, ifNull(first_usd, 0) + delta_usd) AS usd,
      count() AS remarks
    FROM spans AS c
    INNER JOIN ${said(from)} AS s ON s.trace_id = c.trace_id AND s.is_simulated = c.is_simulated
    WHERE c.role = 'call' AND c.started_at >= ${from} AND ${where}
      AND (s.span_id = '' OR s.span_id = c.span_id) AND s.at >= c.started_at - INTERVAL 1 DAY
    GROUP BY c.trace_id, c.span_id
  ) AS r
  GROUP BY ${['at', ...keys].join(', ')}`
}

const FROM = 'toStartOfHour(now() - INTERVAL 30 DAY)'

/** Of equal versions, made by two collectors at once, everybody takes the same build: the last key says which. */
const NEWEST = '(version, build = 0, build)'

// One reading of the builds for all parts, as in step 5, of the window's hours alone: which build holds of each, the hours that one holds
// of and the first that none does; and the same of builds that have outcomes.
const HELD = `(
    SELECT (
      groupArrayIf(build_held, build_held != 0), groupArrayIf(hour, build_held != 0), if(count() = 0, toDateTime(0, 'UTC'), least(ifNull(minIf(toNullable(hour), build_held = 0), max(hour) + INTERVAL 1 HOUR), max(hour) + INTERVAL 1 HOUR)),
      groupArrayIf(build_held, tells), groupArrayIf(hour, tells), if(count() = 0, toDateTime(0, 'UTC'), least(ifNull(minIf(toNullable(hour), NOT tells), max(hour) + INTERVAL 1 HOUR), max(hour) + INTERVAL 1 HOUR))
    )
    FROM (
      SELECT hour, argMax((build, has_outcomes), ${NEWEST}) AS newest, tupleElement(newest, 1) AS build_held, tupleElement(newest, 2) AND build_held != 0 AS tells
      FROM rollup_builds WHERE hour >= ${FROM} GROUP BY hour
    )
  )`

const LEVELS = '(0.5, 0.9, 0.95, 0.99)'

/** Calls, attempts and corrections of the window per target and task. A correction counts under the target of its attempt, which may not be the one that answered: what it changed of a call's cost is added per call. */
const TRAFFIC = `(
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

const KEYS = ['target', 'task', 'is_simulated'] as const
/** First hour whose calls are looked at one by one. */
const RAW_FROM = `greatest(${FROM}, tupleElement(held, 6))`

const ANSWERED = `(
      SELECT
        ${KEYS.join(', ')},
        sum(s.observed) AS observed_calls, sum(s.retried) AS retried_calls, sum(s.edited) AS edited_calls, sum(s.accepted) AS accepted_calls,
        toFloat64(sum(s.observed_usd)) AS observed_cost_usd, sum(s.observed_unpriced) AS observed_without_price,
        toFloat64(sum(s.corrected_usd)) AS change_usd, sum(s.priced_since) AS priced_calls
      FROM (
        SELECT ${KEYS.join(', ')}, ${names(OUTCOMES)}
        FROM rollup_hours
        WHERE role = 'call' AND purpose = 'production' AND target != '' AND at >= ${FROM} AND build IN (SELECT arrayJoin(tupleElement(held, 4)))
        UNION ALL
        SELECT ${KEYS.join(', ')}, ${names(OUTCOMES)}
        FROM (${remarked('toStartOfHour(c.started_at)', KEYS, RAW_FROM, "c.purpose = 'production' AND c.target != '' AND toStartOfHour(c.started_at) NOT IN (SELECT arrayJoin(tupleElement(held, 5)))")})
      ) AS s
      GROUP BY ${KEYS.join(', ')}
    )`

const quantile = (sketches: string, place: 1 | 3): string => `if(isNaN(${sketches}[${place}]), NULL, toFloat64(${sketches}[${place}]))`

const PRODUCTION = `
  SELECT
    target, task, is_simulated,
    t.calls AS calls, ifNull(o.observed_calls, 0) AS observed_calls, o.retried_calls AS retried_calls, o.edited_calls AS edited_calls, o.accepted_calls AS accepted_calls,
    ifNull(o.observed_cost_usd, 0) AS observed_cost_usd, o.observed_without_price AS observed_unpriced,
    greatest(0, toInt64(t.unpriced) - toInt64(o.priced_calls)) AS unpriced_calls,
    if(calls = unpriced_calls, NULL, (t.usd + ifNull(o.change_usd, 0)) / (calls - unpriced_calls)) AS avg_cost_usd,
    t.attempts AS attempts, t.failed_attempts AS failed_attempts, t.unpriced_attempts AS unpriced_attempts,
    ${quantile('t.durations', 1)} AS latency_p50_ms, ${quantile('t.durations', 3)} AS latency_p95_ms,
    ${quantile('t.ttfts', 1)} AS ttft_p50_ms, ${quantile('t.ttfts', 3)} AS ttft_p95_ms
  FROM ${TRAFFIC} AS t
  LEFT JOIN ${ANSWERED} AS o USING (target, task, is_simulated)
`

// Another grader, suite or version of it is other evidence and never pooled: only the newest run of each kind counts.
const EVALUATED = `
  SELECT
    e.target AS target, e.is_simulated AS is_simulated,
    ${EVAL_COUNTS}
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

const BUILD_FROM = 'fromUnixTimestamp({from:UInt32})'
const IN_HOURS = 'started_at < fromUnixTimestamp({to:UInt32}) AND has({hours:Array(UInt32)}, toUnixTimestamp(toStartOfHour(started_at)))'

/** The insert that builds hours at a grain, outcomes with them. Parameters: `{hours:Array(UInt32)}`, their starts in seconds since the epoch, all in [`{from:UInt32}`, `{to:UInt32}`), and `{seed:UInt64}`. */
export function buildStatement(grain: Grain): string {
  const { table, start } = GRAINS[grain]
  const dimensions = Object.keys(DIMENSIONS)
  const of = (source: string, all: Readonly<Record<string, unknown>>): string => Object.keys(all).map((name) => `${source}.${name}`).join(', ')
  return `INSERT INTO ${table} (at, hour, build, ${names(DIMENSIONS)}, ${names(MEASURES)}, ${names(OUTCOMES)}, ${names(SKETCHES)})
SELECT t.at, toStartOfHour(t.at), {seed:UInt64} * ${BUILD_HOURS} + intDiv(toUnixTimestamp(t.at), 3600), ${of('t', DIMENSIONS)}, ${of('t', MEASURES)}, ${of('o', OUTCOMES)}, ${of('t', SKETCHES)}
FROM (${summed(grain, `started_at >= ${BUILD_FROM} AND ${IN_HOURS}`)}) AS t
LEFT JOIN (${remarked(`${start}(c.started_at)`, dimensions, BUILD_FROM, IN_HOURS.replaceAll('started_at', 'c.started_at'))}) AS o ON ${['at', ...dimensions].map((key) => `o.${key} = t.${key}`).join(' AND ')}`
}

/** How much was said of the calls of each hour since `{from:UInt32}`: `s`, its start in seconds, and `n`, as a build of now would count it. */
export const REMARKS_NOW = `SELECT toUnixTimestamp(at) AS s, sum(remarks) AS n FROM (${remarked('toStartOfHour(c.started_at)', [], BUILD_FROM, 'true')}) GROUP BY s`

export const outcomes: Migration = {
  number: 11,
  name: 'outcomes',
  statements: (form) => [
    ...Object.values(GRAINS).flatMap(({ table }) => Object.entries(OUTCOMES).flatMap(([name, [type]], index, all) => addColumn(table, name, type, all[index - 1]?.[0] ?? 'reasoning_tokens', form))),
    ...addColumn('rollup_builds', 'has_outcomes', 'Bool DEFAULT false', 'spans', form),
    ...addColumn('rollup_builds', 'remarks', 'UInt64', 'has_outcomes', form),
    replaceView('traffic_by_minute', united('minute', NEWEST), form),
    replaceView('traffic_by_hour', united('hour', NEWEST), form),
    replaceView('model_metrics', `WITH ${HELD} AS held\n${modelMetricsOf(PRODUCTION, EVALUATED)}`, form),
  ],
}
