// Evals: the runs there are, and one of them in full: what it came to, what changed against an earlier run, each probe's answers side by
// side, and labelling by people.
import type { EvalsAnswer } from '../../api/evals.ts'
import { scopeQuery } from '../address.ts'
import { getJson } from '../client.ts'
import { count, counted, duration, moment, usd } from '../format.ts'
import { useLive, useReport } from '../live.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Panel, Scroll, Shown } from '../parts/pieces.tsx'
import { type Around, PageHead } from '../parts/scope-bar.tsx'
import { RunPage } from './run-page.tsx'
import './evals.css'

const EVERY_S = 15

export function Page(around: Around) {
  return around.address.id === '' ? <Runs {...around} /> : <RunPage key={around.address.id} {...around} />
}

function Runs({ address, go, names }: Around) {
  const path = `/api/ui/evals?${scopeQuery({ ...address.scope, window: undefined, tasks: [], targets: [] })}`
  const live = useLive(path, EVERY_S, (signal) => getJson<EvalsAnswer>(path, signal), true)
  useReport(live)
  return (
    <>
      <PageHead title="Evals" says="What was asked of whom, what came of it, and where people should look." address={address} go={go} names={names} frame={live.data?.frame} heeds={{ window: false, tasks: false, targets: false }} />
      <Shown live={live} what="The runs">
        {(data) => (
          <Panel title="Runs" note={`of the last ${Math.round((data.frame.toMs - data.runsFromMs) / 86_400_000)} days, newest first`} more={<Link to={{ page: 'quality', own: {} }}>Rates from run to run</Link>}>
            {data.runs.length === 0 ? (
              <Empty title={`No ${data.frame.simulated ? 'simulated' : 'real'} run is stored.`}>
                <code>weighbridge eval estimate</code> says what one would cost, <code>weighbridge eval run</code> asks the probes through the router. Real targets need a budget: nothing spends by itself.
              </Empty>
            ) : (
              <RunsTable data={data} />
            )}
          </Panel>
        )}
      </Shown>
    </>
  )
}

function RunsTable({ data }: { data: EvalsAnswer }) {
  return (
    <Scroll label="Eval runs">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">Ended</th>
            <th scope="col">Run</th>
            <th scope="col">Suites</th>
            <th scope="col">Targets</th>
            <th scope="col" class="n">Trials</th>
            <th scope="col" class="n">Unscored</th>
            <th scope="col" class="n">Took</th>
            <th scope="col" class="n">Cost</th>
            <th scope="col">Graded by</th>
          </tr>
        </thead>
        <tbody>
          {data.runs.map((run) => (
            <tr key={run.run_id}>
              <td>
                <time dateTime={new Date(run.last_at).toISOString()}>{moment(run.last_at, data.frame.toMs)}</time>
              </td>
              <th scope="row">
                <Link to={{ page: 'evals', id: run.run_id, own: {} }}>{run.run_id}</Link>
              </th>
              <td>{run.suites.join(', ')}</td>
              <td title={run.targets.join(', ')}>{run.targets.length <= 3 ? run.targets.join(', ') : counted(run.targets.length, 'target')}</td>
              <td class="n">{count(run.trials)}</td>
              <td class="n">{run.unscored === 0 ? '' : <span class="warn">{count(run.unscored)}</span>}</td>
              <td class="n">{duration(run.last_at - run.first_at)}</td>
              <td class="n">{run.cost_usd === null ? <em class="warn">unpriced</em> : usd(run.cost_usd)}</td>
              <td class="graders">{run.graders.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}
