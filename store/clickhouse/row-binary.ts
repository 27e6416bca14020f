// Values of the column types we use to bytes and back, as ClickHouse's RowBinary format has them (ClickHouse documentation,
// "RowBinary"): how a row is carried until native.ts turns rows into columns. Pure.
import type { ByteSink } from './byte-sink.ts'

/**
 * Writes and reads one type. Values: text, numbers, 64-bit integers as number, bigint or text, decimals as text or number, times as
 * ISO text or as a bigint of the column's own ticks, maps as objects or as flat lists of key and value, `null` where Nullable;
 * `undefined` is the type's default. Read back: 64-bit integers and decimals as text, times as ISO text with all digits.
 */
export interface Codec {
  write(sink: ByteSink, value: unknown): void
  read(source: ByteSource): unknown
  /** What a row without a value reads as: the type's default. */
  readonly empty: unknown
}

/** Bytes with a place in them. Reading past the end throws RangeError. */
export class ByteSource {
  readonly #bytes: Buffer
  at: number
  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.at = at
  }
  #take(bytes: number): number {
    const from = this.at
    if (from + bytes > this.#bytes.length) throw new RangeError('the row ends early')
    this.at += bytes
    return from
  }
  byte(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }
  uint16(): number {
    return this.#bytes.readUInt16LE(this.#take(2))
  }
  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }
  int64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8))
  }
  float64(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }
  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }
  text(): string {
    const length = this.varint()
    const from = this.#take(length)
    return this.#bytes.toString('utf8', from, from + length)
  }
}

const textCodec: Codec = {
  write: (sink, value) => (value === undefined ? sink.byte(0) : sink.text(typeof value === 'string' ? value : String(value))),
  read: (source) => source.text(),
  empty: '',
}
const boolCodec: Codec = { write: (sink, value) => sink.byte(value === true || value === 1 || value === 'true' ? 1 : 0), read: (source) => source.byte() !== 0, empty: false }

/** Refuses what a whole-number column cannot hold, instead of storing another number. */
function whole(value: unknown, most: number): number {
  const number = value === undefined ? 0 : Number(value)
  if (!Number.isInteger(number) || number < 0 || number > most) throw new RangeError(`${String(value).slice(0, 40)} is not a whole number from 0 to ${most}`)
  return number
}
const uint8Codec: Codec = { write: (sink, value) => sink.byte(whole(value, 0xff)), read: (source) => source.byte(), empty: 0 }
const uint16Codec: Codec = { write: (sink, value) => sink.uint16(whole(value, 0xffff)), read: (source) => source.uint16(), empty: 0 }
const uint32Codec: Codec = { write: (sink, value) => sink.uint32(whole(value, 0xffff_ffff)), read: (source) => source.uint32(), empty: 0 }
const UINT64_MOST = 18_446_744_073_709_551_615n
const uint64Codec: Codec = {
  write(sink, value) {
    if (value === undefined) return sink.zeros(8)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return sink.int64(value)
    const number = typeof value === 'bigint' ? value : BigInt(String(value))
    if (number < 0n || number > UINT64_MOST) throw new RangeError(`${number} is not an unsigned 64-bit number`)
    return sink.int64(number)
  },
  read: (source) => String(BigInt.asUintN(64, source.int64())),
  empty: '0',
}
const float64Codec: Codec = {
  write(sink, value) {
    const number = value === undefined ? 0 : Number(value)
    if (Number.isNaN(number) && value !== 'NaN') throw new RangeError(`${String(value).slice(0, 40)} is not a number`)
    sink.float64(number)
  },
  read: (source) => source.float64(),
  empty: 0,
}

/** A Decimal of at most 18 digits, which is a 64-bit integer of its smallest unit. */
function decimalCodec(scale: number): Codec {
  const unit = 10 ** scale
  return {
    write(sink, value) {
      if (value === undefined) return sink.zeros(8)
      const text = typeof value === 'number' ? value.toFixed(scale) : String(value)
      const parts = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text)
      if (parts === null) throw new RangeError(`${text.slice(0, 40)} is not a decimal`)
      const fraction = (parts[3] ?? '').slice(0, scale).padEnd(scale, '0')
      const left = Number(parts[2])
      const sum = left * unit + Number(fraction)
      // Below 2^53 the sum is exact as a double; beyond, as a bigint.
      if (sum < Number.MAX_SAFE_INTEGER) return sink.int64(parts[1] === '-' ? -sum : sum)
      const exact = BigInt(parts[2] ?? '0') * BigInt(unit) + BigInt(fraction)
      return sink.int64(parts[1] === '-' ? -exact : exact)
    },
    read(source) {
      const ticks = source.int64()
      const digits = String(ticks < 0n ? -ticks : ticks).padStart(scale + 1, '0')
      const fraction = digits.slice(-scale).replace(/0+$/, '')
      return `${ticks < 0n ? '-' : ''}${digits.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`
    },
    empty: '0',
  }
}

/** A time in ticks of 10^-digits seconds since the epoch, UTC. */
function timeCodec(digits: 3 | 9): Codec {
  const perMs = digits === 9 ? 1_000_000n : 1n
  return {
    write(sink, value) {
      if (value === undefined) return sink.zeros(8)
      if (typeof value === 'bigint') return sink.int64(value)
      const text = String(value)
      const ms = Date.parse(text)
      if (Number.isNaN(ms)) throw new RangeError(`${text.slice(0, 40)} is not a time`)
      if (digits === 3) return sink.int64(ms)
      // Date knows three digits of the fraction; the other six are kept from the text.
      const more = /\.\d{3}(\d{1,6})/.exec(text)?.[1] ?? ''
      return sink.int64(BigInt(ms) * perMs + BigInt(more.padEnd(6, '0')))
    },
    read(source) {
      const ticks = source.int64()
      const ms = ticks / perMs
      const iso = new Date(Number(ms)).toISOString()
      return digits === 3 ? iso : `${iso.slice(0, -1)}${String(ticks - ms * perMs).padStart(6, '0')}Z`
    },
    empty: digits === 3 ? '1970-01-01T00:00:00.000Z' : '1970-01-01T00:00:00.000000000Z',
  }
}

function nullableCodec(inner: Codec): Codec {
  return {
    write(sink, value) {
      if (value === undefined || value === null) return sink.byte(1)
      sink.byte(0)
      return inner.write(sink, value)
    },
    read: (source) => (source.byte() === 1 ? null : inner.read(source)),
    empty: null,
  }
}

/** A map of texts. Bytes that were written by it before are taken as they are. */
const textMapCodec: Codec = {
  write(sink, value) {
    if (value === undefined) return sink.byte(0)
    if (value instanceof Uint8Array) return sink.raw(value)
    const flat: readonly unknown[] = Array.isArray(value) ? value : Object.entries(value as object).flat()
    sink.varint(flat.length / 2)
    for (const text of flat) sink.text(typeof text === 'string' ? text : String(text))
    return undefined
  },
  read(source) {
    const entries: [string, string][] = []
    for (let left = source.varint(); left > 0; left -= 1) entries.push([source.text(), source.text()])
    return Object.fromEntries(entries)
  },
  empty: {},
}

function arrayCodec(inner: Codec): Codec {
  return {
    write(sink, value) {
      const members: readonly unknown[] = Array.isArray(value) ? value : []
      sink.varint(members.length)
      for (const member of members) inner.write(sink, member)
    },
    read: (source) => Array.from({ length: source.varint() }, () => inner.read(source)),
    empty: [],
  }
}

const PLAIN: Readonly<Record<string, Codec>> = {
  String: textCodec,
  'LowCardinality(String)': textCodec,
  Bool: boolCodec,
  UInt8: uint8Codec,
  UInt16: uint16Codec,
  UInt32: uint32Codec,
  UInt64: uint64Codec,
  Float64: float64Codec,
  'Decimal(18, 12)': decimalCodec(12),
  "DateTime64(3, 'UTC')": timeCodec(3),
  "DateTime64(9, 'UTC')": timeCodec(9),
  'Map(LowCardinality(String), String)': textMapCodec,
}

/** The codec of a column type as ClickHouse spells it. Throws TypeError for a type that no column of ours has. */
export function codecOf(type: string): Codec {
  const plain = PLAIN[type]
  if (plain !== undefined) return plain
  const [, wrapper, inner] = /^(Nullable|Array)\((.*)\)$/.exec(type) ?? []
  if (wrapper === undefined || inner === undefined) throw new TypeError(`no RowBinary codec for ${type}`)
  return wrapper === 'Nullable' ? nullableCodec(codecOf(inner)) : arrayCodec(codecOf(inner))
}
