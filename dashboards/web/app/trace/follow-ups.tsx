// What was said of a call afterwards, and what it says of earlier ones: retries, rephrasings, edits, acceptance, feedback; each with the
// call at the other end.
import { useState } from 'preact/hooks'
import type { LinkedCall, Signal, TraceAnswer } from '../../api/trace.ts'
import { duration, percent, usd } from '../format.ts'
import { Link } from '../parts/link.tsx'
import { Panel } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'
import { EditDiff } from './edit-diff.tsx'

const KINDS: Readonly<Record<string, { readonly about: string; readonly showed: string; readonly tone: 'good' | 'bad' | 'warn' | '' }>> = {
  retry: { about: 'Asked again', showed: 'Asks again what was answered', tone: 'bad' },
  rephrase: { about: 'Asked again in other words', showed: 'Asks in other words what was answered', tone: 'bad' },
  edit: { about: 'Its answer came back changed', showed: 'Sends back, changed, an answer', tone: 'warn' },
  accepted: { about: 'Its answer was taken as it was', showed: 'Goes on from an answer', tone: 'good' },
  abandoned: { about: 'Its client hung up', showed: 'Comes after hanging up', tone: 'warn' },
  feedback: { about: 'Rated', showed: 'Rates an answer', tone: '' },
  score: { about: 'Scored', showed: 'Scores an answer', tone: '' },
}

export function FollowUps({ answer, callId }: { answer: TraceAnswer; callId: string }) {
  const mine = answer.signals.filter((signal) => signal.about === false || signal.span_id === '' || signal.span_id === callId)
  const about = mine.filter((signal) => signal.about)
  const showed = mine.filter((signal) => !signal.about)
  const linked = new Map(answer.linked.map((call) => [call.trace_id, call]))
  return (
    <Panel title="What became of the answer" note="as seen in the traffic, or said by a client; no words are kept for it">
      {mine.length === 0 ? (
        <p class="note">Nothing was seen: no later call belongs to this one, and nobody gave feedback. It counts as unobserved, not as accepted.</p>
      ) : (
        <ul class="follow-ups">
          {[...about, ...showed].map((signal) => (
            <Line key={`${signal.kind} ${signal.at} ${signal.by_trace_id} ${signal.trace_id}`} signal={signal} other={linked.get(signal.about ? signal.by_trace_id : signal.trace_id)} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Line({ signal, other }: { signal: Signal; other: LinkedCall | undefined }) {
  const [compared, setCompared] = useState(false)
  const kind = KINDS[signal.kind]
  const facts = [
    ...(signal.basis === '' ? [] : [signal.basis.replaceAll('_', ' ')]),
    ...(signal.score === '' ? [] : [signal.score]),
    ...(signal.value === null ? [] : [signal.kind === 'edit' ? `${percent(signal.value)} of its words changed` : `value ${signal.value}`]),
    ...(signal.survival === null ? [] : [`${percent(signal.survival)} of it is still there`]),
    ...(signal.confidence === null ? [] : [`${percent(signal.confidence)} sure`]),
  ]
  const otherTrace = signal.about ? signal.by_trace_id : signal.trace_id
  return (
    <li>
      <span class={kind === undefined || kind.tone === '' ? 'badge' : `badge ${kind.tone}`}>{signal.kind}</span> <b>{kind === undefined ? signal.kind : signal.about ? kind.about : kind.showed}</b>
      {facts.length > 0 && <span class="muted"> {facts.join(', ')}</span>}
      {signal.comment !== '' && <q>{signal.comment}</q>}
      {otherTrace !== '' && (
        <>
          {' '}
          {signal.about ? 'by' : 'in'}{' '}
          <Link to={{ page: 'trace', id: otherTrace, own: {} }}>
            {other === undefined ? `trace ${otherTrace.slice(0, 8)}` : `${other.task}, ${new Date(other.started_at).toLocaleTimeString('en-GB')}`}
          </Link>
          {other !== undefined && (
            <span class="muted">
              {' '}
              <TargetName name={other.target} /> {duration(other.duration_ms)}, {usd(other.cost_usd)}
            </span>
          )}
        </>
      )}
      {signal.kind === 'edit' && otherTrace !== '' && (
        <>
          {' '}
          <button type="button" class="plain" aria-expanded={compared} onClick={() => setCompared(!compared)}>
            {compared ? 'Hide what was changed' : 'Show what was changed'}
          </button>
          {compared && <EditDiff signal={signal} />}
        </>
      )}
    </li>
  )
}
