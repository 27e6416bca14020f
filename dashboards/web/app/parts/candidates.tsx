// The candidates of a decision as a table: weight, estimate, ceiling, chance, and who was left out and why. For what was decided (on a
// call's span) and for what would be decided now alike.
import { percent, usd } from '../format.ts'
import { TargetName, useColour } from '../targets.tsx'
import { Scroll } from './pieces.tsx'

export type CandidateRow = {
  readonly target: string
  readonly weight: number
  readonly est_usd: number | null
  readonly est_per_1k: number | null
  readonly ceiling: number | null
  /** Chance of the first attempt; `undefined`: not worked out. */
  readonly share?: number | undefined
  readonly waived?: boolean
  /** What else is to be said. */
  readonly also?: readonly string[]
}
export type Left = { readonly target: string; readonly reason: string; readonly detail: string }

type Props = { readonly label: string; readonly candidates: readonly CandidateRow[]; readonly excluded: readonly Left[]; readonly drawn: string | null }

export function Candidates({ label, candidates, excluded, drawn }: Props) {
  const colour = useColour()
  const out = Map.groupBy(excluded, (one) => one.target)
  const withShare = candidates.some((one) => one.share !== undefined)
  const others = excluded.filter((one) => !candidates.some((candidate) => candidate.target === one.target))
  return (
    <>
      <Scroll label={label}>
        <table class="candidates">
          <thead>
            <tr>
              <th scope="col">Candidate</th>
              <th scope="col">Weight</th>
              {withShare && <th scope="col" class="n">Chance now</th>}
              <th scope="col" class="n">Estimated</th>
              <th scope="col" class="n">Per 1k tokens</th>
              <th scope="col" class="n">Ceiling</th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {candidates.map((candidate) => {
              const left = out.get(candidate.target) ?? []
              const over = candidate.ceiling !== null && candidate.est_per_1k !== null && candidate.est_per_1k > candidate.ceiling
              const isDrawn = candidate.target === drawn
              return (
                <tr key={candidate.target} class={isDrawn ? 'drawn' : undefined}>
                  <th scope="row">
                    <TargetName name={candidate.target} faded={left.length > 0 && !isDrawn} />
                  </th>
                  <td>
                    <span class="share">
                      <i style={{ width: `${candidate.weight * 56}px`, background: colour(candidate.target) }} />
                      {percent(candidate.weight)}
                    </span>
                  </td>
                  {withShare && <td class="n">{percent(candidate.share)}</td>}
                  <td class="n">{candidate.est_usd === null ? 'unpriced' : usd(candidate.est_usd)}</td>
                  <td class={over ? 'n err' : 'n'}>{usd(candidate.est_per_1k)}</td>
                  <td class="n">{candidate.ceiling === null ? 'none' : usd(candidate.ceiling)}</td>
                  <td class="wrap">
                    {isDrawn && <b>drawn</b>}
                    {isDrawn && left.length > 0 && '; '}
                    {left.map((one) => (
                      <span key={one.reason} class="warn">
                        left out, {one.reason.replaceAll('_', ' ')}: {one.detail}{' '}
                      </span>
                    ))}
                    {!isDrawn && left.length === 0 && candidate.weight === 0 && <span class="muted">chain only</span>}
                    {candidate.waived === true && <span class="warn"> over its ceiling, waived: nothing admissible is cheaper</span>}
                    {candidate.also?.map((text) => <small key={text}> {text}</small>)}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </Scroll>
      {others.map((one) => (
        <p key={`${one.target} ${one.reason}`} class="note">
          {one.target} left out, {one.reason.replaceAll('_', ' ')}: {one.detail}
        </p>
      ))}
    </>
  )
}
