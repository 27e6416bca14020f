// From run to run, a small chart per target: each run's rate with its interval. Runs of another suite version or grader are drawn as
// other points, since their scores do not compare.
import type { QualityAnswer, RunRates } from '../../api/quality.ts'
import { type Address, type Go, setting } from '../address.ts'
import { Points, type Point } from '../charts/marks.tsx'
import { TimePlot } from '../charts/time-plot.tsx'
import { counted, percent } from '../format.ts'
import { Choice, Panel } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

const MEASURES = ['hallucination', 'accuracy', 'pushback', 'false_pushback'] as const
type Measure = (typeof MEASURES)[number]
const NAMES: Readonly<Record<Measure, string>> = { hallucination: 'Hallucination', accuracy: 'Accuracy', pushback: 'Pushback', false_pushback: 'False pushback' }

export function Runs({ data, address, go }: { data: QualityAnswer; address: Address; go: Go }) {
  const colour = useColour()
  const measure = setting(address, 'rate', MEASURES)
  const rows = data.runs.filter((row) => row[`${measure}_rate`] !== null)
  const newest = newestLine(rows)
  const targets = [...new Set(data.runs.map((row) => row.target))].toSorted()
  if (data.runs.length === 0) return null
  const high = Math.min(1, Math.max(0.1, ...rows.map((row) => row[`${measure}_high`] ?? 0)))
  return (
    <Panel
      title="From run to run"
      note={`${counted(new Set(data.runs.map((row) => row.run_id)).size, 'run')}; pale: another suite version or grader, not comparable`}
      more={<Choice label="Which rate" choices={MEASURES.map((value) => ({ value, name: NAMES[value] }))} chosen={measure} choose={(value) => go({ own: { rate: value === 'hallucination' ? '' : value } })} />}
    >
      <div class="multiples">
        {targets.map((target) => {
          const points = rows.filter((row) => row.target === target).map((row): Point & { readonly line: string } => ({ at: row.at, value: row[`${measure}_rate`] ?? 0, low: row[`${measure}_low`], high: row[`${measure}_high`], line: lineOf(row) }))
          return (
            <figure key={target}>
              <h3>
                <TargetName name={target} />
                <small>{points.length === 0 ? `${NAMES[measure].toLowerCase()} not measured` : `${percent(points.at(-1)?.value)} newest`}</small>
              </h3>
              <TimePlot label={`${NAMES[measure]} of ${target} by run: ${points.map((point) => percent(point.value)).join(', ')}`} fromMs={data.probesFromMs} toMs={data.frame.toMs} buckets={[]} high={high} format={percent} height={150} small>
                {(inside) => <Points inside={inside} points={points} colour={colour(target)} faint={(point) => point.line !== newest} />}
              </TimePlot>
            </figure>
          )
        })}
      </div>
    </Panel>
  )
}

/** What must be the same for two runs to be compared. */
function lineOf(row: RunRates): string {
  return `${row.suite} ${row.grader}`
}

function newestLine(rows: readonly RunRates[]): string {
  const newest = rows.toSorted((a, b) => b.at - a.at)[0]
  return newest === undefined ? '' : lineOf(newest)
}
