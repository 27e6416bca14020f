// Why this target: the task and who named it, the candidates with weights and estimates, who was left out and why, the draw.
import type { Decision, Span } from '../../api.ts'
import { percent, usd } from '../format.ts'
import { Panel } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'

const SOURCES: Readonly<Record<string, string>> = {
  caller: 'named by the caller',
  rule: 'by a rule',
  model: 'from the model field',
  default: 'because nothing named another',
}

const REASONS: Readonly<Record<string, string>> = {
  weighted: 'by the weights',
  sticky: 'because its session was there before',
  pinned: 'because the caller pinned it',
  failover: 'as the next link of the chain',
  explore: 'to explore',
}

export function DecisionPanel({ call }: { call: Span | undefined }) {
  const colour = useColour()
  const decision = call === undefined ? undefined : parse(call.decision)
  if (call === undefined || decision === undefined) {
    return (
      <Panel title="Decision">
        <p class="note">{call === undefined ? 'The call span has not arrived yet.' : 'This call span carries no decision.'}</p>
      </Panel>
    )
  }
  const excluded = new Map(decision.exclusions.map((e) => [e.target, e]))
  const from = decision.weights_source === 'table' ? `route table v${decision.route_version}` : decision.weights_source === 'config' ? 'the configured weights' : decision.weights_source
  return (
    <Panel title="Decision">
      <p class="story">
        Task <b>{decision.task}</b>, {SOURCES[decision.task_source] ?? decision.task_source}.{' '}
        {decision.drawn === '' ? (
          'No target was admissible.'
        ) : (
          <>
            Drew <TargetName name={decision.drawn} /> {REASONS[decision.reason] ?? decision.reason}
            {decision.propensity !== null && <>, with probability {percent(decision.propensity)}</>}, from {from}.
          </>
        )}
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Candidate</th>
              <th scope="col">Weight</th>
              <th scope="col" class="n">Estimated</th>
              <th scope="col" class="n">Per 1k tokens</th>
              <th scope="col" class="n">Ceiling</th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {decision.candidates.map((candidate) => {
              const out = excluded.get(candidate.target)
              const over = candidate.ceiling !== null && candidate.est_per_1k !== null && candidate.est_per_1k > candidate.ceiling
              return (
                <tr key={candidate.target} class={candidate.target === decision.drawn ? 'drawn' : undefined}>
                  <th scope="row">
                    <TargetName name={candidate.target} faded={out !== undefined} />
                  </th>
                  <td>
                    <span class="share">
                      <i style={{ width: `${candidate.weight * 64}px`, background: colour(candidate.target) }} />
                      {percent(candidate.weight)}
                    </span>
                  </td>
                  <td class="n">{candidate.est_usd === null ? 'unpriced' : usd(candidate.est_usd)}</td>
                  <td class={over ? 'n err' : 'n'}>{usd(candidate.est_per_1k)}</td>
                  <td class="n">{candidate.ceiling === null ? 'none' : usd(candidate.ceiling)}</td>
                  <td>{out !== undefined ? <span class="warn">left out, {out.reason}: {out.detail}</span> : candidate.target === decision.drawn ? <b>drawn</b> : candidate.weight === 0 ? 'chain only' : ''}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {decision.exclusions.filter((e) => !decision.candidates.some((c) => c.target === e.target)).map((e) => (
        <p key={e.target} class="note">
          {e.target} left out, {e.reason}: {e.detail}
        </p>
      ))}
    </Panel>
  )
}

function parse(text: string): Decision | undefined {
  if (text === '') return undefined
  try {
    const value: Decision = JSON.parse(text)
    // Other writers of spans may put anything here; the lists are what the panel cannot do without.
    return Array.isArray(value.candidates) && Array.isArray(value.exclusions) ? value : undefined
  } catch {
    return undefined
  }
}
