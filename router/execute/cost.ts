// What an attempt cost, and where that number comes from. Pure.
import type { CostSource } from '../../core/attributes.ts'
import { costOf, type TargetPrice } from '../../core/prices.ts'
import { usageOf, type Usage } from '../../core/usage.ts'

export type Cost = { readonly usd: number | undefined; readonly source: CostSource }

/** What was seen of an attempt, whatever became of it. */
export type Seen = {
  readonly usage: Usage | undefined
  /** Whether the provider may bill it: the request went out and was not answered with an error status. */
  readonly billable: boolean
  /** Characters of output seen. */
  readonly characters: number
  /** Input tokens as estimated before the attempt. */
  readonly inputTokens: number
}

/** Characters of English text per token, as tokenizers of current models average; only for answers without usage. */
export const CHARACTERS_PER_TOKEN = 4

/**
 * Dollars of an attempt: the provider's own figure, else its tokens at the target's price, else (an answer that was cut,
 * abandoned or came without usage) an estimate from what was seen. An attempt that no provider bills costs 0.
 */
export function attemptCost(seen: Seen, price: TargetPrice | undefined): Cost {
  if (seen.usage?.reportedCostUsd !== undefined) return { usd: seen.usage.reportedCostUsd, source: 'provider' }
  if (seen.usage !== undefined) {
    const usd = costOf(seen.usage, price)
    if (usd !== undefined) return { usd, source: 'priced' }
  }
  if (!seen.billable) return { usd: 0, source: 'estimated' }
  const estimated = usageOf({
    inputTotal: seen.usage?.inputTotal ?? Math.ceil(seen.inputTokens),
    cacheRead: seen.usage?.cacheRead,
    outputTotal: seen.usage?.outputTotal ?? Math.ceil(seen.characters / CHARACTERS_PER_TOKEN),
  })
  const usd = costOf(estimated, price)
  return usd === undefined ? { usd: undefined, source: 'unpriced' } : { usd, source: 'estimated' }
}

/** Sums of a call: `undefined` when any attempt's cost is unknown. */
export function callCost(attempts: readonly { readonly cost: Cost; readonly wasted: boolean }[]): { usd: number | undefined; wastedUsd: number | undefined } {
  const sum = (parts: readonly { readonly cost: Cost }[]): number | undefined =>
    parts.reduce<number | undefined>((total, part) => (total === undefined || part.cost.usd === undefined ? undefined : total + part.cost.usd), 0)
  return { usd: sum(attempts), wastedUsd: sum(attempts.filter((attempt) => attempt.wasted)) }
}
