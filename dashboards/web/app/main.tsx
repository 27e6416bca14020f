// Starts the pages: which one the address names, and the theme.
import { render } from 'preact'
import { useAddress } from './address.ts'
import { OverviewPage } from './overview/page.tsx'
import { applyTheme, readTheme } from './theme.ts'
import { TracePage } from './trace/page.tsx'
import './styles/base.css'
import './styles/charts.css'
import './styles/pages.css'

function App() {
  const [address, go] = useAddress()
  return address.traceId === undefined ? <OverviewPage address={address} go={go} /> : <TracePage key={address.traceId} traceId={address.traceId} address={address} go={go} />
}

applyTheme(readTheme())
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
