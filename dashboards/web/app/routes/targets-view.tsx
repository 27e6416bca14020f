// How each target stands at this router, what each task's traffic gets of it now, and the drains: who took what out of traffic, and the
// two things a person may do about it.
import { useState } from 'preact/hooks'
import type { Drain, DrainAnswer, OperationsDocument, TargetOperations } from '../../../../core/operations.ts'
import { deleteJson, PageError, postJson } from '../client.ts'
import { ago, count, duration, left, moment } from '../format.ts'
import type { Live } from '../live.ts'
import { Panel, Scroll, Shown, Trouble } from '../parts/pieces.tsx'
import { Legend, WeightBar } from '../parts/weight-bar.tsx'
import { TargetName } from '../targets.tsx'
import { drainOf, standing } from './standing.tsx'

const LENGTHS: readonly { readonly ms: number; readonly name: string }[] = [
  { ms: 900_000, name: '15 minutes' },
  { ms: 3_600_000, name: '1 hour' },
  { ms: 14_400_000, name: '4 hours' },
  { ms: 86_400_000, name: '1 day' },
  { ms: 604_800_000, name: '7 days' },
]

export function TargetsView({ operations, changed }: { operations: Live<OperationsDocument>; changed: () => void }) {
  const [asking, setAsking] = useState<string>()
  const [state, setState] = useState<{ readonly busy?: boolean; readonly done?: string; readonly warnings?: readonly string[]; readonly error?: PageError }>({})

  const act = async (what: string, work: () => Promise<DrainAnswer>): Promise<void> => {
    setAsking(undefined)
    setState({ busy: true })
    try {
      const { warnings } = await work()
      setState({ done: what, warnings })
    } catch (thrown) {
      setState({ error: thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.') })
    }
    changed()
  }
  const drain = (name: string, forMs: number, reason: string): Promise<void> => act(`${name} is out of traffic; it returns by itself.`, () => postJson<DrainAnswer>('/admin/drains', { name, for_ms: forMs, reason, by: 'ui' }))
  const undrain = (name: string): Promise<void> => act(`${name} is back in traffic.`, () => deleteJson<DrainAnswer>(`/admin/drains/${encodeURIComponent(name)}?by=ui`))

  return (
    <Shown live={operations} what="The targets">
      {(data) => {
        const providers = [...new Set(data.targets.map((target) => target.provider))]
        return (
          <>
            {state.error !== undefined && <Trouble error={state.error} doing="That did not work; nothing was changed." />}
            {state.done !== undefined && (
              <div class="done" role="status">
                <p>{state.done}</p>
                {state.warnings?.map((warning) => <p key={warning} class="warn">{warning}</p>)}
              </div>
            )}
            <Panel title="Targets" note={`as this router sees them; attempts of the last minute`}>
              <Scroll label="Targets">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Target</th>
                      <th scope="col">Provider and model</th>
                      <th scope="col">Stands</th>
                      <th scope="col" class="n">In flight</th>
                      <th scope="col" class="n">Attempts</th>
                      <th scope="col" class="n">Failed</th>
                      <th scope="col">Keys</th>
                      <th scope="col">
                        <span class="hidden">What to do</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {data.targets.map((target) => (
                      <TargetRow key={target.target} data={data} target={target} asking={asking === target.target} ask={setAsking} busy={state.busy === true} drain={drain} undrain={undrain} />
                    ))}
                  </tbody>
                </table>
              </Scroll>
              <p class="providers">
                A whole provider:{' '}
                {providers.map((name) =>
                  asking === name ? (
                    <DrainForm key={name} name={name} drain={drain} cancel={() => setAsking(undefined)} />
                  ) : data.drains.some((one) => one.scope === 'provider' && one.name === name) ? (
                    <button key={name} type="button" disabled={state.busy === true} onClick={() => void undrain(name)}>
                      Return {name}
                    </button>
                  ) : (
                    <button key={name} type="button" disabled={state.busy === true} onClick={() => setAsking(name)}>
                      Drain {name} …
                    </button>
                  ),
                )}
              </p>
            </Panel>
            <Drains drains={data.drains} nowAt={data.now_at} />
            <NowPanel data={data} />
          </>
        )
      }}
    </Shown>
  )
}

type RowProps = {
  readonly data: OperationsDocument
  readonly target: TargetOperations
  readonly asking: boolean
  readonly ask: (name: string | undefined) => void
  readonly busy: boolean
  readonly drain: (name: string, forMs: number, reason: string) => Promise<void>
  readonly undrain: (name: string) => Promise<void>
}

function TargetRow({ data, target, asking, ask, busy, drain, undrain }: RowProps) {
  const drained = drainOf(data, target)
  const { total, resting } = target.keys
  return (
    <>
      <tr>
        <th scope="row">
          <TargetName name={target.target} />
        </th>
        <td>
          {target.model}
          {target.effort === null ? '' : `, effort ${target.effort}`} at {target.provider}
        </td>
        <td>
          {standing(data, target.target)} {drained === undefined && target.held_ms !== null && <small>for {left(target.held_ms)}</small>}
        </td>
        <td class="n">{count(target.in_flight)}</td>
        <td class="n">{count(target.last_minute.attempts)}</td>
        <td class="n">{target.last_minute.errors === 0 ? '0' : <span class="err">{count(target.last_minute.errors)}</span>}</td>
        <td>{resting.length === 0 ? (total === 0 ? 'none needed' : `${total} in use`) : <span class="warn">{`${resting.length} of ${total} rest: ${resting.map((key) => `no. ${key.number} for ${left(key.left_ms)}, ${key.code}`).join('; ')}`}</span>}</td>
        <td class="n">
          {drained?.scope === 'target' ? (
            <button type="button" disabled={busy} onClick={() => void undrain(target.target)}>
              Return to traffic
            </button>
          ) : (
            drained === undefined &&
            !asking && (
              <button type="button" disabled={busy} onClick={() => ask(target.target)} aria-label={`Drain ${target.target}`}>
                Drain …
              </button>
            )
          )}
        </td>
      </tr>
      {asking && (
        <tr>
          <td colSpan={8} class="wrap">
            <DrainForm name={target.target} drain={drain} cancel={() => ask(undefined)} />
          </td>
        </tr>
      )}
    </>
  )
}

function DrainForm({ name, drain, cancel }: { name: string; drain: RowProps['drain']; cancel: () => void }) {
  return (
    <form
      class="confirm"
      aria-label={`Drain ${name}`}
      onSubmit={(event) => {
        event.preventDefault()
        if (!(event.currentTarget instanceof HTMLFormElement)) return
        const form = new FormData(event.currentTarget)
        void drain(name, Number(form.get('length')), String(form.get('reason') ?? ''))
      }}
    >
      <span>
        Take <b>{name}</b> out of traffic on every router for
      </span>
      <label>
        <span class="hidden">How long</span>
        <select name="length" autofocus>
          {LENGTHS.map(({ ms, name: words }) => (
            <option key={ms} value={ms} selected={ms === 3_600_000}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label class="reason">
        because <input name="reason" placeholder="what people should know" maxLength={500} autocomplete="off" />
      </label>
      <button type="submit" class="strong">
        Drain it
      </button>
      <button type="button" onClick={cancel}>
        Cancel
      </button>
    </form>
  )
}

function Drains({ drains, nowAt }: { drains: readonly Drain[]; nowAt: number }) {
  if (drains.length === 0) return null
  return (
    <Panel title="Drains in force">
      <ul class="drains">
        {drains.map((drain) => (
          <li key={drain.id}>
            <b>{drain.name}</b> ({drain.scope}) until <time dateTime={new Date(drain.until_at).toISOString()}>{moment(drain.until_at, nowAt)}</time>, since {ago(nowAt - drain.started_at)} by {drain.author}
            {drain.reason === '' ? '' : `: ${drain.reason}`}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function NowPanel({ data }: { data: OperationsDocument }) {
  const order = data.targets.map((target) => target.target).toSorted()
  return (
    <Panel title="Traffic now" note={`first attempts of a request of ${count(data.for_request.input_tokens)} tokens in and ${count(data.for_request.output_tokens)} out, without what is out now; thin: by the weights alone`}>
      <Legend names={order} />
      <ul class="weights-now">
        {data.tasks.map((task) => (
          <li key={task.task}>
            <h3>
              {task.task} <small>then {task.failover.length === 0 ? 'nothing to fail over to' : task.failover.join(' → ')}</small>
            </h3>
            <div class="bars">
              <WeightBar shares={task.shares} order={order} kind="full" label={`${task.task} now`} />
              {order.some((name) => Math.abs((task.shares[name] ?? 0) - (task.weights[name] ?? 0)) > 0.004) && <WeightBar shares={task.weights} order={order} kind="thin" label={`${task.task} by the weights`} />}
            </div>
            {task.excluded.length > 0 && (
              <p class="note">
                {task.excluded.map((one) => (
                  <span key={`${one.target} ${one.reason}`} class="warn">
                    {one.target} is out, {one.reason}: {one.detail}.{' '}
                  </span>
                ))}
              </p>
            )}
            {Object.keys(task.shares).length === 0 && <p class="err">No target is left that the weights could draw.</p>}
          </li>
        ))}
      </ul>
      <p class="note">
        Spans that wait on disk: {count(data.spool.records)}
        {data.spool.oldest_ms === null ? '' : `, the oldest for ${duration(data.spool.oldest_ms)}`}. {data.warnings.map((warning) => `${warning}. `)}
      </p>
    </Panel>
  )
}
