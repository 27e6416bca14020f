// One model's prices in the genai-prices format → a TargetPrice with its tiers, dates and times of day. Pure.
import { scheduledAt } from '../../core/price-schedule.ts'
import { scaledPrice } from '../../core/price-entries.ts'
import type { DailyWindow, MediaRates, PriceTier, Rates, ScheduledRates, TargetPrice } from '../../core/prices.ts'
import { addressFactor, adjusted } from './adjustments.ts'
import type { GenaiConditional, GenaiModel, GenaiModelPrice, GenaiPrice } from './genai-format.ts'

/** The format's price classes that we bill, by our name. All in USD per million tokens. */
const CLASSES = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
} as const
const MEDIA = {
  inputAudio: 'input_audio_mtok',
  cacheReadAudio: 'cache_audio_read_mtok',
  outputAudio: 'output_audio_mtok',
  inputImage: 'input_image_mtok',
  outputImage: 'output_image_mtok',
} as const satisfies Record<keyof MediaRates, string>

/**
 * The price of a model, adjusted for service tiers; `undefined` when the data have no token price for it (models billed by the
 * hour or the page). A model with a price for input only (embeddings) has output for nothing; one whose id ends in `:free` is.
 */
export function priceOfModelData(model: GenaiModel, at: { readonly provider: string; readonly baseUrl: string; readonly version: string; readonly nowMs: number }): TargetPrice | undefined {
  const conditions: readonly GenaiConditional[] = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }]
  const schedule = scheduleOf(conditions, model.id.endsWith(':free'))
  const [first] = schedule
  if (first === undefined) return undefined
  const price: TargetPrice = { ...first.rates, version: at.version, ...(schedule.length === 1 && first.fromMs === -Infinity ? {} : { schedule }) }
  const named = withRatesAt(adjusted(price, at.provider, model.id, at.baseUrl), at.nowMs)
  return scaledPrice(named, addressFactor(at.provider, model.id, at.baseUrl))
}

/** The same price with the rates of a moment at its head. */
export function withRatesAt(price: TargetPrice, nowMs: number): TargetPrice {
  const { version, schedule } = price
  if (schedule === undefined) return price
  return { ...(scheduledAt(schedule, nowMs) ?? price), version, schedule }
}

// The format's rule: of all conditions that hold the last one counts, and the first is for when none does.
function scheduleOf(conditions: readonly GenaiConditional[], free: boolean): ScheduledRates[] {
  const schedule: ScheduledRates[] = []
  for (const [index, { constraint, prices }] of conditions.entries()) {
    const rates = ratesOf(prices, free)
    if (rates === undefined) return []
    const always = { rates, fromMs: -Infinity, untilMs: Infinity }
    if (index === 0 || constraint == null) schedule.push(always)
    if (constraint == null) continue
    if ('start_date' in constraint) schedule.push({ ...always, fromMs: Date.parse(`${constraint.start_date}T00:00:00Z`) })
    else schedule.push({ ...always, window: windowOf(constraint) })
  }
  return schedule
}

function windowOf({ start_time, end_time }: { readonly start_time: string; readonly end_time: string }): DailyWindow {
  return { fromMinute: utcMinute(start_time), untilMinute: utcMinute(end_time), utcOffsetMinutes: 0 }
}

function utcMinute(time: string): number {
  const [, hours = '0', minutes = '0', seconds = '0', zone = 'Z'] = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})$/.exec(time) ?? []
  const offset = zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)))
  return (Number(hours) * 60 + Number(minutes) + Number(seconds) / 60 - offset + 1440) % 1440
}

function ratesOf(prices: GenaiModelPrice, free: boolean): Rates | undefined {
  const starts = new Set([0])
  for (const key of [...Object.values(CLASSES), ...Object.values(MEDIA)]) for (const tier of tiersOf(prices[key])) starts.add(tier.fromInputTokens)
  const tiers = [...starts].sort((a, b) => a - b).map((from) => tierAt(prices, from, free))
  const [base, ...rest] = tiers
  if (base === undefined) return undefined
  const perThousand = (key: string): number | undefined => priceAt(prices[key], 0)
  const searches = perThousand('web_searches_kcount')
  return {
    tiers: [base, ...rest.filter((tier) => tier !== undefined)],
    perRequest: (perThousand('requests_kcount') ?? 0) / 1000,
    ...(searches === undefined ? {} : { perWebSearch: searches / 1000 }),
  }
}

function tierAt(prices: GenaiModelPrice, fromInputTokens: number, free: boolean): PriceTier | undefined {
  const at = (key: string): number | undefined => priceAt(prices[key], fromInputTokens)
  const input = at(CLASSES.input) ?? (free ? 0 : undefined)
  if (input === undefined) return undefined
  const media: MediaRates = Object.fromEntries(Object.entries(MEDIA).map(([name, key]) => [name, at(key)]))
  return {
    fromInputTokens,
    input,
    output: at(CLASSES.output) ?? 0,
    cacheRead: at(CLASSES.cacheRead),
    cacheWrite: at(CLASSES.cacheWrite),
    cacheWrite1h: at(CLASSES.cacheWrite1h),
    ...(Object.values(media).every((rate) => rate === undefined) ? {} : { media }),
  }
}

// The format's tier applies to inputs *above* its start; ours from a count on.
function tiersOf(price: GenaiPrice | null | undefined): { fromInputTokens: number; price: number }[] {
  if (price == null || typeof price === 'number') return []
  return price.tiers.map((tier) => ({ fromInputTokens: tier.start + 1, price: tier.price })).sort((a, b) => a.fromInputTokens - b.fromInputTokens)
}

function priceAt(price: GenaiPrice | null | undefined, inputTokens: number): number | undefined {
  if (price == null) return undefined
  if (typeof price === 'number') return price
  let chosen = price.base
  for (const tier of tiersOf(price)) if (inputTokens >= tier.fromInputTokens) chosen = tier.price
  return chosen
}
