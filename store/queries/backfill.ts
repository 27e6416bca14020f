// What `prices backfill` reads: calls with an attempt whose cost may be wrong, each with all its attempts, at the costs that
// count now (earlier corrections included). Both sides of the simulated/real divide, each row marked.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag, inWindow, number, numberOrNull } from './fragments.ts'

const text = z.string()

/** Attempts of one page of calls. */
export const repricable = defineQuery({
  name: 'repricable',
  meaning:
    'All attempts of the next `limit` calls after (`after_ns`, `after_trace`) in the window that have an attempt with tokens whose cost source is one of `sources`, in order of the call’s first such attempt: tokens, what they cost as it counts now (USD, NULL when unknown) and why, and the raw usage object as stored.',
  params: z.object({ from: z.date(), to: z.date(), sources: z.array(text), after_ns: text, after_trace: text, limit: z.number().int().min(1).max(5_000) }),
  row: z.object({
    trace_id: text,
    span_id: text,
    parent_span_id: text,
    started_ns: text,
    first_ns: text,
    task: text,
    provider: text,
    target: text,
    model: text,
    effort: text,
    attempt: number,
    status: text,
    finish_reason: text,
    error_code: text,
    purpose: text,
    is_simulated: flag,
    service_tier: text,
    input_tokens: numberOrNull,
    cache_read_tokens: numberOrNull,
    cache_write_tokens: numberOrNull,
    output_tokens: numberOrNull,
    usage_raw: text,
    cost_usd: numberOrNull,
    cost_source: text,
    price_version: text,
  }),
  sql: `WITH corrections AS (
  SELECT trace_id, attributes['weighbridge.corrects'] AS corrected_id, sum(cost_usd) AS delta_usd, argMax(price_version, ingested_at) AS newest_version
  FROM spans
  WHERE role = 'correction' AND ${inWindow('started_at')}
  GROUP BY trace_id, corrected_id
), attempts AS (
  SELECT
    s.trace_id AS trace_id, s.span_id AS span_id, s.parent_span_id AS parent_span_id, toUnixTimestamp64Nano(s.started_at) AS started,
    s.task AS task, s.provider AS provider, s.target AS target, s.model AS model, s.effort AS effort, s.attempt AS attempt,
    s.status AS status, s.finish_reason AS finish_reason, s.error_code AS error_code, s.purpose AS purpose, s.is_simulated AS is_simulated, s.service_tier AS service_tier,
    s.input_tokens AS input_tokens, s.cache_read_tokens AS cache_read_tokens, s.cache_write_tokens AS cache_write_tokens, s.output_tokens AS output_tokens,
    s.attributes['weighbridge.usage.raw'] AS usage_raw,
    if(c.delta_usd IS NULL, s.cost_usd, ifNull(s.cost_usd, 0) + c.delta_usd) AS cost,
    if(c.delta_usd IS NULL, toString(s.cost_source), 'backfilled') AS source,
    if(c.delta_usd IS NULL, toString(s.price_version), toString(c.newest_version)) AS version
  FROM spans AS s
  LEFT JOIN corrections AS c ON c.trace_id = s.trace_id AND c.corrected_id = s.span_id
  WHERE s.role = 'attempt' AND s.started_at >= {from:DateTime64(3)} AND s.started_at < {to:DateTime64(3)}
), page AS (
  SELECT trace_id, parent_span_id, min(started) AS first
  FROM attempts
  WHERE has({sources:Array(String)}, source) AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL
  GROUP BY trace_id, parent_span_id
  HAVING (first, trace_id) > (toInt64({after_ns:String}), {after_trace:String})
  ORDER BY first, trace_id
  LIMIT {limit:UInt32}
)
SELECT
  a.trace_id AS trace_id, a.span_id AS span_id, a.parent_span_id AS parent_span_id, toString(a.started) AS started_ns, toString(page.first) AS first_ns,
  a.task AS task, a.provider AS provider, a.target AS target, a.model AS model, a.effort AS effort, a.attempt AS attempt,
  a.status AS status, a.finish_reason AS finish_reason, a.error_code AS error_code, a.purpose AS purpose, a.is_simulated AS is_simulated, a.service_tier AS service_tier,
  a.input_tokens AS input_tokens, a.cache_read_tokens AS cache_read_tokens, a.cache_write_tokens AS cache_write_tokens, a.output_tokens AS output_tokens,
  a.usage_raw AS usage_raw, toFloat64(a.cost) AS cost_usd, a.source AS cost_source, a.version AS price_version
FROM attempts AS a
INNER JOIN page ON page.trace_id = a.trace_id AND page.parent_span_id = a.parent_span_id
ORDER BY page.first, a.trace_id, a.parent_span_id, a.attempt`,
})
