// What a decoded OTLP request is to us, whichever encoding it came in. Types only.

/** An attribute's value. Integers beyond 2^53 are bigint; bytes are base64 text. */
export type AttributeValue = string | number | bigint | boolean | null | readonly AttributeValue[] | { readonly [key: string]: AttributeValue }
export type Attributes = ReadonlyMap<string, AttributeValue>

export type SpanEvent = { readonly timeNs: bigint; readonly name: string; readonly attributes: Attributes }
export type SpanLink = { readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }

/** A span with valid ids. Times are nanoseconds since the epoch, 0 when absent or unreadable. */
export type SpanRecord = {
  readonly traceId: string
  readonly spanId: string
  /** Empty at the root. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  /** OTLP's number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number
  readonly statusMessage: string
  readonly scope: string
  readonly resource: Attributes
}

/** A log record. `eventName` is the field, or the attribute `event.name`; empty when neither is there. */
export type LogEvent = {
  readonly timeNs: bigint
  readonly eventName: string
  /** Empty when the record names none. */
  readonly traceId: string
  readonly spanId: string
  readonly body: AttributeValue
  readonly attributes: Attributes
  readonly resource: Attributes
}

/** What a request holds. `rejected` items can never be stored, whoever sends them again. */
export type DecodedRequest<Item> = { readonly items: readonly Item[]; readonly rejected: number; readonly reason: string }
