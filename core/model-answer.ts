// What a model answered, in one form that every adapter parses into and every surface writes from. Pure data. Used only where
// client and provider speak different wires (or where the text itself is needed, as for a schema check).
import type { ReasoningPart, RefusalPart, Seal, TextPart, ToolCallPart } from './model-request.ts'
import type { Usage } from './usage.ts'

/**
 * Why an answer ended. `length`: the output limit or the context window; `content_filter`: the provider's filter cut or withheld
 * it; `refusal`: the model declined in a way its wire marks as such; `pause`: a server-side tool loop wants to be continued.
 */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'pause'

/** One log probability of a token, in OpenAI's members. */
export type TokenLogprob = { readonly token: string; readonly logprob: number; readonly bytes: readonly number[] | null; readonly top: readonly { readonly token: string; readonly logprob: number; readonly bytes: readonly number[] | null }[] }

export type AnswerPart = TextPart | ToolCallPart | ReasoningPart | RefusalPart

/** One whole answer (the first choice). */
export type ModelAnswer = {
  readonly parts: readonly AnswerPart[]
  /** `undefined`: the provider did not say. */
  readonly finish: FinishReason | undefined
  /** The stop sequence that ended it, when the provider says which. */
  readonly stopSequence: string | undefined
  readonly logprobs: readonly TokenLogprob[] | undefined
}

/**
 * A piece of a streamed answer. Pieces of one kind that follow each other belong to one part; a `tool_call` opens a call and
 * its `tool_arguments` (same `index`) follow; `reasoning_seal` closes the reasoning before it (`redacted`: it had no text).
 */
export type AnswerEvent =
  | { readonly kind: 'text'; readonly text: string; readonly logprobs?: readonly TokenLogprob[] | undefined }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'reasoning_seal'; readonly seal: Seal; readonly redacted: boolean }
  | { readonly kind: 'refusal'; readonly text: string }
  /** `index` counts the tool calls of this answer from 0. */
  | { readonly kind: 'tool_call'; readonly index: number; readonly id: string; readonly name: string; readonly seal?: Seal | undefined }
  | { readonly kind: 'tool_arguments'; readonly index: number; readonly json: string }
  | { readonly kind: 'finish'; readonly finish: FinishReason; readonly stopSequence?: string | undefined }

/** What an answer says about itself; every member `undefined` when the provider did not say. */
export type AnswerFacts = {
  readonly responseId: string | undefined
  readonly servedModel: string | undefined
  /** As the provider spelled it; for spans. */
  readonly finishReason: string | undefined
  /** The same in our words; says whether a filter or a refusal ended the answer. */
  readonly finish: FinishReason | undefined
  readonly systemFingerprint: string | undefined
  /** The tier that served it, which sets the price. */
  readonly serviceTier: string | undefined
  readonly usage: Usage | undefined
}

/** Facts of which only the given ones are known. */
export function answerFacts(known: Partial<AnswerFacts>): AnswerFacts {
  const unknown = { responseId: undefined, servedModel: undefined, finishReason: undefined, finish: undefined, systemFingerprint: undefined, serviceTier: undefined, usage: undefined }
  return { ...unknown, ...known }
}
