// OTLP/JSON spans straight from their bytes into drafts, without a tree of the message: JSON.parse and the objects it makes are half of
// what a span costs a collector. Reads what exporters write (no white space, one value in an attribute); at anything else it gives up, and
// the request is read as a tree. What it reads it reads strictly: no body is taken here that JSON.parse would refuse.
import { isUtf8 } from 'node:buffer'
import { jsonLeaves, parseJson } from './otlp-json.ts'
import type { AttributeValue } from './otlp-model.ts'
import { anyValue, keyValues, list, object, small, text, type SpanSink } from './otlp-walk.ts'
import { SPAN_DIGITS, type AttributeName } from './span-draft.ts'
import { Words } from './words.ts'

/** Not as exporters write it. */
class Unusual extends Error {}

/** Hands every span of a body to the sink; how many it refused, or `undefined` when the body must be read as a tree, by another sink. Throws `otlp_undecodable`. */
export function readJsonSpans(body: Uint8Array, sink: SpanSink): number | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  if (!isUtf8(bytes)) return undefined
  try {
    return new JsonSpans(bytes, sink).request()
  } catch (error) {
    if (error instanceof Unusual || error instanceof SyntaxError) return undefined
    throw error
  }
}

const [QUOTE, COMMA, MINUS, POINT, ZERO, COLON, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, BACKSLASH] = [0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d, 0x5c]
const bytesOf = (literal: string): Uint8Array => new Uint8Array(Buffer.from(literal))
const REQUEST = bytesOf('{"resourceSpans":')
const KEY = bytesOf('{"key":"')
const CODE = bytesOf('{"code":')
const VALUE = bytesOf(',"value":')
const [TRUE, FALSE, NULL] = [bytesOf('true'), bytesOf('false'), bytesOf('null')]
/** The letter by which the kinds of values differ. */
const KIND_AT = 2
const [S, I, D, B] = [0x73, 0x69, 0x64, 0x62]
const KINDS: Readonly<Record<number, Uint8Array>> = { [S]: bytesOf('{"stringValue":"'), [I]: bytesOf('{"intValue":'), [D]: bytesOf('{"doubleValue":'), [B]: bytesOf('{"boolValue":') }

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power)
/** Digits that a double holds for sure. */
const SURE_DIGITS = 15
/** Longer values rarely repeat. */
const LONGEST_WORD = 32
const LONGEST_NAME = 96
/** Deeper than any exporter nests, and far from the end of the stack. */
const DEEPEST = 64
const NO_ATTRIBUTES = keyValues({}, 'attributes', jsonLeaves)

/** An attribute up to its value, as one stood between two places: the next span's is found by comparing it whole. */
type Shape = { readonly start: number; readonly end: number; readonly name: AttributeName; readonly kind: number; readonly kindBytes: number; readonly other: Shape | undefined }
/** Places of attributes that shapes are kept of. */
const MOST_SHAPES = 128

class JsonSpans {
  readonly #bytes: Buffer
  readonly #sink: SpanSink
  readonly #words: Words
  readonly #view: DataView
  readonly #shapes: Shape[] = []
  readonly #fields: { readonly start: number; readonly end: number; readonly name: string }[] = []
  #at = 0
  #isEscaped = false
  #rejected = 0
  // Of the time read last.
  #ms = 0
  #nanos = 0

  constructor(bytes: Buffer, sink: SpanSink) {
    this.#bytes = bytes
    this.#sink = sink
    this.#words = new Words(bytes)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  request(): number {
    this.#expectAll(REQUEST)
    this.#expect(OPEN_LIST)
    if (!this.#ends(CLOSE_LIST)) {
      do this.#resourceSpans()
      while (this.#more(CLOSE_LIST))
    }
    this.#expect(CLOSE)
    while (this.#at < this.#bytes.length) if (![0x20, 0x0a, 0x0d, 0x09].includes(this.#bytes[this.#at++] ?? 0)) throw new Unusual()
    return this.#rejected
  }

  #resourceSpans(): void {
    let isKnown = false
    this.#expect(OPEN)
    if (this.#ends(CLOSE)) return
    do {
      const field = this.#field()
      if (field === 'resource') {
        // One behind its spans, or a second one, would be theirs as well.
        if (isKnown) throw new Unusual()
        isKnown = true
        this.#sink.resource(keyValues(object(this.#tree(), 'resource'), 'attributes', jsonLeaves))
      } else if (field === 'scopeSpans') {
        if (!isKnown) this.#sink.resource(NO_ATTRIBUTES)
        isKnown = true
        this.#expect(OPEN_LIST)
        if (this.#ends(CLOSE_LIST)) continue
        do this.#scopeSpans()
        while (this.#more(CLOSE_LIST))
      } else this.#skip(0)
    } while (this.#more(CLOSE))
  }

  #scopeSpans(): void {
    let isKnown = false
    this.#expect(OPEN)
    if (this.#ends(CLOSE)) return
    do {
      const field = this.#field()
      if (field === 'scope') {
        if (isKnown) throw new Unusual()
        isKnown = true
        this.#sink.scope(text(object(this.#tree(), 'scope')['name']))
      } else if (field === 'spans') {
        if (!isKnown) this.#sink.scope('')
        isKnown = true
        this.#expect(OPEN_LIST)
        if (this.#ends(CLOSE_LIST)) continue
        do this.#span()
        while (this.#more(CLOSE_LIST))
      } else this.#skip(0)
    } while (this.#more(CLOSE))
  }

  #span(): void {
    const { draft } = this.#sink
    draft.begin()
    this.#expect(OPEN)
    let seen = 0
    if (!this.#ends(CLOSE)) {
      let place = 0
      do {
        const field = this.#fieldAt(place)
        place += 1
        const bit = this.#spanField(field)
        // Of a field given twice the last value holds; nobody writes that.
        if ((seen & bit) !== 0) throw new Unusual()
        seen |= bit
      } while (this.#more(CLOSE))
    }
    if (!this.#sink.span()) this.#rejected += 1
  }

  /** Reads a field of a span into the draft; a bit by which it is known again, 0 for one that is not ours. */
  #spanField(field: string): number {
    const { draft } = this.#sink
    switch (field) {
      case 'traceId':
        draft.hasTrace = this.#id('trace')
        return 1
      case 'spanId':
        draft.hasSpan = this.#id('span')
        return 2
      case 'parentSpanId':
        draft.hasParent = this.#id('parent')
        return 4
      case 'name':
        draft.name = this.#textOr(text)
        return 8
      case 'kind':
        draft.kind = this.#smallNumber()
        return 16
      case 'startTimeUnixNano':
        this.#time()
        draft.startMs = this.#ms
        draft.startNanos = this.#nanos
        return 32
      case 'endTimeUnixNano':
        this.#time()
        draft.endMs = this.#ms
        draft.endNanos = this.#nanos
        return 64
      case 'attributes':
        this.#attributes()
        return 128
      case 'status':
        this.#status()
        return 256
      case 'events':
        draft.events = this.#list('events')
        return 512
      case 'links':
        draft.links = this.#list('links')
        return 1_024
      case 'traceState':
        draft.traceState = this.#textOr(text)
        return 2_048
      default:
        this.#skip(0)
        return 0
    }
  }

  #attributes(): void {
    const { draft } = this.#sink
    this.#expect(OPEN_LIST)
    if (this.#ends(CLOSE_LIST)) return
    let place = 0
    do {
      const start = this.#at
      const shape = this.#shapeAt(place)
      if (shape === undefined) {
        this.#expectAll(KEY)
        const name = this.#name()
        this.#expectAll(VALUE)
        draft.put(name, this.#value(start, place, name))
      } else draft.put(shape.name, this.#valueOf(shape))
      this.#expect(CLOSE)
      place += 1
    } while (this.#more(CLOSE_LIST))
  }

  /** Of the shapes that attributes had in this place, the one that stands here; goes past it. */
  #shapeAt(place: number): Shape | undefined {
    for (let shape = this.#shapes[place]; shape !== undefined; shape = shape.other) {
      if (!this.#repeats(shape.start, shape.end)) continue
      this.#at += shape.end - shape.start
      return shape
    }
    return undefined
  }

  /** The value of an attribute that has a known shape. */
  #valueOf(shape: Shape): AttributeValue {
    const start = this.#at
    const value = this.#plain(shape.kind)
    if (value !== undefined && this.#bytes[this.#at] === CLOSE) {
      this.#at += 1
      return value
    }
    this.#at = start - shape.kindBytes
    return anyValue(this.#tree(), jsonLeaves)
  }

  /** Whether the same bytes as between two earlier places stand here. */
  #repeats(start: number, end: number): boolean {
    const view = this.#view
    let at = this.#at
    let known = start
    if (at + end - start > this.#bytes.length) return false
    for (; known + 4 <= end; known += 4, at += 4) if (view.getUint32(known) !== view.getUint32(at)) return false
    for (; known < end; known += 1, at += 1) if (this.#bytes[known] !== this.#bytes[at]) return false
    return true
  }

  #name(): AttributeName {
    const { draft } = this.#sink
    const start = this.#at
    const end = this.#end()
    const word = this.#isEscaped || end === start || end - start > LONGEST_NAME ? undefined : this.#words.at(start, end)
    if (word === undefined) return draft.nameOf(this.#textTo(end))
    this.#at = end + 1
    return (word.name ??= draft.nameOf(word.text))
  }

  /** The value of an attribute, whose shape is remembered for the spans that follow. */
  #value(attribute: number, place: number, name: AttributeName): AttributeValue {
    const start = this.#at
    const kind = this.#bytes[start + KIND_AT] ?? 0
    const literal = KINDS[kind]
    if (literal !== undefined && this.#is(literal)) {
      const other = this.#shapes[place]
      // Two, because spans of two kinds come in turn.
      if (place < MOST_SHAPES) this.#shapes[place] = { start: attribute, end: this.#at, name, kind, kindBytes: literal.length, other: other === undefined ? undefined : { ...other, other: undefined } }
      const value = this.#plain(kind)
      if (value !== undefined && this.#bytes[this.#at] === CLOSE) {
        this.#at += 1
        return value
      }
    }
    this.#at = start
    return anyValue(this.#tree(), jsonLeaves)
  }

  /** A value behind the name of its kind; `undefined` when it must be read as a tree. */
  #plain(kind: number): AttributeValue | undefined {
    if (kind === S) return this.#textTo(this.#end())
    if (kind === I) return this.#whole()
    if (kind === D) return this.#number()
    return this.#is(TRUE) ? true : this.#is(FALSE) ? false : undefined
  }

  /** A whole number, in quotes or not, of so few digits that a double holds it; `undefined` for anything else. */
  #whole(): number | undefined {
    const bytes = this.#bytes
    let at = this.#at
    const isQuoted = bytes[at] === QUOTE
    if (isQuoted) at += 1
    const isNegative = bytes[at] === MINUS
    if (isNegative) at += 1
    const start = at
    let value = 0
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit
      at += 1
    }
    // Zeros before a number are none in JSON.
    if (at === start || at - start > SURE_DIGITS || (bytes[start] === ZERO && at - start > 1)) return undefined
    if (isQuoted) {
      if (bytes[at] !== QUOTE) return undefined
      at += 1
    }
    this.#at = at
    return isNegative ? -value : value
  }

  #number(): number {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    const isNegative = bytes[at] === MINUS
    if (isNegative) at += 1
    const first = at
    let value = 0
    let point = -1
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte === POINT && point < 0 && at > first) point = at
      else if (byte >= ZERO && byte <= 0x39) value = value * 10 + byte - ZERO
      else break
    }
    const decimals = point < 0 ? 0 : at - point - 1
    const isPlain = at > first && (bytes[first] !== ZERO || at === first + 1 || point === first + 1) && (point < 0 || decimals > 0) && bytes[at] === CLOSE
    // Both exact, so that their quotient is the nearest double (Clinger, "How to read floating point numbers accurately", 1990).
    if (isPlain && value <= Number.MAX_SAFE_INTEGER && decimals < POWERS.length) {
      this.#at = at
      const number = value / (POWERS[decimals] ?? 1)
      return isNegative ? -number : number
    }
    return Number(this.#numeral())
  }

  /** The text of a number. */
  #numeral(): string {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0
      if (!((byte >= ZERO && byte <= 0x39) || byte === MINUS || byte === POINT || byte === 0x2b || byte === 0x65 || byte === 0x45)) break
    }
    const numeral = bytes.toString('latin1', start, at)
    if (!NUMBER.test(numeral)) throw new Unusual()
    this.#at = at
    return numeral
  }

  #smallNumber(): number {
    const byte = (this.#bytes[this.#at] ?? 0) - ZERO
    const next = this.#bytes[this.#at + 1]
    if (byte < 0 || byte > 9 || (next !== COMMA && next !== CLOSE)) return small(this.#tree())
    this.#at += 1
    return byte
  }

  /** A time, in quotes or not. */
  #time(): void {
    const bytes = this.#bytes
    const isQuoted = bytes[this.#at] === QUOTE
    const start = isQuoted ? this.#at + 1 : this.#at
    let end = start
    while (((bytes[end] ?? 0) - ZERO) >>> 0 <= 9) end += 1
    const next = bytes[end]
    // Nineteen digits are less than 2^64 for sure.
    if (end === start || end - start > 19 || (isQuoted ? next !== QUOTE : (next !== COMMA && next !== CLOSE) || (bytes[start] === ZERO && end - start > 1))) {
      const ns = jsonLeaves.uint64(this.#tree())
      this.#ms = Number(ns / 1_000_000n)
      this.#nanos = Number(ns % 1_000_000n)
      return
    }
    const middle = Math.max(start, end - 6)
    let [ms, nanos] = [0, 0]
    for (let at = start; at < middle; at += 1) ms = ms * 10 + (bytes[at] ?? 0) - ZERO
    for (let at = middle; at < end; at += 1) nanos = nanos * 10 + (bytes[at] ?? 0) - ZERO
    this.#ms = ms
    this.#nanos = nanos
    this.#at = isQuoted ? end + 1 : end
  }

  /** Reads an id into the draft; whether there is one. */
  #id(which: keyof typeof SPAN_DIGITS): boolean {
    const { draft } = this.#sink
    const bytes = this.#bytes
    const [from, to] = SPAN_DIGITS[which]
    const start = this.#at + 1
    const end = start + to - from
    let isHex = bytes[this.#at] === QUOTE && bytes[end] === QUOTE
    let isZero = true
    for (let at = start, into = from; at < end && isHex; at += 1, into += 1) {
      const byte = bytes[at] ?? 0
      isHex = (byte >= ZERO && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
      isZero &&= byte === ZERO
      draft.ids[into] = byte
    }
    if (!isHex) return draft.putId(which, jsonLeaves.id(this.#tree(), (to - from) / 2))
    this.#at = end + 1
    return !isZero
  }

  #status(): void {
    const { draft } = this.#sink
    const start = this.#at
    if (this.#is(CODE)) {
      draft.statusCode = this.#smallNumber()
      if (this.#bytes[this.#at] === CLOSE) {
        this.#at += 1
        return
      }
      this.#at = start
    }
    const status = object(this.#tree(), 'status')
    draft.statusCode = small(status['code'])
    draft.statusMessage = text(status['message'])
  }

  #list(field: string): readonly unknown[] {
    const start = this.#at
    if (this.#bytes[start] === OPEN_LIST && this.#bytes[start + 1] === CLOSE_LIST) {
      this.#at = start + 2
      return []
    }
    return list({ [field]: this.#tree() }, field)
  }

  /** A text, or what is made of something else. */
  #textOr(read: (value: unknown) => string): string {
    if (this.#bytes[this.#at] !== QUOTE) return read(this.#tree())
    this.#at += 1
    return this.#textTo(this.#end())
  }

  /** The same as `#field`, the quicker where the span before had the field in the same place. */
  #fieldAt(place: number): string {
    const known = this.#fields[place]
    if (known !== undefined && this.#repeats(known.start, known.end)) {
      this.#at += known.end - known.start
      return known.name
    }
    const start = this.#at
    const name = this.#field()
    if (place < MOST_SHAPES) this.#fields[place] = { start, end: this.#at, name }
    return name
  }

  /** The name of a field, and the colon behind it. */
  #field(): string {
    this.#expect(QUOTE)
    const name = this.#textTo(this.#end())
    this.#expect(COLON)
    return name
  }

  /** The text that goes on to `end`, where its quote is. */
  #textTo(end: number): string {
    const start = this.#at
    this.#at = end + 1
    if (this.#isEscaped) return JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)) as string // a text in quotes
    const word = end > start && end - start <= LONGEST_WORD ? this.#words.at(start, end) : undefined
    return word?.text ?? this.#bytes.toString('utf8', start, end)
  }

  /** Where the text that goes on here has its closing quote. */
  #end(): number {
    const bytes = this.#bytes
    this.#isEscaped = false
    for (let at = this.#at; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte === QUOTE) return at
      if (byte < 0x20) throw new Unusual()
      if (byte !== BACKSLASH) continue
      this.#isEscaped = true
      at += 1
    }
    throw new Unusual()
  }

  /** Any value as a tree. */
  #tree(): unknown {
    const start = this.#at
    this.#skip(0)
    return parseJson(this.#bytes.subarray(start, this.#at))
  }

  #skip(depth: number): void {
    const byte = this.#bytes[this.#at]
    if (depth > DEEPEST) throw new Unusual()
    if (byte === QUOTE) {
      this.#at += 1
      this.#textTo(this.#end())
    } else if (byte === OPEN) {
      this.#at += 1
      if (this.#ends(CLOSE)) return
      do {
        this.#field()
        this.#skip(depth + 1)
      } while (this.#more(CLOSE))
    } else if (byte === OPEN_LIST) {
      this.#at += 1
      if (this.#ends(CLOSE_LIST)) return
      do this.#skip(depth + 1)
      while (this.#more(CLOSE_LIST))
    } else if (!this.#is(TRUE) && !this.#is(FALSE) && !this.#is(NULL)) this.#numeral()
  }

  /** Whether a list or an object is over that has just begun. */
  #ends(close: number): boolean {
    if (this.#bytes[this.#at] !== close) return false
    this.#at += 1
    return true
  }

  /** Whether another member follows, or the closing bracket. */
  #more(close: number): boolean {
    const byte = this.#bytes[this.#at]
    this.#at += 1
    if (byte === COMMA) return true
    if (byte === close) return false
    throw new Unusual()
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte) throw new Unusual()
    this.#at += 1
  }

  #expectAll(literal: Uint8Array): void {
    if (!this.#is(literal)) throw new Unusual()
  }

  /** Goes past a literal if it stands here. */
  #is(literal: Uint8Array): boolean {
    const bytes = this.#bytes
    const at = this.#at
    for (let n = 0; n < literal.length; n += 1) if (bytes[at + n] !== literal[n]) return false
    this.#at = at + literal.length
    return true
  }
}
