// What a wire format must offer to carry calls: pure functions from a call to a request and from a provider's bytes to
// facts. A client and a provider of the same wire meet in the client's own body (`native`); others meet in the forms of
// core/model-request.ts and core/model-answer.ts. No I/O in any adapter; deadlines, failover and sockets belong to execute/.
import type { Target } from '../../core/config.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import type { AnswerEvent, AnswerFacts, ModelAnswer } from '../../core/model-answer.ts'
import type { ModelRequest, Wire } from '../../core/model-request.ts'
import type { JsonObject } from './json.ts'

/** A call on its way to a provider. */
export type OutgoingCall = {
  /** The wire of the client's surface; when it is the adapter's own, `native` is forwarded with every field it holds. */
  readonly wire: Wire
  /** The client's body as parsed, without our own metadata. */
  readonly native: JsonObject
  /** The same request in the common form; made at its first use. */
  readonly request: () => ModelRequest
  readonly stream: boolean
  /** The effort to ask for; `undefined`: leave the request's own (if any) alone. */
  readonly effort: string | undefined
  /** Our request id, sent along as x-request-id so that a provider's support can find the exchange. */
  readonly requestId: string
}

/** One HTTP request to a provider. The path (with its query) is joined to the provider's base address. */
export type ProviderRequest = { readonly method: 'POST'; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** A whole answer. `native` is the provider's body; `answer()` translates it (call it only where that is needed). */
export type PlainAnswer = { readonly facts: AnswerFacts; readonly native: JsonObject; readonly answer: () => ModelAnswer; /** Characters of output in all choices. */ readonly characters: number }

/**
 * One event of a streamed answer.
 * `start`: role-only and empty events, held back until real output; `output`: something the client wants, with its length in
 * characters; `finish`: a finish reason arrived; `usage`: tokens only; `end`: the terminal event of the wire.
 */
export type StreamPart = {
  readonly kind: 'start' | 'output' | 'finish' | 'usage' | 'end'
  /** The event's name and data as they came, for clients of the same wire. */
  readonly event: string | undefined
  readonly data: string
  /** The data parsed; `undefined` where it is no JSON (`[DONE]`). */
  readonly json: JsonObject | undefined
  /** The same in the common form; empty unless the reader was asked to translate. */
  readonly events: readonly AnswerEvent[]
  readonly characters: number
}

/** Reads the events of one stream in order. */
export interface StreamReader {
  /** Throws `provider_malformed` for data that is not of this wire, and what `classify` would say for an error event. */
  read(event: string | undefined, data: string): StreamPart
  /** Whether the answer is whole: the wire's terminal event came, or (where the wire has one) every choice's finish reason. */
  complete(): boolean
  facts(): AnswerFacts
}

/** A provider's own error in the words of OpenAI's error object: for the client whose request it is about, never stored or logged. */
export type ShownError = { readonly message?: string; readonly type?: string; readonly code?: string; readonly param?: string }

/** An answer that is an error: what it means to us, and what may be shown to the client. */
export type Refusal = { readonly error: WeighbridgeError; readonly shown: ShownError | undefined }

/** What of a request a wire (or a dialect of it) cannot carry, as names of the client's members. */
export type Loss = {
  /** Would change the answer: the target is not a candidate, and a call without any other is refused naming them. */
  readonly refused: readonly string[]
  /** May be left out (a seed is best effort everywhere): named in the x-weighbridge-dropped header. */
  readonly dropped: readonly string[]
}

export const NO_LOSS: Loss = { refused: [], dropped: [] }

/** One wire format. */
export interface Adapter {
  readonly wire: Wire
  /** `key`: the credential to use, `undefined` where the provider needs none. */
  build(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest
  /** What a request from another wire would lose here; asked only when the wires differ. */
  loss(request: ModelRequest, target: Target): Loss
  /** What a body of this very wire loses at a target, where a dialect takes members out; absent: nothing ever. */
  ownLoss?(native: JsonObject, target: Target): Loss
  /** Throws `provider_malformed` when the body is not an answer of this wire, and what `classify` says when it is an error. */
  parse(bodyText: string, target: Target): PlainAnswer
  /** `translate`: fill `StreamPart.events`. */
  stream(call: OutgoingCall, target: Target, translate: boolean): StreamReader
  /** Names what an HTTP answer outside 2xx means. `nowMs` is wall time, for a retry-after given as a date. */
  classify(status: number, headers: Readonly<Record<string, string>>, bodyText: string, nowMs: number): Refusal
  /** Counting input tokens at the provider; absent where the wire has no such request. */
  readonly countTokens?: {
    build(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest
    /** Throws `provider_malformed`. */
    parse(bodyText: string): number
  }
  /** Embeddings; absent where the wire has none. Bodies are OpenAI's on the client's side, whatever the wire. */
  readonly embeddings?: {
    build(body: JsonObject, target: Target, key: string | undefined): ProviderRequest
    /** `body`: what an OpenAI client gets. Throws `provider_malformed`. */
    parse(bodyText: string, asked: JsonObject, target: Target): { readonly body: JsonObject; readonly facts: AnswerFacts }
  }
}
