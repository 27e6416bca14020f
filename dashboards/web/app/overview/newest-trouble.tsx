// The newest calls that did not go straight: those that failed, and those that an answer was found for elsewhere. Each is a link.
import type { OverviewAnswer, RecentCall } from '../../api/overview.ts'
import { duration, moment, usd } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Path } from '../parts/path.tsx'
import { Empty, Panel } from '../parts/pieces.tsx'

const SHOWN = 7

export function NewestTrouble({ data }: { data: OverviewAnswer }) {
  const both = [...new Map([...data.failures, ...data.failovers].map((call) => [call.span_id, call])).values()].toSorted((a, b) => b.started_at - a.started_at).slice(0, SHOWN)
  return (
    <Panel title="Did not go straight" note="newest failovers and failures" more={<Link to={{ page: 'traces', own: {} }}>All calls</Link>}>
      {both.length === 0 ? (
        <Empty title="Every call was answered at its first attempt.">A failover or a failure in this window would stand here.</Empty>
      ) : (
        <ol class="calls-list">
          {both.map((call) => (
            <Row key={call.span_id} call={call} nowMs={data.frame.toMs} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Row({ call, nowMs }: { call: RecentCall; nowMs: number }) {
  const failed = call.status === 'Error'
  return (
    <li class={failed ? 'failed' : 'over'}>
      <Link to={{ page: 'trace', id: call.trace_id, own: {} }} class="cover">
        <time dateTime={new Date(call.started_at).toISOString()}>{moment(call.started_at, nowMs)}</time> <b>{call.task}</b>
      </Link>
      <span class="figures-of">
        {duration(call.duration_ms)} · {call.cost_usd === null ? 'unpriced' : usd(call.cost_usd)}
      </span>
      <Path call={call} />
    </li>
  )
}
