// The waterfall: every span on one time axis. Waiting is pale, output is solid from the first-token mark on, a failed
// attempt is hatched and says why.
import { useMemo } from 'preact/hooks'
import type { Span } from '../../api.ts'
import { duration, spoken, ticks, usd } from '../format.ts'
import { Panel } from '../parts/pieces.tsx'
import { useColour } from '../targets.tsx'
import { placed } from './tree.ts'

export function Waterfall({ spans }: { spans: readonly Span[] }) {
  const rows = useMemo(() => placed(spans), [spans])
  const colour = useColour()
  const total = Math.max(1, ...rows.map((row) => row.startMs + row.span.duration_ms))
  const at = (ms: number): string => `${(ms / total) * 100}%`
  const marks = ticks(total, 6).filter((ms) => ms <= total)
  return (
    <Panel title="Waterfall" class="waterfall" note="pale: waiting · solid: output, from the first token on · hatched: failed">
      <div class="scroll">
        <ol class="falls">
          <li class="scale" aria-hidden="true">
            <span />
            <span class="track">
              {marks.map((ms) => (
                <i key={ms} style={{ left: at(ms) }}>
                  {ms === 0 ? '0' : duration(ms)}
                </i>
              ))}
            </span>
          </li>
          {rows.map(({ span, depth, startMs }) => {
            const failed = span.status === 'Error'
            const ttft = span.role === 'attempt' ? span.ttft_ms : null
            const tone = span.role === 'attempt' ? colour(span.target) : 'var(--ink-soft)'
            const late = startMs / total > 0.55
            return (
              <li key={span.span_id} class={`${span.role}${failed ? ' failed' : ''}`}>
                <span class="what" style={{ paddingLeft: `${depth * 16}px` }}>
                  <b>{nameOf(span)}</b>
                  <small>{span.role === 'attempt' ? `${span.target}${span.reason === '' ? '' : ` · ${span.reason}`}` : span.role === 'call' ? `${span.surface || 'call'} · ${span.task}` : span.service}</small>
                </span>
                <span class="track">
                  {marks.map((ms) => (
                    <i key={ms} class="line" style={{ left: at(ms) }} />
                  ))}
                  <span class="fall" style={{ left: at(startMs), width: `max(3px, ${at(span.duration_ms)})`, '--c': tone }} title={`${nameOf(span)}: starts at ${duration(startMs)}, takes ${duration(span.duration_ms)}`}>
                    {ttft !== null && !failed && <span class="output" style={{ left: `${Math.min(100, (ttft / Math.max(span.duration_ms, 0.001)) * 100)}%` }} />}
                  </span>
                  <span class="say" style={late ? { right: '0' } : { left: at(startMs) }}>
                    {duration(span.duration_ms)}
                    {ttft !== null && <span> · first token {duration(ttft)}</span>}
                    {failed && span.error_code !== '' && <b class="err"> ✕ {spoken(span.error_code)}</b>}
                    {span.role === 'attempt' && <span> · {span.cost_usd === null ? 'unpriced' : usd(span.cost_usd)}</span>}
                  </span>
                </span>
              </li>
            )
          })}
        </ol>
      </div>
    </Panel>
  )
}

function nameOf(span: Span): string {
  if (span.role === 'attempt') return `Attempt ${span.attempt}`
  return span.role === 'call' ? 'Call' : span.name
}
