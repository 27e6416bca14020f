// A parsed search: terms that must all hold. What the parser answers with, what facets and pages edit, and what becomes SQL. Pure data.
import type { FieldName } from './fields.ts'

/** A text to compare with; `isPrefix`: everything that begins so. */
export type Word = { readonly text: string; readonly isPrefix: boolean }

/** Numbers in the field's base unit: dollars, milliseconds, counts, shares of 1. */
export type Match =
  | { readonly kind: 'words'; readonly values: readonly Word[] }
  | { readonly kind: 'numbers'; readonly values: readonly number[] }
  | { readonly kind: 'compare'; readonly operator: '>' | '>=' | '<' | '<='; readonly value: number }
  /** Both ends included. */
  | { readonly kind: 'between'; readonly low: number; readonly high: number }
  | { readonly kind: 'flag'; readonly value: boolean }

/** One term. Negated, it finds exactly the calls that it would not find otherwise: also those where the fact is unknown. */
export type Filter = {
  readonly field: FieldName
  /** Name of the tag, where the field is `tag`. */
  readonly tag?: string
  readonly negated: boolean
  readonly match: Match
}

/** What is wrong with a part of a query. */
export type Fault = {
  /** Half-open, in UTF-16 units of the query. */
  readonly from: number
  readonly to: number
  readonly message: string
  /** What to put in that part's place; `undefined`: there is no good guess. */
  readonly suggestion?: string
}

/** `filters` are those of the terms that are right; a query with faults must not be run. */
export type ParsedQuery = { readonly filters: readonly Filter[]; readonly faults: readonly Fault[] }
