// Why this target: the task and who named it, the candidates with weights and estimates, who was left out and why, the conversation it
// came from, the draw; and, asked of the router, where the same call would go now.
import { useState } from 'preact/hooks'
import type { CallExplanation } from '../../../../core/explanation.ts'
import type { Decision, Span } from '../../api/trace.ts'
import { PageError, postJson } from '../client.ts'
import { percent, usd } from '../format.ts'
import { Candidates } from '../parts/candidates.tsx'
import { Explanation, SOURCES } from '../parts/explanation.tsx'
import { Panel, Trouble } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'
import { nowRequest } from './now-request.ts'

const REASONS: Readonly<Record<string, string>> = {
  weighted: 'by the weights',
  sticky: 'because its conversation was there before',
  pinned: 'because the caller named it',
  failover: 'as the next link of the chain',
  explore: 'to try it out',
}

export function DecisionPanel({ call, attempts }: { call: Span | undefined; attempts: readonly Span[] }) {
  const decision = call === undefined ? undefined : parse(call.decision)
  return (
    <Panel title="Why it went there">
      {call === undefined && <p class="note">The call span has not arrived yet.</p>}
      {call !== undefined && decision === undefined && <p class="note">This call span carries no decision: it was refused before one was made, or another program wrote it.</p>}
      {decision !== undefined && <Told decision={decision} />}
      {call !== undefined && <Now call={call} attempts={attempts} decision={decision} />}
    </Panel>
  )
}

function Told({ decision }: { decision: Decision }) {
  const { home, rules } = decision
  const from = decision.weights_source === 'table' ? `route table v${decision.route_version}` : decision.weights_source === 'config' ? 'the configured weights' : 'the name that was asked for'
  const drawn = decision.drawn === null || decision.drawn === '' ? null : decision.drawn
  return (
    <>
      <p class="story">
        Task <b>{decision.task}</b>, {SOURCES[decision.task_source] ?? decision.task_source}
        {rules != null && rules.because.length > 0 && <span class="muted"> ({rules.task === null ? 'the rules abstained' : `the rules say ${rules.task}, ${percent(rules.confidence)} sure`}: {rules.because.join(', ')})</span>}.{' '}
        {drawn === null ? (
          <b class="err">No target was admissible.</b>
        ) : (
          <>
            <TargetName name={drawn} /> was chosen {REASONS[decision.reason ?? ''] ?? decision.reason}
            {decision.propensity !== null && <>, with probability {percent(decision.propensity)}</>}, from {from}.
          </>
        )}
        {home != null && (
          <>
            {' '}
            Its conversation was with <TargetName name={home.target} /> before ({home.how.replaceAll('_', ' ')}
            {home.in_tool_loop ? ', in a loop of tools' : ''}){home.saved_usd > 0 && <>; staying there saves about {usd(home.saved_usd)} of cache</>}.
          </>
        )}
        {(decision.exploration ?? 0) > 0 && <> {percent(decision.exploration)} of this draw tried targets out.</>}
      </p>
      <Candidates label="Candidates" candidates={decision.candidates} excluded={decision.exclusions} drawn={drawn} />
    </>
  )
}

function Now({ call, attempts, decision }: { call: Span; attempts: readonly Span[]; decision: Decision | undefined }) {
  const [state, setState] = useState<{ readonly busy?: boolean; readonly found?: CallExplanation; readonly error?: PageError }>({})
  const ask = async (): Promise<void> => {
    setState({ busy: true })
    try {
      setState({ found: await postJson<CallExplanation>('/admin/explain', nowRequest(call, attempts, decision)) })
    } catch (thrown) {
      setState({ error: thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.') })
    }
  }
  return (
    <div class="now">
      {state.found === undefined && (
        <button type="button" disabled={state.busy === true} onClick={() => void ask()}>
          {state.busy === true ? 'Asking the router…' : 'Explain this route now'}
        </button>
      )}
      {state.error !== undefined && <Trouble error={state.error} doing="The router cannot say." />}
      {state.found !== undefined && (
        <>
          <h3>The same call now</h3>
          <Explanation explanation={state.found} />
        </>
      )}
    </div>
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
