// One task's weights over time as stacked steps: flat while a version is in force, a step where the next took over.
import { useState } from 'preact/hooks'
import type { RouteVersion, Shares } from '../../api.ts'
import { day, moment, percent } from '../format.ts'
import { useColour } from '../targets.tsx'
import { useWidth } from './use-width.ts'

const HEIGHT = 132
const LEFT = 40
const TOP = 18
const BOTTOM = 20
// The stretch before the first version, when the config's weights ruled.
const LEAD = 0.12

type Props = { readonly versions: readonly RouteVersion[]; readonly order: readonly string[]; readonly configured: Readonly<Record<string, Shares>> }

export function StepChart({ versions, order, configured }: Props) {
  const [box, width] = useWidth(600)
  const [chosen, setChosen] = useState<string>()
  const colour = useColour()
  const ascending = versions.toReversed()
  const tasks = [...new Set(versions.flatMap((v) => Object.keys(v.tasks)))].toSorted((a, b) => changes(ascending, b) - changes(ascending, a) || (a < b ? -1 : 1))
  const task = tasks.includes(chosen ?? '') ? chosen : tasks[0]
  const first = ascending[0]
  if (task === undefined || first === undefined) return null
  const now = Date.now()
  const begin = Date.parse(first.published_at)
  const from = begin - Math.max(60_000, now - begin) * LEAD
  const x = (at: number): number => LEFT + ((at - from) / Math.max(1, now - from)) * (width - LEFT - 2)
  const y = (share: number): number => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)
  const stretches = [
    { label: 'config', start: from, end: begin, shares: configured[task] ?? {} },
    ...ascending.map((v, i) => ({ label: `v${v.version}`, start: Date.parse(v.published_at), end: i + 1 < ascending.length ? Date.parse(ascending[i + 1]?.published_at ?? '') : now, shares: v.tasks[task] ?? configured[task] ?? {} })),
  ]
  const inDays = now - from > 2 * 86_400_000
  return (
    <>
      <div class="chips" role="group" aria-label="Task of the chart">
        {tasks.map((name) => (
          <button key={name} type="button" aria-pressed={name === task} onClick={() => setChosen(name)}>
            {name}
          </button>
        ))}
      </div>
      <div class="chart steps" ref={box}>
        <svg width={width} height={HEIGHT} role="img" aria-label={`Weights of ${task} over time: ${stretches.map((s) => `${s.label} ${order.filter((n) => (s.shares[n] ?? 0) > 0).map((n) => `${n} ${percent(s.shares[n])}`).join(', ')}`).join('; ')}`}>
          {[0, 0.5, 1].map((share) => (
            <text key={share} class="tick" x={LEFT - 8} y={y(share) + 4} text-anchor="end">
              {percent(share)}
            </text>
          ))}
          {stretches.map((s, i) => {
            let under = 0
            const left = x(s.start)
            const wide = Math.max(1, x(s.end) - left)
            return (
              <g key={s.label} opacity={i === 0 ? 0.45 : 1}>
                {order.map((name) => {
                  const share = s.shares[name] ?? 0
                  if (share === 0) return null
                  const base = under
                  under += share
                  return (
                    <rect key={name} x={left} y={y(under)} width={wide} height={Math.max(0.5, y(base) - y(under) - 0.75)} fill={colour(name)}>
                      <title>{`${s.label}: ${name} ${percent(share)}`}</title>
                    </rect>
                  )
                })}
                {i > 0 && <line class="turn" x1={left} x2={left} y1={TOP - 6} y2={y(0) + 4} />}
                {wide > 26 && (
                  <text class="tick" x={left + 4} y={TOP - 6}>
                    {s.label}
                  </text>
                )}
                {i > 0 && wide > 54 && (
                  <text class="tick" x={left + 2} y={HEIGHT - 4}>
                    {inDays ? day(s.start) : moment(s.start, s.start).slice(0, 5)}
                  </text>
                )}
              </g>
            )
          })}
        </svg>
      </div>
    </>
  )
}

// How often a task's weights changed: the liveliest task is shown first.
function changes(ascending: readonly RouteVersion[], task: string): number {
  return ascending.filter((v, i) => i > 0 && JSON.stringify(v.tasks[task]) !== JSON.stringify(ascending[i - 1]?.tasks[task])).length
}
