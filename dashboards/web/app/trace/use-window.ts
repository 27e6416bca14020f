// The rows of a long list that can be seen, and some around them: all rows are equally tall, so that nothing has to be measured. A trace
// of ten thousand spans then costs what its visible part costs.
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks'

const AROUND = 12

export type Seen = {
  readonly box: { current: HTMLDivElement | null }
  /** Half-open range of the rows to draw. */
  readonly from: number
  readonly to: number
  readonly onScroll: () => void
  /** Scrolls so far that a row can be seen. */
  readonly reveal: (index: number) => void
}

export function useWindow(count: number, rowPx: number): Seen {
  const box = useRef<HTMLDivElement>(null)
  const [range, setRange] = useState({ from: 0, to: 60 })
  const look = useCallback(() => {
    const element = box.current
    if (element === null) return
    const from = Math.max(0, Math.floor(element.scrollTop / rowPx) - AROUND)
    const to = Math.ceil((element.scrollTop + element.clientHeight) / rowPx) + AROUND
    setRange((old) => (old.from === from && old.to === to ? old : { from, to }))
  }, [rowPx])
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const observer = new ResizeObserver(look)
    observer.observe(element)
    look()
    return () => observer.disconnect()
  }, [look, count])
  const reveal = useCallback(
    (index: number) => {
      const element = box.current
      if (element === null) return
      const top = index * rowPx
      if (top < element.scrollTop) element.scrollTop = top
      else if (top + rowPx > element.scrollTop + element.clientHeight) element.scrollTop = top + rowPx - element.clientHeight
    },
    [rowPx],
  )
  return { box, from: range.from, to: Math.min(count, range.to), onScroll: look, reveal }
}
