// What a wire format must offer to carry calls: pure functions from a call to a request and from a provider's bytes to
// facts. Chat Completions JSON is the form that surfaces and adapters meet in: an adapter for another wire translates
// from and to it. No I/O here or in any adapter; deadlines, failover and sockets belong to execute/.
import type { Target } from '../../core/config.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import type { Usage } from '../../core/usage.ts'
import type { JsonObject } from './json.ts'

/** A call on its way to a provider: the client's Chat Completions body without our own metadata. */
export type OutgoingCall = {
  readonly body: JsonObject
  readonly stream: boolean
  /** The effort to ask for; `undefined`: leave the body's own (if any) alone. */
  readonly effort: string | undefined
}

/** One HTTP request to a provider. The path is joined to the provider's base address. */
export type ProviderRequest = { readonly method: 'POST'; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** What an answer says about itself; every member `undefined` when the provider did not say. */
export type AnswerFacts = {
  readonly responseId: string | undefined
  readonly servedModel: string | undefined
  readonly finishReason: string | undefined
  readonly systemFingerprint: string | undefined
  readonly serviceTier: string | undefined
  readonly usage: Usage | undefined
}

/** A whole answer: `body` is what a Chat Completions client gets. */
export type PlainAnswer = { readonly facts: AnswerFacts; readonly body: JsonObject; /** Characters of output in all choices. */ readonly characters: number }

/**
 * One event of a streamed answer.
 * `start`: role-only and empty events, held back until real output; `output`: something the client wants, with its length in
 * characters; `finish`: a finish reason arrived; `usage`: tokens only, no choices; `end`: the terminal event; `error`: the
 * provider failed inside its stream.
 */
export type StreamPart =
  | { readonly kind: 'start' | 'finish' | 'usage'; readonly chunk: JsonObject; readonly characters: number }
  | { readonly kind: 'output'; readonly chunk: JsonObject; readonly characters: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: WeighbridgeError }

/** Reads the events of one stream in order. */
export interface StreamReader {
  /** Throws `provider_malformed` for data that is not of this wire. */
  read(event: string | undefined, data: string): StreamPart
  /** Whether the answer is whole: every choice has its finish reason, or the terminal event came. */
  complete(): boolean
  facts(): AnswerFacts
}

/** An answer that is an error: what it means to us, and what may be shown to the client (never stored or logged). */
export type Refusal = { readonly error: WeighbridgeError; readonly shown: JsonObject | undefined }

/** One wire format. */
export interface Adapter {
  build(call: OutgoingCall, target: Target): ProviderRequest
  /** Throws `provider_malformed` when the body is not an answer of this wire, and what `classify` says when it is an error. */
  parse(bodyText: string): PlainAnswer
  /** `body`: what the client asked, which says when an answer is whole. */
  stream(body: JsonObject): StreamReader
  /** Names what an HTTP answer outside 2xx means. `nowMs` is wall time, for a retry-after given as a date. */
  classify(status: number, headers: Readonly<Record<string, string>>, bodyText: string, nowMs: number): Refusal
}
