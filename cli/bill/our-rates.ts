// What we charge a model's tokens at, for laying a provider's dollars beside: the target's own price, else the model's. In: the
// configuration and the price book. Out: dollars per million by class, on a day, at a tier; `undefined` where there is no price.
import { priceOfModel, type Config } from '../../core/config.ts'
import { ratesAt } from '../../core/price-schedule.ts'
import { serviceTierName, tierFor, type PriceBook, type PriceTier, type TargetPrice } from '../../core/prices.ts'
import type { ClassRates, RatesOf } from './causes.ts'
import { STANDARD } from './cells.ts'

/** Rates of the base tier at noon of the day: long-context tiers go by request and cannot be told from sums. */
export function ourRates(config: Config, book: PriceBook): RatesOf {
  const known = new Map<string, TargetPrice | undefined>()
  const priceOf = (providerName: string, model: string): TargetPrice | undefined => {
    const key = JSON.stringify([providerName, model])
    if (!known.has(key)) {
      const target = [...config.targets.values()].find((one) => one.provider.name === providerName && one.model === model)
      const provider = config.providers.get(providerName)
      known.set(key, target === undefined ? (provider === undefined ? undefined : priceOfModel(config.settings.prices, provider, model, book)) : target.price)
    }
    return known.get(key)
  }
  return ({ provider, model, day, tier }) => {
    const price = priceOf(provider, model)
    if (price === undefined) return undefined
    const rates = ratesAt(price, Date.parse(`${day}T12:00:00Z`))
    const name = tier === STANDARD ? undefined : serviceTierName(tier)
    if (name === undefined) return classRates(tierFor(rates, 0), 1)
    const special = rates.serviceTiers?.[name]
    if (special === undefined) return undefined
    return typeof special === 'number' ? classRates(tierFor(rates, 0), special) : classRates(tierFor({ tiers: special }, 0), 1)
  }
}

function classRates(tier: PriceTier, factor: number): ClassRates {
  return { input: tier.input * factor, cacheRead: (tier.cacheRead ?? tier.input) * factor, cacheWrite: (tier.cacheWrite ?? tier.input) * factor, output: tier.output * factor }
}
