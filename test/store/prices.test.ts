import { describe, expect, it } from 'vitest'
import { costOf, tierFor, type TargetPrice } from '../../core/prices.ts'
import type { Usage } from '../../core/usage.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'

const book = genaiPriceBook({ at: new Date('2026-11-20T02:00:00Z') })
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

  it('finds a provider by its configured name when the address is a proxy', () => {
    expect(book.find({ name: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' }, 'gpt-5.4')?.tiers[0].input).toBe(2.5)
  })
})
