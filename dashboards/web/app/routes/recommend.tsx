// The recommendation that waits: what would move, why, by how much with intervals, and the button that does it. Nothing is
// applied without a second, explicit step.
import { useState } from 'preact/hooks'
import type { PublishedAnswer, Recommendation, RecommendationAnswer, RouteTask } from '../../api/routes.ts'
import { PageError, postJson } from '../client.ts'
import { ago, counted, left as timeLeft } from '../format.ts'
import { Empty, Panel, Trouble } from '../parts/pieces.tsx'
import { TaskAdvice } from './advice.tsx'
import { orderOf } from './state.ts'

type Props = {
  readonly recommendation: Recommendation | null
  readonly problem: PageError | undefined
  /** Whether the admin routes answer at all. */
  readonly reachable: boolean
  readonly tasks: readonly RouteTask[]
  readonly simulated: boolean
  readonly changed: () => void
}

export function Recommend({ recommendation, problem, reachable, tasks, simulated, changed }: Props) {
  const [state, setState] = useState<{ readonly busy?: string; readonly done?: string; readonly error?: PageError }>({})
  const [confirming, setConfirming] = useState(false)
  const [leftOut, setLeftOut] = useState<ReadonlySet<string>>(new Set())
  const order = orderOf(tasks, [])
  const moves = recommendation?.tasks.filter((task) => task.verdict === 'move') ?? []
  const stays = recommendation?.tasks.filter((task) => task.verdict !== 'move') ?? []
  const expired = recommendation !== null && Date.parse(recommendation.expires_at) < Date.now()
  const chosen = moves.map((task) => task.task).filter((task) => !leftOut.has(task))

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
    <>
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
      {reachable && (
        <div class="actions">
          {recommendation !== null && moves.length > 0 && (
            <p class="headline">
              <b>{counted(moves.length, 'move')}</b> {moves.length === 1 ? 'replaces' : 'replace'} {recommendation.parent === 0 ? 'configured weights' : `version ${recommendation.parent}`}; weighed {ago(Date.now() - Date.parse(recommendation.created_at))}
              {expired ? <span class="warn">, expired: the evidence has moved on since</span> : <span class="muted">, good for {timeLeft(Date.parse(recommendation.expires_at) - Date.now())}</span>}.
            </p>
          )}
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
          {state.busy !== undefined && <span role="status">{state.busy}</span>}
        </div>
      )}
      {moves.map((task) => (
        <TaskAdvice
          key={task.task}
          advice={task}
          order={order}
          chosen={!leftOut.has(task.task)}
          choose={(yes) => setLeftOut(new Set(yes ? [...leftOut].filter((other) => other !== task.task) : [...leftOut, task.task]))}
        />
      ))}
      {stays.length > 0 && (
        <Panel title="What stays as it is">
          {stays.map((task) => (
            <TaskAdvice key={task.task} advice={task} order={order} chosen={false} choose={undefined} />
          ))}
        </Panel>
      )}
    </>
  )
}
