// How much of its budgets one call would take at a target, before it is made: from the estimate of its input, what it asks for, and what
// such calls came to before. Pure.
import type { Config, Target } from '../../core/config.ts'
import { likelyReserve, mostReserve, type Foreseen } from '../../core/reserve.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { ExpectedOutput } from '../decide/expected-output.ts'
import { textAt, type JsonObject } from '../providers/json.ts'
import { counted } from './amounts.ts'

/** What a call asks for beyond its facts. */
export type Extent = { readonly choices: number; readonly serviceTier: string | undefined }

export function extentOf(native: JsonObject): Extent {
  const n = native['n']
  return { choices: typeof n === 'number' && Number.isInteger(n) && n > 1 ? n : 1, serviceTier: textAt(native, 'service_tier') }
}

/** `usd` is `undefined` for a target without a price where such calls are refused under a dollar limit. */
export type Need = { readonly usd: number | undefined; readonly tokens: number }

export function needAt(target: Target, task: string, facts: CallFacts, extent: Extent, expected: ExpectedOutput, config: Config, nowMs: number): Need {
  const { budgets } = config.settings
  const { outputTokens, cacheReadShare } = expected.expect(target.evidenceKey, task, facts.inputTokens)
  const call: Foreseen = {
    inputTokens: facts.inputTokens,
    maxOutputTokens: facts.maxOutputTokens,
    expectedOutputTokens: outputTokens,
    cacheReadShare,
    ...extent,
  }
  const { usd, tokens } = budgets.reserve === 'most' ? mostReserve(call, target.price, nowMs, assumedOutput(target, facts, budgets.assumed_output_tokens)) : likelyReserve(call, target.price, nowMs)
  const standIn = budgets.unpriced === 'refuse' ? undefined : budgets.unpriced.count_as_usd
  const dollars = usd ?? standIn
  return { usd: dollars === undefined ? undefined : counted(dollars), tokens }
}

/** No answer is longer than what the context leaves. */
function assumedOutput(target: Target, facts: CallFacts, most: number): number {
  return target.contextWindow === undefined ? most : Math.max(1, Math.min(most, target.contextWindow - facts.inputTokens))
}
