// Labelling a run, for whatever shows it: what comes next for a person, and taking what they said. In: the data directory's runs
// and their suites. Out: label tasks; each label is on disk before it counts, and goes to the collector as well.
import { randomUUID } from 'node:crypto'
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { Probe, ProbeSuite } from '../probes/load.ts'
import { listRuns, readJournal } from '../replay/journal.ts'
import { trialKey, type Trial } from '../replay/trial.ts'
import { readLabels, storeLabels, type StoredLabel } from './label-store.ts'
import { isLabelFor, labelTask, sample, taskId, type LabelTask, type QueueOptions } from './queue.ts'
import { labelRecord } from './record.ts'

export type LabellingParts = {
  readonly evalsDir: string
  readonly config: Config
  /** The suites of a run as they are now. */
  readonly suites: (names: readonly string[]) => Promise<readonly ProbeSuite[]>
  /** Rejects when the collector is down: the label is kept all the same. */
  readonly emit: (records: readonly LogRecord[]) => Promise<void>
  readonly clock: Clock
}

export type Progress = { readonly run: string; readonly done: number; readonly total: number }
export type NextLabel = Progress & { readonly task: LabelTask | undefined }
export type Saying = { readonly id: string; readonly label: string; readonly by: string; readonly via: StoredLabel['via']; readonly note?: string | undefined }

export interface Labelling {
  /** The run that is labelled. */
  readonly run: string
  readonly trials: readonly Trial[]
  next(by: string): Promise<NextLabel>
  /** Throws `bad_request` for an id or a label that the run does not have. */
  say(saying: Saying): Promise<Progress & { readonly delivered: boolean }>
}

/** Opens a run for labelling, the newest one when none is named. Throws `eval_run_unknown`. */
export async function openLabelling(parts: LabellingParts, runId: string | undefined, options: QueueOptions): Promise<Labelling> {
  const run = runId ?? (await listRuns(parts.evalsDir))[0]
  if (run === undefined) throw new WeighbridgeError('eval_run_unknown', `There are no eval runs in ${parts.evalsDir}`, { remedy: 'Start one with `weighbridge eval run`.' })
  const trials = await readJournal(parts.evalsDir, run)
  const suites = await parts.suites([...new Set(trials.map((trial) => trial.suite))])
  const probes = new Map<string, Probe>(suites.flatMap((suite) => suite.probes.map((probe) => [`${suite.name}|${probe.id}`, probe])))
  const chosen = sample(run, trials, options).filter((trial) => probes.has(`${trial.suite}|${trial.probeId}`))
  const byId = new Map(trials.map((trial) => [taskId(run, trialKey(trial)), trial]))

  const progress = async (by: string): Promise<Progress & { readonly open: Trial | undefined }> => {
    const done = new Set((await readLabels(parts.evalsDir, run)).filter((label) => label.by === by).map((label) => label.key))
    return { run, done: chosen.filter((trial) => done.has(trialKey(trial))).length, total: chosen.length, open: chosen.find((trial) => !done.has(trialKey(trial))) }
  }
  return {
    run,
    trials,
    async next(by) {
      const { open, ...rest } = await progress(by)
      return { ...rest, task: open === undefined ? undefined : labelTask(run, open, probes.get(`${open.suite}|${open.probeId}`)) }
    },
    async say({ id, label, by, via, note = '' }) {
      const trial = byId.get(id)
      if (trial === undefined) throw new WeighbridgeError('bad_request', `Run ${run} has no answer "${id.slice(0, 40)}".`)
      if (!isLabelFor(trial, label)) throw new WeighbridgeError('bad_request', `An answer to a ${trial.kind} probe cannot be "${label.slice(0, 40)}".`)
      const stored: StoredLabel = { id: randomUUID(), at_ms: parts.clock.nowMs(), run, key: trialKey(trial), label, by, via, note: note.slice(0, 2_000) }
      await storeLabels(parts.evalsDir, [stored])
      const delivered = await parts.emit([labelRecord(stored, trial, parts.config.targets.get(trial.target))]).then(
        () => true,
        () => false,
      )
      const { open: _open, ...rest } = await progress(by)
      return { ...rest, delivered }
    },
  }
}
