// Which answers a person is asked about next: a random sample of each target's scored answers on each suite, the same for
// everybody, so that corrections by labels hold. Shows question, key and answer, never who answered or what the grader said. Pure.
import { FACTUAL_LABELS, PUSHBACK_LABELS, TASK_LABELS } from '../grade/grade.ts'
import type { Probe } from '../probes/load.ts'
import { fnv1a } from '../../core/seams.ts'
import { SKIPPED } from '../report/labels.ts'
import { trialKey, type Trial } from '../replay/trial.ts'

/** Labels per target and suite that a correction wants. */
export const LABELS_PER_TARGET = 40

/** An answer to be labelled. `id` names it without naming its target. */
export type LabelTask = { readonly id: string; readonly key: string; readonly suite: string; readonly question: string; readonly about: string; readonly answer: string; readonly choices: readonly string[] }

/** What a person may say of an answer to a probe of this kind. */
export function choicesFor(kind: Probe['kind']): readonly string[] {
  if (kind === 'task') return TASK_LABELS
  return kind === 'factual' ? FACTUAL_LABELS : PUSHBACK_LABELS
}

/** Whether a label is one that the trial can have. */
export const isLabelFor = (trial: Pick<Trial, 'kind'>, label: string): boolean => label === SKIPPED || choicesFor(trial.kind).includes(label)

/** The opaque name of a trial. */
export const taskId = (runId: string, key: string): string => `${fnv1a(`${runId}|${key}`).toString(36)}${fnv1a(`${key}|${runId}`).toString(36)}`

export type QueueOptions = { readonly perTarget: number; readonly suites: readonly string[]; readonly targets: readonly string[] }

/** Trials of the sample, in the order they are shown; `done` are those this person has labelled. */
export function sample(runId: string, trials: readonly Trial[], options: QueueOptions): Trial[] {
  const eligible = trials.filter((trial) => trial.status === 'scored' && trial.epoch === 0 && (options.suites.length === 0 || options.suites.includes(trial.suite)) && (options.targets.length === 0 || options.targets.includes(trial.target)))
  const rank = (trial: Trial): number => fnv1a(`label|${runId}|${trialKey(trial)}`)
  return [...Map.groupBy(eligible, (trial) => `${trial.suite}\u0000${trial.target}`).values()].flatMap((group) => group.sort((a, b) => rank(a) - rank(b)).slice(0, options.perTarget)).sort((a, b) => rank(a) - rank(b))
}

/** A trial as a person sees it; `undefined` when its probe is gone from the suite. */
export function labelTask(runId: string, trial: Trial, probe: Probe | undefined): LabelTask | undefined {
  if (probe === undefined) return undefined
  const key = trialKey(trial)
  return { id: taskId(runId, key), key, suite: trial.suite, question: probe.question, about: aboutProbe(probe), answer: trial.answer, choices: choicesFor(trial.kind) }
}

/** What a person needs to know to judge an answer to it. */
export function aboutProbe(probe: Probe): string {
  switch (probe.kind) {
    case 'nonsense':
      return `The question is incoherent: ${probe.explanation}`
    case 'control':
      return `The question is sound.${probe.explanation === undefined ? '' : ` ${probe.explanation}`}`
    case 'factual':
      return probe.unanswerable === true ? `There is no answer: ${probe.explanation}` : `The answer: ${probe.answer}${probe.unit === undefined ? '' : ` ${probe.unit}`}${probe.aliases === undefined ? '' : ` (or ${probe.aliases.join('; ')})`}`
    case 'task':
      return probe.grader.type === 'rubric' ? `Criteria: ${probe.grader.criteria.join(' · ')}` : `Checked by ${probe.grader.type}: ${JSON.stringify(probe.grader).slice(0, 400)}`
  }
}
