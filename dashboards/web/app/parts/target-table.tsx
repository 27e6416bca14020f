// A panel with one table of targets, grouped by what they were asked: the group stands once beside its rows, columns are said by the page.
import type { ComponentChildren } from 'preact'
import { usd } from '../format.ts'
import { TargetName, useColour } from '../targets.tsx'
import { Empty, Panel, Scroll } from './pieces.tsx'

export type TargetRow = { readonly target: string; readonly effort?: string }
export type Column<Row> = {
  readonly head: ComponentChildren
  /** `n`: a number; `rule-cell`, `bar-cell`: room for a mark. */
  readonly class?: 'n' | 'rule-cell' | 'bar-cell'
  readonly cell: (row: Row, colour: string) => ComponentChildren
}

type Props<Row extends TargetRow> = { readonly title: string; readonly note: string; readonly none: string; readonly class?: string; readonly rows: readonly Row[]; readonly groupHead: string; readonly groupOf: (row: Row) => string; readonly columns: readonly Column<Row>[] }

/** `none` is said where there is no row. */
export function TargetTable<Row extends TargetRow>({ title, note, none, class: extra, rows: all, groupHead, groupOf, columns }: Props<Row>) {
  const colour = useColour()
  return (
    <Panel title={title} note={note}>
      {all.length === 0 ? (
        <Empty title={none}>Choose a longer one.</Empty>
      ) : (
        <Scroll label={title}>
          <table class={extra === undefined ? 'grouped' : `grouped ${extra}`}>
            <thead>
              <tr>
                <th scope="col">{groupHead}</th>
                <th scope="col">Target</th>
                {columns.map((column, i) => (
                  <th key={i} scope="col" {...(column.class === 'n' ? { class: 'n' } : {})}>
                    {column.head}
                  </th>
                ))}
              </tr>
            </thead>
            {[...Map.groupBy(all, groupOf)].map(([group, rows]) => (
              <tbody key={group}>
                {rows.map((row, i) => (
                  <tr key={`${row.target} ${row.effort ?? ''}`}>
                    {i === 0 && (
                      <th scope="rowgroup" rowSpan={rows.length}>
                        {group}
                      </th>
                    )}
                    <td>
                      <TargetName name={row.target} />
                    </td>
                    {columns.map((column, at) => (
                      <td key={at} {...(column.class === undefined ? {} : { class: column.class })}>
                        {column.cell(row, colour(row.target))}
                      </td>
                    ))}
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

/** An amount with a bar as long as its share of the highest. */
export function Amount({ amount, high, colour }: { amount: number; high: number; colour: string }) {
  return (
    <span class="amount">
      <i style={{ width: `${high === 0 ? 0 : (amount / high) * 100}%`, background: colour }} />
      {usd(amount)}
    </span>
  )
}
