// One trace: its outline, the call that is looked at, what was said of it; any of its spans as stored; and finding a trace by any id.
import { WeighbridgeError } from '../../../core/errors.ts'
import { costParts } from '../../../core/prices.ts'
import { usageOf } from '../../../core/usage.ts'
import { linkedCalls, MOST_OUTLINED, storedSpan, traceOutline } from '../../../store/queries/trace-page.ts'
import { traceKept, traceSignals } from '../../../store/queries/trace-story.ts'
import { callSpans, findTrace } from '../../../store/queries/traces.ts'
import { TRACE_DAYS } from '../api/scope.ts'
import type { CallAnswer, CallDetail, CostSplit, FindAnswer, Outlined, Signal, Span, SpanAnswer, TraceAnswer } from '../api/trace.ts'
import { sideOf } from '../frame.ts'
import type { Context } from '../server.ts'

const DAY_MS = 86_400_000
const TRACE_ID = /^[0-9a-f]{32}$/
const SPAN_ID = /^[0-9a-f]{16}$/
const ANY_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{2,127}$/

/** GET /api/ui/trace/ID. A trace belongs to one side: it is looked for there first, then on the other, and the answer says which. */
export async function traceAnswer(context: Context, traceId = ''): Promise<TraceAnswer> {
  const { ask, params } = context
  checkTraceId(traceId)
  const wanted = params.get('span')
  if (wanted !== null) checkSpanId(wanted)
  for (const simulated of sides(context)) {
    const outline = await ask(traceOutline, { ...lookBack(context), simulated, trace_id: traceId })
    const spans = outline.slice(0, MOST_OUTLINED)
    const isCut = outline.length > MOST_OUTLINED
    const shown = shownCall(spans, wanted)
    if (shown === undefined) continue
    const [detail, signals, kept] = await Promise.all([callDetail(context, simulated, isCut ? lookBack(context) : timesOf(spans), traceId, shown), ask(traceSignals, { trace_id: traceId }), ask(traceKept, { trace_id: traceId })])
    const others = otherTraces(signals, traceId)
    const linked = others.length === 0 ? [] : await ask(linkedCalls, { ...lookBack(context), simulated, traces: others })
    return { trace_id: traceId, simulated, spans, truncated: isCut, detail, signals, linked, kept }
  }
  throw new WeighbridgeError('trace_unknown', `No call of the last ${TRACE_DAYS} days has the trace id ${traceId}.`)
}

/** GET /api/ui/trace/ID/call/SPAN */
export async function callAnswer(context: Context, traceId = '', spanId = ''): Promise<CallAnswer> {
  checkTraceId(traceId)
  checkSpanId(spanId)
  for (const simulated of sides(context)) {
    const detail = await callDetail(context, simulated, lookBack(context), traceId, spanId)
    if (detail.spans.length > 0) return detail
  }
  throw new WeighbridgeError('trace_unknown', `The trace ${traceId} has no call ${spanId}.`)
}

/** GET /api/ui/trace/ID/span/SPAN */
export async function spanAnswer(context: Context, traceId = '', spanId = ''): Promise<SpanAnswer> {
  checkTraceId(traceId)
  checkSpanId(spanId)
  for (const simulated of sides(context)) {
    const [row] = await context.ask(storedSpan, { ...lookBack(context), simulated, trace_id: traceId, span_id: spanId })
    // The database wrote it as one JSON object.
    if (row !== undefined) return { span: JSON.parse(row.span) as Record<string, unknown> }
  }
  throw new WeighbridgeError('trace_unknown', `The trace ${traceId} has no span ${spanId}.`)
}

/** GET /api/ui/find */
export async function findAnswer(context: Context): Promise<FindAnswer> {
  const id = (context.params.get('id') ?? '').trim()
  if (!ANY_ID.test(id)) throw new WeighbridgeError('bad_request', 'Give a trace id, a response id or a request id: 3 to 128 letters, digits and . _ : -')
  for (const simulated of sides(context)) {
    const found = await context.ask(findTrace, { ...lookBack(context), simulated, id })
    if (found.length > 0) return { trace_ids: found.map((row) => row.trace_id) }
  }
  throw new WeighbridgeError('trace_unknown', `No call of the last ${TRACE_DAYS} days has this trace, response or request id.`)
}

async function callDetail({ ask, priceOf, whyNotKept }: Context, simulated: boolean, window: { readonly from: Date; readonly to: Date }, traceId: string, spanId: string): Promise<CallDetail> {
  const spans = await ask(callSpans, { ...window, simulated, trace_id: traceId, span_id: spanId })
  const call = spans.find((span) => span.role === 'call')
  const why = call === undefined ? undefined : whyNotKept?.({ traceId, task: call.task, keyId: call.key_id === '' ? undefined : call.key_id })
  return { span_id: spanId, spans, split: spans.flatMap((span) => (span.role === 'attempt' ? splitOf(span, priceOf) : [])), why_not_kept: why ?? null }
}

/** Nothing is worth a column below this. */
const NEGLIGIBLE_USD = 1e-9

/** An attempt's cost by class of tokens, by the price in force here; none where tokens or the price are unknown. */
function splitOf(attempt: Span, priceOf: Context['priceOf']): CostSplit[] {
  const price = priceOf?.(attempt.target)
  if (attempt.input_tokens === null || attempt.output_tokens === null) return []
  const usage = usageOf({ inputTotal: attempt.input_tokens, cacheRead: attempt.cache_read_tokens ?? undefined, cacheWrite: attempt.cache_write_tokens ?? undefined, outputTotal: attempt.output_tokens, raw: undefined })
  const parts = costParts(usage, price, { nowMs: Number(BigInt(attempt.started_ns) / 1_000_000n), serviceTier: attempt.service_tier === '' ? undefined : attempt.service_tier })
  if (parts === undefined) return []
  const sum = parts.input + parts.cacheRead + parts.cacheWrite + parts.output + parts.fees
  const agrees = attempt.cost_usd !== null && Math.abs(attempt.cost_usd - sum) <= Math.max(NEGLIGIBLE_USD, sum * 1e-6)
  return [{ span_id: attempt.span_id, input: parts.input, cache_read: parts.cacheRead, cache_write: parts.cacheWrite, output: parts.output, fees: Math.abs(parts.fees) < NEGLIGIBLE_USD ? 0 : parts.fees, agrees, price_version: price?.version ?? '' }]
}

/** The span whose detail is shown: of the call that `wanted` is or belongs to, else of the first failed call, else of the first. */
function shownCall(spans: readonly Outlined[], wanted: string | null): string | undefined {
  const byId = new Map(spans.map((span) => [span.span_id, span]))
  const asked = byId.get(wanted ?? '')
  const owner = asked?.role === 'attempt' ? (byId.get(asked.parent_span_id) ?? asked) : asked
  if (owner !== undefined && (owner.role === 'call' || owner.role === 'attempt')) return owner.span_id
  const calls = spans.filter((span) => span.role === 'call')
  // While only attempts have arrived, the first of them stands for its call.
  return (calls.find((call) => call.status === 'Error') ?? calls[0] ?? spans.find((span) => span.role === 'attempt'))?.span_id
}

function otherTraces(signals: readonly Signal[], traceId: string): string[] {
  return [...new Set(signals.flatMap((signal) => [signal.trace_id, signal.by_trace_id]))].filter((id) => id !== '' && id !== traceId)
}

function sides({ params, simulatedDefault }: Pick<Context, 'params' | 'simulatedDefault'>): [boolean, boolean] {
  const first = sideOf(params) ?? simulatedDefault()
  return [first, !first]
}

/** When the spans of a whole outline began, to the millisecond: a narrower look than at all days. A correction begins with its attempt. */
function timesOf(spans: readonly Outlined[]): { from: Date; to: Date } {
  const starts = spans.map((span) => Number(BigInt(span.started_ns) / 1_000_000n))
  return { from: new Date(starts.reduce((a, b) => Math.min(a, b), Infinity)), to: new Date(starts.reduce((a, b) => Math.max(a, b), -Infinity) + 1) }
}

function lookBack({ clock }: Pick<Context, 'clock'>): { from: Date; to: Date } {
  const now = clock.nowMs()
  // A sender's clock may run ahead of ours.
  return { from: new Date(now - TRACE_DAYS * DAY_MS), to: new Date(now + DAY_MS) }
}

function checkTraceId(id: string): void {
  if (!TRACE_ID.test(id)) throw new WeighbridgeError('bad_request', 'A trace id is 32 lower-case hex digits.')
}

function checkSpanId(id: string): void {
  if (!SPAN_ID.test(id)) throw new WeighbridgeError('bad_request', 'A span id is 16 lower-case hex digits.')
}
