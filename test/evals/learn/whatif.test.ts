// One's own traffic at another target: on a real engine from stored spans to dollars, and the arithmetic by hand.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig, type Config, type Target } from '../../../core/config.ts'
import { askWhatIf, type WhatIfAnswer } from '../../../evals/learn/whatif/ask.ts'
import { parseVerbosity } from '../../../evals/learn/whatif/verbosity.ts'
import { createClickHouse, type ClickHouse } from '../../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../../support/database.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.warn(`what-if on stored traffic is not tested: ${missing}`)

const NOW = Date.parse('2026-03-01T00:00:00Z')
const config: Config = parseConfig(
  `{ providers: { openai: { base_url: "http://127.0.0.1:1/v1" } },
     targets: { gpt-5.4: { provider: openai, model: gpt-5.4, price: { input: 2.5, cache_read: .25, output: 15 } }, gpt-5.5: { provider: openai, model: gpt-5.5, price: { input: 5, cache_read: .5, output: 30 } },
                terse: { provider: openai, model: terse, price: { input: 2.5, output: 15 } }, unpriced: { provider: openai, model: unpriced } },
     chains: { default: [ { target: gpt-5.4, max_cost_per_1k: .006 }, { target: gpt-5.5 } ] },
     tasks: { general: { chain: default, route: { gpt-5.4: 1 } } } }`,
  {},
  { find: () => undefined },
)
const target = (name: string): Target => {
  const found = config.targets.get(name)
  if (found === undefined) throw new Error(`no target ${name}`)
  return found
}

/** Input and output tokens of a call of each size, and how many of them there are. */
const SIZES = { '<2k': [1_000, 400, 90], '2-10k': [5_000, 500, 60], '10-128k': [30_000, 3_000, 40], '>128k': [200_000, 60_000, 10] } as const
// Published of the change from gpt-5.4 to gpt-5.5: list price doubled; answers 19–34% shorter from 10k input tokens on, 52% longer from 2k to 10k, alike below.
const PUBLISHED = '<2k=1,2-10k=1.52,10-128k=.81,>128k=.66'

describe.skipIf(missing !== undefined)('what if', () => {
  let database: TestDatabase
  let reader: ClickHouse
  const ask = (from: string, to: string, verbosity = ''): Promise<WhatIfAnswer> =>
    askWhatIf(reader, config, { from: target(from), to: target(to), sinceMs: NOW - 30 * 86_400_000, nowMs: NOW + 1, verbosity: parseVerbosity(verbosity === '' ? undefined : verbosity) })
  const changes = (answer: WhatIfAnswer): Record<string, number> => Object.fromEntries(answer.buckets.map(({ bucket, change }) => [bucket, change.value]))

  beforeAll(async () => {
    database = await createTestDatabase()
    const writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
    const ingested_at = new Date().toISOString()
    const store = (table: string, rows: readonly object[]): Promise<void> => writer.insert(table, rows.map((row) => JSON.stringify({ ingested_at, ...row })).join('\n'), { token: table })
    let id = 0
    const attempt = (model: string, input: number, output: number, over: object = {}): object => ({
      trace_id: `t${(id += 1)}`, span_id: `s${id}`, parent_span_id: `c${id}`, started_at: `${NOW - 86_400_000}000000`, duration_ns: 1_000_000_000, status: 'Ok', role: 'attempt', task: 'general', provider: 'openai', target: model, model, effort: '',
      error_code: '', reason: 'weighted', purpose: 'production', is_simulated: false, cost_usd: ((input * 2.5 + output * 15) / 1e6).toFixed(9), input_tokens: input, output_tokens: output, cache_read_tokens: 0, ...over,
    })
    const calls = Object.values(SIZES).flatMap(([input, output, count]) => Array.from({ length: count }, () => attempt('gpt-5.4', input, output)))
    await store('spans', [
      ...calls,
      // terse answers the shortest calls with half the tokens, out of a warm cache, and fails once in ten times.
      ...Array.from({ length: 40 }, (_, i) => attempt('terse', 1_000, 190 + (i % 3) * 10, { cache_read_tokens: 500 })),
      ...Array.from({ length: 4 }, () => attempt('terse', 1_000, 200, { status: 'Error', error_code: 'provider_stream_cut' })),
      // None of them is traffic of one's own.
      attempt('gpt-5.4', 1_000, 90_000, { purpose: 'eval' }),
      attempt('gpt-5.4', 1_000, 90_000, { is_simulated: true }),
      attempt('gpt-5.4', 1_000, 90_000, { started_at: `${NOW - 31 * 86_400_000}000000` }),
    ])
    const trial = (model: string, probe: number, output: number): object => ({
      result_id: `${model}-${probe}`, evaluated_at: new Date(NOW - 3_600_000).toISOString(), run_id: 'r', suite: 'factual', suite_hash: 'h', probe_id: `p${probe}`, probe_kind: 'factual', answerable: true,
      target: model, provider: 'openai', model, effort: '', status: 'scored', label: 'correct', score: 1, grader: 'g', input_tokens: 300, output_tokens: output, is_simulated: false,
    })
    await store('eval_results', Array.from({ length: 40 }, (_, i) => [trial('gpt-5.4', i, 100 + (i % 5) * 10), trial('gpt-5.5', i, 130 + (i % 7) * 10)]).flat())
    await writer.close()
  })
  afterAll(async () => {
    await reader?.close()
    await database?.drop()
  })

  test('the move from gpt-5.4 to gpt-5.5, given its published answer lengths, raises long calls by 49–92% though the list price doubled', async () => {
    const answer = await ask('gpt-5.4', 'gpt-5.5', PUBLISHED)
    const by = changes(answer)
    // Below 2k nothing but the list price; from 2k to 10k the longer answers come on top.
    expect(by['<2k']).toBeCloseTo(1, 9)
    expect(by['2-10k']).toBeCloseTo(1 + (2 * 0.52 * 0.0075) / 0.02, 9)
    for (const bucket of ['10-128k', '>128k']) {
      expect(by[bucket]).toBeGreaterThan(0.49)
      expect(by[bucket]).toBeLessThan(0.92)
    }
    expect(by['10-128k']).toBeCloseTo(1 - (2 * 0.19 * 0.045) / 0.12, 9)
    expect(by['>128k']).toBeCloseTo(1 - (2 * 0.34 * 0.9) / 1.4, 9)
    expect(answer).toMatchObject({ calls: 200, sampled: 200, simulated: false })
    expect(answer.change.value).toBeGreaterThan(0.49)
    expect(answer.change.value).toBeLessThan(0.92)
  })

  test('the causes add up to the difference, in every size and in all', async () => {
    const answer = await ask('gpt-5.4', 'gpt-5.5', PUBLISHED)
    for (const { now_usd: now, then_usd: then, causes } of [answer, ...answer.buckets]) {
      expect(now + causes.list_price + causes.verbosity + causes.cache + causes.retries).toBeCloseTo(then.value, 9)
      expect(causes.list_price).toBeCloseTo(now, 9)
    }
    expect(answer.now_usd).toBeCloseTo(90 * 0.0085 + 60 * 0.02 + 40 * 0.12 + 10 * 1.4, 9)
    expect(answer.charged_usd).toBeCloseTo(answer.now_usd, 9)
  })

  test('lengths that nobody gave are learned from probes that both answered, with an interval; where there are none they are taken as equal, with a wide one', async () => {
    const { buckets, change } = await ask('gpt-5.4', 'gpt-5.5')
    const short = buckets.find(({ bucket }) => bucket === '<2k')
    expect(short?.verbosity).toMatchObject({ source: 'probes', n: 40 })
    expect(short?.verbosity.ratio).toBeCloseTo(157 / 120, 1)
    expect(short?.change.low).toBeLessThan(short?.change.value ?? 0)
    expect(buckets.find(({ bucket }) => bucket === '>128k')?.verbosity).toMatchObject({ source: 'assumed', ratio: 1 })
    expect(change.high - change.low).toBeGreaterThan(0.1)
  })

  test('one’s own traffic at the other target tells its lengths, its use of cache and its failed attempts', async () => {
    const { buckets, repeats } = await ask('gpt-5.4', 'terse')
    const short = buckets.find(({ bucket }) => bucket === '<2k')
    expect(short?.verbosity).toMatchObject({ source: 'traffic', n: 40 })
    expect(short?.verbosity.ratio).toBeCloseTo(0.5, 1)
    expect(short?.cache_share).toEqual({ now: 0, after: 0.5, learned: true })
    expect(repeats.after.failed_share).toBeCloseTo(0.1, 2)
    expect(short?.causes.retries).toBeGreaterThan(0)
  })

  test('says which ceilings of its links would bite, and of how many calls', async () => {
    const { ceilings } = await ask('gpt-5.4', 'gpt-5.5', PUBLISHED)
    // $ per 1,000 tokens: .0061, .0036, .0036, .0054 now; about double then.
    expect(ceilings).toEqual([{ chain: 'default', target: 'gpt-5.4', ceiling: 0.006, over_now: 90 / 200, over_then: 1 }])
  })

  test('gives the same answer again, and none where nothing can be priced', async () => {
    expect(await ask('gpt-5.4', 'gpt-5.5')).toEqual(await ask('gpt-5.4', 'gpt-5.5'))
    await expect(ask('gpt-5.5', 'gpt-5.4')).rejects.toMatchObject({ code: 'nothing_to_apply' })
    await expect(ask('gpt-5.4', 'unpriced')).rejects.toMatchObject({ code: 'nothing_to_apply' })
  })
})

describe('answer lengths that are given', () => {
  test.each(['2-10k', '2-10k=0', '3k=1', '2-10k=abc', ''])('"%s" is refused with an example', (text) => {
    expect(() => parseVerbosity(text)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
