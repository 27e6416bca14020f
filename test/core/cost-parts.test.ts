// The parts of a cost add up to it, whatever the usage, tier, window or mark; and a cache saving is the difference to the same tokens
// without a cache.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cacheSaving, costOf, costParts, type TargetPrice } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'

const tier = (fromInputTokens: number, factor: number): TargetPrice['tiers'][0] => ({ fromInputTokens, input: 2 * factor, output: 10 * factor, cacheRead: 0.2 * factor, cacheWrite: 2.5 * factor, cacheWrite1h: 4 * factor, media: { inputAudio: 30, outputAudio: 60 } })
const price: TargetPrice = { version: 'test', tiers: [tier(0, 1), tier(200_000, 2)], perRequest: 0.001, perWebSearch: 0.01, serviceTiers: { flex: 0.5, priority: [tier(0, 3)] }, marks: [{ member: 'inference_geo', value: 'us', factor: 1.1 }] }

const usages = fc
  .record({ input: fc.nat(400_000), read: fc.double({ min: 0, max: 0.6, noNaN: true }), write: fc.double({ min: 0, max: 0.4, noNaN: true }), output: fc.nat(50_000), geo: fc.constantFrom('us', 'eu'), searches: fc.nat(3) })
  .map(({ input, read, write, output, geo, searches }) =>
    usageOf({ inputTotal: input, cacheRead: Math.floor(input * read), cacheWrite: Math.floor(input * write), cacheWrite1h: Math.floor(input * write * 0.3), outputTotal: output, raw: { inference_geo: geo, server_tool_use: { web_search_requests: searches } } }),
  )

describe('the parts of a cost', () => {
  it('add up to it, each of them not below nothing', () => {
    fc.assert(
      fc.property(usages, fc.constantFrom(undefined, 'flex', 'priority', 'unheard-of'), (usage, serviceTier) => {
        const at = { nowMs: 0, serviceTier }
        const parts = costParts(usage, price, at)
        const total = costOf(usage, price, at)
        if (parts === undefined || total === undefined) throw new Error('a priced usage has a cost')
        expect(parts.input + parts.cacheRead + parts.cacheWrite + parts.output + parts.fees).toBeCloseTo(total, 9)
        for (const part of [parts.input, parts.cacheRead, parts.cacheWrite, parts.output]) expect(part).toBeGreaterThanOrEqual(0)
        expect(parts.fees).toBeGreaterThan(-1e-9)
      }),
    )
  })

  it('are unknown where the cost is', () => {
    const usage = usageOf({ inputTotal: 10, outputTotal: 5, raw: undefined })
    expect(costParts(usage, undefined)).toBeUndefined()
    expect(costParts(usageOf({ inputTotal: undefined, outputTotal: 5, raw: undefined }), price)).toBeUndefined()
  })
})

describe('a cache saving', () => {
  it('is what reading saved less what writing cost: 1,000,000 read at .2 instead of 2 saves 1.8', () => {
    const flat: TargetPrice = { version: 'test', tiers: [tier(0, 1)], perRequest: 0 }
    expect(cacheSaving(usageOf({ inputTotal: 1_000_000, cacheRead: 1_000_000, outputTotal: 0, raw: undefined }), flat)).toBeCloseTo(1.8, 12)
    expect(cacheSaving(usageOf({ inputTotal: 1_000_000, cacheWrite: 1_000_000, outputTotal: 0, raw: undefined }), flat)).toBeCloseTo(-0.5, 12)
  })

  it('is not there without a cache, and unknown without a price', () => {
    expect(cacheSaving(usageOf({ inputTotal: 10, outputTotal: 5, raw: undefined }), price)).toBeUndefined()
    expect(cacheSaving(usageOf({ inputTotal: 10, cacheRead: 0, outputTotal: 5, raw: undefined }), price)).toBeUndefined()
    expect(cacheSaving(usageOf({ inputTotal: 10, cacheRead: 5, outputTotal: 5, raw: undefined }), undefined)).toBeUndefined()
  })
})
