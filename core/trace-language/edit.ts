// Edits of a query by its parts, for facets and pages: a value switched on or off, a field's terms replaced. Pure.
import type { FieldName } from './fields.ts'
import type { Filter, Match } from './filter.ts'

/** A plain value of a field, as a facet shows it. */
export type FacetValue = string | number | boolean

function sameField(filter: Filter, field: FieldName, tag: string | undefined): boolean {
  return filter.field === field && filter.tag === tag
}

/** Whether a query asks for this value by name. */
export function asksFor(filters: readonly Filter[], field: FieldName, value: FacetValue, tag?: string): boolean {
  return filters.some((filter) => !filter.negated && sameField(filter, field, tag) && holds(filter.match, value))
}

function holds(match: Match, value: FacetValue): boolean {
  if (match.kind === 'words') return match.values.some((word) => !word.isPrefix && word.text === value)
  if (match.kind === 'numbers') return match.values.some((number) => number === value)
  return match.kind === 'flag' && match.value === value
}

/** The query without the terms of a field. */
export function withoutField(filters: readonly Filter[], field: FieldName, tag?: string): Filter[] {
  return filters.filter((filter) => !sameField(filter, field, tag))
}

/** The query with one term in the place of all that the field had. */
export function withTerm(filters: readonly Filter[], term: Filter): Filter[] {
  const first = filters.findIndex((filter) => sameField(filter, term.field, term.tag))
  if (first === -1) return [...filters, term]
  return filters.flatMap((filter, index) => (index === first ? [term] : sameField(filter, term.field, term.tag) ? [] : [filter]))
}

/** The query with a value added to what its field may be, or taken away where it was asked for by name. */
export function toggled(filters: readonly Filter[], field: FieldName, value: FacetValue, tag?: string): Filter[] {
  if (asksFor(filters, field, value, tag)) return filters.flatMap((filter) => (filter.negated || !sameField(filter, field, tag) ? [filter] : lessened(filter, value)))
  const own = filters.find((filter) => !filter.negated && sameField(filter, field, tag) && (filter.match.kind === 'words' || filter.match.kind === 'numbers'))
  const match = own === undefined || typeof value === 'boolean' ? single(value) : added(own.match, value)
  const term: Filter = { field, ...(tag === undefined ? {} : { tag }), negated: false, match }
  if (own !== undefined) return filters.map((filter) => (filter === own ? term : filter))
  return typeof value === 'boolean' ? withTerm(filters, term) : [...filters, term]
}

function single(value: FacetValue): Match {
  if (typeof value === 'boolean') return { kind: 'flag', value }
  return typeof value === 'number' ? { kind: 'numbers', values: [value] } : { kind: 'words', values: [{ text: value, isPrefix: false }] }
}

function added(match: Match, value: FacetValue): Match {
  if (match.kind === 'words' && typeof value === 'string') return { kind: 'words', values: [...match.values, { text: value, isPrefix: false }] }
  if (match.kind === 'numbers' && typeof value === 'number') return { kind: 'numbers', values: [...match.values, value] }
  return single(value)
}

/** The term without the value; nothing where that was all. */
function lessened(filter: Filter, value: FacetValue): Filter[] {
  const { match } = filter
  if (match.kind === 'words') {
    const values = match.values.filter((word) => word.isPrefix || word.text !== value)
    return values.length === 0 ? [] : [{ ...filter, match: { kind: 'words', values } }]
  }
  if (match.kind === 'numbers') {
    const values = match.values.filter((number) => number !== value)
    return values.length === 0 ? [] : [{ ...filter, match: { kind: 'numbers', values } }]
  }
  return match.kind === 'flag' && match.value === value ? [] : [filter]
}
