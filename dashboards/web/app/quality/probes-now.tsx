// What the probes say: per target a dot with its 95% interval on a common 0–100% rule, for each kind of mistake.
import type { QualityAnswer } from '../../api/quality.ts'
import { DotRule, type Measured } from '../charts/dot-rule.tsx'
import { ago, counted } from '../format.ts'
import { Empty, Panel } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

const COLUMNS = [
  { key: 'pushback', title: 'Pushback', about: 'clear pushback on nonsense', better: 'higher is better' },
  { key: 'falsePushback', title: 'False pushback', about: 'pushback on sound questions', better: 'lower is better' },
  { key: 'accuracy', title: 'Accuracy', about: 'right, of what has an answer', better: 'higher is better' },
  { key: 'hallucination', title: 'Hallucination', about: 'made up, of what was not right', better: 'lower is better' },
  { key: 'fabrication', title: 'Fabrication', about: 'answers to the unanswerable', better: 'lower is better' },
] as const

export function ProbesNow({ data }: { data: QualityAnswer }) {
  const colour = useColour()
  const pushback = new Map(data.pushback.map((row) => [row.target, row]))
  const factual = new Map(data.hallucination.map((row) => [row.target, row]))
  const names = [...new Set([...pushback.keys(), ...factual.keys()])].toSorted()
  const rows = [...data.pushback, ...data.hallucination]
  const newest = Math.max(0, ...rows.map((row) => row.evaluated_at))
  const graders = [...new Set(rows.map((row) => row.grader))].join(', ')
  const unscored = rows.reduce((sum, row) => sum + row.unscored, 0)
  const note = names.length === 0 ? undefined : `newest run of each target, ${ago(data.frame.toMs - newest)}; dot and 95% Wilson interval; graded by ${graders}${unscored > 0 ? `; ${counted(unscored, 'trial')} unscored, not counted` : ''}`
  return (
    <Panel title="What the probes say" note={note}>
      {names.length === 0 ? (
        <Empty title={`No ${data.frame.simulated ? 'simulated' : 'real'} target has been evaluated in the last 30 days.`}>
          Run <code>weighbridge eval run</code>: it asks nonsense, control and factual probes through the router. Real targets need a budget: nothing spends by itself.
        </Empty>
      ) : (
        <div class="probes" role="table" aria-label="Rates by target">
          <div class="row heads" role="row">
            <span role="columnheader">Target</span>
            {COLUMNS.map((column) => (
              <span key={column.key} role="columnheader">
                <b>{column.title}</b> {column.about}
                <em>{column.better}</em>
              </span>
            ))}
          </div>
          {names.map((name) => {
            const p = pushback.get(name)
            const f = factual.get(name)
            const rates: Readonly<Record<(typeof COLUMNS)[number]['key'], Measured | undefined>> = {
              pushback: p && { value: p.pushback_rate, low: p.pushback_low, high: p.pushback_high, n: p.n },
              falsePushback: p && { value: p.false_pushback_rate, low: p.false_pushback_low, high: p.false_pushback_high, n: p.control_n },
              accuracy: f && { value: f.accuracy, low: f.accuracy_low, high: f.accuracy_high, n: f.answerable_n },
              hallucination: f && { value: f.hallucination_rate, low: f.hallucination_low, high: f.hallucination_high, n: f.n },
              fabrication: f && { value: f.fabrication_rate, low: f.fabrication_low, high: f.fabrication_high, n: f.unanswerable_n },
            }
            return (
              <div key={name} class="row" role="row">
                <span role="rowheader">
                  <TargetName name={name} />
                </span>
                {COLUMNS.map((column) => (
                  <span key={column.key} role="cell">
                    <small aria-hidden="true">{column.title}</small>
                    <DotRule measured={rates[column.key]} colour={colour(name)} none="not asked" />
                  </span>
                ))}
              </div>
            )
          })}
        </div>
      )}
    </Panel>
  )
}
