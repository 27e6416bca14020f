import { describe, expect, it } from 'vitest'
import { attemptCost, callCost } from '../../router/execute/cost.ts'

describe('an attempt’s cost', () => {
  const price = { tiers: [{ fromInputTokens: 0, input: 2, output: 10, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined }], perRequest: 0, version: 'v' } as const
  const seen = { usage: undefined, billable: true, characters: 400, inputTokens: 1000 }
  it('is estimated from what was seen when there is no usage, 0 when nothing can be billed, unknown without a price', () => {
    expect(attemptCost(seen, price)).toEqual({ usd: (2000 + 1000) / 1e6, source: 'estimated' })
    expect(attemptCost({ ...seen, billable: false }, price)).toEqual({ usd: 0, source: 'estimated' })
    expect(attemptCost(seen, undefined)).toEqual({ usd: undefined, source: 'unpriced' })
  })
  it('sums to a call’s, which is unknown when one of them is', () => {
    const known = { cost: { usd: 0.1, source: 'priced' }, wasted: true } as const
    const unknown = { cost: { usd: undefined, source: 'unpriced' }, wasted: false } as const
    expect(callCost([known, { ...known, wasted: false }])).toEqual({ usd: 0.2, wastedUsd: 0.1 })
    expect(callCost([known, unknown])).toEqual({ usd: undefined, wastedUsd: 0.1 })
  })
})
