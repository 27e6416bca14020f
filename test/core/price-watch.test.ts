import { describe, expect, it } from 'vitest'
import { parseConfig, type Config } from '../../core/config.ts'
import { createPriceDrift } from '../../core/price-drift.ts'
import { ceilingCheck, newlyOver, overText, REQUEST_SHAPES } from '../../core/price-shapes.ts'
import { createPriceWatch, KEPT_NOTICES, priceChanges, priceText } from '../../core/price-watch.ts'
import { costOf } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'

function config(alpha: string, ceiling = '0.01', model = 'm'): Config {
  return parseConfig(
    `
providers: { p: { base_url: "http://127.0.0.1:1/v1" } }
targets:
  alpha: { provider: p, model: ${model}, price: ${alpha} }
  beta: { provider: p, model: other, price: { input: 1, output: 1 } }
chains: { default: [{ target: alpha, max_cost_per_1k: ${ceiling} }, { target: beta }] }
`,
    {},
    { find: () => undefined },
  )
}

describe('priceChanges', () => {
  it('names the targets whose rates are others, whatever the price is called', () => {
    const before = config('{ input: 2, output: 8 }')
    expect(priceChanges(before, config('{ input: 2, output: 8, per_request: 0 }'))).toEqual([])
    const [change, ...rest] = priceChanges(before, config('{ input: 4, output: 8 }'))
    expect(rest).toEqual([])
    expect([change?.target, priceText(change?.before), priceText(change?.after)]).toEqual(['alpha', '$2 in, $8 out', '$4 in, $8 out'])
  })

  it('sees a fee, a tier and a service tier', () => {
    const before = config('{ input: 2, output: 8 }')
    for (const after of ['{ input: 2, output: 8, per_request: 0.1 }', '{ input: 2, output: 8, tiers: [{ from_input_tokens: 9, input: 3, output: 9 }] }', '{ input: 2, output: 8, service_tiers: { flex: 0.5 } }'])
      expect(priceChanges(before, config(after)).map((change) => change.target)).toEqual(['alpha'])
  })

  it('does not take a target that calls another model now for a change of price', () => {
    expect(priceChanges(config('{ input: 2, output: 8 }'), config('{ input: 4, output: 8 }', '0.01', 'n'))).toEqual([])
  })
})

describe('ceilingCheck', () => {
  it('holds every link against its ceiling for eight shapes, and a link without one admits all', () => {
    const checked = ceilingCheck(config('{ input: 2, output: 8 }', '0.004'))
    expect(checked).toHaveLength(2 * REQUEST_SHAPES.length)
    expect(REQUEST_SHAPES).toHaveLength(8)
    expect(checked.filter((cost) => cost.target === 'beta').every((cost) => cost.within)).toBe(true)
    // 200·2 + 300·8 = 2800 millionths over 500 tokens: .0056 per 1,000.
    expect(checked.find((cost) => cost.target === 'alpha' && cost.shape.name === 'short question')).toMatchObject({ usd: 0.0028, per1kUsd: 0.0056, ceiling: 0.004, within: false })
    expect(checked.find((cost) => cost.target === 'alpha' && cost.shape.name === 'retrieval')?.within).toBe(true)
  })

  it('says which links are over now and were not, in words', () => {
    const over = newlyOver(ceilingCheck(config('{ input: 2, output: 8 }', '0.006')), ceilingCheck(config('{ input: 4, output: 16 }', '0.006')))
    expect(over.map((link) => [link.chain, link.target, link.newly.map((cost) => cost.shape.name)])).toEqual([['default', 'alpha', ['short question', 'chat turn']]])
    expect(over.map(overText)[0]).toMatch(/^default: alpha exceeds its ceiling of \$0\.006 per 1,000 tokens for 3 of 8 request shapes \(new: short question \$0\.0112, chat turn/)
  })
})

describe('the price watch', () => {
  it('keeps the last twenty, newest first, with old and new price, cause, and the links that are over since', () => {
    const watch = createPriceWatch()
    const cheap = config('{ input: 1, output: 4 }', '0.004')
    const dear = config('{ input: 2, output: 8 }', '0.004')
    const [notice] = watch.note(cheap, dear, 'price list', 1000.4)
    expect(notice).toMatchObject({ target: 'alpha', at: 1000, cause: 'price list', before: '$1 in, $4 out', after: '$2 in, $8 out' })
    expect(notice?.over).toHaveLength(1)
    for (let n = 0; n < 15; n += 1) {
      watch.note(dear, cheap, 'price list', n)
      watch.note(cheap, dear, 'price list', n + 0.5)
    }
    expect(watch.recent()).toHaveLength(KEPT_NOTICES)
    expect(watch.recent()[0]?.at).toBe(15)
    expect(watch.note(cheap, cheap, 'configuration', 1)).toEqual([])
  })
})

describe('drift of reported costs', () => {
  const target = config('{ input: 1, output: 1 }').targets.get('alpha')
  const priced = costOf(usageOf({ inputTotal: 1000, outputTotal: 1000 }), target?.price) ?? Number.NaN
  const at = (share: number): [{ name: string; price: NonNullable<typeof target>['price'] }, number, number] => [{ name: 'alpha', price: target?.price }, priced * share, priced]

  it('is said once, after five calls in a row that are more than 5 % off to the same side, with both sums', () => {
    const drift = createPriceDrift()
    const said = [1.1, 1.2, 1.06, 1.1, 1.1, 1.1, 1.1].map((share) => drift.note(...at(share)))
    expect(said.map((signal) => signal !== undefined)).toEqual([false, false, false, false, true, false, false])
    expect(said[4]).toMatchObject({ target: 'alpha', calls: 5 })
    expect((said[4]?.reportedUsd ?? 0) / (said[4]?.pricedUsd ?? 1)).toBeCloseTo(1.112, 6)
  })

  it('starts again after a call that agrees, or is off to the other side', () => {
    const drift = createPriceDrift()
    expect([1.1, 1.1, 1.1, 1.1, 1, 1.1, 1.1, 1.1, 1.1, 0.8, 0.8, 0.8, 0.8].map((share) => drift.note(...at(share)))).toEqual(Array(13).fill(undefined))
    expect(drift.note(...at(0.8))?.calls).toBe(5)
  })

  it('is said again for another price, and never without one', () => {
    const drift = createPriceDrift()
    for (let n = 0; n < 5; n += 1) drift.note(...at(2))
    const other = config('{ input: 1.5, output: 1.5 }').targets.get('alpha')
    const later = Array.from({ length: 5 }, () => drift.note({ name: 'alpha', price: other?.price }, priced * 2, priced * 1.5))
    expect(later.map((signal) => signal?.calls)).toEqual([undefined, undefined, undefined, undefined, 5])
    expect(Array.from({ length: 9 }, () => drift.note({ name: 'x', price: undefined }, 1, 2))).toEqual(Array(9).fill(undefined))
  })
})
