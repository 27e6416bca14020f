// Prices from the @pydantic/genai-prices data set, turned into our tiers once per target when a configuration loads.
// Its calcPrice costs 45–139 µs and throws on odd usage, so it runs here to look a model up and never per call.
import { calcPrice, findProvider, type ModelPrice, type TieredPrices } from '@pydantic/genai-prices'
import type { PriceBook, PriceTier, TargetPrice } from '../../core/prices.ts'

/** Version of the data set, as pinned in package.json; stored with every cost. */
export const GENAI_PRICES_VERSION = 'genai-prices@0.1.8'

/** The data set's price classes that we bill, by our name. All in USD per million tokens. */
const CLASSES = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
} as const

/**
 * A price book over the packaged data: a provider is found by its base address, else by its configured name; `undefined`
 * when the provider or the model is unknown, so that a private server is never priced as somebody else's model.
 * `at` picks among dated prices (default: now). Where a provider charges by time of day (DeepSeek), the off-peak price is
 * taken, because one price must hold for a target until the configuration loads again.
 */
export function genaiPriceBook(options: { readonly at?: Date } = {}): PriceBook {
  const at = offPeak(options.at ?? new Date())
  return {
    find(hint, model) {
      const provider = findProvider({ providerApiUrl: hint.baseUrl }) ?? findProvider({ providerId: hint.name })
      if (provider === undefined) return undefined
      const found = calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { provider, timestamp: at })
      return found === null ? undefined : toTargetPrice(found.model_price)
    },
  }
}

/** The same day at 20:00 UTC, outside every time-of-day window of the data set (01–04 and 06–10 UTC). */
function offPeak(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), 20))
}

/** Our tiers from one model's prices; `undefined` when input or output has no price. */
export function toTargetPrice(price: ModelPrice): TargetPrice | undefined {
  const starts = new Set([0])
  for (const key of Object.values(CLASSES)) for (const tier of tiersOf(price[key])) starts.add(tier.fromInputTokens)
  const tiers: PriceTier[] = []
  for (const fromInputTokens of [...starts].sort((a, b) => a - b)) {
    const at = (key: string): number | undefined => priceAt(price[key], fromInputTokens)
    const input = at(CLASSES.input)
    const output = at(CLASSES.output)
    if (input === undefined || output === undefined) return undefined
    tiers.push({
      fromInputTokens,
      input,
      output,
      cacheRead: at(CLASSES.cacheRead),
      cacheWrite: at(CLASSES.cacheWrite),
      cacheWrite1h: at(CLASSES.cacheWrite1h),
    })
  }
  const [base, ...rest] = tiers
  if (base === undefined) return undefined
  const perThousandRequests = priceAt(price['requests_kcount'], 0) ?? 0
  return { tiers: [base, ...rest], perRequest: perThousandRequests / 1000, version: GENAI_PRICES_VERSION }
}

// The data set's tier applies to inputs *above* its start; ours from a count on.
function tiersOf(price: number | TieredPrices | undefined): { fromInputTokens: number; price: number }[] {
  if (price === undefined || typeof price === 'number') return []
  return price.tiers.map((tier) => ({ fromInputTokens: tier.start + 1, price: tier.price }))
}

function priceAt(price: number | TieredPrices | undefined, inputTokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price
  let chosen = price.base
  for (const tier of tiersOf(price)) if (inputTokens >= tier.fromInputTokens) chosen = tier.price
  return chosen
}
