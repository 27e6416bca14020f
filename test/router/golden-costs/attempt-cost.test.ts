import { describe, expect, it } from 'vitest'
import { usageOf } from '../../../core/usage.ts'
import { attemptCost, CHARACTERS_PER_TOKEN } from '../../../router/execute/cost.ts'
import { PRICES } from './prices.ts'

const price = PRICES['claude-opus-4-7']
const at = { nowMs: 0, serviceTier: undefined }
const nothing = { usage: undefined, billable: true, characters: 0, inputTokens: 1000 }

describe('the cost of an attempt', () => {
  it('that was cut is an estimate: the input as far as it is known, and at least the text that was seen', () => {
    // message_start of a stream that broke after 4,000 characters: its output_tokens say 3.
    const usage = usageOf({ inputTotal: 3000, cacheRead: 2000, outputTotal: 3 })
    const cost = attemptCost({ usage, billable: true, characters: 1000 * CHARACTERS_PER_TOKEN, inputTokens: 9, cut: true }, price, at)
    // What its cache saved rests on the input alone.
    expect(cost).toEqual({ usd: (1000 * 5 + 2000 * 0.5 + 1000 * 25) / 1e6, source: 'estimated', cacheSavedUsd: expect.closeTo((2000 * (5 - 0.5)) / 1e6, 12) })
  })

  it('that was cut after its usage said more than the text shows keeps what the usage says', () => {
    const usage = usageOf({ inputTotal: 1000, outputTotal: 500 })
    expect(attemptCost({ usage, billable: true, characters: 8, inputTokens: 1, cut: true }, price, at)).toEqual({ usd: (1000 * 5 + 500 * 25) / 1e6, source: 'estimated' })
  })

  it('with an input but no output in its usage is an estimate', () => {
    expect(attemptCost({ ...nothing, usage: usageOf({ inputTotal: 2000 }), characters: 400 }, price, at)).toEqual({ usd: (2000 * 5 + 100 * 25) / 1e6, source: 'estimated' })
  })

  it('that no provider bills is 0; one that came with usage is billed, whatever its status was', () => {
    expect(attemptCost({ ...nothing, billable: false }, price, at)).toEqual({ usd: 0, source: 'estimated' })
    expect(attemptCost({ ...nothing, billable: false, usage: usageOf({ inputTotal: 1000, outputTotal: 10 }) }, price, at)).toEqual({ usd: (5000 + 250) / 1e6, source: 'priced' })
  })

  it('is unknown without a price, and what the provider reports needs none', () => {
    expect(attemptCost(nothing, undefined, at)).toEqual({ usd: undefined, source: 'unpriced' })
    expect(attemptCost({ ...nothing, usage: usageOf({ reportedCostUsd: 0.125 }) }, undefined, at)).toEqual({ usd: 0.125, source: 'provider' })
  })

  it.each([[Number.NaN], [-1], [Infinity]])('does not take %d for a reported cost', (reportedCostUsd) => {
    expect(attemptCost({ ...nothing, usage: usageOf({ inputTotal: 1000, outputTotal: 0, reportedCostUsd }) }, price, at)).toEqual({ usd: 0.005, source: 'priced' })
  })
})
