// Shares of a draw as one bar; segments wide enough carry their number.
import type { Shares } from '../../api/routes.ts'
import { percent } from '../format.ts'
import { TargetName, usePaint } from '../targets.tsx'

/** `full`: in force. `proposed`: hatched. `thin` and `mini`: beside another. */
export function WeightBar({ shares, order, kind, label }: { shares: Shares; order: readonly string[]; kind: 'full' | 'thin' | 'mini' | 'proposed'; label: string }) {
  const paint = usePaint()
  const shown = order.filter((target) => (shares[target] ?? 0) > 0)
  const words = shown.map((target) => `${target} ${percent(shares[target])}`).join(', ')
  return (
    <div class={`weights ${kind}`} role="img" aria-label={`${label}: ${words || 'nothing'}`} title={`${label}: ${words || 'nothing'}`}>
      {shown.map((target) => (
        <span key={target} style={{ width: `${(shares[target] ?? 0) * 100}%`, '--c': paint(target).ground, '--on': paint(target).on }}>
          {(kind === 'full' || kind === 'proposed') && (shares[target] ?? 0) >= 0.05 && <b>{percent(shares[target])}</b>}
        </span>
      ))}
    </div>
  )
}

/** Whose colours they are. */
export function Legend({ names }: { names: readonly string[] }) {
  return names.length === 0 ? null : (
    <p class="legend">
      {names.map((name) => (
        <TargetName key={name} name={name} />
      ))}
    </p>
  )
}
