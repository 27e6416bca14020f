// One search of stored calls, from its parsed text to a page of rows with everything a list shows. In: filters, a side, a window. It
// asks which calls, from the end of the window on (newest.ts), then what is known of those. Throws what ClickHouse answers.
import type { Filter } from '../../core/trace-language/filter.ts'
import { callDetails, callFacets, callSearch, FACET_FIELDS, MOST_FOUND, sideOf, type FacetField } from '../queries/trace-search.ts'
import type { ClickHouse } from '../clickhouse/clickhouse.ts'
import { newestOf } from './newest.ts'

export type Search = {
  readonly filters: readonly Filter[]
  /** The side of the divide where the filters name none. */
  readonly simulated: boolean
  /** Half-open window of the calls' starts. */
  readonly from: Date
  readonly to: Date
}

type Found = Awaited<ReturnType<typeof page>>[number]
type Details = Awaited<ReturnType<typeof detailsOf>>[number]
/** A call as a list shows it. `failed_over`: it took more than one attempt. */
export type FoundCall = Found & Omit<Details, 'trace_id' | 'span_id'> & { readonly failed_over: boolean }

export type FoundPage = {
  readonly simulated: boolean
  readonly calls: readonly FoundCall[]
  /** Where the next page begins; `undefined`: this was the last. */
  readonly next: string | undefined
}

const CURSOR = /^(\d{1,19})-([0-9a-f]{32})-([0-9a-f]{16})$/

/** Whether a text can be a `next`. */
export function isCursor(value: string): boolean {
  return CURSOR.test(value)
}

type Asked = Pick<ClickHouse, 'query'>

/** A page of at most `limit` (1 to 500) calls, newest first, behind `after` (a page's `next`). */
export async function searchCalls(clickhouse: Asked, search: Search, limit: number, after?: string): Promise<FoundPage> {
  const simulated = sideOf(search.filters, search.simulated)
  const found = await page(clickhouse, { ...search, simulated }, Math.min(limit + 1, MOST_FOUND), after)
  const shown = found.slice(0, limit)
  const details = await detailsOf(clickhouse, simulated, shown)
  const byCall = new Map(details.map((row) => [`${row.trace_id}${row.span_id}`, row]))
  const calls = shown.map((call): FoundCall => ({ ...call, ...(byCall.get(`${call.trace_id}${call.span_id}`) ?? UNKNOWN), failed_over: call.attempts > 1 }))
  const last = shown.at(-1)
  const isMore = found.length > shown.length || (found.length === MOST_FOUND && limit >= MOST_FOUND)
  return { simulated, calls, next: isMore && last !== undefined ? `${last.started_ns}-${last.trace_id}-${last.span_id}` : undefined }
}

/** Of a call that retention took between the two questions. */
const UNKNOWN: Omit<Details, 'trace_id' | 'span_id'> = { path_targets: [], path_errors: [], input_tokens: null, cache_read_tokens: null, output_tokens: null, cost_usd: null, wasted_usd: null, retried: false, edited: false, accepted: null, rating: null, has_content: false }

async function page(clickhouse: Asked, search: Search, limit: number, after: string | undefined) {
  const { query, values } = callSearch(search.filters)
  const [, ns = '', trace = '', span = ''] = CURSOR.exec(after ?? '') ?? []
  // Nothing newer than the cursor is found: the days after it need not be looked at.
  const to = ns === '' ? search.to : new Date(Math.min(search.to.getTime(), Number(BigInt(ns) / 1_000_000n) + 1))
  return newestOf(search.from, to, limit, (window, most) => clickhouse.query(query, { ...values, ...window, simulated: search.simulated, limit: most, after_ns: ns, after_trace: trace, after_span: span }))
}

async function detailsOf(clickhouse: Asked, simulated: boolean, calls: readonly { readonly trace_id: string; readonly started_at: number }[]) {
  if (calls.length === 0) return []
  const starts = calls.map((call) => call.started_at)
  return clickhouse.query(callDetails, { simulated, from: new Date(Math.min(...starts) - 1), to: new Date(Math.max(...starts) + 1), traces: [...new Set(calls.map((call) => call.trace_id))] })
}

export type Facets = { readonly simulated: boolean; /** What the whole search finds. */ readonly total: number; readonly facets: readonly { readonly field: FacetField; readonly values: readonly { readonly value: string; readonly calls: number }[] }[] }

/** How many calls a search finds, and by the values of each facet. */
export async function countFacets(clickhouse: Asked, search: Search): Promise<Facets> {
  const simulated = sideOf(search.filters, search.simulated)
  const { query, values } = callFacets(search.filters)
  const rows = await clickhouse.query(query, { ...values, simulated, from: search.from, to: search.to })
  return {
    simulated,
    total: rows.find((row) => row.field === '')?.calls ?? 0,
    facets: FACET_FIELDS.map((field) => ({ field, values: rows.filter((row) => row.field === field).map(({ value, calls }) => ({ value, calls })) })),
  }
}
