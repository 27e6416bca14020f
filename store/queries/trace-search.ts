// Searching calls: one page of those that a search finds, newest first; what there is to know of them beside their own span; and how
// many there are by the values of each facet. Made from filters, with their values as parameters. Texts and schemas only.
import { z } from 'zod'
import type { FieldName } from '../../core/trace-language/fields.ts'
import type { Filter } from '../../core/trace-language/filter.ts'
import { ATTEMPTS_WINDOW, callConditions, TOKENS_JOINED, type Conditions } from './call-conditions.ts'
import { defineQuery, type Query } from './define.ts'
import { CALL_COST, CALL_WASTED, CORRECTIONS_JOINED, FOLLOWED, SIGNALS_JOINED } from './follow-ups.ts'
import { flag, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const text = z.string()

/** Most calls of one page. */
export const MOST_FOUND = 500

/** What a search asks of the stored calls, with its values. */
export type SearchQuery<P extends z.ZodObject, R extends z.ZodObject> = { readonly query: Query<P, R>; readonly values: Readonly<Record<string, unknown>> }

// The values of the search travel beside the named parameters.
const searchParams = z.looseObject({ ...windowParams.shape, limit: z.number().int().min(1).max(MOST_FOUND), after_ns: text.regex(/^\d{0,19}$/), after_trace: text.max(32), after_span: text.max(16) })

const foundCall = z.object({
  started_at: instant,
  started_ns: text,
  trace_id: text,
  span_id: text,
  is_simulated: flag,
  task: text,
  target: text,
  provider: text,
  model: text,
  effort: text,
  model_requested: text,
  status: text,
  error_code: text,
  attempts: number,
  reason: text,
  surface: text,
  purpose: text,
  stream: flag,
  key_id: text,
  user_id: text,
  session_id: text,
  duration_ms: number,
  ttft_ms: numberOrNull,
  route_version: number,
})

/** Without a word on purpose or an id, a search is about production. */
function withDefaults(filters: readonly Filter[]): readonly Filter[] {
  const isNamed = filters.some(({ field, negated }) => field === 'purpose' || (!negated && (field === 'trace' || field === 'response' || field === 'request')))
  return isNamed ? filters : [...filters, { field: 'purpose', negated: false, match: { kind: 'words', values: [{ text: 'production', isPrefix: false }] } }]
}

/** Which side of the divide a search is about: the one it names, else the given one. */
export function sideOf(filters: readonly Filter[], simulated: boolean): boolean {
  const named = filters.find(({ field }) => field === 'simulated')
  return named?.match.kind === 'flag' ? named.match.value !== named.negated : simulated
}

function from({ needs }: Conditions): string {
  return ['FROM spans AS c', ...(needs.corrections ? [CORRECTIONS_JOINED] : []), ...(needs.signals ? [SIGNALS_JOINED] : []), ...(needs.tokens ? [TOKENS_JOINED] : [])].join('\n')
}

const CALLS_OF_SIDE = `c.role = 'call' AND c.is_simulated = {simulated:Bool} AND ${inWindow('c.started_at')}`

/** One page of calls. */
export function callSearch(filters: readonly Filter[]): SearchQuery<typeof searchParams, typeof foundCall> {
  const conditions = callConditions(withDefaults(filters))
  const query = defineQuery({
    name: 'call_search',
    meaning:
      'Calls of one side that a search finds, newest first, at most `limit`, after the call that `after_ns`, `after_trace` and `after_span` name (empty: from the newest on): what their own spans say. Durations in ms.',
    params: searchParams,
    row: foundCall,
    sql: `SELECT
  c.started_at AS started_at, toString(toUnixTimestamp64Nano(c.started_at)) AS started_ns, c.trace_id AS trace_id, c.span_id AS span_id, c.is_simulated AS is_simulated,
  c.task AS task, c.target AS target, c.provider AS provider, c.model AS model, c.effort AS effort, c.model_requested AS model_requested,
  c.status AS status, c.error_code AS error_code, c.attempts AS attempts, c.reason AS reason, c.surface AS surface, c.purpose AS purpose, c.stream AS stream,
  c.key_id AS key_id, c.user_id AS user_id, c.session_id AS session_id,
  c.duration_ns / 1e6 AS duration_ms, c.ttft_ms AS ttft_ms, c.route_version AS route_version
${from(conditions)}
WHERE ${CALLS_OF_SIDE}
  AND ({after_ns:String} = '' OR (toUnixTimestamp64Nano(c.started_at), c.trace_id, c.span_id) < (toInt64OrZero({after_ns:String}), {after_trace:String}, {after_span:String}))${conditions.all.map(({ sql }) => `\n  AND ${sql}`).join('')}
ORDER BY c.started_at DESC, c.trace_id DESC, c.span_id DESC
LIMIT {limit:UInt32}`,
  })
  return { query, values: conditions.values }
}

/** What else there is to know of calls that were found. */
export const callDetails = defineQuery({
  name: 'call_details',
  meaning:
    'Of the calls of some traces that started in the window: the path (target and error code of every attempt in order), tokens over all attempts (NULL when no provider counted any), USD of all attempts and of the wasted ones (NULL when unknown), what was said of them afterwards (accepted and rating NULL when nothing was), and whether their text was kept.',
  params: windowParams.extend({ traces: z.array(text).max(MOST_FOUND) }),
  row: z.object({
    trace_id: text,
    span_id: text,
    path_targets: z.array(text),
    path_errors: z.array(text),
    input_tokens: numberOrNull,
    cache_read_tokens: numberOrNull,
    output_tokens: numberOrNull,
    cost_usd: numberOrNull,
    wasted_usd: numberOrNull,
    retried: flag,
    edited: flag,
    accepted: flag.nullable(),
    rating: numberOrNull,
    has_content: flag,
  }),
  sql: `SELECT
  c.trace_id AS trace_id, c.span_id AS span_id,
  arrayMap(step -> step.2, p.steps) AS path_targets, arrayMap(step -> step.3, p.steps) AS path_errors,
  p.input_tokens AS input_tokens, p.cache_read_tokens AS cache_read_tokens, p.output_tokens AS output_tokens,
  toFloat64(${CALL_COST}) AS cost_usd, toFloat64(${CALL_WASTED}) AS wasted_usd,
  ${FOLLOWED.retried} AS retried, ${FOLLOWED.edited} AS edited, CAST(${FOLLOWED.accepted}, 'Nullable(Bool)') AS accepted, ${FOLLOWED.rating} AS rating,
  (c.trace_id, c.span_id) IN (SELECT trace_id, span_id FROM content_kept WHERE trace_id IN {traces:Array(String)} AND is_there) AS has_content
FROM spans AS c
LEFT JOIN (
  SELECT trace_id, parent_span_id, arraySort(groupArray((attempt, toString(target), toString(error_code)))) AS steps,
    sum(input_tokens) AS input_tokens, sum(cache_read_tokens) AS cache_read_tokens, sum(output_tokens) AS output_tokens
  FROM spans
  WHERE role = 'attempt' AND is_simulated = {simulated:Bool} AND ${ATTEMPTS_WINDOW} AND trace_id IN {traces:Array(String)}
  GROUP BY trace_id, parent_span_id
) AS p ON p.trace_id = c.trace_id AND p.parent_span_id = c.span_id
${CORRECTIONS_JOINED.replace("WHERE role = 'correction'", "WHERE role = 'correction' AND trace_id IN {traces:Array(String)}")}
${SIGNALS_JOINED.replaceAll("AND trace_id != ''", 'AND trace_id IN {traces:Array(String)}')}
WHERE ${CALLS_OF_SIDE} AND c.trace_id IN {traces:Array(String)}`,
})

/** Fields whose values are counted beside a search, with the value as SQL. */
const FACET_SQL = {
  status: "if(c.status = 'Error', 'error', 'ok')",
  task: 'c.task',
  target: 'c.target',
  provider: 'c.provider',
  error: 'c.error_code',
  reason: 'c.reason',
  attempts: 'c.attempts',
  surface: 'c.surface',
  key: 'c.key_id',
  purpose: 'c.purpose',
} as const satisfies Partial<Record<FieldName, string>>
export type FacetField = keyof typeof FACET_SQL
/** The facets in the order in which pages show them. */
export const FACET_FIELDS: readonly FacetField[] = ['status', 'task', 'target', 'provider', 'error', 'reason', 'attempts', 'surface', 'key', 'purpose']

/** Most values of one facet. */
const MOST_VALUES = 20

const facetRow = z.object({ field: text, value: text, calls: number })
const facetParams = z.looseObject(windowParams.shape)

/**
 * How many calls there are by the values of each facet. A facet is counted without its own terms, so that it shows what else could be
 * chosen; the row with an empty field counts what the whole search finds.
 */
export function callFacets(filters: readonly Filter[]): SearchQuery<typeof facetParams, typeof facetRow> {
  const conditions = callConditions(withDefaults(filters))
  const isFacet = (field: FieldName): boolean => Object.hasOwn(FACET_SQL, field)
  const every = conditions.all.filter(({ field }) => !isFacet(field))
  const optional = conditions.all.filter(({ field }) => isFacet(field))
  // Each condition once, under a name.
  const named = optional.map(({ field, sql }, index) => ({ field, name: `holds_${index}`, sql: `ifNull(${sql}, false) AS holds_${index}` }))
  const allBut = (field: string): string => named.filter((condition) => condition.field !== field).map(({ name }) => name).join(' AND ') || 'true'
  const facets = [...FACET_FIELDS.map((field) => `('${field}', toString(of_${field}), ${allBut(field)})`), `('', '', ${allBut('')})`]
  const kinds = [...named.map(({ name }) => name), ...FACET_FIELDS.map((field) => `of_${field}`)]
  const query = defineQuery({
    name: 'call_facets',
    meaning: `Calls of one side in the window by the values of ${FACET_FIELDS.join(', ')}: each facet under the terms of the search about other fields, at most ${MOST_VALUES} values, the most frequent first. The row with an empty field is what the whole search finds.`,
    params: facetParams,
    row: facetRow,
    // Calls that are alike in all facets are counted together first: few kinds are then taken apart instead of millions of calls.
    sql: `SELECT facet.1 AS field, facet.2 AS value, sum(alike) AS calls
FROM (
  SELECT alike, arrayFilter(f -> f.3, [${facets.join(', ')}]) AS facets
  FROM (
    SELECT ${[...named.map(({ sql }) => sql), ...FACET_FIELDS.map((field) => `${FACET_SQL[field]} AS of_${field}`), 'count() AS alike'].join(',\n      ')}
    ${from(conditions)}
    WHERE ${CALLS_OF_SIDE}${every.map(({ sql }) => `\n      AND ${sql}`).join('')}
    GROUP BY ${kinds.join(', ')}
  )
)
ARRAY JOIN facets AS facet
GROUP BY field, value
ORDER BY field, calls DESC, value
LIMIT ${MOST_VALUES} BY field`,
  })
  return { query, values: conditions.values }
}

const histogramParams = z.looseObject({ ...windowParams.shape, bucket_s: z.number().int().positive() })
const histogramRow = z.object({ at: instant, calls: number, failovers: number, failed: number })

/** When the calls that a search finds began. */
export function callHistogram(filters: readonly Filter[]): SearchQuery<typeof histogramParams, typeof histogramRow> {
  const conditions = callConditions(withDefaults(filters))
  const query = defineQuery({
    name: 'call_histogram',
    meaning: 'Calls of one side that a search finds, per bucket of `bucket_s` seconds: all, those that took more than one attempt, and those that failed; buckets without any are absent.',
    params: histogramParams,
    row: histogramRow,
    sql: `SELECT toStartOfInterval(c.started_at, toIntervalSecond({bucket_s:UInt32})) AS at, count() AS calls, countIf(c.attempts > 1) AS failovers, countIf(c.status = 'Error') AS failed
${from(conditions)}
WHERE ${CALLS_OF_SIDE}${conditions.all.map(({ sql }) => `\n  AND ${sql}`).join('')}
GROUP BY at
ORDER BY at`,
  })
  return { query, values: conditions.values }
}
