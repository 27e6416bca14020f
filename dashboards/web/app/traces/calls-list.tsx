// The calls that were found, newest first, each a link to its trace: when, what, along which path, what it cost, how long it took, and what
// became of it. Older ones come a page at a time.
import { useState } from 'preact/hooks'
import type { FoundCall, TracesAnswer } from '../../api/traces.ts'
import type { Go } from '../address.ts'
import { PageError } from '../client.ts'
import { compact, count, counted, duration, moment, usd } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Path } from '../parts/path.tsx'
import { Empty, Trouble } from '../parts/pieces.tsx'

type Props = { readonly pages: readonly TracesAnswer[]; readonly total: number | undefined; readonly q: string; readonly more: (() => Promise<void>) | undefined; readonly clear: (() => void) | undefined; readonly go: Go }

export function CallsList({ pages, total, q, more, clear, go }: Props) {
  const [state, setState] = useState<{ readonly busy?: boolean; readonly error?: PageError }>({})
  const calls = pages.flatMap((page) => page.calls)
  const nowMs = pages[0]?.frame.toMs ?? 0
  const fetchMore = async (): Promise<void> => {
    setState({ busy: true })
    try {
      await more?.()
      setState({})
    } catch (thrown) {
      setState({ error: thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.') })
    }
  }
  if (calls.length === 0) {
    return (
      <Empty title={clear === undefined ? 'No calls in this window.' : 'No call of this window is like that.'}>
        {clear === undefined ? 'A call shows here within seconds of its answer.' : 'Take a term away, or look at a longer window.'}{' '}
        <button type="button" class="plain" onClick={() => go({ scope: { window: { kind: 'last', range: '30d' } } })}>
          Look at 30 days
        </button>
        {clear !== undefined && (
          <>
            {' '}
            <button type="button" class="plain" onClick={clear}>
              Drop the query
            </button>
          </>
        )}
      </Empty>
    )
  }
  return (
    <>
      <p class="note" role="status">
        {total === undefined ? counted(calls.length, 'call') : total > calls.length ? `The newest ${count(calls.length)} of ${count(total)} calls` : counted(calls.length, 'call')}
      </p>
      <div class="calls-heads" aria-hidden="true">
        <span>Started</span>
        <span>Task and path</span>
        <span class="n">Cost</span>
        <span class="n">Tokens in, out</span>
        <span class="n">First token</span>
        <span class="n">Took</span>
      </div>
      <ol class="calls">
        {calls.map((call) => (
          <Row key={call.span_id} call={call} q={q} nowMs={nowMs} />
        ))}
      </ol>
      {state.error !== undefined && <Trouble error={state.error} doing="Older calls could not be read." />}
      {more !== undefined && (
        <button type="button" disabled={state.busy === true} onClick={() => void fetchMore()}>
          {state.busy === true ? 'Reading…' : 'Older calls'}
        </button>
      )}
    </>
  )
}

function Row({ call, q, nowMs }: { call: FoundCall; q: string; nowMs: number }) {
  const failed = call.status === 'Error'
  return (
    <li class={failed ? 'failed' : call.failed_over ? 'over' : undefined}>
      <Link class="cover" to={{ page: 'trace', id: call.trace_id, own: { span: call.span_id, ...(q === '' ? {} : { q }) } }}>
        <time dateTime={new Date(call.started_at).toISOString()}>{moment(call.started_at, nowMs)}</time>
        <span class="hidden">, trace {call.trace_id.slice(0, 8)}</span>
      </Link>
      <span class="what">
        <b>{call.task}</b>
        <Path call={call} />
        <Marks call={call} />
      </span>
      <span class="n cost">
        {call.cost_usd === null ? call.attempts === 0 ? <span class="muted">–</span> : <em class="warn">unpriced</em> : usd(call.cost_usd)}
        {call.wasted_usd !== null && call.wasted_usd > 0 && <small class="err"> {usd(call.wasted_usd)} wasted</small>}
      </span>
      <span class="n tokens">
        {compact(call.input_tokens)}, {compact(call.output_tokens)}
      </span>
      <span class="n ttft">{duration(call.ttft_ms)}</span>
      <span class="n took">{duration(call.duration_ms)}</span>
    </li>
  )
}

/** What became of it, in a word each. */
function Marks({ call }: { call: FoundCall }) {
  return (
    <span class="marks">
      {call.retried && <span class="badge bad">asked again</span>}
      {call.edited && <span class="badge warn">edited</span>}
      {call.accepted === true && !call.retried && !call.edited && <span class="badge good">accepted</span>}
      {call.rating !== null && <span class="badge">rated {call.rating.toFixed(2)}</span>}
      {call.has_content && <span class="badge" title="prompt or answer was kept">text</span>}
      {call.purpose !== 'production' && <span class="badge">{call.purpose}</span>}
    </span>
  )
}
