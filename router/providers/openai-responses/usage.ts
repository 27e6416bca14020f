// `response.usage` of the Responses API → canonical usage. Pure; a detail that is not stated stays undefined.
import type { Usage } from '../../../core/usage.ts'
import { amountAt, isObject, objectAt } from '../json.ts'
import { OPENAI_USAGE, reportedCost, type UsageRules } from '../openai-chat/usage.ts'

/**
 * Input includes cache reads and writes, output includes reasoning (openai 7.57, `ResponseUsage`). Of the dialect only the way
 * dollars are reported counts here: xAI's and OpenRouter's Responses count tokens as OpenAI's do. `undefined` for anything but an object.
 */
export function responseUsage(raw: unknown, rules: UsageRules = OPENAI_USAGE): Usage | undefined {
  if (!isObject(raw)) return undefined
  const input = objectAt(raw, 'input_tokens_details')
  return {
    inputTotal: amountAt(raw, 'input_tokens'),
    cacheRead: amountAt(input, 'cached_tokens'),
    cacheWrite: amountAt(input, 'cache_write_tokens'),
    cacheWrite1h: undefined,
    outputTotal: amountAt(raw, 'output_tokens'),
    reasoning: amountAt(objectAt(raw, 'output_tokens_details'), 'reasoning_tokens'),
    reportedCostUsd: reportedCost(raw, rules),
    raw,
  }
}
