// What an accepted answer costs, by task and target: the headline number of choosing a model, with how often answers are accepted.
import type { AnswersOf, SpendAnswer } from '../../api/spend.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { count, usd } from '../format.ts'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

export function AcceptedCost({ data: { accepted } }: { data: SpendAnswer }) {
  const colour = useColour()
  const byTask = [...Map.groupBy(accepted, (row) => row.task)]
  const high = Math.max(0, ...accepted.map((row) => row.cost_per_accepted_usd ?? 0))
  return (
    <Panel title="Cost of an accepted answer" note="all attempts, retries and abandoned output in it; accepted: followed up, and nothing held against it for 30 minutes">
      {accepted.length === 0 ? (
        <Empty title="No calls in this window.">Choose a longer one.</Empty>
      ) : (
        <Scroll label="Cost of an accepted answer">
          <table class="grouped">
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Target</th>
                <th scope="col" class="n">
                  Calls
                </th>
                <th scope="col" class="n">
                  Followed up
                </th>
                <th scope="col">Accepted, 95% interval</th>
                <th scope="col">USD per accepted answer</th>
              </tr>
            </thead>
            {byTask.map(([task, rows]) => (
              <tbody key={task}>
                {rows.map((row, i) => (
                  <tr key={`${row.target} ${row.effort}`}>
                    {i === 0 && (
                      <th scope="rowgroup" rowSpan={rows.length}>
                        {task}
                      </th>
                    )}
                    <td>
                      <TargetName name={row.target} />
                    </td>
                    <td class="n">{count(row.calls)}</td>
                    <td class="n">{count(row.observed)}</td>
                    <td class="rule-cell">
                      <DotRule measured={{ value: row.accepted_rate, low: row.accepted_low, high: row.accepted_high, n: row.observed }} colour={colour(row.target)} none="nothing observed" showN={false} />
                    </td>
                    <td class="bar-cell">
                      <Cost row={row} high={high} colour={colour(row.target)} />
                    </td>
                  </tr>
                ))}
              </tbody>
            ))}
          </table>
        </Scroll>
      )}
    </Panel>
  )
}

function Cost({ row, high, colour }: { row: AnswersOf; high: number; colour: string }) {
  if (row.cost_per_accepted_usd === null) return <span class="muted">{row.observed / Math.max(1, row.calls) < 0.2 ? 'too few observed' : row.accepted === 0 ? 'none accepted' : 'unpriced'}</span>
  return (
    <span class="amount">
      <i style={{ width: `${(row.cost_per_accepted_usd / high) * 100}%`, background: colour }} />
      {usd(row.cost_per_accepted_usd)}
    </span>
  )
}
