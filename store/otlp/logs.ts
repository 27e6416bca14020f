// Log records → the bytes of an OTLP/JSON ExportLogsServiceRequest: evaluation results, signals and published route tables on
// their way to the collector. Pure; spans have their own serialiser in the OpenTelemetry SDK.

/** An attribute's value; numbers must be finite to be written. */
export type LogValue = string | number | boolean | readonly string[]

/** One event. */
export type LogRecord = {
  /** What kind of event it is; see EVENT in core/attributes.ts. */
  readonly eventName: string
  /** Wall time in milliseconds since the epoch; fractions are kept to the nanosecond as far as a double holds them. */
  readonly timeMs: number
  /** The trace it is about, 32 hex digits; absent when none. */
  readonly traceId?: string | undefined
  /** The span it is about, 16 hex digits; absent when none. */
  readonly spanId?: string | undefined
  readonly attributes: Readonly<Record<string, LogValue | undefined>>
  /** Text of the record, JSON where the event says so. */
  readonly body?: string | undefined
}

type JsonValue = { stringValue: string } | { intValue: string } | { doubleValue: number | string } | { boolValue: boolean } | { arrayValue: { values: JsonValue[] } }

function jsonValue(value: LogValue): JsonValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { intValue: String(value) }
    return { doubleValue: Number.isFinite(value) ? value : String(value) }
  }
  return { arrayValue: { values: value.map(jsonValue) } }
}

/** Attributes in OTLP’s form; those that are `undefined` are left out. */
export function keyValues(attributes: LogRecord['attributes']): { key: string; value: JsonValue }[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: jsonValue(value) }]))
}

function unixNano(timeMs: number): string {
  const whole = Math.floor(timeMs)
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((timeMs - whole) * 1e6)))
}

/** The request that carries the records of one sender. `resource` names it (`service.name`); attributes that are `undefined` are left out. */
export function encodeLogs(resource: LogRecord['attributes'], records: readonly LogRecord[]): Uint8Array {
  const logRecords = records.map((record) => ({
    timeUnixNano: unixNano(record.timeMs),
    eventName: record.eventName,
    ...(record.traceId === undefined ? {} : { traceId: record.traceId }),
    ...(record.spanId === undefined ? {} : { spanId: record.spanId }),
    ...(record.body === undefined ? {} : { body: { stringValue: record.body } }),
    attributes: keyValues(record.attributes),
  }))
  return Buffer.from(JSON.stringify({ resourceLogs: [{ resource: { attributes: keyValues(resource) }, scopeLogs: [{ scope: { name: 'weighbridge' }, logRecords }] }] }))
}
