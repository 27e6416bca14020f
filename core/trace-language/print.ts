// Filters → the text that parses to them again: one spelling per filter, so that addresses with a query in them can be compared. Pure.
import { FIELDS } from './fields.ts'
import type { Filter, Match, Word } from './filter.ts'
import { writeNumber } from './numbers.ts'

/** The whole query; empty for no filters. */
export function printTraceQuery(filters: readonly Filter[]): string {
  return filters.map(printFilter).join(' ')
}

/** One term. */
export function printFilter({ field, tag, negated, match }: Filter): string {
  const name = field === 'tag' ? `tag.${tagName(tag ?? '')}` : field
  return `${negated ? '-' : ''}${name}${printMatch(field, match)}`
}

function printMatch(field: Filter['field'], match: Match): string {
  const definition = FIELDS[field]
  const written = (value: number): string => (definition.kind === 'number' ? writeNumber(definition.unit, value) : String(value))
  if (match.kind === 'flag') return `:${match.value ? 'yes' : 'no'}`
  if (match.kind === 'compare') return `${match.operator}${written(match.value)}`
  if (match.kind === 'between') return `:${written(match.low)}..${written(match.high)}`
  return `:${list(match.kind === 'words' ? match.values.map(printWord) : match.values.map(written))}`
}

function list(parts: readonly string[]): string {
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(',')})`
}

/** Letters and digits of ASCII and what names and ids are made of; a range's dots, a star and everything else is quoted. */
const BARE = /^(?!.*\.\.)[A-Za-z0-9_.:/@+-]+$/

function printWord({ text, isPrefix }: Word): string {
  // A quoted text is never a beginning: what has to be quoted and is one cannot be written; the parser makes none.
  if (isPrefix) return `${text}*`
  return BARE.test(text) ? text : quoted(text)
}

const TAG_NAME = /^[A-Za-z0-9_/@+-][A-Za-z0-9_./@+-]*$/

/** Whether a tag's name can stand without quotes. */
export function isBareTagName(name: string): boolean {
  return TAG_NAME.test(name)
}

function tagName(name: string): string {
  return isBareTagName(name) ? name : quoted(name)
}

/** A text in double quotes; `\` and `"` inside are escaped with `\`. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (char) => `\\${char}`)}"`
}
