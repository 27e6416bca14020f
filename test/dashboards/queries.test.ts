// The pages' queries on the engine: counted again from the rows that were stored, and on empty tables.
import type { z } from 'zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { InsertRow } from '../../core/tables.ts'
import * as dashboards from '../../store/queries/dashboards.ts'
import { dataSeen, recentCalls, spendOverTime, spendTotals, taskTargets } from '../../store/queries/overview.ts'
import { hallucinationByTarget, pushbackByTarget } from '../../store/queries/quality.ts'
import { routeVersions, routeWeights } from '../../store/queries/routes.ts'
import { findTrace, traceSpans } from '../../store/queries/traces.ts'
import { clickhouseMissing } from '../support/database.ts'
import { demoRows } from './demo-rows.ts'
import { fixtureTargets, FIXTURE_WEIGHTS } from './fixture-rows.ts'
import { HOURS, REAL_CALLS, SIMULATED_CALLS, storeFixture, storeNothing } from './stored-fixture.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.log(`skipped: ${missing}`)

const nowMs = Date.now()
const window = { from: new Date(nowMs - 86_400_000), to: new Date(nowMs + 1000), targets: [], tasks: [] }
const simulatedRows = demoRows({ nowMs, simulated: true, calls: SIMULATED_CALLS, hours: HOURS })
const of = (role: string): InsertRow[] => simulatedRows.spans.filter((row) => row['role'] === role)
const sum = (rows: readonly InsertRow[], column: string): number => rows.reduce((total, row) => total + Number(row[column] ?? 0), 0)

describe.skipIf(missing !== undefined)('the pages’ queries', () => {
  let db: ClickHouse
  let close: () => Promise<void>
  beforeAll(async () => {
    const stored = await storeFixture(nowMs)
    db = stored.reader
    close = stored.close
  })
  afterAll(() => close())

  it('total the spend, calls, failovers and waste of one side only', async () => {
    const [simulated] = await db.query(spendTotals, { ...window, simulated: true })
    expect(simulated).toMatchObject({
      calls: SIMULATED_CALLS,
      failovers: of('call').filter((row) => Number(row['attempts']) > 1).length,
      failed_calls: of('call').filter((row) => row['status'] === 'Error').length,
      unpriced_calls: 0,
    })
    expect(simulated?.spend_usd).toBeCloseTo(sum(of('attempt'), 'cost_usd'), 9)
    expect(simulated?.wasted_usd).toBeCloseTo(sum(of('call'), 'call_wasted_usd'), 9)
    const [real] = await db.query(spendTotals, { ...window, simulated: false })
    expect(real?.calls).toBe(REAL_CALLS)
    expect(real?.unpriced_calls).toBeGreaterThan(0)
  })

  it('say nothing instead of zero where there is nothing to divide by', async () => {
    const [totals] = await db.query(spendTotals, { ...window, simulated: true, targets: ['no-such-target'] })
    expect(totals).toMatchObject({ calls: 0, spend_usd: 0, cost_per_call_usd: null, error_rate: null })
  })

  it('count both sides apart when asked which have data', async () => {
    expect(await db.query(dataSeen, window)).toMatchObject([{ simulated_calls: SIMULATED_CALLS, real_calls: REAL_CALLS }])
  })

  it('split the same spend over time and targets', async () => {
    const points = await db.query(spendOverTime, { ...window, simulated: true, bucket_s: 1800 })
    expect(points.reduce((total, p) => total + p.spend_usd, 0)).toBeCloseTo(sum(of('attempt'), 'cost_usd'), 6)
    expect(new Set(points.map((p) => p.target))).toEqual(new Set(fixtureTargets(true)))
    for (const p of points) expect(p.at % 1_800_000).toBe(0)
  })

  it('give each task and target its attempts and failures, and no price to an unpriced target', async () => {
    const rows = await db.query(taskTargets, { ...window, simulated: true })
    expect(rows.reduce((n, row) => n + row.attempts, 0)).toBe(of('attempt').length)
    expect(rows.reduce((n, row) => n + row.failed, 0)).toBe(of('attempt').filter((row) => row['status'] === 'Error').length)
    expect(rows.reduce((n, row) => n + row.retried, 0)).toBe(simulatedRows.signals.filter((signal) => signal['kind'] === 'retry' || signal['kind'] === 'rephrase').length)
    const real = await db.query(taskTargets, { ...window, simulated: false })
    expect(real.find((row) => row.target === 'local-smollm2')?.cost_per_attempt_usd).toBeNull()
    expect(real.map((row) => row.target)).not.toContain('gpt-5.4')
  })

  it('read quality from the newest run alone, with the Wilson interval', async () => {
    const rows = await db.query(pushbackByTarget, { ...window, from: new Date(nowMs - 30 * 86_400_000), simulated: true })
    expect(rows.map((row) => row.target)).toEqual(fixtureTargets(true).toSorted())
    for (const row of rows) {
      expect(row.run_id).toBe('run-2')
      const mine = simulatedRows.eval_results.filter((r) => r['run_id'] === 'run-2' && r['target'] === row.target && r['probe_kind'] === 'nonsense' && r['status'] === 'scored')
      expect(row.n).toBe(mine.length)
      expect(row.clear).toBe(mine.filter((r) => r['label'] === 'clear_pushback').length)
      expect([row.pushback_low, row.pushback_high]).toEqual(wilson(row.clear, row.n).map((v) => expect.closeTo(v, 6)))
    }
    const factual = await db.query(hallucinationByTarget, { ...window, from: new Date(nowMs - 30 * 86_400_000), simulated: true })
    for (const row of factual) {
      const mine = simulatedRows.eval_results.filter((r) => r['run_id'] === 'run-2' && r['target'] === row.target && r['probe_kind'] === 'factual' && r['answerable'] === true && r['status'] === 'scored')
      const incorrect = mine.filter((r) => r['label'] === 'incorrect').length
      expect(row.n).toBe(mine.filter((r) => r['label'] !== 'correct').length)
      expect(row.hallucination_rate).toBeCloseTo(incorrect / row.n, 9)
    }
  })

  it('hold the Wilson interval to a published value: 8 of 10 gives .490 to .943', () => {
    expect(wilson(8, 10)).toEqual([expect.closeTo(0.4902, 3), expect.closeTo(0.9433, 3)])
  })

  it('list the newest calls with the path of a failover', async () => {
    const calls = await db.query(recentCalls, { ...window, simulated: true, only: 'failovers', limit: 20 })
    expect(calls.length).toBe(20)
    expect(calls.map((c) => c.started_at)).toEqual(calls.map((c) => c.started_at).toSorted((a, b) => b - a))
    for (const call of calls) {
      expect(call.path_targets).toHaveLength(call.attempts)
      expect(call.path_errors[0]).toMatch(/^provider_/)
      expect(call.path_targets.at(-1)).toBe(call.target)
    }
    const failed = await db.query(recentCalls, { ...window, simulated: true, only: 'errors', limit: 20 })
    expect(failed.every((call) => call.status === 'Error')).toBe(true)
  })

  it('find a trace by each of its ids, on its own side only', async () => {
    const attempt = of('attempt').find((row) => row['response_id'] !== '')
    const traceId = String(attempt?.['trace_id'])
    for (const [id, matched] of [[traceId, 'trace'], [String(attempt?.['response_id']), 'response'], [String(attempt?.['request_id']), 'request']]) {
      expect(await db.query(findTrace, { ...window, simulated: true, id: String(id) })).toEqual([{ trace_id: traceId, matched }])
      expect(await db.query(findTrace, { ...window, simulated: false, id: String(id) })).toEqual([])
    }
    const spans = await db.query(traceSpans, { ...window, simulated: true, trace_id: traceId })
    expect(spans[0]).toMatchObject({ role: 'call', is_simulated: true, tags: { app: 'demo' } })
    expect(spans[1]).toMatchObject({ role: 'attempt', attempt: 1 })
  })

  it('read the weights back out of the published tables', async () => {
    const versions = await db.query(routeVersions, { ...window, simulated: true })
    expect(versions.map((v) => v.version)).toEqual([2, 1])
    const weights = await db.query(routeWeights, { ...window, simulated: true, tasks: ['simple_qa'] })
    expect(weights.filter((w) => w.version === 2).map((w) => w.weight)).toEqual(FIXTURE_WEIGHTS['simple_qa']?.[2])
    expect(await db.query(routeWeights, { ...window, simulated: false })).toEqual([])
  })

  it('never answer a row of the other side', async () => {
    const names = new Set(fixtureTargets(true))
    const params = { ...window, simulated: false, bucket_s: 3600, only: 'all' as const, limit: 500 }
    for (const query of [spendOverTime, taskTargets, recentCalls, dashboards.latencyOverTime, dashboards.targetsSeen]) {
      const rows: readonly { target: string }[] = await db.query(query, params)
      expect(rows.length, query.name).toBeGreaterThan(0)
      expect(rows.filter((row) => names.has(row.target)), query.name).toEqual([])
    }
  })
})

describe.skipIf(missing !== undefined)('the pages’ queries on empty tables', () => {
  it('answer without an error: the totals with zeros, the others with no rows', async () => {
    const { reader, close } = await storeNothing()
    try {
      const params = { ...window, simulated: true, bucket_s: 60, only: 'all' as const, limit: 10, trace_id: '0'.repeat(32), id: 'nothing' }
      const ask = (query: { readonly sql: string; readonly params: z.ZodObject }): Promise<unknown> => reader.rows(query.sql, query.params.parse(params))
      for (const query of [spendOverTime, taskTargets, recentCalls, pushbackByTarget, hallucinationByTarget, traceSpans, findTrace, routeVersions, routeWeights]) expect(await ask(query), query.name).toEqual([])
      for (const query of Object.values(dashboards)) expect(await ask(query), query.name).toEqual([])
      expect(await reader.query(spendTotals, params)).toMatchObject([{ calls: 0, cost_per_call_usd: null }])
    } finally {
      await close()
    }
  })
})

function wilson(k: number, n: number): [number, number] {
  const z = 1.959964
  const p = k / n
  const centre = p + (z * z) / (2 * n)
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  return [(centre - half) / (1 + (z * z) / n), (centre + half) / (1 + (z * z) / n)]
}
