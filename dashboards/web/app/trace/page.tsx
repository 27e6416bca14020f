// The trace page: a trace from request to answer, and one of its calls told in full. Spans arrive a second or two after the answer, so a
// trace that is not there yet is asked for again before the page gives up.
import { useState } from 'preact/hooks'
import type { CallAnswer, CallDetail, TraceAnswer } from '../../api/trace.ts'
import { setting } from '../address.ts'
import { getJson, PageError } from '../client.ts'
import { count } from '../format.ts'
import { useLive, useReport } from '../live.ts'
import { Link } from '../parts/link.tsx'
import { Empty, Loading, Trouble } from '../parts/pieces.tsx'
import type { Around } from '../parts/scope-bar.tsx'
import { Targets, withConfigured } from '../targets.tsx'
import { CallReport } from './call-report.tsx'
import { KINDS } from './tree.ts'
import { Waterfall } from './waterfall.tsx'
import './trace.css'

const RETRY_S = 2
const SETTLED_EVERY_S = 30

export function Page({ address, go, names }: Around) {
  const [here, setHere] = useState(false)
  // The span the address names when the page opens; choosing another one asks for that call alone.
  const [first] = useState(address.own['span'] ?? '')
  const side = address.scope.simulated === undefined ? '' : `simulated=${address.scope.simulated ? 1 : 0}`
  const path = `/api/ui/trace/${encodeURIComponent(address.id)}`
  const live = useLive(path, here ? SETTLED_EVERY_S : RETRY_S, async (signal) => {
    const answer = await getJson<TraceAnswer>(`${path}?${[side, ...(first === '' ? [] : [`span=${first}`])].join('&')}`, signal)
    setHere(true)
    return answer
  })
  useReport(live)
  const answer = live.data
  const chosen = answer === undefined ? '' : callOf(answer, address.own['span'] ?? '')
  const other = useLive(`${path}/call/${chosen}`, 0, async (signal) => (answer === undefined || chosen === answer.detail.span_id ? undefined : getJson<CallAnswer>(`${path}/call/${chosen}?simulated=${answer.simulated ? 1 : 0}`, signal)))
  const detail: CallDetail | undefined = answer === undefined ? undefined : chosen === answer.detail.span_id ? answer.detail : other.data
  return (
    <Targets.Provider value={withConfigured(names?.targets ?? [], (answer?.spans ?? []).map((span) => span.target).filter((name) => name !== ''))}>
      <p class="crumbs">
        <Link to={{ page: 'traces', id: '', own: address.own['q'] === undefined ? {} : { q: address.own['q'] } }}>Traces</Link> / <code>{address.id}</code>
      </p>
      {live.error !== undefined && answer !== undefined && <Trouble error={live.error} doing="The newest refresh failed; what came before is shown." retry={live.reload} />}
      {answer === undefined && <Waiting error={live.error} traceId={address.id} retry={live.reload} />}
      {answer !== undefined && detail !== undefined && (
        <CallReport
          answer={answer}
          detail={detail}
          address={address}
          go={go}
          waterfall={<Waterfall answer={answer} kind={setting(address, 'spans', KINDS)} setKind={(kind) => go({ own: { spans: kind === 'all' ? '' : kind } })} chosen={address.own['span'] ?? detail.span_id} choose={(span) => go({ own: { span } })} />}
        />
      )}
      {answer !== undefined && detail === undefined && (other.error === undefined ? <Loading what="Reading the call…" /> : <Trouble error={other.error} doing="The call could not be read." retry={other.reload} />)}
      {answer !== undefined && callCount(answer) > 1 && <p class="note">{count(callCount(answer))} calls share this trace, because the client sent its trace id with each. Choose one in the waterfall.</p>}
    </Targets.Provider>
  )
}

/** The call that the address's span is or belongs to; the answer's own where it names none. */
function callOf(answer: TraceAnswer, wanted: string): string {
  const span = answer.spans.find((one) => one.span_id === wanted)
  if (span === undefined || (span.role !== 'call' && span.role !== 'attempt')) return answer.detail.span_id
  return span.role === 'attempt' && answer.spans.some((one) => one.span_id === span.parent_span_id && one.role === 'call') ? span.parent_span_id : span.span_id
}

function callCount(answer: TraceAnswer): number {
  return answer.spans.filter((span) => span.role === 'call').length
}

function Waiting({ error, traceId, retry }: { error: PageError | undefined; traceId: string; retry: () => void }) {
  if (error === undefined) return <Loading what="Reading the trace…" />
  if (error.code !== 'trace_unknown') return <Trouble error={error} doing="The trace could not be read." retry={retry} />
  return (
    <Empty title="Not here yet.">
      Spans arrive a second or two after the answer; this page looks again every {RETRY_S} seconds. If nothing comes, check the id <code>{traceId}</code> and that the collector runs (<code>weighbridge doctor</code>).
    </Empty>
  )
}
