// OTLP protobuf spans straight from their bytes into drafts, without a message object for every attribute. Reads what the field numbers of
// opentelemetry-proto 1.x say; at anything that no exporter writes (a field in another form, or twice where one belongs, a length that
// leads outside) it gives up, and the request is decoded as a tree by protobufjs.
import { isUtf8 } from 'node:buffer'
import type { AttributeValue } from './otlp-model.ts'
import { parsePart, protobufLeaves, type Part } from './otlp-protobuf.ts'
import { anyValue, keyValues, object, small, text, type SpanSink, type Tree } from './otlp-walk.ts'
import { SPAN_DIGITS, type AttributeName } from './span-draft.ts'
import { Words } from './words.ts'

/** Not as exporters write it. */
class Unusual extends Error {}

/** Hands every span of a body to the sink; how many it refused, or `undefined` when the body must be read as a tree, by another sink. Throws `otlp_undecodable`. */
export function readProtobufSpans(body: Uint8Array, sink: SpanSink): number | undefined {
  try {
    return new ProtobufSpans(Buffer.from(body.buffer, body.byteOffset, body.length), sink).request()
  } catch (error) {
    if (error instanceof Unusual) return undefined
    throw error
  }
}

/** A field's number and wire type in one, as its tag is. */
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5]
const tag = (field: number, wire: number): number => field * 8 + wire
const REQUEST = { resourceSpans: tag(1, LENGTH) } as const
const RESOURCE_SPANS = { resource: tag(1, LENGTH), scopeSpans: tag(2, LENGTH) } as const
const SCOPE_SPANS = { scope: tag(1, LENGTH), spans: tag(2, LENGTH) } as const
const SPAN = {
  traceId: tag(1, LENGTH), spanId: tag(2, LENGTH), traceState: tag(3, LENGTH), parentSpanId: tag(4, LENGTH), name: tag(5, LENGTH), kind: tag(6, VARINT),
  start: tag(7, FIXED64), end: tag(8, FIXED64), attributes: tag(9, LENGTH), events: tag(11, LENGTH), links: tag(13, LENGTH), status: tag(15, LENGTH),
} as const
const PAIR = { key: tag(1, LENGTH), value: tag(2, LENGTH) } as const
const VALUE = { text: tag(1, LENGTH), truth: tag(2, VARINT), whole: tag(3, VARINT), double: tag(4, FIXED64) } as const
/** Numbers of the fields that we read of each message: they may come in no other form. */
const READ: Readonly<Record<'request' | 'resourceSpans' | 'scopeSpans' | 'span' | 'pair', readonly number[]>> = { request: [1], resourceSpans: [1, 2], scopeSpans: [1, 2], span: [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15], pair: [1, 2] }

/** Longer values rarely repeat. */
const LONGEST_WORD = 32
const LONGEST_NAME = 96
/** Bytes of a varint that a double holds. */
const SURE_BYTES = 7
const MOST_TAG = 0xffff_ffff
const NO_ATTRIBUTES = keyValues({}, 'attributes', protobufLeaves)
const HEX = new Uint8Array(Buffer.from('0123456789abcdef'))

class ProtobufSpans {
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #sink: SpanSink
  readonly #words: Words
  #at = 0
  #rejected = 0
  // Of the time read last.
  #ms = 0
  #nanos = 0

  constructor(bytes: Buffer, sink: SpanSink) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#sink = sink
    this.#words = new Words(bytes)
  }

  request(): number {
    const end = this.#bytes.length
    while (this.#at < end) {
      const field = this.#tag()
      if (field === REQUEST.resourceSpans) this.#resourceSpans(this.#limit(end))
      else this.#skip(field, READ.request, end)
    }
    return this.#rejected
  }

  #resourceSpans(end: number): void {
    let isKnown = false
    while (this.#at < end) {
      const field = this.#tag()
      if (field === RESOURCE_SPANS.resource) {
        // One behind its spans, or a second one, would be theirs as well.
        if (isKnown) throw new Unusual()
        isKnown = true
        this.#sink.resource(keyValues(this.#part('Resource', end), 'attributes', protobufLeaves))
      } else if (field === RESOURCE_SPANS.scopeSpans) {
        if (!isKnown) this.#sink.resource(NO_ATTRIBUTES)
        isKnown = true
        this.#scopeSpans(this.#limit(end))
      } else this.#skip(field, READ.resourceSpans, end)
    }
  }

  #scopeSpans(end: number): void {
    let isKnown = false
    while (this.#at < end) {
      const field = this.#tag()
      if (field === SCOPE_SPANS.scope) {
        if (isKnown) throw new Unusual()
        isKnown = true
        this.#sink.scope(text(this.#part('Scope', end)['name']))
      } else if (field === SCOPE_SPANS.spans) {
        if (!isKnown) this.#sink.scope('')
        isKnown = true
        this.#span(this.#limit(end))
      } else this.#skip(field, READ.scopeSpans, end)
    }
  }

  #span(end: number): void {
    const { draft } = this.#sink
    draft.begin()
    const [events, links]: [Tree[], Tree[]] = [[], []]
    let hasStatus = false
    while (this.#at < end) {
      const field = this.#tag()
      switch (field) {
        case SPAN.attributes:
          this.#attribute(this.#limit(end))
          break
        case SPAN.traceId:
          draft.hasTrace = this.#id('trace', end)
          break
        case SPAN.spanId:
          draft.hasSpan = this.#id('span', end)
          break
        case SPAN.parentSpanId:
          draft.hasParent = this.#id('parent', end)
          break
        case SPAN.name:
          draft.name = this.#text(this.#limit(end))
          break
        case SPAN.kind:
          draft.kind = this.#varint(end)
          // An int32, of which the upper bits would be cut.
          if (draft.kind > 0x7fff_ffff) throw new Unusual()
          break
        case SPAN.start:
          this.#time(end)
          draft.startMs = this.#ms
          draft.startNanos = this.#nanos
          break
        case SPAN.end:
          this.#time(end)
          draft.endMs = this.#ms
          draft.endNanos = this.#nanos
          break
        case SPAN.status: {
          if (hasStatus) throw new Unusual()
          hasStatus = true
          const status = this.#part('Status', end)
          draft.statusCode = small(status['code'])
          draft.statusMessage = text(status['message'])
          break
        }
        case SPAN.events:
          events.push(this.#part('Event', end))
          break
        case SPAN.links:
          links.push(this.#part('Link', end))
          break
        case SPAN.traceState:
          draft.traceState = this.#text(this.#limit(end))
          break
        default:
          this.#skip(field, READ.span, end)
      }
    }
    draft.events = events
    draft.links = links
    if (!this.#sink.span()) this.#rejected += 1
  }

  #attribute(end: number): void {
    const { draft } = this.#sink
    let name: AttributeName | undefined
    let value: AttributeValue = null
    let hasValue = false
    while (this.#at < end) {
      const field = this.#tag()
      if (field === PAIR.key && name === undefined) name = this.#name(this.#limit(end))
      else if (field === PAIR.value && !hasValue) {
        hasValue = true
        value = this.#value(this.#limit(end))
      } else this.#skip(field, READ.pair, end)
    }
    if (name !== undefined) draft.put(name, value)
  }

  #name(end: number): AttributeName {
    const { draft } = this.#sink
    const start = this.#at
    this.#at = end
    const word = end > start && end - start <= LONGEST_NAME ? this.#words.at(start, end) : undefined
    if (word === undefined) return draft.nameOf(this.#utf8(start, end))
    return (word.name ??= draft.nameOf(word.text))
  }

  /** A value that takes all of the bytes up to `end`; everything but one plain field is read as a tree. */
  #value(end: number): AttributeValue {
    const start = this.#at
    const field = this.#bytes[start]
    if (field === VALUE.text) {
      this.#at = start + 1
      if (this.#limit(end) === end) return this.#text(end)
    } else if (field === VALUE.whole && end - start - 1 <= SURE_BYTES) {
      this.#at = start + 1
      const whole = this.#varint(end)
      if (this.#at === end) return whole
    } else if (field === VALUE.double && end - start === 9) {
      this.#at = end
      return this.#view.getFloat64(start + 1, true)
    } else if (field === VALUE.truth && end - start === 2 && (this.#bytes[start + 1] ?? 2) <= 1) {
      this.#at = end
      return this.#bytes[start + 1] === 1
    }
    this.#at = end
    return anyValue(object(parsePart('AnyValue', this.#bytes.subarray(start, end)), 'value'), protobufLeaves)
  }

  /** The text up to `end`. */
  #text(end: number): string {
    const start = this.#at
    this.#at = end
    const word = end > start && end - start <= LONGEST_WORD ? this.#words.at(start, end) : undefined
    return word?.text ?? this.#utf8(start, end)
  }

  /** A text that is made anew. Bytes that are no UTF-8 are no text, says the tree's decoder. */
  #utf8(start: number, end: number): string {
    const made = this.#bytes.toString('utf8', start, end)
    if (made.includes('\uFFFD') && !isUtf8(this.#bytes.subarray(start, end))) throw new Unusual()
    return made
  }

  /** Reads an id into the draft; whether there is one. */
  #id(which: keyof typeof SPAN_DIGITS, within: number): boolean {
    const end = this.#limit(within)
    const start = this.#at
    const [from, to] = SPAN_DIGITS[which]
    this.#at = end
    if ((end - start) * 2 !== to - from) return false
    const { ids } = this.#sink.draft
    let any = 0
    for (let at = start, into = from; at < end; at += 1, into += 2) {
      const byte = this.#bytes[at] ?? 0
      any |= byte
      ids[into] = HEX[byte >> 4] ?? 0
      ids[into + 1] = HEX[byte & 15] ?? 0
    }
    return any !== 0
  }

  #time(end: number): void {
    if (this.#at + 8 > end) throw new Unusual()
    const low = this.#view.getUint32(this.#at, true)
    const high = this.#view.getUint32(this.#at + 4, true)
    this.#at += 8
    // 2^32 is 4,294 millions and 967,296: every step stays below 2^53.
    const rest = high * 967_296 + low
    this.#ms = high * 4_294 + Math.floor(rest / 1_000_000)
    this.#nanos = rest % 1_000_000
  }

  /** A message as a tree. */
  #part(name: Part, within: number): Tree {
    const end = this.#limit(within)
    const start = this.#at
    this.#at = end
    return object(parsePart(name, this.#bytes.subarray(start, end)), name)
  }

  #tag(): number {
    return this.#varint(this.#bytes.length)
  }

  /** Reads a length, and answers where what it measures ends. */
  #limit(within: number): number {
    const length = this.#varint(within)
    const end = this.#at + length
    if (end > within) throw new Unusual()
    return end
  }

  #varint(end: number): number {
    let value = 0
    let factor = 1
    for (let n = 0; n < SURE_BYTES; n += 1) {
      if (this.#at >= end) throw new Unusual()
      const byte = this.#bytes[this.#at] ?? 0
      this.#at += 1
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
    throw new Unusual()
  }

  /** Goes past a field that is none of those that are read. */
  #skip(field: number, read: readonly number[], end: number): void {
    const [number, wire] = [Math.floor(field / 8), field % 8]
    if (number === 0 || field > MOST_TAG || read.includes(number)) throw new Unusual()
    if (wire === LENGTH) this.#at = this.#limit(end)
    else if (wire === VARINT) this.#varint(end)
    else if (wire === FIXED64) this.#at += 8
    else if (wire === FIXED32) this.#at += 4
    else throw new Unusual()
    if (this.#at > end) throw new Unusual()
  }
}
