// A rate or an amount as a dot with its 95% interval on a common rule, and the number beside it. Unknown and too few are said in words.
import { TOO_FEW } from '../../api/scope.ts'
import { percent } from '../format.ts'

export type Measured = { readonly value: number | null; readonly low: number | null; readonly high: number | null; readonly n?: number | undefined }

type Props = {
  readonly measured: Measured | null | undefined
  readonly colour?: string
  /** Ends of the rule; 0 and 1 unless given. */
  readonly from?: number
  readonly to?: number
  readonly format?: (value: number) => string
  /** Said where there is nothing; also why. */
  readonly none?: string
  /** A limit drawn as a line, e.g. a ceiling. */
  readonly mark?: number | null | undefined
  /** Fewer than this many are too few to state; 0: any number will do. */
  readonly fewest?: number
  readonly showN?: boolean
}

export function DotRule({ measured, colour = 'var(--ink-soft)', from = 0, to = 1, format = percent, none = 'unknown', mark, fewest = TOO_FEW, showN = true }: Props) {
  if (measured === null || measured === undefined || measured.value === null) {
    return (
      <span class="dot-rule none">
        <span class="rule" aria-hidden="true" />
        <span class="read">{none}</span>
      </span>
    )
  }
  const { value, low, high, n } = measured
  const few = n !== undefined && n < fewest
  const place = (v: number): number => Math.min(100, Math.max(0, ((v - from) / (to - from)) * 100))
  const words = `${format(value)}${low === null || high === null ? '' : `, 95% interval ${format(low)} to ${format(high)}`}${n === undefined ? '' : `, n = ${n}`}${few ? ', too few to state' : ''}`
  return (
    <span class={few ? 'dot-rule few' : 'dot-rule'} title={words}>
      <span class="rule" role="img" aria-label={words} style={{ '--c': colour }}>
        {low !== null && high !== null && <i class="span" style={{ left: `${place(low)}%`, width: `${Math.max(0.5, place(high) - place(low))}%` }} />}
        <i class="dot" style={{ left: `${place(value)}%` }} />
        {mark != null && <i class="limit" style={{ left: `${place(mark)}%` }} />}
      </span>
      <span class="read" aria-hidden="true">
        {few ? <b>too few</b> : <b>{format(value)}</b>}
        {showN && n !== undefined && <small> n {n.toLocaleString('en-US')}</small>}
      </span>
    </span>
  )
}
