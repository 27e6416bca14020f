// POST /v1/feedback: what became of an answer, by its response id, request id or trace. It is on disk before the client hears so.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'
import { WB } from '../../core/attributes.ts'
import { feedbackBody, feedbackSignals } from '../signals/feedback.ts'
import { sendJson } from './answer.ts'
import { readJsonBody } from './body.ts'
import type { CallContext, CallRouteDependencies } from './call-shared.ts'
import { firstOf, isAllSimulated } from './model-call.ts'

export const FEEDBACK_ROUTE = '/v1/feedback'

/** Room for an edited answer and all else. */
const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Answers 200 with the call it was about, or 202 where this router does not know the call and the database will find it. */
export async function feedback(deps: CallRouteDependencies, context: CallContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  context.requireKey('call')
  const given = await readJsonBody(request, response, Math.min(MAX_BODY_BYTES, context.config.settings.router.max_body_bytes))
  const key = firstOf(request.headers['idempotency-key'])
  const parsed = feedbackBody.safeParse(key === undefined || 'id' in given ? given : { ...given, id: key })
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'} ${message}`)
    throw new WeighbridgeError('bad_request', `The feedback cannot be taken: ${faults.join('; ')}.`, { details: { param: parsed.error.issues[0]?.path.join('.') ?? '' } })
  }
  const body = parsed.data
  const named = deps.signals.book.named(body.response_id ?? body.request_id ?? body.trace_id?.toLowerCase() ?? '')
  // A call of another key is not known to this one.
  const call = named?.cameWith(context.keyId) === true ? named : undefined
  const { records, edit } = feedbackSignals({ body, call, keyId: context.keyId, simulated: isAllSimulated(context.config), atMs: deps.execute.clock.nowMs() })
  deps.signals.outbox.add(records)
  for (const { attributes } of records) deps.metrics.add('weighbridge_signals_total', 1, { kind: String(attributes[WB.signalKind]), basis: 'feedback' })
  if (!(await deps.signals.outbox.written())) throw new WeighbridgeError('disk_full', 'The feedback could not be written.', { retryAfterMs: 3_000 })
  sendJson(response, call === undefined ? 202 : 200, {
    status: call === undefined ? 'waiting_for_its_call' : 'stored',
    trace_id: call?.traceId ?? body.trace_id ?? null,
    signals: records.map(({ attributes }) => ({ id: attributes[WB.signalId], kind: attributes[WB.signalKind], value: attributes[WB.signalValue] ?? null })),
    edit: edit === undefined ? null : { distance: edit.distance, survival: edit.survival },
  })
}
