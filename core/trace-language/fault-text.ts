// The faults of a query as text for people: the query, a mark under each part that is wrong, and the query as it was probably meant. Pure.
import type { Fault } from './filter.ts'
import { parseTraceQuery, withSuggestion } from './parse.ts'

/** Longest query that is shown with marks. */
const LONGEST_SHOWN = 200

/** Several lines, without a line end behind the last. `faults`: of this query, at least one. */
export function faultText(query: string, faults: readonly Fault[]): string {
  // One column for one unit: what a terminal would obey, or draw as nothing or as two, would move the marks.
  const flat = query.replaceAll(/[^\u0020-\u007e\u00a1-\u024f]/g, '·')
  const marked = query.length > LONGEST_SHOWN ? [] : [`  ${flat}`, `  ${marks(flat.length, faults)}`.trimEnd()]
  const meant = corrected(query, faults)
  return [...marked, ...faults.map((fault) => `  ${fault.message}`), ...(meant === undefined ? [] : [`  did you mean: ${meant.replaceAll(/\p{Cc}/gu, '')}`])].join('\n')
}

function marks(length: number, faults: readonly Fault[]): string {
  const line = Array.from({ length: length + 1 }, () => ' ')
  for (const { from, to } of faults) for (let at = from; at < Math.max(to, from + 1) && at <= length; at += 1) line[at] = '^'
  return line.join('')
}

/** The query with every suggestion taken; `undefined` where that is not a right query. */
export function corrected(query: string, faults: readonly Fault[]): string | undefined {
  if (faults.some((fault) => fault.suggestion === undefined)) return undefined
  // From the end on, so that the places of the others stay.
  const meant = faults.toSorted((a, b) => b.from - a.from).reduce(withSuggestion, query)
  return parseTraceQuery(meant).faults.length === 0 ? meant : undefined
}
