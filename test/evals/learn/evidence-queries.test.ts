// The evidence query on a real engine: what it counts, what it weighs by age and by propensity, and what it must keep apart.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClickHouse, type ClickHouse } from '../../../store/clickhouse/clickhouse.ts'
import { evalRuns } from '../../../store/queries/drift.ts'
import { LATENCY_LEVELS, learningEvidence } from '../../../store/queries/evidence.ts'
import { readRows, type EvidenceRows } from '../../../evals/learn/evidence.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../../support/database.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.warn(`evidence queries are not tested: ${missing}`)

const NOW = Date.parse('2026-03-01T00:00:00Z')
// Tables drop rows by when they came in.
const ingested = new Date().toISOString()
const at = (daysAgo: number): string => new Date(NOW - daysAgo * 86_400_000).toISOString()
const nanos = (daysAgo: number): string => `${NOW - daysAgo * 86_400_000}000000`

describe.skipIf(missing !== undefined)('evidence queries', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let reader: ClickHouse
  // The window is half open: a millisecond past the newest rows.
  const window = { from: new Date(NOW - 100 * 86_400_000), to: new Date(NOW + 1) }
  const store = (table: string, rows: readonly object[]): Promise<void> => writer.insert(table, rows.map((row) => JSON.stringify({ ingested_at: ingested, ...row })).join('\n'), { token: `${table}-${JSON.stringify(rows).length}` })

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
    const trial = (over: object) => ({
      result_id: 'r', evaluated_at: at(0), run_id: 'run', suite: 'factual', suite_hash: 'h1', probe_id: 'p1', probe_kind: 'factual', answerable: true,
      target: 'a', provider: 'sim', model: 'm', effort: '', status: 'scored', label: 'correct', score: 1, grader: 'g@1', cost_usd: '0.002', input_tokens: 100, output_tokens: 50, is_simulated: false, ...over,
    })
    await store('eval_results', [
      trial({ evaluated_at: at(0) }),
      trial({ evaluated_at: at(30), label: 'incorrect', score: 0 }),
      trial({ status: 'provider_error', label: '', score: null, cost_usd: null }),
      trial({ probe_id: 'p2', answerable: false, label: 'not_attempted', score: 1 }),
      trial({ grader: 'g@2' }),
      trial({ suite_hash: 'h2' }),
      trial({ effort: 'low' }),
      trial({ is_simulated: true, label: 'incorrect' }),
      trial({ evaluated_at: at(101), label: 'incorrect' }),
    ])
    // Long ago: a night that asked two questions twice, one of them in vain once; and carried evidence, which names no call and has mean lengths.
    const night = (probe: string, over: object) => trial({ provider: 'sim', model: 'twice', suite: 'nightly', probe_id: probe, trace_id: `n-${probe}`, run_id: 'night', evaluated_at: at(200), ...over })
    await store('eval_results', [
      night('p1', {}), night('p1', { output_tokens: 200 }), night('p2', { status: 'refused', label: '', score: null }), night('p2', {}), night('p3', { status: 'budget_skipped', label: '', score: null, output_tokens: null }),
      night('p1', { run_id: 'carried', trace_id: '', evaluated_at: at(201) }), night('p2', { run_id: 'carried', trace_id: '', evaluated_at: at(201), score: 0 }),
    ])
    const attempt = (over: object) => ({
      trace_id: 't1', span_id: 's1', parent_span_id: 'c1', started_at: nanos(0), duration_ns: 1_000_000_000, status: 'Ok', role: 'attempt', task: 'simple_qa', provider: 'sim', target: 'a', model: 'm', effort: '',
      error_code: '', reason: 'weighted', purpose: 'production', is_simulated: false, cost_usd: '0.01', input_tokens: 1000, output_tokens: 100, ttft_ms: 200, propensity: 1, ...over,
    })
    const call = { started_at: nanos(0.2), duration_ns: 1, role: 'call', task: 'drawn', route_version: 7, purpose: 'production', is_simulated: false, status: 'Ok' }
    await store('spans', [
      attempt({}),
      // A failed attempt and its retry on the same target: one call, both costs.
      attempt({ trace_id: 't2', span_id: 's2', status: 'Error', error_code: 'provider_stream_cut', cost_usd: '0.005', duration_ns: 50 }),
      attempt({ trace_id: 't2', span_id: 's3', cost_usd: '0.015', duration_ns: 3_000_000_000, reason: 'failover', propensity: null }),
      // A refused attempt is not billed; the answer came from elsewhere.
      attempt({ trace_id: 't3', span_id: 's4', status: 'Error', error_code: 'provider_rate_limited', cost_usd: null, input_tokens: null, output_tokens: null, ttft_ms: null }),
      attempt({ trace_id: 't3', span_id: 's5', model: 'other', target: 'b', reason: 'failover', propensity: null }),
      // Ten days old: weighs one half.
      attempt({ trace_id: 't4', span_id: 's6', started_at: nanos(10), cost_usd: '0.04' }),
      // An answer without a price.
      attempt({ trace_id: 't5', span_id: 's7', cost_usd: null }),
      // Two calls in one trace, as an agent makes them.
      attempt({ trace_id: 't6', span_id: 's8', parent_span_id: 'c8', task: 'agent_tasks' }),
      attempt({ trace_id: 't6', span_id: 's9', parent_span_id: 'c9', task: 'agent_tasks' }),
      attempt({ trace_id: 't7', span_id: 's10', reason: 'pinned', propensity: null, cost_usd: '9' }),
      // Drawn now and then by one request in four, always by another: each stands for 1/p, up to 20.
      attempt({ trace_id: 'e1', span_id: 'f1', task: 'rare', propensity: 0.25, cost_usd: '0.02' }),
      attempt({ trace_id: 'e2', span_id: 'f2', task: 'rare', propensity: 1, cost_usd: '0.01' }),
      attempt({ trace_id: 'e3', span_id: 'f3', task: 'rare', propensity: 0.001, cost_usd: '0.03' }),
      // A session's second turn is about the first one's answer.
      attempt({ trace_id: 'g1', span_id: 'h1', task: 'chat', session_id: 's', started_at: nanos(2) }),
      attempt({ trace_id: 'g2', span_id: 'h2', task: 'chat', session_id: 's', started_at: nanos(1), cost_usd: '5' }),
      ...Array.from({ length: 40 }, (_, i) => ({
        ...call, trace_id: `d${i}`, span_id: `d${i}`,
        decision: JSON.stringify({ v: 1, drawn: i < 30 ? 'a' : 'b', reason: 'weighted', candidates: [{ target: 'a', weight: 0.6 }, { target: 'b', weight: 0.2 }, { target: 'c', weight: 0.2 }], exclusions: i < 20 ? [] : [{ target: 'c', reason: 'cooling' }] }),
      })),
      { ...call, trace_id: 'dd', span_id: 'dd', decision: JSON.stringify({ v: 1, drawn: 'a', reason: 'weighted', candidates: [{ target: 'a', weight: 0.6 }, { target: 'b', weight: 0.4 }], exclusions: [{ target: 'b', reason: 'over_ceiling' }] }) },
      { ...call, trace_id: 'de', span_id: 'de', started_at: nanos(2), decision: JSON.stringify({ v: 1, drawn: 'a', reason: 'weighted', candidates: [{ target: 'a', weight: 1 }], exclusions: [] }) },
      attempt({ trace_id: 't8', span_id: 's11', purpose: 'eval', cost_usd: '9' }),
      attempt({ trace_id: 't9', span_id: 's12', is_simulated: true, cost_usd: '9' }),
      attempt({ trace_id: 't10', span_id: 's13', status: 'Error', error_code: 'provider_bad_request', cost_usd: '0.01' }),
    ])
    const signal = (over: object) => ({ signal_id: 'x', at: nanos(0), kind: 'retry', trace_id: 't1', span_id: '', by_trace_id: '', value: null, is_simulated: false, ...over })
    await store('signals', [signal({}), signal({ trace_id: 't2', span_id: 'c1', kind: 'edit', value: 0.5 }), signal({ trace_id: 't4', kind: 'accepted' }), signal({ trace_id: 't9' })])
  })

  afterAll(async () => {
    await Promise.all([writer?.close(), reader?.close()])
    await database?.drop()
  })

  const rows = async (simulated = false, over: object = {}): Promise<EvidenceRows> =>
    readRows(
      simulated,
      await reader.query(learningEvidence, {
        simulated, to: window.to, evals_from: window.from, production_from: window.from, evals_half_life_days: 30, production_half_life_days: 10,
        fault_codes: ['provider_stream_cut', 'provider_rate_limited'], discounted: [], discounted_until_ms: [], discount: 0.2, ...over,
      }),
    )
  const evals = async (simulated = false) => (await rows(simulated)).evals
  const production = async (simulated = false) => (await rows(simulated)).production

  test('a run is told by questions and answers apart, and lengths only of answers whose call is known', async () => {
    const runs = await reader.query(evalRuns, { from: new Date(NOW - 300 * 86_400_000), to: new Date(NOW - 150 * 86_400_000), simulated: false })
    expect(runs).toMatchObject([
      { run: 'carried', evidence_key: 'sim/twice', asked: 2, questions: 2, scored: 2, mean: 0.5, length_n: 0, length_mean: 0, length_variance: 0 },
      { run: 'night', asked: 4, questions: 2, scored: 3, refused: 1, graded: 3, mean: 1, length_n: 4 },
    ])
    expect(runs[1]?.length_mean).toBeCloseTo((3 * Math.log(50) + Math.log(200)) / 4, 9)
  })

  test('trials weigh one half at one half life, and trials outside the window nothing', async () => {
    const row = (await evals()).find((r) => r.probe_id === 'p1' && r.suite_hash === 'h1' && r.grader === 'g@1' && r.evidence_key === 'sim/m')
    expect(row).toMatchObject({ w_correct: 1, trials: 2, unscored: 1, answerable: true, priced: 2, counted: 2, tokens_in: 200, tokens_out: 100 })
    expect(row?.w_incorrect).toBeCloseTo(0.5, 9)
    expect(row?.w_scored).toBeCloseTo(1.5, 9)
    expect(row?.w_score).toBeCloseTo(1, 9)
    expect(row?.usd).toBeCloseTo(0.004, 12)
    expect([...(row?.days ?? [])].sort()).toEqual([at(30), at(0)].map((time) => time.slice(0, 10)))
  })

  test('graders, suite versions, efforts and the two sides of the divide stay apart', async () => {
    const rows = await evals()
    expect(rows.map((r) => [r.suite_hash, r.grader, r.evidence_key, r.probe_id, r.trials])).toEqual([
      ['h1', 'g@1', 'sim/m', 'p1', 2],
      ['h1', 'g@1', 'sim/m', 'p2', 1],
      ['h1', 'g@1', 'sim/m@low', 'p1', 1],
      ['h1', 'g@2', 'sim/m', 'p1', 1],
      ['h2', 'g@1', 'sim/m', 'p1', 1],
    ])
    expect(rows[1]).toMatchObject({ answerable: false, w_not_attempted: 1 })
    expect((await evals(true)).map((r) => [r.w_incorrect, r.trials])).toEqual([[1, 1]])
  })

  test('a call costs what all its attempts on the target cost, failed ones and retries included', async () => {
    const row = (await production()).find((r) => r.task === 'simple_qa' && r.evidence_key === 'sim/m')
    // t1 .01, t2 .02, t3 0, t4 .04 at one half, t10 .01; t5 unpriced; t7 pinned is not learned from.
    expect(row).toMatchObject({ calls: 7, attempts: 8, failures: 2, unpriced_calls: 1, priced_calls: 5 })
    expect(row?.w_priced).toBeCloseTo(4.5, 9)
    expect(row?.w_cost).toBeCloseTo(0.01 + 0.02 + 0 + 0.02 + 0.01, 9)
    expect(row?.w_positive).toBeCloseTo(3.5, 9)
    expect(row?.w_log_cost).toBeCloseTo(Math.log(0.01) * 2 + Math.log(0.02) + 0.5 * Math.log(0.04), 9)
    expect(row?.w_log_cost2).toBeCloseTo(Math.log(0.01) ** 2 * 2 + Math.log(0.02) ** 2 + 0.5 * Math.log(0.04) ** 2, 9)
    expect(row?.w_failures).toBeCloseTo(2, 9)
  })

  test('tokens are summed over the attempts that used them, beside what they were charged', async () => {
    const row = (await production()).find((r) => r.task === 'simple_qa' && r.evidence_key === 'sim/m')
    // t1, t2 (two attempts), t4 at one half, t5 (unpriced but counted), t10.
    expect(row?.w_counted).toBeCloseTo(4.5, 9)
    expect(row?.w_counted_attempts).toBeCloseTo(5.5, 9)
    expect(row?.w_input).toBeCloseTo(5500, 6)
    expect(row?.w_output).toBeCloseTo(550, 6)
  })

  test('the proxy is read off the signals of answered calls, whether they name the call or its trace', async () => {
    const row = (await production()).find((r) => r.task === 'simple_qa' && r.evidence_key === 'sim/m')
    // t1 retried: y .5; t2 edited by half: y .85; t4 accepted at one half: y 1.
    expect(row).toMatchObject({ observed: 3, retried: 1, edited: 1 })
    expect(row?.w_observed).toBeCloseTo(2.5, 9)
    expect(row?.w_y).toBeCloseTo(0.5 + 0.85 + 0.5, 9)
    expect(row?.w_y2).toBeCloseTo(0.25 + 0.7225 + 0.5, 9)
  })

  test('two calls of one trace count as two, failover targets have no learnable cost, latency is of answers', async () => {
    const rows = await production()
    expect(rows.find((r) => r.task === 'agent_tasks')).toMatchObject({ calls: 2, priced_calls: 2 })
    expect(rows.find((r) => r.evidence_key === 'sim/other')).toMatchObject({ calls: 1, priced_calls: 0, answered: 1 })
    const row = rows.find((r) => r.task === 'simple_qa' && r.evidence_key === 'sim/m')
    expect(row).toMatchObject({ answered: 5, streamed: 5 })
    expect(row?.latency_ms).toHaveLength(LATENCY_LEVELS.length)
    expect(row?.latency_ms[LATENCY_LEVELS.indexOf(0.5)]).toBe(1000)
    expect(row?.latency_ms.at(-1)).toBe(3000)
    expect(row?.ttft_ms[LATENCY_LEVELS.indexOf(0.95)]).toBe(200)
  })

  test('a call counts by the inverse of its propensity, at most twentyfold, and the effective number of calls falls with their spread', async () => {
    const row = (await production()).find((r) => r.task === 'rare')
    expect(row).toMatchObject({ calls: 3, learnable: 3 })
    expect(row?.w_priced).toBeCloseTo(4 + 1 + 20, 9)
    expect(row?.w_cost).toBeCloseTo(4 * 0.02 + 0.01 + 20 * 0.03, 9)
    expect(row?.n_priced).toBeCloseTo(25 ** 2 / (16 + 1 + 400), 9)
  })

  test('only the first turn of a session is learned from', async () => {
    expect((await production()).find((r) => r.task === 'chat')).toMatchObject({ calls: 2, learnable: 1, priced_calls: 1, recent_calls: 2, recent_usd: 5.01 })
  })

  test('evals of a target from before it changed count for a fifth', async () => {
    const { evals: found } = await rows(false, { discounted: ['sim/m'], discounted_until_ms: [NOW - 10 * 86_400_000] })
    const row = found.find((r) => r.probe_id === 'p1' && r.suite_hash === 'h1' && r.grader === 'g@1' && r.evidence_key === 'sim/m')
    expect(row?.w_correct).toBeCloseTo(1, 9)
    expect(row?.w_incorrect).toBeCloseTo(0.1, 9)
  })

  test('draws of the last day stand beside the sum of their probabilities over what was left to draw', async () => {
    const { draws } = await rows()
    // Twenty draws from .6/.2/.2, twenty with c out: .75/.25. What a ceiling changed and what is older is left out.
    expect(draws?.map(({ task, version, target, draws: n, served }) => [task, version, target, n, served])).toEqual([['drawn', 7, 'a', 40, 30], ['drawn', 7, 'b', 40, 10], ['drawn', 7, 'c', 20, 0]])
    expect(draws?.map(({ expected }) => Number(expected.toFixed(6)))).toEqual([27, 9, 4])
    expect(draws?.[0]?.variance).toBeCloseTo(20 * 0.24 + 20 * 0.1875, 9)
  })

  test('simulated calls answer only when asked for, and then alone', async () => {
    expect(await production(true)).toMatchObject([{ calls: 1, w_cost: 9 }])
  })
})
