import { describe, expect, it } from 'vitest'
import type { OurHour } from '../../../cli/bill/cells.ts'
import type { RatesOf } from '../../../cli/bill/causes.ts'
import { emptyLine, type ExportLine, type ProviderExport } from '../../../cli/bill/exports/form.ts'
import { decimalOf, moneyAt } from './rates.ts'
import { isOpen, reconcile, type Reconciliation } from '../../../cli/bill/reconcile.ts'

const DAY_MS = 86_400_000
const start = Date.UTC(2026, 9, 1)
const RATES = { input: 2, cacheRead: 0.5, cacheWrite: 2.5, output: 10 }
const ratesOf: RatesOf = ({ tier }) => (tier === 'standard' ? RATES : tier === 'flex' ? { input: 1, cacheRead: 0.25, cacheWrite: 1.25, output: 5 } : undefined)
const tolerance = { usd: 5_000_000_000n, share: 0, halfUnit: 0n }

/** Ten days, two models, three busy hours a day; token numbers differ by day so that days can be told apart. */
const hours: readonly OurHour[] = Array.from({ length: 10 }, (_, day) => day).flatMap((day) =>
  [3, 12, 22].flatMap((hour) =>
    ['gpt-x', 'gpt-y'].map((model, index): OurHour => {
      const [input, read, output] = [100_000 + day * 7_919 + hour * 131 + index, 20_000 + day * 101, 10_000 + ((day * day * 37 + hour) % 997)]
      return { hour: (start + day * DAY_MS) / 1000 + hour * 3600, provider: 'openai', billed_model: `${model}-2026-03-05`, asked_model: model, tier: 'default', answered: 20, failed: 1, input, cache_read: read, cache_write: 0, output, usd: decimalOf(moneyAt(RATES, input, read, output)), unpriced: 0, unpriced_input: 0, unpriced_output: 0, cut: 0, cut_input: 0, cut_output: 0, cut_usd: '0' }
    }),
  ),
)

/** The provider's own view of the same usage. */
function theirs(rates: (line: { readonly model: string; readonly day: number }) => typeof RATES = () => RATES, shiftHours = 0): ExportLine[] {
  return hours.map((row) => {
    const atMs = Math.floor((row.hour * 1000 + shiftHours * 3_600_000) / DAY_MS) * DAY_MS
    return { ...emptyLine(atMs), model: row.asked_model, tier: 'default', requests: row.answered, input: row.input, cacheRead: row.cache_read, cacheWrite: 0, output: row.output, usd: moneyAt(rates({ model: row.asked_model, day: (atMs - start) / DAY_MS }), row.input, row.cache_read, row.output) }
  })
}

const exported = (lines: readonly ExportLine[], more: Partial<ProviderExport> = {}): ProviderExport => ({ provider: 'openai', kind: 'OpenAI usage', lines, fromMs: start, toMs: start + 10 * DAY_MS, halfUnit: 0n, skipped: [], notes: [], ...more })
const run = (lines: readonly ExportLine[], own: readonly OurHour[] = hours, more: Partial<typeof tolerance> = {}): Reconciliation => reconcile(own, [exported(lines)], { fromMs: start, toMs: start + 10 * DAY_MS }, ratesOf, { ...tolerance, ...more })
const causes = (result: Reconciliation): string[] => result.differences.flatMap(({ day, model, causes: list }) => list.map(({ cause }) => `${day.slice(8)} ${model} ${cause}`))
const openOnes = (result: Reconciliation): number => result.differences.filter((one) => isOpen(one, new Set())).length

describe('reconciling an export', () => {
  it('finds nothing where nothing differs', () => {
    expect(run(theirs())).toMatchObject({ differences: [], compared: 20, shiftHours: 0 })
  })

  it('names a planted price by class, amount and days', () => {
    const result = run(theirs(({ model, day }) => (model === 'gpt-y' && day >= 4 ? { ...RATES, output: 11 } : RATES)))
    expect(result.differences.map(({ day, model }) => `${day.slice(8)} ${model}`)).toEqual(['05', '06', '07', '08', '09', '10'].map((day) => `${day} gpt-y`))
    for (const { causes: list, restUsd } of result.differences) expect([list, restUsd]).toEqual([[{ cause: 'price', detail: 'output: $11 there, $10 here per million', usd: expect.any(BigInt) }], 0n])
    expect(openOnes(result)).toBe(6)
    expect(result.differences.every((one) => !isOpen(one, new Set(['price'])))).toBe(true)
  })

  it('names the class from dollars by class even on a single day', () => {
    const lines = theirs().filter(({ model, atMs }) => model === 'gpt-x' && atMs === start)
    const byClass = lines.flatMap((line): ExportLine[] => {
      const [input = 0, read = 0, output = 0] = [line.input, line.cacheRead, line.output]
      return [{ ...line, usd: undefined }, { ...emptyLine(start), model: 'gpt-x', usd: moneyAt(RATES, input - read, 0, 0), usdOf: 'input' }, { ...emptyLine(start), model: 'gpt-x', usd: moneyAt({ ...RATES, cacheRead: 0.75 }, read, read, 0), usdOf: 'cacheRead' }, { ...emptyLine(start), model: 'gpt-x', usd: moneyAt(RATES, 0, 0, output), usdOf: 'output' }]
    })
    const [found] = run([...theirs().filter(({ model, atMs }) => model !== 'gpt-x' || atMs !== start), ...byClass]).differences
    expect(found?.causes).toEqual([{ cause: 'price', detail: 'cache reads: $0.75 there, $0.5 here per million', usd: expect.any(BigInt) }])
  })

  it('finds a day that is missing there, and usage that is missing here', () => {
    const missing = run(theirs().filter(({ model, atMs }) => model !== 'gpt-x' || atMs !== start + 5 * DAY_MS))
    expect(causes(missing)).toEqual(['06 gpt-x not_there'])
    const foreign = run([...theirs(), { ...emptyLine(start), model: 'gpt-z', requests: 3, input: 10, output: 5, usd: 70_000_000n }, { ...emptyLine(start + DAY_MS), model: 'gpt-x', requests: 3, input: 1_000_000, cacheRead: 0, output: 500, usd: moneyAt(RATES, 1_000_000, 0, 500) }])
    expect(causes(foreign)).toEqual(['01 gpt-z not_through_us', '02 gpt-x not_through_us'])
    expect([openOnes(missing), openOnes(foreign)]).toEqual([1, 2])
    expect(foreign.differences.every(({ restUsd }) => restUsd === 0n)).toBe(true)
  })

  it('explains another service tier to the picodollar, so that nothing is open', () => {
    const flex = { input: 1, cacheRead: 0.25, cacheWrite: 1.25, output: 5 }
    const result = run(theirs(({ model, day }) => (model === 'gpt-x' && day === 2 ? flex : RATES)).map((line) => (line.model === 'gpt-x' && line.atMs === start + 2 * DAY_MS ? { ...line, tier: 'flex' } : line)))
    expect(causes(result)).toEqual(['03 gpt-x service_tier'])
    expect(result.differences[0]).toMatchObject({ restUsd: 0n, causes: [{ detail: expect.stringMatching(/^\+[\d,]+ tokens at flex, −[\d,]+ tokens at standard$/) }] })
    expect(openOnes(result)).toBe(0)
  })

  it('tells cache classes, failed attempts and rounding apart, none of them open', () => {
    const read = run(theirs().map((line, index) => (index === 0 ? { ...line, cacheRead: (line.cacheRead ?? 0) - 4_000, usd: (line.usd ?? 0n) + 6_000_000_000n } : line)))
    expect(read.differences).toMatchObject([{ restUsd: 0n, causes: [{ cause: 'cache_class', detail: '−4,000 cache reads', usd: 6_000_000_000n }] }])
    const failed = run(theirs().map((line, index) => (index === 0 ? { ...line, requests: (line.requests ?? 0) + 2 } : line)))
    expect(causes(failed)).toEqual(['01 gpt-x failed_attempts'])
    const rounded = run(theirs().map((line) => ({ ...line, usd: ((line.usd ?? 0n) / 10_000_000_000n) * 10_000_000_000n })), hours, { usd: 0n, halfUnit: 10_000_000_000n })
    expect(new Set(causes(rounded).map((cause) => cause.split(' ')[2]))).toEqual(new Set(['rounding']))
    expect([openOnes(read), openOnes(failed), openOnes(rounded)]).toEqual([0, 0, 0])
  })

  it('recognises days of another time zone, and single calls at midnight', () => {
    const pacific = run(theirs(undefined, -7))
    expect([-7, -6, -5, -4]).toContain(pacific.shiftHours)
    expect(new Set(pacific.differences.flatMap(({ causes: list }) => list.map(({ cause }) => cause)))).toEqual(new Set(['day_boundary']))
    expect([pacific.differences.length, openOnes(pacific)]).toEqual([20, 0])
    const moved = theirs().map((line, index) => (index === 4 ? { ...line, atMs: line.atMs + DAY_MS } : line))
    expect(causes(run(moved))).toEqual(['01 gpt-x day_boundary', '02 gpt-x day_boundary'])
    expect(openOnes(run(moved))).toBe(0)
  })

  it('lays estimates of cut answers and attempts without a price to their own causes', () => {
    const cut = hours.map((row, index) => (index === 0 ? { ...row, cut: 1, cut_usd: '0.004', usd: decimalOf(moneyAt(RATES, row.input, row.cache_read, row.output) + 4_000_000_000n) } : row))
    const lines = theirs().map((line, index) => (index === 0 ? { ...line, requests: (line.requests ?? 0) + 1, input: (line.input ?? 0) + 1_000, output: (line.output ?? 0) + 300, usd: (line.usd ?? 0n) + 5_000_000_000n } : line))
    expect(run(lines, cut).differences).toMatchObject([{ restUsd: 0n, causes: [{ cause: 'aborted', usd: 1_000_000_000n }] }])
    const unpriced = hours.map((row, index) => (index === 0 ? { ...row, usd: '0', unpriced: 20, unpriced_input: row.input, unpriced_output: row.output } : row))
    const found = run(theirs(), unpriced)
    expect(causes(found)).toEqual(['01 gpt-x unpriced_here'])
    expect(openOnes(found)).toBe(1)
  })

  it('leaves unexplained what no cause shows, and never lets it be accepted', () => {
    const odd = theirs().map((line, index) => ({ ...line, usd: (line.usd ?? 0n) + (index % 7 === 0 ? BigInt(index + 1) * 30_000_000_000n : 0n) }))
    const result = run(odd)
    expect(causes(result).some((cause) => cause.endsWith('unexplained'))).toBe(true)
    expect(result.differences.filter((one) => isOpen(one, new Set(['price', 'unexplained']))).length).toBeGreaterThan(0)
    expect(result.differences.every(({ restUsd, causes: list }) => restUsd === 0n || list.some(({ cause }) => cause === 'unexplained'))).toBe(true)
    const contrary = run(theirs().map((line, index) => (index === 0 ? { ...line, input: (line.input ?? 0) + 50, output: (line.output ?? 0) - 50 } : line)))
    expect(causes(contrary)[0]).toBe('01 gpt-x unexplained')
  })
})
