// Spoils bodies: bytes flipped, cut, doubled and spliced; lengths, numbers and tokens replaced by what hurts parsers. The same random
// source gives the same spoiled bodies.
import type { Random } from '../../core/seams.ts'
import type { Seed } from './seeds.ts'
import { spoilJson, spoilProtobuf } from './structure.ts'

type Spoil = (bytes: Buffer, random: Random, others: readonly Seed[]) => Buffer

const below = (random: Random, most: number): number => Math.floor(random.next() * most)
function pick<T>(random: Random, from: readonly T[]): T {
  return from[below(random, from.length)] as T // the index is within the list, which is never empty here
}
const spliced = (bytes: Buffer, at: number, removed: number, added: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(Math.min(bytes.length, at + removed))])

const VARINTS = [[0x00], [0x7f], [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x80, 0x80, 0x80, 0x80, 0x00], [0x80, 0x80, 0x80, 0x80, 0x08]].map((bytes) => Buffer.from(bytes))
const TOKENS = ['null', 'true', '-0', '1e999', '-1e999', '18446744073709551616', '0.1e-400', '""', '"NaN"', '"Infinity"', '"-9223372036854775809"', '"\\ud800"', '"\\u0000"', '[]', '{}', '[[[[[[]]]]]]', '{"values":null}', '{"stringValue":1}', '{"arrayValue":{"values":[{"arrayValue":{}}]}}', '{"kvlistValue":{"values":[{}]}}', '{"bytesValue":"***"}', '{"intValue":"1.5"}', '{"doubleValue":"x"}'].map((text) => Buffer.from(text))
const BYTES = [0x00, 0x01, 0x0a, 0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xed, 0xf5, 0xff]

/** The end of a JSON value that begins at a byte, about: good enough to replace tokens, and to break them now and then. */
function tokenAfter(bytes: Buffer, from: number): { readonly at: number; readonly length: number } | undefined {
  const colon = bytes.indexOf(0x3a, from)
  if (colon < 0) return undefined
  const at = colon + 1
  const end = bytes.subarray(at).findIndex((byte) => byte === 0x2c || byte === 0x7d || byte === 0x5d)
  return { at, length: end < 0 ? bytes.length - at : end }
}

const SPOILS: readonly Spoil[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    for (let flips = 1 + below(random, 8); flips > 0; flips -= 1) {
      const at = below(random, copy.length)
      copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8))
    }
    return copy
  },
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => spliced(bytes, below(random, bytes.length), 0, Buffer.from([pick(random, BYTES)])),
  (bytes, random) => spliced(bytes, below(random, bytes.length), 1 + below(random, 40), Buffer.alloc(0)),
  (bytes, random) => {
    const at = below(random, bytes.length)
    const piece = bytes.subarray(at, at + 1 + below(random, 200))
    return spliced(bytes, at, 0, Buffer.concat(Array.from({ length: 1 + below(random, 4) }, () => piece)))
  },
  (bytes, random, others) => {
    const other = pick(random, others).bytes
    return Buffer.concat([bytes.subarray(0, below(random, bytes.length)), other.subarray(below(random, other.length))])
  },
  (bytes, random) => spliced(bytes, below(random, bytes.length), 1, pick(random, VARINTS)),
  (bytes, random) => {
    const token = tokenAfter(bytes, below(random, bytes.length))
    return token === undefined ? bytes : spliced(bytes, token.at, token.length, pick(random, TOKENS))
  },
  (bytes, random) => {
    const token = tokenAfter(bytes, below(random, bytes.length))
    const depth = 1 + below(random, 400)
    return token === undefined ? bytes : spliced(bytes, token.at, token.length, Buffer.from(`${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`))
  },
  (bytes, random) => {
    const token = tokenAfter(bytes, below(random, bytes.length))
    return token === undefined ? bytes : spliced(bytes, token.at, token.length, Buffer.from(JSON.stringify(pick(random, ['é', '\u2028', '😀', 'x']).repeat(1 + below(random, 3_000)))))
  },
]

/** A body spoiled: in half of the cases what it says, in the others its bytes, one to three times. Sometimes it is sound still: that is what finds faults. */
export function spoil(seed: Seed, random: Random, others: readonly Seed[]): Buffer {
  const formed = random.next() < 0.5 ? (seed.encoding === 'json' ? spoilJson(seed.bytes, random) : spoilProtobuf(seed.bytes, random)) : undefined
  if (formed !== undefined) return formed
  let bytes = seed.bytes
  for (let times = 1 + below(random, 3); times > 0 && bytes.length > 0; times -= 1) bytes = pick(random, SPOILS)(bytes, random, others)
  return bytes
}
