// The data format of genai-prices (its published data.json and the packaged data alike), checked and reduced to what pricing
// needs: who the provider is, which names mean which model, and what it costs over time. Pure.
import { z } from 'zod'
import { isSafeRegex } from '../../core/safe-regex.ts'
import { matches, matchLogic, withDashedDates } from './match.ts'

const usd = z.number().nonnegative().finite()
/** A tier applies to inputs of more than `start` tokens. */
const tiered = z.object({ base: usd, tiers: z.array(z.object({ start: z.number().int().nonnegative(), price: usd })).max(64) })
/** Price per unit by the format's key, e.g. input_mtok. A null is as good as absent. */
const modelPrice = z.record(z.string().max(64), z.union([usd, tiered]).nullish())
const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/)
const constraint = z.union([
  z.object({ start_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/).refine((date) => !Number.isNaN(Date.parse(date))) }),
  z.object({ start_time: timeOfDay, end_time: timeOfDay }),
])
const conditional = z.object({ constraint: constraint.nullish(), prices: modelPrice })

const model = z.object({
  id: z.string().min(1).max(256),
  match: matchLogic,
  context_window: z.number().int().positive().nullish(),
  prices: z.union([z.array(conditional).min(1).max(64), modelPrice]),
})

const provider = z.object({
  id: z.string().min(1).max(128),
  api_pattern: z.string().max(1024).refine(isSafeRegex, 'is no regular expression, or one whose matching could take for ever'),
  provider_match: matchLogic.nullish(),
  fallback_model_providers: z.array(z.string().max(128)).max(32).nullish(),
  models: z.array(model).max(20_000),
})

/** The schema of a whole file; members that pricing does not need are left out of the result. */
export const genaiData = z.array(provider).min(1).max(2_000)

export type GenaiProvider = z.infer<typeof provider>
export type GenaiModel = z.infer<typeof model>
export type GenaiModelPrice = z.infer<typeof modelPrice>
export type GenaiConditional = z.infer<typeof conditional>
export type GenaiPrice = z.infer<typeof tiered> | number

/** Checks one provider's data. Throws a ZodError. */
export function parseProvider(data: unknown): GenaiProvider {
  return provider.parse(data)
}

/**
 * The provider that an address or a name means: by address first, because a name may be anything; `undefined` when neither is
 * known.
 */
export function findProvider(providers: readonly GenaiProvider[], hint: { readonly name: string; readonly baseUrl: string }): GenaiProvider | undefined {
  const name = hint.name.toLowerCase()
  return (
    providers.find((known) => new RegExp(`^(?:${known.api_pattern})`).test(hint.baseUrl)) ??
    providers.find((known) => known.id === name) ??
    providers.find((known) => known.provider_match != null && matches(known.provider_match, name))
  )
}

/** The model that a name means at a provider, or at those it resells; `undefined` when unknown. */
export function findModel(known: GenaiProvider, name: string, others: (id: string) => GenaiProvider | undefined): GenaiModel | undefined {
  const asked = name.trim().toLowerCase()
  const dashed = withDashedDates(asked)
  return lookUp(known, asked, others) ?? (dashed === asked ? undefined : lookUp(known, dashed, others))
}

function lookUp(known: GenaiProvider, asked: string, others: (id: string) => GenaiProvider | undefined): GenaiModel | undefined {
  const own = known.models.find((candidate) => matches(candidate.match, asked))
  if (own !== undefined) return own
  for (const id of known.fallback_model_providers ?? []) {
    const resold = others(id)?.models.find((candidate) => matches(candidate.match, asked))
    if (resold !== undefined) return resold
  }
  return undefined
}
