// What the probes say about each target, in two rules: does it push back on nonsense, and does it make things up.
import type { OverviewAnswer } from '../../api/overview.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { ago } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

export function QualityNow({ data }: { data: OverviewAnswer }) {
  const colour = useColour()
  const pushback = new Map(data.pushback.map((row) => [row.target, row]))
  const factual = new Map(data.hallucination.map((row) => [row.target, row]))
  const names = [...new Set([...pushback.keys(), ...factual.keys()])].toSorted()
  const newest = Math.max(0, ...data.pushback.map((row) => row.evaluated_at), ...data.hallucination.map((row) => row.evaluated_at))
  return (
    <Panel title="Quality" note={names.length === 0 ? undefined : `newest run of probes ${ago(data.frame.toMs - newest)}, with 95% intervals`} more={<Link to={{ page: 'quality', own: {} }}>All rates</Link>}>
      {names.length === 0 ? (
        <Empty title="No target has been evaluated in the last 30 days.">
          <code>weighbridge eval run</code> asks nonsense, control and factual probes through the router. Real targets need a budget: nothing spends by itself.
        </Empty>
      ) : (
        <Scroll label="Quality by target">
          <table class="rules">
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">
                Pushback on nonsense <small>higher is better</small>
              </th>
              <th scope="col">
                Hallucination <small>lower is better</small>
              </th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const p = pushback.get(name)
              const f = factual.get(name)
              return (
                <tr key={name}>
                  <th scope="row">
                    <TargetName name={name} />
                  </th>
                  <td>
                    <DotRule measured={p && { value: p.pushback_rate, low: p.pushback_low, high: p.pushback_high, n: p.n }} colour={colour(name)} showN={false} none="not asked" />
                  </td>
                  <td>
                    <DotRule measured={f && { value: f.hallucination_rate, low: f.hallucination_low, high: f.hallucination_high, n: f.n }} colour={colour(name)} showN={false} none="not asked" />
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
        </Scroll>
      )}
    </Panel>
  )
}
