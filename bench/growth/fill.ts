// Fills `spans` inside the engine with calls as a router writes them, at a speed no sender reaches: for asking how queries and bytes
// grow. Ids are as random as real ones, so that they compress as badly; tasks, targets, tokens, costs and durations are spread as
// in the demo's traffic.
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'

const TARGETS = ['kimi-k2.6', 'gpt-5.4', 'gpt-5.5-low', 'claude-opus-4.7', 'deepseek-v4', 'glm-5', 'qwen-4-max', 'gemini-3-pro']
const TASKS = ['simple_qa', 'code_generation', 'factual_recall', 'long_context', 'agent_tasks', 'general']
const texts = (values: readonly string[]): string => `[${values.map((value) => `'${value}'`).join(', ')}]`

/** One insert: the calls numbered from `{first}` on, `{calls}` of them, evenly over [`{start_s}`, `{start_s}` + `{length_s}`). Two spans a call; one in twelve failed over and has three. */
const INSERT = `INSERT INTO spans (trace_id, span_id, parent_span_id, name, kind, service, scope, started_at, duration_ns, status, role, task, task_source, provider, target, model, model_requested, surface,
  attempt, attempts, error_code, http_status, finish_reason, stream, response_id, request_id, served_model, input_tokens, cache_read_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source, price_version,
  call_cost_usd, call_wasted_usd, ttft_ms, route_version, propensity, reason, session_id, user_id, key_id, tags, purpose, is_simulated, attributes, resource, batch, ingested_at)
WITH
  ${texts(TARGETS)} AS targets, ${texts(TASKS)} AS tasks,
  lower(hex(MD5(concat('t', toString(call))))) AS trace,
  cityHash64(call) AS seed,
  part = 0 AS is_call,
  fails > 0 AND part = 1 AS is_failed,
  targets[1 + least(7, toUInt32(8 * pow((cityHash64(seed, part > 1) % 1000) / 1000, 2)))] AS chosen,
  toUInt64(20 * pow(400, (cityHash64(seed, 'i') % 10000) / 10000)) AS input,
  toUInt64(10 * pow(100, (cityHash64(seed, 'o') % 10000) / 10000)) AS output,
  toUInt64(2e8 * pow(60, (cityHash64(seed, 'd') % 10000) / 10000)) AS ns,
  toDecimal64((input * 0.95 + output * 4.) / 1e6, 12) AS usd,
  fromUnixTimestamp64Nano(toInt64(({start_s:UInt64} + (call - {first:UInt64}) * {length_s:Float64} / {calls:UInt64}) * 1e9)) AS started
SELECT
  trace, lower(substring(hex(MD5(concat('s', toString(call), '-', toString(part)))), 1, 16)), if(is_call, '', lower(substring(hex(MD5(concat('s', toString(call), '-0'))), 1, 16))),
  if(is_call, 'POST /v1/chat/completions', concat('chat ', chosen)), if(is_call, 'Server', 'Client'), 'weighbridge-router', 'weighbridge', started, ns, if(is_failed, 'Error', 'Ok'),
  if(is_call, 'call', 'attempt'), tasks[1 + seed % 6], 'rule', concat('provider-', toString(cityHash64(chosen) % 6)), chosen, chosen, 'auto', 'chat',
  part, if(is_call, 1 + fails, 0), if(is_failed, 'provider_rate_limited', ''), if(is_failed, 429, if(is_call, 0, 200)), if(is_failed, '', 'stop'), seed % 10 < 7,
  if(is_call OR is_failed, '', concat('chatcmpl-', lower(hex(MD5(concat('r', toString(call))))))), concat('req_', lower(hex(MD5(concat('q', toString(call)))))), if(is_failed, '', chosen),
  if(is_call OR is_failed, NULL, input), if(is_call OR is_failed, NULL, 0), if(is_call OR is_failed, NULL, output), NULL,
  if(is_call, NULL, if(is_failed, toDecimal64(0, 12), usd)), if(is_call, '', 'priced'), if(is_call, '', 'genai-prices@0.1.8'),
  if(is_call, usd, NULL), if(is_call, toDecimal64(0, 12), NULL), if(is_failed, NULL, toFloat64(ns) / 4e6), 12, if(part > 1, NULL, 0.7), if(part > 1, 'failover', 'weighted'),
  concat('session-', toString(seed % 5000)), concat('user-', toString(seed % 700)), concat('key_', toString(seed % 9)), map('team', 'search', 'feature', toString(seed % 5)), 'production', true,
  map('gen_ai.operation.name', 'chat', 'weighbridge.wire', 'openai-chat', 'server.address', 'api.example.com'), map('service.name', 'weighbridge-router'), concat('fill-', toString(intDiv(call, 10000))), now64(3)
FROM (
  SELECT {first:UInt64} + intDiv(number, 3) AS call, number % 3 AS part, toUInt8(cityHash64(call, 'f') % 12 = 0) AS fails
  FROM numbers({calls:UInt64} * 3)
)
WHERE part < 2 + fails`

/** What was said afterwards of one call in twenty of those: half of it that the answer was taken, the rest against it. */
const INSERT_SIGNALS = `INSERT INTO signals (signal_id, at, kind, trace_id, span_id, by_trace_id, value, is_simulated, attributes, batch, ingested_at)
WITH
  cityHash64(call) AS seed,
  ['accepted', 'accepted', 'accepted', 'accepted', 'accepted', 'retry', 'retry', 'rephrase', 'edit', 'feedback'][1 + cityHash64(seed, 'k') % 10] AS said
SELECT
  lower(hex(MD5(concat('i', toString(call))))), fromUnixTimestamp64Nano(toInt64(({start_s:UInt64} + (call - {first:UInt64}) * {length_s:Float64} / {calls:UInt64} + 30 + seed % 60) * 1e9)), said,
  lower(hex(MD5(concat('t', toString(call))))), lower(substring(hex(MD5(concat('s', toString(call), '-0'))), 1, 16)), lower(hex(MD5(concat('t', toString(call + 1))))),
  multiIf(said = 'edit', 0.4, said = 'feedback', 0.25, NULL), true, map('weighbridge.signal.basis', 'sent_back', 'weighbridge.signal.confidence', '0.9'), concat('fill-', toString(intDiv(call, 10000))), now64(3)
FROM (SELECT {first:UInt64} + number AS call FROM numbers({calls:UInt64}))
WHERE cityHash64(call, 'said') % 20 = 0`

export type FillPlan = {
  /** Spans wanted in all, about. */
  readonly spans: number
  /** Days they are spread over, up to now. */
  readonly days: number
}

/** Hours of one insert. */
const INSERT_HOURS = 6

/** Calls already there are kept; more are added, the oldest first, so that parts are born as in life. Answers the spans there are. */
export async function fill(writer: ClickHouse, plan: FillPlan, nowMs: number, onInsert: (share: number) => void): Promise<number> {
  const calls = Math.round(plan.spans / (2 + 1 / 12))
  const inserts = plan.days * (24 / INSERT_HOURS)
  const each = Math.max(1, Math.round(calls / inserts))
  const lengthS = INSERT_HOURS * 3600
  const startS = Math.floor(nowMs / 1000) - inserts * lengthS
  for (let insert = 0; insert < inserts; insert += 1) {
    const part = { first: insert * each + 1, calls: each, start_s: startS + insert * lengthS, length_s: lengthS }
    await writer.command(INSERT, part)
    await writer.command(INSERT_SIGNALS, part)
    onInsert((insert + 1) / inserts)
  }
  const [row] = await writer.rows('SELECT count() AS n FROM spans')
  return Number(row?.['n'])
}
