// Where a call would go at this moment and why, as the router explains it: the path to its task, the chances, the candidates, the chain.
import type { CallExplanation } from '../../../../core/explanation.ts'
import { count, percent, usd } from '../format.ts'
import { TargetName } from '../targets.tsx'
import { Candidates } from './candidates.tsx'

export const SOURCES: Readonly<Record<string, string>> = {
  caller: 'named by the caller',
  rule: 'by a rule',
  model: 'from the model field',
  default: 'because nothing named another',
}

export function Explanation({ explanation }: { explanation: CallExplanation }) {
  const { task, request, reasons, candidates, failover, excluded, noted, home, weights_source, route_version, note, live, exploration } = explanation
  const from = weights_source === 'table' ? `route table v${route_version}` : weights_source === 'config' ? 'the configured weights' : 'the name that was asked for'
  const likely = candidates.toSorted((a, b) => b.share - a.share)[0]
  return (
    <div class="explanation">
      <p class="story">
        Task <b>{task.name}</b>, {SOURCES[task.source] ?? task.source}; about {count(request.input_tokens)} tokens in.{' '}
        {reasons.length === 0 || likely === undefined ? (
          <b class="err">Nobody would answer it: no target is admissible.</b>
        ) : (
          <>
            It would go to <TargetName name={likely.target} /> with probability {percent(likely.share)} ({reasons.map(({ reason, share }) => `${reason} ${percent(share)}`).join(', ')}), from {from}.
          </>
        )}
        {exploration > 0 && <> {percent(exploration)} of the draw tries targets out.</>}
        {home !== null && (
          <>
            {' '}
            Its conversation was with <TargetName name={home.target} />: {home.how}
            {home.saved_usd > 0 ? `, whose cache saves about ${usd(home.saved_usd)}` : ''}.
          </>
        )}
        {!live && <span class="warn"> By the files alone: cooldowns and drains are not in it.</span>}
        {note !== null && <span class="warn"> {note}</span>}
      </p>
      <Candidates
        label="Candidates now"
        candidates={candidates.map((one) => ({ ...one, also: [...(one.link === null ? [] : [`link ${one.link} of the chain`]), ...(one.dropped.length === 0 ? [] : [`goes without ${one.dropped.join(', ')}`]), ...(one.cold_usd === null ? [] : [`${usd(one.cold_usd)} without this conversation’s cache`])] }))}
        excluded={[...excluded, ...noted]}
        drawn={null}
      />
      <p class="note">After a failure: {failover.length === 0 ? 'nobody' : failover.join(' → ')}</p>
      <TaskPath task={task} />
    </div>
  )
}

function TaskPath({ task }: { task: CallExplanation['task'] }) {
  const { verdict, rules, built_in } = task
  return (
    <details class="task-path">
      <summary>What the task rules say: {verdict.task === null ? `nothing certain${verdict.because.length === 0 ? '' : ` (${verdict.because.join(', ')})`}` : `${verdict.task}, confidence ${verdict.confidence.toFixed(2)}`}</summary>
      {rules.map((rule) => (
        <div key={rule.name}>
          <p>
            <b>{rule.name}</b> for {rule.task}: {rule.decided ? 'decided' : rule.matched ? `matched, passed over: ${rule.passed_over ?? ''}` : 'no match'}
          </p>
          <ul>
            {rule.conditions.map((one) => (
              <li key={one.condition}>
                {one.holds ? '✓' : '✕'} {one.condition}: {one.seen}
              </li>
            ))}
          </ul>
        </div>
      ))}
      {built_in !== null && (
        <p>
          Built-in rules{built_in.reached ? '' : ', not reached'}: {built_in.tasks.slice(0, 4).map((one) => `${one.task} ${percent(one.probability)}${one.needed === null ? '' : ` (needs ${percent(one.needed)})`}`).join(', ')}
          {built_in.cues.length > 0 && `; cues: ${built_in.cues.map((cue) => (cue.by === null ? cue.name : `${cue.name} (“${cue.by}”)`)).join(', ')}`}
        </p>
      )}
    </details>
  )
}
