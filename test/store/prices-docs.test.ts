import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { listPriceBook, parsePriceList } from '../../store/prices/price-file.ts'

it('the price list shown in docs/prices.md is accepted and means what the page says', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/prices.md', import.meta.url)), 'utf8')
  const [, list = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const book = listPriceBook(parsePriceList(list), () => Date.parse('2026-11-23T02:00:00Z'))
  const price = book.find({ name: 'openai', baseUrl: '' }, 'gpt-5.4')
  expect(price).toMatchObject({ tiers: [{ input: 2.5 }, { fromInputTokens: 272_000, input: 5 }], perWebSearch: 0.01, serviceTiers: { flex: 0.5, priority: 2 } })
  expect(price?.version).toMatch(/^file:2026-11-23:/)
  // Monday, 10:00 in Beijing.
  expect(book.find({ name: 'deepseek', baseUrl: '' }, 'deepseek-v4-flash')?.tiers[0].input).toBe(1.32)
  expect(book.contextWindow?.({ name: 'openai', baseUrl: '' }, 'gpt-5.4')).toBe(1_050_000)
})
