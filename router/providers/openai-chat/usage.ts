// The usage objects of OpenAI-compatible providers → canonical usage. Pure; a detail that is not stated stays undefined.
import type { Usage } from '../../../core/usage.ts'
import { amountAt, isObject, objectAt } from '../json.ts'

/**
 * Canonical usage of an OpenAI Chat Completions `usage` object and of its dialects: cached tokens as
 * `prompt_tokens_details.cached_tokens` (OpenAI), `cached_tokens` (Moonshot) or `prompt_cache_hit_tokens` (DeepSeek), all inside
 * `prompt_tokens`; reasoning inside `completion_tokens`; `cost` in dollars (OpenRouter). `undefined` for anything but an object.
 */
export function canonicalUsage(raw: unknown): Usage | undefined {
  if (!isObject(raw)) return undefined
  const input = objectAt(raw, 'prompt_tokens_details')
  const output = objectAt(raw, 'completion_tokens_details')
  const cacheRead = amountAt(input, 'cached_tokens') ?? amountAt(raw, 'prompt_cache_hit_tokens') ?? amountAt(raw, 'cached_tokens')
  return {
    inputTotal: amountAt(raw, 'prompt_tokens'),
    cacheRead,
    cacheWrite: amountAt(input, 'cache_write_tokens'),
    cacheWrite1h: undefined,
    outputTotal: amountAt(raw, 'completion_tokens'),
    reasoning: amountAt(output, 'reasoning_tokens'),
    reportedCostUsd: amountAt(raw, 'cost'),
    raw,
  }
}
