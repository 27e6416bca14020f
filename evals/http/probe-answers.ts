// GET /admin/evals/answers: what every target of a run said to one probe, with the grade and its reason, for a page that lays answers side by
// side. The words come from the run's own record; the question from the suite as it is now, if it still has the probe.
import { WeighbridgeError } from '../../core/errors.ts'
import { aboutProbe } from '../labels/queue.ts'
import type { LabellingParts } from '../labels/labelling.ts'
import { readJournal } from '../replay/journal.ts'

/** One probe's answers. Throws `eval_run_unknown` for a run or a probe that is not kept here. */
export async function probeAnswers({ evalsDir, suites }: Pick<LabellingParts, 'evalsDir' | 'suites'>, query: URLSearchParams): Promise<unknown> {
  const [run, suite, probe] = ['run', 'suite', 'probe'].map((name) => query.get(name) ?? '')
  if (!run || !suite || !probe) throw new WeighbridgeError('bad_request', 'Say which answers: run=RUN&suite=NAME&probe=ID.')
  // The run names a folder: nothing that could leave it.
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(run)) throw new WeighbridgeError('bad_request', 'A run id is 1 to 128 letters, digits and . _ : -')
  const trials = (await readJournal(evalsDir, run)).filter((trial) => trial.suite === suite && trial.probeId === probe)
  if (trials.length === 0) throw new WeighbridgeError('eval_run_unknown', `Run ${run} has no answer to ${probe.slice(0, 128)} of ${suite.slice(0, 128)}.`)
  // A suite that is gone, or can no longer be read, leaves the answers standing.
  const found = await suites([suite]).then(([one]) => one?.probes.find(({ id }) => id === probe), () => undefined)
  return {
    question: found?.question ?? null,
    about: found === undefined ? null : aboutProbe(found),
    answers: trials
      .toSorted((a, b) => (a.target < b.target ? -1 : a.target > b.target ? 1 : a.epoch - b.epoch))
      .map(({ target, epoch, status, label, reason, answer, traceId }) => ({ target, epoch, status, label: label ?? null, reason, answer, trace_id: traceId })),
  }
}
