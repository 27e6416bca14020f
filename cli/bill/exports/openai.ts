// OpenAI's usage and costs, as its API answers them and as its dashboard exports them. In: rows by column name, or the buckets
// of one or more pages. Out: lines. Columns and members that are not named here are left alone.
//
// Sources: openai 7.57, resources/admin/organization/usage (OrganizationUsageCompletionsResult, OrganizationUsageEmbeddingsResult,
// OrganizationCostsResult): `GET /v1/organization/usage/completions` and `/costs`, buckets with start_time and end_time in epoch
// seconds UTC. The dashboard's CSV files flatten the same members behind start_time, end_time, start_time_iso, end_time_iso;
// costs as amount_value, amount_currency, line_item, quantity (header as published by users of the export, 2026-09).
// `line_item` reads `MODEL, CLASS`, e.g. `gpt-5-nano, input_tokens` or `gpt-4o-2024-08-06, cached input`.
import { amountOf, countOf, emptyLine, momentOf, sumStated, wordOf, type ExportLine, type TokenClass } from './form.ts'

type Members = Readonly<Record<string, unknown>>

/** Which of OpenAI's forms has these members; `undefined`: none of them. */
export function openaiForm(has: (name: string) => boolean): 'usage' | 'costs' | undefined {
  if (has('num_model_requests') || (has('input_tokens') && has('input_cached_tokens'))) return 'usage'
  if (has('amount_value') || has('line_item') || has('amount')) return 'costs'
  // A month without usage is exported as times alone.
  return has('start_time_iso') ? 'usage' : undefined
}

/** A usage result; `input_tokens` includes cached and cache-write tokens. `undefined`: a bucket without usage. */
export function openaiUsage(row: Members, atMs: number): ExportLine | undefined {
  const [requests, input, output] = [countOf(row['num_model_requests']), countOf(row['input_tokens']), countOf(row['output_tokens'])]
  if (requests === undefined && input === undefined && output === undefined) return undefined
  const isBatch = row['batch'] === true || String(row['batch']).toLowerCase() === 'true'
  return {
    ...emptyLine(atMs),
    model: wordOf(row['model']),
    tier: isBatch ? 'batch' : wordOf(row['service_tier']),
    requests,
    input,
    cacheRead: countOf(row['input_cached_tokens']),
    cacheWrite: countOf(row['input_cache_write_tokens']) ?? sumStated([countOf(row['input_cache_write_30m_tokens']), countOf(row['input_cache_write_12h_tokens'])]),
    // Embeddings have no output: a 0 that the form itself states.
    output: output ?? (input === undefined ? undefined : 0),
  }
}

/** A costs result, from JSON (`amount.value`) or a CSV row (`amount_value`). `undefined`: no amount, or not in dollars. */
export function openaiCost(row: Members, atMs: number): ExportLine | undefined {
  const amount = row['amount']
  const nested = typeof amount === 'object' && amount !== null ? amount : {}
  const usd = amountOf('value' in nested ? nested.value : (row['amount_value'] ?? amount))
  const currency = wordOf('currency' in nested ? nested.currency : row['amount_currency']) ?? 'usd'
  if (usd === undefined || currency.toLowerCase() !== 'usd') return undefined
  const item = lineItem(wordOf(row['line_item']))
  return { ...emptyLine(atMs), model: item.model, tier: item.tier, usd, usdOf: item.usdOf }
}

/** Reads `MODEL, CLASS`; an item that names no class (`web search tool calls`) is billed besides tokens. */
function lineItem(text: string | undefined): { readonly model: string | undefined; readonly tier: string | undefined; readonly usdOf: TokenClass | 'other' | undefined } {
  if (text === undefined) return { model: undefined, tier: undefined, usdOf: undefined }
  const comma = text.indexOf(',')
  if (comma === -1) return { model: text, tier: undefined, usdOf: undefined }
  const what = text.slice(comma + 1).toLowerCase().replaceAll('_', ' ')
  const tier = /\b(batch|flex|priority|scale)\b/.exec(what)?.[1]
  const usdOf = /cache.*(write|creation|storage)/.test(what) ? 'cacheWrite' : what.includes('cached') ? 'cacheRead' : what.includes('input') ? 'input' : what.includes('output') ? 'output' : 'other'
  return { model: text.slice(0, comma).trim(), tier, usdOf }
}

/** When a row begins: `start_time` in seconds, or its ISO twin. */
export function openaiStart(row: Members): number | undefined {
  return momentOf(row['start_time']) ?? momentOf(row['start_time_iso']) ?? momentOf(row['date'])
}
