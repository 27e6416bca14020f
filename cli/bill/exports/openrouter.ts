// OpenRouter's activity: the CSV of single generations, the CSV by day, and the activity API. In: rows by column name. Out: lines.
//
// Sources: openrouter.ai/docs, Activity export and `GET /api/v1/activity` (date, model, model_permaslug, usage, byok_usage_inference,
// requests, prompt_tokens, completion_tokens, reasoning_tokens; UTC days; reasoning is inside completion). CSV of generations:
// generation_id, created_at, cost_total, tokens_prompt, tokens_completion, tokens_reasoning, tokens_cached, model_permaslug, variant,
// cancelled; CSV by day: Date, Slug, Usage, BYOK Usage, Requests, Prompt Tokens, Completion Tokens, Reasoning Tokens (headers as
// published by users of the exports, 2026-05 to 2026-09).
import { amountOf, countOf, emptyLine, momentOf, wordOf, type ExportLine } from './form.ts'

type Members = Readonly<Record<string, unknown>>

/** Which of OpenRouter's forms has these members (in lower case, `_` for spaces); `undefined`: none of them. */
export function openrouterForm(has: (name: string) => boolean): 'generations' | 'activity' | undefined {
  if (has('generation_id') || has('cost_total')) return 'generations'
  return has('byok_usage') || has('byok_usage_inference') || has('model_permaslug') ? 'activity' : undefined
}

/** One generation. A row without tokens and cost says nothing. */
export function openrouterGeneration(row: Members, atMs: number): ExportLine | undefined {
  const [input, output, usd] = [countOf(row['tokens_prompt']), countOf(row['tokens_completion']), amountOf(row['cost_total'])]
  if (input === undefined && output === undefined && usd === undefined) return undefined
  return { ...emptyLine(atMs), model: wordOf(row['model_permaslug']) ?? wordOf(row['model']), requests: 1, input, cacheRead: countOf(row['tokens_cached']), output, usd }
}

/** One model on one day. Dollars are what OpenRouter charged; what it estimates for a customer's own keys is not its bill. */
export function openrouterDay(row: Members, atMs: number): ExportLine | undefined {
  const [requests, input, output, usd] = [countOf(row['requests']), countOf(row['prompt_tokens']), countOf(row['completion_tokens']), amountOf(row['usage'])]
  if (requests === undefined && input === undefined && usd === undefined) return undefined
  return { ...emptyLine(atMs), model: wordOf(row['model_permaslug']) ?? wordOf(row['slug']) ?? wordOf(row['model']), requests, input, output, usd }
}

/** When a row is: `created_at` of a generation, `date` of a day. */
export function openrouterStart(row: Members): number | undefined {
  return momentOf(row['created_at'] ?? row['date'])
}
