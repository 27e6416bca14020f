import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blendedPer1k, costOf, decimalUsd, serviceTierName, tierFor, type TargetPrice } from '../../core/prices.ts'
import type { Usage } from '../../core/usage.ts'

const none = { cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined, reasoning: undefined, reportedCostUsd: undefined, raw: undefined }
const usage = (inputTotal: number | undefined, outputTotal: number | undefined, more: Partial<Usage> = {}): Usage => ({ ...none, inputTotal, outputTotal, ...more })
const gpt54: TargetPrice = {
  tiers: [
    { fromInputTokens: 0, input: 2.5, output: 15, cacheRead: 0.25, cacheWrite: undefined, cacheWrite1h: undefined },
    { fromInputTokens: 272_000, input: 5, output: 22.5, cacheRead: 0.5, cacheWrite: undefined, cacheWrite1h: undefined },
  ],
  perRequest: 0,
  version: 'test',
}
const opus: TargetPrice = { tiers: [{ fromInputTokens: 0, input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, cacheWrite1h: 10 }], perRequest: 0.001, version: 'test' }

describe('serviceTierName', () => {
  it.each([[undefined, undefined], ['', undefined], ['Default', undefined], ['ON_DEMAND_FLEX', 'flex'], ['priority', 'priority'], ['constructor', 'constructor'], ['__proto__', '__proto__']])('calls %s %s', (served, name) => {
    expect(serviceTierName(served)).toBe(name)
  })
})

describe('costOf', () => {
  it('takes a tier named like a member of every object for an unknown one', () => {
    const price = { ...opus, serviceTiers: { flex: 0.5 } }
    for (const serviceTier of ['constructor', '__proto__', 'hasownproperty']) expect(costOf(usage(100, 10), price, { nowMs: 0, serviceTier })).toBe(costOf(usage(100, 10), price))
  })

  it('prices plain input, cached input and output apart', () => {
    // 900·2.5 + 100·.25 + 50·15 = 2250 + 25 + 750 = 3025 per million
    expect(costOf(usage(1000, 50, { cacheRead: 100 }), gpt54)).toBeCloseTo(0.003025, 12)
  })

  it('takes the dearer tier for the whole request from exactly its first token on', () => {
    expect(costOf(usage(271_999, 0), gpt54)).toBeCloseTo((271_999 * 2.5) / 1e6, 12)
    expect(costOf(usage(272_000, 0), gpt54)).toBeCloseTo((272_000 * 5) / 1e6, 12)
    expect(tierFor(gpt54, 300_000).output).toBe(22.5)
  })

  it('prices five-minute and one-hour cache writes apart, and adds the fee per request', () => {
    // plain 1000−100−300 = 600·5; read 100·.5; write 5m 200·6.25; 1h 100·10; out 10·25 → 3000+50+1250+1000+250 = 5550
    expect(costOf(usage(1000, 10, { cacheRead: 100, cacheWrite: 300, cacheWrite1h: 100 }), opus)).toBeCloseTo(0.00555 + 0.001, 12)
  })

  it('is undefined, never 0, without a price or without tokens', () => {
    expect(costOf(usage(1, 1), undefined)).toBeUndefined()
    expect(costOf(usage(undefined, 1), gpt54)).toBeUndefined()
    expect(costOf(usage(1, undefined), gpt54)).toBeUndefined()
  })

  it('is never negative, whatever a provider claims', () => {
    const tokens = fc.option(fc.integer({ min: 0, max: 1e7 }), { nil: undefined })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e7 }), fc.integer({ min: 0, max: 1e7 }), tokens, tokens, tokens, (i, o, cacheRead, cacheWrite, cacheWrite1h) => {
        expect(costOf(usage(i, o, { cacheRead, cacheWrite, cacheWrite1h }), opus)).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

describe('blendedPer1k and decimalUsd', () => {
  it('divides by all tokens, and knows no answer without any', () => {
    expect(blendedPer1k(750, 250, 0.002)).toBeCloseTo(0.002, 12)
    expect(blendedPer1k(0, 0, 0.002)).toBeUndefined()
  })

  it('writes twelve decimals and nothing for what is unknown', () => {
    expect(decimalUsd(0.000_000_123_456)).toBe('0.000000123456')
    expect(decimalUsd(undefined)).toBeUndefined()
    expect(decimalUsd(Number.NaN)).toBeUndefined()
  })
})
