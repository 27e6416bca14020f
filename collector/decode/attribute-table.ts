// The dialect tables, turned over: from an attribute's name to the columns it may fill, with its rank among the names of that
// column and the roles it counts for. One look-up per attribute of a span, whatever the number of dialects.
import { COST_SOURCES_OF_ATTEMPTS, COST_SOURCES_OF_CORRECTIONS, INFERENCE_MARKS, SPAN_SOURCES, USAGE_SOURCES, type ColumnSource } from './dialects.ts'
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
  const marks = new Map(INFERENCE_MARKS.map(({ attribute, values }) => [attribute, new Set<unknown>(values)]))
  return new Map([...new Set([...fillings.keys(), ...marks.keys()])].map((name) => [name, { fillings: fillings.get(name) ?? [], inference: marks.get(name) }]))
}

/** What each known attribute means. */
export const ATTRIBUTE_TABLE = build()
