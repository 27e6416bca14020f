// What a client asks of a model, in one form that every surface reads into and every adapter builds from. Pure data. It is
// used where client and provider speak different wires; between equal wires the client's own body is forwarded instead.

/** The wire formats we speak; also the values of `providers.*.api`. */
export const WIRES = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const
export type Wire = (typeof WIRES)[number]

/** How long a prompt prefix that ends with this part should stay in the provider's cache (Anthropic's `cache_control`). */
export type CacheMark = '5m' | '1h'

export type MediaSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'data'; readonly mediaType: string; readonly base64: string }
  /** A file already uploaded at the provider that `wire` names; useless elsewhere. */
  | { readonly kind: 'provider_file'; readonly wire: Wire; readonly id: string }

/** A thought signature or encrypted reasoning: only the wire that made it can read it, so others leave it out. */
export type Seal = { readonly wire: Wire; readonly value: string }

export type TextPart = { readonly kind: 'text'; readonly text: string; readonly cache?: CacheMark | undefined }
export type ImagePart = { readonly kind: 'image'; readonly source: MediaSource; readonly detail?: string | undefined; readonly cache?: CacheMark | undefined }
export type FilePart = { readonly kind: 'file'; readonly source: MediaSource; readonly name?: string | undefined; readonly cache?: CacheMark | undefined }
/** `format` as OpenAI names it: wav, mp3. */
export type AudioPart = { readonly kind: 'audio'; readonly base64: string; readonly format: string }
/** `argumentsJson` is the text as the model wrote it: it may not be valid JSON. */
export type ToolCallPart = { readonly kind: 'tool_call'; readonly id: string; readonly name: string; readonly argumentsJson: string; readonly seal?: Seal | undefined; readonly cache?: CacheMark | undefined }
export type ToolResultPart = { readonly kind: 'tool_result'; readonly callId: string; readonly parts: readonly (TextPart | ImagePart | FilePart)[]; readonly isError: boolean; readonly cache?: CacheMark | undefined }
/** `text` may be empty where the provider hides it; `redacted`: the seal is all there is. */
export type ReasoningPart = { readonly kind: 'reasoning'; readonly text: string; readonly seal?: Seal | undefined; readonly redacted?: boolean | undefined }
export type RefusalPart = { readonly kind: 'refusal'; readonly text: string }

export type RequestPart = TextPart | ImagePart | FilePart | AudioPart | ToolCallPart | ToolResultPart | ReasoningPart | RefusalPart

/** Tool results stand in messages of role `tool`, one or more each, whatever the surface's own form is. */
export type Message = { readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'; readonly parts: readonly RequestPart[]; readonly name?: string | undefined }

/** A function the model may call; `schema` is JSON Schema. */
export type ToolDefinition = { readonly name: string; readonly description?: string | undefined; readonly schema: unknown; readonly strict?: boolean | undefined; readonly cache?: CacheMark | undefined }
export type ToolChoice = { readonly kind: 'auto' | 'none' | 'required' } | { readonly kind: 'tool'; readonly name: string }

/** `json_schema`: the answer must be a JSON text that the schema accepts. */
export type ResponseFormat =
  | { readonly kind: 'json_object' }
  | { readonly kind: 'json_schema'; readonly name: string; readonly schema: unknown; readonly strict: boolean | undefined; readonly description?: string | undefined }

/** A request for one answer. A member that the client did not give is `undefined`: the provider's default holds. */
export type ModelRequest = {
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDefinition[]
  readonly toolChoice: ToolChoice | undefined
  readonly parallelToolCalls: boolean | undefined
  readonly maxOutputTokens: number | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly topK: number | undefined
  readonly stop: readonly string[]
  readonly seed: number | undefined
  readonly presencePenalty: number | undefined
  readonly frequencyPenalty: number | undefined
  /** Log probabilities of output tokens, with so many alternatives each. */
  readonly logprobs: { readonly top: number } | undefined
  /** Answers asked for; 1 unless the client said otherwise. */
  readonly choices: number
  /** Reasoning effort in OpenAI's words (core/config-schema.ts EFFORTS); Anthropic's output_config.effort uses the same. */
  readonly effort: string | undefined
  /** Anthropic's thinking and Gemini's thinkingBudget. `show`: the client wants the reasoning's text. */
  readonly thinking: { readonly enabled: boolean; readonly budgetTokens: number | undefined; readonly show: boolean } | undefined
  readonly format: ResponseFormat | undefined
  readonly verbosity: string | undefined
  readonly serviceTier: string | undefined
  readonly userId: string | undefined
  /**
   * Members of the client's body (dotted paths) that this form does not hold. `hints` may be left out without changing what the
   * client gets (cache keys, safety ids, stored-response switches that are off); `unmapped` may not: a provider of another wire
   * cannot serve them, and the refusal names them.
   */
  readonly hints: readonly string[]
  readonly unmapped: readonly string[]
}

/** A request of which only the given members are set. */
export function modelRequest(known: Partial<ModelRequest> & Pick<ModelRequest, 'messages'>): ModelRequest {
  return {
    tools: [],
    toolChoice: undefined,
    parallelToolCalls: undefined,
    maxOutputTokens: undefined,
    temperature: undefined,
    topP: undefined,
    topK: undefined,
    stop: [],
    seed: undefined,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    logprobs: undefined,
    choices: 1,
    effort: undefined,
    thinking: undefined,
    format: undefined,
    verbosity: undefined,
    serviceTier: undefined,
    userId: undefined,
    hints: [],
    unmapped: [],
    ...known,
  }
}
