// One probe's answers side by side: what was asked, what each target said, what the grader made of it and why, what it cost. The figures come
// from the database, the words from the run's own record; either may be missing and the other still shows.
import type { ProbeAnswer, ProbeTrial, RunProbe, WordsAnswer } from '../../api/evals.ts'
import { getJson } from '../client.ts'
import { count, duration, percent, spoken, usd } from '../format.ts'
import { type Live, useLive } from '../live.ts'
import { Link } from '../parts/link.tsx'
import { Panel, Shown, Trouble } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

type Props = { readonly run: string; readonly simulated: boolean; readonly probe: RunProbe; readonly close: () => void }

export function Answers({ run, simulated, probe, close }: Props) {
  const named = new URLSearchParams({ suite: probe.suite, probe: probe.probe_id })
  const figures = `/api/ui/evals/${encodeURIComponent(run)}/probe?simulated=${simulated ? 1 : 0}&${named}`
  const live = useLive(figures, 0, (signal) => getJson<ProbeAnswer>(figures, signal))
  const words = useLive(`words ${run} ${named}`, 0, (signal) => getJson<WordsAnswer>(`/admin/evals/answers?run=${encodeURIComponent(run)}&${named}`, signal))
  return (
    <Panel
      title={`Probe ${probe.probe_id}`}
      class="answers"
      note={`${probe.suite}, ${probe.probe_kind}${probe.domain === '' ? '' : `, ${probe.domain}`}`}
      more={
        <button type="button" onClick={close}>
          Close
        </button>
      }
    >
      <Asked words={words} />
      <Shown live={live} what="The trials">
        {({ trials }) => (
          <ol class="side-by-side">
            {trials.map((trial) => (
              <Trial key={`${trial.target} ${trial.epoch}`} trial={trial} words={words.data?.answers.find((one) => one.target === trial.target && one.epoch === trial.epoch)} />
            ))}
          </ol>
        )}
      </Shown>
    </Panel>
  )
}

function Asked({ words: { data, error, reload } }: { words: Live<WordsAnswer> }) {
  if (error?.needsKey === true) return <Trouble error={error} doing="The words could not be read." retry={reload} />
  if (error !== undefined) {
    return (
      <p class="note">
        The words are not here: {error.status === 404 ? 'this run’s own record is not on the machine of this router; it lies in the data directory where the run was made.' : `${error.message} ${error.remedy}`}
      </p>
    )
  }
  if (data === undefined) return <p class="note">Reading the words…</p>
  return (
    <div class="asked">
      <p>
        <q>{data.question ?? 'The suite no longer has this probe.'}</q>
      </p>
      {data.about !== null && <p class="note">{data.about}</p>}
    </div>
  )
}

function Trial({ trial, words }: { trial: ProbeTrial; words: WordsAnswer['answers'][number] | undefined }) {
  const tone = trial.status !== 'scored' ? 'warn' : trial.score === null ? '' : trial.score >= 0.99 ? 'good' : trial.score <= 0.01 ? 'bad' : ''
  return (
    <li>
      <h3>
        <TargetName name={trial.target} />
        {trial.epoch > 0 && <small> repetition {trial.epoch + 1}</small>}
      </h3>
      <p>
        <span class={tone === '' ? 'badge' : `badge ${tone}`}>{spoken(trial.label === '' ? trial.status : trial.label)}</span>
        {trial.confidence !== null && <small> {percent(trial.confidence)} sure</small>}
      </p>
      {words !== undefined && (
        <>
          <blockquote>{words.answer === '' ? <span class="muted">no answer</span> : words.answer}</blockquote>
          {words.reason !== '' && <p class="note">{words.reason}</p>}
        </>
      )}
      <p class="note">
        {duration(trial.latency_ms)}, {count(trial.output_tokens)} tokens out, {trial.cost_usd === null ? 'unpriced' : usd(trial.cost_usd)}
        {trial.trace_id !== '' && (
          <>
            {' · '}
            <Link to={{ page: 'trace', id: trial.trace_id, own: {} }}>trace</Link>
          </>
        )}
      </p>
    </li>
  )
}
