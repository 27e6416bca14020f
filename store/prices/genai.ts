// Prices from the packaged @pydantic/genai-prices data set. The library is loaded at the first price it is asked for (5 MB
// resident, 40 ms), each provider's data are reduced once, and looking a model up never runs its calcPrice (45–139 µs).
import { createRequire } from 'node:module'
import type { PriceBook, TargetPrice } from '../../core/prices.ts'
import { systemClock } from '../../core/seams.ts'
import { findModel, parseProvider, type GenaiProvider } from './genai-format.ts'
import { priceOfModelData } from './genai-rates.ts'

/** Version of the data set, as pinned in package.json; stored with every cost. */
export const GENAI_PRICES_VERSION = 'genai-prices@0.1.8'

/** Which moment's prices count as in force: a fixed one, a clock's, or (left out) the machine's own time. */
export type PricesAt = { readonly at?: Date; readonly nowMs?: () => number }

/** The moment as a function. */
export function momentOf({ at, nowMs }: PricesAt): () => number {
  return at === undefined ? (nowMs ?? systemClock.nowMs) : () => at.getTime()
}

/** Names remembered per provider: `provider/model` names come from clients. */
const MOST_NAMES = 512

/**
 * A price book over the packaged data: a provider is found by its base address, else by its configured name; `undefined`
 * when the provider or the model is unknown, so that a private server is never priced as somebody else's model.
 * `options` say which of dated prices and daily windows count as in force (default: those at the moment of asking).
 */
export function genaiPriceBook(options: PricesAt = {}): PriceBook {
  const packaged = packagedProviders()
  const nowMs = momentOf(options)
  return {
    nowMs,
    find(hint, model): TargetPrice | undefined {
      const provider = packaged.of(hint)
      const known = provider === undefined ? undefined : packaged.model(provider, model)
      if (provider === undefined || known === undefined) return undefined
      return priceOfModelData(known, { provider: provider.id, baseUrl: hint.baseUrl, version: GENAI_PRICES_VERSION, nowMs: nowMs() })
    },
    contextWindow(hint, model) {
      const provider = packaged.of(hint)
      return (provider === undefined ? undefined : packaged.model(provider, model))?.context_window ?? undefined
    },
  }
}

type Library = typeof import('@pydantic/genai-prices')

/** The packaged data by provider, reduced as they are asked for. */
function packagedProviders(): { of(hint: { readonly name: string; readonly baseUrl: string }): GenaiProvider | undefined; model(provider: GenaiProvider, name: string): GenaiProvider['models'][number] | undefined } {
  let library: Library | undefined
  const byHint = new Map<string, GenaiProvider | undefined>()
  const byId = new Map<string, GenaiProvider | undefined>()
  const models = new Map<string, GenaiProvider['models'][number] | undefined>()
  const loaded = (): Library => (library ??= createRequire(import.meta.url)('@pydantic/genai-prices') as Library) // its own types
  const reduced = (found: ReturnType<Library['findProvider']>): GenaiProvider | undefined => {
    if (found === undefined) return undefined
    if (!byId.has(found.id)) byId.set(found.id, parseProvider(found))
    return byId.get(found.id)
  }
  const other = (id: string): GenaiProvider | undefined => (byId.has(id) ? byId.get(id) : reduced(loaded().findProvider({ providerId: id })))
  return {
    of(hint) {
      const key = `${hint.name}\n${hint.baseUrl}`
      if (!byHint.has(key)) byHint.set(key, reduced(loaded().findProvider({ providerApiUrl: hint.baseUrl }) ?? loaded().findProvider({ providerId: hint.name })))
      return byHint.get(key)
    },
    model(provider, name) {
      const key = `${provider.id}\n${name}`
      if (!models.has(key)) {
        if (models.size >= MOST_NAMES) models.clear()
        models.set(key, findModel(provider, name, other))
      }
      return models.get(key)
    },
  }
}
