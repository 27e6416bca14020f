// OTLP/JSON bytes → a message tree and how to read its leaves (OTLP specification 1.x, "JSON Protobuf Encoding"): ids are hex
// in either case, 64-bit integers are strings or numbers, doubles may be "NaN" or "Infinity". Pure.
import { WeighbridgeError } from '../../core/errors.ts'
import type { Leaves } from './otlp-walk.ts'

const UINT64_MAX = 18446744073709551615n
const INT64_MAX = 9223372036854775807n
const HEX = /^[0-9a-fA-F]*$/
const LOWER_HEX = /^[0-9a-f]*$/

function whole(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string' || value.length > 20 || !/^-?\d+$/.test(value)) return undefined
  return BigInt(value)
}

const SHORT_INTEGER = /^-?\d+$/

/** How JSON writes the leaves. */
export const jsonLeaves: Leaves = {
  id(value, bytes) {
    if (value === undefined || value === null || value === '') return ''
    if (typeof value !== 'string' || value.length !== bytes * 2) return undefined
    return LOWER_HEX.test(value) ? value : HEX.test(value) ? value.toLowerCase() : undefined
  },
  uint64(value) {
    const number = whole(value) ?? 0n
    return number >= 0n && number <= UINT64_MAX ? number : 0n
  },
  int64(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value
    // Fifteen digits are a double's for sure; most counts are shorter, and a bigint costs ten times as much.
    if (typeof value === 'string' && value.length <= 15 && SHORT_INTEGER.test(value)) return Number(value)
    const number = whole(value)
    return number !== undefined && number >= -INT64_MAX - 1n && number <= INT64_MAX ? number : undefined
  },
  double(value) {
    if (typeof value === 'number') return value
    if (typeof value === 'bigint') return Number(value)
    if (typeof value !== 'string') return undefined
    if (value === 'NaN') return Number.NaN
    const number = Number(value)
    return value.trim() === '' || Number.isNaN(number) ? undefined : number
  },
  base64: (value) => (typeof value === 'string' ? Buffer.from(value, 'base64').toString('base64') : ''),
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
/** A number literal that a double may not hold. */
const LONG_NUMBER = /[:[,]\s*-?\d{16}/

/** Parses a body. 64-bit integers written as bare numbers keep every digit. Throws `otlp_undecodable`. */
export function parseJson(body: Uint8Array): unknown {
  try {
    const text = utf8.decode(body)
    if (!LONG_NUMBER.test(text)) return JSON.parse(text)
    return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && context?.source !== undefined && /^-?\d{1,20}$/.test(context.source) ? BigInt(context.source) : value,
    )
  } catch (cause) {
    throw new WeighbridgeError('otlp_undecodable', 'The body is not JSON in UTF-8.', { cause })
  }
}
