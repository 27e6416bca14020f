// The fixture's day with everything a dashboard can draw: keys, users and tags, every reason, ceilings that bit, cache savings, signals of
// all kinds, a correction, kept text, evidence in the published tables, and routers whose targets cooled and were drained. Seeded.
import { seededRandom } from '../../core/seams.ts'
import type { InsertRow, TableName } from '../../core/tables.ts'
import { fixtureRows, type FixtureOptions } from './fixture-rows.ts'

/** All rows of one side, by table. */
export function demoRows(options: FixtureOptions): Record<TableName, InsertRow[]> {
  const base = fixtureRows(options)
  const spans = richerSpans(base.spans, options)
  const calls = spans.filter((row) => row['role'] === 'call')
  return {
    spans: [...spans, ...correction(spans, options)],
    signals: signals(calls, options),
    eval_results: base.eval_results,
    labels: base.labels,
    route_tables: base.route_tables.map(withEvidence),
    content: kept(calls, options),
    router_states: options.simulated ? [] : routerStates(options),
    learning_events: learningEvents(options),
  }
}

const KEYS = ['key_app', 'key_batch', ''] as const

function richerSpans(rows: readonly InsertRow[], { simulated }: FixtureOptions): InsertRow[] {
  const random = seededRandom(`richer:${simulated}`)
  const ofCall = new Map<string, InsertRow>()
  return rows.map((row) => {
    const trace = String(row['trace_id'])
    if (row['role'] === 'call') {
      const roll = random.next()
      const failedOver = Number(row['attempts']) > 1
      const reason = failedOver ? 'failover' : roll < 0.2 ? 'sticky' : roll < 0.24 ? 'explore' : roll < 0.3 ? 'pinned' : 'weighted'
      ofCall.set(trace, { key_id: KEYS[Math.floor(random.next() * 3)] ?? '', user_id: random.next() < 0.5 ? `u-${Math.floor(random.next() * 12)}` : '', tags: { app: 'demo', team: random.next() < 0.5 ? 'search' : 'it\'s "ours"' } })
      const attributes = { ...(row['attributes'] as Record<string, string>), ...(roll > 0.93 ? { 'weighbridge.ceiling.skipped': '["gpt-5.5-low"]' } : {}), ...(roll > 0.97 ? { 'weighbridge.ceiling.waived': '["opus-4.7"]' } : {}) } // attributes of the fixture are texts
      return { ...row, ...ofCall.get(trace), reason, attributes, ingested_at: endedMs(row, 300 + random.next() * 900) }
    }
    const read = Number(row['cache_read_tokens'] ?? 0)
    return { ...row, ...ofCall.get(trace), cache_saved_usd: read > 0 ? (read * 2e-6).toFixed(12) : null, ingested_at: endedMs(row, 300 + random.next() * 900) }
  })
}

function endedMs(row: InsertRow, lagMs: number): string {
  return new Date(Number(BigInt(String(row['started_at'])) / 1_000_000n) + Number(row['duration_ns']) / 1e6 + lagMs).toISOString()
}

/** The first unpriced attempt gets a price after the fact. */
function correction(rows: readonly InsertRow[], { nowMs }: FixtureOptions): InsertRow[] {
  const attempt = rows.find((row) => row['role'] === 'attempt' && row['cost_source'] === 'unpriced')
  const call = attempt === undefined ? undefined : rows.find((row) => row['role'] === 'call' && row['span_id'] === attempt['parent_span_id'])
  if (attempt === undefined || call === undefined || call['attempts'] !== 1) return []
  return [{ ...attempt, span_id: 'c'.repeat(16), role: 'correction', attempt: 0, cost_usd: '0.002000000000', call_cost_usd: '0.002000000000', cost_source: 'unpriced', price_version: 'prices@2', input_tokens: null, output_tokens: null, cache_read_tokens: null, ttft_ms: null, attributes: { 'weighbridge.corrects': attempt['span_id'] }, ingested_at: new Date(nowMs).toISOString() }]
}

function signals(calls: readonly InsertRow[], { nowMs, simulated }: FixtureOptions): InsertRow[] {
  const random = seededRandom(`signals:${simulated}`)
  return calls.flatMap((call, i): InsertRow[] => {
    if (call['status'] !== 'Ok') return []
    const roll = random.next()
    const about = { trace_id: call['trace_id'], span_id: i % 5 === 0 ? '' : call['span_id'], is_simulated: simulated, ingested_at: new Date(nowMs).toISOString(), at: endedMs(call, 60_000) }
    const kind = roll < 0.06 ? 'retry' : roll < 0.08 ? 'rephrase' : roll < 0.14 ? 'edit' : roll < 0.62 ? 'accepted' : undefined
    return [
      ...(kind === undefined ? [] : [{ ...about, signal_id: `${simulated}-${i}`, kind, value: kind === 'edit' ? 0.3 : null, attributes: kind === 'edit' ? { 'weighbridge.signal.survival': '0.8' } : {} }]),
      ...(roll > 0.95 ? [{ ...about, signal_id: `${simulated}-${i}-f`, kind: 'feedback', value: roll > 0.98 ? 0 : 1, attributes: {} }] : []),
    ]
  })
}

function kept(calls: readonly InsertRow[], { simulated }: FixtureOptions): InsertRow[] {
  return calls.slice(0, 2).map((call) => ({ trace_id: call['trace_id'], span_id: call['span_id'], at: call['ingested_at'], kind: 'prompt', body: '{"messages":[]}', is_simulated: simulated, attributes: {}, ingested_at: call['ingested_at'] }))
}

/** Evidence as a learner writes it into a table: quality, cost and rates with their intervals. */
function withEvidence(row: InsertRow): InsertRow {
  const table = JSON.parse(String(row['table_json'])) as { tasks: Record<string, { weights: Record<string, number> }> } // as the fixture made it
  const interval = (value: number, n: number): Record<string, number> => ({ value, low: value * 0.8, high: value * 1.2, n })
  for (const task of Object.values(table.tasks)) {
    const evidence = Object.fromEntries(Object.keys(task.weights).map((target, i) => [target, { evidence_key: `p/${target}`, quality: interval(0.5 + i * 0.07, 212), cost_per_call_usd: interval(0.001 * (i + 1), 900), hallucination_rate: interval(0.2 + i * 0.1, 90), pushback_rate: interval(0.4 + i * 0.1, 46), error_rate: interval(0.02, 900), latency_p95_ms: 2_000, evals: 212, calls: 900 }]))
    Object.assign(task, { evidence })
  }
  return { ...row, table_json: JSON.stringify(table) }
}

/** A canary that was let on, a target that drifted, what came of it, and a task that was held; on the real side, a mark alone. */
function learningEvents({ nowMs, simulated }: FixtureOptions): InsertRow[] {
  const event = (hoursAgo: number, kind: string, message: string, more: InsertRow): InsertRow => {
    const at = new Date(nowMs - hoursAgo * 3_600_000).toISOString()
    return { event_id: `${simulated}-${kind}-${hoursAgo}`, at, kind, task: '', target: '', evidence_key: '', metric: '', value: null, reference: null, version: 2, message, body: '', is_simulated: simulated, ingested_at: at, ...more }
  }
  const target = { target: 'kimi-k2.6', evidence_key: 'sim-moonshot/kimi-k2.6' }
  const longer = event(8, 'drift', 'kimi-k2.6: its answers to factual are 31% longer than before. Did the provider change the model?', { ...target, metric: 'output_length', value: 131, reference: 100, body: '{"level":"mark","suite":"factual"}' })
  if (!simulated) return [longer]
  const task = { task: 'simple_qa' }
  return [
    longer,
    event(15, 'canary', 'simple_qa tries new weights with 10% of its traffic as version 2', { ...task, body: '{"version":2,"share":0.1}' }),
    event(6, 'drift', 'kimi-k2.6: its score on factual fell from 0.62 to 0.31. Did the provider change the model?', { ...target, metric: 'quality', value: 0.31, reference: 0.62, body: '{"level":"alarm","suite":"factual"}' }),
    event(5.9, 'rollback', 'simple_qa goes back to version 1: an alarm names kimi-k2.6', { ...task, metric: 'loss', value: 0.12, reference: 0.01 }),
    event(5.9, 'freeze', 'simple_qa is frozen for 72 h: it was rolled back', task),
    event(3, 'hold', "simple_qa is left as it is: the newest run of factual could not grade 70 of 100 answers of gpt-5.4 (it's 70 judge_error)", task),
    event(1, 'recommendation', 'Move 25% of simple_qa from gpt-5.4 to kimi-k2.6', { ...task, metric: 'gain', value: 0.02, body: '{"id":"rec_1"}' }),
    event(0.5, 'unfreeze', 'simple_qa is free again', task),
  ]
}

/** Two routers over the last three hours: one target cools for ten minutes, another is drained for twenty, a spool fills and empties. */
function routerStates({ nowMs }: FixtureOptions): InsertRow[] {
  const targets = ['gpt-5.4', 'kimi-k2.6', 'opus-4.7']
  return ['router-a:4000', 'router-b:4000'].flatMap((router) =>
    Array.from({ length: 180 }, (_, minute): InsertRow => {
      const at = new Date(nowMs - minute * 60_000).toISOString()
      const isDrained = minute >= 30 && minute < 50
      const isCooling = router === 'router-a:4000' && minute >= 100 && minute < 110
      const waiting = minute >= 60 && minute < 90 ? (90 - minute) * 20_000_000 : 0
      return {
        at,
        router,
        route_version: 2,
        ready: true,
        in_flight: minute % 4,
        spool_bytes: waiting,
        spool_max_bytes: 1_073_741_824,
        spool_records: waiting / 20_000,
        spool_oldest_ms: waiting === 0 ? null : (90 - minute) * 60_000,
        spool_dropped: 0,
        targets,
        target_states: ['ok', isDrained ? 'drained' : 'ok', isCooling ? 'cooling' : 'ok'],
        target_codes: ['', isDrained ? 'by ops: slow' : '', isCooling ? 'provider_overloaded' : ''],
        ingested_at: at,
      }
    }),
  )
}
