// What a decoded OTLP request is to us, whichever encoding it came in. Types only.

/** An attribute's value. Integers beyond 2^53 are bigint; bytes are base64 text. */
export type AttributeValue = string | number | bigint | boolean | null | readonly AttributeValue[] | { readonly [key: string]: AttributeValue }
export type Attributes = ReadonlyMap<string, AttributeValue>

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
