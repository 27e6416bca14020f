// Limits by name, windows of the calendar, what a budgets section may say, and what is wrong with one.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig, type Config } from '../../core/config.ts'
import { isAllowedTarget } from '../../core/key-policy.ts'
import { LIMIT_NAMES, limitsOf, replacedBy, smallerOf, WINDOWS, windowAt, type Limit } from '../../core/limits.ts'
import { likelyReserve, mostReserve } from '../../core/reserve.ts'

const BASE = `
providers: { p: { base_url: "http://127.0.0.1:1/v1" }, q: { base_url: "http://127.0.0.1:2/v1" } }
targets:
  cheap: { provider: p, model: small, price: { input: 1, output: 2 } }
  dear: { provider: q, model: large, price: { input: 10, output: 40 } }
  free_of_price: { provider: q, model: unknown }
chains: { default: [ { target: cheap }, { target: dear } ], costly: [ { target: dear } ] }
tasks: { hard: { chain: costly, route: { dear: 1 } } }
`
const parse = (extra: string): Config => parseConfig(BASE + extra, {}, { find: () => undefined })
const warningsOf = (extra: string): readonly string[] => parse(extra).warnings.filter((warning) => !warning.startsWith('target free_of_price is unpriced'))

describe('the names of limits', () => {
  it('are three measures, alone or in four windows', () => {
    expect(LIMIT_NAMES).toHaveLength(15)
    expect(limitsOf({ usd: 5, tokens_per_minute: 100, requests_per_month: 3 })).toEqual([
      { measure: 'usd', window: 'total', most: 5 },
      { measure: 'tokens', window: 'minute', most: 100 },
      { measure: 'requests', window: 'month', most: 3 },
    ])
    expect(limitsOf({ steps: 7 })).toEqual([{ measure: 'requests', window: 'total', most: 7 }])
  })

  it('replace one another by measure and window, or the smaller of both counts', () => {
    const limit = (most: number, window: Limit['window'] = 'day'): Limit => ({ measure: 'usd', window, most })
    expect(replacedBy([limit(5), limit(50, 'month')], [limit(9)])).toEqual([limit(50, 'month'), limit(9)])
    expect(smallerOf([limit(5), limit(50, 'month')], [limit(9), limit(1, 'hour')])).toEqual([limit(5), limit(50, 'month'), limit(1, 'hour')])
  })
})

describe('windows', () => {
  it('are those of the calendar in UTC', () => {
    const at = Date.parse('2028-02-29T23:59:59.999Z')
    const iso = (window: Limit['window']): string[] => Object.values(windowAt(window, at)).map((ms) => new Date(ms).toISOString())
    expect(iso('minute')).toEqual(['2028-02-29T23:59:00.000Z', '2028-03-01T00:00:00.000Z'])
    expect(iso('hour')).toEqual(['2028-02-29T23:00:00.000Z', '2028-03-01T00:00:00.000Z'])
    expect(iso('day')).toEqual(['2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z'])
    expect(iso('month')).toEqual(['2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'])
    expect(windowAt('total', at)).toEqual({ startMs: 0, endMs: Infinity })
    expect(windowAt('month', Date.parse('2028-12-31T23:59:59Z')).endMs).toBe(Date.parse('2029-01-01T00:00:00Z'))
  })

  it('hold their moment, follow one another without a gap, and begin at their own start', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WINDOWS.filter((window) => window !== 'total')), fc.integer({ min: 0, max: Date.parse('2100-01-01') }), (window, at) => {
        const span = windowAt(window, at)
        expect(span.startMs).toBeLessThanOrEqual(at)
        expect(span.endMs).toBeGreaterThan(at)
        expect(windowAt(window, span.startMs)).toEqual(span)
        expect(windowAt(window, span.endMs).startMs).toBe(span.endMs)
      }),
    )
  })
})

describe('the targets of a key', () => {
  const target = (name: string, provider: string, model: string) => ({ name, model, provider: { name: provider } })
  it('are named by target, by provider and model, or by a beginning', () => {
    const gpt = target('gpt-low', 'openai', 'gpt-5.5')
    for (const pattern of ['gpt-low', 'openai/gpt-5.5', 'openai/*', 'openai/gpt-5*', 'gpt-*', '*']) expect(isAllowedTarget([pattern], gpt), pattern).toBe(true)
    for (const pattern of ['gpt', 'openai', 'openai/gpt-5', 'azure/*', 'openai/gpt-5.5x', 'g*x']) expect(isAllowedTarget([pattern], gpt), pattern).toBe(false)
    expect(isAllowedTarget(['other', 'openai/*'], gpt)).toBe(true)
    expect(isAllowedTarget([], gpt)).toBe(false)
  })

  it('do not let a model of another provider pass for an allowed one', () => {
    expect(isAllowedTarget(['openai/*'], target('openai-copy', 'rogue', 'openai/gpt'))).toBe(false)
    expect(isAllowedTarget(['openai/*'], target('rogue/openai', 'rogue', 'openai/x'))).toBe(false)
  })
})

describe('what is set aside', () => {
  const price = parse('').targets.get('dear')?.price
  const call = { inputTokens: 1_000, maxOutputTokens: undefined, expectedOutputTokens: 300, cacheReadShare: 0, choices: 1, serviceTier: undefined }
  it('is likely more than it costs: a fifth more input, three times the mean output, within what the client allows', () => {
    expect(likelyReserve(call, price, undefined)).toEqual({ tokens: 1_200 + 900, usd: (1_200 * 10 + 900 * 40) / 1e6 })
    expect(likelyReserve({ ...call, maxOutputTokens: 100 }, price, undefined)).toEqual({ tokens: 1_300, usd: (1_200 * 10 + 100 * 40) / 1e6 })
    expect(likelyReserve({ ...call, maxOutputTokens: 100, choices: 3 }, price, undefined).tokens).toBe(1_500)
  })

  it('is at most every token that is allowed, written to cache at the dearest rate', () => {
    expect(mostReserve({ ...call, maxOutputTokens: 5_000, cacheReadShare: 1 }, price, undefined, 9).usd).toBe((1_200 * 10 + 5_000 * 40) / 1e6)
    expect(mostReserve(call, price, undefined, 16_384).usd).toBe((1_200 * 10 + 16_384 * 40) / 1e6)
    const cached = parse('').targets.get('cheap')?.price
    const writing = cached === undefined ? undefined : { ...cached, tiers: [{ ...cached.tiers[0], cacheWrite: 1.25, cacheWrite1h: 2 }] as const }
    expect(mostReserve({ ...call, maxOutputTokens: 10 }, writing, undefined, 9).usd).toBeCloseTo((1_200 * 2 + 10 * 2) / 1e6, 15)
  })

  it('has no dollars without a price, and tokens all the same', () => {
    expect(likelyReserve(call, undefined, undefined)).toEqual({ tokens: 2_100, usd: undefined })
  })
})

describe('a budgets section', () => {
  it('has defaults for everything', () => {
    expect(parse('').settings.budgets).toMatchObject({ all: {}, unpriced: 'refuse', reserve: 'likely', slice: 0.05, runaway: { same_call: 100, within_s: 3_600 } })
    expect(warningsOf('')).toEqual([])
  })

  it('is refused with what it cannot mean, each with its place', () => {
    const wrong: [string, RegExp][] = [
      ['budgets: { all: { usd_per_week: 1 } }', /budgets\.all/],
      ['budgets: { all: { usd_per_day: -1 } }', /budgets\.all\.usd_per_day/],
      ['budgets: { all: { requests_per_day: 1.5 } }', /budgets\.all\.requests_per_day/],
      ['budgets: { each_trace: { requests: 1 } }', /budgets\.each_trace/],
      ['budgets: { each_key: { steps: 1 } }', /budgets\.each_key/],
      ['budgets: { tags: { team: { usd: 1 } } }', /NAME=VALUE/],
      ['budgets: { tasks: { nonsense: { usd: 1 } } }', /budgets\.tasks\.nonsense: no such task/],
      ['budgets: { unpriced: ignore }', /budgets\.unpriced/],
      ['budgets: { slice: 2 }', /budgets\.slice/],
      ['budgets: { runaway: { same_call: 0 } }', /budgets\.runaway/],
      ['keys: { app: { tasks: [nonsense] } }', /keys\.app\.tasks: no task "nonsense"/],
      ['keys: { app: { tasks: [] } }', /keys\.app\.tasks/],
      ['keys: { app: { aliases: { gpt-4o: nothing } } }', /keys\.app\.aliases\.gpt-4o/],
      ['keys: { app: { owner: ada } }', /keys\.app/],
    ]
    for (const [text, message] of wrong) expect(() => parse(text), text).toThrowError(expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching(message) }))
  })

  it('that contradicts itself is warned of', () => {
    expect(warningsOf('budgets: { all: { usd_per_day: 10, usd_per_month: 5 } }')).toEqual(['budgets.all.usd_per_day 10 never binds: usd_per_month is 5'])
    expect(warningsOf('budgets: { each_key: { requests_per_minute: 0 } }')).toEqual(['budgets.each_key.requests_per_minute is 0: it refuses every call'])
    expect(warningsOf('keys: { app: { targets: [nothing, "q/*"] } }')).toEqual(['key app: "nothing" in its targets fits no enabled target'])
    expect(warningsOf('keys: { app: { tasks: [hard], targets: [cheap] } }')).toEqual([expect.stringContaining("it may call task hard, but none of that task's targets")])
  })

  it('that no call of a task can fit is warned of, by the cheapest target of its chain', () => {
    // 1,200 in and 1,050 out at dear: $0.054; at cheap: $0.0033.
    expect(warningsOf('budgets: { each_trace: { usd: 0.01 } }')).toEqual([expect.stringMatching(/^task hard never fits budgets\.each_trace\.usd 0\.01: .* sets \$0\.054 aside even at its cheapest target dear$/)])
    expect(warningsOf('budgets: { each_trace: { usd: 0.06 } }')).toEqual([])
    expect(warningsOf('budgets: { tasks: { hard: { tokens_per_minute: 2000 } } }')).toEqual([expect.stringContaining('task hard never fits budgets.tasks.hard.tokens_per_minute 2000')])
    expect(warningsOf('keys: { app: { tasks: [hard], limits: { usd_per_day: 0.01 } } }')).toEqual([expect.stringContaining('task hard never fits keys.app.limits.usd_per_day')])
    // The most that a call without an output limit can cost is another figure.
    expect(warningsOf('budgets: { reserve: most, each_trace: { usd: 0.06 } }')).toEqual([expect.stringContaining('task hard never fits')])
  })

  it('that refuses a routed target for want of a price is warned of', () => {
    const extra = 'budgets: { all: { usd_per_day: 5 } }'
    const text = BASE.replace('costly: [ { target: dear } ]', 'costly: [ { target: dear }, { target: free_of_price } ]')
    const warnings = (more: string): readonly string[] => parseConfig(text + more, {}, { find: () => undefined }).warnings
    expect(warnings(extra)).toContainEqual(expect.stringContaining('free_of_price without a price cannot serve calls under the dollar limit of budgets.all'))
    expect(warnings('budgets: { all: { usd_per_day: 5 }, unpriced: { count_as_usd: 0.1 } }').filter((warning) => warning.includes('without a price'))).toEqual([])
  })
})
