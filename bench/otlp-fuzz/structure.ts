// Spoils what a body says and keeps its form: JSON stays JSON and protobuf lengths stay right, so that decoders get past their parser.
import type { Random } from '../../core/seams.ts'

const below = (random: Random, most: number): number => Math.floor(random.next() * most)

/** Values that no field of OTLP expects, or only just. */
const ODD: readonly unknown[] = [
  null, true, 0, -1, 1e308, 2 ** 53, 2 ** 63, -(2 ** 63), 1.5, '', '0', '-1', '18446744073709551615', '18446744073709551616', 'NaN', '-Infinity', '1e3', ' 7 ', '\u0000', '\ud800', '𝕏'.repeat(300), 'x'.repeat(70_000),
  [], {}, [[]], [null], { stringValue: null }, { intValue: 'x' }, { intValue: '9223372036854775808' }, { doubleValue: 'Infinity' }, { boolValue: 'true' }, { bytesValue: '!' }, { arrayValue: null }, { arrayValue: { values: [null, {}, { stringValue: 's' }] } },
  { kvlistValue: { values: [{ key: 'k' }, {}, null] } }, { stringValue: 'a', intValue: 1 }, '1970-01-01', '00000000000000000000000000000000', 'zz', 'AB'.repeat(16), 'ab'.repeat(8),
]

type Place = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string | number }

function places(value: unknown, into: Place[]): Place[] {
  if (typeof value !== 'object' || value === null) return into
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value)
  for (const key of keys) {
    // Of parsed JSON every object is one of these two.
    into.push({ holder: value as Record<string, unknown> | unknown[], key })
    places((value as Record<string | number, unknown>)[key], into)
  }
  return into
}

/** JSON with one to four values replaced, removed, doubled or moved, and span ids that were not there before. `undefined`: it was no JSON. */
export function spoilJson(bytes: Buffer, random: Random): Buffer | undefined {
  let tree: unknown
  try {
    tree = JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
  const all = places(tree, [])
  for (const { holder, key } of all) if (key === 'spanId' && random.next() < 0.8) (holder as Record<string, unknown>)[key] = hex16(random)
  for (let times = 1 + below(random, 4); times > 0 && all.length > 0; times -= 1) {
    const [place, other] = [all[below(random, all.length)], all[below(random, all.length)]]
    if (place === undefined || other === undefined) break
    // A holder is what `places` found: an object by names or a list by numbers.
    const holder = place.holder as Record<string | number, unknown>
    const way = random.next()
    if (way < 0.6) holder[place.key] = ODD[below(random, ODD.length)]
    else if (way < 0.75) delete holder[place.key]
    else if (way < 0.9) holder[place.key] = structuredClone((other.holder as Record<string | number, unknown>)[other.key])
    else if (Array.isArray(place.holder)) place.holder.push(structuredClone(holder[place.key]))
    else holder[`${place.key}_`] = holder[place.key]
  }
  return Buffer.from(JSON.stringify(tree) ?? 'null')
}

const hex16 = (random: Random): string => Array.from({ length: 16 }, () => below(random, 16).toString(16)).join('')

/** A field of a protobuf message: a payload as bytes, or a message whose fields were read. */
type Field = { number: number; wire: number; payload: Buffer; inner: Field[] | undefined }

function readVarint(bytes: Buffer, at: number): { value: number; next: number } | undefined {
  let [value, scale] = [0, 1]
  for (let next = at; next < bytes.length && next < at + 5; next += 1, scale *= 128) {
    const byte = bytes[next] ?? 0
    value += (byte & 127) * scale
    if (byte < 128) return { value, next: next + 1 }
  }
  return undefined
}

function fieldsOf(bytes: Buffer, depth: number): Field[] | undefined {
  const fields: Field[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at)
    if (tag === undefined || tag.value < 8) return undefined
    const [number, wire] = [Math.floor(tag.value / 8), tag.value % 8]
    let [from, to] = [tag.next, tag.next]
    if (wire === 0) while (to < bytes.length && (bytes[to++] ?? 0) >= 128);
    else if (wire === 1) to += 8
    else if (wire === 5) to += 4
    else if (wire === 2) {
      const length = readVarint(bytes, tag.next)
      if (length === undefined) return undefined
      ;[from, to] = [length.next, length.next + length.value]
    } else return undefined
    if (to > bytes.length) return undefined
    const payload = bytes.subarray(from, to)
    fields.push({ number, wire, payload, inner: wire === 2 && depth < 12 && payload.length > 1 ? fieldsOf(payload, depth + 1) : undefined })
    at = to
  }
  return fields
}

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

function written(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ number, wire, payload, inner }) => {
      const bytes = inner === undefined ? payload : written(inner)
      return wire === 2 ? [varint(number * 8 + wire), varint(bytes.length), bytes] : [varint(number * 8 + wire), bytes]
    }),
  )
}

const lists = (fields: Field[]): Field[][] => [fields, ...fields.flatMap(({ inner }) => (inner === undefined ? [] : lists(inner)))]

/** Protobuf with one to four fields changed, removed, doubled or renumbered at any depth, every length put right. `undefined`: it was none. */
export function spoilProtobuf(bytes: Buffer, random: Random): Buffer | undefined {
  const fields = fieldsOf(bytes, 0)
  if (fields === undefined || fields.length === 0) return undefined
  for (let times = 1 + below(random, 4); times > 0; times -= 1) {
    const all = lists(fields).filter((list) => list.length > 0)
    const list = all[below(random, all.length)]
    const index = below(random, list?.length ?? 0)
    const field = list?.[index]
    if (list === undefined || field === undefined) break
    const way = random.next()
    if (way < 0.5) change(field, random)
    else if (way < 0.65) list.splice(index, 1)
    else if (way < 0.85) list.push({ ...field })
    else field.number = 1 + below(random, 40)
  }
  return written(fields)
}

function change(field: Field, random: Random): void {
  field.inner = undefined
  if (field.wire === 0) field.payload = Buffer.from([[0], [1], [0x7f], [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]][below(random, 5)] ?? [])
  else if (field.wire === 2) field.payload = [Buffer.alloc(0), Buffer.from([0xff, 0xfe]), Buffer.alloc(16, below(random, 256)), Buffer.alloc(8, below(random, 256)), Buffer.from('text \ud83d\ude00'), Buffer.alloc(70_000, 0x61)][below(random, 6)] ?? Buffer.alloc(0)
  else field.payload = Buffer.from(Array.from({ length: field.payload.length }, () => (random.next() < 0.5 ? 0xff : below(random, 256))))
}
