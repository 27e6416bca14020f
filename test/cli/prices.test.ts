import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followConfig } from '../../cli/compose/settings.ts'
import type { Clock } from '../../core/seams.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { eventually, running, silent, type Running } from '../router/support/running.ts'
import { answering, scriptedProvider, type ScriptedProvider } from '../router/support/scripted-provider.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'wb-prices-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const CONFIG = `
providers:
  acme: { base_url: "http://127.0.0.1:9/v1" }
  openai: { base_url: "https://api.openai.com/v1" }
targets:
  small: { provider: acme, model: small }
  own: { provider: acme, model: own, price: { input: 1, output: 1 } }
  gpt: { provider: openai, model: gpt-5.4 }
chains: { default: [{ target: small, max_cost_per_1k: 0.004 }, { target: gpt }] }
`
const list = (input: number, output: number, version = 'v1'): string => JSON.stringify({ format: 'weighbridge-prices', version, prices: { 'acme/small': { input, output } } })

async function prices(...words: string[]): Promise<CommandResult> {
  await writeFile(join(cwd, 'weighbridge.yaml'), CONFIG)
  return runCommand(['prices', ...words], { cwd })
}
const json = (result: CommandResult): Record<string, unknown> => JSON.parse(result.out) as Record<string, unknown>
const kept = (): string => join(cwd, '.weighbridge', 'prices.json')

describe('weighbridge prices', () => {
  it('shows what each target costs and where that comes from; unpriced is never 0', async () => {
    const { code, out } = await prices('show')
    expect(code).toBe(0)
    expect(out).toMatch(/small .*–.*unpriced/)
    expect(out).toMatch(/own .*\$1\.00.*override:/)
    expect(out).toMatch(/gpt .*\$2\.50.*\$0\.2500.*\$15\.00.*≥272000.*flex ×0\.5.*genai-prices@/)
    expect(json(await prices('show', '--json'))).toMatchObject({ prices: [{ target: 'small', price: null }, { target: 'own' }, { target: 'gpt', price: { input: 2.5, output: 15, cache_read: 0.25 } }] })
  })

  it('shows one target, or a model that no target names, and says which names there are not', async () => {
    expect((await prices('show', 'own')).out).not.toMatch(/gpt/)
    expect((await prices('show', 'openai/gpt-5.5')).out).toMatch(/gpt-5\.5.*\$5\.00/)
    expect(await prices('show', 'nobody')).toMatchObject({ code: 2, err: expect.stringMatching(/unknown_target/) })
  })

  it('diffs a list without taking it up, then takes it up and says what changed', async () => {
    await writeFile(join(cwd, 'list.json'), list(1, 4))
    const diffed = await prices('diff', 'list.json', '--json')
    expect(json(diffed)).toMatchObject({ targets: 3, changes: [{ target: 'small', before: null, after: { input: 1, output: 4 } }], over: [] })
    expect((await prices('show', 'small', '--json')).out).toMatch(/"price":null/)
    const updated = await prices('update', '--from', 'list.json')
    expect(updated.out).toMatch(/small +unpriced +\$1 in, \$4 out/)
    expect((await prices('show', 'small')).out).toMatch(/\$1\.00.*file:v1:/)
    expect((await prices('update', '--from', 'list.json')).out).toMatch(/No price of the 3 target\(s\) changed/)
  })

  it('names the chain links that exceed their ceilings under the new prices', async () => {
    await writeFile(join(cwd, 'list.json'), list(1, 4))
    await prices('update', '--from', 'list.json')
    await writeFile(join(cwd, 'list.json'), list(2, 8, 'v2'))
    const { out } = await prices('update', '--from', 'list.json')
    expect(out).toMatch(/small +\$1 in, \$4 out +\$2 in, \$8 out +×2/)
    expect(out).toMatch(/default: small exceeds its ceiling of \$0\.004 per 1,000 tokens for \d of 8 request shapes \(new: short question/)
  })

  it('keeps the last list when the new one is faulty, gone or not answering', async () => {
    await writeFile(join(cwd, 'list.json'), list(1, 4))
    await prices('update', '--from', 'list.json')
    const before = await readFile(kept(), 'utf8')
    await writeFile(join(cwd, 'list.json'), list(-1, 4))
    expect(await prices('update', '--from', 'list.json')).toMatchObject({ code: 2, err: expect.stringMatching(/prices_invalid/) })
    expect(await prices('update', '--from', 'gone.json')).toMatchObject({ code: 4, err: expect.stringMatching(/prices_unreachable/) })
    expect(await prices('update', '--from', 'http://127.0.0.1:9/prices')).toMatchObject({ code: 4, err: expect.stringMatching(/prices_unreachable.*\n.*the last prices stay in force/) })
    expect(await readFile(kept(), 'utf8')).toBe(before)
  })

  it('takes a list from an address, and goes back to the packaged data', async () => {
    const server = createServer((_request, response) => response.end(list(3, 5))).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo // a TCP server's
    const source = `http://127.0.0.1:${port}/p.json`
    expect((await prices('update', '--from', `${source}?key=secret`)).code).toBe(0)
    server.close()
    expect((await prices('show')).out).toMatch(new RegExp(`v1 from ${source}, fetched 20`))
    expect(await readFile(kept(), 'utf8')).not.toMatch(/secret/)
    expect((await prices('update', '--from', 'packaged')).out).toMatch(/small +\$3 in, \$5 out +unpriced/)
    expect((await prices('show', 'small', '--json')).out).toMatch(/"price":null/)
  })
})

const LIVE = (provider: string): string => `
providers:
  one: { retries: 0, base_url: "${provider}" }
  two: { retries: 0, base_url: "${provider}" }
targets:
  alpha: { provider: one, model: alpha-model }
  beta: { provider: two, model: beta-model, price: { input: 5, output: 20 } }
chains: { default: [{ target: alpha, max_cost_per_1k: 0.02 }, { target: beta }] }
`
const alphaAt = (input: number, output: number): string => JSON.stringify({ format: 'weighbridge-prices', version: `in-${input}`, prices: { 'one/alpha-model': { input, output } } })

describe('a price list under a running router', () => {
  let provider: ScriptedProvider
  let up: Running | undefined
  beforeEach(async () => {
    provider = await scriptedProvider(answering('hi'))
  })
  afterEach(async () => {
    await up?.close()
    up = undefined
    await provider.close()
  })
  const put = async (text: string): Promise<void> => {
    await writeFile(join(cwd, 'prices.json.tmp'), text)
    await rename(join(cwd, 'prices.json.tmp'), join(cwd, 'prices.json'))
  }

  it('changes what the next call uses, with cause, old and new price, and the links now over their ceilings', async () => {
    const path = join(cwd, 'weighbridge.yaml')
    await writeFile(path, LIVE(provider.url))
    await put(alphaAt(1, 4))
    const lines: string[] = []
    const holder = followConfig(path, {}, priceBookIn(cwd), pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }), { pollMs: 10 })
    try {
      up = await running(LIVE(provider.url), { dataDir: cwd, config: holder })
      const before = await up.chat({ model: 'auto' })
      expect(before.headers.get('x-weighbridge-target')).toBe('alpha')
      // 1,000 tokens of input and 100 of output, as the scripted provider says: at 1 and 4 USD per million.
      expect(Number((await up.trace(before.headers.get('x-weighbridge-trace-id'))).attempts[0]?.attributes['weighbridge.cost.usd'])).toBeCloseTo(0.0014, 12)
      await put(alphaAt(20, 80))
      await eventually(() => (holder.priceNotices().length > 0 ? true : undefined))
      const [notice] = holder.priceNotices()
      expect(notice).toMatchObject({ target: 'alpha', cause: 'price list', before: '$1 in, $4 out', after: '$20 in, $80 out' })
      expect(notice?.over[0]).toMatch(/default: alpha exceeds its ceiling of \$0\.02/)
      const after = await up.chat({ model: 'auto' })
      expect(after.headers.get('x-weighbridge-target')).toBe('beta')
      expect(lines.join('')).toMatch(/the price of alpha changed: chain links now exceed their ceilings/)
    } finally {
      holder.close()
    }
  })

  it('that turns faulty changes nothing, is logged once, and stands among the warnings', async () => {
    const path = join(cwd, 'weighbridge.yaml')
    await writeFile(path, LIVE(provider.url))
    await put(alphaAt(1, 4))
    const holder = followConfig(path, {}, priceBookIn(cwd), silent, { pollMs: 10 })
    try {
      await put('{"format": "weighbridge-prices"')
      await eventually(() => (holder.current().warnings.some((warning) => /price list is not usable/.test(warning)) ? true : undefined))
      expect(holder.current().targets.get('alpha')?.price?.tiers[0].input).toBe(1)
      expect(holder.priceNotices()).toEqual([])
      await put(alphaAt(2, 4))
      await eventually(() => (holder.current().targets.get('alpha')?.price?.tiers[0].input === 2 ? true : undefined))
      expect(holder.current().warnings.join()).not.toMatch(/price list/)
    } finally {
      holder.close()
    }
  })

  it('comes into force by date without anybody touching a file', async () => {
    const path = join(cwd, 'weighbridge.yaml')
    await writeFile(path, LIVE(provider.url).replace('price: { input: 5, output: 20 }', 'price: [{ input: 5, output: 20 }, { from: 2027-01-01, input: 50, output: 200 }]'))
    let nowMs = Date.parse('2026-12-31T23:59:59Z')
    const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0 }
    const holder = followConfig(path, {}, priceBookIn(cwd, clock), silent, { pollMs: 10, clock })
    const changed = new Promise<number | undefined>((resolve) => holder.subscribe((config) => resolve(config.targets.get('beta')?.price?.tiers[0].input)))
    try {
      expect(holder.current().targets.get('beta')?.price?.tiers[0].input).toBe(5)
      nowMs += 1_000
      expect(await changed).toBe(50)
      expect(holder.priceNotices()).toMatchObject([{ target: 'beta', cause: 'effective date or time of day', before: '$5 in, $20 out', after: '$50 in, $200 out' }])
    } finally {
      holder.close()
    }
  })

  it('is doubted once when a provider keeps reporting other costs, with both sums', async () => {
    const path = join(cwd, 'weighbridge.yaml')
    await writeFile(path, LIVE(provider.url))
    const lines: string[] = []
    const holder = followConfig(path, {}, priceBookIn(cwd), pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }), { pollMs: 10 })
    try {
      const beta = holder.current().targets.get('beta')
      if (beta === undefined) throw new Error('no beta')
      for (let n = 0; n < 12; n += 1) holder.costSeen(beta, 0.012, 0.01)
      expect(lines).toHaveLength(1)
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ target: 'beta', calls: 5, reportedUsd: 0.06, pricedUsd: 0.05 })
      expect(holder.priceNotices()).toMatchObject([{ target: 'beta', before: '$0.05 for 5 calls at our price', after: '$0.06 for 5 calls reported' }])
    } finally {
      holder.close()
    }
  })
})
