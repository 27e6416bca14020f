import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pricesSchema } from '../../core/config-schema.ts'
import { entriesFault, priceOfEntries, scaledPrice } from '../../core/price-entries.ts'
import { isWithin, nextChangeMs, ratesAt } from '../../core/price-schedule.ts'
import { costOf, knowsServiceTier, serviceTierName, type TargetPrice } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'

const at = (text: string): number => Date.parse(text)

function price(written: unknown, now = '2026-11-23T20:00:00Z'): TargetPrice {
  const found = priceOfEntries(pricesSchema.parse(written), 'test', at(now))
  if (found === undefined) throw new Error('nothing is in force')
  return found
}

describe('dated prices', () => {
  const dated = [{ input: 1, output: 2 }, { from: '2026-11-01', input: 3, output: 4 }, { from: '2027-01-01T12:00:00+02:00', input: 5, output: 6 }]

  it('hold from the first moment of their date, in UTC, until the next one', () => {
    const found = price(dated)
    expect(ratesAt(found, at('2026-10-31T23:59:59.999Z')).tiers[0].input).toBe(1)
    expect(ratesAt(found, at('2026-11-01T00:00:00Z')).tiers[0].input).toBe(3)
    expect(ratesAt(found, at('2027-01-01T09:59:59Z')).tiers[0].input).toBe(3)
    expect(ratesAt(found, at('2027-01-01T10:00:00Z')).tiers[0].input).toBe(5)
  })

  it('are in force as of the moment they were resolved at, and by a call’s own time', () => {
    const found = price(dated)
    expect(found.tiers[0].input).toBe(3)
    const usage = usageOf({ inputTotal: 1_000_000, outputTotal: 0 })
    expect(costOf(usage, found)).toBe(3)
    expect(costOf(usage, found, { nowMs: at('2026-05-01'), serviceTier: undefined })).toBe(1)
    expect(costOf(usage, found, { nowMs: at('2027-05-01'), serviceTier: undefined })).toBe(5)
  })

  it('may be written in any order, and say when they change next', () => {
    const found = price([...dated].reverse())
    expect(nextChangeMs(found, at('2026-11-23'))).toBe(at('2027-01-01T10:00:00Z'))
    expect(nextChangeMs(found, at('2027-06-01'))).toBe(Infinity)
  })

  it('price nothing before the first of them', () => {
    expect(priceOfEntries(pricesSchema.parse([{ from: '2027-01-01', input: 1, output: 1 }]), 'test', at('2026-11-23'))).toBeUndefined()
  })

  it('are at fault when two begin together', () => {
    expect(entriesFault(pricesSchema.parse([{ from: '2027-01-01', input: 1, output: 1 }, { from: '2027-01-01', input: 2, output: 1 }]))).toMatch(/same moment/)
    expect(entriesFault(pricesSchema.parse({ input: 1, output: 1, tiers: [{ from_input_tokens: 9, input: 1, output: 1 }, { from_input_tokens: 9, input: 2, output: 1 }] }))).toMatch(/two tiers/)
    expect(entriesFault(pricesSchema.parse(dated))).toBeUndefined()
  })

  it.each(['2026-13-01', '2026-02-3', 'tomorrow', '2026-11-23T25:00:00Z', '2026-11-23T10:00'])('refuse %s as a date', (from) => {
    expect(pricesSchema.safeParse({ from, input: 1, output: 1 }).success).toBe(false)
  })
})

describe('daily windows', () => {
  const peak = { input: 1, output: 1, windows: [{ from: '22:00', until: '02:00', days: ['fri'], utc_offset_hours: 1, input: 2, output: 2 }] }

  it('go over midnight, belong to the day on which they begin, and know their zone', () => {
    const found = price(peak)
    const input = (text: string): number => ratesAt(found, at(text)).tiers[0].input
    // Friday 27 November 2026, 22:00 to 02:00 an hour east of UTC.
    expect(input('2026-11-27T20:59:59Z')).toBe(1)
    expect(input('2026-11-27T21:00:00Z')).toBe(2)
    expect(input('2026-11-28T00:59:59Z')).toBe(2)
    expect(input('2026-11-28T01:00:00Z')).toBe(1)
    expect(input('2026-11-28T21:30:00Z')).toBe(1)
  })

  it('say when they begin and end', () => {
    const found = price(peak)
    expect(nextChangeMs(found, at('2026-11-23T12:00:00Z'))).toBe(at('2026-11-27T21:00:00Z'))
    expect(nextChangeMs(found, at('2026-11-27T22:00:00Z'))).toBe(at('2026-11-28T01:00:00Z'))
  })

  it('of one price partition the week, however they are cut', () => {
    const minute = fc.integer({ min: 0, max: 1440 })
    fc.assert(
      fc.property(minute, minute, fc.integer({ min: -840, max: 840 }), fc.integer({ min: 0, max: 10_080 }), (from, until, utcOffsetMinutes, moment) => {
        fc.pre(from !== until && from !== 1440)
        const nowMs = at('2026-11-23') + moment * 60_000
        const inside = isWithin({ fromMinute: from, untilMinute: until, utcOffsetMinutes }, nowMs)
        const outside = isWithin({ fromMinute: until % 1440, untilMinute: from, utcOffsetMinutes }, nowMs)
        expect(inside).toBe(!outside || (until % 1440 === from))
      }),
    )
  })
})

describe('service tiers', () => {
  const tiered = price({ input: 2, cache_read: 1, output: 10, per_request: 0.5, service_tiers: { flex: 0.5, Priority: { input: 7, output: 70 } } })
  const usage = usageOf({ inputTotal: 1_000_000, cacheRead: 500_000, outputTotal: 100_000 })
  const served = (serviceTier: string | undefined): number | undefined => costOf(usage, tiered, { nowMs: 0, serviceTier })

  it('multiply the token rates, or have their own, and leave the fee per request alone', () => {
    expect(served(undefined)).toBeCloseTo(1 + 0.5 + 1 + 0.5, 12)
    expect(served('flex')).toBeCloseTo((1 + 0.5 + 1) / 2 + 0.5, 12)
    // Rates of its own: cached input is billed as input where they name no other.
    expect(served('priority')).toBeCloseTo(7 + 7 + 0.5, 12)
  })

  it('that nobody priced are billed at list price, and known to be unknown', () => {
    expect(served('scale')).toBe(served('default'))
    expect(knowsServiceTier(tiered, { nowMs: 0, serviceTier: 'scale' })).toBe(false)
    expect(knowsServiceTier(tiered, { nowMs: 0, serviceTier: 'FLEX' })).toBe(true)
    expect(knowsServiceTier(tiered, undefined)).toBe(true)
  })

  it.each([['default'], ['standard'], ['auto'], ['on_demand'], ['ON_DEMAND'], [''], [undefined]])('%s is the standard one', (name) => {
    expect(serviceTierName(name)).toBeUndefined()
  })

  it('are not looked up on the prototype of anything', () => {
    expect(served('constructor')).toBe(served(undefined))
    expect(served('__proto__')).toBe(served(undefined))
  })
})

describe('costOf', () => {
  const full = price({
    input: 2, cache_read: 0.2, cache_write: 2.5, cache_write_1h: 4, output: 8, input_audio: 20, cache_read_audio: 5, output_audio: 40, per_web_search: 0.01,
    tiers: [{ from_input_tokens: 1000, input: 4, output: 16 }], service_tiers: { flex: 0.5 },
  })

  it('is a finite number not below 0, or unknown, for any usage whatever', () => {
    const wild = fc.option(fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0, 1e308)), { nil: undefined })
    fc.assert(
      fc.property(wild, wild, wild, wild, wild, fc.jsonValue(), (inputTotal, outputTotal, cacheRead, cacheWrite, cacheWrite1h, raw) => {
        const cost = costOf(usageOf({ inputTotal, outputTotal, cacheRead, cacheWrite, cacheWrite1h, raw }), full, { nowMs: 0, serviceTier: 'flex' })
        expect(cost === undefined || (Number.isFinite(cost) && cost >= 0)).toBe(true)
      }),
    )
  })

  it('does not fall when there is more of anything', () => {
    const tokens = fc.integer({ min: 0, max: 5000 })
    fc.assert(
      fc.property(tokens, tokens, tokens, (input, output, more) => {
        const few = costOf(usageOf({ inputTotal: input, outputTotal: output }), full) ?? Number.NaN
        expect(costOf(usageOf({ inputTotal: input + more, outputTotal: output + more }), full)).toBeGreaterThanOrEqual(few)
      }),
    )
  })

  it('bills audio and searches from the usage object, and not more audio than there is input', () => {
    const usage = usageOf({ inputTotal: 100, outputTotal: 10, raw: { prompt_tokens_details: { audio_tokens: 1e9 }, completion_tokens_details: { audio_tokens: 4 }, server_tool_use: { web_search_requests: 2 } } })
    expect(costOf(usage, full)).toBeCloseTo((100 * 20 + 6 * 8 + 4 * 40) / 1e6 + 0.02, 12)
  })

  it('bills no search that has no price', () => {
    const plain = price({ input: 1, output: 1 })
    expect(costOf(usageOf({ inputTotal: 0, outputTotal: 0, raw: { server_tool_use: { web_search_requests: 5 } } }), plain)).toBe(0)
  })
})

describe('a discount', () => {
  it('is on every rate and fee, at every time, and is named in the version', () => {
    const off = scaledPrice(price([{ input: 10, cache_read: 1, output: 20, per_request: 1, service_tiers: { flex: 0.5, priority: { input: 30, output: 60 } } }, { from: '2027-01-01', input: 100, output: 200 }]), 0.9)
    expect(off.tiers[0]).toMatchObject({ input: 9, cacheRead: 0.9, output: 18 })
    expect(off.perRequest).toBe(0.9)
    expect(off.serviceTiers).toMatchObject({ flex: 0.5, priority: [{ input: 27, output: 54 }] })
    expect(ratesAt(off, at('2027-02-01')).tiers[0].input).toBe(90)
    expect(off.version).toMatch(/\*0\.9$/)
  })
})
