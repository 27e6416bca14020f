// One attribute's value → what its column takes, or `undefined` where it does not fit; a value that does not fit stays
// among the attributes as text, so that one odd span never costs a batch. Pure.
import { decimalUsd } from '../../core/prices.ts'
import type { Attributes, AttributeValue } from './otlp-model.ts'

/** Reads a value for a column; `undefined`: not usable there. */
export type Reader = (value: AttributeValue) => unknown

/** Bounds on what one row may carry; what goes beyond them is cut or counted, never refused. */
export const LIMITS = { wordChars: 256, textChars: 262_144, attributes: 256, keyChars: 256, valueChars: 65_536, events: 128, links: 128 } as const

/** Text at most `chars` UTF-16 units long. A surrogate that loses its other half becomes U+FFFD when it is encoded. */
export function clean(value: string, chars: number): string {
  return value.length > chars ? value.slice(0, chars) : value
}

/** A value as the text of a map entry: lists and objects as JSON. */
export function asText(value: AttributeValue): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' || (typeof member === 'number' && !Number.isFinite(member)) ? String(member) : member))
  return String(value)
}

/** A value as a finite number; also from numeric text, because several libraries write numbers so. */
export function asNumber(value: AttributeValue): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string' || value.length > 32 || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** A short, repeating text. */
export const word: Reader = (value) => (typeof value === 'string' && value.length <= LIMITS.wordChars ? value : undefined)
/** Any text that is not absurdly long. */
export const text: Reader = (value) => (typeof value === 'string' && value.length <= LIMITS.textChars ? value : undefined)
/** The first member of a list of texts, of a JSON list in a text, or the text itself. */
export const firstText: Reader = (value) => {
  if (Array.isArray(value)) return word(value[0] ?? null)
  if (typeof value === 'string' && value.startsWith('[')) return word(/^\[\s*"([^"\\]*)"/.exec(value)?.[1] ?? null)
  return word(value)
}
export const bool: Reader = (value) => (typeof value === 'boolean' ? value : value === 'true' ? true : value === 'false' ? false : undefined)
/** Dollars, as the text of a Decimal(18,12). */
export const dollars: Reader = (value) => {
  const number = asNumber(value)
  return number !== undefined && number >= 0 && number < 1e6 - 1 ? decimalUsd(number) : undefined
}
/** Dollars more or less, as the text of a Decimal(18,12). */
export const difference: Reader = (value) => {
  const number = asNumber(value)
  return number !== undefined && Math.abs(number) < 1e6 - 1 ? decimalUsd(number) : undefined
}
/** Not negative. */
export const float: Reader = (value) => {
  const number = asNumber(value)
  return number !== undefined && number >= 0 ? number : undefined
}
/** Seconds, as milliseconds. */
export const milliseconds: Reader = (value) => {
  const ms = (asNumber(value) ?? -1) * 1000
  return ms >= 0 && ms < Infinity ? ms : undefined
}
/** 0 to 1. */
export const share: Reader = (value) => {
  const number = asNumber(value)
  return number !== undefined && number >= 0 && number <= 1 ? number : undefined
}
/** A whole number from 0 to `most`. */
export function integer(most: number): Reader {
  return (value) => {
    const number = asNumber(value)
    return number !== undefined && Number.isInteger(number) && number >= 0 && number <= most ? number : undefined
  }
}
/** One of a closed list. */
export function choice(values: readonly string[]): Reader {
  return (value) => (typeof value === 'string' && values.includes(value) ? value : undefined)
}
/** `key=value` texts as a map; a text without `=` is a key with an empty value. */
export const tags: Reader = (value) => {
  const pairs = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.filter((member) => typeof member === 'string') : undefined
  if (pairs === undefined || pairs.length > LIMITS.attributes) return undefined
  const found: [string, string][] = []
  for (const pair of pairs) {
    const [key = '', ...rest] = pair.split('=')
    if (key.trim() !== '') found.push([clean(key.trim(), LIMITS.keyChars), clean(rest.join('=').trim(), LIMITS.valueChars)])
  }
  return Object.fromEntries(found)
}

/** Attributes as a map column, without the names in `taken`; what goes beyond the limits is counted in `weighbridge.dropped_attributes`. */
export function attributeMap(attributes: Attributes, taken?: ReadonlySet<string>): Record<string, string> {
  const entries: [string, string][] = []
  let dropped = 0
  for (const [key, value] of attributes) {
    if (taken?.has(key) === true) continue
    if (entries.length >= LIMITS.attributes || key.length > LIMITS.keyChars) dropped += 1
    else entries.push([key, clean(asText(value), LIMITS.valueChars)])
  }
  if (dropped > 0) entries.push(['weighbridge.dropped_attributes', String(dropped)])
  return Object.fromEntries(entries)
}
