// Published versions, newest first: when, who, by what rule, and each task's weights as a small bar; any can be gone back to.
import { useState } from 'preact/hooks'
import type { PublishedAnswer, RouteVersion, Shares } from '../../api.ts'
import { PageError, postJson } from '../client.ts'
import { moment } from '../format.ts'
import { Empty, Panel, Trouble, WeightBar } from '../parts/pieces.tsx'
import { StepChart } from './step-chart.tsx'

type Props = {
  readonly versions: readonly RouteVersion[]
  /** Whether the versions come from the store because the admin route did not answer. */
  readonly fromStore: boolean
  readonly current: number | undefined
  readonly order: readonly string[]
  /** Weights of the config by task: what the first version replaced. */
  readonly configured: Readonly<Record<string, Shares>>
  readonly changed: () => void
}

/** Which row asks, and what it would go back to; `undefined`: whatever was in force before. */
type Confirming = { readonly row: number; readonly to: number | undefined }

const SHOWN = 8

export function History({ versions, fromStore, current, order, configured, changed }: Props) {
  const [confirming, setConfirming] = useState<Confirming>()
  const [state, setState] = useState<{ busy?: boolean; done?: string; error?: PageError }>({})
  const [all, setAll] = useState(false)
  const shown = all ? versions : versions.slice(0, SHOWN)
  const tasks = [...new Set(versions.flatMap((v) => Object.keys(v.tasks)))].toSorted()
  const newest = versions[0]

  const rollback = async (to: number | undefined): Promise<void> => {
    setConfirming(undefined)
    setState({ busy: true })
    try {
      const { version } = await postJson<PublishedAnswer>('/admin/routes/rollback', to === undefined ? {} : { to })
      setState({ done: `${to === undefined ? 'Rolled back' : `Back to version ${to}`}, published as version ${version}.` })
    } catch (thrown) {
      setState({ error: thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.') })
    }
    changed()
  }

  return (
    <Panel title="How the weights changed" class="history" note={fromStore && versions.length > 0 ? 'as stored; the admin route does not answer' : undefined}>
      {state.error !== undefined && <Trouble error={state.error} doing="Rolling back did not work; nothing was changed." />}
      {state.done !== undefined && (
        <p class="done" role="status">
          {state.done}
        </p>
      )}
      {newest === undefined ? (
        <Empty title="No version has been published.">Every task runs on the weights a person wrote in the config. The first publish of a task always waits for Apply.</Empty>
      ) : (
        <>
          <StepChart versions={versions} order={order} configured={configured} />
          <ol class="versions">
            {shown.map((version, i) => {
              const before = versions[i + 1]
              const moved = tasks.filter((task) => version.tasks[task] !== undefined && !sameShares(version.tasks[task], before?.tasks[task] ?? configured[task]))
              const isCurrent = version.version === (current ?? newest.version)
              return (
                <li key={version.version} class={isCurrent ? 'current' : undefined}>
                  <p class="line">
                    <b>v{version.version}</b>
                    {isCurrent && <span class="badge table">in force</span>}
                    <span>{version.action === '' ? 'published' : version.action}</span>
                    <span>by {version.author}</span>
                    <time dateTime={version.published_at} title={version.published_at}>
                      {moment(Date.parse(version.published_at), Date.now())}
                    </time>
                    <span class="grow" />
                    {!fromStore && !isCurrent && (
                      <button type="button" class="plain" disabled={state.busy === true} onClick={() => setConfirming({ row: version.version, to: version.version })}>
                        Go back to this
                      </button>
                    )}
                    {!fromStore && isCurrent && (
                      <button type="button" disabled={state.busy === true} onClick={() => setConfirming({ row: version.version, to: undefined })}>
                        Roll back
                      </button>
                    )}
                  </p>
                  {confirming?.row === version.version && (
                    <p class="confirm" role="group" aria-label="Confirm">
                      Publish {wordsFor(confirming.to ?? version.parent)} again?
                      <button type="button" class="strong" autofocus onClick={() => void rollback(confirming.to)}>
                        Roll back now
                      </button>
                      <button type="button" onClick={() => setConfirming(undefined)}>
                        Cancel
                      </button>
                    </p>
                  )}
                  <p class="why">{version.rule}</p>
                  <div class="minis">
                    {tasks.map((task) => (
                      <span key={task} class={moved.includes(task) ? 'moved' : undefined}>
                        <small>{task}</small>
                        <WeightBar shares={version.tasks[task] ?? {}} order={order} kind="mini" label={`v${version.version} ${task}`} />
                      </span>
                    ))}
                  </div>
                </li>
              )
            })}
          </ol>
          {versions.length > SHOWN && (
            <button type="button" class="plain" onClick={() => setAll(!all)}>
              {all ? 'Show fewer' : `Show all ${versions.length} versions`}
            </button>
          )}
        </>
      )}
    </Panel>
  )
}

function wordsFor(version: number): string {
  return version === 0 ? 'the configured weights' : `the weights of version ${version}`
}

function sameShares(a: Readonly<Record<string, number>> | undefined, b: Readonly<Record<string, number>> | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => Math.abs((a[name] ?? 0) - (b[name] ?? 0)) < 0.002)
}
