// Where the money goes: how much and where it is heading, over time by one dimension, and then one question after another: what does an
// accepted answer cost, which inputs are dear, what did caches save, who spends, what has no price.
import { useMemo } from 'preact/hooks'
import { SPLITS, type SpendAnswer, type Split } from '../../api/spend.ts'
import { DEFAULT_RANGE, RANGES } from '../../api/scope.ts'
import { type Go, scopeQuery, setting } from '../address.ts'
import { SpendChart, SpendLedger, spendSeries, useSpendCursor } from '../charts/spend-chart.tsx'
import { bucketWords } from '../charts/time-plot.tsx'
import { getJson } from '../client.ts'
import { useLive, useReport } from '../live.ts'
import { Choice, Empty, Panel, Scroll, Shown } from '../parts/pieces.tsx'
import { type Around, PageHead } from '../parts/scope-bar.tsx'
import { paintAt, useColour } from '../targets.tsx'
import { AcceptedCost } from './accepted-cost.tsx'
import { ByKey } from './by-key.tsx'
import { BySize } from './by-size.tsx'
import { ByTask } from './by-task.tsx'
import { Caches } from './caches.tsx'
import { SpendFigures } from './figures.tsx'
import { Unpriced } from './unpriced.tsx'
import './spend.css'

const SPLIT_NAMES: Readonly<Record<Split, { readonly name: string; readonly none: string }>> = {
  target: { name: 'Target', none: 'none' },
  task: { name: 'Task', none: 'none' },
  provider: { name: 'Provider', none: 'none' },
  key: { name: 'Key', none: 'without a key' },
  effort: { name: 'Effort', none: 'no effort set' },
}

export function Page({ address, go, names }: Around) {
  const by = setting(address, 'by', SPLITS)
  const path = `/api/ui/spend?by=${by}&${scopeQuery(address.scope)}`
  const range = address.scope.window?.kind === 'last' ? address.scope.window.range : DEFAULT_RANGE
  const live = useLive(path, address.scope.window?.kind === 'between' ? 0 : RANGES[range].refreshS, (signal) => getJson<SpendAnswer>(path, signal), true)
  useReport(live)
  return (
    <>
      <PageHead title="Spend" says="What it costs, who and what costs it, and where the month is heading." address={address} go={go} names={names} frame={live.data?.frame} />
      <Shown live={live} what="The spend">
        {(data) => (
          <>
            <SpendFigures data={data} />
            <OverTime data={data} go={go} />
            <AcceptedCost data={data} />
            <ByTask rows={data.taskTargets} />
            <div class="columns even">
              <BySize rows={data.bySize} />
              <Caches rows={data.caches} />
            </div>
            <div class="columns even">
              <ByKey rows={data.byKey} />
              <Unpriced rows={data.unpriced} />
            </div>
          </>
        )}
      </Shown>
    </>
  )
}

function OverTime({ data, go }: { data: SpendAnswer; go: Go }) {
  const ofTarget = useColour()
  const cursor = useSpendCursor()
  const series = useMemo(() => spendSeries(data.frame, data.spend), [data])
  const sorted = useMemo(() => series.names.toSorted(), [series])
  const colour = data.by === 'target' ? ofTarget : (name: string): string => paintAt(sorted.indexOf(name)).ground
  const { name, none } = SPLIT_NAMES[data.by]
  return (
    <Panel
      title="Over time"
      note={`US dollars per ${bucketWords(data.frame.bucketS)}, failed attempts included; drag over the chart to look at a stretch alone`}
      more={<Choice label="Split by" choices={SPLITS.map((value) => ({ value, name: SPLIT_NAMES[value].name }))} chosen={data.by} choose={(value) => go({ own: { by: value === 'target' ? '' : value } })} />}
    >
      {series.names.length === 0 ? (
        <Empty title="Nothing was spent in this window.">Choose a longer one, or fewer filters.</Empty>
      ) : (
        <div class="columns chart-ledger">
          <SpendChart frame={data.frame} series={series} colour={colour} cursor={cursor} height={250} zoom={(fromMs, toMs) => go({ scope: { window: { kind: 'between', fromMs, toMs } } })} />
          <Scroll label={`Spend by ${name.toLowerCase()}`}>
            <SpendLedger frame={data.frame} series={series} colour={colour} cursor={cursor} what={name} none={none} perAttempt />
          </Scroll>
        </div>
      )}
    </Panel>
  )
}
