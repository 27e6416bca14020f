// What a client says of an answer itself → the signals it makes. In: the checked body and the call it names, where that is known. Out:
// log records and what the client hears of them. The edited text is measured and forgotten. Pure.
import { z } from 'zod'
import { EVENT, WB } from '../../core/attributes.ts'
import { contentHash } from '../../core/hash.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { NamedCall } from './signal.ts'

const share = z.number().min(0).max(1)
/** Names of scores become attributes that people group by. */
const scoreName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits and . _ - and start with a letter or digit')
const id = z.string().min(1).max(256)

/** Body of POST /v1/feedback. */
export const feedbackBody = z
  .strictObject({
    response_id: id.optional().describe('The id of the answer'),
    request_id: id.optional().describe('x-request-id of the answer'),
    trace_id: z.string().regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hex digits').optional().describe('x-weighbridge-trace-id of the answer'),
    rating: z.union([share, z.enum(['up', 'down'])]).optional().describe('From 0 (useless) to 1 (right), or up and down'),
    accepted: z.boolean().optional().describe('Whether the answer was used'),
    edited_text: z.string().max(2_000_000).optional().describe('What became of the answer; only how far it is from it is kept'),
    scores: z.record(scoreName, z.number().finite()).refine((scores) => Object.keys(scores).length <= 32, 'holds more than 32 scores').optional().describe('Scores of your own by name; they are no follow-up'),
    comment: z.string().max(2_000).optional().describe('For people; stored as it is'),
    id: id.optional().describe('Your own id of this feedback: the same again changes nothing'),
  })
  .refine((body) => [body.response_id, body.request_id, body.trace_id].filter((one) => one !== undefined).length === 1, 'needs exactly one of response_id, request_id and trace_id')
  .refine((body) => [body.rating, body.accepted, body.edited_text, body.scores, body.comment].some((one) => one !== undefined), 'says nothing: give rating, accepted, edited_text, scores or comment')
export type FeedbackBody = z.infer<typeof feedbackBody>

export type FeedbackFacts = {
  readonly body: FeedbackBody
  /** `undefined`: not remembered here; the database finds it by its id. */
  readonly call: NamedCall | undefined
  readonly keyId: string | undefined
  /** Which side it stands on where the call does not say. */
  readonly simulated: boolean
  readonly atMs: number
}

export type Feedback = {
  readonly records: readonly LogRecord[]
  /** How far the edited text is from the answer; `undefined`: none was given, or the answer is not remembered. */
  readonly edit: { readonly distance: number; readonly survival: number } | undefined
}

/** The same body about the same call makes the same records, however often it comes. */
export function feedbackSignals({ body, call, keyId, simulated, atMs }: FeedbackFacts): Feedback {
  const about = body.response_id ?? body.request_id ?? body.trace_id?.toLowerCase() ?? ''
  const edit = body.edited_text === undefined ? undefined : call?.measure(body.edited_text)
  const record = (kind: string, value: number | undefined, what: unknown, more: LogRecord['attributes'] = {}): LogRecord => ({
    eventName: EVENT.signal,
    timeMs: atMs,
    traceId: call?.traceId ?? body.trace_id?.toLowerCase(),
    spanId: call?.spanId,
    attributes: {
      [WB.signalId]: contentHash(['feedback', keyId ?? null, about, kind, body.id ?? what]),
      [WB.signalKind]: kind,
      [WB.signalValue]: value,
      [WB.signalBasis]: 'feedback',
      [WB.signalConfidence]: 1,
      [WB.simulated]: call?.simulated ?? simulated,
      [WB.keyId]: keyId,
      ...(call === undefined && body.trace_id === undefined ? { [WB.signalAbout]: about } : {}),
      ...more,
    },
  })
  const records: LogRecord[] = []
  const rating = ratingOf(body)
  if (rating !== undefined || body.comment !== undefined) records.push(record('feedback', rating, [rating ?? null, body.comment ?? null], { [WB.feedbackComment]: body.comment }))
  if (body.accepted === true) records.push(record('accepted', undefined, true))
  // Handed back as it was, it was accepted; what cannot be compared was at least touched.
  if (body.edited_text !== undefined) {
    if (edit?.distance === 0) records.push(record('accepted', undefined, true))
    else records.push(record('edit', edit?.distance, contentHash(body.edited_text), { [WB.signalSurvival]: edit?.survival }))
  }
  for (const [name, value] of Object.entries(body.scores ?? {})) records.push(record('score', value, [name, value], { [WB.scoreName]: name }))
  return { records, edit }
}

/** An answer that was not used is worth nothing, unless a rating says more. */
function ratingOf({ rating, accepted }: FeedbackBody): number | undefined {
  if (rating === 'up') return 1
  if (rating === 'down') return 0
  return rating ?? (accepted === false ? 0 : undefined)
}
