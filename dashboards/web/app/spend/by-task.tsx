// Task by target: what each target was asked, what it cost and how fast it was.
import type { TaskTarget } from '../../api/spend.ts'
import { compact, count, duration, percent, usd } from '../format.ts'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

export function ByTask({ rows: all }: { rows: readonly TaskTarget[] }) {
  const byTask = [...Map.groupBy(all, (row) => row.task)]
  return (
    <Panel title="By task and target" note="attempts of production calls; durations over successful ones">
      {byTask.length === 0 ? (
        <Empty title="No attempts in this window.">Choose a longer one.</Empty>
      ) : (
        <Scroll label="By task and target">
          <table class="grouped">
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Target</th>
                <th scope="col" class="n">Attempts</th>
                <th scope="col" class="n">Failed</th>
                <th scope="col" class="n">Asked again</th>
                <th scope="col" class="n">Spend</th>
                <th scope="col" class="n">Per attempt</th>
                <th scope="col" class="n">Tokens in</th>
                <th scope="col" class="n">Tokens out</th>
                <th scope="col" class="n">First token p50</th>
                <th scope="col" class="n">p50</th>
                <th scope="col" class="n">p95</th>
              </tr>
            </thead>
            {byTask.map(([task, rows]) => (
              <tbody key={task}>
                {rows.map((row, i) => (
                  <tr key={row.target}>
                    {i === 0 && (
                      <th scope="rowgroup" rowSpan={rows.length}>
                        {task}
                      </th>
                    )}
                    <td>
                      <TargetName name={row.target} />
                    </td>
                    <td class="n">{count(row.attempts)}</td>
                    <td class="n">{row.failed === 0 ? '' : `${count(row.failed)} (${percent(row.failed / row.attempts)})`}</td>
                    <td class="n">{row.retried === 0 ? '' : count(row.retried)}</td>
                    <td class="n">{row.cost_per_attempt_usd === null ? <em class="warn">unpriced</em> : usd(row.spend_usd)}</td>
                    <td class="n">{usd(row.cost_per_attempt_usd)}</td>
                    <td class="n">{compact(row.input_tokens)}</td>
                    <td class="n">{compact(row.output_tokens)}</td>
                    <td class="n">{duration(row.ttft_p50_ms)}</td>
                    <td class="n">{duration(row.p50_ms)}</td>
                    <td class="n">{duration(row.p95_ms)}</td>
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
