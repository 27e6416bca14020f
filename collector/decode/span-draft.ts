// One span as its reader found it, whatever it was written in: what span-row.ts makes a row of. One draft serves all spans of a request,
// so that a span costs no objects of its own.
import { WB } from '../../core/attributes.ts'
import { ATTRIBUTE_TABLE, saidIn, type AttributeMeaning } from './attribute-table.ts'
import type { AttributeValue } from './otlp-model.ts'

/** Attributes that say what a span is; they fill no column by themselves. */
const MARKS: ReadonlySet<string> = new Set([WB.role, WB.simulated])

/** Where the digits of each id stand in a draft. */
export const SPAN_DIGITS = { trace: [0, 32], span: [32, 48], parent: [48, 64] } as const

/** A name of attributes, looked up once for a request. */
export class AttributeName {
  readonly text: string
  readonly meaning: AttributeMeaning | undefined
  readonly isMark: boolean
  /** Who said what it holds, where it is no fact; `undefined`: nobody. */
  readonly said: 'prompt' | 'answer' | undefined
  /** The span that had it last, and its place there. */
  span = 0
  place = 0

  constructor(text: string) {
    this.text = text
    this.meaning = ATTRIBUTE_TABLE.get(text)
    this.isMark = MARKS.has(text)
    this.said = this.meaning === undefined ? saidIn(text) : undefined
  }
}

/** The span at hand. Times are milliseconds since the epoch and the nanoseconds beyond: as one number they would be bigints, which cost ten times as much. */
export class SpanDraft {
  /** Lower-case hex digits of trace, span and parent, one behind the other: as bytes, because that is how they go into the row. */
  readonly ids = new Uint8Array(SPAN_DIGITS.parent[1])
  /** Whether each is there, and not all zeros, as W3C trace context demands. */
  hasTrace = false
  hasSpan = false
  hasParent = false
  traceState = ''
  name = ''
  kind = 0
  startMs = 0
  startNanos = 0
  endMs = 0
  endNanos = 0
  statusCode = 0
  statusMessage = ''
  /** Message trees. */
  events: readonly unknown[] = []
  links: readonly unknown[] = []
  /** Attributes side by side, each name once. */
  readonly names: AttributeName[] = []
  readonly values: AttributeValue[] = []
  #span = 0
  readonly #known = new Map<string, AttributeName>()

  /** Makes it that of the next span, of which nothing is known. */
  begin(): void {
    this.#span += 1
    this.hasTrace = this.hasSpan = this.hasParent = false
    this.traceState = this.name = this.statusMessage = ''
    this.kind = this.startMs = this.startNanos = this.endMs = this.endNanos = this.statusCode = 0
    this.events = this.links = []
    this.names.length = 0
    this.values.length = 0
  }

  /** Takes an id as the text of its digits; `undefined` or empty: there is none. */
  putId(which: keyof typeof SPAN_DIGITS, digits: string | undefined): boolean {
    const [start, end] = SPAN_DIGITS[which]
    if (digits === undefined || digits.length !== end - start) return false
    for (let at = 0; at < digits.length; at += 1) this.ids[start + at] = digits.charCodeAt(at)
    return !/^0+$/.test(digits)
  }

  /** The digits of trace and span, or of trace and parent, as a text. */
  idWith(which: 'span' | 'parent'): string {
    const ids = Buffer.from(this.ids.buffer)
    return ids.toString('latin1', ...SPAN_DIGITS.trace) + ids.toString('latin1', ...SPAN_DIGITS[which])
  }

  /** What is known of a name. */
  nameOf(text: string): AttributeName {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const made = new AttributeName(text)
    this.#known.set(text, made)
    return made
  }

  /** Adds an attribute, of a name given twice the last value; one without a name or a value is none. */
  put(name: AttributeName, value: AttributeValue): void {
    if (value === null || name.text === '') return
    if (name.span === this.#span) {
      this.values[name.place] = value
      return
    }
    name.span = this.#span
    name.place = this.names.length
    this.names.push(name)
    this.values.push(value)
  }

  /** The value of an attribute; `undefined` when the span has none of the name. */
  valueOf(text: string): AttributeValue | undefined {
    const name = this.#known.get(text)
    return name?.span === this.#span ? this.values[name.place] : undefined
  }
}
