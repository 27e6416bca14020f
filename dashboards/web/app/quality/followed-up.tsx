// What the people who got the answers did: asked again, edited, accepted, rated; of the calls whose follow-up was seen, with intervals.
import type { AnswersOf } from '../../api/spend.ts'
import type { QualityAnswer } from '../../api/quality.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { count, percent } from '../format.ts'
import { TargetTable, type Column } from '../parts/target-table.tsx'

const rate = (name: string, better: 'lower' | 'higher', key: 'retried' | 'edited' | 'accepted'): Column<AnswersOf> => ({
  head: (
    <>
      {name} <small>{better} is better</small>
    </>
  ),
  class: 'rule-cell',
  cell: (row, colour) => <DotRule measured={{ value: row[`${key}_rate`], low: row[`${key}_low`], high: row[`${key}_high`], n: row.observed }} colour={colour} none="none seen" showN={false} />,
})

export function FollowedUp({ data: { answers } }: { data: QualityAnswer }) {
  return (
    <TargetTable
      title="What people did with the answers"
      note="shares of calls whose follow-up was seen, with 95% Wilson intervals; they tell of usefulness, not of truth, and never move weights alone"
      none="No calls in this window."
      class="followed"
      rows={answers}
      groupHead="Task"
      groupOf={(row) => row.task}
      columns={[
        { head: 'Calls', class: 'n', cell: (row) => count(row.calls) },
        {
          head: 'Followed up',
          class: 'n',
          cell: (row) => (
            <>
              {count(row.observed)} <small>{row.calls === 0 ? '' : percent(row.observed / row.calls)}</small>
            </>
          ),
        },
        rate('Asked again', 'lower', 'retried'),
        rate('Edited', 'lower', 'edited'),
        rate('Accepted', 'higher', 'accepted'),
        { head: 'Rating', class: 'n', cell: (row) => (row.rating === null ? '–' : row.rating.toFixed(2)) },
      ]}
    />
  )
}
