// Who spends: by virtual key and task.
import type { ByKeyAndTask } from '../../api/spend.ts'
import { count, usd } from '../format.ts'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'

export function ByKey({ rows: all }: { rows: readonly ByKeyAndTask[] }) {
  const byKey = [...Map.groupBy(all, (row) => row.key_id)]
  return (
    <Panel title="By key and task">
      {byKey.length === 0 ? (
        <Empty title="No calls in this window.">Choose a longer one.</Empty>
      ) : (
        <Scroll label="By key and task">
          <table class="grouped">
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col">Task</th>
                <th scope="col" class="n">Calls</th>
                <th scope="col" class="n">Failed</th>
                <th scope="col" class="n">Spend</th>
                <th scope="col" class="n">Wasted</th>
              </tr>
            </thead>
            {byKey.map(([key, rows]) => (
              <tbody key={key}>
                {rows.map((row, i) => (
                  <tr key={row.task}>
                    {i === 0 && (
                      <th scope="rowgroup" rowSpan={rows.length}>
                        {key === '' ? 'without a key' : key}
                      </th>
                    )}
                    <td>{row.task}</td>
                    <td class="n">{count(row.calls)}</td>
                    <td class="n">{row.failed === 0 ? '' : count(row.failed)}</td>
                    <td class="n">{usd(row.spend_usd)}</td>
                    <td class="n">{row.wasted_usd === 0 ? '' : usd(row.wasted_usd)}</td>
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
