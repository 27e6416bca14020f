// The dialect tables, turned over: from an attribute's name to the columns it may fill, with its rank among the names of that
// column and the roles it counts for. One look-up per attribute of a span, whatever the number of dialects.
import { CONTENT_ATTRIBUTES, COST_SOURCES_OF_ATTEMPTS, COST_SOURCES_OF_CORRECTIONS, EMBEDDING_MARKS, INFERENCE_MARKS, SPAN_SOURCES, USAGE_SOURCES, type ColumnSource } from './dialects.ts'
import { LAYOUTS } from './encoded-rows.ts'
import type { Reader } from './values.ts'

/** Roles as bits, so that a set of them is a number. */
export const ROLE_BITS = { call: 1, attempt: 2, correction: 4, other: 8 } as const
export type Role = keyof typeof ROLE_BITS
const ANY = 15

/** One column that a name may fill. */
export type Filling = {
  readonly column: number
  /** Among the names of the column: the lower one wins. */
  readonly rank: number
  readonly read: Reader
  /** Bits of the roles whose spans it counts for. */
  readonly roles: number
}

export type AttributeMeaning = {
  readonly fillings: readonly Filling[]
  /** Values that mark a span as one exchange with a model. */
  readonly inference: ReadonlySet<unknown> | undefined
  /** Values that mark it as one for vectors. */
  readonly embedding: ReadonlySet<unknown> | undefined
}

/** Who said what an attribute holds; `undefined`: it holds no text of a conversation. */
export function saidIn(name: string): 'prompt' | 'answer' | undefined {
  const whole = CONTENT_NAMES.get(name)
  if (whole !== undefined) return whole
  // Few libraries write prefixed names, and those share a first part: one look before the list is walked.
  if (!CONTENT_FIRST_PARTS.has(name.slice(0, name.indexOf('.')))) return undefined
  return CONTENT_PREFIXES.find(({ prefix }) => name.startsWith(prefix))?.said
}

function build(): ReadonlyMap<string, AttributeMeaning> {
  const fillings = new Map<string, Filling[]>()
  const ranks = new Map<string, number>()
  const add = (sources: readonly ColumnSource[], roles: number): void => {
    for (const { column, read, from } of sources) {
      const at = LAYOUTS.spans.index.get(column)
      if (at === undefined) throw new TypeError(`spans have no column ${column}`)
      for (const name of from) {
        const rank = ranks.get(`${column} ${roles}`) ?? 0
        ranks.set(`${column} ${roles}`, rank + 1)
        fillings.set(name, [...(fillings.get(name) ?? []), { column: at, rank, read, roles }])
      }
    }
  }
  add(SPAN_SOURCES, ANY)
  add(USAGE_SOURCES, ROLE_BITS.call | ROLE_BITS.attempt)
  add(COST_SOURCES_OF_ATTEMPTS, ROLE_BITS.attempt)
  add(COST_SOURCES_OF_CORRECTIONS, ROLE_BITS.correction)
  const marksOf = (marks: typeof INFERENCE_MARKS): ReadonlyMap<string, ReadonlySet<unknown>> => new Map(marks.map(({ attribute, values }) => [attribute, new Set<unknown>(values)]))
  const [inference, embedding] = [marksOf(INFERENCE_MARKS), marksOf(EMBEDDING_MARKS)]
  return new Map([...new Set([...fillings.keys(), ...inference.keys()])].map((name) => [name, { fillings: fillings.get(name) ?? [], inference: inference.get(name), embedding: embedding.get(name) }]))
}

const CONTENT_NAMES = new Map(CONTENT_ATTRIBUTES.flatMap(({ name, isPrefix, said }) => (isPrefix ? [] : [[name, said] as const])))
const CONTENT_PREFIXES = CONTENT_ATTRIBUTES.flatMap(({ name, isPrefix, said }) => (isPrefix ? [{ prefix: name, said }] : []))
const CONTENT_FIRST_PARTS = new Set(CONTENT_PREFIXES.map(({ prefix }) => prefix.slice(0, prefix.indexOf('.'))))

/** What each known attribute means. */
export const ATTRIBUTE_TABLE = build()
