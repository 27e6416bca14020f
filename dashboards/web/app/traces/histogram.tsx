// When the calls that were found began: those that went straight, failed over, failed. A stretch can be marked to look at it alone.
import { useMemo, useState } from 'preact/hooks'
import type { FacetsAnswer } from '../../api/traces.ts'
import { Bars } from '../charts/marks.tsx'
import { bucketsOf, bucketWords, TimePlot } from '../charts/time-plot.tsx'
import { compact, count, counted, moment } from '../format.ts'

const COLOURS: Readonly<Record<string, string>> = { straight: 'var(--ink-soft)', over: 'var(--brass-mark)', failed: 'var(--bad)' }

export function Histogram({ data, zoom }: { data: FacetsAnswer; zoom: (fromMs: number, toMs: number) => void }) {
  const { frame } = data
  const [index, move] = useState<number>()
  const buckets = useMemo(() => bucketsOf(frame.fromMs, frame.toMs, frame.bucketS), [frame.fromMs, frame.toMs, frame.bucketS])
  const by = useMemo(() => new Map(data.buckets.map((row) => [row.at, row])), [data])
  if (data.total === 0) return null
  const stacks = data.buckets.map((row) => {
    const over = Math.max(0, row.failovers - row.failed)
    return { at: row.at, parts: [{ name: 'straight', value: Math.max(0, row.calls - over - row.failed) }, { name: 'over', value: over }, { name: 'failed', value: row.failed }] }
  })
  const at = index === undefined ? undefined : buckets[index]
  const read = at === undefined ? undefined : by.get(at)
  return (
    <figure class="histogram">
      <figcaption class="note">
        {at === undefined ? (
          <>
            {counted(data.total, 'call')}, per {bucketWords(frame.bucketS)}; <span class="err">red</span>: no answer, <span class="warn">amber</span>: took more than one attempt. Drag over a stretch to look at it alone.
          </>
        ) : (
          <>
            {moment(at, frame.toMs)}, {bucketWords(frame.bucketS)}: {counted(read?.calls ?? 0, 'call')}, {count(read?.failovers ?? 0)} took more than one attempt, {count(read?.failed ?? 0)} got no answer
          </>
        )}
      </figcaption>
      <TimePlot label={`Calls found per ${bucketWords(frame.bucketS)}`} fromMs={frame.fromMs} toMs={frame.toMs} buckets={buckets} high={Math.max(...data.buckets.map((row) => row.calls))} format={(value) => (Number.isInteger(value) ? compact(value) : '')} height={96} cursor={{ index, move }} zoom={zoom}>
        {(inside) => <Bars inside={inside} stacks={stacks} bucketMs={frame.bucketS * 1_000} colour={(name) => COLOURS[name] ?? ''} />}
      </TimePlot>
    </figure>
  )
}
