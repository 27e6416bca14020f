// The recommendation that waits: what would move, why, by how much with intervals, and the button that does it. Nothing is
// applied without a second, explicit step.
import { useState } from 'preact/hooks'
import type { PublishedAnswer, Recommendation, RecommendationAnswer, TaskRecommendation } from '../../api.ts'
import { PageError, postJson } from '../client.ts'
import { ago, count, duration, percent, percentInterval, usd, usdInterval, usdPlain } from '../format.ts'
import { Empty, Panel, Trouble, WeightBar } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

type Props = {
  readonly recommendation: Recommendation | null
  readonly problem: PageError | undefined
  /** Whether the admin routes answer at all. */
  readonly reachable: boolean
  readonly order: readonly string[]
  readonly simulated: boolean
  readonly changed: () => void
}

const VERDICTS = { move: 'move', hold: 'hold', insufficient_evidence: 'not enough evidence' } as const

export function Recommend({ recommendation, problem, reachable, order, simulated, changed }: Props) {
  const [state, setState] = useState<{ busy?: string; done?: string; error?: PageError }>({})
  const [confirming, setConfirming] = useState(false)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const moves = recommendation?.tasks.filter((task) => task.verdict === 'move') ?? []
  const expired = recommendation !== null && Date.parse(recommendation.expires_at) < Date.now()
  const stays = recommendation?.tasks.filter((task) => task.verdict !== 'move') ?? []
  const chosen = moves.map((task) => task.task).filter((task) => !left.has(task))

  const run = async (busy: string, act: () => Promise<string>): Promise<void> => {
    setState({ busy })
    setConfirming(false)
    try {
      setState({ done: await act() })
    } catch (thrown) {
      setState({ error: thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.') })
    }
    changed()
  }
  const apply = (): Promise<void> =>
    run('Publishing…', async () => {
      const { version } = await postJson<PublishedAnswer>('/admin/routes/apply', { id: recommendation?.id, tasks: chosen })
      return `Version ${version} is published; routers take it up within seconds.`
    })
  const ask = (): Promise<void> =>
    run('Weighing the evidence…', async () => {
      const { recommendation: found } = await postJson<RecommendationAnswer>('/admin/routes/recommend', {})
      if (found !== null && found.simulated !== simulated) return `The new recommendation is about ${found.simulated ? 'simulated' : 'real'} targets; switch to see it.`
      return found?.tasks.some((task) => task.verdict === 'move') === true ? 'A new recommendation is below.' : 'Weighed again: nothing should move.'
    })

  return (
    <Panel title="Recommendation" class="recommend" note={recommendation === null ? undefined : `${ago(Date.now() - Date.parse(recommendation.created_at))}, replaces ${recommendation.parent === 0 ? 'the configured weights' : `version ${recommendation.parent}`}`}>
      {problem !== undefined && <Trouble error={problem} doing="The recommendation could not be read." retry={changed} />}
      {state.error !== undefined && <Trouble error={state.error} doing="That did not work; nothing was published." />}
      {state.done !== undefined && (
        <p class="done" role="status">
          {state.done}
        </p>
      )}
      {recommendation === null && problem === undefined && (
        <Empty title={reachable ? 'Nothing waits for a decision.' : 'Recommendations need the admin routes.'}>
          {reachable ? 'A recommendation weighs the newest evals and calls; it moves nothing by itself.' : <>Start <code>weighbridge up</code>, or the router with <code>--primary</code>.</>}
        </Empty>
      )}
      {moves.map((task) => (
        <TaskAdvice
          key={task.task}
          advice={task}
          order={order}
          chosen={!left.has(task.task)}
          choose={(yes) => setLeft(new Set(yes ? [...left].filter((t) => t !== task.task) : [...left, task.task]))}
        />
      ))}
      {reachable && (
        <p class="actions">
          {moves.length > 0 && !confirming && (
            <button type="button" class="strong" disabled={chosen.length === 0 || expired || state.busy !== undefined} onClick={() => setConfirming(true)}>
              Apply {chosen.length === moves.length ? (moves.length === 1 ? 'this move' : `all ${moves.length} moves`) : `${chosen.length} of ${moves.length} moves`}
            </button>
          )}
          {confirming && (
            <span class="confirm" role="group" aria-label="Confirm">
              This changes {simulated ? 'simulated' : 'live'} traffic for {chosen.join(', ')}. One click rolls it back.
              <button type="button" class="strong" autofocus onClick={() => void apply()}>
                Apply now
              </button>
              <button type="button" onClick={() => setConfirming(false)}>
                Cancel
              </button>
            </span>
          )}
          {!confirming && (
            <button type="button" disabled={state.busy !== undefined} onClick={() => void ask()}>
              Weigh the evidence again
            </button>
          )}
          {expired && <span class="warn">This one has expired: the evidence has moved on since.</span>}
          {state.busy !== undefined && <span role="status">{state.busy}</span>}
        </p>
      )}
      {stays.map((task) => (
        <TaskAdvice key={task.task} advice={task} order={order} chosen={false} choose={undefined} />
      ))}
    </Panel>
  )
}

function TaskAdvice({ advice, order, chosen, choose }: { advice: TaskRecommendation; order: readonly string[]; chosen: boolean; choose: ((yes: boolean) => void) | undefined }) {
  const move = advice.verdict === 'move'
  return (
    <details class={`advice ${advice.verdict}`} open={move}>
      <summary>
        <span class={`badge ${advice.verdict}`}>{VERDICTS[advice.verdict]}</span>
        <b>{advice.task}</b>
        <span>{advice.headline}</span>
      </summary>
      {move && (
        <div class="before-after">
          <small>before</small>
          <WeightBar shares={advice.before} order={order} kind="full" label="before" />
          <small>after</small>
          <WeightBar shares={advice.after} order={order} kind="full" label="after" />
        </div>
      )}
      <ul>
        {advice.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <dl class="facts">
        <Fact name="Chance of a gain" value={percent(advice.p_gain)} />
        <Fact name="Saved per 1,000 calls" value={usdInterval(advice.saved_per_1k_usd)} />
        <Fact name="Change in quality" value={points(advice.quality_change)} />
        <Fact name="Rests on" value={`${count(advice.evals)} evals, ${count(advice.calls)} calls`} />
        <Fact name="A right answer is worth" value={`${usdPlain(advice.value_per_answer_usd)}${advice.value_is_assumed ? ', assumed' : ''}${advice.flips_at_value_usd === null ? '' : `; the choice flips at ${usdPlain(advice.flips_at_value_usd)}`}`} />
        <Fact name="Rule" value={advice.rule} />
      </dl>
      {advice.targets.length > 0 && (
        <details class="evidence">
          <summary>Evidence by target</summary>
          <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col" class="n">Weight</th>
                <th scope="col" class="n">Quality (95%)</th>
                <th scope="col" class="n">Cost per call</th>
                <th scope="col" class="n">p95</th>
                <th scope="col" class="n">Errors</th>
                <th scope="col" class="n">Best with</th>
                <th scope="col" class="n">Evals, calls</th>
              </tr>
            </thead>
            <tbody>
              {advice.targets.map((t) => (
                <tr key={t.target}>
                  <th scope="row">
                    <TargetName name={t.target} />
                  </th>
                  <td class="n">
                    {percent(t.before)} → {percent(t.after)}
                  </td>
                  <td class="n">{percentInterval(t.quality)}</td>
                  <td class="n">{usd(t.cost_per_call_usd?.value)}</td>
                  <td class="n">{duration(t.latency_p95_ms)}</td>
                  <td class="n">{percent(t.error_rate?.value)}</td>
                  <td class="n">{percent(t.p_best)}</td>
                  <td class="n">
                    {count(t.evals)}, {count(t.calls)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          </div>
        </details>
      )}
      {choose !== undefined && (
        <label class="pick">
          <input type="checkbox" checked={chosen} onChange={(event) => choose(event.currentTarget.checked)} /> apply to {advice.task}
        </label>
      )}
    </details>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

// A change of a 0..1 score in points, with its sign and interval.
function points(change: { value: number; low: number; high: number } | null): string {
  if (change === null) return '–'
  const signed = (v: number): string => `${v < 0 ? '−' : '+'}${Math.abs(v * 100).toFixed(1)}`
  return `${signed(change.value)} points (${signed(change.low)} to ${signed(change.high)})`
}
