// What tokens cost. A price is resolved once per target when the configuration loads (core/price-entries.ts, or the price book
// through `PriceBook`); `costOf` is then a few multiplications per call. Unknown is `undefined`, never 0. Pure.
import { billedExtras, usageWord } from './billed-extras.ts'
import { ratesAt } from './price-schedule.ts'
import type { Usage } from './usage.ts'

/** Dollars per million tokens of other than text; `undefined`: billed as the plain class. */
export type MediaRates = {
  readonly inputAudio?: number | undefined
  readonly cacheReadAudio?: number | undefined
  readonly outputAudio?: number | undefined
  readonly inputImage?: number | undefined
  readonly outputImage?: number | undefined
}

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
  /** Left out where everything is billed as text. */
  readonly media?: MediaRates | undefined
}

/** Ascending by `fromInputTokens`; the first starts at 0. */
export type PriceTiers = readonly [PriceTier, ...PriceTier[]]

/** A word of the provider's usage object that multiplies all token rates, e.g. Anthropic's `inference_geo: us`. */
export type UsageMark = { readonly member: string; readonly value: string; readonly factor: number }

/** What one moment charges. */
export type Rates = {
  readonly tiers: PriceTiers
  /** Dollars per request besides tokens. */
  readonly perRequest: number
  /** Dollars per web search that the usage object counts; `undefined`: not priced, so not billed by us. */
  readonly perWebSearch?: number | undefined
  /** By name as `serviceTierName` spells it: a factor on all token rates, or rates of its own. */
  readonly serviceTiers?: Readonly<Record<string, number | PriceTiers>> | undefined
  readonly marks?: readonly UsageMark[] | undefined
}

/** Rates that hold for some time. */
export type ScheduledRates = {
  readonly rates: Rates
  /** Half-open, in milliseconds since the Unix epoch; ±Infinity for no bound. */
  readonly fromMs: number
  readonly untilMs: number
  /** Only at these times of day; `undefined`: all day. */
  readonly window?: DailyWindow | undefined
}

/** A time of day in a fixed zone, in minutes from 0 to 1440; `until` ≤ `from` goes over midnight. */
export type DailyWindow = {
  readonly fromMinute: number
  readonly untilMinute: number
  readonly utcOffsetMinutes: number
  /** Days of the week (0 Sunday) on which it begins; `undefined`: every day. */
  readonly days?: readonly number[] | undefined
}

/** The price of one target. Its own members are the rates in force when it was resolved. */
export type TargetPrice = Rates & {
  /** Names the source and its version, e.g. `genai-prices@0.1.8` or `override:3f2a`. Stored with every cost. */
  readonly version: string
  /** All rates over time, where there is more than one; of those that hold at a moment the last one counts. */
  readonly schedule?: readonly ScheduledRates[] | undefined
}

/** Where a target's provider stands. */
export type ProviderHint = { readonly name: string; readonly baseUrl: string }

/** Finds prices by provider address and model name; `undefined` when unknown. Implemented over price data in store/. */
export interface PriceBook {
  /** `providerHint` is the configured provider's name or its base address. */
  find(providerHint: ProviderHint, model: string): TargetPrice | undefined
  /** Most tokens of input and output together, where the data know the model. */
  contextWindow?(providerHint: ProviderHint, model: string): number | undefined
  /** The moment whose prices count as in force, in milliseconds since the Unix epoch; left out: the end of time. */
  nowMs?(): number
}

/** When a call was, and the service tier that served it (as the provider spelled it); both decide the price. */
export type PricedAt = { readonly nowMs: number; readonly serviceTier: string | undefined }

/** Picks the tier that prices a request of this input size. */
export function tierFor(price: { readonly tiers: PriceTiers }, inputTokens: number): PriceTier {
  return tierOf(price.tiers, inputTokens)
}

function tierOf(tiers: PriceTiers, inputTokens: number): PriceTier {
  let chosen: PriceTier = tiers[0]
  for (const tier of tiers) if (inputTokens >= tier.fromInputTokens) chosen = tier
  return chosen
}

/** Spellings of the tier that list prices are for (OpenAI, Anthropic, Groq, Gemini), and Vertex's of others. */
const TIER_NAMES: Readonly<Record<string, string | undefined>> = {
  auto: undefined,
  default: undefined,
  standard: undefined,
  standard_only: undefined,
  unspecified: undefined,
  on_demand: undefined,
  traffic_type_unspecified: undefined,
  on_demand_priority: 'priority',
  on_demand_flex: 'flex',
}

/** One name for a served service tier; `undefined`: the standard one, which list prices are for. */
export function serviceTierName(served: string | undefined): string | undefined {
  if (served === undefined || served === '') return undefined
  const name = served.toLowerCase()
  return Object.hasOwn(TIER_NAMES, name) ? TIER_NAMES[name] : name
}

/** Whether the price knows what the served tier costs; if not, `costOf` takes list prices and the sum is an estimate. */
export function knowsServiceTier(price: TargetPrice, at: PricedAt | undefined): boolean {
  const tier = serviceTierName(at?.serviceTier)
  return tier === undefined || Object.hasOwn(ratesAt(price, at?.nowMs).serviceTiers ?? {}, tier)
}

/**
 * Dollars of one exchange, or `undefined` when input or output tokens or the price are unknown.
 * (input − read − write)·in + read·cacheRead + write5m·cacheWrite + write1h·cacheWrite1h + output·out, times what the served
 * tier and the usage's own marks say, + perRequest + searches·perWebSearch; not below 0, never NaN. Details beyond the input
 * total are billed as they are stated. Without `at` the rates in force at load count, at the standard service tier.
 */
export function costOf(usage: Usage, price: TargetPrice | undefined, at?: PricedAt): number | undefined {
  if (price === undefined) return undefined
  const input = tokens(usage.inputTotal)
  const output = tokens(usage.outputTotal)
  if (input === undefined || output === undefined) return undefined
  const read = tokens(usage.cacheRead) ?? 0
  const write1h = tokens(usage.cacheWrite1h) ?? 0
  const write5m = Math.max(0, (tokens(usage.cacheWrite) ?? 0) - write1h)
  const { rates, tier, factor } = ratesOf(price, Math.max(input, read + write5m + write1h), usage.raw, at)
  const plain = Math.max(0, input - read - write5m - write1h)
  const cacheRead = tier.cacheRead ?? tier.input
  const cacheWrite = tier.cacheWrite ?? tier.input
  let perMillion = plain * tier.input + read * cacheRead + write5m * cacheWrite + write1h * (tier.cacheWrite1h ?? cacheWrite) + output * tier.output
  let fees = rates.perRequest
  if (usage.raw !== undefined && (tier.media !== undefined || rates.perWebSearch !== undefined)) {
    const extras = billedExtras(usage.raw)
    fees += (extras.webSearches ?? 0) * (rates.perWebSearch ?? 0)
    if (tier.media !== undefined) perMillion += mediaDifference(tier, tier.media, { plain, read, output, cacheRead }, extras)
  }
  perMillion *= factor
  const usd = Math.max(0, perMillion / 1e6 + fees)
  return Number.isFinite(usd) ? usd : undefined
}

/** Dollars of one exchange by class of tokens; they add up to `costOf`. */
export type CostParts = { readonly input: number; readonly cacheRead: number; readonly cacheWrite: number; readonly output: number; /** Per request, per search, and what other media than text differ by. */ readonly fees: number }

/** The parts of `costOf`: each class of tokens at its own rate. `undefined` where that is. */
export function costParts(usage: Usage, price: TargetPrice | undefined, at?: PricedAt): CostParts | undefined {
  const total = costOf(usage, price, at)
  if (price === undefined || total === undefined) return undefined
  const input = tokens(usage.inputTotal) ?? 0
  const read = tokens(usage.cacheRead) ?? 0
  const write1h = tokens(usage.cacheWrite1h) ?? 0
  const write5m = Math.max(0, (tokens(usage.cacheWrite) ?? 0) - write1h)
  const { tier, factor } = ratesOf(price, Math.max(input, read + write5m + write1h), usage.raw, at)
  const cacheWrite = tier.cacheWrite ?? tier.input
  const perMillion = (count: number, rate: number): number => (count * rate * factor) / 1e6
  const parts = {
    input: perMillion(Math.max(0, input - read - write5m - write1h), tier.input),
    cacheRead: perMillion(read, tier.cacheRead ?? tier.input),
    cacheWrite: perMillion(write5m, cacheWrite) + perMillion(write1h, tier.cacheWrite1h ?? cacheWrite),
    output: perMillion(tokens(usage.outputTotal) ?? 0, tier.output),
  }
  return { ...parts, fees: total - parts.input - parts.cacheRead - parts.cacheWrite - parts.output }
}

/** The tier that prices a request of this input size at this moment, and what the served tier and the usage's marks multiply it by. */
function ratesOf(price: TargetPrice, inputTokens: number, raw: unknown, at: PricedAt | undefined): { readonly rates: Rates; readonly tier: PriceTier; readonly factor: number } {
  const rates = ratesAt(price, at?.nowMs)
  const served = serviceTierName(at?.serviceTier)
  const special = served === undefined || rates.serviceTiers === undefined || !Object.hasOwn(rates.serviceTiers, served) ? undefined : rates.serviceTiers[served]
  let factor = typeof special === 'number' ? special : 1
  for (const mark of rates.marks ?? []) if (usageWord(raw, mark.member) === mark.value) factor *= mark.factor
  return { rates, tier: tierOf(typeof special === 'object' ? special : rates.tiers, inputTokens), factor }
}

/**
 * Dollars that the same tokens would have cost more as plain input, without the prompt cache: below 0 where writing it cost more than
 * reading saved. `undefined` where no cache was used, or the cost is unknown.
 */
export function cacheSaving(usage: Usage, price: TargetPrice | undefined, at?: PricedAt): number | undefined {
  if ((tokens(usage.cacheRead) ?? 0) === 0 && (tokens(usage.cacheWrite) ?? 0) === 0) return undefined
  const cached = costOf(usage, price, at)
  const plain = costOf({ ...usage, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined }, price, at)
  return cached === undefined || plain === undefined ? undefined : plain - cached
}

/** What other media cost more (or less) than the text they were counted as, in dollars per million. */
function mediaDifference(tier: PriceTier, media: MediaRates, as: { plain: number; read: number; output: number; cacheRead: number }, extras: ReturnType<typeof billedExtras>): number {
  const cachedAudio = Math.min(as.read, extras.cacheReadAudio ?? 0)
  const audio = Math.min(as.plain, Math.max(0, (extras.inputAudio ?? 0) - cachedAudio))
  const image = Math.min(as.plain - audio, extras.inputImage ?? 0)
  const spokenOut = Math.min(as.output, extras.outputAudio ?? 0)
  const drawnOut = Math.min(as.output - spokenOut, extras.outputImage ?? 0)
  return (
    audio * ((media.inputAudio ?? tier.input) - tier.input) +
    cachedAudio * ((media.cacheReadAudio ?? as.cacheRead) - as.cacheRead) +
    image * ((media.inputImage ?? tier.input) - tier.input) +
    spokenOut * ((media.outputAudio ?? tier.output) - tier.output) +
    drawnOut * ((media.outputImage ?? tier.output) - tier.output)
  )
}

/** A usable count; a provider's NaN, Infinity or negative number is no count. */
function tokens(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value < Infinity ? value : undefined
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
