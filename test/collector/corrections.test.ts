// Corrections of costs, from the span that carries one to what every reader shows: each attempt and each call once, at its
// corrected cost, however often it was corrected.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeRequest } from '../../collector/decode/decode-request.ts'
import { itemsOf } from './decoded-items.ts'
import { encodeSpans } from '../../store/otlp/spans.ts'
import { createClickHouse, type ClickHouse, type RawRow } from '../../store/clickhouse/clickhouse.ts'
import { learningEvidence } from '../../store/queries/evidence.ts'
import { readRows } from '../../evals/learn/evidence.ts'
import { costPerCallByTask } from '../../store/queries/dashboards.ts'
import { recentCalls, spendOverTime, spendTotals, taskTargets } from '../../store/queries/overview.ts'
import { repricable } from '../../store/queries/backfill.ts'
import { traceSpans } from '../../store/queries/traces.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

const startedMs = Date.now() - 3_600_000
const started = new Date(startedMs).toISOString()
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')
const window = { from: new Date(startedMs - 60_000), to: new Date(startedMs + 60_000), simulated: false, targets: [], tasks: [] }

describe.skipIf(clickhouseMissing())('cost corrections', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let reader: ClickHouse
  let tokens = 0

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
    await insert(call(1, null))
    await insert(call(2, 0.5))
  })
  afterAll(async () => {
    await Promise.all([writer?.close(), reader?.close()])
    await database?.drop()
  })

  const insert = (rows: readonly object[]): Promise<void> => writer.insert('spans', rows.map((row) => JSON.stringify({ ingested_at: new Date().toISOString(), ...row })).join('\n'), { token: `c${(tokens += 1)}` })

  /** A call whose first attempt failed at a known cost and whose second answered, at a cost that may be unknown. */
  function call(n: number, answerUsd: number | null): object[] {
    const shared = { trace_id: hex(n, 32), task: 'qa', provider: 'p', model: 'm', purpose: 'production', started_at: started, is_simulated: false, duration_ns: '1000000' }
    const attempt = { ...shared, role: 'attempt', parent_span_id: hex(n * 16, 16), input_tokens: 1000, output_tokens: 100, reason: 'weighted', propensity: 1, price_version: 'old' }
    return [
      { ...shared, role: 'call', span_id: hex(n * 16, 16), target: 'b', attempts: 2, status: 'Ok', call_cost_usd: answerUsd === null ? null : String(0.1 + answerUsd), call_wasted_usd: answerUsd === null ? null : '0.1' },
      { ...attempt, span_id: hex(n * 16 + 1, 16), target: 'a', attempt: 1, status: 'Error', error_code: 'provider_stream_cut', cost_usd: '0.1', cost_source: 'priced' },
      { ...attempt, span_id: hex(n * 16 + 2, 16), target: 'b', attempt: 2, status: 'Ok', finish_reason: 'stop', cost_usd: answerUsd === null ? null : String(answerUsd), cost_source: answerUsd === null ? 'unpriced' : 'priced' },
    ]
  }

  /** A correction as the collector stores it, from the bytes that a sender sends. */
  async function correct(n: number, attempt: number, deltaUsd: number, more: Readonly<Record<string, string | number>>): Promise<void> {
    const span = {
      traceId: hex(n, 32), spanId: hex(0xc0000 + (tokens += 1), 16), parentSpanId: hex(n * 16, 16), name: 'cost correction', startNs: `${startedMs}000000`, failed: attempt === 1,
      attributes: { 'weighbridge.role': 'correction', 'weighbridge.corrects': hex(n * 16 + attempt, 16), 'weighbridge.task': 'qa', 'weighbridge.target': attempt === 1 ? 'a' : 'b', 'gen_ai.provider.name': 'p', 'gen_ai.request.model': 'm', 'weighbridge.purpose': 'production', 'weighbridge.cost.usd': deltaUsd, 'weighbridge.price.version': 'new', ...more },
    }
    const decoded = decodeRequest('traces', 'json', encodeSpans({ 'service.name': 'weighbridge' }, [span]), Date.now())
    expect(decoded.rejected).toBe(0)
    await insert(itemsOf(decoded).map((item) => item.row))
  }

  const attempts = (n: number): Promise<RawRow[]> => reader.rows(`SELECT target, toFloat64(cost_usd) AS usd, cost_source, price_version FROM model_calls WHERE trace_id = '${hex(n, 32)}' ORDER BY attempt`)
  const calls = (n: number): Promise<RawRow[]> => reader.rows(`SELECT toFloat64(cost_usd) AS usd, toFloat64(wasted_usd) AS wasted FROM calls WHERE trace_id = '${hex(n, 32)}'`)

  test('without any, everything is as it was stored', async () => {
    expect(await attempts(1)).toEqual([{ target: 'a', usd: 0.1, cost_source: 'priced', price_version: 'old' }, { target: 'b', usd: null, cost_source: 'unpriced', price_version: 'old' }])
    expect(await calls(1)).toEqual([{ usd: null, wasted: null }])
    expect((await reader.query(spendTotals, window))[0]).toMatchObject({ spend_usd: 0.7, calls: 2, unpriced_calls: 1, wasted_usd: 0.1 })
  })

  test('an unknown cost becomes known, in every view and query, and counts once', async () => {
    await correct(1, 2, 0.25, { 'weighbridge.cost.source': 'unpriced', 'weighbridge.call.cost_usd': 0.35, 'weighbridge.call.wasted_usd': 0.1 })
    expect(await attempts(1)).toEqual([{ target: 'a', usd: 0.1, cost_source: 'priced', price_version: 'old' }, { target: 'b', usd: 0.25, cost_source: 'backfilled', price_version: 'new' }])
    expect(await calls(1)).toEqual([{ usd: 0.35, wasted: 0.1 }])
    expect((await reader.query(spendTotals, window))[0]).toMatchObject({ spend_usd: 0.95, calls: 2, failovers: 2, unpriced_calls: 0, wasted_usd: 0.2, input_tokens: 4000 })
    const points = await reader.query(spendOverTime, { ...window, bucket_s: 86_400 })
    expect(points.map(({ target, spend_usd, attempts: n, unpriced }) => ({ target, spend_usd, n, unpriced }))).toEqual([{ target: 'a', spend_usd: 0.2, n: 2, unpriced: 0 }, { target: 'b', spend_usd: 0.75, n: 2, unpriced: 0 }])
    expect((await reader.query(taskTargets, window)).find((row) => row.target === 'b')).toMatchObject({ attempts: 2, failed: 0, spend_usd: 0.75, cost_per_attempt_usd: 0.375 })
    expect((await reader.query(costPerCallByTask, { ...window, bucket_s: 86_400 }))[0]?.cost_per_call_usd).toBeCloseTo((0.35 + 0.6) / 2, 12)
    const recent = await reader.query(recentCalls, { ...window, only: 'all', limit: 10 })
    expect(recent.map((row) => [row.cost_usd, row.wasted_usd]).toSorted()).toEqual([[0.35, 0.1], [0.6, 0.1]])
  })

  test('a trace shows corrected attempts and no spans of its own for them', async () => {
    const spans = await reader.query(traceSpans, { ...window, trace_id: hex(1, 32) })
    expect(spans.map((span) => [span.role, span.cost_usd, span.call_cost_usd, span.call_wasted_usd, span.cost_source])).toEqual([
      ['call', null, 0.35, 0.1, ''],
      ['attempt', 0.1, null, null, 'priced'],
      ['attempt', 0.25, null, null, 'backfilled'],
    ])
  })

  test('evidence takes the corrected dollars, and counts calls and attempts as before', async () => {
    const found = await reader.query(learningEvidence, {
      simulated: window.simulated, to: window.to, evals_from: window.from, production_from: window.from, evals_half_life_days: 30, production_half_life_days: 10_000,
      fault_codes: ['provider_stream_cut'], discounted: [], discounted_until_ms: [], discount: 1,
    })
    const [row, ...rest] = readRows(window.simulated, found).production
    expect(rest).toEqual([])
    expect(row).toMatchObject({ task: 'qa', evidence_key: 'p/m', calls: 2, attempts: 4, failures: 2, unpriced_calls: 0, priced_calls: 2, answered: 2 })
    expect(row?.w_cost).toBeCloseTo(0.95, 4)
  })

  test('a second correction comes on top of the first, downward too', async () => {
    await correct(1, 2, -0.05, { 'weighbridge.cost.source': 'backfilled', 'weighbridge.call.cost_usd': -0.05, 'weighbridge.call.wasted_usd': 0 })
    await correct(2, 1, -0.1, { 'weighbridge.cost.source': 'priced', 'weighbridge.call.cost_usd': -0.1, 'weighbridge.call.wasted_usd': -0.1 })
    expect((await attempts(1))[1]).toMatchObject({ usd: 0.2, cost_source: 'backfilled' })
    expect(await calls(1)).toEqual([{ usd: 0.3, wasted: 0.1 }])
    expect((await attempts(2))[0]).toMatchObject({ usd: 0, cost_source: 'backfilled' })
    expect(await calls(2)).toEqual([{ usd: 0.5, wasted: 0 }])
    expect((await reader.query(spendTotals, window))[0]).toMatchObject({ spend_usd: 0.8, unpriced_calls: 0, wasted_usd: 0.1 })
  })

  test('the next backfill starts from the cost that counts now, page by page', async () => {
    const page = { from: window.from, to: window.to, sources: ['backfilled'], limit: 1, after_ns: '0', after_trace: '' }
    const first = await reader.query(repricable, page)
    expect(first.map((row) => [row.trace_id, row.attempt, row.cost_usd, row.cost_source])).toEqual([[hex(1, 32), 1, 0.1, 'priced'], [hex(1, 32), 2, 0.2, 'backfilled']])
    const second = await reader.query(repricable, { ...page, after_ns: first[0]?.first_ns ?? '', after_trace: first[0]?.trace_id ?? '' })
    expect(second.map((row) => [row.trace_id, row.cost_usd])).toEqual([[hex(2, 32), 0], [hex(2, 32), 0.5]])
    expect(await reader.query(repricable, { ...page, after_ns: second[0]?.first_ns ?? '', after_trace: second[0]?.trace_id ?? '' })).toEqual([])
  })

  test('metrics of 30 days show no unpriced attempt any more', async () => {
    expect(await reader.rows("SELECT target, calls, unpriced_attempts, unpriced_calls FROM model_metrics WHERE target = 'b'")).toEqual([{ target: 'b', calls: '2', unpriced_attempts: '0', unpriced_calls: '0' }])
  })
})
