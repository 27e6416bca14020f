// The views against rows with known answers: what counts as an answer accepted, a retry, a hallucination, and for whom.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClickHouse, type ClickHouse, type RawRow } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'

type Fields = Readonly<Record<string, unknown>>

const VIEWS = ['model_calls', 'calls', 'model_metrics', 'otel_traces', 'otel_traces_trace_id_ts'] as const
const dayAgoMs = Date.now() - 86_400_000
const iso = (ms: number): string => new Date(ms).toISOString()
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

describe.skipIf(clickhouseMissing())('views', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let reader: ClickHouse
  let tokens = 0

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
  })
  afterAll(async () => {
    await Promise.all([writer?.close(), reader?.close()])
    await database?.drop()
  })

  const insert = (table: string, rows: readonly Fields[]): Promise<void> =>
    writer.insert(table, rows.map((row) => JSON.stringify({ ingested_at: iso(Date.now()), ...row })).join('\n'), { token: `t${(tokens += 1)}` })

  /** The spans of one call: its own and one per target tried. The last one answered unless `status` says otherwise. */
  function callSpans(n: number, { targets, status = 'Ok', ...fields }: Fields & { targets: readonly string[]; status?: string }): Fields[] {
    const shared = { trace_id: hex(n, 32), task: 'general', purpose: 'production', started_at: iso(dayAgoMs), is_simulated: false, ...fields }
    const attempts = targets.map((target, index) => {
      const failed = index < targets.length - 1 || status === 'Error'
      return {
        ...shared, span_id: hex(n * 16 + index + 1, 16), parent_span_id: hex(n * 16, 16), role: 'attempt', target, attempt: index + 1,
        status: failed ? 'Error' : 'Ok', error_code: failed ? 'provider_server_error' : '', duration_ns: String((index + 1) * 1_000_000_000),
        cost_usd: failed ? '0' : '0.01', cost_source: 'priced', ttft_ms: failed ? null : 200,
      }
    })
    const call = { ...shared, span_id: hex(n * 16, 16), role: 'call', target: targets.at(-1) ?? '', attempts: targets.length, status, duration_ns: '2000000000', call_cost_usd: '0.01', call_wasted_usd: '0', request_id: `req-${n}` }
    return [call, ...attempts]
  }

  const signal = (n: number, kind: string, fields: Fields = {}): Fields => ({ signal_id: `${n}-${kind}-${String(fields['at'] ?? '')}`, trace_id: hex(n, 32), span_id: '', kind, at: iso(dayAgoMs + 60_000), ...fields })
  const evaluated = (target: string, kind: string, label: string, n: number, fields: Fields = {}): Fields[] =>
    Array.from({ length: n }, (_, index) => ({
      result_id: `${target}-${kind}-${label}-${index}-${JSON.stringify(fields)}`, evaluated_at: iso(dayAgoMs), run_id: 'run-2', suite: kind === 'factual' ? 'factual' : 'nonsense', suite_hash: 'h', grader: 'g1',
      probe_id: `p${index}`, probe_kind: kind, answerable: true, target, status: 'scored', label, is_simulated: false, ...fields,
    }))

  const one = async (sql: string): Promise<RawRow> => {
    const rows = await reader.rows(sql)
    expect(rows).toHaveLength(1)
    return rows[0] ?? {}
  }

  test.each(VIEWS)('%s answers the reader when there is nothing stored', async (view) => {
    expect(await reader.rows(`SELECT * FROM ${view}`)).toEqual([])
  })

  test('model_calls has a row per attempt, with every promised column', async () => {
    await insert('spans', callSpans(1, { targets: ['a', 'b'] }))
    const rows = await reader.rows(`SELECT target, attempt, status, duration_ms, cost_usd FROM model_calls WHERE trace_id = '${hex(1, 32)}' ORDER BY attempt`)
    expect(rows).toEqual([
      { target: 'a', attempt: 1, status: 'Error', duration_ms: 1000, cost_usd: '0' },
      { target: 'b', attempt: 2, status: 'Ok', duration_ms: 2000, cost_usd: '0.01' },
    ])
    const columns = (await reader.rows("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'model_calls'")).map(({ name }) => name)
    const promised = `trace_id span_id started_at duration_ms ttft_ms task task_source provider target model effort model_requested attempt status error_code finish_reason stream
      response_id request_id served_model system_fingerprint service_tier input_tokens cache_read_tokens cache_write_tokens output_tokens reasoning_tokens cost_usd cost_source price_version
      route_version propensity reason session_id user_id key_id tags purpose is_simulated`.split(/\s+/)
    expect(columns).toEqual(expect.arrayContaining(promised))
  })

  test('calls has a row per request with its signals, whether they name the span or only the trace', async () => {
    await insert('spans', [2, 3, 4, 5, 6].flatMap((n) => callSpans(n, { targets: ['c'] })))
    await insert('signals', [
      signal(2, 'accepted'),
      signal(3, 'retry', { span_id: hex(48, 16) }),
      signal(4, 'accepted'), signal(4, 'edit', { at: iso(dayAgoMs + 3_600_000), value: 0.4 }),
      signal(5, 'feedback', { value: 0 }), signal(5, 'feedback', { value: 1, at: iso(dayAgoMs + 61_000) }),
    ])
    const rows = await reader.rows("SELECT request_id, signals, last_signal, retried, edited, edit_distance, feedback, observed, accepted FROM calls WHERE target = 'c' ORDER BY request_id")
    expect(rows).toEqual([
      { request_id: 'req-2', signals: '1', last_signal: 'accepted', retried: false, edited: false, edit_distance: null, feedback: null, observed: true, accepted: true },
      { request_id: 'req-3', signals: '1', last_signal: 'retry', retried: true, edited: false, edit_distance: null, feedback: null, observed: true, accepted: false },
      // Edited an hour later: after the half hour in which it would have counted against the answer.
      { request_id: 'req-4', signals: '2', last_signal: 'edit', retried: false, edited: true, edit_distance: 0.4, feedback: null, observed: true, accepted: true },
      { request_id: 'req-5', signals: '2', last_signal: 'feedback', retried: false, edited: false, edit_distance: null, feedback: 1, observed: true, accepted: false },
      { request_id: 'req-6', signals: '0', last_signal: '', retried: false, edited: false, edit_distance: null, feedback: null, observed: false, accepted: null },
    ])
  })

  test('two calls of one client trace keep their signals apart', async () => {
    const first = callSpans(7, { targets: ['d'] })
    const second = callSpans(8, { targets: ['d'] }).map((span) => ({ ...span, trace_id: hex(7, 32) }))
    await insert('spans', [...first, ...second])
    await insert('signals', [signal(7, 'retry', { span_id: hex(7 * 16, 16) })])
    expect(await reader.rows("SELECT request_id, retried FROM calls WHERE target = 'd' ORDER BY request_id")).toEqual([{ request_id: 'req-7', retried: true }, { request_id: 'req-8', retried: false }])
  })

  test('metrics count production calls of one target and task, and what was observed of them', async () => {
    await insert('spans', Array.from({ length: 60 }, (_, index) => callSpans(100 + index, { targets: index === 0 ? ['e-down', 'e'] : ['e'] })).flat())
    await insert('spans', [...callSpans(190, { targets: ['e'], purpose: 'eval' }), ...callSpans(191, { targets: ['e'], started_at: iso(Date.now() - 40 * 86_400_000) })])
    await insert('signals', Array.from({ length: 50 }, (_, index) => signal(100 + index, index < 20 ? 'rephrase' : 'accepted')))
    const found = await one("SELECT * FROM model_metrics WHERE target = 'e'")
    expect(found).toMatchObject({
      task: 'general', is_simulated: false, calls: '60', attempts: '60', unpriced_calls: '0', error_rate: 0, avg_cost_usd: expect.closeTo(0.01, 9),
      observed_calls: '50', accepted_calls: '30', retry_rate: 0.4, edit_rate: 0, latency_p50_ms: 1000, ttft_p50_ms: 200, evals: '0', accuracy: null, pushback_rate: null, hallucination_proxy: 'high',
    })
    // Fifty observed calls at a cent each, thirty accepted.
    expect(found['cost_per_accepted_usd']).toBeCloseTo(0.5 / 30, 9)
    expect(await one("SELECT calls, attempts, error_rate, cost_per_accepted_usd, hallucination_proxy FROM model_metrics WHERE target = 'e-down'")).toEqual({ calls: '0', attempts: '1', error_rate: 1, cost_per_accepted_usd: null, hallucination_proxy: 'unknown' })
  })

  test('cost per accepted answer is unknown below a fifth observed, and when an observed call is unpriced', async () => {
    await insert('spans', [
      ...Array.from({ length: 10 }, (_, index) => callSpans(200 + index, { targets: ['f'] })).flat(),
      ...callSpans(220, { targets: ['g'] }).map((span) => ({ ...span, call_cost_usd: null, cost_usd: null, cost_source: 'unpriced' })),
    ])
    await insert('signals', [signal(200, 'accepted'), signal(220, 'accepted')])
    expect(await one("SELECT observed_calls, accepted_calls, cost_per_accepted_usd FROM model_metrics WHERE target = 'f'")).toEqual({ observed_calls: '1', accepted_calls: '1', cost_per_accepted_usd: null })
    expect(await one("SELECT unpriced_calls, unpriced_attempts, avg_cost_usd, cost_per_accepted_usd FROM model_metrics WHERE target = 'g'")).toEqual({ unpriced_calls: '1', unpriced_attempts: '1', avg_cost_usd: null, cost_per_accepted_usd: null })
  })

  test.each([
    // Retried of observed → Wilson interval against .06 and .10.
    { target: 'few', retried: 0, observed: 49, proxy: 'unknown' },
    { target: 'low', retried: 1, observed: 100, proxy: 'low' },
    { target: 'wide', retried: 5, observed: 60, proxy: 'unknown' },
    { target: 'medium', retried: 80, observed: 1000, proxy: 'medium' },
    { target: 'high', retried: 30, observed: 100, proxy: 'high' },
  ])('the hallucination proxy of $retried retries in $observed observed calls is $proxy', async ({ target, retried, observed, proxy }) => {
    const base = 10_000 + observed * 100 + retried
    await insert('spans', Array.from({ length: observed }, (_, index) => callSpans(base * 1000 + index, { targets: [target] })).flat())
    await insert('signals', Array.from({ length: observed }, (_, index) => signal(base * 1000 + index, index < retried ? 'retry' : 'accepted')))
    expect(await one(`SELECT hallucination_proxy FROM model_metrics WHERE target = '${target}'`)).toEqual({ hallucination_proxy: proxy })
  })

  test('evaluations: newest run of each kind only, unscored left out, correct answers left out of hallucination', async () => {
    await insert('eval_results', [
      ...evaluated('h', 'factual', 'correct', 50), ...evaluated('h', 'factual', 'incorrect', 20), ...evaluated('h', 'factual', 'not_attempted', 25), ...evaluated('h', 'factual', 'partial', 5),
      ...evaluated('h', 'factual', 'incorrect', 3, { answerable: false }), ...evaluated('h', 'factual', 'not_attempted', 9, { answerable: false }),
      ...evaluated('h', 'factual', '', 7, { status: 'judge_error' }),
      ...evaluated('h', 'nonsense', 'clear_pushback', 30), ...evaluated('h', 'nonsense', 'accepted', 10), ...evaluated('h', 'control', 'accepted', 19), ...evaluated('h', 'control', 'clear_pushback', 1),
      // An older run, another grader's verdicts on the same run, and a simulated target of the same name.
      ...evaluated('h', 'factual', 'incorrect', 40, { run_id: 'run-1', evaluated_at: iso(dayAgoMs - 86_400_000) }),
      ...evaluated('h', 'nonsense', 'accepted', 40, { grader: 'g0', evaluated_at: iso(dayAgoMs - 60_000) }),
      ...evaluated('h', 'factual', 'incorrect', 21, { is_simulated: true }),
    ])
    const found = await one("SELECT * FROM model_metrics WHERE target = 'h' AND NOT is_simulated")
    expect(found).toMatchObject({ task: '', calls: '0', evals: '172', accuracy: 0.5, hallucination_rate: 0.4, fabrication_rate: 0.25, pushback_rate: 0.75, false_pushback_rate: 0.05 })
    // Wilson 95% of 20 of 50 and of 30 of 40, by hand from the formula.
    expect(found['hallucination_low']).toBeCloseTo(0.27612, 4)
    expect(found['hallucination_high']).toBeCloseTo(0.53818, 4)
    expect(found['pushback_low']).toBeCloseTo(0.59805, 4)
    expect(found['pushback_high']).toBeCloseTo(0.85814, 4)
    expect(await one("SELECT hallucination_rate, accuracy, pushback_rate FROM model_metrics WHERE target = 'h' AND is_simulated")).toEqual({ hallucination_rate: 1, accuracy: 0, pushback_rate: null })
  })

  test('hallucination is unknown below twenty probes that were not answered rightly', async () => {
    await insert('eval_results', [...evaluated('i', 'factual', 'correct', 80), ...evaluated('i', 'factual', 'incorrect', 19)])
    expect(await one("SELECT hallucination_rate, hallucination_low, hallucination_high FROM model_metrics WHERE target = 'i'")).toEqual({ hallucination_rate: null, hallucination_low: null, hallucination_high: null })
  })

  test("a target's evaluations stand beside each of its tasks", async () => {
    await insert('spans', [...callSpans(300, { targets: ['j'], task: 'simple_qa' }), ...callSpans(301, { targets: ['j'], task: 'agent_tasks' })])
    await insert('eval_results', evaluated('j', 'nonsense', 'clear_pushback', 4))
    expect(await reader.rows("SELECT task, calls, evals, pushback_rate FROM model_metrics WHERE target = 'j' ORDER BY task")).toEqual([
      { task: 'agent_tasks', calls: '1', evals: '4', pushback_rate: 1 },
      { task: 'simple_qa', calls: '1', evals: '4', pushback_rate: 1 },
    ])
  })

  test('otel_traces speaks the exporter’s column names, with the typed facts among the attributes', async () => {
    await insert('spans', [{
      trace_id: hex(400, 32), span_id: hex(1, 16), parent_span_id: hex(2, 16), name: 'chat m', kind: 'Client', service: 'weighbridge-router', scope: 'weighbridge', started_at: iso(dayAgoMs), duration_ns: '1500000000', status: 'Ok', role: 'attempt',
      model: 'm', target: 'k', attempt: 1, input_tokens: '7', cost_usd: '0.5', attributes: { 'server.address': 'example.org' }, resource: { 'service.name': 'weighbridge-router' },
      'events.at': [iso(dayAgoMs)], 'events.name': ['first_token'], 'events.attributes': [{ a: 'b' }], 'links.trace_id': [hex(9, 32)], 'links.span_id': [hex(9, 16)], 'links.attributes': [{}],
    }])
    const found = await one(`SELECT * FROM otel_traces WHERE TraceId = '${hex(400, 32)}'`)
    expect(Object.keys(found)).toEqual(
      'Timestamp TraceId SpanId ParentSpanId TraceState SpanName SpanKind ServiceName ResourceAttributes ScopeName ScopeVersion SpanAttributes Duration StatusCode StatusMessage Events.Timestamp Events.Name Events.Attributes Links.TraceId Links.SpanId Links.TraceState Links.Attributes'.split(' '),
    )
    expect(found).toMatchObject({
      SpanName: 'chat m', SpanKind: 'Client', ServiceName: 'weighbridge-router', Duration: '1500000000', StatusCode: 'Ok', 'Events.Name': ['first_token'], 'Links.TraceState': [''],
      SpanAttributes: { 'server.address': 'example.org', 'gen_ai.request.model': 'm', 'weighbridge.target': 'k', 'weighbridge.attempt': '1', 'gen_ai.usage.input_tokens': '7', 'weighbridge.cost.usd': '0.5', 'weighbridge.role': 'attempt', 'weighbridge.route.version': '0' },
    })
    expect(Object.values(found['SpanAttributes'] as Record<string, string>)).not.toContain('')
    expect(await one(`SELECT toUnixTimestamp64Milli(Start) AS start, toUnixTimestamp64Milli(End) AS end FROM otel_traces_trace_id_ts WHERE TraceId = '${hex(400, 32)}'`)).toEqual({ start: String(dayAgoMs), end: String(dayAgoMs + 1500) })
  })

  test.each(VIEWS)('%s answers the reader when there are rows', async (view) => {
    expect((await reader.rows(`SELECT * FROM ${view}`)).length).toBeGreaterThan(0)
  })
})
