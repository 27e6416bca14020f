// Labelling: one answer at a time, blind to who gave it and to what the grader said; a key of the keyboard per label. The labels correct the
// grader's rates where enough of a target's answers have one.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { LabelledAnswer, NextLabelAnswer } from '../../api/evals.ts'
import { getJson, PageError, postJson } from '../client.ts'
import { count, spoken } from '../format.ts'
import { useLive } from '../live.ts'
import { Empty, Panel, Shown } from '../parts/pieces.tsx'

const BY = 'weighbridge.labels-by'
const SKIP = 'skip'

export function Label({ run }: { run: string }) {
  const [by, setBy] = useState(() => localStorage.getItem(BY) ?? '')
  if (by === '') {
    return (
      <Panel title="Who labels?" note="kept in this browser; two people’s labels of one answer are both kept">
        <form
          class="who"
          onSubmit={(event) => {
            event.preventDefault()
            if (!(event.currentTarget instanceof HTMLFormElement)) return
            const name = String(new FormData(event.currentTarget).get('by') ?? '').trim()
            if (name === '') return
            localStorage.setItem(BY, name)
            setBy(name)
          }}
        >
          <label>
            Your name or initials <input name="by" required maxLength={128} autocomplete="nickname" />
          </label>
          <button type="submit" class="strong">
            Begin
          </button>
        </form>
      </Panel>
    )
  }
  return (
    <Queue
      key={by}
      run={run}
      by={by}
      other={() => {
        localStorage.removeItem(BY)
        setBy('')
      }}
    />
  )
}

function Queue({ run, by, other }: { run: string; by: string; other: () => void }) {
  const [turn, setTurn] = useState(0)
  const [state, setState] = useState<{ readonly busy?: boolean; readonly said?: string; readonly error?: PageError }>({})
  const note = useRef<HTMLInputElement>(null)
  const path = `/admin/evals/labels/next?${new URLSearchParams({ run, by })}`
  const live = useLive(`${path} ${turn}`, 0, (signal) => getJson<NextLabelAnswer>(path, signal), true)
  const task = live.data?.task ?? undefined
  const say = async (label: string): Promise<void> => {
    if (task === undefined || state.busy === true) return
    setState({ busy: true })
    try {
      const words = note.current?.value.trim() ?? ''
      const { delivered } = await postJson<LabelledAnswer>('/admin/evals/labels', { run, id: task.id, label, by, ...(words === '' ? {} : { note: words }) })
      setState({ said: `${label === SKIP ? 'Skipped' : `Said ${spoken(label)}`}${delivered ? '' : '; the collector does not answer, the label is kept beside the run'}.` })
      if (note.current !== null) note.current.value = ''
      setTurn((n) => n + 1)
    } catch (thrown) {
      setState({ error: thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.') })
    }
  }
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof HTMLElement && event.target.matches('input, textarea, select'))) return
      const label = event.key === '0' ? SKIP : task?.choices[Number(event.key) - 1]
      if (label !== undefined) void say(label)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })
  return (
    <Panel
      title="Label answers"
      class="labelling"
      note={
        <>
          as {by}{' '}
          <button type="button" class="plain" onClick={other}>
            somebody else
          </button>
        </>
      }
    >
      {state.error !== undefined && (
        <div class="trouble" role="alert">
          <p>
            <strong>The label was not kept.</strong> {state.error.message}
          </p>
          <p>{state.error.remedy}</p>
        </div>
      )}
      <Shown live={live} what="The next answer">
        {(data) => (
          <>
            <p class="progress">
              <progress value={data.done} max={Math.max(1, data.total)} aria-label="Labelled so far" /> {count(data.done)} of {count(data.total)}
              <span role="status" class="muted">
                {' '}
                {state.said}
              </span>
            </p>
            {data.task === null ? (
              <Empty title={data.total === 0 ? 'This run has no answer to label.' : 'All of this run’s sample is labelled.'}>Rates in Quality and the evidence behind weights are corrected where a target has 40 labels or more on a suite.</Empty>
            ) : (
              <Task task={data.task} busy={state.busy === true} say={(label) => void say(label)} note={note} />
            )}
          </>
        )}
      </Shown>
    </Panel>
  )
}

type TaskProps = { readonly task: NonNullable<NextLabelAnswer['task']>; readonly busy: boolean; readonly say: (label: string) => void; readonly note: { current: HTMLInputElement | null } }

function Task({ task, busy, say, note }: TaskProps) {
  return (
    <article class="label-task">
      <p class="note">{task.suite}</p>
      <p class="question">{task.question}</p>
      <p class="about">{task.about}</p>
      <blockquote tabIndex={0} aria-label="The answer">
        {task.answer}
      </blockquote>
      <div class="verdicts" role="group" aria-label="What is it?">
        {task.choices.map((choice, i) => (
          <button key={choice} type="button" disabled={busy} onClick={() => say(choice)}>
            <kbd>{i + 1}</kbd> {spoken(choice)}
          </button>
        ))}
        <button type="button" class="quiet" disabled={busy} onClick={() => say(SKIP)}>
          <kbd>0</kbd> cannot say
        </button>
        <label>
          <span class="hidden">A note</span>
          <input ref={note} placeholder="a note, if it helps" maxLength={2_000} autocomplete="off" />
        </label>
      </div>
    </article>
  )
}
