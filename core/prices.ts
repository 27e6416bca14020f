// What tokens cost. A price is resolved once per target when the configuration loads (from an override, or from the
// price book through `PriceBook`); `costOf` is then a few multiplications per call. Unknown is `undefined`, never 0.
import type { Usage } from './usage.ts'

/** Dollars per million tokens of each class, from a number of input tokens on. */
export type PriceTier = {
  /** This tier prices the whole request when its input total is at least this many tokens; 0 for the base tier. */
  readonly fromInputTokens: number
  readonly input: number
  readonly output: number
  /** `undefined`: cache reads are billed as plain input. */
  readonly cacheRead: number | undefined
  /** Five-minute cache writes; `undefined`: billed as plain input. */
  readonly cacheWrite: number | undefined
  /** One-hour cache writes; `undefined`: billed as `cacheWrite`. */
  readonly cacheWrite1h: number | undefined
}

/** The price of one target. Tiers ascend by `fromInputTokens`; the first starts at 0. */
export type TargetPrice = {
  readonly tiers: readonly [PriceTier, ...PriceTier[]]
  /** Dollars per request besides tokens. */
  readonly perRequest: number
  /** Names the source and its version, e.g. `genai-prices@0.1.8` or `override:3f2a`. Stored with every cost. */
  readonly version: string
}

/** Finds prices by provider address and model name; `undefined` when unknown. Implemented over a price data set in store/. */
export interface PriceBook {
  /** `providerHint` is the configured provider's name or its base address. */
  find(providerHint: { name: string; baseUrl: string }, model: string): TargetPrice | undefined
}

/** Picks the tier that prices a request of this input size. */
export function tierFor(price: TargetPrice, inputTokens: number): PriceTier {
  let chosen: PriceTier = price.tiers[0]
  for (const tier of price.tiers) if (inputTokens >= tier.fromInputTokens) chosen = tier
  return chosen
}

/**
 * Dollars of one exchange, or `undefined` when input or output tokens or the price are unknown.
 * (input − read − write)·in + read·cacheRead + write5m·cacheWrite + write1h·cacheWrite1h + output·out + perRequest, not below 0.
 */
export function costOf(usage: Usage, price: TargetPrice | undefined): number | undefined {
  if (price === undefined || usage.inputTotal === undefined || usage.outputTotal === undefined) return undefined
  const tier = tierFor(price, usage.inputTotal)
  const read = usage.cacheRead ?? 0
  const write1h = usage.cacheWrite1h ?? 0
  const write5m = Math.max(0, (usage.cacheWrite ?? 0) - write1h)
  const plain = Math.max(0, usage.inputTotal - read - write5m - write1h)
  const cacheWrite = tier.cacheWrite ?? tier.input
  const perMillion =
    plain * tier.input +
    read * (tier.cacheRead ?? tier.input) +
    write5m * cacheWrite +
    write1h * (tier.cacheWrite1h ?? cacheWrite) +
    usage.outputTotal * tier.output
  return Math.max(0, perMillion / 1e6 + price.perRequest)
}

/**
 * Dollars per 1,000 tokens, input and output together, for a request of these sizes: the number that
 * `max_cost_per_1k` bounds. `undefined` when there are no tokens to divide by.
 */
export function blendedPer1k(inputTokens: number, outputTokens: number, costUsd: number): number | undefined {
  const total = inputTokens + outputTokens
  return total > 0 ? (costUsd / total) * 1000 : undefined
}

/** Dollars as the text that a Decimal(18,12) column takes; `undefined` and non-finite stay `undefined`. */
export function decimalUsd(costUsd: number | undefined): string | undefined {
  return costUsd === undefined || !Number.isFinite(costUsd) ? undefined : costUsd.toFixed(12)
}
