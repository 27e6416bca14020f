// Embeddings as the client asked for them: OpenAI's SDK asks for base64 unless told otherwise and reads nothing else, while many
// servers answer numbers whatever they were asked. Pure.
import { Buffer } from 'node:buffer'
import { isObject, type JsonObject } from './json.ts'

/** Puts one embedding into the form asked for; a value that is neither form stays as it is. */
export function encodedAs(embedding: unknown, format: unknown): unknown {
  if (format === 'base64') return isNumbers(embedding) ? toBase64(embedding) : embedding
  return typeof embedding === 'string' ? fromBase64(embedding) : embedding
}

/** An entry of `data` with its embedding in the form asked for. */
export function entryAs(entry: unknown, format: unknown): unknown {
  if (!isObject(entry)) return entry
  const embedding = encodedAs(entry['embedding'], format)
  return embedding === entry['embedding'] ? entry : ({ ...entry, embedding } satisfies JsonObject)
}

/** Numbers as little-endian 32-bit floats in base64. */
export function toBase64(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * 4)
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4)
  return bytes.toString('base64')
}

/** The numbers of `toBase64`; the text itself when it is not a whole number of floats. */
export function fromBase64(text: string): readonly number[] | string {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length % 4 !== 0) return text
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number')
}
