// What a period cost, and who spent it: sums of attempts at the costs that count now, counts of calls, what providers reported
// against our prices, and usage by hour for comparing with a provider's own export. Dollars are summed as Decimal, never as
// floats, and leave as text. Texts and schemas only; dimensions come from a closed list, tag names travel as parameters.
import { z } from 'zod'
import { defineQuery, type Query } from './define.ts'
import { CORRECTIONS_JOINED } from './follow-ups.ts'
import { inWindow, windowParams } from './fragments.ts'

/** Dimensions a bill can be grouped by, besides `tag.NAME`: name → SQL over the columns that attempts and calls share. */
const DIMENSION_SQL = {
  key: 'key_id',
  task: 'task',
  target: 'target',
  provider: 'provider',
  model: 'model',
  effort: 'effort',
  user: 'user_id',
  session: 'session_id',
  purpose: 'purpose',
  surface: 'surface',
  day: 'toDate(started_at)',
} as const
export type BillDimension = keyof typeof DIMENSION_SQL

/** The dimensions by name, in the order in which help shows them. */
export const BILL_DIMENSIONS: readonly string[] = Object.keys(DIMENSION_SQL)

/** One part of a bill's key. */
export type BillKey = { readonly dimension: BillDimension } | { readonly tag: string }

/** Whether a name is one of `BILL_DIMENSIONS`. */
export function isBillDimension(name: string): name is BillDimension {
  return Object.hasOwn(DIMENSION_SQL, name)
}

/** Most groups an answer may have; one more is asked for, so that a caller can tell. */
export const MOST_BILL_GROUPS = 100_000

/** `tag_names`: names of the tags in the key, in the key's order; each tag takes its value from there. */
const billParams = windowParams.extend({ tag_names: z.array(z.string()) })

const keys = z.array(z.string())
const count = z.coerce.number()
/** Exact dollars as text; NULL when not one of the attempts has a price. */
const dollars = z.string().nullable()

const PRODUCTION = "purpose NOT IN ('eval', 'judge')"

/** Dollars of the rows that meet a condition: 0 without any, NULL when there are some but none of them priced. */
function dollarsOf(condition: string): string {
  return `toString(if(countIf(${condition}) > 0 AND countIf(${condition} AND cost_usd IS NOT NULL) = 0, NULL, ifNull(sumIf(cost_usd, ${condition}), 0)))`
}

function tokensOf(column: string, condition: string): string {
  return `ifNull(sumIf(${column}, ${condition}), 0)`
}

function keySql(by: readonly BillKey[]): { readonly select: string; readonly group: string } {
  let tag = 0
  const parts = by.map((part) => ('tag' in part ? `tags[{tag_names:Array(String)}[${(tag += 1)}]]` : DIMENSION_SQL[part.dimension]))
  return { select: `[${parts.map((sql) => `toString(${sql})`).join(', ')}] AS bill_key`, group: parts.join(', ') }
}

const attemptRow = z.object({
  bill_key: keys,
  attempts: count,
  failed_attempts: count,
  input: count,
  cache_read: count,
  cache_write: count,
  output: count,
  production_usd: dollars,
  wasted_usd: dollars,
  aborted_usd: dollars,
  eval_usd: dollars,
  judge_usd: dollars,
  provider_usd: dollars,
  priced_usd: dollars,
  estimated_usd: dollars,
  backfilled_usd: dollars,
  unpriced_attempts: count,
  unpriced_input: count,
  unpriced_output: count,
})
export type BilledAttempts = z.output<typeof attemptRow>

/** What attempts cost, by key. `by` has at least one part. */
export function billedAttempts(by: readonly BillKey[]): Query<typeof billParams, typeof attemptRow> {
  const { select, group } = keySql(by)
  return defineQuery({
    name: 'billed_attempts',
    meaning:
      'Attempts that started in the window, by key, at the costs that count now (each correction once): production, eval and judge dollars; of all of them the dollars by cost source; of production the dollars of failed attempts and of answers that clients hung up on; and attempts without a known cost with their tokens. Dollars are exact text, NULL when none of the attempts concerned is priced.',
    params: billParams,
    row: attemptRow,
    sql: `SELECT
  ${select},
  count() AS attempts,
  countIf(status = 'Error') AS failed_attempts,
  ${tokensOf('input_tokens', 'true')} AS input,
  ${tokensOf('cache_read_tokens', 'true')} AS cache_read,
  ${tokensOf('cache_write_tokens', 'true')} AS cache_write,
  ${tokensOf('output_tokens', 'true')} AS output,
  ${dollarsOf(PRODUCTION)} AS production_usd,
  ${dollarsOf(`${PRODUCTION} AND status = 'Error'`)} AS wasted_usd,
  ${dollarsOf(`${PRODUCTION} AND error_code = 'client_closed'`)} AS aborted_usd,
  ${dollarsOf("purpose = 'eval'")} AS eval_usd,
  ${dollarsOf("purpose = 'judge'")} AS judge_usd,
  ${dollarsOf("cost_source = 'provider'")} AS provider_usd,
  ${dollarsOf("cost_source NOT IN ('provider', 'estimated', 'backfilled', 'unpriced')")} AS priced_usd,
  ${dollarsOf("cost_source = 'estimated'")} AS estimated_usd,
  ${dollarsOf("cost_source = 'backfilled'")} AS backfilled_usd,
  countIf(cost_usd IS NULL) AS unpriced_attempts,
  ${tokensOf('input_tokens', 'cost_usd IS NULL')} AS unpriced_input,
  ${tokensOf('output_tokens', 'cost_usd IS NULL')} AS unpriced_output
FROM model_calls
WHERE is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
GROUP BY ${group}
LIMIT ${MOST_BILL_GROUPS + 1}`,
  })
}

/** What a bill's counts of calls are made from. */
const CALL_COLUMNS = ['started_at', 'key_id', 'task', 'target', 'provider', 'model', 'effort', 'user_id', 'session_id', 'purpose', 'surface', 'tags', 'status', 'attempts'] as const

const callRow = z.object({ bill_key: keys, calls: count, eval_calls: count, judge_calls: count, failed_calls: count, unpriced_calls: count })
export type BilledCalls = z.output<typeof callRow>

/** How many calls there were, by key; a call counts at the target that served it. */
export function billedCalls(by: readonly BillKey[]): Query<typeof billParams, typeof callRow> {
  const { select, group } = keySql(by)
  return defineQuery({
    name: 'billed_calls',
    meaning:
      'Calls that started in the window, by key: production, eval and judge apart, those that failed, and those with a billed attempt whose cost is still unknown. A call counts at the target that served it.',
    params: billParams,
    row: callRow,
    sql: `SELECT
  ${select},
  countIf(${PRODUCTION}) AS calls,
  countIf(purpose = 'eval') AS eval_calls,
  countIf(purpose = 'judge') AS judge_calls,
  countIf(status = 'Error') AS failed_calls,
  countIf(attempts > 0 AND is_unpriced) AS unpriced_calls
FROM (
  SELECT ${CALL_COLUMNS.join(', ')}, false AS is_unpriced
  FROM spans
  WHERE role = 'call' AND call_cost_usd IS NOT NULL AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  UNION ALL
  -- Only of these can a correction make a cost known, so only these are matched with any.
  SELECT ${CALL_COLUMNS.map((column) => `c.${column} AS ${column}`).join(', ')}, k.delta_usd IS NULL AS is_unpriced
  FROM spans AS c
  ${CORRECTIONS_JOINED}
  WHERE c.role = 'call' AND c.call_cost_usd IS NULL AND c.is_simulated = {simulated:Bool} AND ${inWindow('c.started_at')}
)
GROUP BY ${group}
LIMIT ${MOST_BILL_GROUPS + 1}`,
  })
}

const reportedRow = z.object({ bill_key: keys, compared_attempts: count, reported_usd: z.string(), expected_usd: z.string() })
export type ReportedCosts = z.output<typeof reportedRow>

/** What providers reported against what our prices make of the same usage, by key. */
export function reportedCosts(by: readonly BillKey[]): Query<typeof billParams, typeof reportedRow> {
  const { select, group } = keySql(by)
  return defineQuery({
    name: 'reported_costs',
    meaning:
      'Attempts whose cost the provider reported and that we have a price for as well, by key: both sums in exact dollars. What a provider reported is never corrected, so spans say the same as model_calls.',
    params: billParams,
    row: reportedRow,
    sql: `SELECT
  ${select},
  count() AS compared_attempts,
  toString(ifNull(sum(cost_usd), 0)) AS reported_usd,
  toString(ifNull(sum(toDecimal128OrNull(attributes['weighbridge.cost.priced_usd'], 12)), 0)) AS expected_usd
FROM spans
WHERE role = 'attempt' AND cost_source = 'provider' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
  AND toDecimal128OrNull(attributes['weighbridge.cost.priced_usd'], 12) IS NOT NULL
GROUP BY ${group}
LIMIT ${MOST_BILL_GROUPS + 1}`,
  })
}

/** Answers that ended early and were not free: their cost is an estimate, or unknown. A hung-up client is no error of status. */
const CUT = "((status = 'Error' OR error_code = 'client_closed') AND cost_source IN ('estimated', 'backfilled', 'unpriced') AND (cost_usd IS NULL OR cost_usd > 0))"

/** Usage by hour, provider, model and tier, to be laid beside a provider's own export. */
export const usageByHour = defineQuery({
  name: 'usage_by_hour',
  meaning:
    'Attempts at the given providers by the UTC hour of their start, model as served (as asked where the provider did not say) and service tier: answered and failed ones, tokens by class, exact dollars, and apart the attempts without a price and those whose usage is an estimate (answers that were cut).',
  params: windowParams.extend({ providers: z.array(z.string()) }),
  row: z.object({
    hour: z.coerce.number(),
    provider: z.string(),
    billed_model: z.string(),
    asked_model: z.string(),
    tier: z.string(),
    answered: count,
    failed: count,
    input: count,
    cache_read: count,
    cache_write: count,
    output: count,
    usd: z.string(),
    unpriced: count,
    unpriced_input: count,
    unpriced_output: count,
    cut: count,
    cut_input: count,
    cut_output: count,
    cut_usd: z.string(),
  }),
  sql: `SELECT
  toUnixTimestamp(toStartOfHour(started_at)) AS hour, provider,
  if(served_model = '', model, served_model) AS billed_model, any(model) AS asked_model, service_tier AS tier,
  countIf(NOT ${CUT} AND (status != 'Error' OR input_tokens IS NOT NULL)) AS answered,
  countIf(NOT ${CUT} AND status = 'Error' AND input_tokens IS NULL) AS failed,
  ifNull(sum(input_tokens), 0) AS input, ifNull(sum(cache_read_tokens), 0) AS cache_read, ifNull(sum(cache_write_tokens), 0) AS cache_write, ifNull(sum(output_tokens), 0) AS output,
  toString(ifNull(sum(cost_usd), 0)) AS usd,
  countIf(cost_usd IS NULL) AS unpriced, ifNull(sumIf(input_tokens, cost_usd IS NULL), 0) AS unpriced_input, ifNull(sumIf(output_tokens, cost_usd IS NULL), 0) AS unpriced_output,
  countIf(${CUT}) AS cut, ${tokensOf('input_tokens', CUT)} AS cut_input, ${tokensOf('output_tokens', CUT)} AS cut_output,
  toString(ifNull(sumIf(cost_usd, ${CUT}), 0)) AS cut_usd
FROM model_calls
WHERE is_simulated = {simulated:Bool} AND ${inWindow('started_at')} AND has({providers:Array(String)}, provider)
GROUP BY hour, provider, billed_model, tier
ORDER BY hour, provider, billed_model, tier
LIMIT 500000`,
})

/** Tags that a bill could be by. */
export const tagsSeen = defineQuery({
  name: 'tags_seen',
  meaning: 'Names of the tags that calls of the window carry, the most frequent first, at most 30.',
  params: windowParams,
  row: z.object({ tag: z.string(), calls: count }),
  sql: `SELECT arrayJoin(mapKeys(tags)) AS tag, count() AS calls
FROM spans
WHERE role = 'call' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
GROUP BY tag
ORDER BY calls DESC, tag
LIMIT 30`,
})
