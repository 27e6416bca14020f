// One production call as the signals see it: what it says about earlier calls, where its conversation was, what its answer was.
// Between the book, which holds hashes only, and the call: reads the common form, writes span attributes and log records.
import type { AnswerEvent, ModelAnswer } from '../../core/model-answer.ts'
import type { ModelRequest } from '../../core/model-request.ts'
import type { Metrics } from '../metrics.ts'
import type { AttributeText } from '../spans/attribute-text.ts'
import type { AnswerReader } from './answer-reader.ts'
import type { Outbox } from './outbox.ts'
import type { AskedCall, CallRef, Served, Signal, Standing } from './signal.ts'
import type { SignalBook } from './signal-book.ts'
import { answerAttributes, fingerprintAttributes, laterSpanAttributes, signalRecord } from './signal-record.ts'

export type DeskParts = { readonly book: SignalBook; readonly outbox: Outbox; readonly metrics: Metrics }

/** How a call ended, for what later calls may say about it. */
export type WatchedEnd = {
  readonly how: 'answered' | 'failed' | 'abandoned'
  /** The whole answer of a plain call; a stream's went by in events. */
  readonly answer: ModelAnswer | undefined
  readonly responseId: string | undefined
  readonly served: Served | undefined
}

/** A call that comes in, before its request is read. */
export type Arriving = Omit<AskedCall, 'request'> & {
  /** Throws for a request that has no common form; such a call is not watched. */
  readonly request: () => ModelRequest
  /** Which side its signals stand on where nobody answered it. */
  readonly simulated: boolean
}

/** Starts watching; `undefined`: its conversation cannot be read. Never throws: signals fail no call. */
export function watchCall(parts: DeskParts, arriving: Arriving): CallWatch | undefined {
  let request: ModelRequest
  try {
    request = arriving.request()
  } catch {
    return undefined
  }
  const { simulated, ...call } = arriving
  const signals = parts.book.asked({ ...call, request })
  return new CallWatch(parts, call, signals, simulated)
}

export class CallWatch {
  readonly standing: Standing | undefined
  readonly #parts: DeskParts
  readonly #call: CallRef & { readonly retryCount: number | undefined }
  readonly #signals: readonly Signal[]
  /** Looked up once: a stream has hundreds of events. */
  readonly #reader: AnswerReader | undefined
  readonly #simulated: boolean

  constructor(parts: DeskParts, call: CallRef & { readonly retryCount: number | undefined }, signals: readonly Signal[], simulated: boolean) {
    this.#parts = parts
    this.#call = call
    this.#signals = signals
    this.#simulated = simulated
    this.standing = parts.book.standing(call)
    this.#reader = parts.book.reading(call)
    this.#tell(signals)
  }

  /** One event of a streamed answer that reached the client. */
  take(event: AnswerEvent): void {
    this.#reader?.event(event)
  }

  /** Ends it, and writes what its span says: the calls it is about, and fingerprints for finding the same in the database. */
  end(end: WatchedEnd, attributes: AttributeText): void {
    const { book } = this.#parts
    const prints = book.fingerprints(this.#call)
    if (prints !== undefined) put(attributes, fingerprintAttributes(prints, this.#call.retryCount))
    put(attributes, laterSpanAttributes(this.#signals))
    if (end.how === 'abandoned') return this.#tell(book.abandoned(this.#call))
    const answer = end.answer === undefined ? {} : { text: textOf(end.answer), toolCalls: toolsOf(end.answer) }
    const said = book.answered(this.#call, { ...answer, responseId: end.responseId }, end.how, end.served)
    if (said !== undefined) put(attributes, answerAttributes(said))
  }

  #tell(signals: readonly Signal[]): void {
    if (signals.length === 0) return
    this.#parts.outbox.add(signals.map((signal) => signalRecord(signal, this.#simulated)))
    for (const { kind, basis } of signals) this.#parts.metrics.add('weighbridge_signals_total', 1, { kind, basis })
  }
}

function textOf(answer: ModelAnswer): string {
  let text = ''
  for (const part of answer.parts) if (part.kind === 'text' || part.kind === 'refusal') text += part.text
  return text
}

function toolsOf(answer: ModelAnswer): { name: string; argumentsJson: string }[] {
  return answer.parts.flatMap((part) => (part.kind === 'tool_call' ? [{ name: part.name, argumentsJson: part.argumentsJson }] : []))
}

function put(attributes: AttributeText, values: Readonly<Record<string, string | number | boolean>>): void {
  for (const name in values) {
    const value = values[name]
    if (typeof value === 'string') attributes.text(name, value)
    else if (typeof value === 'number') attributes.number(name, value)
    else if (value !== undefined) attributes.flag(name, value)
  }
}
