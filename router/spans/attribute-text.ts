// Span attributes as OTLP/JSON text, put together as they become known: an object of thirty names that are copied, checked one by
// one and turned into a tree before they become text costs more than the rest of a span. Values over 64 KiB are cut, as the SDK would.

/** Longest value that is kept, in UTF-16 units. */
export const MAX_VALUE = 65_536

/** What JSON text must escape, and halves of surrogate pairs, which would not survive UTF-8. */
// eslint-disable-next-line no-control-regex -- these are the very characters meant
const UNSAFE = /["\\\u0000-\u001f\ud800-\udfff]/

/** A string as JSON text. */
export function jsonText(value: string): string {
  return UNSAFE.test(value) ? JSON.stringify(value) : `"${value}"`
}

/** Attributes that grow; each name must be put once only. `undefined` and empty lists are left out. */
export class AttributeText {
  #text: string

  constructor(start?: AttributeText) {
    this.#text = start === undefined ? '' : start.#text
  }

  text(name: string, value: string | undefined): void {
    if (value !== undefined) this.#text += `{"key":"${name}","value":{"stringValue":${jsonText(value.length > MAX_VALUE ? value.slice(0, MAX_VALUE) : value)}}},`
  }

  number(name: string, value: number | undefined): void {
    if (value !== undefined) this.#text += `{"key":"${name}","value":{${numberText(value)}}},`
  }

  flag(name: string, value: boolean): void {
    this.#text += value ? `{"key":"${name}","value":{"boolValue":true}},` : `{"key":"${name}","value":{"boolValue":false}},`
  }

  list(name: string, values: readonly string[]): void {
    if (values.length === 0) return
    this.#text += `{"key":"${name}","value":{"arrayValue":{"values":[${values.map((value) => `{"stringValue":${jsonText(value)}}`).join(',')}]}}},`
  }

  /** Everything that another one holds. */
  add(other: AttributeText): void {
    this.#text += other.#text
  }

  /** The inside of an OTLP/JSON list of attributes, without its brackets. */
  inside(): string {
    return this.#text.slice(0, -1)
  }
}

/** A number as OTLP/JSON value: proto3 spells doubles that JSON has no number for as strings. */
export function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return `"intValue":${value}`
  return `"doubleValue":${Number.isFinite(value) ? value : `"${value}"`}`
}
