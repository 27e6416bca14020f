// What a wire format must offer to be simulated: reading a request, and writing an answer or an error in its own bytes.
// Pure: sockets belong to play.ts, behaviour to behaviour/, faults to faults/. A new format is one file and one row in surfaces.ts.

/** What the sim needs to know of a request. */
export type Asked = {
  readonly model: string
  readonly stream: boolean
  /** Whether a streamed answer must state its usage. */
  readonly includeUsage: boolean
  readonly effort: string | undefined
  /** Most output tokens, reasoning included; `undefined`: no limit. */
  readonly maxTokens: number | undefined
  readonly seed: number | undefined
  /** Text of the last user message. */
  readonly question: string
  /** Everything that counts as input, as one text. */
  readonly prompt: string
}

export type SimUsage = { readonly input: number; readonly cached: number; readonly output: number; readonly reasoning: number }

/** A finished answer, before it is written in any wire format. */
export type Said = {
  readonly id: string
  readonly createdS: number
  readonly model: string
  readonly fingerprint: string
  readonly text: string
  readonly finish: 'stop' | 'length'
  /** `undefined`: the answer does not state it. */
  readonly usage: SimUsage | undefined
}

/** An error as OpenAI describes one; a surface writes it in its own shape. */
export type SimError = { readonly status: number; readonly type: string; readonly code: string | null; readonly message: string; readonly param?: string | null; readonly headers?: Readonly<Record<string, string>> }

/** Which part of a streamed answer some bytes are. */
export type Part = 'start' | 'output' | 'finish' | 'usage' | 'end'
export type StreamPiece = { readonly part: Part; readonly data: string }

/** One wire format. */
export interface Surface {
  /** Path below `/v1`. */
  readonly path: string
  /** The request of a parsed JSON body, or the error its provider would answer. */
  read(body: unknown): { readonly asked: Asked } | { readonly error: SimError }
  /** The body of a whole answer. */
  whole(said: Said): string
  /** The events of a streamed answer, each a complete piece of the body; `texts` joined are `said.text`. */
  events(said: Said, texts: readonly string[], includeUsage: boolean): StreamPiece[]
  errorBody(error: SimError): string
  /** An error as an event inside a stream. */
  errorEvent(error: SimError): string
}
