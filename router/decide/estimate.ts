// What a request would cost at a target, before it is sent. Pure.
import type { Target } from '../../core/config.ts'
import { blendedPer1k, costOf } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import type { ExpectedOutput } from './expected-output.ts'

/** Both `undefined`: the target is unpriced. */
export type Estimate = { readonly usd: number | undefined; readonly per1kUsd: number | undefined }

/** What of a request is likely to come from cache: tokens that its conversation sent there before. */
export type Warmth = { readonly prefixTokens: number } | undefined

/**
 * Estimated dollars, and blended dollars per 1,000 tokens, of one request: cache-aware input plus the output length that
 * this target's own calls lead one to expect, capped by what the client allows.
 */
export function estimateCost(target: Target, task: string, inputTokens: number, maxOutputTokens: number | undefined, expected: ExpectedOutput, warmth?: Warmth): Estimate {
  const { outputTokens, cacheReadShare } = expected.expect(target.evidenceKey, task, inputTokens, warmth?.prefixTokens)
  const output = Math.min(outputTokens, maxOutputTokens ?? Infinity)
  const usd = costOf(usageOf({ inputTotal: inputTokens, cacheRead: inputTokens * cacheReadShare, outputTotal: output }), target.price)
  return { usd, per1kUsd: usd === undefined ? undefined : blendedPer1k(inputTokens, output, usd) }
}
