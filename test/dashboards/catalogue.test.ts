// Every query of the catalogue on the engine, on a day of calls and on empty tables: its columns are there and of the types it says; and
// the figures of the dashboards' own queries are counted again from the rows that were stored.
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InsertRow } from '../../core/tables.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { costSpike, failoverSurge, ingestLagNow, spoolFilling, unpricedRecently } from '../../store/queries/alerts.ts'
import { answersByTarget, answersOverTime, answerTotals } from '../../store/queries/answers.ts'
import { QUERY_GROUPS } from '../../store/queries/catalogue.ts'
import { spendOverTimeBy, spendTotals } from '../../store/queries/overview.ts'
import { learningHistory } from '../../store/queries/learning-events.ts'
import { hallucinationChanges, qualityByRun } from '../../store/queries/quality-trends.ts'
import { errorRates, errorsOverTime, ingestLagOverTime, routersNow, spoolsOverTime, targetStates } from '../../store/queries/reliability.ts'
import { ceilingsHit, decisionsOverTime, evidenceInForce, failoverPaths, routingRegret, servedShares } from '../../store/queries/routing.ts'
import { cacheSavings, spendByInputSize, spendByKeyAndTask, spendForecast, unpricedAttempts } from '../../store/queries/spend.ts'
import { wholeMinutes } from '../../store/queries/traffic.ts'
import { clickhouseMissing } from '../support/database.ts'
import { demoRows } from './demo-rows.ts'
import { HOURS, REAL_CALLS, SIMULATED_CALLS, storeFixture, storeNothing, storeRows } from './stored-fixture.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.log(`skipped: ${missing}`)

const nowMs = Date.now()
const window = { ...wholeMinutes(nowMs - 30 * 3_600_000, nowMs + 60_000), targets: [], tasks: [] }
const sim = demoRows({ nowMs, simulated: true, calls: SIMULATED_CALLS, hours: HOURS })
const real = demoRows({ nowMs, simulated: false, calls: REAL_CALLS, hours: HOURS })
const role = (rows: readonly InsertRow[], name: string): InsertRow[] => rows.filter((row) => row['role'] === name)
const attempts = role(sim.spans, 'attempt')
const calls = role(sim.spans, 'call')
const sum = (rows: readonly InsertRow[], column: string): number => rows.reduce((total, row) => total + Number(row[column] ?? 0), 0)
const every = <T>(rows: readonly T[], pick: (row: T) => number): number => rows.reduce((total, row) => total + pick(row), 0)

/** A value for every parameter that any query takes. */
const ANY_PARAMS = { ...window, simulated: true, bucket_s: 3_600, half_life_days: 10, fault_codes: ['provider_rate_limited'], only: 'all', limit: 20, trace_id: '0'.repeat(32), span_id: '0'.repeat(16), run_id: 'run-2', suite: 'factual', probe_id: 'factual-true-1', id: 'x', traces: [String(calls[0]?.['trace_id'])], after_ns: '', after_trace: '', after_span: '', tag_names: [], providers: ['sim-openai'], sources: ['unpriced'], q1: ['production'], value_per_answer_usd: 0.05,
  evals_from: window.from, production_from: window.from, evals_half_life_days: 30, production_half_life_days: 10, discounted: [], discounted_until_ms: [], discount: 0.2,
  task: 'simple_qa', newer: [2], older: [1], value_usd: 0.05, slo_ms: 20_000, latency_penalty: 0.05, error_penalty: 0.05, evidence_key: 'p/m', from_key: 'p/m', to_key: 'p/n' }
const QUERIES = QUERY_GROUPS.flatMap(({ queries }) => queries)

describe.skipIf(missing !== undefined)('every query of the catalogue', () => {
  let stored: { reader: ClickHouse; close: () => Promise<void> }
  let nothing: { reader: ClickHouse; close: () => Promise<void> }
  beforeAll(async () => {
    stored = await storeFixture(nowMs)
    nothing = await storeNothing()
  })
  afterAll(async () => {
    await stored?.close()
    await nothing?.close()
  })

  it('has a name of its own, a meaning, and a description of every column', () => {
    expect(new Set(QUERIES.map(({ name }) => name)).size).toBe(QUERIES.length)
    for (const { name, meaning, row, sql } of QUERIES) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(meaning.length, name).toBeGreaterThan(20)
      expect(Object.keys(row.shape).length, name).toBeGreaterThan(0)
      expect(sql, name).not.toMatch(/;\s*$|INSERT|ALTER|DROP/)
    }
  })

  it.each(QUERIES.map((query) => ({ name: query.name, query })))('$name answers its columns in its types', async ({ query }) => {
    const params = query.name === 'repricable' ? { ...ANY_PARAMS, after_ns: '0' } : ANY_PARAMS
    const raw = await stored.reader.rows(query.sql, query.params.parse(params))
    for (const found of raw.slice(0, 50)) for (const column of Object.keys(query.row.shape)) expect(Object.keys(found), query.name).toContain(column)
    expect(z.array(query.row).safeParse(raw).error).toBeUndefined()
    const empty = await nothing.reader.rows(query.sql, query.params.parse(params))
    expect(z.array(query.row).safeParse(empty).error).toBeUndefined()
    expect(empty.length).toBeLessThanOrEqual(1)
  })

  const ask = async <P extends z.ZodObject, R extends z.ZodObject>(query: { name: string; meaning: string; params: P; row: R; sql: string }, more: Record<string, unknown> = {}): Promise<z.output<R>[]> => stored.reader.query(query, { ...ANY_PARAMS, ...more } as z.input<P>) // every parameter of every query

  it('splits one spend by task, provider, key, effort and length of input: all sums are the same', async () => {
    const total = sum(attempts, 'cost_usd')
    expect((await ask(spendTotals))[0]?.spend_usd).toBeCloseTo(total, 9)
    for (const split of ['task', 'target', 'provider', 'key', 'effort'] as const) {
      const rows = await ask(spendOverTimeBy(split))
      expect(every(rows, (row) => row.spend_usd), split).toBeCloseTo(total, 8)
      expect(every(rows, (row) => row.attempts), split).toBe(attempts.length)
    }
    const sizes = await ask(spendByInputSize)
    expect(every(sizes, (row) => row.spend_usd)).toBeCloseTo(total, 8)
    expect(every(sizes.filter((row) => row.size === '1 below 2k'), (row) => row.attempts)).toBe(attempts.filter((row) => row['input_tokens'] !== null && Number(row['input_tokens']) < 2_000).length)
    const keyed = await ask(spendByKeyAndTask)
    expect(every(keyed, (row) => row.spend_usd)).toBeCloseTo(total, 8)
    expect(every(keyed, (row) => row.wasted_usd)).toBeCloseTo(sum(calls, 'call_wasted_usd'), 8)
    expect(every(keyed, (row) => row.calls)).toBe(SIMULATED_CALLS)
  })

  it('splits by minute as by hour, whatever the bucket', async () => {
    for (const bucket_s of [60, 300, 3_600, 86_400]) expect(every(await ask(spendOverTimeBy('target'), { bucket_s }), (row) => row.spend_usd)).toBeCloseTo(sum(attempts, 'cost_usd'), 8)
  })

  it('says what caches saved, and does not guess where nobody said', async () => {
    const rows = await ask(cacheSavings)
    expect(every(rows, (row) => row.saved_usd ?? 0)).toBeCloseTo(sum(attempts, 'cache_saved_usd'), 9)
    expect(every(rows, (row) => row.unknown_attempts)).toBe(0)
    for (const row of rows) expect(row.cache_share).toBeCloseTo(row.cache_read_tokens / row.input_tokens, 12)
  })

  it('lists what has no price until it is corrected', async () => {
    const rows = await ask(unpricedAttempts, { simulated: false })
    const unpriced = role(real.spans, 'attempt').filter((row) => row['cost_source'] === 'unpriced')
    expect(every(rows, (row) => row.attempts)).toBe(unpriced.length - role(real.spans, 'correction').length)
    expect(rows.map((row) => row.target)).toEqual(['local-smollm2'])
    expect(await ask(unpricedRecently, { simulated: false })).toEqual([{ unpriced: unpriced.length - 1 }])
  })

  it('forecasts nothing from a single day', async () => {
    const [row] = await ask(spendForecast)
    expect(row).toMatchObject({ forecast_usd: null, forecast_low_usd: null, forecast_high_usd: null, mean_day_usd: null })
    expect(row?.days_seen).toBeLessThan(3)
  })

  it('counts what people did with answers, with intervals around the shares', async () => {
    const rows = await ask(answersByTarget)
    const about = Map.groupBy(sim.signals, (signal) => signal['trace_id'])
    const observed = calls.filter((call) => about.has(call['trace_id']))
    expect(every(rows, (row) => row.calls)).toBe(SIMULATED_CALLS)
    expect(every(rows, (row) => row.observed)).toBe(observed.length)
    expect(every(rows, (row) => row.edited)).toBe(sim.signals.filter((signal) => signal['kind'] === 'edit').length)
    expect(every(rows, (row) => row.retried)).toBe(sim.signals.filter((signal) => signal['kind'] === 'retry' || signal['kind'] === 'rephrase').length)
    const negative = new Set(sim.signals.filter((signal) => ['retry', 'rephrase', 'edit'].includes(String(signal['kind'])) || (signal['kind'] === 'feedback' && Number(signal['value']) < 0.5)).map((signal) => signal['trace_id']))
    const accepted = observed.filter((call) => !negative.has(call['trace_id']))
    const [totals] = await ask(answerTotals)
    expect(totals).toMatchObject({ calls: SIMULATED_CALLS, observed: observed.length, accepted: accepted.length })
    expect(totals?.cost_per_accepted_usd).toBeCloseTo(sum(observed, 'call_cost_usd') / accepted.length, 9)
    for (const row of rows.filter((some) => some.observed > 0)) {
      expect(row.accepted_rate).toBeCloseTo(row.accepted / row.observed, 12)
      expect(row.accepted_low).toBeLessThanOrEqual(row.accepted_rate ?? Number.NaN)
      expect(row.accepted_high).toBeGreaterThanOrEqual((row.accepted_rate ?? Number.NaN) - 1e-12)
    }
    expect(every(await ask(answersOverTime), (row) => row.observed)).toBe(observed.length)
  })

  it('tells decisions by reason, and who served what', async () => {
    const rows = await ask(decisionsOverTime)
    const by = Object.fromEntries([...Map.groupBy(rows, (row) => row.reason)].map(([reason, some]) => [reason, every(some, (row) => row.calls)]))
    expect(by).toEqual(Object.fromEntries([...Map.groupBy(calls, (call) => String(call['reason']))].map(([reason, some]) => [reason, some.length])))
    const shares = await ask(servedShares)
    for (const [task, some] of Map.groupBy(shares, (row) => row.task)) expect(every(some, (row) => row.share), task).toBeCloseTo(1, 9)
  })

  it('follows every failure to the target that was tried next', async () => {
    const rows = await ask(failoverPaths)
    const failed = attempts.filter((row) => row['status'] === 'Error')
    expect(every(rows, (row) => row.times)).toBe(failed.length)
    const ended = calls.filter((call) => call['status'] === 'Error')
    expect(every(rows.filter((row) => row.next_target === ''), (row) => row.times)).toBe(ended.length)
    expect(every(rows, (row) => row.failed_usd ?? 0)).toBeCloseTo(sum(failed, 'cost_usd'), 9)
  })

  it('counts the ceilings that bit', async () => {
    const rows = await ask(ceilingsHit)
    const skipped = calls.filter((call) => 'weighbridge.ceiling.skipped' in (call['attributes'] as object))
    expect(every(rows, (row) => row.skipped)).toBe(skipped.length)
    expect(rows.every((row) => row.share > 0 && row.share <= 1)).toBe(true)
  })

  it('measures regret against the best target of the evidence in force, never below nothing', async () => {
    const rows = await ask(routingRegret)
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row.regret).toBeGreaterThanOrEqual(0)
    // With a worthless answer only dollars count: the cheapest is the best, and the regret is what more was paid for.
    const evidence = await ask(evidenceInForce)
    expect(evidence.map((row) => row.version).every((version) => version === 2)).toBe(true)
    for (const [, some] of Map.groupBy(evidence, (row) => row.task)) expect(every(some, (row) => row.weight ?? 0)).toBeCloseTo(1, 6)
  })

  it('tells what the learner found and did on one side, of the chosen tasks and targets and of what concerns all', async () => {
    const rows = await ask(learningHistory)
    expect(rows).toHaveLength(sim.learning_events.length)
    expect(rows.map(({ at }) => at)).toEqual(rows.map(({ at }) => at).toSorted((a, b) => b - a))
    const drift = rows.filter(({ kind }) => kind === 'drift')
    expect(drift.map(({ level, metric, value, reference }) => [level, metric, value, reference])).toEqual([['alarm', 'quality', 0.31, 0.62], ['mark', 'output_length', 131, 100]])
    expect(rows.find(({ kind }) => kind === 'hold')).toMatchObject({ level: '', task: 'simple_qa', value: null, reference: null })
    expect((await stored.reader.query(learningHistory, { ...window, simulated: false })).map(({ kind }) => kind)).toEqual(['drift'])
    const narrowed = await stored.reader.query(learningHistory, { ...window, simulated: true, targets: ['gpt-5.4'], tasks: ['simple_qa'] })
    expect(narrowed.map(({ kind }) => kind)).toEqual(['unfreeze', 'recommendation', 'hold', 'freeze', 'rollback', 'canary'])
    expect(await stored.reader.query(learningHistory, { ...window, simulated: true, targets: ['gpt-5.4'], tasks: ['another'] })).toEqual([])
  })

  it('sums errors by class to the failures of targets', async () => {
    const failed = attempts.filter((row) => row['status'] === 'Error')
    expect(every(await ask(errorsOverTime), (row) => row.attempts)).toBe(failed.length)
    const rates = await ask(errorRates)
    expect(every(rates, (row) => row.failed)).toBe(failed.length)
    for (const row of rates) expect([row.error_rate ?? 0, row.error_low ?? 1]).toEqual([expect.closeTo(row.failed / row.attempts, 12), expect.any(Number)])
    expect(every(await ask(ingestLagOverTime), (row) => row.spans)).toBe([...sim.spans, ...real.spans].filter((row) => row['role'] !== 'correction').length)
  })

  it('shows which targets were out, and what waited on disk', async () => {
    const states = await ask(targetStates, { bucket_s: 60 })
    expect(states.filter((row) => row.state === 4 && row.target === 'kimi-k2.6').length).toBeGreaterThanOrEqual(20)
    expect(states.find((row) => row.state === 3)).toMatchObject({ target: 'opus-4.7', why: 'provider_overloaded' })
    const spools = await ask(spoolsOverTime, { bucket_s: 60 })
    expect(Math.max(...spools.map((row) => row.spool_share))).toBeCloseTo(600_000_000 / 1_073_741_824, 6)
    expect(await ask(routersNow)).toMatchObject([{ router: 'router-a:4000', out: [] }, { router: 'router-b:4000', out: [] }])
    expect(await ask(spoolFilling, wholeMinutes(nowMs - 5 * 60_000, nowMs + 60_000))).toEqual([{ router: 'router-a:4000', share: 0 }, { router: 'router-b:4000', share: 0 }])
  })

  it('compares runs of one suite version and grader, with an interval around the difference', async () => {
    const runs = await ask(qualityByRun, { from: new Date(nowMs - 30 * 86_400_000) })
    expect(new Set(runs.map((row) => row.run_id))).toEqual(new Set(['run-1', 'run-2']))
    const changes = await ask(hallucinationChanges, { from: new Date(nowMs - 30 * 86_400_000) })
    expect(changes.length).toBeGreaterThan(0)
    for (const row of changes) {
      expect(row).toMatchObject({ run_id: 'run-2', run_before: 'run-1' })
      const now = runs.find((run) => run.run_id === 'run-2' && run.target === row.target && run.suite === row.suite)
      expect(row.rate).toBeCloseTo(now?.hallucination_rate ?? Number.NaN, 12)
      expect(row.difference_low).toBeLessThan(row.difference)
      expect(row.difference_high).toBeGreaterThan(row.difference)
    }
  })

  it('raises no alarm on nothing, nor on a quiet day', async () => {
    for (const reader of [nothing.reader, stored.reader]) {
      const of = { ...ANY_PARAMS, simulated: false }
      expect((await reader.query(costSpike, of))[0]?.spike).toBe(0)
      expect((await reader.query(failoverSurge, of))[0]?.share_low).toBeLessThan(0.1)
    }
    expect(await nothing.reader.query(ingestLagNow, ANY_PARAMS)).toEqual([{ lag_s: 0, spans: 0 }])
    expect(await nothing.reader.query(unpricedRecently, ANY_PARAMS)).toEqual([{ unpriced: 0 }])
    expect(await nothing.reader.query(spoolFilling, ANY_PARAMS)).toEqual([])
  })
})

describe.skipIf(missing !== undefined)('an alert', () => {
  it('goes off when spend jumps, calls fail over, spools fill and spans are late, and not before', async () => {
    const hourMs = 3_600_000
    const at = (ms: number): Record<string, unknown> => ({ started_at: new Date(ms).toISOString(), duration_ns: '1000000000', is_simulated: false, purpose: 'production', target: 't', task: 'a' })
    const hex = (i: number, digits: number): string => i.toString(16).padStart(digits, '0')
    const spans: InsertRow[] = []
    let i = 0
    const add = (ms: number, usd: number, more: Record<string, unknown> = {}, lagMs = 1_500): void => {
      i += 1
      const ids = { trace_id: hex(i, 32), ingested_at: new Date(ms + 1_000 + lagMs).toISOString() }
      spans.push({ ...at(ms), ...ids, span_id: hex(i, 16), role: 'call', status: 'Ok', attempts: 1, call_cost_usd: usd.toFixed(12), ...more })
      spans.push({ ...at(ms), ...ids, span_id: hex(i + 1_000_000, 16), parent_span_id: hex(i, 16), role: 'attempt', attempt: 1, status: 'Ok', cost_source: 'priced', cost_usd: usd.toFixed(12) })
    }
    for (let hour = 2; hour < 40; hour += 1) add(nowMs - hour * hourMs, 1)
    const to = wholeMinutes(nowMs, nowMs).to
    const quarter = { simulated: false, from: new Date(nowMs - hourMs / 4), to, targets: [], tasks: [] }
    const state = (ms: number, share: number): InsertRow => ({ at: new Date(ms).toISOString(), router: 'r:1', route_version: 1, ready: true, in_flight: 0, spool_bytes: Math.round(share * 1_000), spool_max_bytes: 1_000, spool_records: 1, spool_dropped: 0, ingested_at: new Date(ms).toISOString() })
    const quiet = await storeRows({ spans, router_states: [state(nowMs - 5_000, 0.1)] })
    try {
      expect((await quiet.reader.query(costSpike, quarter))[0]).toMatchObject({ spike: 0 })
      expect((await quiet.reader.query(spoolFilling, quarter))[0]?.share).toBeCloseTo(0.1, 9)
      expect((await quiet.reader.query(ingestLagNow, quarter))[0]?.lag_s).toBeLessThan(60)
    } finally {
      await quiet.close()
    }
    for (let call = 0; call < 40; call += 1) add(nowMs - 120_000 - call * 1_000, 0.25, call % 2 === 0 ? { attempts: 2 } : {}, 90_000)
    const loud = await storeRows({ spans, router_states: [state(nowMs - 300_000, 0.2), state(nowMs - 200_000, 0.7)] })
    try {
      const [spike] = await loud.reader.query(costSpike, quarter)
      expect(spike?.hour_usd).toBeCloseTo(10, 6)
      expect(spike?.spike).toBeGreaterThan(8)
      expect((await loud.reader.query(failoverSurge, quarter))[0]).toMatchObject({ calls: 40, failed_over: 20, share_low: expect.closeTo(0.352, 2) })
      expect((await loud.reader.query(spoolFilling, quarter))[0]?.share).toBeCloseTo(0.7, 9)
      expect((await loud.reader.query(ingestLagNow, quarter))[0]?.lag_s).toBeGreaterThan(60)
    } finally {
      await loud.close()
    }
  })
})
