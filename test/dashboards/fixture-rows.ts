// Rows for the pages' tests: a day of calls over four targets with failovers, failures and unpriced ones, eval results
// with set rates, and two published route tables. Seeded, so that every run stores the same; one side of the divide at a time.
import { seededRandom } from '../../core/seams.ts'
import type { InsertRow, TableName } from '../../core/tables.ts'

export type FixtureOptions = { readonly nowMs: number; readonly simulated: boolean; readonly calls: number; readonly hours: number }

type Model = {
  readonly target: string
  readonly provider: string
  readonly model: string
  readonly effort: string
  readonly input: number
  readonly output: number
  readonly latencyMs: number
  readonly pushback: number
  readonly falsePushback: number
  readonly accuracy: number
  readonly hallucination: number
}

const SIMULATED: readonly Model[] = [
  { target: 'gpt-5.4', provider: 'sim-openai', model: 'gpt-5.4', effort: '', input: 2.5, output: 15, latencyMs: 2100, pushback: 0.48, falsePushback: 0.05, accuracy: 0.5, hallucination: 0.8 },
  { target: 'gpt-5.5-low', provider: 'sim-openai', model: 'gpt-5.5', effort: 'low', input: 5, output: 30, latencyMs: 2900, pushback: 0.45, falsePushback: 0.05, accuracy: 0.57, hallucination: 0.86 },
  { target: 'kimi-k2.6', provider: 'sim-moonshot', model: 'kimi-k2.6', effort: '', input: 0.95, output: 4, latencyMs: 1700, pushback: 0.65, falsePushback: 0.08, accuracy: 0.33, hallucination: 0.61 },
  { target: 'opus-4.7', provider: 'sim-anthropic', model: 'claude-opus-4.7', effort: '', input: 5, output: 25, latencyMs: 3800, pushback: 0.83, falsePushback: 0.1, accuracy: 0.47, hallucination: 0.36 },
]

const REAL: readonly Model[] = [
  { target: 'local-smollm2', provider: 'local', model: 'smollm2', effort: '', input: 0, output: 0, latencyMs: 900, pushback: 0.1, falsePushback: 0.05, accuracy: 0.2, hallucination: 0.9 },
  { target: 'mistral-small', provider: 'mistral', model: 'mistral-small', effort: '', input: 0.1, output: 0.3, latencyMs: 1200, pushback: 0.35, falsePushback: 0.05, accuracy: 0.35, hallucination: 0.7 },
]

const TASKS: readonly { readonly task: string; readonly input: number; readonly output: number; readonly share: number }[] = [
  { task: 'simple_qa', input: 300, output: 160, share: 0.38 },
  { task: 'factual_recall', input: 220, output: 120, share: 0.24 },
  { task: 'code_generation', input: 1800, output: 900, share: 0.18 },
  { task: 'long_context', input: 24000, output: 600, share: 0.08 },
  { task: 'agent_tasks', input: 6200, output: 420, share: 0.12 },
]

/** Weights per task in force at each version; index 0 is the config's. */
export const FIXTURE_WEIGHTS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  simple_qa: [[0.25, 0.25, 0.4, 0.1], [0.2, 0.1, 0.6, 0.1], [0.12, 0.05, 0.73, 0.1]],
  factual_recall: [[0.4, 0.3, 0.1, 0.2], [0.3, 0.2, 0.1, 0.4], [0.18, 0.12, 0.1, 0.6]],
  code_generation: [[0.5, 0.3, 0.2, 0], [0.5, 0.3, 0.2, 0], [0.5, 0.3, 0.2, 0]],
  long_context: [[0.3, 0, 0.7, 0], [0.3, 0, 0.7, 0], [0.3, 0, 0.7, 0]],
  agent_tasks: [[0.4, 0.2, 0.2, 0.2], [0.4, 0.2, 0.2, 0.2], [0.4, 0.2, 0.2, 0.2]],
}

/** Names of the fixture's targets on one side of the divide, in order. */
export function fixtureTargets(simulated: boolean): string[] {
  return (simulated ? SIMULATED : REAL).map((model) => model.target)
}

/** All rows of one side, by table; every column that is left out takes its default. */
export function fixtureRows(options: FixtureOptions): Record<Exclude<TableName, 'content' | 'router_states' | 'learning_events'>, InsertRow[]> {
  const tables = { spans: spanRows(options), signals: signalRows(options), eval_results: evalRows(options), labels: [], route_tables: options.simulated ? routeRows(options) : [] }
  // Retention counts from this column: left out, the rows would be due for removal at once.
  const ingested_at = new Date(options.nowMs).toISOString()
  const stamp = (rows: readonly InsertRow[]): InsertRow[] => rows.map((row) => ({ ...row, ingested_at }))
  return { spans: stamp(tables.spans), signals: stamp(tables.signals), eval_results: stamp(tables.eval_results), labels: tables.labels, route_tables: stamp(tables.route_tables) }
}

/** Newline-delimited JSON of rows. */
export function ndjson(rows: readonly InsertRow[]): string {
  return rows.map((row) => JSON.stringify(row)).join('\n')
}

function spanRows({ nowMs, simulated, calls, hours }: FixtureOptions): InsertRow[] {
  const random = seededRandom(simulated ? 'sim' : 'real')
  const models = simulated ? SIMULATED : REAL
  const rows: InsertRow[] = []
  const hex = (digits: number): string => Array.from({ length: digits }, () => Math.floor(random.next() * 16).toString(16)).join('')
  for (let i = 0; i < calls; i += 1) {
    // Denser towards now and in two daily humps, so that charts have a shape.
    const ageMs = hours * 3_600_000 * ((i + random.next()) / calls) ** 1.15
    const startMs = nowMs - 1500 - ageMs
    const task = pick(TASKS, TASKS.map((t) => t.share), random.next())
    const version = simulated ? (ageMs < hours * 900_000 ? 2 : ageMs < hours * 2_400_000 ? 1 : 0) : 0
    const weights = simulated ? (FIXTURE_WEIGHTS[task.task]?.[version] ?? [1]) : [0.3, 0.7]
    const drawn = pick(models, weights, random.next())
    const roll = random.next()
    const bad = roll < 0.045
    const allBad = roll < 0.006
    const traceId = hex(32)
    const callSpan = hex(16)
    const requestId = `req_${hex(20)}`
    const unpriced = !simulated && drawn.target === 'local-smollm2'
    const attempts: { model: Model; failed: boolean; error: string; startMs: number; durationMs: number; ttftMs: number | null; cost: number | null; input: number | null; output: number | null }[] = []
    let at = startMs + 2
    const others = models.filter((m) => m !== drawn)
    const sequence = allBad ? [drawn, ...others.slice(0, 1)] : bad ? [drawn, others[Math.floor(random.next() * others.length)] ?? drawn] : [drawn]
    for (const [index, model] of sequence.entries()) {
      const failed = allBad || (bad && index === 0)
      const error = failed ? (['provider_rate_limited', 'provider_stream_cut', 'provider_timeout_first_token', 'provider_server_error'][Math.floor(random.next() * 4)] ?? '') : ''
      const streamCut = error === 'provider_stream_cut'
      const input = Math.round(task.input * (0.5 + random.next()))
      const output = Math.round(task.output * (0.3 + 1.4 * random.next()) * (streamCut ? 0.2 : 1))
      const durationMs = failed ? 300 + random.next() * 900 : model.latencyMs * (0.5 + random.next() ** 2 * 1.6) * (0.6 + output / 600)
      const cost = model.target === 'local-smollm2' ? null : failed && !streamCut ? 0 : (input * 0.8 * model.input + input * 0.2 * model.input * 0.1 + output * model.output) / 1e6
      attempts.push({ model, failed, error, startMs: at, durationMs, ttftMs: failed ? null : Math.min(durationMs * 0.6, 180 + random.next() * 500), cost, input: failed && !streamCut ? null : input, output: failed && !streamCut ? null : output })
      at += durationMs + 3
    }
    const last = attempts.at(-1)
    if (last === undefined) continue
    const total = attempts.some((a) => a.cost === null) ? null : attempts.reduce((sum, a) => sum + (a.cost ?? 0), 0)
    const wasted = attempts.filter((a) => a.failed).reduce((sum, a) => sum + (a.cost ?? 0), 0)
    const propensity = weights[models.indexOf(drawn)] ?? 0
    const shared = { trace_id: traceId, service: 'weighbridge-router', scope: 'weighbridge', task: task.task, task_source: 'caller', surface: 'chat.completions', model_requested: 'auto', stream: i % 3 !== 0, request_id: requestId, route_version: version, purpose: 'production', is_simulated: simulated, session_id: i % 4 === 0 ? `sess-${i % 17}` : '', tags: { app: 'demo' }, resource: { 'service.name': 'weighbridge-router', 'service.version': '0.1.0' } }
    rows.push({
      ...shared,
      span_id: callSpan,
      name: 'POST /v1/chat/completions',
      kind: 'Server',
      started_at: nanos(startMs),
      duration_ns: String(Math.round((at - startMs) * 1e6)),
      status: last.failed ? 'Error' : 'Ok',
      error_code: last.error,
      role: 'call',
      provider: last.model.provider,
      target: last.model.target,
      model: last.model.model,
      effort: last.model.effort,
      attempts: attempts.length,
      http_status: last.failed ? 502 : 200,
      call_cost_usd: total === null ? null : total.toFixed(12),
      call_wasted_usd: wasted.toFixed(12),
      ttft_ms: last.ttftMs === null ? null : last.startMs - startMs + last.ttftMs,
      reason: 'weighted',
      propensity,
      decision: JSON.stringify({
        v: 1,
        task: task.task,
        task_source: 'caller',
        candidates: models.map((m, k) => ({ target: m.target, weight: weights[k] ?? 0, est_usd: m.input === 0 ? null : (task.input * m.input + task.output * m.output) / 1e6, est_per_1k: m.input === 0 ? null : ((task.input * m.input + task.output * m.output) / (task.input + task.output)) / 1e3, ceiling: k === 1 ? 0.008 : null })),
        exclusions: simulated && task.task === 'long_context' ? [{ target: 'gpt-5.5-low', reason: 'ceiling', detail: 'estimated $0.0093 per 1,000 tokens, ceiling $0.0080' }] : [],
        drawn: drawn.target,
        propensity,
        reason: 'weighted',
        route_version: version,
        weights_source: version === 0 ? 'config' : 'table',
      }),
      attributes: { 'http.request.method': 'POST', 'url.path': '/v1/chat/completions' },
    })
    for (const [index, a] of attempts.entries()) {
      rows.push({
        ...shared,
        span_id: hex(16),
        parent_span_id: callSpan,
        name: `chat ${a.model.model}`,
        kind: 'Client',
        started_at: nanos(a.startMs),
        duration_ns: String(Math.round(a.durationMs * 1e6)),
        status: a.failed ? 'Error' : 'Ok',
        error_code: a.error,
        role: 'attempt',
        provider: a.model.provider,
        target: a.model.target,
        model: a.model.model,
        effort: a.model.effort,
        attempt: index + 1,
        http_status: a.error === 'provider_rate_limited' ? 429 : a.error === 'provider_server_error' ? 503 : 200,
        finish_reason: a.failed ? '' : 'stop',
        response_id: a.failed ? '' : `chatcmpl-${hex(24)}`,
        served_model: a.failed ? '' : `${a.model.model}-2026-09`,
        system_fingerprint: a.failed ? '' : 'fp_44709d6fcb',
        input_tokens: a.input,
        cache_read_tokens: a.input === null ? null : Math.round(a.input * 0.2),
        output_tokens: a.output,
        reasoning_tokens: a.output !== null && a.model.effort === 'low' ? Math.round(a.output * 0.4) : null,
        cost_usd: a.cost === null ? null : a.cost.toFixed(12),
        cost_source: a.cost === null ? 'unpriced' : a.error === 'provider_stream_cut' ? 'estimated' : 'priced',
        price_version: a.cost === null ? '' : 'genai-prices@0.1.8',
        ttft_ms: a.ttftMs,
        reason: index === 0 ? 'weighted' : 'failover',
        propensity: index === 0 ? propensity : null,
        attributes: { 'server.address': `${a.model.provider}.example` },
      })
    }
    if (unpriced && total !== null) throw new Error('the fixture lost an unpriced call')
  }
  return rows
}

// Every thirtieth call was asked again by its user.
function signalRows(options: FixtureOptions): InsertRow[] {
  return spanRows(options)
    .filter((row) => row['role'] === 'call' && row['status'] === 'Ok')
    .filter((_, i) => i % 30 === 0)
    .map((row, i) => ({ signal_id: `s${options.simulated}-${i}`, at: new Date(options.nowMs).toISOString(), kind: 'retry', trace_id: row['trace_id'], is_simulated: options.simulated }))
}

function evalRows({ nowMs, simulated }: FixtureOptions): InsertRow[] {
  const rows: InsertRow[] = []
  const kinds = [
    { suite: 'nonsense', kind: 'nonsense', n: 46, answerable: true },
    { suite: 'nonsense', kind: 'control', n: 46, answerable: true },
    { suite: 'factual', kind: 'factual', n: 70, answerable: true },
    { suite: 'factual', kind: 'factual', n: 18, answerable: false },
  ]
  for (const [runIndex, hoursAgo] of [27, 3].entries()) {
    const random = seededRandom(`evals:${simulated}:${runIndex}`)
    for (const model of simulated ? SIMULATED : REAL) {
      // The real side's second target was only smoke-tested: too few to state a rate.
      const scale = !simulated && model.target === 'mistral-small' ? 0.2 : 1
      for (const { suite, kind, n, answerable } of kinds) {
        for (let i = 0; i < Math.round(n * scale); i += 1) {
          const u = random.next()
          const scored = random.next() > 0.03
          const label = !scored
            ? ''
            : kind === 'nonsense'
              ? u < model.pushback ? 'clear_pushback' : u < model.pushback + 0.17 ? 'partial' : 'accepted'
              : kind === 'control'
                ? u < model.falsePushback ? 'clear_pushback' : 'accepted'
                : answerable
                  ? u < model.accuracy ? 'correct' : random.next() < model.hallucination ? 'incorrect' : 'not_attempted'
                  : u < model.hallucination * 0.7 ? 'incorrect' : 'correct'
          rows.push({
            result_id: `r${runIndex}-${simulated}-${model.target}-${kind}-${answerable}-${i}`,
            evaluated_at: new Date(nowMs - hoursAgo * 3_600_000 + i * 100).toISOString(),
            run_id: `run-${runIndex + 1}`,
            suite,
            suite_hash: 'a1b2c3d4',
            probe_id: `${kind}-${answerable}-${i}`,
            probe_kind: kind,
            answerable,
            target: model.target,
            provider: model.provider,
            model: model.model,
            effort: model.effort,
            status: scored ? 'scored' : 'provider_error',
            label,
            score: scored ? (label === 'clear_pushback' || label === 'correct' ? 1 : label === 'partial' ? 0.5 : 0) : null,
            grader: scored ? 'offline@1' : '',
            is_simulated: simulated,
          })
        }
      }
    }
  }
  return rows
}

function routeRows({ nowMs, hours }: FixtureOptions): InsertRow[] {
  return [1, 2].map((version) => ({
    version,
    parent: version - 1,
    hash: `hash${version}`,
    published_at: new Date(nowMs - (version === 1 ? hours * 2_400_000 : hours * 900_000)).toISOString(),
    action: 'apply',
    rule: 'expected gain at least .005 with P(gain > 0) at least .9',
    author: version === 1 ? 'cli' : 'ui',
    is_simulated: true,
    table_json: JSON.stringify({
      schema: 1,
      version,
      tasks: Object.fromEntries(Object.entries(FIXTURE_WEIGHTS).map(([task, byVersion]) => [task, { weights: Object.fromEntries(SIMULATED.map((m, k) => [m.target, byVersion[version]?.[k] ?? 0])) }])),
    }),
  }))
}

function pick<T>(items: readonly T[], weights: readonly number[], u: number): T {
  const total = weights.reduce((sum, w) => sum + w, 0)
  let left = u * total
  for (const [index, item] of items.entries()) {
    left -= weights[index] ?? 0
    if (left < 0) return item
  }
  const last = items.at(-1)
  if (last === undefined) throw new Error('nothing to pick from')
  return last
}

function nanos(ms: number): string {
  const whole = Math.floor(ms)
  return `${BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6))}`
}
