// Searches on the engine: every field finds what a count over the stored rows says, a term and its negation share all calls between
// them, pages join without gap or overlap, facets count what could be chosen, and nothing of a query becomes SQL.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InsertRow } from '../../core/tables.ts'
import { FIELDS } from '../../core/trace-language/fields.ts'
import { parseTraceQuery } from '../../core/trace-language/parse.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { callFacets, callSearch, FACET_FIELDS, MOST_FOUND } from '../../store/queries/trace-search.ts'
import { countFacets, searchCalls, type FoundCall } from '../../store/search/search-calls.ts'
import { clickhouseMissing } from '../support/database.ts'
import { demoRows } from './demo-rows.ts'
import { HOURS, REAL_CALLS, SIMULATED_CALLS, storeFixture, storeNothing } from './stored-fixture.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.log(`skipped: ${missing}`)

const nowMs = Date.now()
const window = { from: new Date(nowMs - 30 * 3_600_000), to: new Date(nowMs + 1_000) }
const sides = { simulated: demoRows({ nowMs, simulated: true, calls: SIMULATED_CALLS, hours: HOURS }), real: demoRows({ nowMs, simulated: false, calls: REAL_CALLS, hours: HOURS }) }

type Call = { readonly own: InsertRow; readonly attempts: readonly InsertRow[]; readonly signals: readonly InsertRow[] }
function callsOf({ spans, signals }: { spans: readonly InsertRow[]; signals: readonly InsertRow[] }): Call[] {
  const attempts = Map.groupBy(spans.filter((row) => row['role'] === 'attempt'), (row) => row['parent_span_id'])
  const about = Map.groupBy(signals, (row) => row['trace_id'])
  return spans.filter((row) => row['role'] === 'call').map((own) => ({ own, attempts: attempts.get(own['span_id']) ?? [], signals: about.get(own['trace_id']) ?? [] }))
}
const calls = callsOf(sides.simulated)
const n = (value: unknown): number => Number(value)
const total = (call: Call, column: string): number => call.attempts.reduce((sum, row) => sum + n(row[column] ?? 0), 0)
const kinds = (call: Call): string[] => call.signals.map((signal) => String(signal['kind']))
const isNegative = (call: Call): boolean => call.signals.some((signal) => ['retry', 'rephrase', 'edit'].includes(String(signal['kind'])) || (signal['kind'] === 'feedback' && n(signal['value']) < 0.5))
const rating = (call: Call): number | undefined => call.signals.filter((signal) => signal['kind'] === 'feedback').map((signal) => n(signal['value']))[0]
const ms = (call: Call): number => n(call.own['duration_ns']) / 1e6
const traceOf = (call: Call | undefined): string => String(call?.own['trace_id'])
const withResponse = calls.find((call) => call.attempts.some((row) => row['response_id'] !== ''))
const responseId = String(withResponse?.attempts.find((row) => row['response_id'] !== '')?.['response_id'])
const contentTraces = new Set(sides.simulated.content.map((row) => row['trace_id']))

/** Query → whether a stored call is meant; counted again by hand. */
const MEANINGS: readonly (readonly [query: string, holds: (call: Call) => boolean])[] = [
  ['task:code_generation', ({ own }) => own['task'] === 'code_generation'],
  ['target:(kimi-k2.6,opus-4.7)', ({ own }) => ['kimi-k2.6', 'opus-4.7'].includes(String(own['target']))],
  ['target:gpt-*', ({ own }) => String(own['target']).startsWith('gpt-')],
  ['target:"gpt-*"', () => false],
  ['tried:kimi-k2.6', (call) => call.attempts.some((row) => row['target'] === 'kimi-k2.6')],
  ['provider:sim-openai', ({ own }) => own['provider'] === 'sim-openai'],
  ['model:claude-*', ({ own }) => String(own['model']).startsWith('claude-')],
  ['effort:low', ({ own }) => own['effort'] === 'low'],
  ['effort:""', ({ own }) => own['effort'] === ''],
  ['asked:auto', () => true],
  ['status:error', ({ own }) => own['status'] === 'Error'],
  ['error:provider_rate_limited', (call) => [call.own, ...call.attempts].some((row) => row['error_code'] === 'provider_rate_limited')],
  ['error:provider_*', (call) => [call.own, ...call.attempts].some((row) => String(row['error_code']).startsWith('provider_'))],
  ['reason:failover', ({ own }) => own['reason'] === 'failover'],
  ['finish:stop', () => false],
  ['surface:chat.completions', () => true],
  ['purpose:eval', () => false],
  ['key:key_app', ({ own }) => own['key_id'] === 'key_app'],
  ['user:u-3', ({ own }) => own['user_id'] === 'u-3'],
  ['session:sess-*', ({ own }) => String(own['session_id']).startsWith('sess-')],
  ['tag.team:search', ({ own }) => (own['tags'] as Record<string, string>)['team'] === 'search'],
  ['tag.team:"it\'s \\"ours\\""', ({ own }) => (own['tags'] as Record<string, string>)['team'] !== 'search'],
  ['tag.nobody:""', () => true],
  ['cost>$0.005', ({ own }) => n(own['call_cost_usd']) > 0.005],
  ['cost:$0.001..$0.003', ({ own }) => n(own['call_cost_usd']) >= 0.001 && n(own['call_cost_usd']) <= 0.003],
  ['wasted>0', ({ own }) => n(own['call_wasted_usd']) > 0],
  ['duration>4s', (call) => ms(call) > 4_000],
  ['ttft<=400ms', ({ own }) => own['ttft_ms'] !== null && n(own['ttft_ms']) <= 400],
  ['tokens.in>=10k', (call) => total(call, 'input_tokens') >= 10_000],
  ['tokens.out<100', (call) => call.attempts.some((row) => row['output_tokens'] !== null) && total(call, 'output_tokens') < 100],
  ['tokens.cached>1000', (call) => total(call, 'cache_read_tokens') > 1_000],
  ['attempts>1', ({ own }) => n(own['attempts']) > 1],
  ['attempts:(1,3)', ({ own }) => [1, 3].includes(n(own['attempts']))],
  ['propensity<15%', ({ own }) => n(own['propensity']) < 0.15],
  ['route:2', ({ own }) => own['route_version'] === 2],
  ['rating<0.5', (call) => (rating(call) ?? 1) < 0.5],
  ['retried:yes', (call) => kinds(call).some((kind) => kind === 'retry' || kind === 'rephrase')],
  ['edited:yes', (call) => kinds(call).includes('edit')],
  ['accepted:yes', (call) => call.signals.length > 0 && call.own['status'] !== 'Error' && !isNegative(call)],
  ['accepted:no', (call) => call.signals.length > 0 && (call.own['status'] === 'Error' || isNegative(call))],
  ['streamed:no', ({ own }) => own['stream'] === false],
  ['has:content', ({ own }) => contentTraces.has(own['trace_id'])],
  ['has:cost', () => true],
  ['has:error', (call) => [call.own, ...call.attempts].some((row) => row['error_code'] !== '')],
  ['has:key', ({ own }) => own['key_id'] !== ''],
  ['has:rating', (call) => rating(call) !== undefined],
  ['has:session', ({ own }) => own['session_id'] !== ''],
  ['has:signal', (call) => call.signals.length > 0],
  ['has:tags', () => true],
  ['has:tokens', (call) => call.attempts.some((row) => row['input_tokens'] !== null)],
  ['has:ttft', ({ own }) => own['ttft_ms'] !== null],
  ['has:(user,rating)', (call) => call.own['user_id'] !== '' || rating(call) !== undefined],
  [`trace:${traceOf(calls[5])}`, ({ own }) => own['trace_id'] === calls[5]?.own['trace_id']],
  [`response:${responseId}`, ({ own }) => own['trace_id'] === withResponse?.own['trace_id']],
  [`request:${String(calls[7]?.own['request_id'])}`, ({ own }) => own['request_id'] === calls[7]?.own['request_id']],
  ['task:simple_qa -status:error cost>$0.0001 attempts:1', ({ own }) => own['task'] === 'simple_qa' && own['status'] !== 'Error' && n(own['call_cost_usd']) > 0.0001 && own['attempts'] === 1],
]

describe.skipIf(missing !== undefined)('a search of stored calls', () => {
  let db: ClickHouse
  let close: () => Promise<void>
  beforeAll(async () => {
    const stored = await storeFixture(nowMs)
    db = stored.reader
    close = stored.close
  })
  afterAll(() => close())

  const search = (text: string, simulated = true): { filters: ReturnType<typeof parseTraceQuery>['filters']; simulated: boolean; from: Date; to: Date } => {
    const { filters, faults } = parseTraceQuery(text)
    expect(faults).toEqual([])
    return { filters, simulated, ...window }
  }
  const count = async (text: string): Promise<number> => (await countFacets(db, search(text))).total

  it('is tried for every field', () => {
    const tried = new Set(MEANINGS.flatMap(([query]) => parseTraceQuery(query).filters.map(({ field }) => field)))
    expect(Object.keys(FIELDS).filter((field) => field !== 'simulated' && !tried.has(field as keyof typeof FIELDS))).toEqual([])
  })

  it.each(MEANINGS)('%s', async (text, holds) => {
    const meant = calls.filter(holds)
    expect(await count(text)).toBe(meant.length)
    const { calls: found } = await searchCalls(db, search(text), 20)
    const newest = meant.map(({ own }) => own).toSorted((a, b) => (BigInt(String(b['started_at'])) > BigInt(String(a['started_at'])) ? 1 : -1))
    expect(found.map((call) => call.trace_id)).toEqual(newest.slice(0, 20).map((own) => own['trace_id']))
  })

  it('finds by a term and by its negation every call exactly once, also where the fact is unknown', async () => {
    for (const [text] of MEANINGS) {
      // One term, without the default on purpose in the way.
      if (text.includes(' attempts:1') || text.startsWith('purpose')) continue
      const [plain, negated] = [await count(`purpose:production ${text}`), await count(`purpose:production -${text}`)]
      expect(plain + negated, text).toBe(SIMULATED_CALLS)
    }
  })

  it('shows of each call its path, tokens, dollars and signals as they were stored', async () => {
    const { calls: found } = await searchCalls(db, search('attempts>1'), 10)
    expect(found).toHaveLength(10)
    for (const call of found) {
      const stored = calls.find(({ own }) => own['trace_id'] === call.trace_id)
      if (stored === undefined) throw new Error('a call was made up')
      expect(call).toMatchObject({ failed_over: true, status: stored.own['status'], path_targets: stored.attempts.map((row) => row['target']), path_errors: stored.attempts.map((row) => row['error_code']), retried: kinds(stored).includes('retry') || kinds(stored).includes('rephrase') })
      expect(call.cost_usd).toBeCloseTo(n(stored.own['call_cost_usd']), 12)
      expect(call.output_tokens ?? 0).toBe(total(stored, 'output_tokens'))
    }
  })

  it('pages through everything without gap or overlap', async () => {
    const seen: FoundCall[] = []
    let after: string | undefined
    do {
      const page = await searchCalls(db, search(''), 70, after)
      seen.push(...page.calls)
      after = page.next
    } while (after !== undefined)
    expect(new Set(seen.map((call) => call.trace_id)).size).toBe(SIMULATED_CALLS)
    expect(seen).toHaveLength(SIMULATED_CALLS)
    const most = await searchCalls(db, search(''), MOST_FOUND)
    expect(most.calls).toHaveLength(500)
    expect((await searchCalls(db, search(''), MOST_FOUND, most.next)).calls).toHaveLength(100)
  })

  it('stays on one side, and goes to the one that it names', async () => {
    expect(await count('simulated:no')).toBe(REAL_CALLS)
    expect((await countFacets(db, search('', false))).total).toBe(REAL_CALLS)
    const { simulated, calls: found } = await searchCalls(db, search('-simulated:yes'), 5)
    expect(simulated).toBe(false)
    expect(found.every((call) => !call.is_simulated)).toBe(true)
  })

  it('leaves an unknown cost unknown, and counts what was corrected since', async () => {
    const real = callsOf(sides.real)
    const unpriced = real.filter(({ own }) => own['call_cost_usd'] === null).length
    const corrections = sides.real.spans.filter((row) => row['role'] === 'correction').length
    expect(corrections).toBe(1)
    expect((await countFacets(db, search('-has:cost', false))).total).toBe(unpriced - 1)
    const { calls: found } = await searchCalls(db, search('cost:$0.002', false), 5)
    expect(found.map((call) => call.cost_usd)).toEqual([0.002])
  })

  it('counts each facet under the other terms, so that it shows what else could be chosen', async () => {
    const { facets, total: all } = await countFacets(db, search('task:simple_qa target:kimi-k2.6'))
    const facet = (name: string): Record<string, number> => Object.fromEntries(facets.find(({ field }) => field === name)?.values.map(({ value, calls: some }) => [value, some]) ?? [])
    const by = (column: string, holds: (own: InsertRow) => boolean): Record<string, number> => Object.fromEntries([...Map.groupBy(calls.filter(({ own }) => holds(own)), ({ own }) => String(own[column]))].map(([value, some]) => [value, some.length]))
    expect(facet('task')).toEqual(by('task', (own) => own['target'] === 'kimi-k2.6'))
    expect(facet('target')).toEqual(by('target', (own) => own['task'] === 'simple_qa'))
    expect(facet('key')).toEqual(by('key_id', (own) => own['task'] === 'simple_qa' && own['target'] === 'kimi-k2.6'))
    expect(all).toBe(calls.filter(({ own }) => own['task'] === 'simple_qa' && own['target'] === 'kimi-k2.6').length)
    expect(facets.map(({ field }) => field)).toEqual([...FACET_FIELDS])
  })

  it('lets no word of a query become SQL', async () => {
    const hostile = ["' OR 1=1 --", "\\' OR 1=1", '{q1:String}', '\\', '$__timeFilter', '`; DROP TABLE spans', 'a\u2028b']
    for (const value of hostile) {
      const filters = [{ field: 'user' as const, negated: false, match: { kind: 'words' as const, values: [{ text: value, isPrefix: false }, { text: value, isPrefix: true }] } }, { field: 'tag' as const, tag: value, negated: false, match: { kind: 'words' as const, values: [{ text: value, isPrefix: false }] } }]
      for (const { query } of [callSearch(filters), callFacets(filters)]) expect(query.sql).not.toContain(value === '\\' ? '\\\\' : value)
      expect((await searchCalls(db, { filters, simulated: true, ...window }, 5)).calls).toEqual([])
    }
    const everything = MEANINGS.map(([query]) => query).slice(0, 30).join(' ')
    expect((await searchCalls(db, search(everything), 5)).calls).toEqual([])
  })

  it('answers on empty tables', async () => {
    const nothing = await storeNothing()
    try {
      for (const [text] of MEANINGS) {
        expect(await searchCalls(nothing.reader, search(text), 5), text).toEqual({ simulated: true, calls: [], next: undefined })
        expect((await countFacets(nothing.reader, search(text))).total).toBe(0)
      }
    } finally {
      await nothing.close()
    }
  })
})
