// Anthropic's usage and costs, as the Admin API answers them and as the Console exports them. In: rows by column name, or the
// results of buckets. Out: lines; input totals are put together here, because Anthropic counts cache reads and writes apart.
//
// Sources: platform.claude.com, Admin API, `GET /v1/organizations/usage_report/messages` and `/cost_report` (2026-11: uncached_input_tokens,
// cache_read_input_tokens, cache_creation.ephemeral_5m_input_tokens and _1h_, output_tokens; amount is text in cents), token types as
// in @anthropic-ai/sdk 1.12 BetaAnalyticsTokenType. Console CSV: usage_date_utc, model_version, usage_type, usage_input_tokens_no_cache,
// usage_input_tokens_cache_write_5m, _1h, usage_input_tokens_cache_read, usage_output_tokens; costs: usage_date_utc, model, token_type,
// cost_usd, cost_type (headers as published by users of the export, 2026-08). Neither export counts requests.
import { parseMoney } from '../../../store/bill/money.ts'
import { amountOf, countOf, emptyLine, isObject, momentOf, sumStated, wordOf, type ExportLine, type TokenClass } from './form.ts'

type Members = Readonly<Record<string, unknown>>

/** Which of Anthropic's forms has these members; `undefined`: none of them. */
export function anthropicForm(has: (name: string) => boolean): 'usage' | 'costs' | undefined {
  if (has('usage_input_tokens_no_cache') || has('uncached_input_tokens')) return 'usage'
  return has('cost_usd') || has('cost_type') ? 'costs' : undefined
}

/** A usage row or result. `undefined`: nothing counted in it. */
export function anthropicUsage(row: Members, atMs: number): ExportLine | undefined {
  const created = isObject(row['cache_creation']) ? row['cache_creation'] : {}
  const plain = countOf(row['uncached_input_tokens'] ?? row['usage_input_tokens_no_cache'])
  const cacheRead = countOf(row['cache_read_input_tokens'] ?? row['usage_input_tokens_cache_read'])
  const cacheWrite = sumStated(
    [created['ephemeral_5m_input_tokens'], created['ephemeral_1h_input_tokens'], row['cache_creation_5m_input_tokens'], row['cache_creation_1h_input_tokens'], row['usage_input_tokens_cache_write_5m'], row['usage_input_tokens_cache_write_1h'], row['usage_input_tokens_cache_write']].map(countOf),
  )
  const output = countOf(row['output_tokens'] ?? row['usage_output_tokens'])
  if (plain === undefined && output === undefined) return undefined
  return { ...emptyLine(atMs), model: wordOf(row['model'] ?? row['model_version']), tier: tierOf(row), input: sumStated([plain, cacheRead, cacheWrite]), cacheRead, cacheWrite, output }
}

/** A cost row (`cost_usd`) or result (`amount`, in cents). `undefined`: no amount, or not in dollars. */
export function anthropicCost(row: Members, atMs: number): ExportLine | undefined {
  const cents = row['cost_usd'] === undefined ? amountOf(row['amount']) : undefined
  // Exact: cents are a hundredth, and a thousandth of a cent still fits into twelve decimals.
  const usd = cents === undefined ? amountOf(row['cost_usd']) : parseMoney(`${cents}e-14`)
  if (usd === undefined || (wordOf(row['currency']) ?? 'USD').toUpperCase() !== 'USD') return undefined
  const type = wordOf(row['token_type'])
  const isTokens = (wordOf(row['cost_type']) ?? 'token').startsWith('token')
  return { ...emptyLine(atMs), model: wordOf(row['model']), tier: tierOf(row), usd, usdOf: !isTokens ? 'other' : type === undefined ? undefined : classOf(type) }
}

/** When a row begins: Console's `usage_date_utc`; the API's buckets bring their own `starting_at`. */
export function anthropicStart(row: Members): number | undefined {
  return momentOf(row['usage_date_utc'] ?? row['starting_at'])
}

/** Console writes the tier as `usage_type`: `message` or `standard` for the ordinary one, `batch` otherwise. */
function tierOf(row: Members): string | undefined {
  const word = wordOf(row['service_tier'] ?? row['usage_type'])?.toLowerCase()
  return word === 'message' || word === 'messages' ? 'standard' : word
}

function classOf(type: string): TokenClass | 'other' {
  if (/cache_(write|creation)/.test(type)) return 'cacheWrite'
  if (/cache_read/.test(type)) return 'cacheRead'
  if (/no_cache|uncached_input/.test(type)) return 'input'
  return type.startsWith('output') ? 'output' : 'other'
}
