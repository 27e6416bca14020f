// The days of the month as bars, production under evals, and what each came to.
import { useState } from 'preact/hooks'
import type { BillAnswer } from '../../api/bill.ts'
import { Bars } from '../charts/marks.tsx'
import { TimePlot } from '../charts/time-plot.tsx'
import { usdPlain } from '../format.ts'
import { Panel } from '../parts/pieces.tsx'
import { cents, number } from './exact.ts'

const DAY_MS = 86_400_000
const COLOURS: Readonly<Record<string, string>> = { production: 'var(--ink-soft)', evals: 'var(--brass-mark)' }

export function Days({ data }: { data: BillAnswer }) {
  const [index, move] = useState<number>()
  const [year = 0, month = 1] = data.month.split('-').map(Number)
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const starts = Array.from({ length }, (_, i) => data.fromMs + i * DAY_MS)
  const by = new Map(data.days.map((row) => [Date.parse(`${row.day}T00:00:00Z`), row]))
  const stacks = starts.map((at) => ({ at, parts: [{ name: 'production', value: number(by.get(at)?.production ?? null) }, { name: 'evals', value: number(by.get(at)?.evals ?? null) }] }))
  const at = index === undefined ? undefined : starts[index]
  const read = at === undefined ? undefined : by.get(at)
  const said = at === undefined ? 'US dollars per day, UTC' : `${new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' })}: ${read === undefined ? 'nothing' : `${cents(read.production)} production, ${cents(read.evals)} evals`}`
  return (
    <Panel title="Day by day" note={said} more={<Key />}>
      <TimePlot label="US dollars per day" fromMs={data.fromMs} toMs={data.fromMs + length * DAY_MS} buckets={starts} high={Math.max(0, ...stacks.map(({ parts }) => parts.reduce((sum, part) => sum + part.value, 0)))} format={usdPlain} height={160} cursor={{ index, move }} utc>
        {(inside) => <Bars inside={inside} stacks={stacks} bucketMs={DAY_MS} colour={(name) => COLOURS[name] ?? ''} />}
      </TimePlot>
    </Panel>
  )
}

function Key() {
  return (
    <span class="bill-key">
      {['production', 'evals'].map((name) => (
        <span key={name} class="target">
          <i style={{ background: COLOURS[name] ?? '' }} aria-hidden="true" />
          {name}
        </span>
      ))}
    </span>
  )
}
