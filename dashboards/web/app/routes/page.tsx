// How traffic is weighed. One question a view: what is in force and on what evidence, how the targets stand, what waits for a decision,
// how it came to be, and where one call would go. The views share the routes; each asks for what else it needs.
import { useMemo } from 'preact/hooks'
import type { OperationsDocument } from '../../../../core/operations.ts'
import type { HistoryAnswer, RecommendationAnswer, RoutesAnswer } from '../../api/routes.ts'
import { setting } from '../address.ts'
import { getJson } from '../client.ts'
import { useLive, useReport } from '../live.ts'
import { counted } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Loading, Trouble } from '../parts/pieces.tsx'
import { type Around, PageHead } from '../parts/scope-bar.tsx'
import { Targets, withConfigured } from '../targets.tsx'
import { ExplainView } from './explain.tsx'
import { History } from './history.tsx'
import { InForce } from './in-force.tsx'
import { Recommend } from './recommend.tsx'
import { withoutLearner } from './state.ts'
import { TargetsView } from './targets-view.tsx'
import { WhatIf } from './what-if.tsx'
import './routes.css'

const EVERY_S = 5
const VIEWS = ['force', 'targets', 'recommendation', 'history', 'whatif', 'explain'] as const
type View = (typeof VIEWS)[number]
const NAMES: Readonly<Record<View, string>> = { force: 'In force', targets: 'Targets and drains', recommendation: 'Recommendation', history: 'History', whatif: 'What if', explain: 'Where would a call go' }

export function Page({ address, go, names }: Around) {
  const view = setting(address, 'view', VIEWS)
  const routes = useLive('routes', EVERY_S, (signal) => getJson<RoutesAnswer>('/admin/routes', signal))
  const waiting = useLive('recommendation', EVERY_S, (signal) => getJson<RecommendationAnswer>('/admin/routes/recommendation', signal))
  const history = useLive('history', EVERY_S, (signal) => getJson<HistoryAnswer>('/admin/routes/history', signal))
  const operations = useLive('operations', EVERY_S, (signal) => getJson<OperationsDocument>('/admin/operations', signal))
  useReport(routes)
  const simulated = address.scope.simulated ?? names?.frame.simulated
  const tasks = useMemo(() => (routes.data?.tasks ?? []).filter((task) => task.simulated === simulated), [routes.data, simulated])
  const seen = useMemo(() => withConfigured(names?.targets ?? [], tasks.flatMap((task) => [...Object.keys(task.configured), ...Object.keys(task.weights)])), [names, tasks])
  const recommendation = waiting.data?.recommendation?.simulated === simulated ? waiting.data?.recommendation : null
  const moves = recommendation?.tasks.filter((task) => task.verdict === 'move').length ?? 0
  const reload = (): void => {
    routes.reload()
    waiting.reload()
    history.reload()
    operations.reload()
  }
  return (
    <Targets.Provider value={seen}>
      <PageHead title="Routes" says="Where traffic goes, on what evidence, and what would change it." address={address} go={go} names={names} frame={names?.frame} heeds={{ window: false, tasks: false, targets: false }} />
      <nav class="views" aria-label="Views of routes">
        {VIEWS.map((name) => (
          <Link key={name} to={{ own: { view: name === 'force' ? '' : name } }} current={name === view}>
            {NAMES[name]}
            {name === 'recommendation' && moves > 0 && <span class="badge strong" title={`${counted(moves, 'move')} to decide`}>{moves}</span>}
            {name === 'targets' && (operations.data?.drains.length ?? 0) > 0 && <span class="badge warn">{operations.data?.drains.length}</span>}
          </Link>
        ))}
      </nav>
      {routes.error !== undefined && <Trouble error={withoutLearner(routes.error)} doing={routes.data === undefined ? 'The routes could not be read.' : 'The routes could not be refreshed; older ones are shown.'} retry={routes.reload} />}
      {routes.data === undefined && routes.error === undefined && <Loading what="Reading the routes…" />}
      {view === 'force' && routes.data !== undefined && simulated !== undefined && <InForce routes={routes.data} tasks={tasks} recommendation={recommendation ?? undefined} operations={operations.data} simulated={simulated} />}
      {view === 'targets' && <TargetsView operations={operations} changed={reload} />}
      {view === 'recommendation' && <Recommend recommendation={recommendation ?? null} problem={waiting.error === undefined ? undefined : withoutLearner(waiting.error)} reachable={routes.data !== undefined} tasks={tasks} simulated={simulated ?? true} changed={reload} />}
      {view === 'history' && simulated !== undefined && <History history={history} tasks={tasks} simulated={simulated} current={routes.data?.current?.version} changed={reload} />}
      {view === 'whatif' && <WhatIf address={address} go={go} targets={operations.data?.targets.map((target) => target.target) ?? seen} />}
      {view === 'explain' && <ExplainView address={address} go={go} tasks={tasks} />}
    </Targets.Provider>
  )
}
