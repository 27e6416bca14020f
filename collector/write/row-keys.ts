// A row's identity as 192 bits, for the set of recent keys and its journal: a span's trace and span id as they are, the identity of
// any other row as a hash. Pure.
import { createHash } from 'node:crypto'
import type { TableName } from '../../core/tables.ts'
import { keyOf, SPAN_AT, startOf, TRACE_AT, type EncodedRows } from '../decode/encoded-rows.ts'

/** Words of 32 bits in a key. */
export const KEY_WORDS = 6
export const KEY_BYTES = KEY_WORDS * 4

function nibble(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57
}

function hexWord(bytes: Buffer, at: number): number {
  let word = 0
  for (let digit = 0; digit < 8; digit += 1) word = (word << 4) | nibble(bytes[at + digit] ?? 0x30)
  return word >>> 0
}

/** Puts the key of a row into the first six words. */
export function writeKey(rows: EncodedRows, index: number, words: Uint32Array): void {
  if (rows.table === 'spans') {
    // Rows hold ids in lower-case hex (decode/otlp-json.ts, otlp-protobuf.ts).
    const start = startOf(rows, index)
    for (let word = 0; word < 4; word += 1) words[word] = hexWord(rows.bytes, start + TRACE_AT + word * 8)
    words[4] = hexWord(rows.bytes, start + SPAN_AT)
    words[5] = hexWord(rows.bytes, start + SPAN_AT + 8)
    return
  }
  namedKey(rows.table, keyOf(rows, index), words)
}

/** The same of an identity that is given as text. */
export function namedKey(table: TableName, key: string, words: Uint32Array): void {
  if (table === 'spans') {
    const bytes = Buffer.from(key, 'latin1')
    for (let word = 0; word < KEY_WORDS; word += 1) words[word] = hexWord(bytes, word * 8)
    return
  }
  const digest = createHash('sha256').update(`${table} ${key}`).digest()
  for (let word = 0; word < KEY_WORDS; word += 1) words[word] = digest.readUInt32BE(word * 4)
}
