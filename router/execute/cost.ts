// What an attempt cost, and where that number comes from. Pure.
import type { CostSource } from '../../core/attributes.ts'
import { cacheSaving, costOf, knowsServiceTier, type PricedAt, type TargetPrice } from '../../core/prices.ts'
import { usageOf, type Usage } from '../../core/usage.ts'

/**
 * `usd`: `undefined` when unknown. `pricedUsd`: what our own price makes of the same usage, where the provider reported a figure
 * of its own; for the difference. `cacheSavedUsd`: what the same tokens would have cost more without the prompt cache; left out where
 * none was used, or nothing is known of it.
 */
export type Cost = { readonly usd: number | undefined; readonly source: CostSource; readonly pricedUsd?: number | undefined; readonly cacheSavedUsd?: number | undefined }

/** What was seen of an attempt, whatever became of it. */
export type Seen = {
  readonly usage: Usage | undefined
  /** Whether the provider may bill it: the request went out and was not answered with an error status. */
  readonly billable: boolean
  /** Characters of output seen. */
  readonly characters: number
  /** Input tokens as estimated before the attempt. */
  readonly inputTokens: number
  /**
   * Whether the answer was cut or given up before its end. Usage that came before the end (Anthropic's message_start) then
   * counts only what was made until then, so that the sum is an estimate. Left out: it was not.
   */
  readonly cut?: boolean | undefined
}

/** Characters of English text per token, as tokenizers of current models average; only for answers without usage. */
export const CHARACTERS_PER_TOKEN = 4

/**
 * Dollars of an attempt: the provider's own figure, else its tokens at the target's price as of `at`, else (an answer that was
 * cut, abandoned, came without usage, or was served at a tier without a price) an estimate from what was seen. An attempt that
 * no provider bills (refused with an error status, never sent) costs 0, unless it came with usage, which is billed.
 */
export function attemptCost(seen: Seen, price: TargetPrice | undefined, at?: PricedAt): Cost {
  const cost = plainCost(seen, price, at)
  const cacheSavedUsd = seen.usage === undefined ? undefined : cacheSaving(seen.usage, price, at)
  return cacheSavedUsd === undefined ? cost : { ...cost, cacheSavedUsd }
}

function plainCost(seen: Seen, price: TargetPrice | undefined, at?: PricedAt): Cost {
  const { usage } = seen
  const reported = usage?.reportedCostUsd
  if (reported !== undefined && Number.isFinite(reported) && reported >= 0) {
    const pricedUsd = usage === undefined ? undefined : costOf(usage, price, at)
    return { usd: reported, source: 'provider', ...(pricedUsd === undefined ? {} : { pricedUsd }) }
  }
  if (usage !== undefined && seen.cut !== true) {
    const usd = costOf(usage, price, at)
    if (usd !== undefined && price !== undefined) return { usd, source: knowsServiceTier(price, at) ? 'priced' : 'estimated' }
  }
  if (!seen.billable && usage === undefined) return { usd: 0, source: 'estimated' }
  const usd = costOf(estimatedUsage(seen), price, at)
  return usd === undefined ? { usd: undefined, source: 'unpriced' } : { usd, source: 'estimated' }
}

/** Tokens of an attempt, input and output together, as budgets count them: those that its cost is worked out from; 0 for what no provider bills. */
export function attemptTokens(seen: Seen): number {
  if (seen.usage === undefined && !seen.billable) return 0
  const { inputTotal, outputTotal } = estimatedUsage(seen)
  return (inputTotal ?? 0) + ((seen.cut === true ? undefined : seen.usage?.outputTotal) ?? outputTotal ?? 0)
}

/** What is known of the tokens, with what is not taken from the text that was seen; never fewer tokens than text. */
function estimatedUsage({ usage, characters, inputTokens }: Seen): Usage {
  const seenOutput = Math.ceil(characters / CHARACTERS_PER_TOKEN)
  return usageOf({
    inputTotal: usage?.inputTotal ?? Math.ceil(inputTokens),
    cacheRead: usage?.cacheRead,
    cacheWrite: usage?.cacheWrite,
    cacheWrite1h: usage?.cacheWrite1h,
    outputTotal: Math.max(usage?.outputTotal ?? 0, seenOutput),
    raw: usage?.raw,
  })
}

/** Sums of a call: `undefined` when any attempt's cost is unknown. */
export function callCost(attempts: readonly { readonly cost: Cost; readonly wasted: boolean }[]): { usd: number | undefined; wastedUsd: number | undefined } {
  const sum = (parts: readonly { readonly cost: Cost }[]): number | undefined =>
    parts.reduce<number | undefined>((total, part) => (total === undefined || part.cost.usd === undefined ? undefined : total + part.cost.usd), 0)
  return { usd: sum(attempts), wastedUsd: sum(attempts.filter((attempt) => attempt.wasted)) }
}
