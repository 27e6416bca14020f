// The words of this room: what is told of a call, and what a signal says about an earlier one. Types only.
import type { ModelRequest, Wire } from '../../core/model-request.ts'

/**
 * `retry`: the same prefix was asked again (a person's "regenerate"); `rephrase`: the same history with a similar question;
 * `edit`: the answer came back changed; `accepted`: it came back unchanged, or the conversation went on; `abandoned`: the
 * client hung up. The same words as the `kind` column of `signals`.
 */
export const SIGNAL_KINDS = ['retry', 'rephrase', 'edit', 'accepted', 'abandoned'] as const
export type SignalKind = (typeof SIGNAL_KINDS)[number]

/** What a signal rests on, within its kind. */
export const SIGNAL_BASES = {
  /** retry: the very same turns again. */
  same_prefix: 'the same turns were asked again',
  /** retry: so fast after the answer that a program did it. */
  program: 'the same turns were asked again at once',
  /** rephrase: another wording in place of the last question. */
  replaced: 'the last question was replaced by a similar one',
  /** rephrase: a similar question after the answer, in the same conversation. */
  asked_again: 'a similar question followed the answer',
  /** edit: words differ. */
  changed: 'the answer came back with other words',
  /** edit: only its beginning came back. */
  cut: 'only the beginning of the answer came back',
  /** accepted: it stands word for word in a later request. */
  sent_back: 'the answer came back unchanged',
  /** accepted: results of the tools it asked for followed; says nothing of its text. */
  tool_results: 'results of its tool calls followed',
  /** accepted: a later request refers to the answer by its id. */
  referred_to: 'a later request goes on from the answer by its id',
  /** accepted: the session went on to something else. */
  moved_on: 'the session went on to something else',
  /** abandoned: before any output. */
  before_output: 'the client hung up before any output',
  /** abandoned: while the answer was on its way. */
  during_output: 'the client hung up inside the answer',
} as const
export type SignalBasis = keyof typeof SIGNAL_BASES

/** The span of one call. */
export type CallRef = { readonly traceId: string; readonly spanId: string }

/** The members of a request that are read: its turns, and what tells one program's calls from another's. */
export type Turns = Pick<ModelRequest, 'messages'> & Partial<Pick<ModelRequest, 'tools' | 'format'>>

/** One call as it came in, whatever surface it came through. Production calls only: evals and judges leave no signals. */
export type AskedCall = CallRef & {
  readonly keyId: string | undefined
  readonly sessionId: string | undefined
  readonly userId: string | undefined
  /** `x-stainless-retry-count`; above 0 it is an SDK's own retry and never a person's. `undefined`: not said. */
  readonly retryCount: number | undefined
  /** The request id where the client sent one itself: the same id again is the same request. */
  readonly requestId?: string | undefined
  /** The request id it is answered under, ours or the client's. */
  readonly answeredAs?: string | undefined
  /** The response that the request goes on from by id (`previous_response_id`). */
  readonly continues?: string | undefined
  readonly request: Turns
  /** Wall time in milliseconds since the epoch; becomes the signals' time. */
  readonly atMs: number
}

/** An answer as the client got it. */
export type AnswerSeen = {
  /** All text, refusals included, in order; no reasoning. */
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly argumentsJson: string }[]
  /** The id under which a later request may refer to it. */
  readonly responseId?: string | undefined
}

/** Who answered a call, kept with it so that its conversation can be found there again. Plain names; no content. */
export type Served = {
  readonly target: string
  readonly evidenceKey: string
  readonly provider: string
  readonly wire: Wire
  readonly simulated: boolean
  /** Tokens of its input and output together; `undefined`: the provider did not say. */
  readonly tokens: number | undefined
  /** Version of the weights that it was drawn by; left out: unknown. */
  readonly routeVersion?: number
}

/** How a call under way stands to the one before it. */
export type Standing = {
  /** Who answered the call that this one goes on from, and how many milliseconds ago; `undefined`: it goes on from none that is known. */
  readonly before: { readonly served: Served; readonly agoMs: number } | undefined
  /** The same of the newest answered call of its session; `undefined` without a session's name. */
  readonly session: { readonly served: Served; readonly agoMs: number } | undefined
  /** Whether it brings results of tools that a model called. */
  readonly inToolLoop: boolean
}

/** `failed`: the client got an error, or an answer that ended with one; asking again then says nothing about a model. */
export type Ending = 'answered' | 'failed'

/** A call that a client names, and what it said. */
export type NamedCall = CallRef & {
  /** Whether it came with this key (`undefined`: with none). */
  readonly cameWith: (keyId: string | undefined) => boolean
  /** Whether a simulated provider answered; `undefined`: nobody did. */
  readonly simulated: boolean | undefined
  /** How far a text is from its answer; `undefined`: the answer had none, or is not known. */
  readonly measure: (text: string) => { readonly distance: number; readonly survival: number } | undefined
}

/** What one call says about another (or, hung up on, about itself). */
export type Signal = {
  /** The same for the same fact, whichever router process saw it: 16 hex digits. */
  readonly id: string
  readonly kind: SignalKind
  readonly basis: SignalBasis
  /** The call it is about. */
  readonly about: CallRef
  /** The later call that showed it; `undefined` where the call itself did. */
  readonly by: CallRef | undefined
  readonly atMs: number
  /** edit: share of words changed, 0..1; rephrase: similarity of the two questions, 0..1; else `undefined`. */
  readonly value: number | undefined
  /** edit: share of the answer's 4-word sequences that are still there, 0..1. */
  readonly survival: number | undefined
  /** Whether a simulated provider answered the call it is about; absent: nobody did, or it is not known. */
  readonly simulated?: boolean | undefined
  /** How sure it is, 0..1: what identifies the conversation, and how much the texts say. */
  readonly confidence: number
}
