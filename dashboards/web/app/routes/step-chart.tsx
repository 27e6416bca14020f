// Weights over time, a small chart per task: stacked, flat while a version is in force, a step where the next took over.
import type { RouteVersion, Shares } from '../../api/routes.ts'
import { timeAxis } from '../charts/scales.ts'
import { useWidth } from '../charts/use-width.ts'
import { percent } from '../format.ts'
import { Panel } from '../parts/pieces.tsx'
import { Legend } from '../parts/weight-bar.tsx'
import { useColour } from '../targets.tsx'

const HEIGHT = 128
const LEFT = 38
const TOP = 16
const BOTTOM = 20
/** The stretch before the first version, when the config's weights ruled. */
const LEAD = 0.15

type Props = { readonly versions: readonly RouteVersion[]; readonly order: readonly string[]; readonly configured: Readonly<Record<string, Shares>> }

export function StepCharts({ versions, order, configured }: Props) {
  const ascending = versions.toReversed()
  const tasks = [...new Set(versions.flatMap((version) => Object.keys(version.tasks)))].toSorted((a, b) => changes(ascending, b) - changes(ascending, a) || (a < b ? -1 : 1))
  return (
    <Panel title="How the weights changed" note="share of each task's draw; pale: before the first version, as configured">
      <Legend names={order} />
      <div class="multiples steps">
        {tasks.map((task) => (
          <figure key={task}>
            <h3>{task}</h3>
            <Steps task={task} ascending={ascending} order={order} configured={configured[task] ?? {}} />
          </figure>
        ))}
      </div>
    </Panel>
  )
}

function Steps({ task, ascending, order, configured }: { task: string; ascending: readonly RouteVersion[]; order: readonly string[]; configured: Shares }) {
  const [box, width] = useWidth(260)
  const colour = useColour()
  const first = ascending[0]
  if (first === undefined) return null
  const now = Date.now()
  const begin = Date.parse(first.published_at)
  const from = begin - Math.max(60_000, now - begin) * LEAD
  const axis = timeAxis(from, now, LEFT, width - 2, 84)
  const y = (share: number): number => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)
  const stretches = [
    { label: 'config', start: from, end: begin, shares: configured },
    ...ascending.map((version, i) => ({ label: `v${version.version}`, start: Date.parse(version.published_at), end: i + 1 < ascending.length ? Date.parse(ascending[i + 1]?.published_at ?? '') : now, shares: version.tasks[task] ?? configured })),
  ]
  // A label is only written where the one before it leaves room.
  let written = -Infinity
  return (
    <div class="plot" ref={box}>
      <svg width={width} height={HEIGHT} role="img" aria-label={`Weights of ${task} over time: ${stretches.map((s) => `${s.label} ${order.filter((name) => (s.shares[name] ?? 0) > 0).map((name) => `${name} ${percent(s.shares[name])}`).join(', ')}`).join('; ')}`}>
        {[0, 0.5, 1].map((share) => (
          <text key={share} class="tick" x={LEFT - 6} y={y(share) + 4} text-anchor="end">
            {percent(share)}
          </text>
        ))}
        {axis.ticks.map(({ at, label }) => (
          <text key={at} class="tick" x={axis.place(at)} y={HEIGHT - 4} text-anchor={axis.place(at) > width - 26 ? 'end' : axis.place(at) < LEFT + 16 ? 'start' : 'middle'}>
            {label}
          </text>
        ))}
        {stretches.map((stretch, i) => {
          let under = 0
          const left = axis.place(stretch.start)
          const wide = Math.max(1, axis.place(stretch.end) - left)
          const isWritten = left - written > 26
          if (isWritten) written = left
          return (
            <g key={stretch.label} opacity={i === 0 ? 0.45 : 1}>
              {order.map((name) => {
                const share = stretch.shares[name] ?? 0
                if (share === 0) return null
                const base = under
                under += share
                return (
                  <rect key={name} x={left} y={y(under)} width={wide} height={Math.max(0.5, y(base) - y(under) - 0.75)} fill={colour(name)}>
                    <title>{`${stretch.label}: ${name} ${percent(share)}`}</title>
                  </rect>
                )
              })}
              {i > 0 && <line class="turn" x1={left} x2={left} y1={TOP - 4} y2={y(0) + 3} />}
              {isWritten && (
                <text class="tick" x={left + 3} y={TOP - 5}>
                  {stretch.label}
                </text>
              )}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

/** How often a task's weights changed: the liveliest task is shown first. */
function changes(ascending: readonly RouteVersion[], task: string): number {
  return ascending.filter((version, i) => i > 0 && JSON.stringify(version.tasks[task]) !== JSON.stringify(ascending[i - 1]?.tasks[task])).length
}
