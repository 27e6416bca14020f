// What an attempt costs by length of its input: models behave and cost differently at different lengths, whatever the price list says.
import type { BySize as Row } from '../../api/spend.ts'
import { compact, count, usd } from '../format.ts'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

export function BySize({ rows: all }: { rows: readonly Row[] }) {
  const colour = useColour()
  const bySize = [...Map.groupBy(all, (row) => row.size)]
  const high = Math.max(0, ...all.map((row) => row.cost_per_attempt_usd ?? 0))
  return (
    <Panel title="By length of input" note="per attempt, in tokens of input">
      {bySize.length === 0 ? (
        <Empty title="No attempts in this window.">Choose a longer one.</Empty>
      ) : (
        <Scroll label="By length of input">
          <table class="grouped">
            <thead>
              <tr>
                <th scope="col">Tokens in</th>
                <th scope="col">Target</th>
                <th scope="col" class="n">Attempts</th>
                <th scope="col" class="n">Tokens out</th>
                <th scope="col">USD per attempt</th>
              </tr>
            </thead>
            {bySize.map(([size, rows]) => (
              <tbody key={size}>
                {rows.map((row, i) => (
                  <tr key={row.target}>
                    {i === 0 && (
                      <th scope="rowgroup" rowSpan={rows.length}>
                        {size.slice(2)}
                      </th>
                    )}
                    <td>
                      <TargetName name={row.target} />
                    </td>
                    <td class="n">{count(row.attempts)}</td>
                    <td class="n">{compact(row.output_tokens)}</td>
                    <td class="bar-cell">
                      {row.cost_per_attempt_usd === null ? (
                        <em class="warn">unpriced</em>
                      ) : (
                        <span class="amount">
                          <i style={{ width: `${high === 0 ? 0 : (row.cost_per_attempt_usd / high) * 100}%`, background: colour(row.target) }} />
                          {usd(row.cost_per_attempt_usd)}
                        </span>
                      )}
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
