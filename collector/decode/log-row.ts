// A log record → a row of eval_results, labels, signals, route_tables, content, router_states or learning_events, by its event name; or the reason why it can never be one.
// Other logs are not stored here: the collector keeps the facts of the loop, not an application's log. Pure.
import { EVENT, GEN_AI, LEARNING_KINDS, WB } from '../../core/attributes.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import { parseRouteTable } from '../../core/route-table.ts'
import { routerStateSchema } from '../../core/router-state.ts'
import type { InsertRow, TableName } from '../../core/tables.ts'
import type { LogEvent } from './otlp-model.ts'
import { isoMillis, isoNanos, plausible } from './times.ts'
import { attributeMap, bool, choice, dollars, float, integer, LIMITS, share, text, word } from './values.ts'
import type { Reader } from './values.ts'

/** Names on these records that core's tables do not spell. */
export const LOG_ATTRIBUTES = { resultId: WB.evalResultId, signalId: WB.signalId, signalByTrace: WB.signalByTrace } as const

const STATUSES = ['scored', 'refused', 'empty', 'truncated', 'provider_error', 'judge_error', 'budget_skipped'] as const
const PROBE_KINDS = ['nonsense', 'control', 'factual', 'task'] as const
const SIGNAL_KINDS = ['retry', 'rephrase', 'edit', 'accepted', 'abandoned', 'feedback', 'score'] as const
const ACTIONS = ['apply', 'rollback', 'auto'] as const
const CONTENT_KINDS = ['prompt', 'answer'] as const

/** A storable record with the identity it is deduplicated by, or why it is none. */
export type LogRow = { readonly table: TableName; readonly key: string; readonly row: InsertRow } | { readonly refused: string }

type Take = (name: string, read: Reader) => unknown

/** Takes attributes one by one and remembers which, so that the rest can go into the map. */
function taker(event: LogEvent): { take: Take; rest: () => Record<string, string> } {
  const taken = new Set<string>(['event.name'])
  return {
    take(name, read) {
      const value = event.attributes.get(name)
      const found = value === undefined ? undefined : read(value)
      if (found !== undefined) taken.add(name)
      return found
    },
    rest: () => attributeMap(event.attributes, taken),
  }
}

/** A sender's own identity of a record; `undefined`: it gave none. A longer one than fits a question to ClickHouse stands in as its hash. */
function statedId(id: unknown): string | undefined {
  if (typeof id !== 'string' || id === '') return undefined
  return id.length <= LIMITS.wordChars ? id : contentHash([id])
}

/** What a result or a label is about: columns that both tables have. */
function aboutTrial(event: LogEvent, take: Take) {
  return {
    run_id: take(WB.evalRun, text) ?? '',
    suite_hash: take(WB.evalSuiteHash, word) ?? '',
    probe_id: take(WB.evalProbe, text) ?? '',
    probe_kind: take(WB.evalProbeKind, word) ?? '',
    answerable: take(WB.evalAnswerable, bool) ?? true,
    target: take(WB.target, word) ?? '',
    provider: take(GEN_AI.providerName, word) ?? '',
    model: take(GEN_AI.requestModel, word) ?? '',
    effort: take(WB.effort, word) ?? '',
    epoch: take(WB.evalEpoch, integer(65_535)) ?? 0,
    trace_id: event.traceId,
    span_id: event.spanId,
    is_simulated: take(WB.simulated, bool) ?? event.resource.get(WB.simulated) === true,
  }
}

function evaluation(event: LogEvent, receivedMs: number): LogRow {
  const { take, rest } = taker(event)
  const label = take(GEN_AI.evaluationLabel, word)
  const score = take(GEN_AI.evaluationScore, share)
  const stated = event.attributes.get(WB.evalStatus)
  const status = stated === undefined ? 'scored' : take(WB.evalStatus, choice(STATUSES))
  if (status === undefined) return { refused: `an evaluation result has an unknown ${WB.evalStatus}` }
  if (status === 'scored' && label === undefined && score === undefined) return { refused: 'a scored evaluation result needs a label or a score from 0 to 1' }
  const kind = event.attributes.get(WB.evalProbeKind)
  if (kind !== undefined && choice(PROBE_KINDS)(kind) === undefined) return { refused: `an evaluation result has an unknown ${WB.evalProbeKind}` }
  const scored = status === 'scored'
  const at = plausible(event.timeNs, receivedMs)
  const about = aboutTrial(event, take)
  const suite = take(WB.evalSuite, word) ?? take(GEN_AI.evaluationName, word) ?? ''
  const grader = take(WB.evalGrader, word) ?? ''
  const id = take(LOG_ATTRIBUTES.resultId, text)
  // Without an identity of its own a result is known by what it is about; a re-sent one is the same.
  const key = statedId(id) ?? contentHash([about.run_id, suite, about.probe_id, about.target, about.epoch, grader, about.run_id === '' ? [event.traceId, event.spanId, String(event.timeNs)] : ''])
  return {
    table: 'eval_results',
    key,
    row: {
      result_id: key,
      evaluated_at: isoMillis(at === undefined ? receivedMs : Number(at / 1_000_000n)),
      ...about,
      suite,
      domain: take(WB.evalDomain, word) ?? '',
      technique: take(WB.evalTechnique, word) ?? '',
      served_model: take(GEN_AI.responseModel, word) ?? '',
      status,
      label: scored ? (label ?? '') : '',
      score: scored ? (score ?? null) : null,
      confidence: take(WB.evalConfidence, share) ?? null,
      grader,
      label_source: take(WB.evalLabelSource, word) ?? '',
      prompt_hash: take(WB.evalPromptHash, word) ?? '',
      votes: take(WB.evalVotes, text) ?? '',
      self_family_judge: take(WB.evalSelfFamilyJudge, bool) ?? false,
      latency_ms: take(WB.evalLatencyMs, float) ?? null,
      input_tokens: take(GEN_AI.inputTokens, integer(Number.MAX_SAFE_INTEGER)) ?? null,
      output_tokens: take(GEN_AI.outputTokens, integer(Number.MAX_SAFE_INTEGER)) ?? null,
      cost_usd: take(WB.costUsd, dollars) ?? null,
      judge_cost_usd: take(WB.evalJudgeCostUsd, dollars) ?? null,
      cached_from: take(WB.evalCachedFrom, text) ?? '',
      attributes: rest(),
      ingested_at: isoMillis(receivedMs),
    },
  }
}

function label(event: LogEvent, receivedMs: number): LogRow {
  const { take, rest } = taker(event)
  const value = take(WB.labelValue, word)
  if (value === undefined || value === '') return { refused: `a label needs a ${WB.labelValue}` }
  const about = aboutTrial(event, take)
  const suite = take(WB.evalSuite, word) ?? ''
  if (suite === '' || about.probe_id === '' || about.target === '') return { refused: `a label needs ${WB.evalSuite}, ${WB.evalProbe} and ${WB.target}` }
  const by = take(WB.labelledBy, word) ?? ''
  const id = take(WB.labelId, text)
  const key = statedId(id) ?? contentHash([about.run_id, suite, about.probe_id, about.target, about.epoch, by, value, String(event.timeNs)])
  const at = plausible(event.timeNs, receivedMs)
  return {
    table: 'labels',
    key,
    row: {
      label_id: key,
      at: isoMillis(at === undefined ? receivedMs : Number(at / 1_000_000n)),
      ...about,
      suite,
      label: value,
      labelled_by: by,
      via: take(WB.labelVia, word) ?? '',
      note: take(WB.labelNote, text) ?? '',
      attributes: rest(),
      ingested_at: isoMillis(receivedMs),
    },
  }
}

const finite: Reader = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)

function signal(event: LogEvent, receivedMs: number): LogRow {
  const { take, rest } = taker(event)
  const kind = take(WB.signalKind, choice(SIGNAL_KINDS))
  if (kind === undefined) return { refused: `a signal needs a ${WB.signalKind}: ${SIGNAL_KINDS.join(', ')}` }
  // Feedback may name a call by an id of its own; its trace is found later.
  if (event.traceId === '' && !event.attributes.has(WB.signalAbout)) return { refused: `a signal needs the trace id of the call it is about, or ${WB.signalAbout}` }
  const by = take(LOG_ATTRIBUTES.signalByTrace, word) ?? ''
  const id = take(LOG_ATTRIBUTES.signalId, text)
  const key = statedId(id) ?? contentHash([kind, event.traceId, event.spanId, by, String(event.timeNs)])
  return {
    table: 'signals',
    key,
    row: {
      signal_id: key,
      at: isoNanos(plausible(event.timeNs, receivedMs) ?? BigInt(Math.round(receivedMs)) * 1_000_000n),
      kind,
      trace_id: event.traceId,
      span_id: event.spanId,
      by_trace_id: by,
      value: take(WB.signalValue, finite) ?? null,
      is_simulated: take(WB.simulated, bool) ?? event.resource.get(WB.simulated) === true,
      attributes: rest(),
      ingested_at: isoMillis(receivedMs),
    },
  }
}

function routeTable(event: LogEvent, receivedMs: number): LogRow {
  const { take } = taker(event)
  if (typeof event.body !== 'string') return { refused: 'a route table comes as JSON text in the body' }
  try {
    const table = parseRouteTable(event.body)
    const at = plausible(event.timeNs, receivedMs)
    return {
      table: 'route_tables',
      key: `${table.version}:${table.hash}`,
      row: {
        version: table.version,
        parent: table.parent,
        hash: table.hash,
        published_at: isoMillis(at === undefined ? receivedMs : Number(at / 1_000_000n)),
        action: take(WB.routeAction, choice(ACTIONS)) ?? 'apply',
        rule: take(WB.routeRule, text) ?? table.rule,
        author: take(WB.routeAuthor, word) ?? table.author,
        is_simulated: table.simulated,
        table_json: event.body,
        ingested_at: isoMillis(receivedMs),
      },
    }
  } catch (error) {
    if (error instanceof WeighbridgeError) return { refused: error.message }
    throw error
  }
}

/** The most of a body that is stored; a router cuts long before (capture.max_bytes). */
const MOST_CONTENT_CHARS = 16 * 1024 * 1024

function content(event: LogEvent, receivedMs: number): LogRow {
  const { take, rest } = taker(event)
  const kind = take(WB.contentKind, choice(CONTENT_KINDS))
  if (kind === undefined) return { refused: `captured text needs a ${WB.contentKind}: ${CONTENT_KINDS.join(', ')}` }
  if (event.traceId === '' || event.spanId === '') return { refused: 'captured text needs the trace id and the span id of its call' }
  if (typeof event.body !== 'string' || event.body.length > MOST_CONTENT_CHARS) return { refused: `captured text comes as JSON text in the body, at most ${MOST_CONTENT_CHARS} characters` }
  return {
    table: 'content',
    key: `${event.traceId}:${event.spanId}:${String(kind)}`,
    row: {
      trace_id: event.traceId,
      span_id: event.spanId,
      at: isoNanos(plausible(event.timeNs, receivedMs) ?? BigInt(Math.round(receivedMs)) * 1_000_000n),
      kind,
      body: event.body,
      is_simulated: take(WB.simulated, bool) ?? event.resource.get(WB.simulated) === true,
      attributes: rest(),
      ingested_at: isoMillis(receivedMs),
    },
  }
}

function routerState(event: LogEvent, receivedMs: number): LogRow {
  const { rest } = taker(event)
  let value: unknown
  try {
    value = JSON.parse(typeof event.body === 'string' ? event.body : '')
  } catch {
    return { refused: 'a router describes itself as JSON text in the body' }
  }
  const parsed = routerStateSchema.safeParse(value)
  if (!parsed.success) return { refused: `a router's state is malformed at ${parsed.error.issues[0]?.path.join('.') ?? ''}` }
  const { router, route_version, ready, in_flight, spool, targets } = parsed.data
  const at = plausible(event.timeNs, receivedMs)
  const atMs = at === undefined ? Math.round(receivedMs) : Number(at / 1_000_000n)
  return {
    table: 'router_states',
    key: `${router} ${atMs}`,
    row: {
      at: isoMillis(atMs),
      router,
      route_version,
      ready,
      in_flight,
      spool_bytes: spool.bytes,
      spool_max_bytes: spool.max_bytes,
      spool_records: spool.records,
      spool_oldest_ms: spool.oldest_ms,
      spool_dropped: spool.dropped,
      targets: targets.map(({ target }) => target),
      target_states: targets.map(({ state }) => state),
      target_codes: targets.map(({ code }) => code),
      attributes: rest(),
      ingested_at: isoMillis(receivedMs),
    },
  }
}

function learning(event: LogEvent, receivedMs: number): LogRow {
  const { take } = taker(event)
  const kind = take(WB.learningKind, choice(LEARNING_KINDS))
  const id = take(WB.learningId, text)
  if (kind === undefined || typeof id !== 'string' || id === '') return { refused: `a learning event needs ${WB.learningId} and a ${WB.learningKind}: ${LEARNING_KINDS.join(', ')}` }
  const at = plausible(event.timeNs, receivedMs)
  return {
    table: 'learning_events',
    key: id,
    row: {
      event_id: id,
      at: isoMillis(at === undefined ? receivedMs : Number(at / 1_000_000n)),
      kind,
      task: take(WB.task, word) ?? '',
      target: take(WB.target, word) ?? '',
      evidence_key: take(WB.evidenceKey, word) ?? '',
      metric: take(WB.learningMetric, word) ?? '',
      value: take(WB.learningValue, finite) ?? null,
      reference: take(WB.learningReference, finite) ?? null,
      version: take(WB.routeVersion, integer(4_294_967_295)) ?? 0,
      message: take(WB.learningMessage, text) ?? '',
      body: typeof event.body === 'string' ? event.body : '',
      is_simulated: take(WB.simulated, bool) ?? event.resource.get(WB.simulated) === true,
      ingested_at: isoMillis(receivedMs),
    },
  }
}

/** The row of a log record, without `batch`. */
export function logRow(event: LogEvent, receivedMs: number): LogRow {
  switch (event.eventName) {
    case EVENT.evaluation:
      return evaluation(event, receivedMs)
    case EVENT.signal:
      return signal(event, receivedMs)
    case EVENT.routeTable:
      return routeTable(event, receivedMs)
    case EVENT.content:
      return content(event, receivedMs)
    case EVENT.routerState:
      return routerState(event, receivedMs)
    case EVENT.label:
      return label(event, receivedMs)
    case EVENT.learning:
      return learning(event, receivedMs)
    default:
      return { refused: `only the events ${Object.values(EVENT).join(', ')} are stored, not "${event.eventName.slice(0, 80)}"` }
  }
}
