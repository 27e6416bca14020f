// The overview: one side of the divide, one time range, refreshed while looked at. It asks for the stored figures and, apart
// from them, for the routes; either may be missing and the other still shows.
import { useMemo } from 'preact/hooks'
import { DEFAULT_RANGE, RANGES, type HistoryAnswer, type Overview, type Recommendation, type RecommendationAnswer, type RoutesAnswer } from '../../api.ts'
import type { Address } from '../address.ts'
import { getJson, PageError } from '../client.ts'
import { useLive } from '../live.ts'
import { Empty, Trouble } from '../parts/pieces.tsx'
import { type Go, Shell } from '../parts/shell.tsx'
import { Targets, withConfigured } from '../targets.tsx'
import { Calls } from './calls.tsx'
import { Figures } from './figures.tsx'
import { Quality } from './quality.tsx'
import { Routing, type RoutesState } from './routing.tsx'
import { Spend } from './spend.tsx'
import { TaskTable } from './task-table.tsx'
import { Tradeoff } from './tradeoff.tsx'

const ROUTES_EVERY_S = 5

export function OverviewPage({ address, go }: { address: Address; go: Go }) {
  const side = address.simulated === undefined ? '' : `&simulated=${address.simulated ? 1 : 0}`
  const path = `/api/ui/overview?only=${address.only}${side}${address.range === undefined ? '' : `&range=${address.range}`}`
  const live = useLive(path, RANGES[address.range ?? DEFAULT_RANGE].refreshS, (signal) => getJson<Overview>(path, signal))
  const routes = useLive('routes', ROUTES_EVERY_S, askRoutes)
  const data = live.data
  const simulated = data?.simulated ?? address.simulated
  const names = useMemo(() => {
    const configured = routes.data?.routes.tasks.filter((task) => task.simulated === simulated).flatMap((task) => [...Object.keys(task.configured), ...Object.keys(task.weights)]) ?? []
    return withConfigured(data?.targets ?? [], configured)
  }, [data, routes.data, simulated])

  return (
    <Shell address={address} go={go} range={data?.range} simulated={simulated} has={data?.has} at={live.at} stale={live.error !== undefined}>
      <h1 class="hidden">Overview</h1>
      {live.error !== undefined && <Trouble error={live.error} doing={data === undefined ? 'The figures could not be read.' : 'The newest refresh failed; older figures are shown.'} retry={live.reload} />}
      {data === undefined && live.error === undefined && <p class="loading">Reading the figures…</p>}
      {data !== undefined && simulated !== undefined && (
        <Targets.Provider value={names}>
          {data.totals.calls === 0 && <NoCalls data={data} go={go} />}
          <Figures data={data} />
          <div class="columns wide-narrow">
            <Spend data={data} />
            <Tradeoff routes={routes.data?.routes} recommendation={recommended(routes.data)} simulated={simulated} />
          </div>
          <Quality data={data} />
          <Routing simulated={simulated} routes={routes} stored={data.weights} />
          <Calls data={data} address={address} go={go} />
          <TaskTable data={data} />
        </Targets.Provider>
      )}
    </Shell>
  )
}

function recommended(state: RoutesState | undefined): Recommendation | undefined {
  const answer = state?.recommendation
  return answer === undefined || answer instanceof PageError ? undefined : (answer.recommendation ?? undefined)
}

async function askRoutes(signal: AbortSignal): Promise<RoutesState> {
  const routes = await getJson<RoutesAnswer>('/admin/routes', signal)
  // The weights in force matter most: without history or recommendation they still show, with the reason for the gap.
  const [history, recommendation] = await Promise.all([
    getJson<HistoryAnswer>('/admin/routes/history', signal).catch(orError),
    getJson<RecommendationAnswer>('/admin/routes/recommendation', signal).catch(orError),
  ])
  return { routes, history, recommendation }
}

function orError(thrown: unknown): PageError {
  if (thrown instanceof PageError) return thrown
  throw thrown
}

function NoCalls({ data, go }: { data: Overview; go: Go }) {
  const other = data.simulated ? data.has.real : data.has.simulated
  const hereToo = data.simulated ? data.has.simulated : data.has.real
  return (
    <Empty title={`No ${data.simulated ? 'simulated' : 'real'} calls in the last ${RANGES[data.range].label}.`}>
      {hereToo ? (
        <button type="button" onClick={() => go({ range: '30d' })}>
          Show 30 days
        </button>
      ) : data.simulated ? (
        <>
          Run <code>weighbridge up --demo</code> to see the loop at work on scripted providers.
        </>
      ) : (
        <>
          Point an OpenAI client at this address with <code>base_url = "{window.location.origin}/v1"</code> and <code>model = "auto"</code>; the call shows here within seconds.
        </>
      )}{' '}
      {other && (
        <button type="button" onClick={() => go({ simulated: !data.simulated })}>
          Show {data.simulated ? 'real' : 'simulated'} calls
        </button>
      )}
    </Empty>
  )
}
