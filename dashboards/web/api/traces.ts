// The JSON of searching calls. Types only.
import type { FoundCall, Facets } from '../../../store/search/search-calls.ts'
import type { Frame } from './scope.ts'

export type { FoundCall }

/** GET /api/ui/traces?…&q=&after=: a page of calls, newest first. */
export type TracesAnswer = {
  readonly frame: Frame
  /** The side that was searched: the query may name one. */
  readonly simulated: boolean
  readonly calls: readonly FoundCall[]
  /** `after` of the page of older calls; `null`: there are none. */
  readonly next: string | null
}

/** GET /api/ui/facets?…&q=: what the whole search finds, by time and by the values of each facet. */
export type FacetsAnswer = {
  readonly frame: Frame
  readonly total: number
  readonly facets: Facets['facets']
  readonly buckets: readonly { readonly at: number; readonly calls: number; readonly failovers: number; readonly failed: number }[]
}
