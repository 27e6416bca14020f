import { describe, expect, it } from 'vitest'
import { ratesAt } from '../../core/price-schedule.ts'
import { costOf, tierFor, type TargetPrice } from '../../core/prices.ts'
import type { Usage } from '../../core/usage.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'

const book = genaiPriceBook({ at: new Date('2026-11-20T20:00:00Z') })
const addresses: Record<string, string> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  moonshot: 'https://api.moonshot.ai/v1',
  deepseek: 'https://api.deepseek.com/v1',
}
function priceOf(provider: string, model: string): TargetPrice {
  const found = book.find({ name: provider, baseUrl: addresses[provider] ?? '' }, model)
  if (found === undefined) throw new Error(`no price for ${provider}/${model}`)
  return found
}
const usage = (inputTotal: number, outputTotal: number, cacheRead?: number): Usage => ({
  inputTotal,
  outputTotal,
  cacheRead,
  cacheWrite: undefined,
  cacheWrite1h: undefined,
  reasoning: undefined,
  reportedCostUsd: undefined,
  raw: undefined,
})

describe('the price book over genai-prices', () => {
  it.each([
    ['openai', 'gpt-5.4', 0, 2.5, 0.25, 15],
    ['openai', 'gpt-5.4', 272_000, 5, 0.5, 22.5],
    ['openai', 'gpt-5.5', 0, 5, 0.5, 30],
    ['openai', 'gpt-5.5', 272_000, 10, 1, 45],
    ['anthropic', 'claude-opus-4.7', 0, 5, 0.5, 25],
    ['moonshot', 'kimi-k2.6', 0, 0.95, 0.16, 4],
    ['deepseek', 'deepseek-v4-pro', 0, 0.66, 0.022, 1.98],
  ])('knows %s %s from %i input tokens on', (provider, model, inputTokens, input, cacheRead, output) => {
    expect(tierFor(priceOf(provider, model), inputTokens)).toMatchObject({ input, cacheRead, output })
  })

  it('starts the dearer tier at exactly 272,000 input tokens', () => {
    const price = priceOf('openai', 'gpt-5.4')
    expect(costOf(usage(271_999, 0), price)).toBeCloseTo(0.6799975, 12)
    expect(costOf(usage(272_000, 0), price)).toBeCloseTo(1.36, 12)
  })

  it('knows five-minute and one-hour cache writes', () => {
    expect(priceOf('anthropic', 'claude-opus-4.7').tiers[0]).toMatchObject({ cacheWrite: 6.25, cacheWrite1h: 10 })
  })

  it('does not price an unknown model, nor a known model at an unknown address under an unknown name', () => {
    expect(book.find({ name: 'openai', baseUrl: 'https://api.openai.com/v1' }, 'gpt-99-imaginary')).toBeUndefined()
    expect(book.find({ name: 'basement', baseUrl: 'http://127.0.0.1:8000/v1' }, 'gpt-5.4')).toBeUndefined()
  })

  it('knows DeepSeek’s peak hours on Beijing weekdays, and what its models cost before there were any', () => {
    const price = priceOf('deepseek', 'deepseek-v4-pro')
    const input = (at: string): number => ratesAt(price, Date.parse(at)).tiers[0].input
    // Friday 20 November 2026: peak from 01:00 to 04:00 and from 06:00 to 10:00 UTC.
    expect(['00:59:59', '01:00:00', '03:59:59', '04:00:00', '06:00:00', '10:00:00'].map((time) => input(`2026-11-20T${time}Z`))).toEqual([0.66, 1.32, 1.32, 0.66, 1.32, 0.66])
    expect(input('2026-11-21T02:00:00Z')).toBe(0.66)
    expect(input('2026-08-10T02:00:00Z')).toBe(0.435)
    expect(genaiPriceBook({ at: new Date('2026-11-20T02:00:00Z') }).find({ name: 'deepseek', baseUrl: '' }, 'deepseek-v4-pro')?.tiers[0].input).toBe(1.32)
  })

  it('adds what list prices do not say: service tiers, fast mode, regional addresses', () => {
    expect(priceOf('openai', 'gpt-5.5').serviceTiers).toEqual({ flex: 0.5, batch: 0.5, priority: 2.5, fast: 2.5 })
    expect(priceOf('openai', 'gpt-5.4-mini').serviceTiers).toMatchObject({ priority: 2 })
    expect(priceOf('anthropic', 'claude-opus-4.7')).toMatchObject({ serviceTiers: { batch: 0.5, fast: 6 }, marks: [{ member: 'inference_geo', value: 'us', factor: 1.1 }] })
    expect(priceOf('anthropic', 'claude-haiku-4-5').marks).toBeUndefined()
    const regional = book.find({ name: 'openai', baseUrl: 'https://eu.api.openai.com/v1' }, 'gpt-5.5')
    expect([regional?.tiers[0].input, regional?.tiers[1]?.output]).toEqual([5.5, 49.50000000000001])
    expect(book.find({ name: 'openai', baseUrl: 'https://eu.api.openai.com/v1' }, 'gpt-4.1')?.tiers[0].input).toBe(2)
  })

  it('knows context windows, dated names, and embeddings', () => {
    expect(book.contextWindow?.({ name: 'openai', baseUrl: '' }, 'gpt-5.4')).toBe(1_050_000)
    expect(priceOf('openai', 'gpt-5.4-20260305').tiers[0].input).toBe(2.5)
    expect(priceOf('openai', 'text-embedding-3-small').tiers[0]).toMatchObject({ input: 0.02, output: 0 })
  })

  it('finds a provider by its configured name when the address is a proxy', () => {
    expect(book.find({ name: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' }, 'gpt-5.4')?.tiers[0].input).toBe(2.5)
  })
})
