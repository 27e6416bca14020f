// The usage objects of OpenAI-compatible providers → canonical usage. Pure; a detail that is not stated stays undefined.
import type { Usage } from '../../../core/usage.ts'
import { amountAt, isObject, objectAt, type JsonObject } from '../json.ts'

/** How a dialect counts where it differs from OpenAI. */
export type UsageRules = {
  /** Whether reasoning tokens come on top of `completion_tokens` (unless the total says otherwise). */
  readonly reasoningIsExtra: boolean
  /** Whether cached tokens that exceed the prompt's stand beside it, not inside. */
  readonly cachedMayBeExtra: boolean
  /** Where the dollars of the exchange stand, if the provider tells them. */
  readonly reportedCost: 'none' | 'usd' | 'xai_ticks'
}

/** As OpenAI counts: everything inside its sum, and no dollars. */
export const OPENAI_USAGE: UsageRules = { reasoningIsExtra: false, cachedMayBeExtra: false, reportedCost: 'none' }

/** xAI's unit of money (its cost tracking page, 2026): dollars × 10^10. */
const TICKS_PER_USD = 1e10

/**
 * Canonical usage of a `usage` object. Cached tokens as `prompt_tokens_details.cached_tokens` (OpenAI), `cached_tokens` (Moonshot),
 * `prompt_cache_hit_tokens` (DeepSeek) or `num_cached_tokens` (Mistral); cache writes as `cache_write_tokens` (OpenAI, OpenRouter) or
 * `cache_creation_input_tokens` (Qwen). Rejected prediction tokens are inside `completion_tokens` (openai 7.57, `CompletionUsage`), so
 * they are billed without more ado. `undefined` for anything but an object.
 */
export function canonicalUsage(raw: unknown, rules: UsageRules = OPENAI_USAGE): Usage | undefined {
  if (!isObject(raw)) return undefined
  const input = objectAt(raw, 'prompt_tokens_details') ?? objectAt(raw, 'prompt_token_details')
  const output = objectAt(raw, 'completion_tokens_details')
  const prompt = amountAt(raw, 'prompt_tokens')
  const completion = amountAt(raw, 'completion_tokens')
  const cacheRead = amountAt(input, 'cached_tokens') ?? amountAt(raw, 'prompt_cache_hit_tokens') ?? amountAt(raw, 'cached_tokens') ?? amountAt(raw, 'num_cached_tokens')
  const reasoning = amountAt(output, 'reasoning_tokens') ?? amountAt(raw, 'reasoning_tokens')
  const cachedIsExtra = rules.cachedMayBeExtra && prompt !== undefined && cacheRead !== undefined && cacheRead > prompt
  return {
    inputTotal: cachedIsExtra ? prompt + cacheRead : prompt,
    cacheRead,
    cacheWrite: amountAt(input, 'cache_write_tokens') ?? amountAt(input, 'cache_creation_input_tokens') ?? amountAt(raw, 'cache_creation_input_tokens'),
    cacheWrite1h: amountAt(objectAt(input, 'cache_creation'), 'ephemeral_1h_input_tokens'),
    outputTotal: completion === undefined ? undefined : completion + extraReasoning(raw, prompt, completion, reasoning, rules),
    reasoning,
    reportedCostUsd: reportedCost(raw, rules),
    raw,
  }
}

/** Reasoning tokens that are not in `completion_tokens`. The total decides where it fits only one reading; else the dialect. */
function extraReasoning(raw: JsonObject, prompt: number | undefined, completion: number, reasoning: number | undefined, rules: UsageRules): number {
  if (reasoning === undefined || reasoning === 0) return 0
  const total = amountAt(raw, 'total_tokens')
  if (total !== undefined && prompt !== undefined) {
    if (total === prompt + completion + reasoning) return reasoning
    if (total === prompt + completion) return 0
  }
  return rules.reasoningIsExtra ? reasoning : 0
}

/** Dollars of the exchange, where the usage object tells them. */
export function reportedCost(raw: JsonObject, rules: UsageRules): number | undefined {
  switch (rules.reportedCost) {
    case 'none':
      return undefined
    case 'xai_ticks': {
      const ticks = amountAt(raw, 'cost_in_usd_ticks')
      return ticks === undefined ? undefined : ticks / TICKS_PER_USD
    }
    case 'usd': {
      const cost = amountAt(raw, 'cost')
      // With a key of one's own, `cost` is OpenRouter's fee alone and the provider behind it bills the rest.
      const upstream = raw['is_byok'] === true ? amountAt(objectAt(raw, 'cost_details'), 'upstream_inference_cost') : 0
      return cost === undefined || upstream === undefined ? undefined : cost + upstream
    }
  }
}
