// A growing buffer that bytes, varints and texts are appended to, without a string or an object in between. The hot path of the
// collector writes every stored value through it.

/** Texts this long and shorter are copied character by character: a call into the runtime costs more. */
const COPIED_CHARS = 80

export class ByteSink {
  #bytes: Buffer
  #view: DataView
  /** How many bytes are written. */
  length = 0

  constructor(capacity = 16 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset)
  }

  /** A copy of what was written, of exactly its length. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.length)
    this.#bytes.copy(copy, 0, 0, this.length)
    return copy
  }

  /** What was written, without a copy; nothing may be written any more. */
  taken(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  #reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.length)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer, grown.byteOffset)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length] = value
    this.length += 1
  }

  zeros(count: number): void {
    this.#reserve(count)
    this.#bytes.fill(0, this.length, this.length + count)
    this.length += count
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** A text that is given as bytes of a buffer, fewer than 128 of them. */
  stretch(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start + 1)
    const bytes = this.#bytes
    let at = this.length
    bytes[at++] = end - start
    for (let n = start; n < end; n += 1) bytes[at++] = from[n] ?? 0
    this.length = at
  }

  uint16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.length, value, true)
    this.length += 2
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.length, value, true)
    this.length += 4
  }

  /** A whole number as 64 bits; a `number` must be a safe integer. */
  int64(value: number | bigint): void {
    this.#reserve(8)
    if (typeof value === 'bigint') this.#view.setBigInt64(this.length, BigInt.asIntN(64, value), true)
    else {
      // Two's complement in halves: no bigint is made.
      const high = Math.floor(value / 4_294_967_296)
      this.#view.setUint32(this.length, value - high * 4_294_967_296, true)
      this.#view.setInt32(this.length + 4, high, true)
    }
    this.length += 8
  }

  /** `ms` millions and `nanos` as one unsigned 64-bit number: a time in nanoseconds, which no double holds. */
  nanos(ms: number, nanos: number): void {
    this.#reserve(8)
    // In halves of 32 bits; every step stays below 2^53.
    const upper = Math.floor(ms / 65_536)
    const high = upper * 1_000_000
    const low = (high % 65_536) * 65_536 + (ms - upper * 65_536) * 1_000_000 + nanos
    const bits = low >>> 0
    this.#view.setUint32(this.length, bits, true)
    this.#view.setUint32(this.length + 4, Math.floor(high / 65_536) + (low - bits) / 4_294_967_296, true)
    this.length += 8
  }

  float64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** An unsigned LEB128 number below 2^53. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.length] = (rest % 128) + 128
      this.length += 1
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.length] = rest
    this.length += 1
  }

  /** A text as its length in bytes and its UTF-8; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    const { length } = value
    if (length <= COPIED_CHARS) {
      this.#reserve(length + 1)
      const bytes = this.#bytes
      const start = this.length + 1
      let at = 0
      for (; at < length; at += 1) {
        const code = value.charCodeAt(at)
        if (code > 0x7f) break
        bytes[start + at] = code
      }
      if (at === length) {
        bytes[this.length] = length
        this.length = start + length
        return
      }
    }
    const bytes = Buffer.byteLength(value, 'utf8')
    this.varint(bytes)
    this.#reserve(bytes)
    this.#bytes.write(value, this.length, 'utf8')
    this.length += bytes
  }
}
