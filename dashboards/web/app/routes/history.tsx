// How the weights came to be: a small chart per task, and the published versions, newest first: when, who, by what rule, what they moved;
// any can be gone back to, after a second step.
import { useState } from 'preact/hooks'
import type { HistoryAnswer, LearningEventsAnswer, PublishedAnswer, RouteTask, RouteVersion, Shares } from '../../api/routes.ts'
import { getJson, PageError, postJson } from '../client.ts'
import { moment, spoken } from '../format.ts'
import { type Live, useLive } from '../live.ts'
import { Empty, Loading, Panel, Trouble } from '../parts/pieces.tsx'
import { WeightBar } from '../parts/weight-bar.tsx'
import { orderOf } from './state.ts'
import { StepCharts } from './step-chart.tsx'

type Props = { readonly history: Live<HistoryAnswer>; readonly tasks: readonly RouteTask[]; readonly simulated: boolean; readonly current: number | undefined; readonly changed: () => void }

/** Which row asks, and what it would go back to; `undefined`: whatever was in force before. */
type Confirming = { readonly row: number; readonly to: number | undefined }

const SHOWN = 12

export function History({ history, tasks, simulated, current, changed }: Props) {
  // A router without a learner still has what was stored.
  const stored = useLive(`stored ${simulated} ${history.error === undefined}`, 0, async (signal) => (history.error === undefined ? undefined : getJson<HistoryAnswer>(`/api/ui/versions?simulated=${simulated ? 1 : 0}`, signal)))
  const fromStore = history.error !== undefined
  const answer = fromStore ? stored.data : history.data
  if (answer === undefined) return stored.error === undefined ? <Loading what="Reading the versions…" /> : <Trouble error={stored.error} doing="The versions could not be read." retry={stored.reload} />
  const versions = answer.versions.filter((version) => version.simulated === simulated)
  const configured = Object.fromEntries(tasks.map((task) => [task.task, task.configured]))
  if (versions.length === 0) {
    return (
      <>
        <Empty title="No version has been published.">Every task runs on the weights a person wrote in the config. The first publish of a task always waits for Apply.</Empty>
        <Found simulated={simulated} />
      </>
    )
  }
  return (
    <>
      <StepCharts versions={versions} order={orderOf(tasks, versions)} configured={configured} />
      <Versions versions={versions} order={orderOf(tasks, versions)} configured={configured} fromStore={fromStore} current={current} changed={changed} />
      <Found simulated={simulated} />
    </>
  )
}

/** What the learner found and did by itself; nothing where it cannot be asked, since the versions say what matters. */
function Found({ simulated }: { simulated: boolean }) {
  const events = useLive('events', 0, (signal) => getJson<LearningEventsAnswer>('/admin/routes/events?limit=50', signal))
  const shown = (events.data?.events ?? []).filter((event) => event.simulated === null || event.simulated === simulated)
  if (shown.length === 0) return null
  return (
    <Panel title="What the learner found" note="newest first: drift, trials, holds, freezes">
      <ol class="versions">
        {shown.map((event) => (
          <li key={`${event.at} ${event.kind} ${event.task} ${event.target}`}>
            <p class="line">
              <span class="badge">{spoken(event.kind ?? 'event')}</span>
              <span>{event.message}</span>
              <time dateTime={event.at}>{moment(Date.parse(event.at), Date.now())}</time>
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

type VersionsProps = { readonly versions: readonly RouteVersion[]; readonly order: readonly string[]; readonly configured: Readonly<Record<string, Shares>>; readonly fromStore: boolean; readonly current: number | undefined; readonly changed: () => void }

function Versions({ versions, order, configured, fromStore, current, changed }: VersionsProps) {
  const [confirming, setConfirming] = useState<Confirming>()
  const [state, setState] = useState<{ readonly busy?: boolean; readonly done?: string; readonly error?: PageError }>({})
  const [all, setAll] = useState(false)
  const shown = all ? versions : versions.slice(0, SHOWN)
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
    <Panel title="Published versions" class="history" note={fromStore ? 'as stored; the admin route does not answer' : undefined}>
      {state.error !== undefined && <Trouble error={state.error} doing="Rolling back did not work; nothing was changed." />}
      {state.done !== undefined && (
        <p class="done" role="status">
          {state.done}
        </p>
      )}
      <ol class="versions">
        {shown.map((version, i) => {
          const before = versions[i + 1]
          const was = (task: string): Shares | undefined => before?.tasks[task] ?? configured[task]
          const moved = Object.keys(version.tasks).filter((task) => !sameShares(version.tasks[task], was(task)))
          const isCurrent = version.version === (current ?? newest?.version)
          return (
            <li key={version.version} class={isCurrent ? 'current' : undefined}>
              <p class="line">
                <b>v{version.version}</b>
                {isCurrent && <span class="badge strong">in force</span>}
                <span>
                  {version.action === '' ? 'published' : version.action} by {version.author}
                </span>
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
              {moved.length > 0 && (
                <ul class="moved">
                  {moved.map((task) => (
                    <li key={task}>
                      <small>{task}</small>
                      <span class="bars">
                        <WeightBar shares={was(task) ?? {}} order={order} kind="thin" label={`${task} before v${version.version}`} />
                        <WeightBar shares={version.tasks[task] ?? {}} order={order} kind="mini" label={`${task} in v${version.version}`} />
                      </span>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          )
        })}
      </ol>
      {versions.length > SHOWN && (
        <button type="button" class="plain" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${versions.length} versions`}
        </button>
      )}
    </Panel>
  )
}

function wordsFor(version: number): string {
  return version === 0 ? 'the configured weights' : `the weights of version ${version}`
}

function sameShares(a: Shares | undefined, b: Shares | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => Math.abs((a[name] ?? 0) - (b[name] ?? 0)) < 0.002)
}
