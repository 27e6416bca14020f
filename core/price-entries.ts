// From prices as a person writes them (config targets, `prices.overrides`, price files: one schema) to a TargetPrice: dated
// entries and daily windows become a schedule, and the rates in force at the given moment its head. Pure.
import type { PriceEntry } from './config-schema.ts'
import { DAYS } from './config-schema.ts'
import { contentHash } from './hash.ts'
import { scheduledAt } from './price-schedule.ts'
import type { DailyWindow, MediaRates, PriceTier, PriceTiers, Rates, ScheduledRates, TargetPrice } from './prices.ts'

/** Rates as written, in USD per million tokens. */
type WrittenRates = Pick<PriceEntry, 'input' | 'output' | 'cache_read' | 'cache_write' | 'cache_write_1h' | 'input_audio' | 'cache_read_audio' | 'output_audio' | 'input_image' | 'output_image'>

/** What is wrong with a list of prices that the schema admits; `undefined`: nothing. */
export function entriesFault(written: PriceEntry | readonly PriceEntry[]): string | undefined {
  const entries = isList(written) ? written : [written]
  const starts = entries.map(startMs)
  if (new Set(starts).size < starts.length) return 'two prices begin at the same moment'
  for (const { tiers = [] } of entries) {
    const sizes = tiers.map((tier) => tier.from_input_tokens)
    if (new Set(sizes).size < sizes.length) return 'two tiers begin at the same number of input tokens'
  }
  return undefined
}

/**
 * The price that these entries make: `version` is `<source>:<hash of what is written>`, so that a changed price is another one.
 * `nowMs` says which entry is in force; without it the last one is. A list that begins later prices nothing before.
 */
export function priceOfEntries(written: PriceEntry | readonly PriceEntry[], source: string, nowMs: number | undefined): TargetPrice | undefined {
  const entries = [...(isList(written) ? written : [written])].sort((a, b) => startMs(a) - startMs(b))
  const schedule: ScheduledRates[] = []
  for (const [index, entry] of entries.entries()) {
    const rates = ratesOf(entry, tiersOf(entry, entry.tiers))
    const next = entries[index + 1]
    const span = { fromMs: startMs(entry), untilMs: next === undefined ? Infinity : startMs(next) }
    schedule.push({ ...span, rates })
    for (const window of entry.windows ?? []) schedule.push({ ...span, rates: { ...rates, tiers: tiersOf(window, undefined) }, window: windowOf(window) })
  }
  const version = `${source}:${contentHash(written).slice(0, 8)}`
  const last = schedule.findLast((candidate) => candidate.window === undefined)
  const inForce = nowMs === undefined ? last?.rates : scheduledAt(schedule, nowMs)
  if (inForce === undefined) return undefined
  const [only] = schedule
  const timeless = schedule.length === 1 && only?.fromMs === -Infinity
  return { ...inForce, version, ...(timeless ? {} : { schedule }) }
}

/** The price with all its token rates and fees multiplied, e.g. by .9 for a tenth off; `version` says so. */
export function scaledPrice(price: TargetPrice, by: number): TargetPrice {
  if (by === 1) return price
  const scaled = scaledRates(price, by)
  const version = `${price.version}*${Number(by.toPrecision(6))}`
  return { ...scaled, version, ...(price.schedule === undefined ? {} : { schedule: price.schedule.map((entry) => ({ ...entry, rates: scaledRates(entry.rates, by) })) }) }
}

function scaledRates(rates: Rates, by: number): Rates {
  const { serviceTiers, perWebSearch } = rates
  return {
    tiers: scaledTiers(rates.tiers, by),
    perRequest: rates.perRequest * by,
    ...(perWebSearch === undefined ? {} : { perWebSearch: perWebSearch * by }),
    ...(serviceTiers === undefined ? {} : { serviceTiers: Object.fromEntries(Object.entries(serviceTiers).map(([name, special]) => [name, typeof special === 'number' ? special : scaledTiers(special, by)])) }),
    ...(rates.marks === undefined ? {} : { marks: rates.marks }),
  }
}

function scaledTiers(tiers: PriceTiers, by: number): PriceTiers {
  const times = (value: number | undefined): number | undefined => (value === undefined ? undefined : value * by)
  const scale = (tier: PriceTier): PriceTier => ({
    fromInputTokens: tier.fromInputTokens,
    input: tier.input * by,
    output: tier.output * by,
    cacheRead: times(tier.cacheRead),
    cacheWrite: times(tier.cacheWrite),
    cacheWrite1h: times(tier.cacheWrite1h),
    ...(tier.media === undefined ? {} : { media: Object.fromEntries(Object.entries(tier.media).map(([name, value]) => [name, times(value)])) }),
  })
  const [base, ...rest] = tiers
  return [scale(base), ...rest.map(scale)]
}

function ratesOf(entry: PriceEntry, tiers: PriceTiers): Rates {
  const special = Object.entries(entry.service_tiers ?? {}).map(([name, value]) => [name.toLowerCase(), typeof value === 'number' ? value : tiersOf(value, undefined)] as const)
  return {
    tiers,
    perRequest: entry.per_request,
    ...(entry.per_web_search === undefined ? {} : { perWebSearch: entry.per_web_search }),
    ...(special.length === 0 ? {} : { serviceTiers: Object.fromEntries(special) }),
  }
}

function tiersOf(base: WrittenRates, more: PriceEntry['tiers']): PriceTiers {
  const others = [...(more ?? [])].sort((a, b) => a.from_input_tokens - b.from_input_tokens)
  return [tierOf(base, 0), ...others.map((tier) => tierOf(tier, tier.from_input_tokens))]
}

function tierOf(written: WrittenRates, fromInputTokens: number): PriceTier {
  const media: MediaRates = {
    inputAudio: written.input_audio,
    cacheReadAudio: written.cache_read_audio,
    outputAudio: written.output_audio,
    inputImage: written.input_image,
    outputImage: written.output_image,
  }
  return {
    fromInputTokens,
    input: written.input,
    output: written.output,
    cacheRead: written.cache_read,
    cacheWrite: written.cache_write,
    cacheWrite1h: written.cache_write_1h,
    ...(Object.values(media).every((rate) => rate === undefined) ? {} : { media }),
  }
}

function windowOf(written: NonNullable<PriceEntry['windows']>[number]): DailyWindow {
  return {
    fromMinute: minuteOf(written.from),
    untilMinute: minuteOf(written.until),
    utcOffsetMinutes: Math.round(written.utc_offset_hours * 60),
    ...(written.days === undefined ? {} : { days: written.days.map((name) => DAYS.indexOf(name)) }),
  }
}

function minuteOf(text: string): number {
  const [hours, minutes] = text.split(':')
  return Number(hours) * 60 + Number(minutes)
}

function startMs(entry: PriceEntry): number {
  return entry.from === undefined ? -Infinity : Date.parse(entry.from)
}

function isList(written: PriceEntry | readonly PriceEntry[]): written is readonly PriceEntry[] {
  return Array.isArray(written)
}
