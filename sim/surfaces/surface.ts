// What a wire format must offer to be simulated: reading a request, and writing an answer or an error in its own bytes.
// Pure: sockets belong to play.ts, behaviour to behaviour/, faults to faults/. A new format is one file and one row in surfaces.ts.
import type { Wire } from '../../core/model-request.ts'
import type { Random } from '../../core/seams.ts'
import type { PriceFigure } from './reported-cost.ts'

/** A function that the request offers; `schema` is the JSON Schema of its arguments. */
export type ToolOffer = { readonly name: string; readonly schema: unknown }
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

/** A thought signature that came back with a request. `text`: the thinking it claims to sign, `undefined` where the wire does not repeat it. */
export type ReturnedSeal = { readonly at: string; readonly value: string; readonly text: string | undefined }

/** Where a prompt is to be kept in cache: the length of `prompt` up to there, and for how long. */
export type CacheMark = { readonly length: number; readonly hour: boolean }

/** What the sim needs to know of a request. */
export type Asked = {
  readonly model: string
  readonly stream: boolean
  /** Whether a streamed answer must state its usage. */
  readonly includeUsage: boolean
  readonly effort: string | undefined
  /** `default`: as the model does by itself; `hidden`: thinks without showing the text. */
  readonly thinking: 'default' | 'off' | 'hidden' | 'shown'
  readonly thinkingBudget: number | undefined
  /** Most output tokens, reasoning included; `undefined`: no limit. */
  readonly maxTokens: number | undefined
  readonly seed: number | undefined
  /** Text of the last user message. */
  readonly question: string
  /** Everything that counts as input, as one text. */
  readonly prompt: string
  /** Tokens of images, files and sounds. */
  readonly mediaTokens: number
  readonly tools: readonly ToolOffer[]
  readonly toolChoice: ToolChoice
  readonly parallelTools: boolean
  /** Texts of the tool results that stand after the last user message; the answer goes on from them. */
  readonly toolResults: readonly string[]
  /** JSON Schema the answer must meet; `true`: any object; `undefined`: none asked for. */
  readonly schema: unknown
  readonly choices: number
  /** Alternatives per token; `undefined`: no log probabilities. */
  readonly topLogprobs: number | undefined
  readonly stop: readonly string[]
  readonly seals: readonly ReturnedSeal[]
  /** Place of a function call that lacks the signature its wire wants. */
  readonly unsealedCall: string | undefined
  readonly cacheMarks: readonly CacheMark[]
  /** Members that the answer repeats. */
  readonly echo: Readonly<Record<string, unknown>>
  /** Texts to embed and how; empty for anything but embeddings. */
  readonly inputs: readonly string[]
  readonly dimensions: number | undefined
}

/** A request of which only the given members are known. */
export function askedFor(known: Partial<Asked> & Pick<Asked, 'model'>): Asked {
  return {
    stream: false,
    includeUsage: false,
    effort: undefined,
    thinking: 'default',
    thinkingBudget: undefined,
    maxTokens: undefined,
    seed: undefined,
    question: '',
    prompt: '',
    mediaTokens: 0,
    tools: [],
    toolChoice: 'auto',
    parallelTools: true,
    toolResults: [],
    schema: undefined,
    choices: 1,
    topLogprobs: undefined,
    stop: [],
    seals: [],
    unsealedCall: undefined,
    cacheMarks: [],
    echo: {},
    inputs: [],
    dimensions: undefined,
    ...known,
  }
}

/** `input` includes cached and written tokens, `output` includes reasoning; each wire states them in its own way. */
export type SimUsage = { readonly input: number; readonly cached: number; readonly written: number; readonly written1h: number; readonly output: number; readonly reasoning: number }

export type SaidPart =
  | { readonly kind: 'thinking'; readonly text: string; readonly seal: string; readonly shown: boolean }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly id: string; readonly name: string; readonly argumentsJson: string; readonly seal: string | undefined }
  | { readonly kind: 'refusal'; readonly text: string }

/** `bad_call`: the model tried to call a tool in a way its own provider could not read. */
export type Finish = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'bad_call'
export type SaidChoice = { readonly parts: readonly SaidPart[]; readonly finish: Finish; readonly stopSequence: string | undefined }

/** A finished answer, before it is written in any wire format. */
export type Said = {
  readonly id: string
  readonly createdS: number
  readonly model: string
  /** Owner of the model: some providers deviate from the wire they speak. */
  readonly provider: string
  readonly fingerprint: string
  /** For providers that report what they charge. */
  readonly price: PriceFigure | undefined
  readonly choices: readonly [SaidChoice, ...SaidChoice[]]
  /** Length of the model's vectors; `undefined`: it makes none. */
  readonly dimensions: number | undefined
  /** `undefined`: the answer does not state it. */
  readonly usage: SimUsage | undefined
}

/** Everything a provider may refuse or fail with; each wire has its own status, words and headers for it. */
export const SIM_ERRORS = [
  'rate_limit',
  'quota',
  'spend_limit',
  'overloaded',
  'server',
  'bad_gateway',
  'gateway_timeout',
  'unauthorized',
  'payment',
  'forbidden',
  'unknown_model',
  'request_timeout',
  'conflict',
  'too_large',
  'unprocessable',
  'bad_request',
  'context_length',
  'content_filter',
  'bad_seal',
  'unknown_path',
  'method',
  'simulation',
] as const
export type SimErrorKind = (typeof SIM_ERRORS)[number]

export type SimError = {
  readonly kind: SimErrorKind
  /** Replaces the wire's usual sentence. */
  readonly message?: string
  readonly param?: string
  readonly code?: string
  /** Milliseconds the caller should wait, in whatever form the wire says so. */
  readonly retryAfterMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** An error as it goes out. */
export type WrittenError = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/**
 * Which part of a streamed answer some bytes are. `start`: before any output; `output`: text, thinking or arguments; `close`:
 * structure between and after outputs; `finish`: why it ended; `usage`: tokens alone; `end`: the wire's terminal event.
 */
export type Part = 'start' | 'output' | 'close' | 'finish' | 'usage' | 'end'
/** `characters`: what it takes time to say. `thinking`: said before the answer proper. */
export type StreamPiece = { readonly part: Part; readonly data: string; readonly characters: number; readonly thinking: boolean }

/** What of a request stands outside its body. */
export type At = {
  /** Model of the path, where the wire puts it there. */
  readonly model: string | undefined
  readonly query: URLSearchParams
  /** Streaming, where the path decides it. */
  readonly stream: boolean
  /** The conversation behind a stored answer; `undefined`: nobody stored one under this id. */
  readonly recall: (id: string) => string | undefined
}

export type Read = { readonly asked: Asked } | { readonly error: SimError }

/** One request form of one wire format. */
export interface Surface {
  readonly wire: Wire
  readonly kind: 'answer' | 'count' | 'embed'
  newId(random: Random): string
  newCallId(random: Random): string
  /** The request of a parsed JSON body, or the error its provider would answer. */
  read(body: unknown, at: At): Read
  /** The body of a whole answer. */
  whole(said: Said, asked: Asked): string
  /** The events of a streamed answer, each a complete piece of the body. */
  events(said: Said, asked: Asked): StreamPiece[]
  error(error: SimError, model: string): WrittenError
  /** An error as an event inside a stream. */
  errorEvent(error: SimError, model: string): string
}

/** A piece of a stream; by default it takes no time and is not thinking. */
export function piece(part: Part, data: string, characters = 0, thinking = false): StreamPiece {
  return { part, data, characters, thinking }
}
