// Any span as it was stored, asked for one at a time: every column and attribute, as a table or to be copied as JSON.
import { useState } from 'preact/hooks'
import type { CallDetail, SpanAnswer, TraceAnswer } from '../../api/trace.ts'
import { getJson } from '../client.ts'
import { useLive } from '../live.ts'
import { CopyButton, Panel, Scroll, Shown } from '../parts/pieces.tsx'

/** `named`: the span that the address names; one of the client's own is opened at once, since nothing else tells of it. */
export function Raw({ answer, detail, named }: { answer: TraceAnswer; detail: CallDetail; named: string | undefined }) {
  const own = answer.spans.find((span) => span.span_id === named && span.role === 'other')
  const [chosen, setChosen] = useState(own?.span_id)
  return (
    <Panel title="As stored" class="raw">
      <div class="chips" role="group" aria-label="Which span">
        {detail.spans.map((span) => (
          <button key={span.span_id} type="button" aria-pressed={span.span_id === chosen} onClick={() => setChosen(span.span_id === chosen ? undefined : span.span_id)}>
            {span.role === 'attempt' ? `Attempt ${span.attempt}` : 'Call'} · {span.name}
          </button>
        ))}
      </div>
      {own !== undefined && (
        <p class="note">
          <b>{own.name}</b> of {own.service}, chosen in the waterfall:
        </p>
      )}
      {chosen !== undefined && <Stored key={chosen} answer={answer} spanId={chosen} />}
    </Panel>
  )
}

function Stored({ answer, spanId }: { answer: TraceAnswer; spanId: string }) {
  const path = `/api/ui/trace/${answer.trace_id}/span/${spanId}?simulated=${answer.simulated ? 1 : 0}`
  const live = useLive(path, 0, (signal) => getJson<SpanAnswer>(path, signal))
  return (
    <Shown live={live} what="The span">
      {({ span }) => (
        <>
          <p class="note">
            <CopyButton label="Copy the span as JSON" face="Copy as JSON" text={() => JSON.stringify(span, undefined, 2)} />
          </p>
          <Scroll label="The span as stored">
            <table>
              <tbody>
                {linesOf(span).map(([name, value]) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
    </Shown>
  )
}

/** Columns that hold something; maps opened up. */
function linesOf(span: SpanAnswer['span']): [string, string][] {
  return Object.entries(span).flatMap(([name, value]): [string, string][] => {
    if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return []
    if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value).map(([key, inner]) => [`${name}.${key}`, String(inner)])
    return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]]
  })
}
