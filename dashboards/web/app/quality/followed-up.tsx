// What the people who got the answers did: asked again, edited, accepted, rated; of the calls whose follow-up was seen, with intervals.
import type { QualityAnswer } from '../../api/quality.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { count, percent } from '../format.ts'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

export function FollowedUp({ data: { answers } }: { data: QualityAnswer }) {
  const colour = useColour()
  const byTask = [...Map.groupBy(answers, (row) => row.task)]
  return (
    <Panel title="What people did with the answers" note="shares of calls whose follow-up was seen, with 95% Wilson intervals; they tell of usefulness, not of truth, and never move weights alone">
      {byTask.length === 0 ? (
        <Empty title="No calls in this window.">Choose a longer one.</Empty>
      ) : (
        <Scroll label="What people did with the answers">
          <table class="grouped followed">
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Target</th>
                <th scope="col" class="n">Calls</th>
                <th scope="col" class="n">Followed up</th>
                <th scope="col">
                  Asked again <small>lower is better</small>
                </th>
                <th scope="col">
                  Edited <small>lower is better</small>
                </th>
                <th scope="col">
                  Accepted <small>higher is better</small>
                </th>
                <th scope="col" class="n">Rating</th>
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
                    <td class="n">
                      {count(row.observed)} <small>{row.calls === 0 ? '' : percent(row.observed / row.calls)}</small>
                    </td>
                    <td class="rule-cell">
                      <DotRule measured={{ value: row.retried_rate, low: row.retried_low, high: row.retried_high, n: row.observed }} colour={colour(row.target)} none="none seen" showN={false} />
                    </td>
                    <td class="rule-cell">
                      <DotRule measured={{ value: row.edited_rate, low: row.edited_low, high: row.edited_high, n: row.observed }} colour={colour(row.target)} none="none seen" showN={false} />
                    </td>
                    <td class="rule-cell">
                      <DotRule measured={{ value: row.accepted_rate, low: row.accepted_low, high: row.accepted_high, n: row.observed }} colour={colour(row.target)} none="none seen" showN={false} />
                    </td>
                    <td class="n">{row.rating === null ? '–' : row.rating.toFixed(2)}</td>
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
