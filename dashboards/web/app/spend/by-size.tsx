// What an attempt costs by length of its input: models behave and cost differently at different lengths, whatever the price list says.
import type { BySize as Row } from '../../api/spend.ts'
import { compact, count } from '../format.ts'
import { Amount, TargetTable } from '../parts/target-table.tsx'

export function BySize({ rows }: { rows: readonly Row[] }) {
  const high = Math.max(0, ...rows.map((row) => row.cost_per_attempt_usd ?? 0))
  return (
    <TargetTable
      title="By length of input"
      note="per attempt, in tokens of input"
      none="No attempts in this window."
      rows={rows}
      groupHead="Tokens in"
      // A digit for the order stands before each.
      groupOf={(row) => row.size.slice(2)}
      columns={[
        { head: 'Attempts', class: 'n', cell: (row) => count(row.attempts) },
        { head: 'Tokens out', class: 'n', cell: (row) => compact(row.output_tokens) },
        { head: 'USD per attempt', class: 'bar-cell', cell: (row, colour) => (row.cost_per_attempt_usd === null ? <em class="warn">unpriced</em> : <Amount amount={row.cost_per_attempt_usd} high={high} colour={colour} />) },
      ]}
    />
  )
}
