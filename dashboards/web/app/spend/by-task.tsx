// Task by target: what each target was asked, what it cost and how fast it was.
import type { TaskTarget } from '../../api/spend.ts'
import { compact, count, duration, percent, usd } from '../format.ts'
import { TargetTable } from '../parts/target-table.tsx'

export function ByTask({ rows }: { rows: readonly TaskTarget[] }) {
  return (
    <TargetTable
      title="By task and target"
      note="attempts of production calls; durations over successful ones"
      none="No attempts in this window."
      rows={rows}
      groupHead="Task"
      groupOf={(row) => row.task}
      columns={[
        { head: 'Attempts', class: 'n', cell: (row) => count(row.attempts) },
        { head: 'Failed', class: 'n', cell: (row) => (row.failed === 0 ? '' : `${count(row.failed)} (${percent(row.failed / row.attempts)})`) },
        { head: 'Asked again', class: 'n', cell: (row) => (row.retried === 0 ? '' : count(row.retried)) },
        { head: 'Spend', class: 'n', cell: (row) => (row.cost_per_attempt_usd === null ? <em class="warn">unpriced</em> : usd(row.spend_usd)) },
        { head: 'Per attempt', class: 'n', cell: (row) => usd(row.cost_per_attempt_usd) },
        { head: 'Tokens in', class: 'n', cell: (row) => compact(row.input_tokens) },
        { head: 'Tokens out', class: 'n', cell: (row) => compact(row.output_tokens) },
        { head: 'First token p50', class: 'n', cell: (row) => duration(row.ttft_p50_ms) },
        { head: 'p50', class: 'n', cell: (row) => duration(row.p50_ms) },
        { head: 'p95', class: 'n', cell: (row) => duration(row.p95_ms) },
      ]}
    />
  )
}
