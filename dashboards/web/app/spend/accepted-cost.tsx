// What an accepted answer costs, by task and target: the headline number of choosing a model, with how often answers are accepted.
import type { AnswersOf, SpendAnswer } from '../../api/spend.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { count } from '../format.ts'
import { Amount, TargetTable } from '../parts/target-table.tsx'

export function AcceptedCost({ data: { accepted } }: { data: SpendAnswer }) {
  const high = Math.max(0, ...accepted.map((row) => row.cost_per_accepted_usd ?? 0))
  return (
    <TargetTable
      title="Cost of an accepted answer"
      note="all attempts, retries and abandoned output in it; accepted: followed up, and nothing held against it for 30 minutes"
      none="No calls in this window."
      rows={accepted}
      groupHead="Task"
      groupOf={(row) => row.task}
      columns={[
        { head: 'Calls', class: 'n', cell: (row) => count(row.calls) },
        { head: 'Followed up', class: 'n', cell: (row) => count(row.observed) },
        {
          head: 'Accepted, 95% interval',
          class: 'rule-cell',
          cell: (row, colour) => <DotRule measured={{ value: row.accepted_rate, low: row.accepted_low, high: row.accepted_high, n: row.observed }} colour={colour} none="nothing observed" showN={false} />,
        },
        { head: 'USD per accepted answer', class: 'bar-cell', cell: (row, colour) => <Cost row={row} high={high} colour={colour} /> },
      ]}
    />
  )
}

function Cost({ row, high, colour }: { row: AnswersOf; high: number; colour: string }) {
  if (row.cost_per_accepted_usd === null) return <span class="muted">{row.observed / Math.max(1, row.calls) < 0.2 ? 'too few observed' : row.accepted === 0 ? 'none accepted' : 'unpriced'}</span>
  return <Amount amount={row.cost_per_accepted_usd} high={high} colour={colour} />
}
