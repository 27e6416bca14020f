// Searching calls: a page of what a query finds, and how many there are by time and by the values of each facet. A query with a fault is
// not run; the page has the same parser and shows where the fault is.
import { WeighbridgeError } from '../../../core/errors.ts'
import { faultText } from '../../../core/trace-language/fault-text.ts'
import type { Filter } from '../../../core/trace-language/filter.ts'
import { parseTraceQuery } from '../../../core/trace-language/parse.ts'
import { callHistogram, sideOf as sideOfQuery } from '../../../store/queries/trace-search.ts'
import { countFacets, isCursor, searchCalls, type Search } from '../../../store/search/search-calls.ts'
import type { Frame } from '../api/scope.ts'
import type { FacetsAnswer, TracesAnswer } from '../api/traces.ts'
import { frameOf } from '../frame.ts'
import type { Context } from '../server.ts'

const PAGE = 100

/** GET /api/ui/traces */
export async function tracesAnswer(context: Context): Promise<TracesAnswer> {
  const { params, ask } = context
  const filters = filtersIn(params)
  const after = params.get('after')
  if (after !== null && !isCursor(after)) throw new WeighbridgeError('bad_request', 'after is the `next` of an earlier page.')
  const frame = await frameOf(params, context)
  const found = await searchCalls({ query: ask }, searchOf(frame, filters), PAGE, after ?? undefined)
  return { frame, simulated: found.simulated, calls: found.calls, next: found.next ?? null }
}

/** GET /api/ui/facets */
export async function facetsAnswer(context: Context): Promise<FacetsAnswer> {
  const { params, ask } = context
  const filters = filtersIn(params)
  const frame = await frameOf(params, context)
  const search = searchOf(frame, filters)
  const histogram = callHistogram(search.filters)
  const [counted, buckets] = await Promise.all([
    countFacets({ query: ask }, search),
    ask(histogram.query, { ...histogram.values, simulated: sideOfQuery(search.filters, frame.simulated), from: search.from, to: search.to, bucket_s: frame.bucketS }),
  ])
  return { frame, total: counted.total, facets: counted.facets, buckets }
}

/** The query, and what the scope narrows it to besides. */
function searchOf({ simulated, fromMs, toMs, tasks, targets }: Frame, filters: readonly Filter[]): Search {
  const oneOf = (field: 'task' | 'target', names: readonly string[]): Filter[] => (names.length === 0 ? [] : [{ field, negated: false, match: { kind: 'words', values: names.map((text) => ({ text, isPrefix: false })) } }])
  return { filters: [...filters, ...oneOf('task', tasks), ...oneOf('target', targets)], simulated, from: new Date(fromMs), to: new Date(toMs) }
}

function filtersIn(params: URLSearchParams): readonly Filter[] {
  const text = params.get('q') ?? ''
  const { filters, faults } = parseTraceQuery(text)
  if (faults.length > 0) throw new WeighbridgeError('search_invalid', faultText(text, faults))
  return filters
}
