// Searching calls: the query in a strict small language, when they were, what else could be chosen, and the calls, newest first. The
// address holds all of it. While the newest page is looked at it follows what comes.
import { useState } from 'preact/hooks'
import { toggled } from '../../../../core/trace-language/edit.ts'
import { parseTraceQuery } from '../../../../core/trace-language/parse.ts'
import { printTraceQuery } from '../../../../core/trace-language/print.ts'
import type { FacetField } from '../../../../store/queries/trace-search.ts'
import { DEFAULT_RANGE, RANGES } from '../../api/scope.ts'
import type { FacetsAnswer, TracesAnswer } from '../../api/traces.ts'
import { scopeQuery } from '../address.ts'
import { getJson } from '../client.ts'
import { useLive, useReport } from '../live.ts'
import { Shown } from '../parts/pieces.tsx'
import { type Around, PageHead } from '../parts/scope-bar.tsx'
import { CallsList } from './calls-list.tsx'
import { FacetsPanel } from './facets.tsx'
import { Histogram } from './histogram.tsx'
import { QueryBox } from './query-box.tsx'
import './traces.css'

export function Page({ address, go, names }: Around) {
  const q = address.own['q'] ?? ''
  const { filters, faults } = parseTraceQuery(q)
  const scope = scopeQuery(address.scope)
  scope.set('q', q)
  const range = address.scope.window?.kind === 'last' ? address.scope.window.range : DEFAULT_RANGE
  const [older, setOlder] = useState<{ readonly key: string; readonly pages: readonly TracesAnswer[] }>({ key: '', pages: [] })
  const key = String(scope)
  const pages = older.key === key ? older.pages : []
  // Older pages would shift under the reader's eyes if the newest kept growing.
  const every = address.scope.window?.kind === 'between' || pages.length > 0 ? 0 : RANGES[range].refreshS
  const live = useLive(`traces ${key}`, faults.length > 0 ? 0 : every, async (signal) => (faults.length > 0 ? undefined : getJson<TracesAnswer>(`/api/ui/traces?${key}`, signal)), true)
  const facets = useLive(`facets ${key}`, faults.length > 0 ? 0 : every, async (signal) => (faults.length > 0 ? undefined : getJson<FacetsAnswer>(`/api/ui/facets?${key}`, signal)), true)
  useReport(live)
  const search = (text: string): void => go({ own: { q: text } })
  const toggle = (field: FacetField, value: string): void => search(printTraceQuery(toggled(filters, field, field === 'attempts' ? Number(value) : value)))
  const last = pages.at(-1) ?? live.data
  const more = async (): Promise<void> => {
    if (last?.next == null) return
    const page = await getJson<TracesAnswer>(`/api/ui/traces?${key}&after=${last.next}`)
    setOlder({ key, pages: [...pages, page] })
  }
  return (
    <>
      <PageHead title="Traces" says="Find a call by what is known of it, then read what happened." address={address} go={go} names={names} frame={live.data?.frame} />
      <QueryBox q={q} faults={faults} search={search} facets={facets.data?.facets} />
      {faults.length === 0 && (
        <>
          {facets.data !== undefined && <Histogram data={facets.data} zoom={(fromMs, toMs) => go({ scope: { window: { kind: 'between', fromMs, toMs } } })} />}
          <div class="found">
            <FacetsPanel data={facets.data} error={facets.error} filters={filters} toggle={toggle} retry={facets.reload} />
            <div class="found-calls">
              <Shown live={live} what="The calls">
                {(data) => (data === undefined ? null : <CallsList pages={[data, ...pages]} total={facets.data?.total} q={q} more={last?.next == null ? undefined : more} clear={filters.length === 0 ? undefined : () => search('')} go={go} />)}
              </Shown>
            </div>
          </div>
        </>
      )}
    </>
  )
}
