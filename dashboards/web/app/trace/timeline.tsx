// Where the call's time went, as one bar: the router's own part, waiting for first tokens, output as it streamed, attempts that failed.
import type { Span } from '../../api/trace.ts'
import { duration, percent } from '../format.ts'
import { Panel } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'
import { stretchesOf } from './stretches.ts'

export function Timeline({ call, attempts }: { call: Span | undefined; attempts: readonly Span[] }) {
  const colour = useColour()
  if (call === undefined || attempts.length === 0 || call.duration_ms <= 0) return null
  const stretches = stretchesOf(call, attempts)
  const total = stretches.reduce((sum, one) => sum + one.ms, 0)
  // What the client waited for: everything before the output that it got.
  const output = stretches.findIndex((one) => one.kind === 'stream')
  const first = output === -1 ? null : stretches.slice(0, output).reduce((sum, one) => sum + one.ms, 0)
  return (
    <Panel title={call.stream ? 'The stream' : 'Where the time went'} note={call.stream ? 'the client read the answer as it came' : 'the client got the answer whole, at its end'}>
      <div class="timeline">
        <div class="stretches" aria-hidden="true">
          {stretches.map((one, i) => (
            <i key={i} class={one.kind} style={{ width: `${(one.ms / total) * 100}%`, '--c': one.target === '' ? 'var(--ink-soft)' : colour(one.target) }} />
          ))}
          {first !== null && (
            <b style={{ left: `${(first / total) * 100}%` }} class={first > total * 0.7 ? 'left' : undefined}>
              first token after {duration(first)}
            </b>
          )}
        </div>
        <ol>
          {stretches.map((one, i) => (
            <li key={i}>
              <i class={`key ${one.kind}`} style={{ '--c': one.target === '' ? 'var(--ink-soft)' : colour(one.target) }} aria-hidden="true" />
              <span>
                {one.target === '' ? 'Router' : <TargetName name={one.target} />} <small>{one.words}</small>
              </span>
              <span class="n">
                {duration(one.ms)} <small>{percent(one.ms / total)}</small>
              </span>
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  )
}
