import { describe, expect, it } from 'vitest'
import { candidateNames, configJsonSchema, parseConfig, type Config } from '../../core/config.ts'
import type { PriceBook, TargetPrice } from '../../core/prices.ts'
import { WeighbridgeError } from '../../core/errors.ts'

const price: TargetPrice = { tiers: [{ fromInputTokens: 0, input: 1, output: 4, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined }], perRequest: 0, version: 'test' }
const book: PriceBook = { find: (_provider, model) => (model === 'unknown' ? undefined : price) }

const BASE = `
providers:
  a: { base_url: "http://127.0.0.1:1/v1/", api_key: "\${A_KEY}" }
  b: { base_url: "http://127.0.0.1:2/v1" }
  s: { base_url: "http://127.0.0.1:3/v1", simulated: true }
targets:
  a1: { provider: a, model: m1 }
  b1: { provider: b, model: m2, effort: low }
  b2: { provider: b, model: unknown }
  s1: { provider: s, model: m1 }
chains:
  default: [{ target: a1, max_cost_per_1k: 0.01 }, { target: b1 }]
  simulated: [{ target: s1 }]
tasks:
  simple_qa: { route: { a1: 3, b1: 1 } }
  play: { route: { s1: 1 }, chain: simulated }
`

function parse(text: string, env: Record<string, string> = { A_KEY: 'k' }): Config {
  return parseConfig(text, env, book)
}

function faultOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    expect(error).toBeInstanceOf(WeighbridgeError)
    if (error instanceof WeighbridgeError) return `${error.code}: ${error.message}`
  }
  throw new Error('the configuration was accepted')
}

describe('parseConfig', () => {
  it('resolves targets with their provider, price and evidence key', () => {
    const config = parse(BASE)
    expect(config.targets.get('b1')?.evidenceKey).toBe('b/m2@low')
    expect(config.targets.get('a1')?.provider).toMatchObject({ baseUrl: 'http://127.0.0.1:1/v1', apiKeys: ['k'], timeouts: { connectMs: 3000, firstTokenMs: 20000 } })
  })

  it('goes on with those of several keys whose variables are set, and is disabled without any', () => {
    const several = BASE.replace('api_key: "${A_KEY}"', 'api_keys: ["${A_KEY}", "${A_OTHER}"]')
    const config = parse(several)
    expect(config.providers.get('a')?.apiKeys).toEqual(['k'])
    expect(config.warnings.join('\n')).toMatch(/provider a goes on with 1 of 2 keys: A_OTHER is not set/)
    expect(parse(several, { A_KEY: 'k', A_OTHER: 'l' }).providers.get('a')?.apiKeys).toEqual(['k', 'l'])
    expect(parse(several, {}).warnings.join('\n')).toMatch(/provider a is disabled: A_KEY, A_OTHER is not set/)
  })

  it('resolves the chains for refusals and for inputs that are too long', () => {
    const task = parse(BASE.replace('{ route: { a1: 3, b1: 1 } }', '{ route: { a1: 3, b1: 1 }, on_refusal: second, on_context_length: default }').replace('chains:', 'chains:\n  second: [{ target: b1 }]')).tasks.get('simple_qa')
    expect(task?.onRefusal).toEqual([{ target: 'b1', maxCostPer1k: undefined }])
    expect(task?.onContextLength?.map((link) => link.target)).toEqual(['a1', 'b1'])
    expect(faultOf(BASE.replace('{ route: { a1: 3, b1: 1 } }', '{ on_refusal: nowhere }'))).toMatch(/on_refusal: no chain "nowhere"/)
  })

  it('normalises the weights of a task to sum 1', () => {
    expect([...(parse(BASE).tasks.get('simple_qa')?.route ?? [])]).toEqual([
      ['a1', 0.75],
      ['b1', 0.25],
    ])
  })

  it('disables a provider whose variable is unset, names the variable, and renormalises the rest', () => {
    const config = parse(BASE, {})
    expect(config.targets.has('a1')).toBe(false)
    expect([...(config.tasks.get('simple_qa')?.route ?? [])]).toEqual([['b1', 1]])
    expect(config.warnings.join('\n')).toMatch(/provider a is disabled: A_KEY is not set/)
    expect(config.tasks.get('simple_qa')?.chain).toEqual([{ target: 'b1', maxCostPer1k: undefined }])
  })

  it('warns of embedding targets among chat targets, and of built-in tasks that have nothing else; a set of its own for vectors is right', () => {
    const targets = `
providers: { b: { base_url: "http://127.0.0.1:2/v1" } }
targets:
  chat: { provider: b, model: m }
  v1: { provider: b, model: m, kind: embedding }
  v2: { provider: b, model: m, kind: embedding }`
    const mixed = parse(`${targets}
chains: { default: [{ target: chat }, { target: v1 }], plain: [{ target: chat }], vectors: [{ target: v1 }, { target: v2 }] }
tasks: { search: { chain: vectors, route: { v2: 1 } }, fine: { chain: plain, route: { chat: 1, v2: 1 } }, simple_qa: { chain: vectors } }`)
    expect(mixed.warnings).toEqual([
      expect.stringMatching(/^chain default names the embedding target v1: .*\/v1\/embeddings/),
      expect.stringMatching(/^the route of task fine names the embedding target v2: /),
      expect.stringMatching(/^task simple_qa has only embedding targets: no chat call of it can be answered/),
    ])
    const apart = parse(`${targets}
chains: { default: [{ target: chat }], vectors: [{ target: v1 }, { target: v2 }] }
tasks: { search: { chain: vectors, route: { v2: 1 } } }`)
    expect(apart.warnings.join('\n')).not.toMatch(/embedding/)
    expect(parse(BASE).warnings.join('\n')).not.toMatch(/embedding/)
  })

  it('warns of an unpriced target and leaves its price undefined', () => {
    const config = parse(BASE)
    expect(config.targets.get('b2')?.price).toBeUndefined()
    expect(config.warnings.join('\n')).toMatch(/b2 is unpriced/)
  })

  it('takes a price from the target, else from prices.overrides, else from the book less the discount', () => {
    const config = parse(`${BASE.replace('model: m1 }', 'model: m1, price: { input: 9, output: 9 } }')}
prices:
  overrides: { a/m1: { input: 8, output: 8 }, b/*: { input: 7, output: 7 } }
  discounts: { b: 0.5, s: 0.25 }`)
    const input = (name: string): number | undefined => config.targets.get(name)?.price?.tiers[0].input
    expect([input('a1'), input('b1'), input('b2'), input('s1')]).toEqual([9, 7, 7, 0.75])
    expect([config.targets.get('a1')?.price?.version, config.targets.get('b1')?.price?.version].map((version) => version?.split(':')[0])).toEqual(['override', 'config'])
    expect(config.targets.get('s1')?.price?.version).toBe('test*0.75')
  })

  it('always has the task general, routed to the head of the default chain', () => {
    const general = parse(BASE).tasks.get('general')
    expect([...(general?.route ?? [])]).toEqual([['a1', 1]])
  })

  it('keeps the same task hash when another task changes and another hash when its route does', () => {
    const before = parse(BASE).tasks.get('simple_qa')?.configHash
    expect(parse(BASE.replace('s1: 1', 's1: 2')).tasks.get('simple_qa')?.configHash).toBe(before)
    expect(parse(BASE.replace('a1: 3', 'a1: 2')).tasks.get('simple_qa')?.configHash).not.toBe(before)
    expect(parse(BASE.replace('max_cost_per_1k: 0.01', 'max_cost_per_1k: 0.02')).tasks.get('simple_qa')?.configHash).not.toBe(before)
  })

  it('refuses a task that mixes simulated and real targets', () => {
    expect(faultOf(BASE.replace('play: { route: { s1: 1 }', 'play: { route: { s1: 1, a1: 1 }'))).toMatch(/play.*mix simulated and real/)
  })

  it('does not let a disabled provider hide a wrong reference, and names every fault at once', () => {
    const fault = faultOf(BASE.replace('provider: a,', 'provider: nobody,').replace('target: b1', 'target: ghost'))
    expect(fault).toMatch(/config_invalid/)
    expect(fault).toMatch(/targets\.a1\.provider: no provider "nobody"/)
    expect(fault).toMatch(/chains\.default\.1\.target: no target "ghost"/)
  })

  it.each([
    ['a misspelt field', BASE.replace('model: m1 }', 'modle: m1 }'), /modle/],
    ['bad YAML', 'providers: [', /not valid YAML/],
    ['a weight below 0', BASE.replace('a1: 3', 'a1: -3'), /tasks\.simple_qa\.route\.a1/],
    ['a duplicate link', BASE.replace('{ target: b1 }]', '{ target: a1 }]'), /stands in the chain twice/],
    ['an alias to nothing', `${BASE}\naliases: { gpt: nothing }`, /aliases\.gpt/],
    ['an address that is none', BASE.replace('http://127.0.0.1:2/v1', 'ftp://x'), /providers\.b\.base_url/],
    ['one key and several', BASE.replace('api_key: "${A_KEY}"', 'api_key: x, api_keys: [y]'), /providers\.a: api_key and api_keys exclude each other/],
    ['a misspelt member of a price', BASE.replace('model: m1 }', 'model: m1, price: { input: 1, outptu: 2 } }'), /targets\.a1\.price.*outptu/],
    ['a misspelt member of a list of prices', BASE.replace('model: m1 }', 'model: m1, price: [{ input: 1, output: 2 }, { from: 2027-01-01, input: 1, outptu: 2 }] }'), /targets\.a1\.price\.1/],
    ['two prices from one date', BASE.replace('model: m1 }', 'model: m1, price: [{ input: 1, output: 2 }, { input: 2, output: 2 }] }'), /targets\.a1\.price: two prices begin/],
    ['an override for nobody', `${BASE}\nprices: { overrides: { nobody/m: { input: 1, output: 1 } } }`, /prices: no provider "nobody"/],
    ['an override without a provider', `${BASE}\nprices: { overrides: { m: { input: 1, output: 1 } } }`, /prices\.overrides\.m: .*provider\/model/],
    ['only zero weights', BASE.replace('a1: 3, b1: 1', 'a1: 0'), /every weight is 0/],
  ])('refuses %s', (_name, text, expected) => {
    expect(faultOf(text)).toMatch(expected)
  })

  it('never puts a key into the message of a fault', () => {
    expect(faultOf(BASE.replace('api_key: "${A_KEY}"', 'api_key: "sk-secret-value", api_kye: x'))).not.toMatch(/sk-secret-value/)
  })

  it('lists the candidates of a task without duplicates, the drawn ones first', () => {
    const task = parse(BASE.replace('{ a1: 3, b1: 1 }', '{ b1: 1 }')).tasks.get('simple_qa')
    expect(task === undefined ? [] : candidateNames(task)).toEqual(['b1', 'a1'])
  })

  it('has a JSON Schema with the top-level fields', () => {
    expect(configJsonSchema()).toMatchObject({ type: 'object', additionalProperties: false, properties: { providers: {}, targets: {}, tasks: {}, chains: {} } })
  })
})
