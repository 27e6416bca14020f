// Cost against quality, a small chart per task: a cross per target whose arms are the 95% intervals. Up and to the left is better.
import type { Evidence, Recommendation, RouteTask } from '../../api/routes.ts'
import { logAxis, quantityAxis } from '../charts/scales.ts'
import { useWidth } from '../charts/use-width.ts'
import { percent, usd, usdPlain } from '../format.ts'
import { Panel } from '../parts/pieces.tsx'
import { useColour } from '../targets.tsx'

const HEIGHT = 250
const LEFT = 40
const BOTTOM = 36
const TOP = 12
const RIGHT = 14

type Point = { readonly target: string; readonly quality: { readonly value: number; readonly low: number; readonly high: number }; readonly cost: { readonly value: number; readonly low: number; readonly high: number } }
type Chart = { readonly task: string; readonly points: readonly Point[] }

export function Tradeoffs({ tasks, recommendation }: { tasks: readonly RouteTask[]; recommendation: Recommendation | undefined }) {
  // The pending recommendation has weighed the newest evidence; without one, what the table in force was made from.
  const weighed = new Map((recommendation?.tasks ?? []).map((task) => [task.task, Object.fromEntries(task.targets.map((target) => [target.target, target]))]))
  const charts = tasks.map(({ task, evidence }): Chart => ({ task, points: [weighed.get(task) ?? {}, evidence].map(pointsOf).find((points) => points.length > 0) ?? [] })).filter((chart) => chart.points.length > 0)
  if (charts.length === 0) return null
  // One frame for all, so that tasks can be compared.
  const points = charts.flatMap((chart) => chart.points)
  const costs = { low: Math.min(...points.map((p) => Math.max(p.cost.low, p.cost.value / 4))) / 1.3, high: Math.max(...points.map((p) => Math.min(p.cost.high, p.cost.value * 4))) * 1.3 }
  const quality = { low: Math.max(0, Math.min(...points.map((p) => p.quality.low)) - 0.02), high: Math.min(1, Math.max(...points.map((p) => p.quality.high)) + 0.02) }
  return (
    <Panel title="Cost against quality" note="a cross per target, its arms the 95% intervals; up and to the left is better">
      <div class="multiples tradeoffs">
        {charts.map((chart) => (
          <figure key={chart.task}>
            <h3>{chart.task}</h3>
            <Crosses chart={chart} costs={costs} quality={quality} />
          </figure>
        ))}
      </div>
    </Panel>
  )
}

type Range = { readonly low: number; readonly high: number }

function Crosses({ chart: { points }, costs, quality }: { chart: Chart; costs: Range; quality: Range }) {
  const [box, width] = useWidth(340)
  const colour = useColour()
  const x = logAxis(costs.low, costs.high, LEFT, width - RIGHT, usdPlain)
  const y = quantityAxis(quality.low, quality.high, HEIGHT - BOTTOM, TOP, 4, (value) => percent(value))
  const labels = placeLabels(points.map((p) => ({ x: x.place(p.cost.value), y: y.place(p.quality.value), width: p.target.length * 6.6 })), width)
  return (
    <div ref={box} class="plot">
      <svg width={width} height={HEIGHT} role="img" aria-label={points.map((p) => `${p.target}: quality ${percent(p.quality.value)}, ${usd(p.cost.value)} per call`).join('; ')}>
        {y.ticks.map(({ at, label }, i) => (
          <g key={at}>
            <line class={i === 0 ? 'axis' : 'grid'} x1={LEFT} x2={width - RIGHT} y1={y.place(at)} y2={y.place(at)} />
            <text class="tick" x={LEFT - 6} y={y.place(at) + 4} text-anchor="end">
              {label}
            </text>
          </g>
        ))}
        {x.ticks.map(({ at, label }) => (
          <g key={at}>
            <line class="grid" x1={x.place(at)} x2={x.place(at)} y1={TOP} y2={HEIGHT - BOTTOM} />
            <text class="tick" x={x.place(at)} y={HEIGHT - 20} text-anchor="middle">
              {label}
            </text>
          </g>
        ))}
        <text class="tick" x={width - RIGHT} y={HEIGHT - 4} text-anchor="end">
          USD per call, log scale
        </text>
        {points.map((p, i) => (
          <g key={p.target} style={{ color: colour(p.target) }} class="cross">
            <line x1={x.place(p.cost.low)} x2={x.place(p.cost.high)} y1={y.place(p.quality.value)} y2={y.place(p.quality.value)} />
            <line x1={x.place(p.cost.value)} x2={x.place(p.cost.value)} y1={y.place(p.quality.low)} y2={y.place(p.quality.high)} />
            <circle cx={x.place(p.cost.value)} cy={y.place(p.quality.value)} r="4.5" />
            <text {...labels[i]}>{p.target}</text>
            <title>{`${p.target}: quality ${percent(p.quality.value)} (${percent(p.quality.low)} to ${percent(p.quality.high)}), ${usd(p.cost.value)} per call (${usd(p.cost.low)} to ${usd(p.cost.high)})`}</title>
          </g>
        ))}
      </svg>
    </div>
  )
}

function pointsOf(evidence: Readonly<Record<string, Evidence>>): Point[] {
  return Object.entries(evidence).flatMap(([target, e]) => (e.quality && e.cost_per_call_usd && e.cost_per_call_usd.value > 0 ? [{ target, quality: e.quality, cost: e.cost_per_call_usd }] : []))
}

type Label = { readonly x: number; readonly y: number; readonly 'text-anchor': 'start' | 'end' }

/** Each label goes right or left of its point, above or below it, wherever it first meets no other label. */
function placeLabels(points: readonly { readonly x: number; readonly y: number; readonly width: number }[], width: number): Label[] {
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = []
  return points.map((p) => {
    for (const dy of [-8, 17, -22, 31, -36, 45]) {
      for (const right of p.x + p.width + 16 < width ? [true, false] : [false]) {
        const box = { left: right ? p.x + 7 : p.x - 7 - p.width, right: right ? p.x + 7 + p.width : p.x - 7, y: p.y + dy }
        if (taken.some((t) => t.left < box.right && box.left < t.right && Math.abs(t.y - box.y) < 14)) continue
        taken.push(box)
        return { x: right ? box.left : box.right, y: box.y, 'text-anchor': right ? 'start' : 'end' }
      }
    }
    return { x: p.x + 7, y: p.y - 8, 'text-anchor': 'start' }
  })
}
