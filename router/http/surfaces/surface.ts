// What one API that clients may speak must offer: reading its requests, and writing answers, streams and errors in its own
// shapes. Pure; sockets, spans and headers belong to http/model-call.ts, which serves every surface the same way.
import type { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerFacts, ModelAnswer } from '../../../core/model-answer.ts'
import type { ModelRequest, Wire } from '../../../core/model-request.ts'
import type { ShownError, StreamPart } from '../../providers/adapter.ts'
import type { JsonObject } from '../../providers/json.ts'

/** What routing needs to know of a body, already checked. Everything else is read only when it must be translated. */
export type SurfaceRequest = {
  /** The body to forward to a provider of the same wire: as it came, without our own metadata. */
  readonly native: JsonObject
  readonly model: string
  readonly stream: boolean
  /** The client's own `metadata` member, from which ours were taken. */
  readonly metadata: unknown
  readonly userId: string | undefined
  readonly effort: string | undefined
  readonly maxOutputTokens: number | undefined
  /** Estimated input tokens. */
  readonly inputTokens: number
  /** Features a target must have: tools, images, files, audio, json_schema, logprobs. */
  readonly needs: ReadonlySet<Feature>
  /** A JSON schema the answer's text must meet; `undefined`: none was asked for. */
  readonly schema: unknown
  /** The common form; computed at its first use and kept. Throws `bad_request` naming a member that cannot be understood. */
  readonly request: () => ModelRequest
  /** The conversation so far, where a later request may refer to it instead of repeating it (Responses only). */
  readonly conversation?: readonly JsonObject[] | undefined
}

/**
 * What a surface keeps of answers it wrote itself, so that a later request may refer to them as to a provider's stored ones.
 * One key's own, bounded, in this process only, gone when it ends; a reference that is not kept is `unknown_response`.
 */
export interface AnswerMemory {
  /** `bytes`: about how much the items weigh in memory. */
  keep(id: string, items: readonly JsonObject[], bytes: number): void
  /** `undefined`: never kept, or let go for want of room. */
  recall(id: string): readonly JsonObject[] | undefined
}

export const FEATURES = ['tools', 'images', 'files', 'audio', 'json_schema', 'logprobs'] as const
export type Feature = (typeof FEATURES)[number]

/** What a writer must know of the call it answers. */
export type AnswerContext = {
  /** The client's request, for what an answer must repeat of it. */
  readonly asked: SurfaceRequest
  /** Model that serves the call, in the provider's name for it; written where the provider left it out. */
  readonly model: string
  /** Makes ids for answers whose provider gave none or one of another form (`resp_…`, `msg_…`, `chatcmpl-…`); another for every call. */
  readonly id: string
  /** Seconds since the Unix epoch. */
  readonly createdS: number
  /** The request id, for error events that repeat it; `undefined`: left out. */
  readonly requestId?: string | undefined
  /** Where answers are kept that later requests may refer to; `undefined`: nothing is kept. */
  readonly memory?: AnswerMemory | undefined
}

/** Writes one stream. Every function answers the bytes to send now, '' for none. */
export interface SurfaceWriter {
  /** One part from a provider of this surface's own wire: passed on as it came, but for what the client did not ask for. */
  own(part: StreamPart): string
  /** One part from another wire, from its translated events. */
  translated(part: StreamPart): string
  /** The rest of a whole answer: closing events, usage, the terminal event. `facts` are final. */
  end(facts: AnswerFacts): string
  /** The error event (and, where the wire wants one, a terminal event that is not a success) that tells a client its answer is not whole. */
  fail(error: WeighbridgeError, shown: ShownError | undefined): string
}

export interface Surface {
  readonly name: 'chat' | 'responses' | 'messages'
  /** Path it is served at. */
  readonly path: string
  readonly wire: Wire
  /** Throws `bad_request` naming the member at fault, `unknown_response` for a reference to an answer that `memory` does not hold. */
  read(body: JsonObject, memory?: AnswerMemory): SurfaceRequest
  /** The body of a whole answer from this surface's own wire: the provider's text, changed only where something must be (model missing). */
  own(text: string, native: JsonObject, context: AnswerContext): string
  /** The body of a whole answer from another wire. */
  translated(answer: ModelAnswer, facts: AnswerFacts, context: AnswerContext): string
  writer(context: AnswerContext): SurfaceWriter
  /** The body of an error answer; its HTTP status is the error's. */
  errorBody(error: WeighbridgeError, shown: ShownError | undefined, requestId: string): JsonObject
}
