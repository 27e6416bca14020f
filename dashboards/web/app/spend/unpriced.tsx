// What has no price: models whose attempts are in no amount, each with its last call, and what to do about it.
import type { Unpriced as Row } from '../../api/spend.ts'
import { compact, count, moment } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'

export function Unpriced({ rows }: { rows: readonly Row[] }) {
  return (
    <Panel title="Without a price">
      {rows.length === 0 ? (
        <Empty title="Every attempt has a price.">A model that the price list does not know would stand here: unknown is never counted as nothing.</Empty>
      ) : (
        <>
          <Scroll label="Without a price">
            <table>
              <thead>
                <tr>
                  <th scope="col">Model</th>
                  <th scope="col">Target</th>
                  <th scope="col" class="n">Attempts</th>
                  <th scope="col" class="n">Tokens in</th>
                  <th scope="col" class="n">Tokens out</th>
                  <th scope="col">Last</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={`${row.provider} ${row.model} ${row.service_tier} ${row.target}`}>
                    <th scope="row">
                      {row.model}
                      {row.service_tier === '' ? '' : `, ${row.service_tier}`} at {row.provider}
                    </th>
                    <td>{row.target}</td>
                    <td class="n">{count(row.attempts)}</td>
                    <td class="n">{compact(row.input_tokens)}</td>
                    <td class="n">{compact(row.output_tokens)}</td>
                    <td>
                      <Link to={{ page: 'trace', id: row.last_trace_id, own: {} }}>{moment(row.last_at, Date.now())}</Link>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
          <p class="note">
            Give them a price (<code>targets.NAME.price</code> or <code>prices.overrides</code>), then run <code>weighbridge prices backfill</code>.
          </p>
        </>
      )}
    </Panel>
  )
}
