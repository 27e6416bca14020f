// The frame that every chart over time stands in: axes, a cursor that pointer and arrow keys move from bucket to bucket, and a stretch
// that can be marked to look at it alone. What is drawn inside is the caller's, in the coordinates it is handed.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { quantityAxis, timeAxis, type TimeAxis } from './scales.ts'
import { useWidth } from './use-width.ts'

export type Inside = { readonly x: TimeAxis['place']; readonly y: (value: number) => number; readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

/** Where several charts over the same buckets are read together: the index of a bucket. */
export type Cursor = { readonly index: number | undefined; readonly move: (index: number | undefined) => void }

type Props = {
  readonly label: string
  readonly fromMs: number
  readonly toMs: number
  /** Starts of the buckets, ascending, all as wide as the first two are apart; nothing to read where there are none. */
  readonly buckets: readonly number[]
  readonly low?: number
  readonly high: number
  readonly format: (value: number) => string
  readonly height: number
  /** A small multiple: fewer ticks, no room for long labels. */
  readonly small?: boolean
  /** Ticks in UTC, at whole days. */
  readonly utc?: boolean
  readonly cursor?: Cursor
  /** Called with a stretch that was marked; left out: none can be. */
  readonly zoom?: ((fromMs: number, toMs: number) => void) | undefined
  readonly children: (inside: Inside) => ComponentChildren
}

const RIGHT = 6
const TOP = 10
const BOTTOM = 22
const LEAST_DRAG = 6

export function TimePlot({ label, fromMs, toMs, buckets, low = 0, high, format, height, small = false, utc = false, cursor, zoom, children }: Props) {
  const [box, width] = useWidth(small ? 240 : 760)
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>()
  const left = small ? 40 : 54
  const bottom = height - BOTTOM
  const y = quantityAxis(low, high, bottom, TOP, small || height < 120 ? 2 : 4, format)
  const x = timeAxis(fromMs, toMs, left, width - RIGHT, small ? 78 : 96, utc)
  const picked = cursor?.index === undefined ? undefined : buckets[cursor.index]

  const pixel = (event: PointerEvent): number => {
    const rect = event.currentTarget instanceof Element ? event.currentTarget.getBoundingClientRect() : undefined
    return Math.min(width - RIGHT, Math.max(left, event.clientX - (rect?.left ?? 0)))
  }
  const indexAt = (px: number): number | undefined => {
    const at = x.invert(px)
    const after = buckets.findIndex((start) => start > at)
    const index = after === -1 ? buckets.length - 1 : after - 1
    return index < 0 ? undefined : index
  }
  const onKey = (event: KeyboardEvent): void => {
    if (cursor === undefined) return
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (event.key === 'Escape') cursor.move(undefined)
    if (event.key === 'Enter' && picked !== undefined && zoom !== undefined) zoom(picked, picked + widthOf(buckets))
    if (by === 0) return
    event.preventDefault()
    cursor.move(Math.min(buckets.length - 1, Math.max(0, (cursor.index ?? (by > 0 ? -1 : buckets.length)) + by)))
  }
  const release = (): void => {
    if (drag !== undefined && zoom !== undefined && Math.abs(drag.to - drag.from) >= LEAST_DRAG) {
      const [a, b] = [x.invert(Math.min(drag.from, drag.to)), x.invert(Math.max(drag.from, drag.to))]
      zoom(Math.floor(a / 60_000) * 60_000, Math.ceil(b / 60_000) * 60_000)
    }
    setDrag(undefined)
  }
  const reads = cursor !== undefined && buckets.length > 0
  return (
    <div
      class={`plot${small ? ' small' : ''}${zoom === undefined ? '' : ' zooms'}`}
      ref={box}
      {...(reads ? { tabIndex: 0, role: 'group', 'aria-label': `${label}; arrow keys read it${zoom === undefined ? '' : ', Enter looks at one stretch alone'}`, onKeyDown: onKey } : {})}
      onPointerMove={(event) => {
        const px = pixel(event)
        if (drag !== undefined) setDrag({ from: drag.from, to: px })
        else if (reads) cursor.move(indexAt(px))
      }}
      onPointerLeave={() => {
        setDrag(undefined)
        cursor?.move(undefined)
      }}
      onPointerDown={(event) => {
        if (zoom !== undefined && event.button === 0 && event.pointerType === 'mouse') setDrag({ from: pixel(event), to: pixel(event) })
      }}
      onPointerUp={release}
    >
      <svg width={width} height={height} role="img" aria-label={label}>
        {y.ticks.map(({ at, label: text }) => (
          <g key={at}>
            <line class={at === low ? 'axis' : 'grid'} x1={left} x2={width - RIGHT} y1={y.place(at)} y2={y.place(at)} />
            <text class="tick" x={left - 8} y={y.place(at) + 4} text-anchor="end">
              {text}
            </text>
          </g>
        ))}
        {apart(x, left, width).map(({ at, label: text }) => {
          const px = x.place(at)
          return (
            <g key={at}>
              <line class="axis" x1={px} x2={px} y1={bottom} y2={bottom + 4} />
              <text class="tick" x={px} y={height - 5} text-anchor={px > width - 30 ? 'end' : px < left + 14 ? 'start' : 'middle'}>
                {text}
              </text>
            </g>
          )
        })}
        {picked !== undefined && <rect class="cursor" x={x.place(picked)} width={Math.max(1, x.place(picked + widthOf(buckets)) - x.place(picked))} y={TOP} height={bottom - TOP} />}
        {children({ x: x.place, y: y.place, left, right: width - RIGHT, top: TOP, bottom })}
        {drag !== undefined && Math.abs(drag.to - drag.from) >= LEAST_DRAG && <rect class="brush" x={Math.min(drag.from, drag.to)} width={Math.abs(drag.to - drag.from)} y={TOP} height={bottom - TOP} />}
      </svg>
    </div>
  )
}

/** Ticks without those whose label would run into the first or the last one, where these stand beside their tick instead of under it. */
function apart(x: TimeAxis, left: number, width: number): TimeAxis['ticks'] {
  const [first, last] = [x.ticks[0], x.ticks.at(-1)]
  if (first === undefined || last === undefined) return x.ticks
  const [begins, ends] = [x.place(first.at) < left + 14, x.place(last.at) > width - 30]
  return x.ticks.filter(({ at }) => at === first.at || at === last.at || ((!begins || x.place(at) - x.place(first.at) > 64) && (!ends || x.place(last.at) - x.place(at) > 64)))
}

function widthOf(buckets: readonly number[]): number {
  return (buckets[1] ?? (buckets[0] ?? 0) + 60_000) - (buckets[0] ?? 0)
}

/** The starts of all buckets of a window, so that empty ones stand there as well. Aligned as the database aligns them. */
export function bucketsOf(fromMs: number, toMs: number, bucketS: number): number[] {
  const width = bucketS * 1_000
  const out: number[] = []
  for (let at = Math.floor(fromMs / width) * width; at < toMs; at += width) out.push(at)
  return out
}

/** How wide a bucket is, in words. */
export function bucketWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${seconds / 60} min`
  return seconds < 86_400 ? `${seconds / 3_600} h` : `${seconds / 86_400} d`
}
