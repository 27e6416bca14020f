// Cost against quality in one task: a cross per target whose arms are the 95% intervals. Up and to the left is better.
import { useState } from 'preact/hooks'
import type { Recommendation, RoutesAnswer } from '../../api.ts'
import { percent, usd, usdPlain } from '../format.ts'
import { Empty, Panel } from '../parts/pieces.tsx'
import { useColour } from '../targets.tsx'
import { useWidth } from './use-width.ts'

const HEIGHT = 300
const LEFT = 40
const BOTTOM = 38
const TOP = 14
const RIGHT = 12

export function Tradeoff({ routes, recommendation, simulated }: { routes: RoutesAnswer | undefined; recommendation: Recommendation | undefined; simulated: boolean }) {
  const [box, width] = useWidth(360)
  const [chosen, setChosen] = useState<string>()
  const colour = useColour()
  // The pending recommendation has weighed the newest evidence; without one, what the table in force was made from.
  const weighed = new Map((recommendation?.simulated === simulated ? recommendation.tasks : []).map((task) => [task.task, Object.fromEntries(task.targets.map((t) => [t.target, t]))]))
  const tasks = (routes?.tasks ?? [])
    .filter((task) => task.simulated === simulated)
    .map((task) => ({ task: task.task, points: [weighed.get(task.task) ?? {}, task.evidence].map(pointsOf).find((points) => points.length > 0) ?? [] }))
    .filter((task) => task.points.length > 0)
  const task = tasks.find((t) => t.task === chosen) ?? tasks[0]
  if (task === undefined) {
    return (
      <Panel title="Cost against quality">
        <Empty title="No evidence yet.">
          Once probes have run and calls have been priced, <code>weighbridge routes recommend</code> weighs each target here.
        </Empty>
      </Panel>
    )
  }
  const { points } = task
  const low = Math.min(...points.map((p) => Math.max(p.cost.low, p.cost.value / 4)))
  const high = Math.max(...points.map((p) => Math.min(p.cost.high, p.cost.value * 4)))
  const x0 = Math.log10(low / 1.5)
  const x1 = Math.log10(high * 1.5)
  const x = (cost: number): number => LEFT + ((Math.min(x1, Math.max(x0, Math.log10(cost))) - x0) / (x1 - x0)) * (width - LEFT - RIGHT)
  const q0 = Math.max(0, Math.floor(Math.min(...points.map((p) => p.quality.low)) * 10) / 10)
  const q1 = Math.min(1, Math.ceil(Math.max(...points.map((p) => p.quality.high)) * 10) / 10)
  const y = (quality: number): number => TOP + ((q1 - quality) / Math.max(0.1, q1 - q0)) * (HEIGHT - TOP - BOTTOM)
  const labels = placeLabels(points.map((p) => ({ x: x(p.cost.value), y: y(p.quality.value), width: p.target.length * 6.8 })), width)
  return (
    <Panel title="Cost against quality">
      <div class="chips" role="group" aria-label="Task">
        {tasks.map((t) => (
          <button key={t.task} type="button" aria-pressed={t.task === task.task} onClick={() => setChosen(t.task)}>
            {t.task}
          </button>
        ))}
      </div>
      <div ref={box} class="chart">
        <svg width={width} height={HEIGHT} role="img" aria-label={points.map((p) => `${p.target}: quality ${percent(p.quality.value)}, ${usd(p.cost.value)} per call`).join('; ')}>
          {steps(q0, q1).map((v) => (
            <g key={v}>
              <line class={v === q0 ? 'axis' : 'grid'} x1={LEFT} x2={width - RIGHT} y1={y(v)} y2={y(v)} />
              <text class="tick" x={LEFT - 8} y={y(v) + 4} text-anchor="end">
                {v}
              </text>
            </g>
          ))}
          {decades(x0, x1).map((cost) => (
            <g key={cost}>
              <line class="grid" x1={x(cost)} x2={x(cost)} y1={TOP} y2={y(q0)} />
              <text class="tick" x={x(cost)} y={HEIGHT - 22} text-anchor="middle">
                {usdPlain(cost)}
              </text>
            </g>
          ))}
          <text class="tick" x={LEFT} y={HEIGHT - 4}>
            ↑ quality 0 to 1, 95% intervals
          </text>
          <text class="tick" x={width - RIGHT} y={HEIGHT - 4} text-anchor="end">
            USD per call, log →
          </text>
          {points.map((p, i) => (
            <g key={p.target} style={{ color: colour(p.target) }} class="cross">
              <line x1={x(p.cost.low)} x2={x(p.cost.high)} y1={y(p.quality.value)} y2={y(p.quality.value)} />
              <line x1={x(p.cost.value)} x2={x(p.cost.value)} y1={y(p.quality.low)} y2={y(p.quality.high)} />
              <circle cx={x(p.cost.value)} cy={y(p.quality.value)} r="4.5" />
              <text {...labels[i]}>{p.target}</text>
              <title>{`${p.target}: quality ${percent(p.quality.value)} (${percent(p.quality.low)} to ${percent(p.quality.high)}), ${usd(p.cost.value)} per call (${usd(p.cost.low)} to ${usd(p.cost.high)})`}</title>
            </g>
          ))}
        </svg>
      </div>
    </Panel>
  )
}

type Evidences = RoutesAnswer['tasks'][number]['evidence']

function pointsOf(evidence: Evidences) {
  return Object.entries(evidence).flatMap(([target, e]) => (e.quality && e.cost_per_call_usd && e.cost_per_call_usd.value > 0 ? [{ target, quality: e.quality, cost: e.cost_per_call_usd }] : []))
}

type Label = { readonly x: number; readonly y: number; readonly 'text-anchor': 'start' | 'end' }

// Each label goes right or left of its point, above or below it, wherever it first meets no other label.
function placeLabels(points: readonly { x: number; y: number; width: number }[], width: number): Label[] {
  const taken: { left: number; right: number; y: number }[] = []
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

function steps(low: number, high: number): number[] {
  const by = high - low > 0.5 ? 0.2 : 0.1
  return Array.from({ length: Math.floor((high - low) / by + 1.001) }, (_, i) => Number((low + i * by).toFixed(1)))
}

// 1, 2 and 5 times each power of ten, thinned to at most five.
function decades(x0: number, x1: number): number[] {
  const out: number[] = []
  for (let power = Math.floor(x0); power <= x1; power += 1) for (const m of [1, 2, 5]) out.push(m * 10 ** power)
  const inside = out.filter((v) => Math.log10(v) >= x0 && Math.log10(v) <= x1)
  return inside.length <= 5 ? inside : inside.filter((v) => Number.isInteger(Math.log10(v)) || inside.length <= 7).slice(0, 6)
}
