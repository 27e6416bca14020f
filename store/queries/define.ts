// What a stored query is: its SQL once, with its meaning, its parameters and the columns it answers with, so that pages,
// panels, the CLI and the docs all read the same text.
import type { z } from 'zod'

/** One SQL text with its contract. Parameters are ClickHouse's own: `{name:Type}` in the text. */
export type Query<P extends z.ZodObject = z.ZodObject, R extends z.ZodObject = z.ZodObject> = {
  /** Unique, snake_case. */
  readonly name: string
  /** What the answer means, units included, in a sentence. */
  readonly meaning: string
  readonly params: P
  /** One row. 64-bit integers and decimals arrive as text: coerce in the schema where a number is wanted. */
  readonly row: R
  readonly sql: string
}

/** Declares a query; only there to infer the types. */
export function defineQuery<P extends z.ZodObject, R extends z.ZodObject>(query: Query<P, R>): Query<P, R> {
  return query
}
