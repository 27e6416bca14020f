// Whether a target makes more things up than at its run before: the difference with its interval, against zero. One that lies wholly above
// zero is a regression.
import type { QualityAnswer } from '../../api/quality.ts'
import { percent } from '../format.ts'
import { Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

/** Ends of the rule, in shares of 1. */
const END = 0.4

export function Changes({ data: { changes } }: { data: QualityAnswer }) {
  const colour = useColour()
  if (changes.length === 0) return null
  const place = (value: number): number => Math.min(100, Math.max(0, ((value + END) / (2 * END)) * 100))
  const points = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value * 100).toFixed(1)}`
  return (
    <Panel title="Hallucination against the run before" note="same suite version and grader; right of the line is worse">
      <Scroll label="Hallucination against the run before">
        <table>
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col" class="n">Before</th>
              <th scope="col" class="n">Now</th>
              <th scope="col" class="n">Difference, points</th>
              <th scope="col">95% interval</th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((row) => {
              const verdict = row.difference_low > 0 ? 'worse' : row.difference_high < 0 ? 'better' : 'no clear change'
              return (
                <tr key={`${row.target} ${row.suite} ${row.grader}`}>
                  <th scope="row">
                    <TargetName name={row.target} />
                  </th>
                  <td class="n">
                    {percent(row.rate_before)} <small>n {row.n_before}</small>
                  </td>
                  <td class="n">
                    {percent(row.rate)} <small>n {row.n}</small>
                  </td>
                  <td class="n">{points(row.difference)}</td>
                  <td class="rule-cell">
                    <span class="rule zero" role="img" aria-label={`${points(row.difference)} points, 95% interval ${points(row.difference_low)} to ${points(row.difference_high)}`} style={{ '--c': colour(row.target) }}>
                      <i class="span" style={{ left: `${place(row.difference_low)}%`, width: `${place(row.difference_high) - place(row.difference_low)}%` }} />
                      <i class="dot" style={{ left: `${place(row.difference)}%` }} />
                    </span>
                  </td>
                  <td>{verdict === 'worse' ? <span class="badge bad">worse</span> : verdict === 'better' ? <span class="badge good">better</span> : <span class="muted">{verdict}</span>}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}
