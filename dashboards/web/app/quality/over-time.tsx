// Retries and edits as they go, a small chart per target with the band of the interval.
import { useState } from 'preact/hooks'
import type { QualityAnswer } from '../../api/quality.ts'
import { Line } from '../charts/marks.tsx'
import { bucketsOf, bucketWords, TimePlot } from '../charts/time-plot.tsx'
import { moment, percent } from '../format.ts'
import { Choice, Panel } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

export function OverTime({ data }: { data: QualityAnswer }) {
  const colour = useColour()
  const [kind, setKind] = useState<'retried' | 'edited'>('retried')
  const [index, move] = useState<number>()
  const { frame, answersAt, answersBucketS } = data
  if (answersAt.length === 0) return null
  const targets = [...new Set(answersAt.map((row) => row.target))].toSorted()
  const buckets = bucketsOf(frame.fromMs, frame.toMs, answersBucketS)
  const high = Math.min(1, Math.max(0.1, ...answersAt.map((row) => row[`${kind}_high`] ?? 0)))
  const at = index === undefined ? undefined : buckets[index]
  return (
    <Panel
      title="Over time"
      note={`share of followed-up calls per ${bucketWords(answersBucketS)}, with the band of its 95% interval${at === undefined ? '' : `; ${moment(at, frame.toMs)}`}`}
      more={
        <Choice
          label="Which follow-up"
          choices={[
            { value: 'retried', name: 'Asked again' },
            { value: 'edited', name: 'Edited' },
          ]}
          chosen={kind}
          choose={setKind}
        />
      }
    >
      <div class="multiples">
        {targets.map((target) => {
          const rows = answersAt.filter((row) => row.target === target)
          const read = at === undefined ? undefined : rows.find((row) => row.at === at)
          return (
            <figure key={target}>
              <h3>
                <TargetName name={target} />
                <small>{at === undefined ? '' : read === undefined ? 'nothing seen' : `${percent(read[`${kind}_rate`])} (${percent(read[`${kind}_low`])} to ${percent(read[`${kind}_high`])}), n ${read.observed}`}</small>
              </h3>
              <TimePlot label={`${kind === 'retried' ? 'Asked again' : 'Edited'}, ${target}`} fromMs={frame.fromMs} toMs={frame.toMs} buckets={buckets} high={high} format={percent} height={140} small cursor={{ index, move }}>
                {(inside) => (
                  <Line
                    inside={inside}
                    points={rows.flatMap((row) => (row[`${kind}_rate`] === null ? [] : [{ at: row.at, value: row[`${kind}_rate`] ?? 0, low: row[`${kind}_low`], high: row[`${kind}_high`] }]))}
                    bucketMs={answersBucketS * 1_000}
                    colour={colour(target)}
                  />
                )}
              </TimePlot>
            </figure>
          )
        })}
      </div>
    </Panel>
  )
}
