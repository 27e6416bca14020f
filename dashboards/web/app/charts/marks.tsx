// What is drawn inside a chart over time: stacked bars, lines with their band, points with whiskers. Plain SVG in the frame's pixels.
import type { Inside } from './time-plot.tsx'

export type Stack = { readonly at: number; readonly parts: readonly { readonly name: string; readonly value: number }[] }

/** Stacked bars, one per bucket; `colour` by name. */
export function Bars({ inside, stacks, bucketMs, colour }: { inside: Inside; stacks: readonly Stack[]; bucketMs: number; colour: (name: string) => string }) {
  return (
    <>
      {stacks.map((stack) => {
        const x0 = Math.max(inside.left, inside.x(stack.at))
        const x1 = Math.min(inside.right, inside.x(stack.at + bucketMs))
        const gap = x1 - x0 > 6 ? 1.5 : x1 - x0 > 3 ? 0.75 : 0
        let under = 0
        return (
          <g key={stack.at} class="stack">
            {stack.parts.map(({ name, value }) => {
              if (value === 0) return null
              const from = under
              under += value
              return <rect key={name} x={x0 + gap / 2} width={Math.max(1, x1 - x0 - gap)} y={inside.y(under)} height={Math.max(0.6, inside.y(from) - inside.y(under))} fill={colour(name)} />
            })}
          </g>
        )
      })}
    </>
  )
}

export type Point = { readonly at: number; readonly value: number; readonly low?: number | null; readonly high?: number | null }

/** A line through the middles of buckets with the band of its intervals; a gap of more than one bucket breaks it. */
export function Line({ inside, points, bucketMs, colour }: { inside: Inside; points: readonly Point[]; bucketMs: number; colour: string }) {
  const runs: Point[][] = []
  for (const point of points) {
    const run = runs.at(-1)
    const before = run?.at(-1)
    if (run === undefined || before === undefined || point.at - before.at > bucketMs * 1.5) runs.push([point])
    else run.push(point)
  }
  const middle = (point: Point): number => inside.x(point.at + bucketMs / 2)
  const path = (run: readonly Point[]): string => run.map((point, i) => `${i === 0 ? 'M' : 'L'}${middle(point).toFixed(1)} ${inside.y(point.value).toFixed(1)}`).join('')
  const band = (run: readonly Point[]): string => {
    const edge = (end: 'low' | 'high', point: Point): string => `${middle(point).toFixed(1)} ${inside.y(point[end] ?? point.value).toFixed(1)}`
    return `M${run.map((point) => edge('high', point)).join('L')}L${run.toReversed().map((point) => edge('low', point)).join('L')}Z`
  }
  return (
    <g class="line" style={{ color: colour }}>
      {runs.map((run) => (
        <g key={run[0]?.at}>
          {run.some((point) => point.low != null) && run.length > 1 && <path class="band-of" d={band(run)} />}
          <path class="stroke" d={path(run)} />
          {run.length === 1 && run[0] !== undefined && <Whisker inside={inside} point={run[0]} x={middle(run[0])} />}
        </g>
      ))}
    </g>
  )
}

/** Points with their intervals as whiskers. */
export function Points<P extends Point>({ inside, points, colour, faint }: { inside: Inside; points: readonly P[]; colour: string; faint?: (point: P) => boolean }) {
  return (
    <g class="points" style={{ color: colour }}>
      {points.map((point) => (
        <g key={point.at} class={faint?.(point) === true ? 'faint' : undefined}>
          <Whisker inside={inside} point={point} x={inside.x(point.at)} />
        </g>
      ))}
    </g>
  )
}

function Whisker({ inside, point, x }: { inside: Inside; point: Point; x: number }) {
  return (
    <>
      {point.low != null && point.high != null && <line class="whisker" x1={x} x2={x} y1={inside.y(point.low)} y2={inside.y(point.high)} />}
      <circle cx={x} cy={inside.y(point.value)} r="3.5" />
    </>
  )
}
