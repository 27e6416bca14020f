// One run. Views: what it came to beside an earlier run, its probes with the answers side by side, and labelling.
import type { RunAnswer } from '../../api/evals.ts'
import { setting } from '../address.ts'
import { getJson } from '../client.ts'
import { moment } from '../format.ts'
import { useLive, useReport } from '../live.ts'
import { Link } from '../parts/link.tsx'
import { Shown } from '../parts/pieces.tsx'
import type { Around } from '../parts/scope-bar.tsx'
import { Targets, withConfigured } from '../targets.tsx'
import { Label } from './label.tsx'
import { Probes } from './probes.tsx'
import { Summary } from './summary.tsx'

const VIEWS = ['summary', 'probes', 'label'] as const
const NAMES = { summary: 'What it came to', probes: 'Probe by probe', label: 'Label answers' } as const

export function RunPage({ address, go, names }: Around) {
  const view = setting(address, 'view', VIEWS)
  const params = new URLSearchParams(address.scope.simulated === undefined ? {} : { simulated: address.scope.simulated ? '1' : '0' })
  const against = address.own['against'] ?? ''
  if (against !== '') params.set('against', against)
  const path = `/api/ui/evals/${encodeURIComponent(address.id)}?${params}`
  const live = useLive(path, 0, (signal) => getJson<RunAnswer>(path, signal), true)
  useReport(live)
  return (
    <>
      <p class="crumbs">
        <Link to={{ page: 'evals', id: '', own: {} }}>Evals</Link> / <code>{address.id}</code>
      </p>
      <header class="page-head">
        <div>
          <h1>Run {address.id}</h1>
          <p class="says">{live.data === undefined ? 'Reading…' : `${[...new Set(live.data.summary.map((row) => row.suite))].join(', ')}; ${live.data.simulated ? 'simulated' : 'real'} targets`}</p>
        </div>
        {view !== 'label' && live.data !== undefined && live.data.others.length > 0 && (
          <div class="scope">
            <label class="against">
              Beside{' '}
              <select onChange={(event) => go({ own: { against: event.currentTarget.value } })}>
                {live.data.against === null && <option value="">no other run</option>}
                {live.data.others.map((other) => (
                  <option key={other.run_id} value={other.run_id} selected={other.run_id === live.data?.against?.run_id}>
                    {other.run_id} ({moment(other.last_at, Date.now())})
                  </option>
                ))}
              </select>
            </label>
          </div>
        )}
      </header>
      <nav class="views" aria-label="Views of the run">
        {VIEWS.map((name) => (
          <Link key={name} to={{ own: { view: name === 'summary' ? '' : name } }} current={name === view}>
            {NAMES[name]}
          </Link>
        ))}
      </nav>
      {view === 'label' ? (
        <Label run={address.id} />
      ) : (
        <Shown live={live} what="The run">
          {(data) => (
            <Targets.Provider value={withConfigured(names?.targets ?? [], data.summary.map((row) => row.target))}>
              {view === 'summary' && <Summary data={data} />}
              {view === 'probes' && <Probes data={data} address={address} go={go} />}
            </Targets.Provider>
          )}
        </Shown>
      )}
    </>
  )
}
