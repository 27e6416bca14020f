// The overview: how things stand in one screen. It asks for the stored figures and, apart from them, for how the router stands and what
// waits for a decision; any of these may be missing and the others still show.
import { useMemo } from 'preact/hooks'
import type { OperationsDocument } from '../../../../core/operations.ts'
import type { OverviewAnswer } from '../../api/overview.ts'
import type { RecommendationAnswer, RoutesAnswer } from '../../api/routes.ts'
import { DEFAULT_RANGE, RANGES } from '../../api/scope.ts'
import { scopeQuery } from '../address.ts'
import { SpendChart, SpendLedger, spendSeries, useSpendCursor } from '../charts/spend-chart.tsx'
import { bucketWords } from '../charts/time-plot.tsx'
import { getJson } from '../client.ts'
import { useLive, useReport } from '../live.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Panel, Scroll, Shown } from '../parts/pieces.tsx'
import { type Around, PageHead } from '../parts/scope-bar.tsx'
import { useColour } from '../targets.tsx'
import { attention } from './attention.ts'
import { Figures } from './figures.tsx'
import { NewestTrouble } from './newest-trouble.tsx'
import { NoCalls } from './no-calls.tsx'
import { Needs } from './needs.tsx'
import { QualityNow } from './quality-now.tsx'
import { WeightsNow } from './weights-now.tsx'
import './overview.css'

const ROUTER_EVERY_S = 5

export function OverviewPage({ address, go, names }: Around) {
  const path = `/api/ui/overview?${scopeQuery(address.scope)}`
  const range = address.scope.window?.kind === 'last' ? address.scope.window.range : DEFAULT_RANGE
  const live = useLive(path, address.scope.window?.kind === 'between' ? 0 : RANGES[range].refreshS, (signal) => getJson<OverviewAnswer>(path, signal), true)
  useReport(live)
  const operations = useLive('operations', ROUTER_EVERY_S, (signal) => getJson<OperationsDocument>('/admin/operations', signal))
  const routes = useLive('routes', ROUTER_EVERY_S, (signal) => getJson<RoutesAnswer>('/admin/routes', signal))
  const waiting = useLive('recommendation', ROUTER_EVERY_S, (signal) => getJson<RecommendationAnswer>('/admin/routes/recommendation', signal))
  return (
    <>
      <PageHead title="Overview" says="What is spent, what fails over, whether answers are right, and what needs a person." address={address} go={go} names={names} frame={live.data?.frame} />
      <Shown live={live} what="The figures">
        {(data) => (
          <>
            {data.totals.calls === 0 && <NoCalls data={data} has={names?.has} go={go} />}
            <Needs items={attention({ overview: data, operations: operations.data, routes: routes.data, recommendation: waiting.data?.recommendation ?? undefined })} known={operations.data !== undefined} />
            {data.totals.calls > 0 && (
              <>
                <Figures data={data} />
                <Spend data={data} zoom={(fromMs, toMs) => go({ scope: { window: { kind: 'between', fromMs, toMs } } })} />
              </>
            )}
            <div class="columns overview-low">
              <QualityNow data={data} />
              <WeightsNow simulated={data.frame.simulated} routes={routes} recommendation={waiting.data?.recommendation ?? undefined} />
              {data.totals.calls > 0 && <NewestTrouble data={data} />}
            </div>
          </>
        )}
      </Shown>
    </>
  )
}

function Spend({ data, zoom }: { data: OverviewAnswer; zoom: (fromMs: number, toMs: number) => void }) {
  const colour = useColour()
  const cursor = useSpendCursor()
  const series = useMemo(() => spendSeries(data.frame, data.spend.map((row) => ({ ...row, name: row.target }))), [data])
  return (
    <Panel title="Spend" note={`US dollars per ${bucketWords(data.frame.bucketS)}, failed attempts included`} more={<Link to={{ page: 'spend', own: {} }}>Spend by task, provider, key …</Link>}>
      {series.names.length === 0 ? (
        <Empty title="Nothing was spent in this window.">Bars appear with the first call.</Empty>
      ) : (
        <div class="columns chart-ledger">
          <SpendChart frame={data.frame} series={series} colour={colour} cursor={cursor} height={228} zoom={zoom} />
          <Scroll label="Spend by target">
            <SpendLedger frame={data.frame} series={series} colour={colour} cursor={cursor} what="Target" none="none" />
          </Scroll>
        </div>
      )}
    </Panel>
  )
}
