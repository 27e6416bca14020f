import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../core/errors.ts'
import { ratesAt } from '../../core/price-schedule.ts'
import { keepPrices, keptPricesPath, priceBookIn } from '../../store/prices/kept-prices.ts'
import { isSafeRegex } from '../../core/safe-regex.ts'
import { listPriceBook, parsePriceList } from '../../store/prices/price-file.ts'
import { readPrices } from '../../store/prices/read-prices.ts'

const NOW = Date.parse('2026-11-23T20:00:00Z')
const hint = { name: 'mine', baseUrl: 'https://llm.example.org/v1' }
const OWN = `
format: weighbridge-prices
version: 2026-11-23
prices:
  mine/exact: { input: 1, output: 2 }
  mine/fam-*: { input: 3, output: 4 }
  mine/fam-large-*: { input: 5, output: 6 }
  llm.example.org/by-host: [{ input: 7, output: 8 }, { from: 2026-12-01, input: 9, output: 10 }]
context_windows: { mine/exact: 32000 }
`
const GENAI = [
  {
    id: 'acme', name: 'Acme', api_pattern: 'https://api\\.acme\\.example', pricing_urls: [], provider_match: { contains: 'acme' },
    models: [
      { id: 'm-1', match: { or: [{ equals: 'm-1' }, { starts_with: 'm-1-20' }] }, context_window: 1000, prices: { input_mtok: { base: 1, tiers: [{ start: 199_999, price: 2 }] }, output_mtok: 5, web_searches_kcount: 10 } },
      { id: 'm-2', match: { equals: 'm-2' }, prices: [{ prices: { input_mtok: 1, output_mtok: 1 } }, { constraint: { start_date: '2026-11-01' }, prices: { input_mtok: 2, output_mtok: 2 } }, { constraint: { start_time: '23:00:00Z', end_time: '01:00:00Z' }, prices: { input_mtok: 9, output_mtok: 9 } }] },
      { id: 'embed', match: { equals: 'embed' }, prices: { input_mtok: 0.02 } },
      { id: 'gift:free', match: { equals: 'gift:free' }, prices: {} },
      { id: 'by-the-page', match: { equals: 'by-the-page' }, prices: { input_document_kpages: 1 } },
    ],
  },
]

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof WeighbridgeError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('a price list of our own format', () => {
  const book = listPriceBook(parsePriceList(OWN), () => NOW)

  it('finds the exact name, else the longest that a star continues, by provider name or by host', () => {
    const input = (model: string): number | undefined => book.find(hint, model)?.tiers[0].input
    expect([input('exact'), input('fam-small'), input('fam-large-2'), input('by-host'), input('other')]).toEqual([1, 3, 5, 7, undefined])
    expect(book.find({ name: 'yours', baseUrl: 'http://127.0.0.1:1/v1' }, 'exact')).toBeUndefined()
    expect(book.contextWindow?.(hint, 'exact')).toBe(32_000)
  })

  it('names its version in every price, with a hash of what is written', () => {
    expect(book.find(hint, 'exact')?.version).toMatch(/^file:2026-11-23:[0-9a-f]{8}$/)
    expect(book.find(hint, 'exact')?.version).not.toBe(book.find(hint, 'fam-small')?.version)
  })

  it.each([
    ['an unknown member', OWN.replace('input: 1,', 'inputt: 1,'), /inputt/],
    ['a negative price', OWN.replace('input: 1,', 'input: -1,'), /prices\.mine\/exact/],
    ['a key without a provider', OWN.replace('mine/exact: { input', 'exact: { input'), /must be provider\/model/],
    ['another format', OWN.replace('weighbridge-prices', 'prices'), /format/],
    ['no text at all', '', /fault/],
    ['broken YAML', 'format: [', /neither JSON nor YAML/],
  ])('is refused with %s, and the place is named', (_name, text, expected) => {
    const said = codeOf(() => parsePriceList(text))
    expect(said).toMatch(/^prices_invalid/)
    expect(said).toMatch(expected)
  })

  it('never throws anything but prices_invalid, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string().map((text) => OWN.slice(0, text.length * 7) + text)), (text) => {
        expect(codeOf(() => parsePriceList(text))).toMatch(/^(prices_invalid|accepted)/)
      }),
    )
  })
})

describe('a price list in the format of genai-prices', () => {
  const book = listPriceBook(parsePriceList(JSON.stringify(GENAI)), () => NOW)
  const acme = { name: 'whatever', baseUrl: 'https://api.acme.example/v1' }

  it('prices by address, with tiers that begin above their start, searches and context windows', () => {
    const price = book.find(acme, 'm-1')
    expect(price?.tiers).toMatchObject([{ fromInputTokens: 0, input: 1, output: 5 }, { fromInputTokens: 200_000, input: 2, output: 5 }])
    expect(price?.perWebSearch).toBe(0.01)
    expect(book.find(acme, 'M-1-2026-05-01')?.tiers[0].input).toBe(1)
    expect(book.find({ name: 'my-acme', baseUrl: 'http://127.0.0.1/v1' }, 'm-1')?.tiers[0].input).toBe(1)
    expect(book.find({ name: 'other', baseUrl: 'http://127.0.0.1/v1' }, 'm-1')).toBeUndefined()
    expect(book.contextWindow?.(acme, 'm-1')).toBe(1000)
  })

  it('lets the last condition that holds win: a date, and a time of day over midnight', () => {
    const price = book.find(acme, 'm-2')
    if (price === undefined) throw new Error('no price')
    const input = (text: string): number => ratesAt(price, Date.parse(text)).tiers[0].input
    expect([input('2026-10-31T12:00:00Z'), input('2026-11-01T12:00:00Z'), input('2026-11-23T23:30:00Z'), input('2026-11-24T00:30:00Z')]).toEqual([1, 2, 9, 9])
  })

  it('gives embeddings output for nothing, `:free` everything, and no price to what is not billed by token', () => {
    expect(book.find(acme, 'embed')?.tiers[0]).toMatchObject({ input: 0.02, output: 0 })
    expect(book.find(acme, 'gift:free')?.tiers[0]).toMatchObject({ input: 0, output: 0 })
    expect(book.find(acme, 'by-the-page')).toBeUndefined()
  })

  it('is refused with a pattern that could take for ever', () => {
    const hostile = [{ ...GENAI[0], api_pattern: '(a+)+$' }]
    expect(codeOf(() => parsePriceList(JSON.stringify(hostile)))).toMatch(/prices_invalid.*api_pattern/)
    expect(isSafeRegex('^gpt-5\\.6-sol-\\d{4}-\\d{2}-\\d{2}$')).toBe(true)
    expect(isSafeRegex('(')).toBe(false)
  })

  it.each(['((a+))+$', '(a|a)*$', '(?:a|aa)+$', '(?:x+x+)+y', '([a-z]+)*', '(a?){30}a{30}', '(?:(?:a)*b?)+', '[)](a+)+', '\\((a+)+'])('takes no rule that could match for ever: %s', (source) => {
    expect(isSafeRegex(source)).toBe(false)
  })

  it.each(['^(?!.*-[tT](?:$|-))', '(?:a|b)?c+', '^o[134]', '\\(a+\\)+', '[(a+)]+', '^x-(\\d{8})$', '(?:-\\d+)?$'])('takes a plain one: %s', (source) => {
    expect(isSafeRegex(source)).toBe(true)
  })
})

describe('the price list of a data directory', () => {
  const dir = (): string => mkdtempSync(join(tmpdir(), 'wb-prices-'))
  const openai = { name: 'openai', baseUrl: 'https://api.openai.com/v1' }

  it('comes before the packaged data, which prices what it does not know', () => {
    const data = dir()
    const list = parsePriceList(OWN.replace('mine/exact', 'openai/gpt-5.4'))
    keepPrices(data, { list, from: 'x', fetchedAt: new Date(NOW).toISOString() })
    const book = priceBookIn(data, { at: new Date(NOW) })
    expect(book.find(openai, 'gpt-5.4')).toMatchObject({ tiers: [{ input: 1 }] })
    expect(book.find(openai, 'gpt-5.5')).toMatchObject({ tiers: [{ input: 5 }, { input: 10 }], version: 'genai-prices@0.1.8' })
    expect(readdirSync(data)).toEqual(['prices.json'])
  })

  it('is followed, and stays the last good one when it is damaged', () => {
    const data = dir()
    const book = priceBookIn(data, { at: new Date(NOW) })
    expect([book.refresh(), book.find(hint, 'exact')]).toEqual([false, undefined])
    keepPrices(data, { list: parsePriceList(OWN), from: 'x', fetchedAt: new Date(NOW).toISOString() })
    expect([book.refresh(), book.refresh(), book.find(hint, 'exact')?.tiers[0].input]).toEqual([true, false, 1])
    writeFileSync(keptPricesPath(data), '{ "format": "weighbr')
    expect(book.refresh()).toBe(true)
    expect(book.fault()).toMatch(/price list/)
    expect(book.find(hint, 'exact')?.tiers[0].input).toBe(1)
  })

  it('may be put there by hand', () => {
    const data = dir()
    writeFileSync(keptPricesPath(data), JSON.stringify({ format: 'weighbridge-prices', version: 'v', prices: { 'mine/m': { input: 4, output: 4 } } }))
    expect(priceBookIn(data).find(hint, 'm')?.tiers[0].input).toBe(4)
  })
})

describe('reading a price list', () => {
  it('takes a file and an address, and says why neither could be read', async () => {
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/moved') === true) response.writeHead(302, { location: '/prices' }).end()
      else response.end(OWN)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo // a TCP server's
    try {
      const path = join(mkdtempSync(join(tmpdir(), 'wb-prices-')), 'prices.yaml')
      writeFileSync(path, OWN)
      expect(await readPrices(path)).toBe(OWN)
      expect(await readPrices(`http://127.0.0.1:${port}/prices`)).toBe(OWN)
      await expect(readPrices(`http://127.0.0.1:${port}/moved?token=secret`)).rejects.toThrow(/answered HTTP 302/)
      await expect(readPrices(`http://127.0.0.1:${port}/moved?token=secret`)).rejects.not.toThrow(/secret/)
      await expect(readPrices(`${path}.gone`)).rejects.toMatchObject({ code: 'prices_unreachable' })
    } finally {
      server.close()
    }
    await expect(readPrices(`http://127.0.0.1:${port}/prices`)).rejects.toMatchObject({ code: 'prices_unreachable' })
  })
})
