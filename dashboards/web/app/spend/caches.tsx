// What prompt caches saved, by target; below zero where writing to one cost more than reading from it saved.
import type { CacheSaving } from '../../api/spend.ts'
import { compact, count, percent, usd } from '../format.ts'
import { Empty, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

export function Caches({ rows }: { rows: readonly CacheSaving[] }) {
  return (
    <Panel title="Saved by prompt caches" note="against the same tokens at the plain price">
      {rows.length === 0 ? (
        <Empty title="No attempts in this window.">Choose a longer one.</Empty>
      ) : (
        <Scroll label="Saved by prompt caches">
          <table>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col" class="n">Saved</th>
                <th scope="col">Input from cache</th>
                <th scope="col" class="n">Tokens in</th>
                <th scope="col" class="n">Read</th>
                <th scope="col" class="n">Written</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.target}>
                  <th scope="row">
                    <TargetName name={row.target} />
                  </th>
                  <td class={row.saved_usd !== null && row.saved_usd < 0 ? 'n err' : 'n'}>
                    {usd(row.saved_usd)}
                    {row.unknown_attempts > 0 && <small title="attempts that used a cache and do not say what it saved"> + {count(row.unknown_attempts)} unknown</small>}
                  </td>
                  <td>
                    <span class="meter" role="img" aria-label={`${percent(row.cache_share)} of input read from cache`}>
                      <i style={{ width: `${(row.cache_share ?? 0) * 100}%` }} />
                    </span>{' '}
                    {percent(row.cache_share)}
                  </td>
                  <td class="n">{compact(row.input_tokens)}</td>
                  <td class="n">{compact(row.cache_read_tokens)}</td>
                  <td class="n">{compact(row.cache_write_tokens)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  )
}
