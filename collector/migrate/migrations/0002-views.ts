// What readers look at: attempts, calls with their signals, figures per target and task, and the shape that other
// OpenTelemetry tools expect. Definitions are those of the design's metrics section; nothing deduplicates at read.
import { createView, type Migration } from '../define.ts'

/** One row per exchange with a provider. */
const MODEL_CALLS = `SELECT
  trace_id, span_id, parent_span_id, started_at, duration_ns / 1e6 AS duration_ms, ttft_ms,
  task, task_source, provider, target, model, effort, model_requested, surface, attempt,
  status, error_code, http_status, finish_reason, stream, response_id, request_id, served_model, system_fingerprint, service_tier,
  input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
  cost_usd, cost_source, price_version, route_version, propensity, reason,
  session_id, user_id, key_id, tags, purpose, is_simulated
FROM spans
WHERE role = 'attempt'`

// A signal names the call's span, or only its trace (empty span id: the call as a whole). Both are gathered before they
// meet the calls; signals are few. Feedback below one half counts as negative: it holds for 0..1 and for -1..1.
const NEGATIVE = `(kind IN ('retry', 'rephrase', 'edit', 'abandoned') OR (kind = 'feedback' AND value < 0.5))`

/** Signals per call as named, before they meet the calls. */
function signalsWhere(condition: string): string {
  return `(
  SELECT
    trace_id, span_id, is_simulated,
    count() AS signals,
    argMax(kind, at) AS last_kind,
    max(at) AS last_at,
    countIf(kind IN ('retry', 'rephrase')) AS retries,
    countIf(kind = 'edit') AS edits,
    maxIf(value, kind = 'edit') AS edit_distance,
    argMaxIf(value, at, kind = 'feedback') AS feedback,
    countIf(${NEGATIVE}) AS negatives,
    minIf(at, ${NEGATIVE}) AS first_negative_at
  FROM signals
  WHERE ${condition}
  GROUP BY trace_id, span_id, is_simulated
)`
}

/** One row per client request, from its own span. */
const CALLS = `SELECT
  c.trace_id AS trace_id, c.span_id AS span_id, c.started_at AS started_at, c.duration_ns / 1e6 AS duration_ms, c.ttft_ms AS ttft_ms,
  c.task AS task, c.task_source AS task_source, c.provider AS provider, c.target AS target, c.model AS model, c.effort AS effort,
  c.model_requested AS model_requested, c.surface AS surface, c.attempts AS attempts,
  c.status AS status, c.error_code AS error_code, c.http_status AS http_status, c.finish_reason AS finish_reason, c.stream AS stream,
  c.response_id AS response_id, c.request_id AS request_id, c.served_model AS served_model,
  c.input_tokens AS input_tokens, c.cache_read_tokens AS cache_read_tokens, c.cache_write_tokens AS cache_write_tokens,
  c.output_tokens AS output_tokens, c.reasoning_tokens AS reasoning_tokens,
  c.call_cost_usd AS cost_usd, c.call_wasted_usd AS wasted_usd,
  c.route_version AS route_version, c.propensity AS propensity, c.reason AS reason, c.decision AS decision,
  c.session_id AS session_id, c.user_id AS user_id, c.key_id AS key_id, c.tags AS tags, c.purpose AS purpose, c.is_simulated AS is_simulated,
  own.signals + whole.signals AS signals,
  if(own.last_at >= whole.last_at, own.last_kind, whole.last_kind) AS last_signal,
  if(signals = 0, NULL, greatest(own.last_at, whole.last_at)) AS last_signal_at,
  toBool(own.retries + whole.retries > 0) AS retried,
  toBool(own.edits + whole.edits > 0) AS edited,
  coalesce(own.edit_distance, whole.edit_distance) AS edit_distance,
  coalesce(own.feedback, whole.feedback) AS feedback,
  toBool(signals > 0) AS observed,
  CAST(if(signals = 0, NULL,
    c.status != 'Error'
    AND (own.negatives = 0 OR own.first_negative_at > addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE)
    AND (whole.negatives = 0 OR whole.first_negative_at > addNanoseconds(c.started_at, c.duration_ns) + INTERVAL 30 MINUTE)
  ), 'Nullable(Bool)') AS accepted
FROM spans AS c
LEFT JOIN ${signalsWhere("span_id != ''")} AS own ON own.trace_id = c.trace_id AND own.span_id = c.span_id AND own.is_simulated = c.is_simulated
LEFT JOIN ${signalsWhere("span_id = ''")} AS whole ON whole.trace_id = c.trace_id AND whole.is_simulated = c.is_simulated
WHERE c.role = 'call'`

/** 95% Wilson interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212), z = 1.959964; NULL when n is 0. */
function wilson(k: string, n: string, end: 'low' | 'high'): string {
  const centre = `${k} / ${n} + 3.841459 / (2 * ${n})`
  const half = `1.959964 * sqrt(${k} / ${n} * (1 - ${k} / ${n}) / ${n} + 3.841459 / (4 * ${n} * ${n}))`
  return `if(${n} = 0, NULL, least(1, greatest(0, (${centre} ${end === 'low' ? '-' : '+'} ${half}) / (1 + 3.841459 / ${n}))))`
}

const WINDOW = 'now() - INTERVAL 30 DAY'
/** Fewer answerable probes than this say nothing about hallucination. */
const FEWEST_PROBES = 20
/** Fewer observed calls than this say nothing about retries. */
const FEWEST_OBSERVED = 50

// Another grader, suite or version of it is other evidence and never pooled: only the newest run of each kind counts.
function evalRun(kinds: string): string {
  return `(
    SELECT target, is_simulated, argMax((run_id, suite, suite_hash, grader), evaluated_at) AS run
    FROM eval_results
    WHERE status = 'scored' AND probe_kind IN (${kinds}) AND evaluated_at >= ${WINDOW}
    GROUP BY target, is_simulated
  )`
}

/** What is counted of graded probes. */
export const EVAL_COUNTS = `count() AS evals,
      countIf(probe_kind = 'factual' AND answerable) AS answerables,
      countIf(probe_kind = 'factual' AND answerable AND label = 'correct') AS correct,
      countIf(probe_kind = 'factual' AND answerable AND label = 'incorrect') AS incorrect,
      countIf(probe_kind = 'factual' AND NOT answerable) AS unanswerables,
      countIf(probe_kind = 'factual' AND NOT answerable AND label = 'incorrect') AS fabricated,
      countIf(probe_kind = 'nonsense') AS nonsense,
      countIf(probe_kind = 'nonsense' AND label = 'clear_pushback') AS pushed_back,
      countIf(probe_kind = 'control') AS controls,
      countIf(probe_kind = 'control' AND label = 'clear_pushback') AS controls_pushed_back`

function evalCounts(kinds: string): string {
  return `(
    SELECT
      e.target AS target, e.is_simulated AS is_simulated,
      ${EVAL_COUNTS}
    FROM eval_results AS e
    INNER JOIN ${evalRun(kinds)} AS r ON r.target = e.target AND r.is_simulated = e.is_simulated
    WHERE e.status = 'scored' AND e.probe_kind IN (${kinds}) AND e.evaluated_at >= ${WINDOW}
      AND (e.run_id, e.suite, e.suite_hash, e.grader) = r.run
    GROUP BY e.target, e.is_simulated
  )`
}

const CALL_FIGURES = `(
    SELECT
      target, task, is_simulated,
      count() AS calls,
      countIf(observed) AS observed_calls,
      countIf(retried) AS retried_calls,
      countIf(edited) AS edited_calls,
      countIf(ifNull(accepted, false)) AS accepted_calls,
      countIf(cost_usd IS NULL) AS unpriced_calls,
      avg(toFloat64(cost_usd)) AS avg_cost_usd,
      sumIf(toFloat64(cost_usd), observed) AS observed_cost_usd,
      countIf(observed AND cost_usd IS NULL) AS observed_unpriced
    FROM calls
    WHERE purpose = 'production' AND target != '' AND started_at >= ${WINDOW}
    GROUP BY target, task, is_simulated
  )`

const ATTEMPT_FIGURES = `(
    SELECT
      target, task, is_simulated,
      count() AS attempts,
      countIf(status = 'Error' AND error_code != 'client_closed') AS failed_attempts,
      countIf(cost_source = 'unpriced') AS unpriced_attempts,
      quantileExactIfOrNull(0.5)(duration_ms, status != 'Error') AS latency_p50_ms,
      quantileExactIfOrNull(0.95)(duration_ms, status != 'Error') AS latency_p95_ms,
      quantileExactIfOrNull(0.5)(assumeNotNull(ttft_ms), ttft_ms IS NOT NULL) AS ttft_p50_ms,
      quantileExactIfOrNull(0.95)(assumeNotNull(ttft_ms), ttft_ms IS NOT NULL) AS ttft_p95_ms
    FROM model_calls
    WHERE purpose = 'production' AND target != '' AND started_at >= ${WINDOW}
    GROUP BY target, task, is_simulated
  )`

// Spelled once: hallucination leaves the correct answers out of its denominator.
const HALLUCINABLE = '(answerables - correct)'

/** Figures of the last 30 days per target, task and side of the simulated/real divide; production only, evals beside. The two sources give one row each per target, task and side. */
export function modelMetrics(callFigures: string, attemptFigures: string): string {
  return modelMetricsOf(
    `
  SELECT
    target, task, is_simulated,
    c.calls AS calls, c.observed_calls AS observed_calls, c.retried_calls AS retried_calls, c.edited_calls AS edited_calls,
    c.accepted_calls AS accepted_calls, c.unpriced_calls AS unpriced_calls, c.avg_cost_usd AS avg_cost_usd,
    ifNull(c.observed_cost_usd, 0) AS observed_cost_usd, c.observed_unpriced AS observed_unpriced,
    a.attempts AS attempts, a.failed_attempts AS failed_attempts, a.unpriced_attempts AS unpriced_attempts,
    a.latency_p50_ms AS latency_p50_ms, a.latency_p95_ms AS latency_p95_ms, a.ttft_p50_ms AS ttft_p50_ms, a.ttft_p95_ms AS ttft_p95_ms
  FROM ${callFigures} AS c
  FULL JOIN ${attemptFigures} AS a USING (target, task, is_simulated)
`,
    `
  SELECT
    target, is_simulated,
    f.evals + p.evals AS evals,
    f.answerables AS answerables, f.correct AS correct, f.incorrect AS incorrect, f.unanswerables AS unanswerables, f.fabricated AS fabricated,
    p.nonsense AS nonsense, p.pushed_back AS pushed_back, p.controls AS controls, p.controls_pushed_back AS controls_pushed_back
  FROM ${evalCounts("'factual'")} AS f
  FULL JOIN ${evalCounts("'nonsense', 'control'")} AS p USING (target, is_simulated)
`,
  )
}

/** The same out of one row per target, task and side for production, and one per target and side for evals. */
export function modelMetricsOf(production: string, evaluated: string): string {
  return `SELECT
  target, task, is_simulated,
  calls, attempts, unpriced_calls, unpriced_attempts,
  if(attempts = 0, NULL, failed_attempts / attempts) AS error_rate,
  avg_cost_usd,
  observed_calls, accepted_calls,
  if(calls = 0 OR accepted_calls = 0 OR observed_unpriced > 0 OR observed_calls / calls < 0.2, NULL, observed_cost_usd / accepted_calls) AS cost_per_accepted_usd,
  if(observed_calls = 0, NULL, retried_calls / observed_calls) AS retry_rate,
  ${wilson('retried_calls', 'observed_calls', 'low')} AS retry_low,
  ${wilson('retried_calls', 'observed_calls', 'high')} AS retry_high,
  if(observed_calls = 0, NULL, edited_calls / observed_calls) AS edit_rate,
  latency_p50_ms, latency_p95_ms, ttft_p50_ms, ttft_p95_ms,
  evals,
  if(answerables = 0, NULL, correct / answerables) AS accuracy,
  ${wilson('correct', 'answerables', 'low')} AS accuracy_low,
  ${wilson('correct', 'answerables', 'high')} AS accuracy_high,
  if(${HALLUCINABLE} < ${FEWEST_PROBES}, NULL, incorrect / ${HALLUCINABLE}) AS hallucination_rate,
  if(${HALLUCINABLE} < ${FEWEST_PROBES}, NULL, ${wilson('incorrect', HALLUCINABLE, 'low')}) AS hallucination_low,
  if(${HALLUCINABLE} < ${FEWEST_PROBES}, NULL, ${wilson('incorrect', HALLUCINABLE, 'high')}) AS hallucination_high,
  if(unanswerables = 0, NULL, fabricated / unanswerables) AS fabrication_rate,
  if(nonsense = 0, NULL, pushed_back / nonsense) AS pushback_rate,
  ${wilson('pushed_back', 'nonsense', 'low')} AS pushback_low,
  ${wilson('pushed_back', 'nonsense', 'high')} AS pushback_high,
  if(controls = 0, NULL, controls_pushed_back / controls) AS false_pushback_rate,
  multiIf(
    observed_calls < ${FEWEST_OBSERVED}, 'unknown',
    retry_low < 0.06 AND retry_high >= 0.1, 'unknown',
    retry_rate < 0.06, 'low',
    retry_rate < 0.1, 'medium',
    'high') AS hallucination_proxy
FROM
(${production}) AS production
FULL JOIN
(${evaluated}) AS evaluated USING (target, is_simulated)`
}

/** Typed column → attribute name, for tools that look at attributes only. Empty and NULL values are left out. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'weighbridge.role': "if(role IN ('call', 'attempt'), toString(role), '')",
  'weighbridge.task': 'toString(task)',
  'weighbridge.task.source': 'toString(task_source)',
  'gen_ai.provider.name': 'toString(provider)',
  'weighbridge.target': 'toString(target)',
  'gen_ai.request.model': 'toString(model)',
  'weighbridge.effort': 'toString(effort)',
  'weighbridge.model_requested': 'toString(model_requested)',
  'weighbridge.surface': 'toString(surface)',
  'weighbridge.attempt': "if(attempt = 0, '', toString(attempt))",
  'weighbridge.attempts': "if(attempts = 0, '', toString(attempts))",
  'weighbridge.error.code': 'toString(error_code)',
  'http.response.status_code': "if(http_status = 0, '', toString(http_status))",
  'gen_ai.response.finish_reasons': 'toString(finish_reason)',
  'gen_ai.request.stream': "if(stream, 'true', '')",
  'gen_ai.response.id': 'response_id',
  'weighbridge.request.id': 'request_id',
  'gen_ai.response.model': 'toString(served_model)',
  'openai.response.system_fingerprint': 'toString(system_fingerprint)',
  'openai.response.service_tier': 'toString(service_tier)',
  'gen_ai.usage.input_tokens': "ifNull(toString(input_tokens), '')",
  'gen_ai.usage.cache_read.input_tokens': "ifNull(toString(cache_read_tokens), '')",
  'gen_ai.usage.cache_creation.input_tokens': "ifNull(toString(cache_write_tokens), '')",
  'gen_ai.usage.output_tokens': "ifNull(toString(output_tokens), '')",
  'gen_ai.usage.reasoning.output_tokens': "ifNull(toString(reasoning_tokens), '')",
  'weighbridge.cost.usd': "ifNull(toString(cost_usd), '')",
  'weighbridge.cost.source': 'toString(cost_source)',
  'weighbridge.price.version': 'toString(price_version)',
  'weighbridge.call.cost_usd': "ifNull(toString(call_cost_usd), '')",
  'weighbridge.call.wasted_usd': "ifNull(toString(call_wasted_usd), '')",
  'weighbridge.ttft_ms': "ifNull(toString(ttft_ms), '')",
  'weighbridge.route.version': "if(role IN ('call', 'attempt'), toString(route_version), '')",
  'weighbridge.propensity': "ifNull(toString(propensity), '')",
  'weighbridge.reason': 'toString(reason)',
  'weighbridge.decision': 'decision',
  'weighbridge.session': 'session_id',
  'user.id': 'user_id',
  'weighbridge.key': 'toString(key_id)',
  'weighbridge.purpose': 'toString(purpose)',
  'weighbridge.simulated': "if(is_simulated, 'true', '')",
  'weighbridge.prompt.fingerprint': 'prompt_fingerprint',
}

const TYPED_ATTRIBUTES = Object.entries(ATTRIBUTES)
  .map(([name, value]) => `'${name}', ${value}`)
  .join(',\n      ')

/** The column names of the OpenTelemetry Collector's ClickHouse exporter, so that its readers work unchanged. */
const OTEL_TRACES = `SELECT
  started_at AS Timestamp,
  trace_id AS TraceId,
  span_id AS SpanId,
  parent_span_id AS ParentSpanId,
  trace_state AS TraceState,
  name AS SpanName,
  kind AS SpanKind,
  service AS ServiceName,
  resource AS ResourceAttributes,
  toString(scope) AS ScopeName,
  '' AS ScopeVersion,
  mapConcat(attributes, CAST(mapFilter((k, v) -> v != '', map(
      ${TYPED_ATTRIBUTES}
  )), 'Map(LowCardinality(String), String)')) AS SpanAttributes,
  duration_ns AS Duration,
  status AS StatusCode,
  status_message AS StatusMessage,
  \`events.at\` AS \`Events.Timestamp\`,
  \`events.name\` AS \`Events.Name\`,
  \`events.attributes\` AS \`Events.Attributes\`,
  \`links.trace_id\` AS \`Links.TraceId\`,
  \`links.span_id\` AS \`Links.SpanId\`,
  arrayMap(link -> '', \`links.trace_id\`) AS \`Links.TraceState\`,
  \`links.attributes\` AS \`Links.Attributes\`
FROM spans`

/** When each trace was, for the exporter's readers; a filter on TraceId reaches the bloom filter. */
const OTEL_TRACE_TIMES = `SELECT
  trace_id AS TraceId,
  min(started_at) AS Start,
  max(addNanoseconds(started_at, duration_ns)) AS End
FROM spans
GROUP BY trace_id`

export const views: Migration = {
  number: 2,
  name: 'views',
  statements: (form) => [
    createView('model_calls', MODEL_CALLS, form),
    createView('calls', CALLS, form),
    createView('model_metrics', modelMetrics(CALL_FIGURES, ATTEMPT_FIGURES), form),
    createView('otel_traces', OTEL_TRACES, form),
    createView('otel_traces_trace_id_ts', OTEL_TRACE_TIMES, form),
  ],
}
