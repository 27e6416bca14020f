// The waterfall: every span on one time axis. Waiting is pale, output is solid from the first-token mark on, a failed attempt is hatched
// and says why. Only what can be seen is drawn. A row of a call or an attempt chooses what the page tells below.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Outlined, TraceAnswer } from '../../api/trace.ts'
import { timeTicks } from '../charts/scales.ts'
import { count, duration, spoken, usd } from '../format.ts'
import { Choice, Panel } from '../parts/pieces.tsx'
import { useColour } from '../targets.tsx'
import { type Kind, KINDS, ofKind, type Placed, placed } from './tree.ts'
import { useWindow } from './use-window.ts'

type Props = {
  readonly answer: TraceAnswer
  readonly kind: Kind
  readonly setKind: (kind: Kind) => void
  /** The span that the address names; of a call or an attempt, its call is told below. */
  readonly chosen: string
  readonly choose: (spanId: string) => void
}

const NAMES: Readonly<Record<Kind, string>> = { all: 'All spans', calls: 'Calls and attempts', errors: 'Errors' }
/** More rows than this scroll by themselves. */
const MOST_AT_ONCE = 24

export function Waterfall({ answer, kind, setKind, chosen, choose }: Props) {
  const all = useMemo(() => placed(answer.spans), [answer.spans])
  const rows = useMemo(() => ofKind(all, kind), [all, kind])
  const total = useMemo(() => Math.max(1, ...all.map((row) => row.startMs + row.span.duration_ms)), [all])
  const narrow = useNarrow()
  const rowPx = narrow ? 58 : 46
  const seen = useWindow(rows.length, rowPx)
  const [focus, setFocus] = useState<number>()
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (focus === undefined) return
    list.current?.querySelector<HTMLElement>(`[data-row="${focus}"]`)?.focus()
  }, [focus, seen.from, seen.to])
  const marks = timeTicks(total, narrow ? 3 : 6)
  const onKey = (event: KeyboardEvent): void => {
    const at = Number((event.target instanceof HTMLElement ? event.target.dataset['row'] : undefined) ?? Number.NaN)
    const to = event.key === 'ArrowDown' ? at + 1 : event.key === 'ArrowUp' ? at - 1 : event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : Number.NaN
    if (!(to >= 0 && to < rows.length)) return
    event.preventDefault()
    seen.reveal(to)
    setFocus(to)
  }
  const manyKinds = answer.spans.some((span) => span.role === 'other') || answer.spans.length > MOST_AT_ONCE
  return (
    <Panel title="Waterfall" class="waterfall" note="pale: waiting · solid: output, from the first token on · hatched: failed">
      {answer.truncated && (
        <p class="notice warn" role="status">
          Only the first {count(answer.spans.length)} spans are shown: this trace has more. The others are in the table <code>spans</code>.
        </p>
      )}
      {manyKinds && <Choice label="Which spans" choices={KINDS.map((value) => ({ value, name: NAMES[value] }))} chosen={kind} choose={setKind} />}
      <div class="axis-row" aria-hidden="true">
        <span />
        <span class="track">
          {marks.map((ms) => (
            <i key={ms} style={{ left: `${(ms / total) * 100}%` }}>
              {ms === 0 ? '0' : duration(ms)}
            </i>
          ))}
        </span>
      </div>
      {rows.length === 0 ? (
        <p class="note">None of the {count(all.length)} spans is of this kind.</p>
      ) : (
        <div class={rows.length > MOST_AT_ONCE ? 'falls long' : 'falls'} ref={seen.box} onScroll={seen.onScroll} style={{ '--row': `${rowPx}px` }}>
          <ol ref={list} style={{ height: `${rows.length * rowPx}px` }} onKeyDown={onKey} aria-label={`${count(rows.length)} spans`}>
            {rows.slice(seen.from, seen.to).map((row, i) => (
              <Row key={row.span.span_id} row={row} index={seen.from + i} count={rows.length} rowPx={rowPx} total={total} marks={marks} chosen={row.span.span_id === chosen} choose={choose} />
            ))}
          </ol>
        </div>
      )}
    </Panel>
  )
}

type RowProps = { readonly row: Placed; readonly index: number; readonly count: number; readonly rowPx: number; readonly total: number; readonly marks: readonly number[]; readonly chosen: boolean; readonly choose: (spanId: string) => void }

function Row({ row: { span, depth, startMs }, index, count: of, rowPx, total, marks, chosen, choose }: RowProps) {
  const colour = useColour()
  const failed = span.status === 'Error'
  const ttft = span.role === 'attempt' ? span.ttft_ms : null
  const tone = span.role === 'attempt' ? colour(span.target) : 'var(--ink-soft)'
  const left = (startMs / total) * 100
  return (
    <li class={`${span.role}${failed ? ' failed' : ''}${chosen ? ' chosen' : ''}`} style={{ top: `${index * rowPx}px` }} aria-setsize={of} aria-posinset={index + 1}>
      <button type="button" data-row={index} tabIndex={chosen || index === 0 ? 0 : -1} aria-current={chosen ? 'true' : undefined} onClick={() => choose(span.span_id)}>
        <span class="what" style={{ paddingLeft: `${Math.min(depth, 12) * 14}px` }}>
          <b>{nameOf(span)}</b>
          <small>{detailOf(span)}</small>
        </span>
        <span class="track">
          {marks.map((ms) => (
            <i key={ms} class="mark-line" style={{ left: `${(ms / total) * 100}%` }} />
          ))}
          <span class="fall" style={{ left: `${left}%`, width: `max(3px, ${(span.duration_ms / total) * 100}%)`, '--c': tone }}>
            {ttft !== null && !failed && <span class="output" style={{ left: `${Math.min(100, (ttft / Math.max(span.duration_ms, 0.001)) * 100)}%` }} />}
          </span>
          <span class="say" style={left > 55 ? { right: '0' } : { left: `${left}%` }}>
            {duration(span.duration_ms)}
            {ttft !== null && ` · first token ${duration(ttft)}`}
            {failed && span.error_code !== '' && <b class="err"> ✕ {spoken(span.error_code)}</b>}
            {span.role === 'attempt' && ` · ${span.cost_usd === null ? 'unpriced' : usd(span.cost_usd)}`}
          </span>
        </span>
      </button>
    </li>
  )
}

function nameOf(span: Outlined): string {
  if (span.role === 'attempt') return `Attempt ${span.attempt}`
  return span.role === 'call' ? 'Call' : span.name
}

function detailOf(span: Outlined): string {
  if (span.role === 'attempt') return `${span.target}${span.reason === '' ? '' : ` · ${span.reason}`}`
  return span.role === 'call' ? `${span.surface || 'call'} · ${span.task}` : span.service
}

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => window.matchMedia('(max-width: 720px)').matches)
  useEffect(() => {
    const query = window.matchMedia('(max-width: 720px)')
    const look = (): void => setNarrow(query.matches)
    query.addEventListener('change', look)
    return () => query.removeEventListener('change', look)
  }, [])
  return narrow
}
