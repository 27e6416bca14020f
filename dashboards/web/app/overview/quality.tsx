// What the probes say: per target a dot with its 95% interval on a common 0–100% rule, for each kind of mistake.
import { TOO_FEW, type Overview } from '../../api.ts'
import { ago, percent } from '../format.ts'
import { Empty, Panel } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

type Rate = { readonly value: number | null; readonly low: number | null; readonly high: number | null; readonly n: number }

const COLUMNS = [
  { key: 'pushback', title: 'Pushback', about: 'clear pushback on nonsense', better: 'higher is better' },
  { key: 'falsePushback', title: 'False pushback', about: 'pushback on sound questions', better: 'lower is better' },
  { key: 'hallucination', title: 'Hallucination', about: 'wrong where not right', better: 'lower is better' },
  { key: 'fabrication', title: 'Fabrication', about: 'answers to the unanswerable', better: 'lower is better' },
] as const

export function Quality({ data }: { data: Overview }) {
  const pushback = new Map(data.pushback.map((row) => [row.target, row]))
  const factual = new Map(data.hallucination.map((row) => [row.target, row]))
  const names = [...new Set([...pushback.keys(), ...factual.keys()])].toSorted()
  const newest = Math.max(0, ...data.pushback.map((r) => r.evaluated_at), ...data.hallucination.map((r) => r.evaluated_at))
  const graders = [...new Set([...data.pushback, ...data.hallucination].map((r) => r.grader))].join(', ')
  const unscored = [...data.pushback, ...data.hallucination].reduce((sum, r) => sum + r.unscored, 0)
  const note = names.length === 0 ? undefined : `newest run per target, ${ago(data.toMs - newest)} · dot and 95% Wilson interval · graded by ${graders}${unscored > 0 ? ` · ${unscored} trials unscored, not counted` : ''}`
  return (
    <Panel title="What the probes say" note={note}>
      {names.length === 0 ? (
        <Empty title={`No ${data.simulated ? 'simulated' : 'real'} target has been evaluated in the last 30 days.`}>
          Run <code>weighbridge eval run</code>: it replays nonsense, control and factual probes through the router. Real targets need a budget, nothing spends by itself.
        </Empty>
      ) : (
        <div class="quality" role="table" aria-label="Rates by target">
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
            const rates: Record<(typeof COLUMNS)[number]['key'], Rate | undefined> = {
              pushback: p && { value: p.pushback_rate, low: p.pushback_low, high: p.pushback_high, n: p.n },
              falsePushback: p && { value: p.false_pushback_rate, low: p.false_pushback_low, high: p.false_pushback_high, n: p.control_n },
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
                    <small>{column.title}</small>
                    <DotInterval rate={rates[column.key]} target={name} />
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

function DotInterval({ rate, target }: { rate: Rate | undefined; target: string }) {
  const colour = useColour()
  if (rate === undefined || rate.value === null || rate.low === null || rate.high === null) {
    return (
      <span class="dot-interval none">
        <span class="rule" />
        <span class="read">not evaluated</span>
      </span>
    )
  }
  const few = rate.n < TOO_FEW
  const words = `${percent(rate.value)}, 95% interval ${percent(rate.low)} to ${percent(rate.high)}, n = ${rate.n}${few ? ', too few to state' : ''}`
  return (
    <span class={few ? 'dot-interval few' : 'dot-interval'} title={words}>
      <span class="rule" role="img" aria-label={words} style={{ '--c': colour(target) }}>
        <i class="span" style={{ left: `${rate.low * 100}%`, width: `${(rate.high - rate.low) * 100}%` }} />
        <i class="dot" style={{ left: `${rate.value * 100}%` }} />
      </span>
      <span class="read" aria-hidden="true">
        {few ? <b>too few</b> : <b>{percent(rate.value)}</b>} <small>n {rate.n}</small>
      </span>
    </span>
  )
}
