// Starts the pages: which one the address names, its names and colours, and the theme. Each page but the first comes in a piece of its own.
import { type ComponentType, render } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { NamesAnswer } from '../api/scope.ts'
import { type PageName, scopeQuery, useAddress } from './address.ts'
import { getJson, PageError } from './client.ts'
import { type Report, Reports, useLive } from './live.ts'
import { OverviewPage } from './overview/page.tsx'
import { Place } from './parts/link.tsx'
import { Loading, Trouble } from './parts/pieces.tsx'
import type { Around } from './parts/scope-bar.tsx'
import { Shell } from './parts/shell.tsx'
import { Targets } from './targets.tsx'
import { applyTheme, readTheme } from './theme.ts'
import '@fontsource-variable/archivo/index.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/charts.css'

type Page = ComponentType<Around>

const PAGES: Readonly<Record<PageName, { readonly title: string; readonly load: Page | (() => Promise<{ readonly Page: Page }>) }>> = {
  overview: { title: 'Overview', load: OverviewPage },
  spend: { title: 'Spend', load: () => import('./spend/page.tsx') },
  quality: { title: 'Quality', load: () => import('./quality/page.tsx') },
  routes: { title: 'Routes', load: () => import('./routes/page.tsx') },
  bill: { title: 'Bill', load: () => import('./bill/page.tsx') },
  evals: { title: 'Evals', load: () => import('./evals/page.tsx') },
  traces: { title: 'Traces', load: () => import('./traces/page.tsx') },
  trace: { title: 'Trace', load: () => import('./trace/page.tsx') },
}
const NAMES_EVERY_S = 60

function App() {
  const [address, go] = useAddress()
  const [report, setReport] = useState<Report>({ at: undefined, stale: false })
  const path = `/api/ui/names?${scopeQuery({ ...address.scope, tasks: [], targets: [] })}`
  const names = useLive(path, NAMES_EVERY_S, (signal) => getJson<NamesAnswer>(path, signal), true)
  const place = useMemo(() => ({ address, go }), [address])
  const { title } = PAGES[address.page]
  useEffect(() => {
    document.title = `${address.page === 'trace' ? `Trace ${address.id.slice(0, 8)}` : title} · Weighbridge`
    setReport({ at: undefined, stale: false })
  }, [address.page, address.id])
  return (
    <Place.Provider value={place}>
      <Reports.Provider value={setReport}>
        <Targets.Provider value={names.data?.targets ?? []}>
          <Shell address={address} go={go} simulated={address.scope.simulated ?? names.data?.frame.simulated} has={names.data?.has} report={report}>
            <Loaded key={`${address.page}/${address.id}`} page={address.page} title={title} around={{ address, go, names: names.data }} />
          </Shell>
        </Targets.Provider>
      </Reports.Provider>
    </Place.Provider>
  )
}

function Loaded({ page, title, around }: { page: PageName; title: string; around: Around }) {
  const { load } = PAGES[page]
  const [state, setState] = useState<{ readonly page?: Page; readonly error?: PageError }>(() => (isLoaded(load) ? { page: load } : {}))
  useEffect(() => {
    if (isLoaded(load)) return
    load()
      .then(({ Page }) => setState({ page: Page }))
      // Another version may have been installed since this page was opened.
      .catch((cause: unknown) => setState({ error: new PageError(0, 'page_not_loaded', `This part of the pages could not be loaded: ${String(cause)}`, 'Reload the page: it may have been updated.') }))
  }, [])
  if (state.error !== undefined) return <Trouble error={state.error} doing="The page did not open." retry={() => window.location.reload()} />
  return state.page === undefined ? <Loading what={`Opening ${title}…`} /> : <state.page {...around} />
}

/** The first page is in the bundle; a component takes its properties, a loader nothing. */
function isLoaded(load: (typeof PAGES)[PageName]['load']): load is Page {
  return load === OverviewPage
}

applyTheme(readTheme())
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
